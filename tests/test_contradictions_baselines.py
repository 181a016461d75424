"""Every mistake in the baselines of a configuration gets one line that names the key."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from xpresso_core.configuration import check_config
from xpresso_core.contradictions_baselines import baseline_contradictions
from xpresso_core.errors import ConfigError

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"

Change = Callable[[dict[str, Any]], None]


def load(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())


def put(*keys: str, value: Any) -> Change:
    """Return what puts a value into the only entry of ``baselines``."""

    def change(config: dict[str, Any]) -> None:
        (row,) = config["baselines"].values()
        for key in keys[:-1]:
            row = row[key]
        row[keys[-1]] = value

    return change


def check(name: str, change: Change) -> None:
    config = copy.deepcopy(load(name))
    change(config)
    check_config(config, SCHEMA)


STORED = load("demo")["species"]["demo"]["window"]
WHERE = r"configuration: baselines.demo_baselines\."
MISTAKES = [
    (put("experiment", value="demo_ful"), r"experiment: there is no 'demo_ful', did you mean 'demo_full'\?"),
    (put("experiment", value="demo_sizes"), "experiment: there is no 'demo_sizes'"),
    *(
        (
            put("window", side, value=stored + 1),
            f"window.{side}: species.demo stores {stored} bases; give no more",
        )
        for side, stored in STORED.items()
    ),
    (put("motifs", value="JASPAR2017"), r"motifs: there is no 'JASPAR2017', did you mean 'JASPAR20\d\d'\?"),
    (put("motifs", value="JASPAR1999"), "motifs: there is no 'JASPAR1999'"),
    (put("motifs", value="JASPAR2016:plant"), r"motifs: JASPAR has no 'plant', did you mean 'plants'\?"),
    (put("motifs", value="JASPAR2024:mammals"), "motifs: JASPAR has no 'mammals'"),
]
MISTAKES_OF_THE_SCHEMA = [
    (put("kmers", value=[]), "kmers: "),
    (put("kmers", value=[9]), r"kmers\.?.*: 9 is greater than the maximum of 8"),
    (put("kmers", value=[0]), "0 is less than the minimum of 1"),
    (put("kmers", value=[2, 2]), "kmers: .*non-unique"),
    (put("joint_kmers", value=9), "joint_kmers: 9 is greater"),
    (put("window", "downstream", value=0), "window.downstream: 0 is less"),
    (put("window", "upstrem", value=0), r"window: unknown key 'upstrem', did you mean 'upstream'\?"),
    (put("threshold", value=0), "threshold: 0 is less than or equal"),
    (put("threshold", value=1), "threshold: 1 is greater than or equal"),
    (put("scanner", value="fino"), r"scanner: 'fino' is none of .*, did you mean 'fimo'\?"),
    (put("methods", value=[]), "methods: "),
    (put("methods", value=["tree"]), r"methods.*'tree' is none of .*, did you mean 'trees'\?"),
    (put("motifs", value=""), "motifs: "),
    (put("motif", value="x"), r"baselines.demo_baselines: unknown key 'motif', did you mean 'motifs'\?"),
]


@pytest.mark.parametrize(("change", "message"), MISTAKES)
def test_a_mistake_is_named(change: Change, message: str) -> None:
    with pytest.raises(ConfigError, match=WHERE + message) as caught:
        check("demo", change)
    assert "problems" not in str(caught.value)


@pytest.mark.parametrize(("change", "message"), MISTAKES_OF_THE_SCHEMA)
def test_what_the_schema_refuses_is_named(change: Change, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        check("demo", change)
    assert "problems" not in str(caught.value)


def test_only_a_simulated_species_has_simulated_motifs() -> None:
    message = (
        "baselines.mini_baselines.motifs: the species is not simulated; give a source or a release of JASPAR"
    )
    with pytest.raises(ConfigError, match=message):
        check("human_mini", put("motifs", value="simulated"))


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ConfigError, match="3 problems") as caught:
        check(
            "demo",
            lambda config: [
                put("window", value={"upstream": 9000, "downstream": 9001})(config),
                put("motifs", value="JASPAR2017:plants")(config),
            ][0],
        )
    for word in ("window.upstream", "window.downstream", "JASPAR2017"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("demo", put("motifs", value="JASPAR2016")),
        ("demo", put("motifs", value="JASPAR2026:urochordates")),
        ("demo", put("motifs", value="my_motifs.meme")),
        ("demo", put("motifs", value="JASPAR2016.meme")),
        ("demo", put("joint_kmers", value=None)),
        ("demo", put("window", value={"upstream": 0, "downstream": 1})),
        ("demo", put("window", value=STORED)),
        ("demo", put("experiment", value="demo_sizes-training_400-draw_2")),
        ("demo", lambda config: config.update(baselines={})),
        ("human_mini", put("motifs", value="https://example.org/motifs.meme")),
        ("human_mini", put("scanner", value="pymemesuite")),
    ],
)
def test_what_is_allowed(name: str, change: Change) -> None:
    check(name, change)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("dataset", "demo_mean", "did you mean 'demo_median'"),
        ("architecture", "compakt", "did you mean 'compact'"),
    ],
)
def test_a_mistake_of_the_experiment_is_told_once(key: str, value: str, message: str) -> None:
    def change(config: dict[str, Any]) -> None:
        config["experiments"]["demo_full"][key] = value

    with pytest.raises(ConfigError, match=message) as caught:
        check("demo", change)
    assert "baselines." not in str(caught.value)


def test_an_experiment_on_a_species_that_is_not_there_is_left_to_others() -> None:
    config = load("demo")
    config["datasets"]["demo_median"]["species"] = "elsewhere"
    assert list(baseline_contradictions("b", config["baselines"]["demo_baselines"], config)) == []
