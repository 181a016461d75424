"""A species from files of one's own: plain and relative paths, no CAGE peaks, and files that change."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import h5py
import pandas as pd
import pytest
from project import Project, tiny_config

from xpresso_core.files import sha256


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory, bare_python: Path, finished: Project) -> Project:
    """Return a project whose species is read from plain files with relative paths."""
    project = Project(tmp_path_factory.mktemp("fetched"), bare_python)
    files = project.run_folder / "my files"
    files.mkdir()
    source = finished.run_folder / "resources" / "demo"
    (files / "genome.fa").write_bytes((source / "genome.fa").read_bytes())
    (files / "genes.gtf").write_bytes(gzip.decompress((source / "genes.gtf.gz").read_bytes()))
    (files / "table.tsv").write_bytes(gzip.decompress((source / "expression.tsv.gz").read_bytes()))
    config = tiny_config()
    species = config["species"].pop("demo")
    del species["simulate"]
    species |= {
        "genome": "my files/genome.fa", "annotation": "my files/genes.gtf", "cage_peaks": None,
        "gene_names": [], "tables": {"own": "my files/table.tsv"},
    }  # fmt: skip
    config["species"]["mine"] = species
    config["datasets"]["demo_median"] |= {"species": "mine", "table": "own"}
    project.configure(config)
    project.run("results/demo_median/dataset.h5")
    return project


def test_annotated_sites_stay_where_there_are_no_peaks(fetched: Project) -> None:
    genes = pd.read_csv(fetched.run_folder / "results/mine/genes.tsv", sep="\t")
    assert (genes["tss_source"] == "annotation").all()
    assert (genes["tss"] == genes["tss_annotated"]).all()


def test_a_dataset_knows_the_checksums_of_its_sources(fetched: Project) -> None:
    with h5py.File(fetched.run_folder / "results/demo_median/dataset.h5") as store:
        sources = json.loads(store.attrs["attributes"])["sources"]
    files = fetched.run_folder / "my files"
    assert sources == {path.name: sha256(path) for path in files.iterdir() if path.suffix != ".fai"}


def test_an_edited_file_is_read_again_and_nothing_else(fetched: Project) -> None:
    target = "results/demo_median/dataset.h5"
    assert "Nothing to be done" in fetched.run(target)
    table = fetched.run_folder / "my files" / "table.tsv"
    table.write_text(table.read_text().replace("0.1", "0.2"))
    output = fetched.run(target)
    assert "Fetching own.tsv.gz of mine" in output
    assert "Reading the expression of demo_median" in output
    assert "Choosing transcripts" not in output


def test_a_file_that_is_not_there_is_named_at_once(fetched: Project) -> None:
    path = fetched.run_folder / "config.yaml"
    original = path.read_text()
    path.write_text(original.replace("my files/genes.gtf", "my files/gene.gtf"))
    output = fetched.run("--dry-run", succeeds=False)
    path.write_text(original)
    assert "my files/gene.gtf" in output
