"""Split-conformal intervals of predictions, and how many genes they really hold.

Source: Vovk et al. 2005, Algorithmic Learning in a Random World; Lei et al. 2018, J. Am. Stat. Assoc. 113:1094. The
calibration genes are the validation genes, which also chose the epoch and the trial, so their errors are a little
too small. Therefore coverage is measured on test genes rather than promised.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest

from xpresso_core.errors import InputError

Floats = NDArray[np.float64]


class Coverage(NamedTuple):
    """How many genes lie in their intervals.

    Attributes
    ----------
    level
        What share should.
    n
        Number of genes.
    covered
        What share does.
    ci_low, ci_high
        95 % confidence interval of `covered` (Clopper and Pearson 1934).
    mean_width
        Of the finite intervals, in the unit of the predictions; NaN where there is none.
    infinite
        Number of genes whose interval is infinite, for want of calibration genes. They count as covered.
    """

    level: float
    n: int
    covered: float
    ci_low: float
    ci_high: float
    mean_width: float
    infinite: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON; what is not a number is None."""
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in self._asdict().items()
        }


def half_width(residuals: ArrayLike, level: float = 0.9) -> float:
    """Return how far an interval reaches on either side of a prediction.

    Parameters
    ----------
    residuals
        Observed minus predicted, or the other way, of calibration genes, ``[gene]``.
    level
        What share of new genes is to be in its interval.

    Returns
    -------
    float
        The ``ceil((n + 1) * level)``-th smallest absolute residual; infinite if there are not so many.

    Raises
    ------
    InputError
        If the level is not between 0 and 1, or a residual is not a number.
    """
    errors = np.sort(np.abs(np.asarray(residuals, dtype=np.float64).ravel()))
    if not 0 < level < 1:
        what = f"the level {level} is not between 0 and 1"
        raise InputError(what, where="interval", remedy="Give 0.9 for 90 %")
    if not np.isfinite(errors).all():
        what = f"{int((~np.isfinite(errors)).sum())} residuals are not numbers"
        raise InputError(what, where="interval", remedy="Find out which genes have no prediction")
    # Rounded first: (9 + 1) * 0.9 is to be 9, not a little more.
    rank = math.ceil(round((errors.size + 1) * level, 9))
    return float(errors[rank - 1]) if rank <= errors.size else math.inf


def coverage(observed: ArrayLike, low: ArrayLike, high: ArrayLike, level: float) -> Coverage:
    """Measure how many genes lie in their intervals.

    Parameters
    ----------
    observed, low, high
        One value per gene, ``[gene]``; bounds may be infinite.
    level
        What share should lie in them.

    Raises
    ------
    InputError
        If the lengths differ, there is no gene, or a value is missing.
    """
    values, bottom, top = (np.asarray(numbers, dtype=np.float64) for numbers in (observed, low, high))
    if values.ndim != 1 or values.shape != bottom.shape or values.shape != top.shape or not values.size:
        what = f"observed values {values.shape} and bounds {bottom.shape}, {top.shape} are not one of each per gene"
        raise InputError(what, where="coverage", remedy="Give one of each per gene")
    if np.isnan(values).any() or np.isnan(bottom).any() or np.isnan(top).any():
        what = "values are missing"
        raise InputError(what, where="coverage", remedy="Leave out genes without a prediction")
    inside = int(((values >= bottom) & (values <= top)).sum())
    interval = binomtest(inside, values.size).proportion_ci(0.95, method="exact")
    finite = np.isfinite(bottom) & np.isfinite(top)
    return Coverage(
        level=level,
        n=values.size,
        covered=inside / values.size,
        ci_low=float(interval.low),
        ci_high=float(interval.high),
        mean_width=float((top - bottom)[finite].mean()) if finite.any() else math.nan,
        infinite=int((~finite).sum()),
    )
