"""Every mistake in the interpretations of a configuration gets one line that names the key."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from xpresso_core.configuration import check_config
from xpresso_core.contradictions_interpretations import interpretation_contradictions
from xpresso_core.errors import ConfigError

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
SHIPPED = sorted(path.stem for path in (ROOT / "config").glob("*.yaml"))

Change = Callable[[dict[str, Any]], None]


def load(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())


def put(*keys: str, value: Any, entry: str = "") -> Change:
    """Return what puts a value into an entry of ``interpretations``, the first one by default."""

    def change(config: dict[str, Any]) -> None:
        rows = config["interpretations"]
        row = rows[entry or next(iter(rows))]
        for key in keys[:-1]:
            row = row[key]
        row[keys[-1]] = value

    return change


def check(name: str, *changes: Change) -> None:
    config = copy.deepcopy(load(name))
    for change in changes:
        change(config)
    check_config(config, SCHEMA)


STORED = load("demo")["species"]["demo"]["window"]
WHERE = r"configuration: interpretations.demo_network\."
SHORT = {"upstream": 60, "downstream": 40}
MISTAKES = [
    (put("experiment", value="demo_ful"), r"experiment: there is no 'demo_ful', did you mean 'demo_full'\?"),
    (put("experiment", value="demo_sizes"), "experiment: there is no 'demo_sizes'"),
    (
        put("experiment", value="demo_shuffled"),
        "experiment: demo_shuffled does not read promoters as they are",
    ),
    (
        put("experiment", value="demo_halflife"),
        "experiment: demo_halflife does not read promoters as they are",
    ),
    (
        put("methods", value=["saliency", "elrp"]),
        "kmers.method: grad_input is not among the methods; add it to them",
    ),
    (
        put("kmers", "method", value="deeplift"),
        "kmers.method: deeplift is not among the methods; add it to them",
    ),
    (put("kmers", "mink", value=10), "kmers.mink: 10 is above maxk, 9"),
    (
        put("kmers", "known", value="JASPAR2017"),
        r"kmers.known: there is no 'JASPAR2017', did you mean 'JASPAR20\d\d'\?",
    ),
    (put("kmers", "known", value="my.meme"), "kmers.known: there is no 'my.meme'"),
    (
        put("kmers", "known", value="JASPAR2016:plant"),
        r"kmers.known: JASPAR has no 'plant', did you mean 'plants'\?",
    ),
    *(
        (
            put("dinucleotides", side, value=stored + 1),
            f"dinucleotides.{side}: species.demo stores {stored} bases; give no more",
        )
        for side, stored in STORED.items()
    ),
    (
        put("dinucleotides", value=SHORT),
        "dinucleotides: 100 bases cannot be smoothed over 100; give more",
    ),
    (put("smooth", value=1001), "smooth: the network reads 1000 bases; smooth over fewer"),
]


@pytest.mark.parametrize(("change", "message"), MISTAKES)
def test_a_mistake_is_named(change: Change, message: str) -> None:
    first = [put("kmers", "maxk", value=9)]
    if "deeplift" in message:
        first.append(put("methods", value=["grad_input", "elrp"]))
    with pytest.raises(ConfigError, match=WHERE + message) as caught:
        check("demo", *first, change)
    assert "problems" not in str(caught.value)


MISTAKES_OF_THE_SCHEMA = [
    (put("methods", value=[]), "methods: "),
    (put("methods", value=["deeplft"]), r"'deeplft' is none of .*, did you mean 'deeplift'\?"),
    (put("methods", value=["grad_input", "ism"]), "'ism' is none of"),
    (put("background", value="acgt"), "background: 'acgt' is none of"),
    (put("silent", value=0), "silent: 0 is less than or equal"),
    (put("silent", value=1), "silent: 1 is greater than or equal"),
    (put("smooth", value=20), "smooth: 20 is less than the minimum of 21"),
    (put("steps", value=0), "steps: 0 is less"),
    (put("classes", value="halves"), "classes: 'halves' is none of"),
    (put("kmers", "flank", value=-1), "kmers.flank: -1 is less"),
    (put("kmers", "subsample", value=0), "kmers.subsample: 0 is less"),
    (put("kmers", "maxk", value=11), "kmers.maxk: 11 is greater"),
    (put("kmers", "evalue", value=0), "kmers.evalue: 0 is less than or equal"),
    (put("kmers", "motifs", value=1), "kmers: unknown key 'motifs'"),
    (put("dinucleotides", value={"upstream": 100}), "dinucleotides: .*downstream"),
    (put("model", value="a.h5"), "interpretations.demo_network"),
]


@pytest.mark.parametrize(("change", "message"), MISTAKES_OF_THE_SCHEMA)
def test_what_the_schema_refuses_is_named(change: Change, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        check("demo", change)
    assert "problems" not in str(caught.value)


def test_the_dataset_of_a_model_must_be_there() -> None:
    message = (
        r"interpretations.released_median.dataset: there is no 'human_mini_mean', did you mean"
        r" 'human_mini_median'\?"
    )
    with pytest.raises(ConfigError, match=message):
        check("human_mini", put("dataset", value="human_mini_mean", entry="released_median"))


def test_a_smooth_above_both_windows_is_told_for_each() -> None:
    with pytest.raises(ConfigError, match="2 problems") as caught:
        check("demo", put("smooth", value=5000))
    for word in (
        "smooth: the network reads 1000 bases; smooth over fewer",
        "dinucleotides: 3000 bases cannot be smoothed over 5000; give more",
    ):
        assert f"interpretations.demo_network.{word}" in str(caught.value)


@pytest.mark.parametrize(
    ("upstream", "downstream", "fits"),
    [(7000, 3501, True), (10_000, 10_000, True), (6999, 3501, False), (7000, 3500, False)],
)
def test_a_released_model_needs_its_window_and_a_base_more(
    upstream: int, downstream: int, fits: bool
) -> None:
    config = load("human_mini")
    row = config["interpretations"]["released_median"]
    species = config["datasets"][row["dataset"]]["species"]
    config["species"][species]["window"] = {"upstream": upstream, "downstream": downstream}
    told = (
        "i.model: the released networks read -7000 to +3501, but the species' window is"
        f" -{upstream} to +{downstream}; store more"
    )
    assert list(interpretation_contradictions("i", row, config)) == ([] if fits else [told])


def test_a_released_model_on_too_little_is_told_by_the_whole_check() -> None:
    def change(config: dict[str, Any]) -> None:
        for species in config["species"].values():
            species["window"]["downstream"] = 3500

    message = r"interpretations.released_median.model: the released networks read -7000 to \+3501"
    with pytest.raises(ConfigError, match=message):
        check("human_mini", change)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ConfigError, match="4 problems") as caught:
        check(
            "demo",
            put("kmers", "known", value="JASPAR2017"),
            put("kmers", "mink", value=10),
            put("kmers", "maxk", value=2),
            put("methods", value=["elrp"]),
            put("dinucleotides", "upstream", value=9000),
        )
    for word in ("kmers.method", "kmers.mink", "kmers.known", "dinucleotides.upstream"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        put("kmers", value=None),
        put("dinucleotides", value=None),
        put("kmers", "known", value="JASPAR2024:plants"),
        put("kmers", "mink", value=10),
        put("dinucleotides", value=STORED),
        put("smooth", value=1000),
        put("dinucleotides", value={"upstream": 0, "downstream": 101}),
        put("experiment", value="demo_sizes-training_400-draw_2"),
        put("experiment", value="demo_promoter"),
        put("methods", value=["elrp", "grad_input"]),
        lambda config: config.update(interpretations={}),
    ],
)
def test_what_is_allowed(change: Change) -> None:
    check("demo", change)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_configurations_have_no_contradictions(name: str) -> None:
    config = load(name)
    for entry, row in config["interpretations"].items():
        assert list(interpretation_contradictions(entry, row, config)) == []
    assert config["interpretations"]


def test_a_mistake_of_the_experiment_is_told_once() -> None:
    def change(config: dict[str, Any]) -> None:
        config["experiments"]["demo_full"]["dataset"] = "demo_mean"

    with pytest.raises(ConfigError, match="did you mean 'demo_median'") as caught:
        check("demo", change)
    assert "interpretations." not in str(caught.value)


def test_a_dataset_on_a_species_that_is_not_there_is_left_to_others() -> None:
    config = load("demo")
    config["datasets"]["demo_median"]["species"] = "elsewhere"
    row = config["interpretations"]["demo_network"]
    assert list(interpretation_contradictions("i", row, config)) == []
