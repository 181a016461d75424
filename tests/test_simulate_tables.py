"""Further tables of the simulated species: ENCODE's files, Entrez ids and orthologs, read back plainly."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpresso_core.encode import select_files
from xpresso_core.gene_names import read_gene_names
from xpresso_core.orthologs import one_to_one, read_orthologs
from xpresso_core.randomness import generator
from xpresso_core.rsem import read_rsem
from xpresso_core.simulate import simulate_species
from xpresso_core.simulate_tables import METADATA, ORTHOLOGS, draw_orthologs

AUDITS = (
    "low replicate concordance",
    "low read depth",
    "insufficient read depth",
    "insufficient read length",
)


@pytest.fixture(scope="module", params=[1, 2, 3])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tables")
    simulate_species(path, seed=request.param, genes=200, chromosomes=4)
    return path


def read_truth(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "truth" / "genes.tsv", sep="\t").fillna({"dropped": ""}).set_index("gene_id")


def broken_conditions(row: dict[str, str]) -> set[str]:
    """Say which of the paper's conditions a file breaks."""
    audits = ", ".join(value for name, value in row.items() if name.startswith("Audit"))
    broken = {
        "assay": row["Assay"] not in ("polyA plus RNA-seq", "total RNA-seq"),
        "assembly": row["File assembly"] != "sim1",
        "gene quantifications": (row["File format"], row["Output type"]) != ("tsv", "gene quantifications"),
        "treatment": row["Biosample treatments"] != "",
        "replicate": row["Biological replicate(s)"] != "1",
        **{audit: audit in audits for audit in AUDITS},
    }
    return {condition for condition, fails in broken.items() if fails}


