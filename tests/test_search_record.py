"""The trials of searches are read and checked, and the published record gives the paper's network."""

from __future__ import annotations

import copy
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from xpresso_core.architecture import PAPER, Architecture, Recipe, check_fits
from xpresso_core.errors import InputError, TrainingError
from xpresso_core.files import read_json, read_table, write_table
from xpresso_core.search_record import (
    best_trial,
    read_record,
    read_trials,
    record_best,
    search_curve,
    trials_table,
    write_record,
)
from xpresso_core.search_space import to_architecture

PARAMETERS: dict[str, Any] = {
    "batch_size": 64, "upstream": 1500, "downstream": 500, "filters_1": 32, "width_1": 5, "dilation_1": 2,
    "pool_1": 10, "units_1": 16, "dropout_1": 0.25,
}  # fmt: skip
DEEPER: dict[str, Any] = {
    **PARAMETERS, "filters_2": 16, "width_2": 1, "dilation_2": 1, "pool_2": 5, "units_2": 2, "dropout_2": 0.5,
}  # fmt: skip

VALS = {
    "batchsize": 6.0, "leftpos": 8500.0, "rightpos": 10500.0, "numFiltersConv1": 5.0, "filterLenConv1": 5.0,
    "dilRate1": 2.0, "maxPool1": 10.0, "dense1": 4.0, "dropout1": 0.25, "numconvlayers": 0.0, "numdenselayers": 0.0,
}  # fmt: skip
"""What hyperopt calls `PARAMETERS` in the published record."""


def trial(number: int, loss: float | None = 0.5, **changes: Any) -> dict[str, Any]:
    """Return a trial; one without a loss failed."""
    found = {
        "trial": number, "status": "failed" if loss is None else "ok", "loss": loss, "parameters": PARAMETERS,
        "seconds": 2.5, "seed": 7, "reason": "diverged" if loss is None else None,
    }  # fmt: skip
    return {**found, **changes}


def written(lines: list[Any], path: Path) -> Path:
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return path


def recorded(*entries: dict[str, Any]) -> dict[str, Any]:
    start = {"book_time": "2017-10-04 18:31:03.250000", "refresh_time": "2017-10-04 18:32:04.750000"}
    common = {"status": "ok", "loss": 0.5, "vals": VALS, **start}
    return {"trials": [{**common, "tid": number, **entry} for number, entry in enumerate(entries)]}


def record_file(path: Path, *entries: dict[str, Any]) -> Path:
    path.write_text(json.dumps(recorded(*entries)))
    return path


@pytest.fixture(scope="module")
def published(real_data: Path) -> dict[str, Any]:
    """Give the record as it was published."""
    found: dict[str, Any] = read_json(real_data / "published" / "hyperopt_2017_trials.json")
    return found


@pytest.fixture(scope="module")
def record(real_data: Path) -> list[dict[str, Any]]:
    """Give the trials of the record."""
    return read_record(real_data / "published" / "hyperopt_2017_trials.json")


@pytest.mark.real
def test_the_published_search_found_the_architecture_of_the_paper(record: list[dict[str, Any]]) -> None:
    best = record_best(record)
    assert (len(record), best["ok"], best["failed"]) == (1002, 897, 105)
    assert (best["trial"], round(best["loss"], 6)) == (801, 0.409596)
    assert Architecture.from_dict(best["architecture"]) == PAPER
    assert best["manual"] is None


@pytest.mark.real
def test_the_best_column_of_table_1_comes_out(
    record: list[dict[str, Any]], published: dict[str, Any]
) -> None:
    found = record_best(record)["parameters"]
    assert found == {
        "batch_size": 128, "upstream": 7000, "downstream": 3500,
        "filters_1": 128, "width_1": 6, "dilation_1": 1, "pool_1": 30,
        "filters_2": 32, "width_2": 9, "dilation_2": 1, "pool_2": 10,
        "units_1": 64, "dropout_1": 0.000992864149624538, "units_2": 2, "dropout_2": 0.015461061523035332,
    }  # fmt: skip
    theirs = published["best_decoded"]
    names = {
        "batch_size": "batchsize", "filters_1": "numFiltersConv1", "width_2": "filterLenConv2",
        "pool_1": "maxPool1", "units_1": "dense1", "units_2": "dense2", "dropout_1": "dropout1",
    }  # fmt: skip
    assert {ours: theirs[name] for ours, name in names.items()} == {ours: found[ours] for ours in names}
    assert theirs["leftpos"] == 10_000 - found["upstream"]
    assert theirs["rightpos"] == 10_000 + found["downstream"]


