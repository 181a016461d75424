"""Distributions of residuals of groups: the curves, what is told of them, and what cannot be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from figures import words
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from xpresso_core import plots_residual_groups
from xpresso_core.errors import InputError
from xpresso_core.plots_residual_groups import LOOKS, STEPS, GroupCurve, plot_group_ecdf

OTHERS = np.linspace(-2, 2, 2001)


def group(values: Any, expect: Any = "higher", p: float | None = 1e-12, **changes: Any) -> GroupCurve:
    curve = GroupCurve("enhancer genes", np.asarray(values, dtype=np.float64), expect, p, p and 2 * p)
    return curve._replace(**changes)


def draw(path: Path, *groups: GroupCurve, others: Any = OTHERS, **options: Any) -> str:
    plot_group_ecdf(path, "Groups", groups, others, **options)
    return " ".join(words(path).split())


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Return a list to which every figure is added that is drawn."""
    drawn: list[Figure] = []
    canvas = plots_residual_groups.canvas

    @contextmanager
    def noted(*arguments: Any, **options: Any) -> Iterator[Figure]:
        with canvas(*arguments, **options) as figure:
            drawn.append(figure)
            yield figure

    monkeypatch.setattr(plots_residual_groups, "canvas", noted)
    return drawn


def curves(figure: Figure) -> list[Line2D]:
    return [line for line in figure.axes[0].lines if line.get_drawstyle() == "steps-post"]


def share_at(line: Line2D, value: float) -> float:
    x, y = (np.asarray(side) for side in line.get_data())
    return float(y[np.searchsorted(x, value, side="right") - 1])


def test_groups_that_differ_as_expected(tmp_path: Path) -> None:
    higher = group(np.full(30, 0.30103), p=3.1e-12)
    lower = group([-1.0] * 7, "lower", 1e-9, name="Polycomb genes", p_adjusted=2e-9)
    text = draw(tmp_path / "a.svg", higher, lower)
    assert (
        "Enhancer genes: residuals lie above those of all other genes by 0.30 log10 units at the median (2.0-fold),"
        " corrected P = 6.2e-12. Polycomb genes: residuals lie below those of all other genes by 1.00 log10 units at"
        " the median (10-fold), corrected P = 2.0e-09." in text
    )
    lines = words(tmp_path / "a.svg").split("\n")
    for word in (
        "enhancer genes", "30 genes, median +0.30", "expected higher: P = 3.1e-12, corrected 6.2e-12",
        "7 genes, median -1.00", "expected lower: P = 1.0e-09, corrected 2.0e-09",
        "all other genes", "2,001 genes, median +0.00", "← expressed less than predicted",
    ):  # fmt: skip
        assert lines.count(word) == 1, word


@pytest.mark.parametrize(
    ("p_adjusted", "differs"), [(0.0499, True), (0.05, False), (0.7, False), (0.0, True)]
)
def test_from_the_twentieth_on_nothing_differs(tmp_path: Path, p_adjusted: float, differs: bool) -> None:
    text = draw(tmp_path / "a.svg", group([0.5] * 9, p_adjusted=p_adjusted))
    told = "the group does not differ from all other genes towards higher values"
    told += " (difference of the medians +0.50 log10 units,"
    assert (told in text) == (not differs)
    assert ("residuals lie above" in text) == differs


@pytest.mark.parametrize(("expect", "value"), [("higher", -0.2), ("lower", 0.2), ("higher", 0.0)])
def test_a_median_on_the_other_side_is_told(tmp_path: Path, expect: str, value: float) -> None:
    text = draw(tmp_path / "a.svg", group([value] * 9, expect))
    side = "above" if expect == "higher" else "below"
    assert (
        f"some residuals lie {side} those of all other genes, the median does not ({value:+.2f} log10" in text
    )
    assert "by 0" not in text


def test_a_group_without_genes_is_in_the_legend_only(tmp_path: Path, figures: list[Figure]) -> None:
    empty = group([], p=None)
    text = draw(tmp_path / "a.svg", empty, group([1.0] * 5, name="others yet"))
    assert "Enhancer genes: no gene has a residual." in text
    lines = words(tmp_path / "a.svg").split("\n")
    assert lines[lines.index("enhancer genes") + 1] == "no gene"
    assert [line.get_color() for line in curves(figures[0])[1:]] == [LOOKS[1][0]]


def test_only_groups_without_genes(tmp_path: Path, figures: list[Figure]) -> None:
    assert "no gene has a residual." in draw(tmp_path / "a.svg", group([], p=None))
    assert len(curves(figures[0])) == 1


def test_a_group_that_was_not_tested(tmp_path: Path) -> None:
    text = draw(tmp_path / "a.svg", group([0.4, 0.6], p=None))
    assert "Enhancer genes: not tested (difference of the medians +0.50 log10 units)." in text
    assert "2 genes, median +0.50; not tested" in text
    assert "expected higher" not in text


