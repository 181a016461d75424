"""One look for every figure of every stage (`plots_promoters`, `plots_dataset`, `plots_training`).

Every figure says its point in the line under its title, has units on its axes, keeps legends off the data,
and is written atomically as SVG (or PNG, PDF by the file's suffix) with text as text and dense layers as
pixels, so that it stays small. The same input gives the same bytes.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from xpresso_core.errors import InputError
from xpresso_core.files import atomic_path

COLOURS = {
    "main": "#0072B2",
    "light": "#56B4E9",
    "pale": "#CFE6F3",
    "accent": "#D55E00",
    "second": "#009E73",
    "third": "#CC79A7",
    "fourth": "#E69F00",
    "grey": "#9A9A9A",
    "ink": "#222222",
}
"""The palette of Okabe and Ito (2008), which people with any colour vision tell apart, with two tints and
two greys."""

DENSITY_MAP = "viridis"

SERIES = tuple(COLOURS[name] for name in ("main", "fourth", "second", "third", "accent", "light"))

STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica", "sans-serif"],
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.labelsize": 10,
    "axes.labelcolor": COLOURS["ink"],
    "axes.edgecolor": COLOURS["ink"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "text.color": COLOURS["ink"],
    "text.parse_math": False,  # a "$" in a gene's or an experiment's name is a dollar sign
    "svg.fonttype": "none",  # text stays text: small, searchable and selectable
    "svg.hashsalt": "xpresso",  # the same figure gives the same bytes
}

TITLE_INCH, MESSAGE_INCH, MARGIN_INCH = 0.27, 0.20, 0.12


@contextmanager
def canvas(
    path: str | os.PathLike[str],
    width: float,
    height: float,
    title: str,
    message: str = "",
    dpi: int = 200,
) -> Iterator[Figure]:
    """Give an empty figure in the common style with a heading, and save it at the end.

    Parameters
    ----------
    path
        Where to write; the suffix (.svg, .png or .pdf) says the format. Written atomically.
    width, height
        Size in inches of the body; the heading adds to the height.
    title
        What is shown: bold, wrapped to the width.
    message
        What it says, in one or two sentences under the title.
    dpi
        Pixels per inch of rasterised layers.

    Raises
    ------
    InputError
        If the suffix is none of the three.
    """
    kind = Path(path).suffix.lstrip(".").lower()
    stamps: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
    if kind not in stamps:
        what = f"figures cannot be written as .{kind}"
        raise InputError(what, where=str(path), remedy="Use the suffix .svg, .png or .pdf")
    heading, message_lines = wrap(title, int(width * 11)), wrap(message, int(width * 13.5))
    top = MARGIN_INCH + TITLE_INCH * len(heading) + MESSAGE_INCH * len(message_lines)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height + top), layout="constrained")
        total = height + top
        engine: Any = figure.get_layout_engine()
        engine.set(rect=(0.01, 0.01, 0.98, height / total - 0.02))
        y = 1 - MARGIN_INCH / total
        for text, step, size, weight in (
            *((line, TITLE_INCH, 12, "bold") for line in heading),
            *((line, MESSAGE_INCH, 9.5, "normal") for line in message_lines),
        ):
            figure.text(MARGIN_INCH / width, y, text, size=size, weight=weight, va="top", ha="left")
            y -= step / total
        yield figure
        _settle(figure)
        with atomic_path(path) as draft:
            figure.savefig(draft, format=kind, metadata=stamps[kind], dpi=dpi)


def wrap(text: str, width: int) -> list[str]:
    """Break text into lines of at most `width` characters."""
    return textwrap.wrap(text, width)


def percent(part: int, whole: int) -> str:
    """Write a share as a percentage with one decimal; none of nothing is 0 %."""
    return f"{100 * part / whole:.1f} %" if whole else "0 %"


def bases(distance: float) -> str:
    """Write a length in bases with its unit: 1 bp, 10 kb, 2 Mb."""
    if distance >= 1e6:
        return f"{distance / 1e6:g} Mb"
    return f"{distance / 1e3:g} kb" if distance >= 1e3 else f"{distance:g} bp"


def finite_values(numbers: ArrayLike, where: str) -> NDArray[np.float64]:
    """Return numbers as float64, or raise `InputError` if there are none or one is missing or infinite."""
    values = np.asarray(numbers, dtype=np.float64).ravel()
    if not values.size or not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).sum())
        what = f"{bad} values are missing or infinite" if bad else "there are no values"
        raise InputError(what, where=where, remedy="Give one finite value per gene")
    return values


def _settle(figure: Figure) -> None:
    """Lay a finished figure out for good, with rounded places, so that it gives the same bytes every time.

    The solver of the layout differs in the last digits from call to call, and the names of an SVG's clip paths
    are made from all digits.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for part in figure.subfigs:
        bounds: Any = part.bbox_relative
        bounds.set_points(np.round(bounds.get_points(), 6))
    for axes in figure.axes:
        left, bottom, width, height = (round(edge, 6) for edge in axes.get_position(original=True).bounds)
        axes.set_position((left, bottom, width, height))
