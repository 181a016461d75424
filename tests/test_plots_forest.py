"""Names beside rows break where they may, rows are high enough for them, and values are numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.plots import canvas
from xpresso_core.plots_forest import (
    collapsed,
    forest_axes,
    forest_row,
    name_lines,
    r2_axis,
    require_numbers,
    row_inch,
)

ROWS = pd.DataFrame(
    {
        "experiment": ["a", "b"],
        "r2": [0.5, 0.0],
        "r2_ci_low": [0.4, 0.0],
        "r2_ci_high": [0.6, 0.0],
        "n": [1200, 3],
    }
)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("short", ["short"]),
        ("human_inputs-inputs_promoter", ["human_", "inputs-", "inputs_", "promoter"]),
        ("a, b, c, d, e", ["a, b, c,", "d, e"]),
        ("x" * 25, ["x" * 10, "x" * 10, "x" * 5]),
        (12, ["12"]),
    ],
)
def test_names_break_where_they_may(name, lines):
    assert name_lines(name, width=10).split("\n") == lines


def test_breaking_a_name_loses_nothing_but_spaces():
    rng = np.random.default_rng(0)
    for _ in range(200):
        name = "".join(rng.choice(list("abc_-, "), 30))
        lines = name_lines(name, width=8).split("\n")
        assert "".join(lines).replace(" ", "") == name.replace(" ", "")


def test_rows_are_high_enough_for_their_names():
    assert row_inch(["a", "b"]) == row_inch(["a"]) < row_inch(["a", "b\nc\nd"])


def test_rows_say_their_numbers_and_lie_from_top_to_bottom(tmp_path: Path) -> None:
    with canvas(tmp_path / "a.svg", 6, 2, "title") as figure:
        axes = figure.subplots()
        forest_row(axes, 0, ROWS.iloc[0], note="3 live")
        forest_row(axes, 1, ROWS.iloc[1], collapsed=True)
        forest_axes(axes, list(ROWS["experiment"]))
        r2_axis(axes, ROWS)
        low, high = axes.get_xlim()
        bottom, top = axes.get_ylim()
    assert low <= 0
    assert high > 0.6
    assert bottom > 1 > 0 > top
    text = (tmp_path / "a.svg").read_text()
    assert "0.500 (0.400 to 0.600), n = 1,200, 3 live" in text
    assert "collapsed to a constant, n = 3" in text


def test_only_a_column_that_says_so_makes_rows_collapsed() -> None:
    assert collapsed(ROWS).tolist() == [False, False]
    assert collapsed(ROWS.assign(constant=["True", "False"])).tolist() == [True, False]


def test_a_value_that_is_no_number_is_named() -> None:
    require_numbers(ROWS, ("r2", "n"), "here")
    with pytest.raises(
        InputError, match="here, column r2: 1 of 2 values are missing or infinite, the first of b"
    ):
        require_numbers(ROWS.assign(r2=[0.1, np.inf]), ("r2",), "here")
