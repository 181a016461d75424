"""Sequence logos: the letters of a motif, as high as they inform."""

from __future__ import annotations

import html
import io
import re
import zlib
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from xpresso_core.errors import InputError
from xpresso_core.plots import COLOURS, STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LETTER_COLOURS = {
    "A": COLOURS["second"],
    "C": COLOURS["main"],
    "G": COLOURS["fourth"],
    "T": COLOURS["accent"],
}
"""The usual green, blue, orange and red, in tints that people with any colour vision tell apart."""

_COLUMN_INCH, _HEIGHT_INCH = 0.26, 1.15
_LEFT_INCH, _RIGHT_INCH, _BOTTOM_INCH, _TOP_INCH = 0.46, 0.04, 0.26, 0.06


def information(frequencies: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the heights of letters in bits, ``float64 [position, 4]``.

    A position's letters share two bits less its entropy (Schneider & Stephens 1990), by their frequencies. There is no
    correction for small numbers of sites.

    Parameters
    ----------
    frequencies
        ``[position, 4]`` of A, C, G and T.

    Raises
    ------
    InputError
        If there is no position, or one whose frequencies are not four that add up to 1.
    """
    table = np.asarray(frequencies, dtype=np.float64)
    if table.ndim != 2 or table.shape[1:] != (4,) or not len(table):
        what = f"a table of shape {table.shape} is no motif"
        raise InputError(what, where="frequencies", remedy="Give rows of A, C, G and T")
    # Six decimals, as files have them, may add up to a little more or less.
    if not (np.isfinite(table).all() and table.min() >= 0 and np.allclose(table.sum(axis=1), 1, atol=1e-3)):
        what = "a position's frequencies do not add up to 1"
        raise InputError(what, where="frequencies", remedy="Give rows of A, C, G and T")
    entropy = -(table * np.log2(np.where(table > 0, table, 1))).sum(axis=1, keepdims=True)
    heights: npt.NDArray[np.float64] = table * np.maximum(0, 2 - entropy)
    return heights


def draw_logo(axes: Axes, frequencies: npt.ArrayLike) -> None:
    """Draw the logo of a motif: positions from 1 on, 0 to 2 bits.

    Parameters
    ----------
    axes
        Where to draw; they are emptied of spines, but for the left.
    frequencies
        See `information`.
    """
    import logomaker
    import pandas as pd

    heights = information(frequencies)
    table = pd.DataFrame(heights, columns=list("ACGT"), index=range(1, len(heights) + 1))
    logomaker.Logo(table, ax=axes, color_scheme=LETTER_COLOURS, baseline_width=0, vpad=0.02, width=0.92)
    axes.set(xlim=(0.5, len(heights) + 0.5), ylim=(0, 2), yticks=(0, 1, 2), ylabel="bits")
    step = 1 if len(heights) <= 20 else 5
    axes.set_xticks(range(step, len(heights) + 1, step))
    axes.tick_params(axis="x", length=0)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)


def logo_svg(frequencies: npt.ArrayLike, label: str = "sequence logo") -> str:
    """Return the logo of a motif as an ``svg`` element to put into a page of HTML.

    Parameters
    ----------
    frequencies
        See `information`.
    label
        What a screen reader says of it.

    Returns
    -------
    str
        The same frequencies give the same text; the identifiers in it do not clash with those of other logos.
    """
    positions = len(information(frequencies))
    width = _LEFT_INCH + _COLUMN_INCH * positions + _RIGHT_INCH
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, _HEIGHT_INCH))
        left, bottom = _LEFT_INCH / width, _BOTTOM_INCH / _HEIGHT_INCH
        axes = figure.add_axes(
            (left, bottom, 1 - left - _RIGHT_INCH / width, 1 - bottom - _TOP_INCH / _HEIGHT_INCH)
        )
        draw_logo(axes, frequencies)
        handle = io.StringIO()
        figure.savefig(handle, format="svg", metadata={"Date": None}, transparent=True)
    text = handle.getvalue()
    text = _own_identifiers(text[text.index("<svg") :].rstrip())
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    return text.replace("<svg", f'<svg role="img" aria-label="{html.escape(label)}"', 1)


def _own_identifiers(text: str) -> str:
    """Drop the identifiers that nothing refers to, and mark the others as those of this very drawing."""
    mark = f"logo{zlib.crc32(text.encode()):08x}-"
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', text))
    text = re.sub(r' id="([^"]+)"', lambda found: found[0] if found[1] in used else "", text)
    return re.sub(r'( id="|href="#|url\(#)', rf"\1{mark}", text)