@pytest.mark.real
def test_the_curve_of_figure_1b_comes_out(record: list[dict[str, Any]], published: dict[str, Any]) -> None:
    curve = search_curve(record)
    np.testing.assert_array_equal(curve["best_so_far"], published["best_so_far"])
    falls = curve[curve["loss"] < curve["best_so_far"].shift(fill_value=math.inf)]
    theirs = [(fall["index"], fall["val_mse"]) for fall in published["improvements"]]
    assert len(theirs) == 17
    assert list(zip(falls["trial"], falls["loss"], strict=True)) == theirs


@pytest.mark.real
def test_pooling_explains_all_failures_of_the_record_but_three(record: list[dict[str, Any]]) -> None:
    reasons = {line["trial"]: line["reason"] for line in record if line["status"] == "failed"}
    assert [number for number, reason in reasons.items() if reason == "not recorded"] == [391, 392, 1001]
    words = Counter("leaves nothing of" in why or "holds no base" in why for why in reasons.values())
    assert words == {True: 102, False: 3}
    for line in record:
        if line["status"] == "ok":
            check_fits(to_architecture(line["parameters"], 10))


@pytest.mark.real
def test_the_record_takes_the_form_of_our_own_searches(
    real_data: Path, record: list[dict[str, Any]], tmp_path: Path
) -> None:
    source = real_data / "published" / "hyperopt_2017_trials.json"
    write_record(source, tmp_path / "a" / "trials.jsonl", tmp_path / "a" / "best.json")
    assert read_trials(tmp_path / "a" / "trials.jsonl") == record
    assert read_json(tmp_path / "a" / "best.json") == record_best(record)
    assert np.median([line["seconds"] for line in record]) == pytest.approx(127, abs=0.5)


def test_a_recorded_trial_is_decoded(tmp_path: Path) -> None:
    [found] = read_record(record_file(tmp_path / "a.json", {}))
    expected = trial(0, seconds=61.5, seed=None)
    assert found == expected
    assert list(found["parameters"]) == list(PARAMETERS)
    assert [type(value) for value in found["parameters"].values()] == [int] * 8 + [float]


def test_the_choices_of_further_layers_are_followed(tmp_path: Path) -> None:
    second = {"numFiltersConv2": 4.0, "filterLenConv2": 1.0, "dilRate2": 1.0, "maxPool2": 5.0}
    third = {name.replace("2", "3"): value for name, value in second.items()}
    fourth = {name.replace("2", "4"): value for name, value in second.items()}
    depths = [
        {"numconvlayers": 0.0},
        {"numconvlayers": 1.0, "numconvlayers1": 0.0, **second},
        {"numconvlayers": 1.0, "numconvlayers1": 1.0, "numconvlayers2": 0.0, **second, **third},
        {"numconvlayers": 1.0, "numconvlayers1": 1.0, "numconvlayers2": 1.0, **second, **third, **fourth},
        {"numdenselayers": 1.0, "dense2": 1.0, "dropout2": 0.5},
    ]
    trials = read_record(record_file(tmp_path / "a.json", *({"vals": VALS | depth} for depth in depths)))
    table = trials_table(trials)
    assert table["convolutions"].tolist() == [1, 2, 3, 4, 1]
    assert table["dense"].tolist() == [1, 1, 1, 1, 2]
    assert table["filters_4"].tolist() == [pd.NA, pd.NA, pd.NA, 16, pd.NA]
    assert table["dropout_2"].tolist()[-1] == 0.5


