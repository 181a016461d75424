"""Every mistake in the tracks of a configuration gets one line that names the key."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from xpresso_core.configuration import check_config
from xpresso_core.contradictions_tracks import track_contradictions
from xpresso_core.errors import ConfigError

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
SHIPPED = sorted(path.stem for path in (ROOT / "config").glob("*.yaml"))

Change = Callable[[dict[str, Any]], None]


def load(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())


def put(*keys: str, value: Any) -> Change:
    """Return what puts a value into the first entry of ``tracks``."""

    def change(config: dict[str, Any]) -> None:
        row = next(iter(config["tracks"].values()))
        for key in keys[:-1]:
            row = row[key]
        row[keys[-1]] = value

    return change


def drop(key: str) -> Change:
    return lambda config: next(iter(config["tracks"].values())).pop(key)


def check(name: str, *changes: Change) -> None:
    config = copy.deepcopy(load(name))
    for change in changes:
        change(config)
    check_config(config, SCHEMA)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (
            "demo",
            put("experiment", value="demo_chromosome"),
            r"experiment: there is no 'demo_chromosome', did you mean 'demo_chromosomes'\?",
        ),
        ("demo", put("experiment", value="demo_sizes"), "experiment: there is no 'demo_sizes'"),
        (
            "demo",
            put("experiment", value="demo_shuffled"),
            "experiment: demo_shuffled does not read promoters as they are",
        ),
        (
            "demo",
            put("experiment", value="demo_halflife"),
            "experiment: demo_halflife does not read promoters as they are",
        ),
        ("demo", put("fold", value=99), "fold: demo_chromosomes has "),
        (
            "human_mini",
            put("species", value="human_min"),
            r"species: there is no 'human_min', did you mean 'human_mini'\?",
        ),
        ("human_mini", put("units", value="log10"), "units: released networks know no unit but z"),
        ("demo", put("regions", value=["chr1:9-5"]), "regions: region 'chr1:9-5': the region is empty"),
        ("demo", put("loci", value=["chr1:0-5"]), "loci: region 'chr1:0-5': bases are counted from 1"),
        (
            "demo",
            put("loci", value=["chr2:1-100"]),
            "loci: 2 from base 1 on is not within a region that is scanned",
        ),
        ("demo", put("page", value="banana"), "page: banana from base 1 on is not within a region"),
        (
            "demo",
            put("page", value="chr1:1-1,000"),
            "page: the first locus, which is shown first, is not on it",
        ),
    ],
)
def test_a_mistake_is_named(name: str, change: Change, message: str) -> None:
    first = [put("fold", value=1)] if "experiment:" in message else []
    entry = next(iter(load(name)["tracks"]))
    with pytest.raises(ConfigError, match=rf"configuration: tracks\.{entry}\.{message}") as caught:
        check(name, *first, change)
    assert "problems" not in str(caught.value)


def test_the_last_fold_is_there_and_the_next_is_not() -> None:
    folds = load("demo")["experiments"]["demo_chromosomes"]["split"]["folds"]
    check("demo", put("fold", value=folds))
    with pytest.raises(ConfigError, match=rf"fold: demo_chromosomes has {folds} folds; choose one of them"):
        check("demo", put("fold", value=folds + 1))


def test_an_experiment_without_folds_has_one() -> None:
    config = load("demo")
    row = next(iter(config["tracks"].values()))
    plain = next(
        name
        for name, one in config["experiments"].items()
        if "folds" not in one["split"] and "promoter" in one["inputs"] and "vary" not in one
    )
    row.update(experiment=plain, fold=1)
    assert list(track_contradictions("t", row, config)) == []
    row["fold"] = 2
    (told,) = track_contradictions("t", row, config)
    assert told.startswith(f"t.fold: {plain} has ")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("regions", value=[]), r"regions: "),
        (put("regions", value=["chr1", "chr1"]), r"regions: "),
        (put("regions", value="chr1"), r"regions: "),
        (put("step", value=0), "step: 0 is less"),
        (put("step", value=2.5), "step: 2.5 is not"),
        (put("units", value="log2"), "units: 'log2' is none of"),
        (put("max_unknown", value=1.1), "max_unknown: 1.1 is greater"),
        (put("max_unknown", value=-0.1), "max_unknown: -0.1 is less"),
        (put("fold", value=0), "fold: 0 is less"),
        (put("peaks", "distance", value=-1), "peaks.distance: -1 is less"),
        (put("peaks", "tolerance", value=-1), "peaks.tolerance: -1 is less"),
        (put("peaks", "threshold", value="high"), "peaks.threshold: 'high' is "),
        (put("peaks", "width", value=5), "peaks: unknown key 'width'"),
        (put("cage", value={"plus": "a.bw"}), "cage: .*minus"),
        (put("steps", value=5), "unknown key 'steps'"),
        (put("model", value="a.h5"), r"tracks\.demo_track"),
        (drop("fold"), r"tracks\.demo_track"),
        (drop("experiment"), r"tracks\.demo_track"),
        (drop("page"), r"tracks\.demo_track.*page"),
    ],
)
def test_what_the_schema_refuses_is_named(change: Change, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        check("demo", change)
    assert "tracks.demo_track" in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("islands", "i.bed"),
        ("states", {"K562": "k.bed"}),
        ("cage", {"plus": "a.bw", "minus": "b.bw"}),
    ],
)
def test_a_simulated_species_has_no_files_to_draw(key: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=r"tracks\.demo_track: demo is simulated, and has no islands"):
        check("demo", put(key, value=value))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("demo", put("experiment", value="demo_chromosomes")),
        ("demo", put("units", value="z")),
        ("demo", put("step", value=1)),
        ("demo", put("max_unknown", value=0)),
        ("human_mini", put("states", value={"K562": "k.bed"})),
        ("human_mini", put("cage", value={"plus": "a.bw", "minus": "b.bw"})),
        ("demo", put("peaks", "threshold", value=0.5)),
        ("demo", put("loci", value=[])),
        ("demo", lambda config: config.update(tracks={})),
        ("human_mini", put("islands", value="islands.bed")),
    ],
)
def test_what_is_allowed(name: str, change: Change) -> None:
    check(name, change)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_configurations_have_no_contradictions(name: str) -> None:
    config = load(name)
    for entry, row in config["tracks"].items():
        assert list(track_contradictions(entry, row, config)) == []
    assert config["tracks"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    def change(config: dict[str, Any]) -> None:
        config["tracks"]["released_chr21"].update(species="elsewhere", units="log10")
        config["tracks"]["mini_chr21"]["experiment"] = "nothing"

    with pytest.raises(ConfigError, match="3 problems") as caught:
        check("human_mini", change)
    for word in ("released_chr21.species", "released_chr21.units", "mini_chr21.experiment"):
        assert f"tracks.{word}" in str(caught.value)
