"""Boxes of residuals by half-life: their numbers, their notches, and what ties and few genes do to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figures import words
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from xpresso_core import plots_residual_halflife
from xpresso_core.errors import InputError
from xpresso_core.plots_residual_halflife import FILLS, HalflifeFacts, plot_halflife_boxes

BOUNDS = (0.41, 1.0, 2.0, 4.0, 8.0, 130.0)
FACTS = HalflifeFacts(5007, 0.281, 1e-91, 0.27, 3.2e-85, 2e-91, BOUNDS)


def table_of(per_fifth: int = 400, fifths: tuple[int, ...] = (1, 2, 3, 4, 5), seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    quintile = np.repeat(fifths, per_fifth)
    edges = np.log2(BOUNDS)
    halflife = rng.uniform(edges[quintile - 1], edges[quintile])
    residual = 0.2 * (quintile - 3) + rng.normal(0, 0.5, quintile.size)
    ids = [f"g{number}" for number in range(quintile.size)]
    return pd.DataFrame(
        {"gene_id": ids, "log2_halflife": halflife, "residual": residual, "quintile": quintile}
    )


def draw(path: Path, table: pd.DataFrame | None = None, **changes: Any) -> str:
    table = table_of() if table is None else table
    plot_halflife_boxes(path, "Half-lives", table, FACTS._replace(**changes))
    return " ".join(words(path).split())


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Return a list to which every figure is added that is drawn."""
    drawn: list[Figure] = []
    canvas = plots_residual_halflife.canvas

    @contextmanager
    def noted(*arguments: Any, **options: Any) -> Iterator[Figure]:
        with canvas(*arguments, **options) as figure:
            drawn.append(figure)
            yield figure

    monkeypatch.setattr(plots_residual_halflife, "canvas", noted)
    return drawn


def boxes(figure: Figure) -> list[np.ndarray]:
    """Return the corners of each box, ``[corner, 2]``."""
    patches = [patch for patch in figure.axes[0].patches if isinstance(patch, PathPatch)]
    return [np.asarray(patch.get_path().vertices) for patch in patches]


def notched(figure: Figure) -> list[bool]:
    return [len(np.unique(corners, axis=0)) > 4 for corners in boxes(figure)]


def test_five_boxes_with_their_hours_and_genes(tmp_path: Path) -> None:
    text = draw(tmp_path / "a.svg")
    assert (
        "The longer an mRNA lives, the more of it there is than predicted (Pearson 0.28, P = 1.0e-91, corrected"
        " 2.0e-91; Spearman 0.27, P = 3.2e-85; n = 5,007 genes)." in text
    )
    lines = words(tmp_path / "a.svg").split("\n")
    for word in ("shortest fifth", "0.41-1.0 h", "second fifth", "1.0-2.0 h", "third fifth", "2.0-4.0 h",
                 "fourth fifth", "4.0-8.0 h", "longest fifth", "8.0-130 h", "Half-life of the mRNA",
                 "notch: 95 % interval of the median",
                 "Residual: observed less predicted (log10 units)"):  # fmt: skip
        assert lines.count(word) == 1, word
    assert lines.count("n = 400") == 5
    assert "no notch" not in text
    assert "tied" not in text


def test_boxes_hold_quartiles_and_notches_the_interval_of_the_median(
    tmp_path: Path, figures: list[Figure]
) -> None:
    table = table_of()
    draw(tmp_path / "a.svg", table)
    drawn = boxes(figures[0])
    assert len(drawn) == 5
    for number, corners in enumerate(drawn, 1):
        values = table["residual"][table["quintile"] == number].to_numpy()
        low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
        reach = 1.57 * (high - low) / np.sqrt(values.size)
        heights = sorted(set(np.round(corners[:, 1], 9)))
        assert heights == pytest.approx([low, middle - reach, middle, middle + reach, high])
        assert np.ptp(corners[:, 0]) == pytest.approx(0.62)


def test_whiskers_end_at_a_gene_and_outliers_are_not_drawn(tmp_path: Path, figures: list[Figure]) -> None:
    table = table_of()
    table.loc[0, "residual"] = 40.0
    draw(tmp_path / "a.svg", table)
    values = table["residual"][table["quintile"] == 1].to_numpy()
    low, high = np.quantile(values, (0.25, 0.75))
    reach = 1.5 * (high - low)
    ends = [values[values >= low - reach].min(), values[values <= high + reach].max()]
    drawn = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in figures[0].axes[0].lines])
    assert np.isin(np.round(ends, 9), np.round(drawn, 9)).all()
    assert drawn.max() < 5
    assert figures[0].axes[0].get_ylim()[1] < 5


def test_a_line_stands_at_zero(tmp_path: Path, figures: list[Figure]) -> None:
    draw(tmp_path / "a.svg", table_of().assign(residual=lambda rows: rows["residual"] + 9))
    zero = [line for line in figures[0].axes[0].lines if np.all(np.asarray(line.get_ydata()) == 0)]
    assert len(zero) == 1
    assert figures[0].axes[0].get_ylim()[0] < 0


