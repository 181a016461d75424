"""The words that the stem reads, against letters picked one by one."""

from __future__ import annotations

import numpy as np
import pytest

from xpresso_core.errors import InputError
from xpresso_core.sequence import N
from xpresso_core.stem_geometry import MOST_POOLED, TAPS, geometry, reach


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("dilation", [1, 2, 3, 4, 30])
@pytest.mark.parametrize("width", [1, 2, 3, 6, 10])
def test_words_hold_the_letters_under_the_taps(width: int, dilation: int, padding: str) -> None:
    codes = np.random.default_rng(width).integers(0, 5, (2, 301), np.uint8)
    place = geometry(301, width, 7, padding, dilation)
    words = place.words(codes)
    assert words.shape == (2, place.bins * 7 + place.step * (place.pieces - 1))
    assert place.bins == (301 if padding == "same" else 301 - (width - 1) * dilation) // 7
    assert place.pieces * TAPS >= width
    left = (width - 1) * dilation // 2 if padding == "same" else 0
    for position in range(place.bins * 7):
        for tap in range(width):
            piece, digit = divmod(tap, TAPS)
            at = position + tap * dilation - left
            letter = words[:, position + place.step * piece] // 5 ** (2 - digit) % 5
            expected = codes[:, at] if 0 <= at < 301 else N
            np.testing.assert_array_equal(letter, expected)


@pytest.mark.parametrize(("width", "dilation", "bases"), [(1, 4, 0), (6, 1, 5), (3, 2, 4), (10, 4, 36)])
def test_reach(width: int, dilation: int, bases: int) -> None:
    assert reach(width, dilation) == bases
    assert geometry(bases + 1, width, 1, "valid", dilation).bins == 1
    with pytest.raises(InputError, match=f"{bases} bases give 0 positions, less than one pool of 1"):
        geometry(bases, width, 1, "valid", dilation)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"padding": "causal"}, "not 'causal'"),
        ({"pool": 0}, "outside 1..32767"),
        ({"pool": MOST_POOLED + 1}, "outside 1..32767"),
        ({"dilation": 0}, "dilation of 0 is below 1"),
        ({"pool": 61}, "60 bases give 60 positions, less than one pool of 61"),
    ],
)
def test_refuses_what_does_not_fit(change: dict[str, object], message: str) -> None:
    good: dict[str, object] = {"length": 60, "width": 6, "pool": 30, "padding": "same", "dilation": 1}
    with pytest.raises(InputError, match=message):
        geometry(**(good | change))  # type: ignore[arg-type]
