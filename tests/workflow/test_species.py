"""Another species by configuration alone: the worked example of config/README.md, on a tiny yeast served over HTTP."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from loopback import Shelf, http_server
from project import ROOT, Project, tiny_config

from xpresso_core.sources_registry import COLUMNS

GENES, SPACING = 40, 2_500
STARTS = {"I": 3_000, "II": 3_000, "Mito": 3_000}


def example() -> dict[str, Any]:
    """Return the configuration that config/README.md spells out."""
    blocks = re.findall(
        r"```yaml\n(name: yeast.*?)```", (ROOT / "config" / "README.md").read_text(), re.DOTALL
    )
    assert len(blocks) == 1
    return yaml.safe_load(blocks[0])


def genome_and_annotation(rng: np.random.Generator) -> tuple[str, str, list[str]]:
    """Make chromosomes of genes in a row, without UTRs, as Ensembl annotates yeast."""
    fasta, gtf, names = [], [], []
    for chrom in STARTS:
        length = STARTS[chrom] + GENES * SPACING + 3_000
        fasta.append(f">{chrom} dna:chromosome\n" + "".join(rng.choice(list("ACGT"), length)) + "\n")
        for number in range(GENES):
            start, strand = STARTS[chrom] + number * SPACING, "+-"[number % 2]
            gene = f"Y{chrom}{number:03d}"
            names.append(gene)
            tail = f'gene_id "{gene}"; gene_source "sgd"; gene_biotype "protein_coding";'
            own = f'{tail} transcript_id "{gene}_mRNA";'
            end = start + 900
            cds = (start, end - 3) if strand == "+" else (start + 3, end)
            rows = (("gene", start, end, tail), ("transcript", start, end, own), ("exon", start, end, own))
            for feature, first, last, attributes in (*rows, ("CDS", *cds, own)):
                gtf.append(f"{chrom}\tsgd\t{feature}\t{first + 1}\t{last}\t.\t{strand}\t.\t{attributes}\n")
    return "".join(fasta), "".join(gtf), names


@pytest.fixture(scope="module")
def served() -> Iterator[Shelf]:
    with http_server() as shelf:
        yield shelf


@pytest.fixture(scope="module")
def yeast(served: Shelf, tmp_path_factory: pytest.TempPathFactory, bare_python: Path) -> Project:
    """Return a finished run of the example; only addresses and sizes are other ones."""
    config, rng = example(), np.random.default_rng(1)
    species = config["species"]["yeast"]
    genome, annotation, names = genome_and_annotation(rng)
    for key, text in (("genome", genome), ("annotation", annotation)):
        path = "/" + species[key].rsplit("/", 1)[1]
        served.files[path] = gzip.compress(text.encode(), mtime=0)
        species[key] = served.address + path
    config["experiments"]["yeast_folds"] |= {"architecture": "tiny", "trials": 1}
    config["experiments"]["yeast_folds"]["split"] = {"kind": "folds", "folds": 2, "validation": 10}
    config["architectures"] = tiny_config()["architectures"]
    project = Project(tmp_path_factory.mktemp("yeast"), bare_python)
    values = pd.DataFrame(rng.lognormal(1, 1, (len(names), 3)), names, ["WT_1", "WT_2", "WT_3"])
    values.to_csv(project.run_folder / species["tables"]["own"], sep="\t", index_label="gene_id")
    project.configure(config)
    project.run()
    return project


def test_the_run_reaches_its_report(yeast: Project) -> None:
    results = yeast.run_folder / "results"
    assert "yeast\\_folds" in (results / "yeast" / "landing.rst").read_text()
    predictions = pd.read_csv(results / "yeast_median/yeast_folds/predictions.tsv", sep="\t")
    assert len(predictions) == 2 * GENES


def test_sites_and_windows_are_those_of_the_species(yeast: Project) -> None:
    genes = pd.read_csv(yeast.run_folder / "results/yeast/genes.tsv", sep="\t").set_index("gene_id")
    assert set(genes["chrom"]) == {"I", "II"}
    assert (genes["tss_source"] == "annotation").all()
    assert genes.loc["YI000", "tss"] == STARTS["I"]
    assert genes.loc["YI001", "tss"] == STARTS["I"] + SPACING + 900 - 1
    assert genes["utr5_len"].isna().all()
    assert (genes["cds_len"] == 897).all()
    dropped = pd.read_csv(yeast.run_folder / "results/yeast/dropped.tsv", sep="\t")
    assert set(dropped["reason"]) == {"chromosome left out"}
    assert len(dropped) == GENES


def test_first_downloads_are_locked_and_another_file_is_refused(yeast: Project, served: Shelf) -> None:
    lock = pd.read_csv(yeast.run_folder / "resources" / "sources.lock.tsv", sep="\t")
    assert set(lock["url"]) == {served.address + path for path in served.files}
    annotation = yeast.run_folder / "resources/yeast/genes.gtf.gz"
    errors = yeast.folder / "xpresso_core" / "errors.py"
    errors.write_text(errors.read_text() + "\n# changed\n")
    assert not yeast.planned() & {
        "fetch",
        "fetch_genome",
    }  # what is there stays, whatever becomes of the code
    before = annotation.read_bytes()
    annotation.unlink()
    path = next(path for path in served.files if ".gtf" in path)
    original, served.files[path] = served.files[path], gzip.compress(b"another release\n", mtime=0)
    output = yeast.run("resources/yeast/genes.gtf.gz", "--retries", "0", succeeds=False)
    assert "sources.lock.tsv" in output
    assert not annotation.exists()
    served.files[path] = original
    yeast.run("resources/yeast/genes.gtf.gz")
    assert annotation.read_bytes() == before


def test_the_sources_are_asked_anew_each_time(yeast: Project, served: Shelf) -> None:
    rows = [
        COLUMNS,
        ("genome", f"{served.address}/asked", "", "", "unknown", "1", "CC0", "A 2020", "reference", "A file"),
    ]
    registry = yeast.folder / "config" / "sources.tsv"
    original = registry.read_text()
    registry.write_text("".join("\t".join(row) + "\n" for row in rows))
    for content, status in ((None, "missing"), (b"there", "reachable")):
        served.files.pop("/asked", None)
        if content is not None:
            served.files["/asked"] = content
        yeast.run("check_sources")
        table = pd.read_csv(yeast.run_folder / "results" / "yeast" / "sources_check.tsv", sep="\t")
        assert table["status"].tolist() == [status]
    served.files.pop("/asked")
    registry.write_text(original)
