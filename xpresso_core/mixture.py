"""Two overlapping normal distributions in one set of values, and where to part them.

The paper parts genes by their predicted expression into a low class A and a high class B where a mixture of two
normal distributions does (STAR methods; `normalmixEM` of the R package mixtools). The same iteration is done here.
A mixture of two can be fitted to anything, therefore `fit_mixture` also says whether the values have two modes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest

from xpresso_core.errors import InputError

TOLERANCE = 1e-8
"""The iteration ends with a gain in log-likelihood of at most this, as in mixtools."""

MAX_ITERATIONS = 1000

MIN_VALUES = 10

SMALLEST_SD = 1e-3
"""No component gets narrower than this share of the s.d. of all values: on a few equal values it would shrink to
nothing and the likelihood grow without bound."""

VALLEY_LEVEL = 0.01
"""The level of the test for a valley."""

_SPLITS = (0.5, 0.25, 0.75, 0.1, 0.9)
_TRIAL = 50
_BETTER = 1e-6
_GRID = 2001

Floats = NDArray[np.float64]


class Start(NamedTuple):
    """Where an iteration begins.

    Attributes
    ----------
    weights, means, sds
        Of the two components, in any order.
    """

    weights: tuple[float, float]
    means: tuple[float, float]
    sds: tuple[float, float]


class Mixture(NamedTuple):
    """Two normal components, the one with the lower mean first.

    Attributes
    ----------
    weights, means, sds
        ``float64 [2]``; weights add up to 1.
    posteriors
        ``float64 [value, 2]``: how likely each value is to come from each component.
    log_likelihood
        ``float64 [iteration + 1]``: of the start and after each iteration.
    iterations
        How many there were.
    converged
        Whether they ended by `TOLERANCE`, not by their largest number.
    bic_one, bic_two
        The Bayesian information criterion of one normal distribution and of this mixture; the smaller is better.
    modes
        Where the density of the mixture has its peaks: one place or two.
    valley_p
        How likely so few values between two peaks are if the distribution they come from has a single mode; 1 where
        the mixture has one.
    bimodal
        Whether there are two modes: the mixture has the smaller criterion, its density has two peaks, and
        ``valley_p <= VALLEY_LEVEL``.
    threshold
        The value where the high class begins; None for a single mode. It is the value with the largest posterior of
        the low component that is not above 0.5, counted only from the lower mean upwards to the first such value:
        where the low component is the wider one, its posterior rises again beyond the high component.
    """

    weights: Floats
    means: Floats
    sds: Floats
    posteriors: Floats
    log_likelihood: Floats
    iterations: int
    converged: bool
    bic_one: float
    bic_two: float
    modes: tuple[float, ...]
    valley_p: float
    bimodal: bool
    threshold: float | None


class _Fit(NamedTuple):
    """The end of one iteration, its components in the order of the start."""

    parameters: tuple[Floats, Floats, Floats]
    posteriors: Floats
    path: list[float]
    converged: bool


def fit_mixture(
    values: ArrayLike,
    start: Start | None = None,
    *,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> Mixture:
    """Fit two normal components by the conditional EM iteration of mixtools, and tell whether there are two modes.

    Parameters
    ----------
    values
        ``[value]``, say predicted expression in log10 units, one per gene.
    start
        Where to begin. By default at the lower and the upper half of the sorted values, and again at their lowest
        25, 75, 10 and 90 %: the one is taken that is most likely after 50 iterations, the first of equals.
    tolerance, max_iterations
        When to end.

    Returns
    -------
    Mixture
        The same for the same values in any order; mirrored for mirrored values.

    Raises
    ------
    InputError
        If there are fewer than `MIN_VALUES` values, one is missing or infinite, all are equal, or the start has no
        positive weights and s.d.

    Notes
    -----
    The test for a valley compares the number of values in three windows of equal width, around both peaks of the
    fitted density and around its lowest place between them. A density with a single mode is nowhere between two
    places lower than at both of them, so that the middle window may expect at least as many values as the emptier
    of the others. ``valley_p`` is the larger of two binomial p-values (an intersection-union test).
    """
    x = _checked(values)
    first = _checked_start(start) if start is not None else _best_start(x, tolerance)
    return _described(x, _iterate(x, first, tolerance, max_iterations))


def _checked(values: ArrayLike) -> Floats:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or x.size < MIN_VALUES:
        what = f"values of shape {x.shape} are too few for two distributions"
        raise InputError(what, where="mixture", remedy=f"Give one row of at least {MIN_VALUES}")
    bad = np.flatnonzero(~np.isfinite(x))
    if bad.size:
        what = f"{bad.size} values are missing or infinite, the first at {bad[0]} (from 0)"
        raise InputError(what, where="mixture", remedy="Find out why, or leave them out")
    if x.std() <= 1e-12 * np.abs(x).max():
        what = "all values are equal"
        raise InputError(what, where="mixture", remedy="Check where they come from")
    return x


def _checked_start(start: Start) -> Start:
    numbers = np.array(start, dtype=np.float64)
    if numbers.shape != (3, 2) or not np.isfinite(numbers).all() or (numbers[[0, 2]] <= 0).any():
        what = f"{start} is no start"
        remedy = "Give two positive weights, two means and two positive s.d."
        raise InputError(what, where="mixture", remedy=remedy)
    return start


def _best_start(x: Floats, tolerance: float) -> Start:
    starts = _starts(x)
    heights = [_iterate(x, start, tolerance, _TRIAL).path[-1] for start in starts]
    return next(
        start for start, height in zip(starts, heights, strict=True) if height > max(heights) - _BETTER
    )


def _starts(x: Floats) -> list[Start]:
    """Begin at the lower and upper part of the sorted values, cut at several places."""
    ordered = np.sort(x)
    starts = []
    for share in _SPLITS:
        # Both parts share the value in the middle, so that mirrored values get mirrored starts.
        low, high = ordered[: int(np.ceil(share * x.size))], ordered[int(np.floor(share * x.size)) :]
        sds = [max(float(part.std()), SMALLEST_SD * float(x.std())) for part in (low, high)]
        means = (float(low.mean()), float(high.mean()))
        starts.append(Start((share, 1 - share), means, (sds[0], sds[1])))
    return starts


def _iterate(x: Floats, start: Start, tolerance: float, max_iterations: int) -> _Fit:
    weights, means, sds = (np.array(part, dtype=np.float64) for part in start)
    weights /= weights.sum()
    smallest = SMALLEST_SD * float(x.std())
    posteriors, likelihood = _expect(x, weights, means, sds)
    path, converged = [likelihood], False
    while not converged and len(path) <= max_iterations:
        weights = posteriors.mean(axis=0)
        means = x @ posteriors / posteriors.sum(axis=0)
        # mixtools' conditional step: the s.d. come from posteriors of the new means and the old s.d.
        posteriors, _ = _expect(x, weights, means, sds)
        weights = posteriors.mean(axis=0)
        squares = ((x[:, None] - means) ** 2 * posteriors).sum(axis=0) / posteriors.sum(axis=0)
        sds = np.maximum(np.sqrt(squares), smallest)
        posteriors, likelihood = _expect(x, weights, means, sds)
        converged = likelihood - path[-1] <= tolerance
        path.append(likelihood)
    return _Fit((weights, means, sds), posteriors, path, converged)


def _log_densities(x: Floats, weights: Floats, means: Floats, sds: Floats) -> Floats:
    """Return the logarithm of the weighted density of each component, ``float64 [value, 2]``."""
    # A component may die out; its weight of 0 is then the smallest number.
    scale = np.log(np.maximum(weights, np.finfo(np.float64).tiny)) - np.log(sds) - 0.5 * np.log(2 * np.pi)
    result: Floats = scale - 0.5 * ((x[:, None] - means) / sds) ** 2
    return result


def _expect(x: Floats, weights: Floats, means: Floats, sds: Floats) -> tuple[Floats, float]:
    """Return the posteriors ``float64 [value, 2]`` and the log-likelihood."""
    single = _log_densities(x, weights, means, sds)
    both = np.logaddexp(single[:, 0], single[:, 1])
    # Never quite 0, so that a component without values keeps a mean.
    return np.maximum(np.exp(single - both[:, None]), 1e-300), float(both.sum())


def _described(x: Floats, fit: _Fit) -> Mixture:
    """Put the components in order and judge them."""
    order = np.argsort(fit.parameters[1], kind="stable")
    weights, means, sds = (part[order] for part in fit.parameters)
    posteriors = fit.posteriors[:, order]
    one = -0.5 * x.size * (np.log(2 * np.pi * x.var()) + 1)
    bic_one = 2 * np.log(x.size) - 2 * one
    bic_two = 5 * np.log(x.size) - 2 * fit.path[-1]
    modes, valley = _landmarks(weights, means, sds)
    valley_p = _valley_p(x, modes, valley)
    high = (x > means[0]) & (posteriors[:, 0] <= 0.5)
    bimodal = bool(bic_two < bic_one and len(modes) == 2 and valley_p <= VALLEY_LEVEL and high.any())
    return Mixture(
        weights=weights,
        means=means,
        sds=sds,
        posteriors=posteriors,
        log_likelihood=np.array(fit.path),
        iterations=len(fit.path) - 1,
        converged=fit.converged,
        bic_one=float(bic_one),
        bic_two=float(bic_two),
        modes=modes,
        valley_p=valley_p,
        bimodal=bimodal,
        # Between the means the posterior only falls: the first value at or under 0.5 has the largest there.
        threshold=float(x[high].min()) if bimodal else None,
    )


def _landmarks(weights: Floats, means: Floats, sds: Floats) -> tuple[tuple[float, ...], float]:
    """Return the peaks of the density, and its lowest place between two; they all lie between the means."""
    if np.ptp(means) <= 1e-9 * sds.max():
        return (float(means.mean()),), float(means.mean())
    grid = np.linspace(means[0], means[1], _GRID)
    single = _log_densities(grid, weights, means, sds)
    height = np.logaddexp(single[:, 0], single[:, 1])
    framed = np.concatenate([[-np.inf], height, [-np.inf]])
    peaks = np.flatnonzero((height > framed[:-2]) & (height >= framed[2:]))
    valley = peaks[0] + int(np.argmin(height[peaks[0] : peaks[-1] + 1]))
    return tuple(float(grid[peak]) for peak in peaks), float(grid[valley])


def _valley_p(x: Floats, modes: tuple[float, ...], valley: float) -> float:
    if len(modes) != 2:
        return 1.0
    half = min(valley - modes[0], modes[1] - valley) / 2
    low, middle, high = (int((np.abs(x - place) < half).sum()) for place in (modes[0], valley, modes[1]))
    tests = [
        float(binomtest(middle, middle + side, 0.5, alternative="less").pvalue) if middle + side else 1.0
        for side in (low, high)
    ]
    return max(tests)
