"""Local regression along positions, as R's `loess` does it: what smooths the curves of Figures 6, S6 and S7.

It is `loess(y ~ x, span)` with its defaults: local parabolas, tricube weights, no robustness, interpolated between
the corners of a tree of cells. The compiled code behind R's function is called through scikit-misc.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xpresso_core.errors import InputError

MIN_POINTS = 21
"""The fewest points in a neighbourhood. A parabola needs three; but cells are cut until each holds a fifth of a
neighbourhood, and below four points per cell their tree can outgrow the memory that the compiled code sets aside."""

Floats = NDArray[np.float64]


def smooth(values: ArrayLike, span: float) -> Floats:
    """Smooth values over the positions 1, 2, ... n.

    Parameters
    ----------
    values
        ``[position]``, or ``[row, position]`` to smooth every row by itself. NaN is a missing value.
    span
        The share of the values that are there (above 0, up to 1) which each local parabola is fitted to; 0.01 of
        10,500 positions are 105.

    Returns
    -------
    numpy.ndarray
        ``float64`` of the same shape. Missing values are predicted between the first and the last value that are
        there, and stay NaN beyond, as in R. A row of nothing but NaN stays so.

    Raises
    ------
    InputError
        If the shape or span is none of these, a value is infinite, or a row has values but fewer than `MIN_POINTS`
        of them within the span.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim not in (1, 2) or not 0 < span <= 1:
        what = f"values of shape {table.shape} cannot be smoothed over a span of {span}"
        remedy = "Give one or two axes, and a span above 0 and up to 1"
        raise InputError(what, where="smoothing", remedy=remedy)
    if np.isinf(table).any():
        what = f"{int(np.isinf(table).sum())} values are infinite"
        raise InputError(what, where="smoothing", remedy="Find out why, or make them NaN")
    rows = [_smooth_row(row, span) for row in np.atleast_2d(table)]
    return np.array(rows, dtype=np.float64).reshape(table.shape)


def points_in_span(number: int, span: float) -> int:
    """Return how many of so many values a neighbourhood holds."""
    return int(np.floor(number * span + 1e-5))


def _smooth_row(row: Floats, span: float) -> Floats:
    known = np.flatnonzero(~np.isnan(row))
    smoothed = np.full(row.size, np.nan)
    if not known.size:
        return smoothed
    points = points_in_span(known.size, span)
    if points < MIN_POINTS:
        what = f"a span of {span:g} holds {points} of {known.size} values, too few for a local parabola"
        least = np.ceil(1000 * MIN_POINTS / known.size) / 1000
        remedy = f"Take a span of at least {least:g}" if least <= 1 else f"Give at least {MIN_POINTS} values"
        raise InputError(what, where="smoothing", remedy=remedy)
    reach = np.arange(known[0], known[-1] + 1)
    smoothed[reach] = _loess(known, row[known], span, reach)
    return smoothed


def _loess(x: NDArray[np.intp], y: Floats, span: float, at: NDArray[np.intp]) -> Floats:
    from skmisc.loess import loess  # type: ignore[import-untyped, unused-ignore]

    fit = loess(x + 1.0, y, span=span, degree=2)
    try:
        fit.fit()
        predicted: Floats = np.asarray(fit.predict(at + 1.0).values, dtype=np.float64)
    except ValueError as error:
        what = f"loess cannot fit {x.size} values with a span of {span:g} ({error})"
        raise InputError(what, where="smoothing", remedy="Take a larger span") from error
    return predicted