def test_failed_trials_of_the_record_have_no_loss_but_the_reason_that_shows(tmp_path: Path) -> None:
    failed = {"status": "fail", "loss": 1.0}
    entries = [
        failed,
        {**failed, "vals": {**VALS, "leftpos": 9500.0, "rightpos": 10_000.0, "numconvlayers": 1.0,
                            "numconvlayers1": 0.0, "numFiltersConv2": 4.0, "filterLenConv2": 3.0, "dilRate2": 1.0,
                            "maxPool2": 55.0}},
        {**failed, "vals": {**VALS, "leftpos": 10_000.0, "rightpos": 10_000.0}},
    ]  # fmt: skip
    trials = read_record(record_file(tmp_path / "a.json", *entries))
    assert [(line["status"], line["loss"]) for line in trials] == [("failed", None)] * 3
    assert [line["reason"] for line in trials] == [
        "not recorded",
        "convolution 2 of the architecture: pooling over 55 leaves nothing of 50 positions",
        "architecture: the window holds no base",
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"status": "running"}, "trial 1: .*'running' is missing or unknown"),
        ({"vals": {**VALS, "newLabel": 1.0}}, "trial 1: .*'newLabel' is missing or unknown"),
        (
            {"vals": {name: VALS[name] for name in VALS if name != "maxPool1"}},
            "trial 1: .*'pool_1' is missing",
        ),
        ({"vals": {**VALS, "numconvlayers": 1.0}}, "trial 1: .*'convolutions_3' is missing"),
        ({"vals": {**VALS, "leftpos": 20_000.0}}, "trial 1: .*upstream -10000 is outside Table 1"),
        ({"vals": {**VALS, "maxPool1": 12.0}}, "trial 1: .*pool_1 12 is outside Table 1"),
        ({"vals": {**VALS, "maxPool1": "many"}}, "trial 1: is not a trial of the published search"),
        ({"vals": None}, "trial 1: is not a trial of the published search"),
        ({"loss": None}, "trial 1: is not a trial of the published search"),
        ({"loss": math.nan}, "trial 1: .*loss nan and reason None contradict"),
        ({"book_time": "yesterday"}, "trial 1: .*yesterday"),
        ({"refresh_time": "2016-01-01 00:00:00"}, "trial 1: .*seconds are -"),
    ],
)
def test_records_that_cannot_be_read(tmp_path: Path, entry: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_record(record_file(tmp_path / "a.json", {}, entry))


@pytest.mark.parametrize("data", [[], {}, {"trials": []}, {"trials": {"0": 1}}, 3])
def test_files_that_are_no_record(tmp_path: Path, data: object) -> None:
    (tmp_path / "a.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match="has no list of trials"):
        read_record(tmp_path / "a.json")


def test_nothing_is_written_of_a_damaged_record(tmp_path: Path) -> None:
    source = record_file(tmp_path / "a.json", {}, {"vals": None})
    with pytest.raises(InputError, match="trial 1"):
        write_record(source, tmp_path / "trials.jsonl", tmp_path / "best.json")
    assert list(tmp_path.iterdir()) == [source]


def test_trials_are_read_in_order_with_all_that_they_say(tmp_path: Path) -> None:
    lines = [trial(2, device="cpu"), trial(0), trial(1, None, seed=None, parameters=DEEPER)]
    assert read_trials(written(lines, tmp_path / "a.jsonl")) == [lines[1], lines[2], lines[0]]


def test_an_empty_file_has_no_trials(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a.jsonl: has no trials"):
        read_trials(written([], tmp_path / "a.jsonl"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"trial": 1, "status"', "Expecting"),
        ("", "Expecting value"),
        ("[]", "it lacks trial, status"),
        ({name: trial(1)[name] for name in trial(1) if name != "seed"}, "it lacks seed"),
        (trial(0), "trial 0 occurs twice"),
        (trial(-1), "trial -1 is no number from 0"),
        (trial(1, trial="1"), "trial '1' is no number from 0"),
        (trial(1, loss=1.0, status="failed"), "contradict each other"),
        ({**trial(1, None), "loss": 1.0}, "contradict each other"),
        (trial(1, None, reason=None), "contradict each other"),
        (trial(1, reason="diverged"), "contradict each other"),
        (trial(1, math.inf), "contradict each other"),
        (trial(1, status="fail"), "contradict each other"),
        (trial(1, seconds=None), "seconds are None"),
        (trial(1, seconds=-1), "seconds are -1"),
        (trial(1, seed=0.5), "seed is 0.5"),
        (trial(1, parameters=None), "those of no network"),
        (trial(1, parameters={**PARAMETERS, "filters_2": 16}), "those of no network"),
        (trial(1, parameters={**PARAMETERS, "activation": 1}), "those of no network"),
        (trial(1, parameters={**PARAMETERS, "pool_1": "10"}), "those of no network"),
        (trial(1, parameters={**PARAMETERS, "pool_1": 10.5}), "those of no network"),
        (
            trial(1, parameters={name: PARAMETERS[name] for name in list(PARAMETERS)[:-2]}),
            "those of no network",
        ),
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, line: Any, message: str) -> None:
    with pytest.raises(InputError, match=rf"a.jsonl, line 2: is not a trial of a search \(.*{message}"):
        read_trials(written([trial(0), line, trial(2)], tmp_path / "a.jsonl"))


def test_a_table_of_trials_keeps_whole_numbers_whole(tmp_path: Path) -> None:
    table = trials_table([trial(0), trial(1, None, parameters=DEEPER, seconds=9.0)])
    assert list(table) == [
        "trial", "status", "loss", "seconds", "reason", "convolutions", "dense", "batch_size", "upstream",
        "downstream", "filters_1", "width_1", "dilation_1", "pool_1", "filters_2", "width_2", "dilation_2", "pool_2",
        "units_1", "dropout_1", "units_2", "dropout_2",
    ]  # fmt: skip
    assert table["convolutions"].tolist() == [1, 2]
    assert table["dense"].tolist() == [1, 2]
    assert table.loc[1, "reason"] == "diverged"
    floats = {name for name, kind in table.dtypes.items() if kind == np.float64}
    assert floats == {"loss", "seconds", "dropout_1", "dropout_2"}
    write_table(table, tmp_path / "trials.tsv")
    first, second = (tmp_path / "trials.tsv").read_text().splitlines()[1:]
    shallow = "0 ok 0.5 2.5 - 1 1 64 1500 500 32 5 2 10 - - - - 16 0.25 - -"
    assert first.split("\t") == shallow.replace("-", "").split(" ")
    assert second.split("\t")[:4] == ["1", "failed", "", "9.0"]
    assert read_table(tmp_path / "trials.tsv")["filters_2"].tolist()[1] == 16


def test_the_table_has_no_columns_of_layers_that_no_trial_has() -> None:
    assert list(trials_table([trial(0)]))[7:] == list(PARAMETERS)


def test_the_curve_falls_only_with_a_lower_error() -> None:
    losses = [None, 0.9, 0.7, None, 0.8, 0.6]
    curve = search_curve([trial(number, loss) for number, loss in enumerate(losses)])
    assert list(curve) == ["trial", "status", "loss", "best_so_far"]
    np.testing.assert_array_equal(curve["best_so_far"], [np.nan, 0.9, 0.7, 0.7, 0.7, 0.6])
    np.testing.assert_array_equal(curve["loss"], np.array(losses, dtype=float))
    assert curve["status"].tolist() == ["failed", "ok", "ok", "failed", "ok", "ok"]


def test_a_curve_of_failures_has_no_best() -> None:
    assert search_curve([trial(0, None), trial(1, None)])["best_so_far"].isna().all()


def test_the_best_trial_is_the_first_of_the_lowest() -> None:
    trials = [trial(number, loss) for number, loss in enumerate([0.9, None, 0.3, 0.3, 0.5])]
    assert best_trial(trials) == trials[2]
    assert best_trial(trials[::-1]) == trials[2]


def test_the_best_network_gets_the_full_recipe_and_the_found_batch_size() -> None:
    before = [trial(0, 0.9), trial(1, 0.4, parameters=DEEPER), trial(2, None)]
    trials = copy.deepcopy(before)
    best = record_best(trials)
    assert trials == before
    architecture = Architecture.from_dict(best.pop("architecture"))
    assert architecture.recipe == Recipe(batch_size=64, epochs=100, patience=7)
    assert architecture == Architecture(
        to_architecture(DEEPER, 10).window,
        to_architecture(DEEPER, 10).convolutions,
        to_architecture(DEEPER, 10).dense,
        Recipe(batch_size=64),
    )
    assert best == {"trial": 1, "loss": 0.4, "parameters": DEEPER, "ok": 2, "failed": 1, "manual": None}


def test_a_search_of_failures_has_no_best_network() -> None:
    trials = [trial(0, None), trial(1, None), trial(2, None, reason="out of memory")]
    message = r"all 3 trials failed \(2 x diverged; 1 x out of memory\)"
    with pytest.raises(TrainingError, match=message):
        best_trial(trials)
    with pytest.raises(TrainingError, match=message):
        record_best(trials)
