"""Names of simulated genes: the tables and peaks, read plainly, give the true TSS by the rule and by no other."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyBigWig
import pytest

from xpresso_core.gene_names import read_gene_names
from xpresso_core.simulate import simulate_species
from xpresso_core.simulate_genes import Locus, Transcript
from xpresso_core.simulate_names import GENE, as_relative, relative_ids
from xpresso_core.tss import read_cage_peaks, recentre

WAYS = ("gene name", "official name", "previous name", "synonym")
Place = tuple[str, int, str]


class Told(NamedTuple):
    """What the files say: names by way and gene, and places of p1 peaks by name."""

    truth: pd.DataFrame
    names: dict[str, dict[str, set[str]]]
    peaks: dict[str, list[Place]]
    entrez: dict[str, list[str]]
    model: dict


def read_told(folder: Path) -> Told:
    truth = pd.read_csv(folder / "truth" / "genes.tsv", sep="\t").fillna({"dropped": ""})
    names: dict[str, dict[str, set[str]]] = {way: defaultdict(set) for way in WAYS}
    for row in truth.itertuples():
        names["gene name"][row.gene_id].add(row.gene_name)
    for line in (folder / "gene_names_1.tsv").read_text().splitlines()[1:]:
        gene, official, synonym = line.split("\t")
        names["official name"][gene].add(official)
        names["synonym"][gene] |= {synonym} - {""}
    entrez = {}
    with (folder / "gene_names_2.tsv").open(newline="") as handle:
        for row in csv.DictReader(handle, delimiter="\t", quotechar='"'):
            gene = row["ensembl_gene_id"]
            if gene:
                names["official name"][gene].add(row["symbol"])
                names["previous name"][gene] |= set(row["prev_symbol"].split("|")) - {""}
                names["synonym"][gene] |= set(row["alias_symbol"].split("|")) - {""}
                entrez[gene] = [number for number in row["entrez_id"].split("|") if number]
    peaks = defaultdict(list)
    bed = pyBigWig.open(str(folder / "cage_peaks.bb"))
    for chrom, size in bed.chroms().items():
        for _, _, rest in bed.entries(chrom, 0, size) or []:
            name, _, strand, thick, _, _ = rest.split("\t")
            for symbol in re.findall(r"p1@([^,]+)", name):
                peaks[symbol].append((chrom, int(thick), strand))
    bed.close()
    return Told(truth, names, peaks, entrez, json.loads((folder / "truth" / "model.json").read_text()))


def found(told: Told, *, order: tuple[str, ...] = WAYS, taken: bool = True, shared: bool = True) -> set[str]:
    """Apply the rule, or the rule without one of its parts; return the genes whose TSS comes out wrong."""
    genes = {row.gene_id: row for row in told.truth.itertuples()}
    current = {name: gene for gene in genes for way in WAYS[1::-1] for name in told.names[way][gene]}

    def fits(gene: str, symbol: str) -> list[Place]:
        return [p for p in told.peaks[symbol] if (p[0], p[2]) == (genes[gene].chrom, genes[gene].strand)]

    holders: dict[str, set[str]] = defaultdict(set)
    for way in WAYS:
        for gene, symbols in told.names[way].items():
            for symbol in symbols:
                if gene in genes and fits(gene, symbol):
                    holders[symbol].add(gene)
    wrong = set()
    for gene, row in genes.items():
        best: Place | None = None
        for way in order:
            for symbol in sorted(told.names[way][gene]):
                old = way in WAYS[2:]
                if old and taken and current.get(symbol, gene) != gene:
                    continue
                if old and shared and len(holders[symbol]) > 1:
                    continue
                near = sorted(fits(gene, symbol), key=lambda p: abs(p[1] - genes[gene].annotated_tss))
                best = best or (near[0] if near else None)
        if (best[1] if best else row.annotated_tss) != row.tss or bool(best) != (row.tss_source == "cage"):
            wrong.add(gene)
    return wrong


@pytest.fixture(scope="module", params=[1, 2, 3])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("names")
    simulate_species(path, seed=request.param, genes=300, chromosomes=4)
    return path


def test_the_rule_gives_the_truth_and_every_part_of_it_is_needed(folder: Path) -> None:
    told = read_told(folder)
    traps = defaultdict(set)
    for trap in told.model["names"]["traps"]:
        traps[trap["kind"]] |= set(trap["gene_ids"])
    assert found(told) == set()
    assert found(told, taken=False) & (traps["taken synonym"] | traps["taken previous name"])
    assert found(told, shared=False) & (traps["shared synonym"] | traps["shared previous name"])
    assert (
        found(told, order=("gene name", "official name", "synonym", "previous name")) & traps["lesser name"]
    )
    for way in WAYS[1:]:
        assert found(told, order=tuple(other for other in WAYS if other != way)), way
    for kind in (
        "taken synonym",
        "taken previous name",
        "shared synonym",
        "shared previous name",
        "lesser name",
    ):
        assert traps[kind], kind


def test_either_table_alone_misses_some_genes(folder: Path) -> None:
    told = read_told(folder)
    only = defaultdict(set)
    first = (folder / "gene_names_1.tsv").read_text()
    second = (folder / "gene_names_2.tsv").read_text()
    for symbol in told.peaks:
        only["first"] |= {symbol} if symbol in first and symbol not in second else set()
        only["second"] |= {symbol} if symbol in second and symbol not in first else set()
    assert any(symbol.startswith("SIMSYN") for symbol in only["first"])
    assert any(symbol.startswith("SIMOLD") for symbol in only["second"])
    assert not any(symbol.startswith("SIMOLD") for symbol in re.findall(r"SIM\w+", first))


def test_the_package_reads_the_tables_and_finds_the_true_tss(folder: Path) -> None:
    truth = read_told(folder).truth
    names = read_gene_names([folder / "gene_names_1.tsv", folder / "gene_names_2.tsv"])
    for genes in (truth, truth[truth["dropped"] == ""]):
        given = genes[["gene_id", "gene_name", "chrom", "strand"]].assign(tss=genes["annotated_tss"])
        moved = recentre(given, read_cage_peaks(folder / "cage_peaks.bb"), names)
        assert moved.genes["tss"].tolist() == genes["tss"].tolist()
        assert moved.genes["tss_source"].tolist() == genes["tss_source"].tolist()
        assert set(moved.matches["way"]) == set(WAYS)


def test_shapes_of_the_tables(folder: Path) -> None:
    first = (folder / "gene_names_1.tsv").read_text().splitlines()
    assert first[0] == "Gene stable ID\tGene name\tGene Synonym"
    rows = Counter(line.split("\t")[0] for line in first[1:])
    empty = [line.split("\t")[0] for line in first[1:] if line.endswith("\t")]
    assert max(rows.values()) > 1
    assert all(rows[gene] == 1 for gene in empty)
    second = [line.split("\t") for line in (folder / "gene_names_2.tsv").read_text().splitlines()]
    assert {
        "hgnc_id",
        "symbol",
        "name",
        "prev_symbol",
        "alias_symbol",
        "entrez_id",
        "ensembl_gene_id",
    } <= set(second[0])
    assert {len(row) for row in second} == {len(second[0])}
    cells = [cell for row in second[1:] for cell in row]
    assert any("|" in cell for cell in cells)
    assert all(cell.startswith('"') == ("|" in cell) == cell.endswith('"') for cell in cells if cell)
    assert any(row[-1] == "" for row in second), "an entry without a gene of Ensembl"


def test_entrez_ids_are_unique_but_for_those_recorded(folder: Path) -> None:
    told = read_told(folder)
    holders = defaultdict(set)
    for gene, numbers in told.entrez.items():
        for number in numbers:
            holders[number].add(gene)
    shared = {number: genes for number, genes in holders.items() if len(genes) > 1}
    several = {gene: list(map(int, ids)) for gene, ids in told.entrez.items() if len(ids) > 1}
    recorded = told.model["names"]
    assert {key: set(genes) for key, genes in recorded["entrez_id_of_two_genes"].items()} == shared
    assert recorded["gene_of_two_entrez_ids"] == several
    assert (len(shared), len(several)) == (1, 1)
    assert 0 < sum(not ids for ids in told.entrez.values()) < 0.1 * len(told.entrez)
    kept = set(told.truth.loc[told.truth["dropped"] == "", "gene_id"])
    assert set().union(*shared.values()) | set(several) <= kept


def test_traps_lie_off_the_true_tss(folder: Path) -> None:
    told = read_told(folder)
    tss = told.truth.set_index("gene_id")
    for trap in told.model["names"]["traps"]:
        assert (trap["chrom"], trap["tss"], trap["strand"]) in told.peaks[trap["symbol"]]
        for gene in trap["gene_ids"]:
            assert (tss.chrom[gene], tss.strand[gene]) == (trap["chrom"], trap["strand"])
            assert tss.tss[gene] != trap["tss"]
            assert tss.dropped[gene] == ""


def test_identifiers_of_the_sister_species() -> None:
    rna = Transcript(((0, 9),), None, "SIMT00000000007")
    loci = [Locus("kept", (rna,), 0.5, 0, (0.5, 0.5), gene_id=f"{GENE}{number:011d}")
            for number in (3, 1, 2, 90_001)]  # fmt: skip
    ids = relative_ids(np.random.default_rng(0), loci)
    assert sorted(ids) == sorted(locus.gene_id for locus in loci)
    assert sorted(ids.values()) == [f"SIMRG{number:011d}" for number in (1, 2, 3, 90_001)]
    moved = as_relative(loci[3], ids)
    assert moved.gene_id == "SIMRG00000090001"
    assert moved.transcripts[0].transcript_id == "SIMRT00000000007"
