"""Sequence logos: heights by hand, and drawings that can stand side by side."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from xpresso_core.errors import InputError
from xpresso_core.logos import LETTER_COLOURS, draw_logo, information, logo_svg

SURE, HALVES, NOTHING = [1, 0, 0, 0], [0, 0.5, 0.5, 0], [0.25] * 4


def test_heights_in_bits() -> None:
    assert information([SURE, HALVES, NOTHING]).tolist() == [[2, 0, 0, 0], [0, 0.5, 0.5, 0], [0, 0, 0, 0]]
    shares = np.array([[0.7, 0.1, 0.1, 0.1]])
    entropy = -(shares * np.log2(shares)).sum()
    assert information(shares).sum() == pytest.approx(2 - entropy)


@pytest.mark.parametrize(
    ("frequencies", "message"),
    [
        ([], "no motif"),
        ([[0.5, 0.5]], "no motif"),
        (SURE, "no motif"),
        ([[0.5, 0.5, 0.5, 0]], "do not add up to 1"),
        ([[1.5, -0.5, 0, 0]], "do not add up to 1"),
        ([[np.nan, 1, 0, 0]], "do not add up to 1"),
    ],
)
def test_what_is_no_motif_is_refused(frequencies: list[object], message: str) -> None:
    for work in (information, logo_svg):
        with pytest.raises(InputError, match=message):
            work(frequencies)  # type: ignore[arg-type]


def test_six_decimals_need_not_add_up() -> None:
    assert information([[0.333333, 0.333333, 0.333333, 0]]).sum() == pytest.approx(2 - np.log2(3), abs=1e-5)


def test_letters_are_as_high_as_they_inform_the_largest_on_top() -> None:
    axes = Figure().add_subplot()
    draw_logo(axes, [SURE, [0, 0.75, 0, 0.25], NOTHING])
    boxes = {
        tuple(np.round(patch.get_facecolor()[:3], 3)): patch.get_path().get_extents()
        for patch in axes.patches
    }
    colours = {letter: tuple(_rgb(colour)) for letter, colour in LETTER_COLOURS.items()}
    assert len(axes.patches) == 3
    high, low = boxes[colours["C"]], boxes[colours["T"]]
    assert boxes[colours["A"]].height == pytest.approx(2, rel=0.06)
    assert high.height / low.height == pytest.approx(3, rel=0.06)
    assert high.ymin >= low.ymax
    assert 1.5 < high.xmin < high.xmax < 2.5
    assert axes.get_ylim() == (0, 2)
    assert axes.get_ylabel() == "bits"
    assert list(axes.get_xticks()) == [1, 2, 3]


def _rgb(colour: str) -> list[float]:
    return [round(int(colour[at : at + 2], 16) / 255, 3) for at in (1, 3, 5)]


def test_long_motifs_have_fewer_ticks() -> None:
    axes = Figure().add_subplot()
    draw_logo(axes, [SURE] * 23)
    assert list(axes.get_xticks()) == [5, 10, 15, 20]


def test_drawings_are_elements_that_do_not_clash() -> None:
    one, same, other = logo_svg([SURE, HALVES]), logo_svg([SURE, HALVES]), logo_svg([HALVES, SURE], 'a "b"')
    assert one == same
    for text in (one, other):
        root = ElementTree.fromstring(text)
        assert root.tag.endswith("svg")
        assert root.get("role") == "img"
        identifiers = re.findall(r' id="([^"]+)"', text)
        assert identifiers
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', text)) == set(identifiers)
    assert ElementTree.fromstring(other).get("aria-label") == 'a "b"'
    assert not set(re.findall(r' id="([^"]+)"', one)) & set(re.findall(r' id="([^"]+)"', other))
    assert "bits" in re.findall(r">([^<>]+)</text>", one)


def test_longer_motifs_are_wider() -> None:
    widths = [
        float(ElementTree.fromstring(logo_svg([SURE] * size)).get("width", "").rstrip("pt"))
        for size in (3, 9)
    ]
    assert widths[0] < widths[1]
