"""The figures of microRNA families: what they say and show, and that nothing in them overlaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figures import words
from matplotlib.figure import Figure
from test_plots_tracks import figures, overlapping

from xpresso_core.errors import InputError
from xpresso_core.mirna import OTHER, top_tenth
from xpresso_core.plots import COLOURS
from xpresso_core.plots_mirna import ABUNDANT, BORDER, LONGEST, plot_abundance, plot_correlations
from xpresso_core.words import p_equals

__all__ = ["figures"]

LONG = "miR-" + "/".join(str(number) for number in range(100, 130))


def shares(**named: float) -> pd.DataFrame:
    return pd.DataFrame({"family": list(named), "share": list(named.values())})


def correlations(number: int = 222) -> pd.DataFrame:
    rho = np.linspace(0.06, -0.02, number)
    seeds = [f"S{place:03d}" for place in range(number)]
    return pd.DataFrame({"seed": seeds, "targets": 20, "spearman": rho, "tested": True})


def draw(path: Path, table: pd.DataFrame, abundant: dict[str, str]) -> str:
    facts = top_tenth(table, list(abundant))._asdict()
    plot_correlations(path, "What residuals say of microRNAs", table, abundant, facts)
    return " ".join(words(path).split())


def clashes(figure: Figure) -> list[tuple[str, str]]:
    figure.draw_without_rendering()
    return overlapping(figure)


def inside(figure: Figure) -> bool:
    """Tell whether all texts lie in the figure."""
    figure.draw_without_rendering()
    texts = [*figure.axes[0].texts, *figure.axes[0].get_yticklabels()]
    places = [text.get_window_extent() for text in texts if text.get_text()]
    return all(figure.bbox.x0 <= place.x0 and place.x1 <= figure.bbox.x1 for place in places)


def test_bars_are_shares_with_names_and_percentages(tmp_path: Path, figures: list[Figure]) -> None:
    table = shares(**{"miR-291a-3p/294": 0.4, "miR-17/20": 0.25, "let-7": 0.012, OTHER: 0.338})
    plot_abundance(tmp_path / "a.svg", "Families in mESC", table)
    lines = words(tmp_path / "a.svg").split("\n")
    assert "The 3 most abundant families have 66 % of the reads; miR-291a-3p/294 alone has 40 %." in " ".join(
        lines
    )
    for word in (
        "miR-291a-3p/294",
        "let-7",
        OTHER,
        "40.0 %",
        "1.2 %",
        "33.8 %",
        "share of microRNA reads (%)",
    ):
        assert lines.count(word) == 1, word
    (axes,) = figures[0].axes
    bars: list[Any] = list(axes.patches)
    assert [bar.get_width() for bar in bars] == pytest.approx([40, 25, 1.2, 33.8])
    assert bars[0].get_facecolor() == bars[2].get_facecolor() != bars[3].get_facecolor()
    low, high = axes.get_ylim()
    assert low > high, "the first is on top"
    assert clashes(figures[0]) == []


@pytest.mark.parametrize("number", [1, 2, 11, 40])
def test_few_and_many_families_with_long_names(tmp_path: Path, figures: list[Figure], number: int) -> None:
    table = pd.DataFrame({"family": [f"{LONG}/{place}" for place in range(number)], "share": 1 / number})
    plot_abundance(tmp_path / "a.svg", "Families", table)
    assert clashes(figures[0]) == []
    assert inside(figures[0])
    labels = [label.get_text() for label in figures[0].axes[0].get_yticklabels()]
    assert len(labels) == number
    assert all(len(label) <= LONGEST and label.endswith("/…") for label in labels)


def test_abundance_of_one_family_or_none(tmp_path: Path) -> None:
    plot_abundance(tmp_path / "a.svg", "Families", shares(**{"let-7": 1.0}))
    assert "One family is named: let-7 has 100 % of the reads." in words(tmp_path / "a.svg")
    plot_abundance(tmp_path / "b.svg", "Families", shares(**{"let-7": 0.0}))
    assert "No family has reads." in words(tmp_path / "b.svg")


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_shares_that_cannot_be(tmp_path: Path, share: float) -> None:
    with pytest.raises(InputError, match="abundance of families"):
        plot_abundance(tmp_path / "a.svg", "Families", shares(a=0.5, b=share))
    assert list(tmp_path.iterdir()) == []


def test_the_message_and_the_marks(tmp_path: Path, figures: list[Figure]) -> None:
    abundant = {"S000": "miR-291a-3p/294", "S003": "miR-19", "S100": "let-7", "GGGGGGG": "miR-293-3p"}
    text = draw(tmp_path / "a.svg", correlations(), abundant)
    p = top_tenth(correlations(), list(abundant)).p
    assert (
        "Of 222 families, miR-291a-3p/294 has the highest correlation (+0.060). 2 of 3 abundant families tested are"
        f" among the highest 22 (Fisher's exact test, one-sided: {p_equals(p)}). 1 more abundant family was not tested."
        in text
    )
    for word in ("miR-291a-3p/294 +0.060, rank 1", "miR-19 +0.059, rank 4", "let-7 +0.024, rank 101",
                 "families tested (n = 222)", "from here on: the highest 22", "abundant family (n = 3)"):  # fmt: skip
        assert text.count(word) == 1, word
    assert "miR-293-3p" not in text
    (axes,) = figures[0].axes
    heights = [patch.get_height() for patch in axes.patches if hasattr(patch, "get_height")]
    assert sum(heights) == 222
    at = {colour: [line.get_xdata()[0] for line in axes.lines if line.get_color() == colour]
          for colour in (ABUNDANT, BORDER, COLOURS["grey"])}  # fmt: skip
    rho = correlations()["spearman"]
    assert sorted(set(at[ABUNDANT])) == sorted(rho[[0, 3, 100]])
    assert at[BORDER] == [rho[21]]
    assert at[COLOURS["grey"]] == [0]
    assert clashes(figures[0]) == []


def test_names_are_in_rows_that_no_line_crosses(tmp_path: Path, figures: list[Figure]) -> None:
    """The lower the row, the higher the correlation, also of equal ones: lines go down and to the right only."""
    table = correlations(30)
    table["spearman"] = np.repeat([0.03, 0.0, -0.001], 10)
    draw(tmp_path / "a.svg", table, {seed: f"miR-{place}" for place, seed in enumerate(table["seed"])})
    names: list[Any] = sorted(figures[0].axes[0].texts, key=lambda text: float(text.xyann[1]))
    assert len(names) == 30
    assert [name.xy[0] for name in names] == sorted(table["spearman"], reverse=True)
    assert [name.get_text().split("rank ")[1] for name in names] == [str(rank) for rank in range(1, 31)]
    assert clashes(figures[0]) == []
    assert "−0.001, rank 30" in names[-1].get_text()


@pytest.mark.parametrize(("number", "marked"), [(1, 1), (2, 1), (3, 0), (222, 1), (222, 30)])
def test_few_and_many_marked_families_with_long_names(
    tmp_path: Path, figures: list[Figure], number: int, marked: int
) -> None:
    table = correlations(number)
    draw(tmp_path / "a.svg", table, dict.fromkeys(table["seed"][:marked], LONG))
    assert clashes(figures[0]) == []
    assert inside(figures[0])
    assert figures[0].axes[0].get_window_extent().width > figures[0].bbox.width / 3


def test_the_first_family_is_not_abundant(tmp_path: Path) -> None:
    text = draw(tmp_path / "a.svg", correlations(10), {"S004": "let-7"})
    assert (
        "Of 10 families, the family of the seed S000, which is not abundant, has the highest correlation"
        in text
    )
    assert "0 of 1 abundant family tested is among the highest 1" in text


def test_no_abundant_family_was_tested(tmp_path: Path, figures: list[Figure]) -> None:
    text = draw(tmp_path / "a.svg", correlations(10), {"GGGGGGG": "let-7"})
    assert "(+0.060). No abundant family could be tested." in text
    assert "abundant family (n" not in text
    assert [line for line in figures[0].axes[0].lines if line.get_color() == ABUNDANT] == []


@pytest.mark.parametrize(
    "table", [correlations(5).assign(tested="False"), correlations(0)], ids=["none", "empty"]
)
def test_no_family_was_tested(tmp_path: Path, table: pd.DataFrame) -> None:
    text = draw(tmp_path / "a.svg", table, {"S000": "let-7"})
    assert "No family could be tested:" in text
    assert "nothing to draw" in text


def test_correlations_that_cannot_be_drawn(tmp_path: Path) -> None:
    table, facts = correlations(5), top_tenth(correlations(5), [])._asdict()
    for wrong in (table.assign(spearman=np.nan), table.drop(columns="spearman")):
        with pytest.raises(InputError, match="correlations of families"):
            plot_correlations(tmp_path / "a.svg", "Families", wrong, {}, facts)
    assert list(tmp_path.iterdir()) == []


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        draw(tmp_path / name, correlations(), {"S000": "miR-1", "S050": "miR-2"})
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
