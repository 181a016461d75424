"""The figure of a search's hyperparameters, and the range of errors that its figures show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figures import words
from test_search_record import DEEPER, PARAMETERS, trial

from xpresso_core.errors import InputError
from xpresso_core.plots_search_parameters import focus, search_parameters, without_failed_losses
from xpresso_core.search_record import read_record, trials_table
from xpresso_core.search_space import Parameters


def drawn(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Return trials of one convolution whose error is that of the first dropout, the best at 0."""
    rng = np.random.default_rng(seed)
    trials = []
    for number in range(count):
        dropout = number / count
        found: Parameters = {
            **PARAMETERS, "batch_size": int(2 ** rng.integers(5, 8)), "upstream": int(rng.integers(0, 21)) * 500,
            "pool_1": int(rng.integers(1, 21)) * 5, "dropout_1": dropout,
        }  # fmt: skip
        trials.append(trial(number, 0.5 + dropout / 2, parameters=found))
    return trials


def draw(trials: list[dict[str, Any]], path: Path) -> str:
    search_parameters(trials_table(trials), path, "Hyperparameters")
    return " ".join(words(path).split())


def test_headings_say_what_the_best_trial_has(tmp_path: Path) -> None:
    shallow = {**PARAMETERS, "upstream": 7000, "dropout_1": 0.000992864149624538}
    text = draw([trial(0, 0.9, parameters=DEEPER), trial(1, 0.4, parameters=shallow)], tmp_path / "a.svg")
    assert "Best is trial 1 (validation MSE 0.400); the headings say what it has." in text
    for heading in ("Upstream: 7 kb", "Convolutions: 1", "Dense layers: 1", "Dropout 1: 0.00099"):
        assert heading in text
    for word in (
        "Network",
        "Lowest validation MSE (squared z-scores)",
        "best trial",
        "median of 3 trials or more",
    ):
        assert word in text


def test_only_what_varies_is_drawn(tmp_path: Path) -> None:
    text = draw(drawn(20), tmp_path / "a.svg")
    for heading in ("Batch size:", "Upstream:", "Pool size:", "Dropout 1:", "Convolution 1", "Dense layers"):
        assert heading in text
    for heading in (
        "Downstream",
        "Filters",
        "Filter length",
        "Dilation",
        "Units",
        "Convolutions:",
        "Convolution 2",
    ):
        assert heading not in text


def test_layers_that_the_best_trial_lacks_are_none(tmp_path: Path) -> None:
    trials = [trial(number, 0.6, parameters={**DEEPER, "pool_2": 5 * (number + 1)}) for number in range(4)]
    text = draw([*trials, trial(4, 0.5)], tmp_path / "a.svg")
    assert "Convolution 2" in text
    assert "Pool size: none" in text


def test_what_the_error_depends_on_is_said_where_trials_are_enough(tmp_path: Path) -> None:
    trials = drawn(400)
    losses = trials_table(trials)["loss"].to_numpy()
    low, high = np.median(losses[:40]), np.median(losses[-40:])
    text = draw(trials, tmp_path / "a.svg")
    assert f"Median errors differ most by dropout of dense layer 1 ({low:.2f} to {high:.2f}), " in text
    assert "Median errors" not in draw(drawn(50), tmp_path / "b.svg")


def test_errors_above_the_panels_are_counted(tmp_path: Path) -> None:
    trials = drawn(9)
    trials[4]["loss"] = 30.0
    assert "Triangles at the top edges: 1 trial above" in draw(trials, tmp_path / "a.svg")
    assert "Triangles" not in draw(drawn(9), tmp_path / "b.svg")


def test_failed_trials_change_nothing(tmp_path: Path) -> None:
    trials = drawn(9)
    draw(trials, tmp_path / "a.svg")
    draw([*trials, trial(9, None, parameters=DEEPER)], tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_one_trial_and_no_trial_have_no_panels(tmp_path: Path) -> None:
    text = draw([trial(0)], tmp_path / "a.svg")
    assert "Best is trial 0 (validation MSE 0.500); no hyperparameter varies between the trials" in text
    text = draw([trial(0, None)], tmp_path / "b.svg")
    assert text.endswith("No trial succeeded: there is no error to draw.")


def test_same_input_same_bytes(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        draw(drawn(120), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.real
def test_the_published_search_shows_the_best_column_of_table_1(real_data: Path, tmp_path: Path) -> None:
    text = draw(read_record(real_data / "published" / "hyperopt_2017_trials.json"), tmp_path / "a.svg")
    for heading in (
        "Batch size: 128", "Upstream: 7 kb", "Downstream: 3.5 kb", "Convolutions: 2", "Dense layers: 2",
        "Filters: 128", "Filter length: 6", "Dilation: 1", "Pool size: 30", "Filters: 32", "Filter length: 9",
        "Pool size: 10", "Units 1: 64", "Units 2: 2", "Dropout 1: 0.00099", "Dropout 2: 0.015",
    ):  # fmt: skip
        assert heading in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="convolutions"), "trials: the table has no column convolutions"),
        (lambda table: table.iloc[:0], "trials: the table has no rows"),
    ],
)
def test_tables_that_cannot_be_drawn(tmp_path: Path, change: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        search_parameters(change(trials_table(drawn(3))), tmp_path / "a.svg", "x")
    assert list(tmp_path.iterdir()) == []


def test_few_errors_are_shown_from_the_lowest_to_the_highest() -> None:
    low, high = focus([np.array([0.9, np.nan, 0.8, 1.0])])
    assert (low, high) == pytest.approx((0.8 - 0.012, 1.0 + 0.012))


def test_outliers_do_not_stretch_the_range() -> None:
    losses = np.array([0.4, 0.5, 0.5, 0.5, 90.0])
    assert focus([losses])[1] == pytest.approx(0.7 + 0.06 * 0.3)
    assert focus([losses, np.full(3, np.nan)]) == focus([losses])


def test_the_range_holds_the_best_of_every_search() -> None:
    low, high = focus([np.array([0.4, 0.42]), np.array([0.9, 0.95])])
    assert low < 0.4
    assert high > 0.95


@pytest.mark.parametrize(("manual", "held"), [(0.3, True), (0.9, True), (1.3, False)])
def test_the_range_holds_the_manual_error_unless_it_is_far(manual: float, held: bool) -> None:
    low, high = focus([np.array([0.5, 0.6])], manual)
    assert (low < manual < high) == held


@pytest.mark.parametrize("losses", [[], [0.5], [0.0], [0.5, 0.5], [np.nan]])
def test_the_range_is_never_empty(losses: list[float]) -> None:
    low, high = focus([np.array(losses, dtype=float)])
    assert low < high


def test_failed_trials_lose_their_losses() -> None:
    table = pd.DataFrame({"status": ["ok", "failed"], "loss": [0.5, 1.0]})
    assert without_failed_losses(table)["loss"].isna().tolist() == [False, True]
    assert table["loss"].tolist() == [0.5, 1.0]
