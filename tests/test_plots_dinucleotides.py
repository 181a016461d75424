"""The figures of dinucleotides say what they show, stay small, and refuse what cannot be drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from figures import words

from xpresso_core.enrichment import DINUCLEOTIDES
from xpresso_core.errors import InputError
from xpresso_core.expression_groups import GROUP_NAMES
from xpresso_core.plots_dinucleotides import GROUP_COLOURS, plot_dinucleotide, plot_dinucleotides

LEVELS = dict(zip(GROUP_NAMES, (0.2, 0.4, 0.6, 0.8), strict=True))


def curves(positions: int = 300, levels: dict[str, float] = LEVELS) -> pd.DataFrame:
    """Return curves of 1 for all dinucleotides but CG, which has its level for each group."""
    blocks = [
        pd.DataFrame(
            {
                "group": group,
                "dinucleotide": pair,
                "position": np.arange(positions) - positions // 2,
                "smoothed": level if pair == "CG" else 1.0,
                "genes": 1000 * (number + 1),
            }
        )
        for number, (group, level) in enumerate(levels.items())
        for pair in DINUCLEOTIDES
    ]
    return pd.concat(blocks, ignore_index=True)


def draw(table: pd.DataFrame, path: Path) -> str:
    plot_dinucleotides(table, path, "Dinucleotides")
    return " ".join(words(path).split())


def draw_one(table: pd.DataFrame, path: Path) -> str:
    plot_dinucleotide(table, path, "CpG")
    return " ".join(words(path).split())


def test_all_sixteen_in_their_order_with_one_legend(tmp_path: Path) -> None:
    text = draw(curves(), tmp_path / "a.svg")
    lines = words(tmp_path / "a.svg").split("\n")
    assert [line for line in lines if line in DINUCLEOTIDES] == list(DINUCLEOTIDES)
    for number, group in enumerate(GROUP_NAMES):
        assert text.count(f"{group} ({number + 1},000 genes)") == 1
    assert text.count("as expected") == 1
    assert text.count("position relative to the TSS (bases)") == 1
    assert text.count("observed / expected") == 1
    assert (
        "Within 50 bases of the TSS, the groups differ most in CG: it is 0.80 times as frequent as its letters let"
        " expect in genes of the group 'high', 0.20 times in 'silent'." in text
    )
    drawing = (tmp_path / "a.svg").read_text()
    assert all(colour.lower() in drawing.lower() for colour in GROUP_COLOURS)


def test_one_alone(tmp_path: Path) -> None:
    text = draw_one(curves(), tmp_path / "a.svg")
    assert "CG is 0.80 times as frequent" in text
    assert "CG, observed / expected" in text
    assert "high (4,000 genes)" in text
    assert "0.5" in text.split()
    plot_dinucleotide(curves(), tmp_path / "b.svg", "TpA", "TA")
    assert "TA is 1.00 times" in " ".join(words(tmp_path / "b.svg").split())


def test_a_wide_window_stays_small(tmp_path: Path) -> None:
    table = curves(10_499)
    table["smoothed"] *= np.exp(np.random.default_rng(0).normal(0, 0.1, len(table)))
    draw(table, tmp_path / "a.svg")
    draw_one(table, tmp_path / "b.svg")


def test_ratios_that_no_logarithm_can_show(tmp_path: Path) -> None:
    table = curves()
    table.loc[(table["dinucleotide"] == "CG") & (table["group"] == "silent"), "smoothed"] = -0.01
    table.loc[table["dinucleotide"] == "TA", "smoothed"] = np.nan
    assert "the groups differ most in" in draw(table, tmp_path / "a.svg")
    assert "The groups cannot be compared around the TSS." in draw_one(table, tmp_path / "b.svg")


def test_a_group_without_curves_is_still_named(tmp_path: Path) -> None:
    table = curves()
    table.loc[table["group"] == "high", ["smoothed", "genes"]] = np.nan, 0
    text = draw(table.astype({"genes": int}), tmp_path / "a.svg")
    assert "high (0 genes)" in text
    assert "The groups cannot be compared around the TSS." in text


def test_one_group(tmp_path: Path) -> None:
    text = draw(curves(levels={"all": 0.5}), tmp_path / "a.svg")
    assert "all (1,000 genes)" in text
    assert "The groups cannot be compared around the TSS." in text


TABLE = curves()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (TABLE[:0], "dinucleotides: the table has no rows"),
        (TABLE.drop(columns="smoothed"), "no column smoothed"),
        (TABLE[TABLE["dinucleotide"] != "CG"], "the table has no dinucleotide 'CG'"),
        (TABLE.assign(smoothed=np.nan), "no group has a smoothed ratio"),
        (curves(levels={**LEVELS, "more": 0.9}), "there are 5 groups, but colours for 4"),
    ],
)
def test_what_cannot_be_drawn(tmp_path: Path, table: pd.DataFrame, message: str) -> None:
    for one in (draw, draw_one):
        with pytest.raises(InputError, match=message):
            one(table, tmp_path / "a.svg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("one", [draw, draw_one])
def test_same_input_same_bytes(tmp_path: Path, one) -> None:
    for name in ("a.svg", "b.svg"):
        one(TABLE, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
