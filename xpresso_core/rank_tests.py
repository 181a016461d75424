"""Tests of hypotheses with the numbers that R gives, where scipy's differ; and their correction for many.

The paper's P values come from R: `ks.test` one-sided, whose P value R 3 computed by the closed formula at any number of
genes, and `cor.test`, which for Spearman's rho of untied samples up to 1,290 sums an Edgeworth series.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import false_discovery_control, ks_2samp, norm, pearsonr, spearmanr
from scipy.stats import t as student

from xpresso_core.errors import InputError

Expect = Literal["higher", "lower"]
"""In which direction a group is expected to differ from the others."""

SERIES_MOST = 1290
"""Up to so many untied values R computes the P value of Spearman's rho by Edgeworth's series."""

SIGNIFICANT = 0.05
"""A corrected P value below this is told as a difference."""

LEAST = 10
"""A rank correlation of fewer values is not tested: R enumerates permutations there."""

Floats = NDArray[np.float64]

_SIDES: dict[Expect, Any] = {"higher": "less", "lower": "greater"}


class Outcome(NamedTuple):
    """A statistic and the P value that belongs to it."""

    statistic: float
    p: float


def ks_one_sided(sample: ArrayLike, others: ArrayLike, expect: Expect) -> Outcome:
    """Test whether a sample's values are higher, or lower, than others' (Kolmogorov and Smirnov, one-sided).

    Parameters
    ----------
    sample, others
        float ``[value]``, at least one each.
    expect
        ``higher``: the sample's cumulative distribution lies below the others' (``alternative = "less"`` in R and
        scipy, which name the side after the distribution function); ``lower``: above it.

    Returns
    -------
    Outcome
        D, and P = exp(-2 D² n m / (n + m)), the limit for many values. R 3 took it at any n and m; R 4.2 takes the
        exact one below n m = 10,000, which is smaller there.

    Raises
    ------
    InputError
        If one of them is empty or not finite.
    """
    x, y = _finite(sample, "the sample", 1), _finite(others, "the others", 1)
    statistic = float(ks_2samp(x, y, alternative=_SIDES[expect], method="asymp").statistic)
    weight = x.size * y.size / (x.size + y.size)
    return Outcome(statistic, float(np.exp(-2 * weight * statistic**2)))


def pearson(first: ArrayLike, second: ArrayLike) -> Outcome | None:
    """Return Pearson's r and its two-sided P value, as R's `cor.test`; None where it is not defined.

    It is not for fewer than three values, or where one side is constant.
    """
    pair = _spread_pair(first, second, 3)
    if pair is None:
        return None
    found = pearsonr(*pair)
    return Outcome(float(found.statistic), float(found.pvalue))


def spearman(first: ArrayLike, second: ArrayLike) -> Outcome | None:
    """Return Spearman's rho and its two-sided P value, as R's `cor.test`; None where it is not defined.

    It is not for fewer than `LEAST` values, or where one side is constant. P comes from the t distribution for ties
    or more than `SERIES_MOST` values, and from Edgeworth's series (Best and Roberts 1975, algorithm AS 89) else.
    """
    pair = _spread_pair(first, second, LEAST)
    if pair is None:
        return None
    rho, n = float(spearmanr(*pair).statistic), pair[0].size
    tied = any(np.unique(side).size < n for side in pair)
    return Outcome(rho, _t_p(rho, n) if tied or n > SERIES_MOST else _edgeworth_p(rho, n))


def adjusted(p_values: Sequence[float | None]) -> list[float | None]:
    """Correct P values of several tests for the false discovery rate (Benjamini and Hochberg 1995).

    None, a test that could not be made, stays None and does not count.
    """
    made = [p for p in p_values if p is not None]
    corrected = iter(false_discovery_control(made).tolist() if made else [])
    return [None if p is None else next(corrected) for p in p_values]


def _t_p(rho: float, n: int) -> float:
    """Return the two-sided P value of rho by Student's t; below 0, R takes one off the sum of squared differences."""
    shifted = rho + 6 / (n * (n * n - 1)) if rho < 0 else rho
    if abs(shifted) >= 1:
        return 0.0
    return float(min(1.0, 2 * student.sf(abs(shifted) * math.sqrt((n - 2) / (1 - shifted**2)), n - 2)))


def _edgeworth_p(rho: float, n: int) -> float:
    """Return the two-sided P value of rho of n untied pairs, with R's correction for continuity."""
    cubes = n * (n * n - 1)
    squared = round(
        cubes * (1 - rho) / 6
    )  # the sum of squared differences of ranks, a whole number without ties
    upper = squared > cubes / 6
    x = (6 * (squared - 2 if upper else squared + 1) / cubes - 1) * math.sqrt(n - 1)
    correction = _edgeworth_series(x, 1 / n)
    tail = norm.sf(x) + correction if upper else norm.cdf(x) - correction
    return float(np.clip(2 * np.clip(tail, 0, 1), 0, 1))


def _edgeworth_series(x: float, b: float) -> float:
    """Return what algorithm AS 89 adds to the upper tail of the normal distribution at x, for b = 1 / n."""
    y = x * x
    fourth = 0.0072 - 0.0831 * b + y * b * (0.0131 - 4.6e-4 * y)
    third = 0.0879 + 0.0151 * b - y * fourth
    second = -0.0758 + b * (0.1033 + 0.3932 * b) - y * b * third
    return x * b * (0.2274 + b * (0.2531 + 0.1745 * b) + y * second) / math.exp(y / 2)


def _finite(values: ArrayLike, what: str, least: int) -> Floats:
    found = np.asarray(values, dtype=np.float64).ravel()
    if found.size < least or not np.isfinite(found).all():
        bad = int((~np.isfinite(found)).sum())
        message = f"{what}: {bad} values are missing or infinite" if bad else f"{what}: there are no values"
        raise InputError(message, where="test", remedy="Give one finite value per gene")
    return found


def _spread_pair(first: ArrayLike, second: ArrayLike, least: int) -> tuple[Floats, Floats] | None:
    """Return both sides, or None if they are too few or one does not vary."""
    x, y = (np.asarray(side, dtype=np.float64).ravel() for side in (first, second))
    if x.size != y.size:
        what = f"there are {x.size} values on one side and {y.size} on the other"
        raise InputError(what, where="test", remedy="Give pairs")
    if x.size < least:
        return None
    x, y = _finite(x, "the first", 1), _finite(y, "the second", 1)
    return (x, y) if np.ptp(x) and np.ptp(y) else None
