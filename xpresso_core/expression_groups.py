"""Groups of genes by expression: silent ones, and three equal parts of the range above (Figures 6, S6 and S7)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xpresso_core.errors import InputError

GROUP_NAMES = ("silent", "low", "medium", "high")
"""The names of the groups 0 to 3."""

Floats = NDArray[np.float64]


def expression_bins(values: ArrayLike, silent: float) -> NDArray[np.intp]:
    """Put genes into the groups `GROUP_NAMES`.

    Parameters
    ----------
    values
        ``[gene]``: expression, measured or predicted, in log10 units.
    silent
        The largest value of a silent gene, in the same unit.

    Returns
    -------
    numpy.ndarray
        ``intp [gene]``: 0 up to `silent`; 1, 2 and 3 in the thirds of the range from there to the largest value. Each
        third holds its upper end, as R's `cut` has it. A group may be empty.

    Raises
    ------
    InputError
        If a value is missing or infinite, or none is above `silent`.
    """
    return right_closed(values, group_edges(values, silent)[:-1])


def group_edges(values: ArrayLike, silent: float) -> Floats:
    """Return where the groups end, ``float64 [4]``: `silent`, two bounds in between, and the largest value.

    Parameters and errors are those of `expression_bins`.
    """
    expression = np.asarray(values, dtype=np.float64)
    bad = int((~np.isfinite(expression)).sum())
    if expression.ndim != 1 or bad or not np.isfinite(silent):
        what = f"{bad} of the values (shape {expression.shape}) or the bound {silent} are missing or infinite"
        raise InputError(what, where="expression groups", remedy="Give one finite value per gene")
    if not (expression > silent).any():
        what = f"none of {expression.size} genes is above the bound of silent ones, {silent:g}"
        raise InputError(
            what, where="expression groups", remedy="Take a lower bound, in the unit of the values"
        )
    largest = float(expression.max())
    return np.array([silent, *(silent + (largest - silent) * part / 3 for part in (1, 2)), largest])


def silent_bound(values: ArrayLike, share: float) -> float:
    """Return the value up to which genes count as not expressed: a share of the range, from its lower end."""
    expression = np.asarray(values, dtype=np.float64)
    return float(expression.min() + share * (expression.max() - expression.min()))


def right_closed(values: ArrayLike, edges: ArrayLike) -> NDArray[np.intp]:
    """Return how many of the ascending edges each value is above: its interval, which holds its upper end."""
    return np.searchsorted(
        np.asarray(edges, dtype=np.float64), np.asarray(values, dtype=np.float64), side="left"
    )