def test_the_table_of_files_has_one_row_for_every_condition(folder: Path) -> None:
    with (folder / "encode.metadata.tsv").open(newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert tuple(rows[0]) == METADATA
    broken = [broken_conditions(row) for row in rows]
    fit = [row for row, conditions in zip(rows, broken, strict=True) if not conditions]
    assert len(fit) == 7
    assert max(map(len, broken)) == 1
    wanted = {"assay", "assembly", "gene quantifications", "treatment", "replicate", *AUDITS}
    assert set().union(*broken) == wanted
    assert any(row["Audit WARNING"] for row in fit), "not every audit counts"
    assert {row["Assay"] for row in fit} == {"polyA plus RNA-seq", "total RNA-seq"}
    assert len({row["Biosample term name"] for row in fit}) == 7
    assert len({row["File accession"] for row in rows}) == len(rows)
    for row in fit:
        path = folder / row["File download URL"]
        assert path.name == f"{row['File accession']}.tsv"
        assert hashlib.md5(path.read_bytes()).hexdigest() == row["md5sum"]
    assert len(list((folder / "encode").iterdir())) == 7


def test_the_package_selects_the_files_that_are_there(folder: Path) -> None:
    selection = select_files(folder / "encode.metadata.tsv", assembly="sim1")
    assert selection.files["url"].tolist() == sorted(map(str, (folder / "encode").iterdir()))
    counts = dict(selection.counts.itertuples(index=False, name=None))
    assert all(counts[f"audit: {audit}"] for audit in AUDITS)
    for path in (folder / "encode").iterdir():
        assert len(read_rsem(path)) > 200


def test_rsem_tables_hold_the_levels_of_the_matrix(folder: Path) -> None:
    truth = read_truth(folder)
    samples = {}
    kinds: Counter[str] = Counter()
    for path in sorted((folder / "encode").iterdir()):
        table = pd.read_csv(path, sep="\t", dtype={"gene_id": str}).set_index("gene_id")
        assert list(table) == [
            "transcript_id(s)",
            "length",
            "effective_length",
            "expected_count",
            "TPM",
            "FPKM",
        ]
        assert table["TPM"].sum() == pytest.approx(1e6, rel=1e-3)
        assert (table["effective_length"] <= table["length"]).all()
        kinds.update(re.sub(r"\d+", "#", name) for name in table.index)
        versioned = table.index.str.extract(r"^(SIMG\d{11})\.\d+$")[0]
        values = table["FPKM"].set_axis(versioned)
        samples[path.stem] = values[values.index.notna()]
    assert set(kinds) == {"#", "SIMG#.#", "gSpikein_ERCC-#"}
    frame = pd.DataFrame(samples)
    assert frame.notna().all(axis=None)
    kept = truth[truth["dropped"] == ""]
    assert set(kept.index) <= set(frame.index)
    assert not set(truth.index[truth["dropped"] == "no expression value"]) & set(frame.index)
    matrix = np.log10(frame.loc[kept.index].to_numpy() + 0.1)
    plain = np.median(matrix, axis=1)
    # quantile normalisation by hand, over all genes
    values = frame.to_numpy()
    means = np.sort(values, axis=0).mean(axis=1)
    ranks = values.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    normalised = pd.Series(np.log10(np.median(means[ranks], axis=1) + 0.1), index=frame.index)[kept.index]
    together = np.corrcoef(plain, normalised)[0, 1]
    assert 0.99 < together < 0.99999
    assert np.corrcoef(plain, kept["log10_median"])[0, 1] ** 2 > 0.99
    scales = matrix[plain > 0].mean(axis=0)
    assert 0.02 < scales.std() < 0.2
    spread = (matrix[plain > 0] - scales).std()
    assert spread > 0.1


def test_entrez_table_is_one_cell_type(folder: Path) -> None:
    truth = read_truth(folder)
    with gzip.open(folder / "entrez.tsv.gz", "rt") as handle:
        lines = handle.read().splitlines()
    assert lines[0] == "Entrez_ID\tRPKM"
    values = dict(line.split("\t") for line in lines[1:])
    assert len(values) == len(lines) - 1
    matrix = pd.read_csv(folder / "expression.tsv.gz", sep="\t", index_col=False, dtype=str).set_index(
        "gene_id"
    )
    names = read_gene_names([folder / "gene_names_2.tsv"]).set_index("gene_id")["entrez_id"]
    recorded = json.loads((folder / "truth" / "model.json").read_text())["names"]
    genes_of = defaultdict(list)
    for gene, numbers in names[names != ""].items():
        for number in numbers.split("|"):
            genes_of[number].append(gene)
    assert len(set(values) - set(genes_of)) == 5, "some ids are of no known gene"
    for number in set(values) & set(genes_of):
        assert values[number] in {matrix["E003"][gene] for gene in genes_of[number]}
    (two,) = recorded["gene_of_two_entrez_ids"].values()
    assert set(map(str, two)) <= set(values)
    assert set(recorded["entrez_id_of_two_genes"]) <= set(values)
    measured = truth.index[truth["dropped"] != "no expression value"]
    without = [gene for gene in measured if not names[gene]]
    assert 0 < len(without) < 0.1 * len(measured)
    assert set(sum((names[gene].split("|") for gene in measured if names[gene]), [])) == (
        set(values) & set(genes_of)
    )


def test_orthologs_of_the_files(folder: Path) -> None:
    table = pd.read_csv(folder / "orthologs.tsv", sep="\t", keep_default_na=False)
    assert tuple(table) == ORTHOLOGS
    table.columns = ["one", "two", "kind"]
    counts = table["kind"].value_counts()
    assert set(counts.index) == {"ortholog_one2one", "ortholog_one2many", "ortholog_many2many", ""}
    assert counts["ortholog_one2one"] > 0.8 * len(read_truth(folder))
    pairs = table[table["kind"] == "ortholog_one2one"]
    unique = pairs[~pairs["one"].duplicated(keep=False) & ~pairs["two"].duplicated(keep=False)]
    assert len(pairs) - len(unique) == 4
    assert one_to_one(read_orthologs(folder / "orthologs.tsv")).pairs.to_numpy().tolist() == (
        unique[["one", "two"]].to_numpy().tolist()
    )
    assert not table["one"][table["kind"] == ""].duplicated().any()
    assert (table["two"] == "").equals(table["kind"] == "")
    assert not table.duplicated().any()
    assert set(read_truth(folder).index) <= set(table["one"])
    several = table[table["kind"].isin(["ortholog_one2many", "ortholog_many2many"])]
    assert not set(several["one"]) & set(pairs["one"])
    assert not set(several["two"]) & set(pairs["two"])


@pytest.mark.parametrize("number", [20, 31, 150])
def test_orthologs_of_a_toy(number: int) -> None:
    genes = [f"G{index:03d}" for index in range(number)]
    ids = {gene: f"R{gene}" for gene in [*genes, "N1"]}
    table = draw_orthologs(generator(1, "test"), genes, ["N1"], ids)
    assert set(table.iloc[:, 0]) == {*genes, "N1"}
    assert ["N1", "", ""] in table.to_numpy().tolist()
    kinds = table.groupby(ORTHOLOGS[2]).size()
    assert kinds["ortholog_many2many"] == 4 * max(1, number // 100)
    assert kinds["ortholog_one2many"] == 4 * max(1, number // 100)
    true = table[(table[ORTHOLOGS[2]] == "ortholog_one2one") & ~table[ORTHOLOGS[0]].duplicated(keep=False)]
    true = true[~true[ORTHOLOGS[1]].duplicated(keep=False)]
    assert (true[ORTHOLOGS[1]] == "R" + true[ORTHOLOGS[0]]).all()
