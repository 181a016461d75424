"""The figures of a search's progress and of its windows."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from figures import words
from test_search_record import PARAMETERS, trial

from xpresso_core.errors import InputError
from xpresso_core.plots_search import _spread, search_progress, search_windows
from xpresso_core.search_record import read_record, search_curve, trials_table


def curve(losses: list[float | None]) -> pd.DataFrame:
    return search_curve([trial(number, loss) for number, loss in enumerate(losses)])


def window(number: int, upstream: int, downstream: int, loss: float | None) -> dict[str, Any]:
    return trial(number, loss, parameters={**PARAMETERS, "upstream": upstream, "downstream": downstream})


def many(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Return trials over all windows of Table 1, one in ten of which failed."""
    rng = np.random.default_rng(seed)
    places, losses = rng.integers(0, 21, (count, 2)) * 500, rng.uniform(0.4, 1.0, count)
    return [
        window(number, int(up), int(down), None if number % 10 == 3 else float(loss))
        for number, ((up, down), loss) in enumerate(zip(places, losses, strict=True))
    ]


def progress(
    searches: dict[str, pd.DataFrame], path: Path, manual: float | None = None, **options: Any
) -> str:
    search_progress(searches, manual, path, "Searching", **options)
    return " ".join(words(path).split())


def windows(trials: list[dict[str, Any]], path: Path) -> str:
    search_windows(trials_table(trials), path, "Windows")
    return " ".join(words(path).split())


def test_progress_says_what_was_found_and_when(tmp_path: Path) -> None:
    text = progress({"demo": curve([0.9, None, 0.8, 0.72, 0.85])}, tmp_path / "a.svg", 0.8)
    assert "demo found the lowest validation MSE, 0.720, at trial 3 of 5, 10 % below the manual" in text
    assert "(0.800). Trials: 5; failed: 1." in text
    assert "demo 0.720 at trial 3" in text
    assert "manual architecture 0.800" in text
    for word in ("Searching", "Lowest validation MSE within 10 epochs", "(squared z-scores)", "1 failed"):
        assert word in text
    for word in ("Trial (counted from 0)", "lowest so far", "best trial", "failed trial, no error"):
        assert word in text


def test_without_a_manual_architecture_and_failures_neither_is_told_of(tmp_path: Path) -> None:
    text = progress({"demo": curve([0.9, 0.8])}, tmp_path / "a.svg")
    assert "manual" not in text
    assert "failed trial" not in text
    assert "Trials: 2; failed: 0." in text


@pytest.mark.parametrize(
    ("epochs", "label"), [(1, "MSE within 1 epoch ("), (5, "MSE within 5 epochs ("), (None, "MSE (")]
)
def test_the_axis_tells_the_epochs(tmp_path: Path, epochs: int | None, label: str) -> None:
    assert f"Lowest validation {label}" in progress({"a": curve([0.5])}, tmp_path / "a.svg", epochs=epochs)


def test_a_worse_search_than_the_manual_architecture_is_said(tmp_path: Path) -> None:
    text = progress({"demo": curve([0.9, 0.88])}, tmp_path / "a.svg", 0.8)
    assert "0.880, at trial 1 of 2, 10 % above the manual architecture (0.800)" in text


def test_a_manual_error_far_above_does_not_flatten_the_figure(tmp_path: Path) -> None:
    text = progress({"demo": curve([0.9, 0.88])}, tmp_path / "a.svg", 40.0)
    assert "manual architecture 40.000, above the panel" in text
    assert "0.89" in text


def test_several_searches_are_labelled_and_the_best_is_named(tmp_path: Path) -> None:
    searches = {"tpe": curve([0.9, 0.5]), "anneal": curve([None, 0.7, 0.6]), "dead": curve([None, None])}
    text = progress(searches, tmp_path / "a.svg")
    assert "tpe found the lowest validation MSE, 0.500, at trial 1 of 2. Trials: 7; failed: 3." in text
    for label in ("tpe 0.500 at trial 1", "anneal 0.600 at trial 2", "dead no trial succeeded"):
        assert label in text
    for label in ("0 failed", "1 failed", "2 failed"):
        assert label in text


def test_searches_of_very_different_lengths_share_a_logarithmic_axis(tmp_path: Path) -> None:
    long = curve([0.5] * 60)
    text = progress({"long": long, "short": curve([0.5] * 10)}, tmp_path / "a.svg")
    assert "Trial (counted from 0, logarithmic)" in text
    assert "logarithmic" not in progress({"long": long, "short": curve([0.5] * 11)}, tmp_path / "b.svg")


def test_a_search_of_failures_only(tmp_path: Path) -> None:
    text = progress({"dead": curve([None] * 3)}, tmp_path / "a.svg", 0.9)
    assert "None of 3 trials succeeded: there is no error to draw." in text
    assert "3 failed" in text


def test_outliers_are_counted_at_the_top_edge(tmp_path: Path) -> None:
    text = progress({"demo": curve([0.5, 0.52, 0.51, 0.53, 30.0, 40.0])}, tmp_path / "a.svg")
    assert "Trials: 6; failed: 0; above 0.77, triangles at the top edge: 2." in text


