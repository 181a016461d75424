"""Every mistake in the residuals of a configuration gets one line that names the key."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from xpresso_core.configuration import check_config
from xpresso_core.contradictions_residuals import residual_contradictions
from xpresso_core.errors import ConfigError

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
SHIPPED = sorted(path.stem for path in (ROOT / "config").glob("*.yaml"))

LIST = "simulated:super_enhancer_genes"
DOMAINS = {"expect": "lower"}

Change = Callable[[dict[str, Any]], None]


@functools.cache
def _shipped(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())


def load(name: str) -> dict[str, Any]:
    return copy.deepcopy(_shipped(name))


def put(*keys: str, value: Any) -> Change:
    """Return what puts a value into the first entry of ``residuals``."""

    def change(config: dict[str, Any]) -> None:
        row = next(iter(config["residuals"].values()))
        for key in keys[:-1]:
            row = row[key]
        row[keys[-1]] = value

    return change


def drop(*keys: str) -> Change:
    def change(config: dict[str, Any]) -> None:
        row = next(iter(config["residuals"].values()))
        for key in keys[:-1]:
            row = row[key]
        del row[keys[-1]]

    return change


def check(name: str, *changes: Change) -> None:
    config = load(name)
    for change in changes:
        change(config)
    check_config(config, SCHEMA)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (
            "demo",
            put("experiment", value="demo_ful"),
            r"experiment: there is no 'demo_ful', did you mean 'demo_full'\?",
        ),
        ("demo", put("experiment", value="demo_sizes"), "experiment: there is no 'demo_sizes'"),
        (
            "human_mini",
            put("dataset", value="human_mini_K56"),
            r"dataset: there is no 'human_mini_K56', did you mean 'human_mini_K562'\?",
        ),
        (
            "demo",
            put("labelled", value="simulated:enhancer_gene"),
            "labelled: the simulated species has no 'simulated:enhancer_gene', did you mean"
            r" 'simulated:enhancer_genes'\?",
        ),
        ("demo", put("labelled", value="mine.txt"), "labelled: demo is simulated; give one of simulated:"),
        (
            "demo",
            put("halflives", "measured", "table", value="schofield_k562_half_lives"),
            "halflives.measured.table: demo is simulated; give one of",
        ),
        (
            "demo",
            put("groups", "domains", "annotation", value="genes.gtf"),
            "groups.domains.annotation: demo is simulated",
        ),
        ("demo", put("mirnas", "targets", value="t.tsv"), "mirnas.targets: demo is simulated"),
        (
            "human_mini",
            put("groups", "mESC", "lists", "Polycomb targets", "genes", value="simulated:polycomb_genes"),
            "groups.mESC.lists.Polycomb targets.genes: human_mini is not simulated; give a source",
        ),
        (
            "human_mini",
            put("predictions", value="simulated:half_lives"),
            "predictions: human_mini is not simulated",
        ),
        (
            "human_mini",
            put("groups", "mESC", "lists", "other", value={"genes": "x", "expect": "higher"}),
            "groups.mESC.lists: the name 'other' is taken; choose another",
        ),
        (
            "demo",
            put(
                "groups", "domains", "domains", "several groups", value={"states": ["D1"], "expect": "lower"}
            ),
            "groups.domains.domains: the name 'several groups' is taken",
        ),
        (
            "human_mini",
            put("groups", "mESC", "annotation", value="genes.gtf"),
            "groups.mESC.annotation: goes with segments, not with lists",
        ),
        (
            "human_mini",
            put("groups", "mESC", "member", value="a.bed"),
            "groups.mESC.member: goes with segments, not with lists",
        ),
        (
            "demo",
            put("halflives", "measured", "gene", value="mean_half_life"),
            "halflives.measured: genes and half-lives cannot both be in the column 'mean_half_life'",
        ),
        (
            "demo",
            put("groups", "lists", "lists", "again", value={"genes": LIST, "expect": "higher"}),
            f"groups.lists.lists: '{LIST}' is in two groups, and genes of two groups count in neither",
        ),
        (
            "human_mini",
            put("groups", "mESC", "lists", value={k: {"genes": "x.txt", "expect": "lower"} for k in "ab"}),
            r"groups.mESC.lists: 'x\.txt' is in two groups",
        ),
        (
            "demo",
            put("groups", "domains", "domains", value={k: DOMAINS | {"states": ["D1", k]} for k in "ab"}),
            "groups.domains.domains: 'D1' is in two groups",
        ),
        (
            "demo",
            put("halflives", "measured", "table", value="simulated:domains"),
            "halflives.measured.table: 'simulated:domains' is a file of another kind",
        ),
        (
            "demo",
            put("labelled", value="simulated:half_lives"),
            "labelled: 'simulated:half_lives' is a file of another kind",
        ),
        (
            "demo",
            put("groups", "domains", "segments", value=LIST),
            f"groups.domains.segments: '{LIST}' is a file of another kind",
        ),
    ],
)
def test_a_mistake_is_named(name: str, change: Change, message: str) -> None:
    entry = next(iter(load(name)["residuals"]))
    with pytest.raises(ConfigError, match=rf"configuration: residuals\.{entry}\.{message}") as caught:
        check(name, change)
    assert "problems" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("demo", drop("experiment")),
        ("demo", put("dataset", value="demo_median")),
        ("demo", put("predictions", value="p.tsv")),
        ("human_mini", put("experiment", value="mini_K562")),
        ("human_mini", drop("dataset")),
        ("human_mini", put("columns", value=["ID"])),
        ("human_mini", put("columns", value=["ID", "ID"])),
        ("demo", drop("labelled")),
        ("demo", put("groups", "domains", "lists", value={"a": {"genes": "x", "expect": "higher"}})),
        ("demo", drop("groups", "domains", "segments")),
        ("demo", drop("groups", "domains", "annotation")),
        ("demo", put("groups", "domains", "domains", value={})),
        ("demo", put("groups", "domains", "domains", "control domains", "states", value=[])),
        ("demo", put("groups", "domains", "domains", "control domains", "expect", value="more")),
        ("demo", put("groups", "lists", "lists", value={})),
        ("demo", put("halflives", "measured", "unit", value="s")),
        ("demo", drop("halflives", "measured", "value")),
        ("demo", put("mirnas", "columns", value=[])),
        ("demo", put("mirnas", "columns", value=["a", "a"])),
        ("demo", put("mirnas", "taxon", value="mouse")),
        ("demo", put("mirnas", "expressed", value=-1)),
        ("demo", put("mirnas", "other", value=1)),
        (
            "human_mini",
            put(
                "groups",
                "mESC",
                "lists",
                value={f"g{k}": {"genes": "x", "expect": "lower"} for k in range(6)},
            ),
        ),
    ],
)
def test_what_the_schema_refuses(name: str, change: Change) -> None:
    entry = next(iter(load(name)["residuals"]))
    with pytest.raises(ConfigError, match=rf"residuals\.{entry}"):
        check(name, change)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("demo", put("labelled", value=None)),
        ("demo", put("labelled", value="K562_enhancers")),
        ("demo", put("groups", value={})),
        ("demo", put("halflives", value={})),
        ("demo", put("mirnas", value=None)),
        ("demo", put("mirnas", "targets", value=None)),
        ("demo", put("groups", "domains", "annotation", value=None)),
        ("demo", lambda config: config.update(residuals={})),
        ("human_mini", drop("columns")),
        ("human_mini", put("predictions", value="somewhere/p.tsv")),
        ("human_mini", put("mirnas", "targets", value="targetscan_mouse_71")),
    ],
)
def test_what_is_allowed(name: str, change: Change) -> None:
    check(name, change)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_configurations_have_no_contradictions(name: str) -> None:
    config = load(name)
    assert config["residuals"]
    for entry in config["residuals"]:
        assert list(residual_contradictions(entry, entry, config)) == []


def test_all_that_is_wrong_is_told_at_once() -> None:
    def change(config: dict[str, Any]) -> None:
        config["residuals"]["published_K562"]["labelled"] = "simulated:domains"
        config["residuals"]["published_K562"]["mirnas"]["counts"] = "simulated:mirna_counts"
        config["residuals"]["mini_K562"]["experiment"] = "nothing"

    with pytest.raises(ConfigError, match="3 problems") as caught:
        check("human_mini", change)
    for word in ("published_K562.labelled", "published_K562.mirnas.counts", "mini_K562.experiment"):
        assert f"residuals.{word}" in str(caught.value)


def second_entry(gene_set: str, settings: dict[str, Any]) -> Change:
    """Return what adds a second entry that has a set of groups of its own."""

    def change(config: dict[str, Any]) -> None:
        row = next(iter(config["residuals"].values()))
        config["residuals"]["second"] = row | {"groups": {gene_set: settings}}

    return change


def test_a_name_has_lists_in_all_entries_or_segments_in_all() -> None:
    lists = {"lists": {"g": {"genes": LIST, "expect": "higher"}}}
    with pytest.raises(ConfigError, match="2 problems") as caught:
        check("demo", second_entry("domains", lists))
    for entry, message in (
        ("demo_unexplained", "has lists here and segments elsewhere"),
        ("second", "has lists here and segments elsewhere"),
    ):
        assert f"residuals.{entry}.groups.domains: " in str(caught.value)
        assert message in str(caught.value)
    check("demo", second_entry("lists", lists))
    check("demo", second_entry("more", lists))


def test_a_dataset_without_its_species_is_not_looked_at() -> None:
    config = load("human_mini")
    config["species"] = {}
    assert list(residual_contradictions("r", "published_K562", config)) == []