def test_notches_that_would_fold_back_are_left_out(tmp_path: Path, figures: list[Figure]) -> None:
    # 1.57 IQR / sqrt(n) from the median to the quartile: here IQR / 2, so that it fits from n = 10 on.
    def spread(genes: int) -> np.ndarray:
        return np.linspace(-1, 1, genes)

    parts = [
        table_of(genes, (number,)).assign(residual=spread(genes))
        for number, genes in enumerate((9, 400, 8, 11, 400), 1)
    ]
    text = draw(tmp_path / "a.svg", pd.concat(parts))
    assert "notch: 95 % interval of the median; no notch where it is wider than the box" in text
    assert notched(figures[0]) == [False, True, False, True, True]
    for corners in boxes(figures[0]):
        assert corners[:, 1].max() == pytest.approx(0.5)
        assert corners[:, 1].min() == pytest.approx(-0.5)


@pytest.mark.parametrize("genes", [1, 2])
def test_few_genes_have_no_notches(tmp_path: Path, figures: list[Figure], genes: int) -> None:
    text = draw(tmp_path / "a.svg", table_of(genes))
    assert "no notch: the 95 % interval of the median is wider than the box" in text
    assert notched(figures[0]) == [False] * 5


@pytest.mark.parametrize(
    ("fifths", "names"),
    [
        ((1, 3, 4, 5), ["shortest", "third", "fourth", "longest"]),
        ((2, 3), ["shortest", "longest"]),
        ((1, 2, 3, 4), ["shortest", "second", "third", "longest"]),
    ],
)
def test_ties_leave_fewer_boxes(
    tmp_path: Path, figures: list[Figure], fifths: tuple[int, ...], names: list[str]
) -> None:
    text = draw(tmp_path / "a.svg", table_of(50, fifths))
    assert f"half-lives are tied: {len(fifths)} groups instead of five" in text
    assert len(boxes(figures[0])) == len(fifths)
    labels = [label.get_text().split("\n")[0] for label in figures[0].axes[0].get_xticklabels()]
    assert labels == names
    assert "fifth" not in text
    fills = [patch.get_facecolor() for patch in figures[0].axes[0].patches]
    assert len(set(fills)) == len(fifths)
    assert len(set(FILLS)) == 5


def test_all_half_lives_equal(tmp_path: Path, figures: list[Figure]) -> None:
    table = table_of(50, (5,)).assign(log2_halflife=1.0)
    text = draw(tmp_path / "a.svg", table, bounds=(2.0,) * 6, pearson=None, pearson_p=None, p_adjusted=None)
    assert "No correlation of half-lives and residuals can be taken (n = 5,007 genes)." in text
    assert "tied: 1 group instead of five" in text
    lines = words(tmp_path / "a.svg").split("\n")
    assert "longest" in lines
    assert "2.0 h" in lines


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"pearson": -0.2},
            "The longer an mRNA lives, the less of it there is than predicted (Pearson -0.20,",
        ),
        ({"p_adjusted": 0.05}, "Residuals are not shown to go with half-lives (Pearson 0.28,"),
        ({"p_adjusted": 0.0499}, "the more of it there is than predicted"),
        ({"p_adjusted": None}, "the more of it there is than predicted (Pearson 0.28, P = 1.0e-91; Spearman"),
        ({"p_adjusted": None, "pearson_p": 0.2}, "Residuals are not shown to go with half-lives"),
        ({"spearman": None, "spearman_p": None}, "corrected 2.0e-91; n = 5,007 genes)."),
        ({"pearson_p": 0.0, "p_adjusted": 0.0}, "P < 1e-300, corrected < 1e-300; Spearman"),
        ({"n": 1}, "n = 1 gene)."),
    ],
)
def test_what_is_told(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    assert told in draw(tmp_path / "a.svg", **changes)


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        draw(tmp_path / f"{name}.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize("quintile", [0, 6, 2.5])
def test_strange_fifths_are_refused(tmp_path: Path, quintile: float) -> None:
    with pytest.raises(InputError, match=rf"column quintile: {quintile:g} is no fifth"):
        draw(tmp_path / "a.svg", table_of().assign(quintile=quintile))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("column", ["gene_id", "log2_halflife", "residual", "quintile"])
def test_a_missing_column_is_refused(tmp_path: Path, column: str) -> None:
    with pytest.raises(InputError, match=f"residuals by half-life: the table has no column {column}"):
        draw(tmp_path / "a.svg", table_of().drop(columns=column))


@pytest.mark.parametrize("column", ["log2_halflife", "residual", "quintile"])
def test_values_that_are_not_finite_are_refused(tmp_path: Path, column: str) -> None:
    table = table_of().astype({"quintile": np.float64})
    table.loc[7, column] = np.nan
    with pytest.raises(InputError, match=f"column {column}: 1 values are missing or infinite"):
        draw(tmp_path / "a.svg", table)
    assert list(tmp_path.iterdir()) == []


def test_half_lives_outside_their_fifth_are_refused(tmp_path: Path) -> None:
    table = table_of()
    table.loc[3, "log2_halflife"] = 1.5
    message = "gene g3: 2.83 h is in fifth 1, which goes from 0.41 to 1 h"
    with pytest.raises(InputError, match=message):
        draw(tmp_path / "a.svg", table)
    table.loc[3, "log2_halflife"] = np.log2(1.004)  # bounds may be rounded
    assert "longer" in draw(tmp_path / "a.svg", table)


@pytest.mark.parametrize("bounds", [(1.0, 2.0, 3.0), (0.41, 2.0, 1.0, 4.0, 8.0, 130.0)])
def test_bounds_that_bound_no_fifths_are_refused(tmp_path: Path, bounds: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="h do not bound five fifths"):
        draw(tmp_path / "a.svg", bounds=bounds)