def test_a_loss_of_a_failed_trial_is_not_drawn(tmp_path: Path) -> None:
    losses = curve([0.9, 0.8, None])
    progress({"demo": losses}, tmp_path / "a.svg")
    progress({"demo": losses.fillna({"loss": 0.1})}, tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_many_long_names_and_many_trials_stay_readable_and_small(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    names = [f"a search with a rather long name and the number {number}" for number in range(7)]
    text = progress(
        {name: curve(rng.uniform(0.4, 1, 1000).tolist()) for name in names}, tmp_path / "a.svg", 0.5
    )
    assert all(name in text for name in names)


@pytest.mark.parametrize("count", [1, 3, 8])
def test_labels_move_no_more_than_they_must(count: int) -> None:
    crowded = _spread([0.5] * count, 0.1)
    np.testing.assert_allclose(np.diff(crowded), 0.1)
    assert crowded.mean() == pytest.approx(0.5)
    apart = np.linspace(0.05, 0.95, count)
    np.testing.assert_allclose(_spread(apart.tolist(), 0.1), apart)
    assert _spread([0.0] * count, 0.1)[0] == pytest.approx(0.02)
    assert _spread([1.0] * count, 0.1)[-1] == pytest.approx(0.98)


def test_windows_say_which_is_best_and_how_many_are_close(tmp_path: Path) -> None:
    trials = [
        window(0, 1000, 500, 0.9), window(1, 1500, 500, 0.5), window(2, 1500, 500, 0.8), window(3, 1000, 1500, 0.52),
        window(4, 2000, 1000, None),
    ]  # fmt: skip
    text = windows(trials, tmp_path / "a.svg")
    assert (
        "Lowest: 0.500, from 1.5 kb upstream to 0.5 kb downstream. Within 5 % of it: 1 other window." in text
    )
    assert "Tried: 5 trials in 4 windows." in text
    for words_ in ("0.900 1 trial", "0.500 2 trials", "0.520 1 trial", "failed trials only", "no trial"):
        assert words_ in text
    for words_ in (
        "Upstream of the TSS (kb)",
        "Downstream of the TSS (kb)",
        "Lowest validation MSE",
        "(squared z-",
    ):
        assert words_ in text


def test_few_trials_of_a_large_space_have_their_errors_beside_them(tmp_path: Path) -> None:
    places = [(0, 10_000), (10_000, 0), (2500, 3000), (7000, 3500), (500, 500)]
    trials = [window(number, *place, 0.5 + number / 100) for number, place in enumerate(places)]
    text = windows(trials, tmp_path / "a.svg")
    assert all(f"0.5{number}0" in text for number in range(5))
    assert "6 trials or more" in text


def test_cells_of_many_windows_have_no_words_but_sizes(tmp_path: Path) -> None:
    text = windows(many(1000), tmp_path / "a.svg")
    for label in ("1 trial", "3 trials", "6 trials or more", "best window", "within 5 % of it"):
        assert label in text
    assert "0.411" not in text.split("Windows")[1].split("Lowest:")[0]


def test_each_tried_window_is_a_cell(tmp_path: Path) -> None:
    trials = many(200)
    windows(trials, tmp_path / "a.svg")
    fills = [
        path.get("style", "")
        for path in ElementTree.parse(tmp_path / "a.svg").iter("{http://www.w3.org/2000/svg}path")
    ]
    tried = {(one["parameters"]["upstream"], one["parameters"]["downstream"]) for one in trials}
    assert sum("fill: #ffffff; stroke: #e9e9e9" in fill for fill in fills) == len(tried)


@pytest.mark.parametrize("loss", [0.5, None])
def test_one_trial_has_a_window_too(tmp_path: Path, loss: float | None) -> None:
    text = windows([window(0, 1500, 0, loss)], tmp_path / "a.svg")
    said = "None of 1 trial in 1 window succeeded." if loss is None else "Tried: 1 trial in 1 window."
    assert said in text
    assert "1.5" in text


def test_same_input_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        windows(many(300), tmp_path / f"{name}.svg")
        searches = {"one": search_curve(many(300)), "two": search_curve(many(20, 1))}
        progress(searches, tmp_path / f"{name}_progress.svg", 0.6)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a_progress.svg").read_bytes() == (tmp_path / "b_progress.svg").read_bytes()


@pytest.mark.real
def test_the_published_search_gives_figures_1b_and_s2b(real_data: Path, tmp_path: Path) -> None:
    trials = read_record(real_data / "published" / "hyperopt_2017_trials.json")
    text = progress({"published": search_curve(trials)}, tmp_path / "a.svg")
    assert "published found the lowest validation MSE, 0.410, at trial 801 of 1,002." in text
    assert "105 failed" in text
    text = windows(trials, tmp_path / "b.svg")
    assert (
        "Lowest: 0.410, from 7 kb upstream to 3.5 kb downstream. Within 5 % of it: 26 other windows." in text
    )
    table = trials_table(trials)
    other = table[(table["upstream"] == 1500) & (table["downstream"] == 7500)]["loss"].min()
    assert other < 1.05 * 0.409596, "the paper names this window as one of similar error"


@pytest.mark.parametrize(
    ("searches", "message"),
    [
        ({}, "there is no search to draw"),
        ({"a": curve([0.5]).drop(columns="status")}, "search a: the table has no column status"),
        ({"a": curve([0.5]), "b": curve([0.5]).iloc[:0]}, "search b: the table has no rows"),
    ],
)
def test_searches_that_cannot_be_drawn(
    tmp_path: Path, searches: dict[str, pd.DataFrame], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        search_progress(searches, None, tmp_path / "a.svg", "Searching")
    assert list(tmp_path.iterdir()) == []


def test_windows_that_cannot_be_drawn(tmp_path: Path) -> None:
    table = trials_table(many(3))
    with pytest.raises(InputError, match="trials: the table has no column upstream"):
        search_windows(table.drop(columns="upstream"), tmp_path / "a.svg", "Windows")
    with pytest.raises(InputError, match="trials: the table has no rows"):
        search_windows(table.iloc[:0], tmp_path / "a.svg", "Windows")
    assert list(tmp_path.iterdir()) == []
