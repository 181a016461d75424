"""The figure of k-mers: what it says, with and without k-mers, and what cannot be drawn."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figures import words

from xpresso_core.errors import InputError
from xpresso_core.meme_format import Motif
from xpresso_core.plots import COLOURS
from xpresso_core.plots_kmers import COLUMNS, SHOWN, kmers
from xpresso_core.sequence import encode, one_hot

WORDS = ("CG", "GATAAG", "TGACTCA", "CCAAT", "GGGCGG", "TATA")


def table_of(*motifs: str) -> pd.DataFrame:
    rows = [
        {
            "rank": number,
            "motif": motif,
            "width": len(motif),
            "positives": 2000 - number,
            "negatives": 1000 + number,
            "sites": 2500,
            "log10_p": -130.0 / number,
            "log10_e": -123.4 / number,
            "log10_e_unerased": -125.0 / number,
            "similar": "GATA1 (E = 0.01), GATA2 (E = 0.5)" if motif == "GATAAG" else "",
        }
        for number, motif in enumerate(motifs, start=1)
    ]
    return pd.DataFrame(rows, columns=[*rows[0]] if rows else list(COLUMNS))


def motifs_of(*motifs: str) -> list[Motif]:
    return [Motif(name, name, one_hot(encode(name)[None])[0].astype(np.float64)) for name in motifs]


FACTS: dict[str, Any] = {
    "contrast": "classes",
    "genes": {"A": 4321, "B": 1234},
    "reason": "",
    "control": 0,
    "untrained": None,
    "sub_sequences": 54_321,
    "used": 2500,
    "mean_length": 17.4,
}


def draw(path: Path, *motifs: str, table: pd.DataFrame | None = None, **changes: Any) -> str:
    table = table_of(*motifs) if table is None else table
    kmers(table, motifs_of(*motifs), FACTS | changes, path, "K-mers")
    return " ".join(words(path).split())


def test_k_mers_stand_in_their_order_with_their_numbers(tmp_path: Path) -> None:
    text = draw(tmp_path / "a.svg", "CG", "GATAAG")
    assert (
        "Stretches that stand out in 1,234 genes (B) over 4,321 (A): 54,321 of 17 bases on average. The first k-mer"
        " is CG; what a k-mer matches is erased before the next. For networks with shuffled weights there is none;"
        " stretches and controls shuffled give none." in text
    )
    lines = words(tmp_path / "a.svg").split("\n")
    assert [line for line in lines if line in WORDS] == ["CG", "GATAAG"]
    assert lines.count("123.4") == lines.count("61.7") == 1
    assert lines.count("-log10 of the E-value") == 1
    assert "in 1,999 of 2,500 stretches and 1,001 of as many controls (2.00 times)" in text
    assert "in 1,998 of 2,500 stretches and 1,002 of as many controls (1.99 times)" in text
    assert text.count("like GATA1 (E = 0.01), GATA2 (E = 0.5)") == 1
    assert text.count("like ") == 1


def test_the_most_significant_are_shown(tmp_path: Path) -> None:
    text = draw(tmp_path / "a.svg", *WORDS)
    assert len(WORDS) > SHOWN
    assert "The first k-mer is CG;" in text
    shown = [line for line in words(tmp_path / "a.svg").split("\n") if line in WORDS]
    assert shown == list(WORDS[:SHOWN])


def test_halves_are_told_by_their_names(tmp_path: Path) -> None:
    text = draw(tmp_path / "a.svg", "CG", genes={"lower": 600, "upper": 601})
    assert "Stretches that stand out in 601 genes (upper) over 600 (lower)" in text


def test_a_control_that_finds_something_is_told(tmp_path: Path) -> None:
    assert draw(tmp_path / "a.svg", "CG", control=1).count("; stretches and controls shuffled give one.") == 1


def dashed(path: Path) -> int:
    """Return how many dashed lines in the accent's colour there are."""
    return len(
        re.findall(
            rf"stroke-dasharray: [^;]*;[^\"]*stroke: {COLOURS['accent'].lower()}", path.read_text().lower()
        )
    )


def test_the_first_k_mer_of_untrained_networks_is_a_dashed_line_and_told(tmp_path: Path) -> None:
    text = draw(tmp_path / "a.svg", "CG", "GATAAG", untrained={"motif": "SSN", "log10_e": -45.67}, control=1)
    assert (
        "is erased before the next. Networks with shuffled weights give SSN at 45.7 (dashed); stretches and controls"
        " shuffled give one." in text
    )
    assert dashed(tmp_path / "a.svg") == 2
    draw(tmp_path / "b.svg", "CG", "GATAAG")
    assert dashed(tmp_path / "b.svg") == 0


def test_a_k_mer_that_no_control_has(tmp_path: Path) -> None:
    text = draw(tmp_path / "a.svg", "CG", table=table_of("CG").assign(negatives=0))
    assert "in 1,999 of 2,500 stretches and 0 of as many controls" in text


def test_stretches_too_short_are_told_with_the_reason(tmp_path: Path) -> None:
    reason = "no stretch that stands out is as long as the shortest word"
    text = draw(tmp_path / "a.svg", reason=reason, control=None)
    assert f"No k-mers were looked for: {reason}." in text


def test_no_k_mers_are_told(tmp_path: Path) -> None:
    text = draw(tmp_path / "a.svg")
    assert (
        "DREME finds no k-mer in them. For networks with shuffled weights there is none; stretches and controls"
        " shuffled give none." in text
    )
    assert words(tmp_path / "a.svg").split("\n").count("no k-mers") == 1
    assert "E-value" not in text


def test_without_classes_the_reason_is_told(tmp_path: Path) -> None:
    told = {"genes": {"A": 0, "B": 0}, "reason": "there are no classes", "control": None, "untrained": None}
    kmers(table_of(), [], {"contrast": "classes", **told}, tmp_path / "a.svg", "K-mers")
    text = " ".join(words(tmp_path / "a.svg").split())
    assert "No k-mers were looked for: there are no classes." in text
    assert "no k-mers" in text
    assert "Stretches" not in text


def test_similar_motifs_that_a_file_left_empty(tmp_path: Path) -> None:
    text = draw(tmp_path / "a.svg", "CG", table=table_of("CG").assign(similar=np.nan))
    assert "like" not in text
    assert "nan" not in text


def test_long_lists_of_similar_motifs_are_cut(tmp_path: Path) -> None:
    long = ", ".join(f"FACTOR{number}::PARTNER{number} (E = 0.01)" for number in range(9))
    text = draw(tmp_path / "a.svg", "CG", table=table_of("CG").assign(similar=long))
    assert "like FACTOR0::PARTNER0" in text
    assert "FACTOR8" not in text
    assert "[...]" in text


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_refused(tmp_path: Path, column: str) -> None:
    with pytest.raises(InputError, match=f"k-mers: the table has no column {column}"):
        draw(tmp_path / "a.svg", "CG", table=table_of("CG").drop(columns=column))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("motifs", [(), ("CG", "GATAAG")])
def test_same_input_same_bytes(tmp_path: Path, motifs: tuple[str, ...]) -> None:
    for name in ("a.svg", "b.svg"):
        draw(tmp_path / name, *motifs)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
