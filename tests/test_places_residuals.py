"""Which file holds what residuals are compared with."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from xpresso_core.places_residuals import (
    SHIPPED_LISTS,
    SIMULATED_PREFIX,
    SIMULATED_REGULATION,
    gene_sets,
    halflife_tables,
    residual_files,
    residual_places,
    residual_values,
    species_of_residuals,
)

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = sorted(path.stem for path in (ROOT / "config").glob("*.yaml"))
LISTS = ROOT / "resources" / "gene_lists"


def load(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())


def test_the_lists_of_the_project_are_those_that_are_named() -> None:
    assert sorted(path.stem for path in LISTS.glob("*.txt")) == sorted(SHIPPED_LISTS)


def test_the_files_of_a_simulated_species() -> None:
    config = load("demo")
    files = residual_files(config, "demo_unexplained")
    assert files == {
        ("labelled",): "enhancer_genes.txt",
        ("groups", "domains", "segments"): "domains.bed",
        ("groups", "domains", "annotation"): "sure.genes.gtf.gz",
        ("groups", "lists", "lists", "super-enhancers", "genes"): "super_enhancer_genes.txt",
        ("groups", "lists", "lists", "Polycomb targets", "genes"): "polycomb_genes.txt",
        ("groups", "lists", "lists", "control genes", "genes"): "control_genes.txt",
        ("halflives", "measured", "table"): "half_lives.tsv",
        ("halflives", "shuffled", "table"): "control_half_lives.tsv",
        ("mirnas", "counts"): "mirna_counts.tsv",
        ("mirnas", "targets"): "mirna_targets.tsv",
    }
    assert list(residual_places(config, "demo_unexplained")) == []
    assert species_of_residuals(config, "demo_unexplained") == "demo"


def test_the_files_of_a_real_species() -> None:
    config = load("human_mini")
    files = residual_files(config, "published_K562")
    assert files["predictions",] == "published_K562.predictions.tsv"
    assert files["labelled",] == "gene_lists/K562_enhancers.txt"
    assert files["groups", "mESC", "lists", "super-enhancers", "genes"] == "published_K562.mESC.1.txt"
    assert files["groups", "mESC", "lists", "Polycomb targets", "genes"] == "published_K562.mESC.2.txt"
    assert files["halflives", "TimeLapse_K562", "table"] == "published_K562.TimeLapse_K562.halflives.tsv"
    assert files["mirnas", "counts"] == "published_K562.mirnas.tsv"
    assert ("mirnas", "targets") not in files
    found = dict(residual_places(config, "published_K562"))
    assert found["human_mini", "published_K562.mESC.2.txt"] == (
        "residuals.published_K562.groups.mESC.lists.Polycomb targets.genes",
        "boyer_polycomb",
    )
    assert len(found) == 5
    assert {species for species, _ in found} == {"human_mini"}


def test_what_is_null_or_left_out_has_no_file() -> None:
    config = load("paper")
    assert ("labelled",) not in residual_files(config, "GM12878")
    row = config["residuals"]["GM12878"]
    row["groups"]["domains"]["annotation"] = None
    assert residual_files(config, "GM12878") == {
        ("groups", "domains", "segments"): "GM12878.domains.segments.bed"
    }
    row["groups"] = {}
    assert list(residual_values(row)) == []


def test_the_same_source_in_two_analyses_has_two_files() -> None:
    config = load("paper")
    segments = [residual_files(config, name)["groups", "domains", "segments"] for name in ("K562", "GM12878")]
    assert len(set(segments)) == 2


@pytest.mark.parametrize("name", SHIPPED)
def test_no_two_values_of_a_species_share_a_file(name: str) -> None:
    config = load(name)
    fetched = [where for row in config["residuals"] for where, _ in residual_places(config, row)]
    assert len(set(fetched)) == len(fetched)
    for row in config["residuals"]:
        files = residual_files(config, row)
        assert set(files) == {key for key, _, _ in residual_values(config["residuals"][row])}
        for file in files.values():
            assert not file.startswith("gene_lists/") or (LISTS.parent / file).is_file()


def test_names_of_sets_and_tables_are_there_once_and_sorted() -> None:
    config = load("human_mini")
    assert gene_sets(config) == ["enhancer_genes", "mESC"]
    assert halflife_tables(config) == ["TimeLapse_K562"]
    assert gene_sets(load("paper")) == ["domains", "enhancer_genes", "super_enhancers"]
    none = copy.deepcopy(config) | {"residuals": {}}
    assert gene_sets(none) == halflife_tables(none) == []


def test_the_species_of_predictions_made_elsewhere_is_that_of_the_dataset() -> None:
    config = load("human_mini")
    assert species_of_residuals(config, "published_K562") == "human_mini"
    assert species_of_residuals(config, "mini_K562") == "human_mini"


def test_files_that_a_simulated_species_makes_have_different_names() -> None:
    assert len(set(SIMULATED_REGULATION.values())) == len(SIMULATED_REGULATION)
    assert not any(name.startswith(SIMULATED_PREFIX) for name in SIMULATED_REGULATION)