@pytest.mark.parametrize("genes", [1, 2, 3, 4])
def test_few_genes_are_steps_all_the_same(tmp_path: Path, figures: list[Figure], genes: int) -> None:
    values = np.arange(genes) / 2
    text = draw(tmp_path / "a.svg", group(values))
    assert f"{genes} gene{'s' * (genes > 1)}, median" in text
    line = curves(figures[0])[1]
    for number, value in enumerate(values, 1):
        assert share_at(line, value - 0.01) == (number - 1) / genes
        assert share_at(line, value) == number / genes
    low, high = figures[0].axes[0].get_xlim()
    x = np.asarray(line.get_xdata())
    assert x[0] <= low
    assert x[-1] >= high


def test_the_curves_are_cumulative_shares(tmp_path: Path, figures: list[Figure]) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(0.2, 1, 400)
    draw(tmp_path / "a.svg", group(values), others=rng.normal(0, 1, 20_000))
    many, few = curves(figures[0])
    for value in np.linspace(-3, 3, 41):
        assert share_at(few, value) == np.mean(values <= value)
    assert len(np.asarray(many.get_xdata())) == STEPS + 2


def test_many_genes_are_drawn_to_a_thousandth(tmp_path: Path, figures: list[Figure]) -> None:
    others = np.random.default_rng(0).normal(0, 1, 20_000)
    draw(tmp_path / "a.svg", group([1.0]), others=others)
    line = curves(figures[0])[0]
    for value in np.linspace(-3, 3, 41):
        assert share_at(line, value) == pytest.approx(np.mean(others <= value), abs=1.01 / (STEPS - 1))


def test_the_range_holds_nearly_all_and_zero(tmp_path: Path, figures: list[Figure]) -> None:
    others = np.append(np.linspace(1, 2, 1001), [50.0])
    values = np.append(np.linspace(3, 4, 1001), [-60.0, 70.0])
    draw(tmp_path / "a.svg", group(values), others=others)
    low, high = figures[0].axes[0].get_xlim()
    assert -0.5 < low < 0
    assert np.quantile(values, 0.99) < high < 4.5
    draw(tmp_path / "b.svg", group(-values), others=-others)
    low, high = figures[1].axes[0].get_xlim()
    assert -4.5 < low < -np.quantile(values, 0.99)
    assert 0 < high < 0.5


def test_constant_residuals_have_a_range(tmp_path: Path, figures: list[Figure]) -> None:
    draw(tmp_path / "a.svg", group([0.0]), others=np.zeros(5))
    low, high = figures[0].axes[0].get_xlim()
    assert low < 0 < high


def test_five_groups_have_looks_of_their_own(tmp_path: Path, figures: list[Figure]) -> None:
    groups = [group(OTHERS / (number + 2), name=f"group {number}") for number in range(len(LOOKS))]
    text = draw(tmp_path / "a.svg", *groups, others_name="genes of no list")
    assert text.count("those of genes of no list") == text.count("Group ") == 5
    assert {line.get_color() for line in curves(figures[0])[1:]} == {colour for colour, _ in LOOKS}
    assert len({str(dashes) for _, dashes in LOOKS}) == len(LOOKS)


def test_long_names_are_broken_and_the_legend_is_off_the_data(tmp_path: Path, figures: list[Figure]) -> None:
    name = "genes of enhancers that were found by interference in erythroid cells of the K562 line, all known"
    draw(tmp_path / "a.svg", group([1.0], name=name), group([1.0], name=name))
    figure = figures[0]
    figure.draw_without_rendering()
    legend, axes = figure.legends[0].get_window_extent(), figure.axes[0].get_tightbbox()
    assert axes is not None
    assert legend.y1 <= axes.y0
    assert legend.y0 >= 0
    assert legend.x1 <= figure.bbox.x1


def test_dollars_in_names_are_letters_and_bytes_are_the_same(tmp_path: Path) -> None:
    for name in "ab":
        text = draw(tmp_path / f"{name}.svg", group([1.0], name="a$b$c"))
    assert "a$b$c" in text
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize("number", [0, 6])
def test_no_group_and_too_many_are_refused(tmp_path: Path, number: int) -> None:
    with pytest.raises(
        InputError, match=f"residuals of groups: {number} groups cannot be drawn. Give 1 to 5"
    ):
        draw(tmp_path / "a.svg", *[group([1.0])] * number)
    assert list(tmp_path.iterdir()) == []


def test_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="residuals of groups, enhancer genes: 1 values are missing or infinite"
    ):
        draw(tmp_path / "a.svg", group([1.0, np.nan]))
    with pytest.raises(
        InputError, match="residuals of groups, all other genes: 1 values are missing or infinite"
    ):
        draw(tmp_path / "a.svg", group([1.0]), others=np.array([np.inf, 1.0]))
    with pytest.raises(InputError, match="residuals of groups, all other genes: there are no values"):
        draw(tmp_path / "a.svg", group([1.0]), others=np.array([]))
    assert list(tmp_path.iterdir()) == []
