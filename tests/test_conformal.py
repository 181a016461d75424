"""Split-conformal intervals: exact toys, the guarantee itself, and SciPy for the interval of the coverage."""

import json
import math

import numpy as np
import pytest
from scipy.stats import beta

from xpresso_core.conformal import coverage, half_width
from xpresso_core.errors import InputError


@pytest.mark.parametrize(
    ("genes", "level", "rank"),
    [(9, 0.9, 9), (8, 0.9, None), (19, 0.9, 18), (20, 0.9, 19), (4, 0.5, 3), (999, 0.9, 900), (0, 0.9, None)],
)
def test_the_rank_of_the_residual(genes, level, rank):
    residuals = np.random.default_rng(0).permutation(np.arange(1.0, genes + 1))
    assert half_width(residuals, level) == (math.inf if rank is None else rank)


def test_ninety_percent_is_the_default():
    residuals = np.arange(1.0, 100)
    assert half_width(residuals) == half_width(residuals, 0.9) == 90


def test_neither_order_nor_sign_matters_and_units_scale():
    rng = np.random.default_rng(1)
    residuals = rng.normal(size=50)
    width = half_width(residuals)
    assert half_width(-rng.permutation(residuals)) == width
    assert half_width(3 * residuals) == pytest.approx(3 * width)


@pytest.mark.parametrize(("genes", "level"), [(10, 0.8), (30, 0.9), (25, 0.5)])
def test_each_gene_against_the_others_is_covered_as_often_as_it_should(genes, level):
    """The guarantee, without chance: of n + 1 exchangeable errors, just ceil((n + 1) level) are in."""
    errors = np.random.default_rng(2).normal(size=genes)
    inside = [abs(error) <= half_width(np.delete(errors, place), level) for place, error in enumerate(errors)]
    assert sum(inside) == math.ceil(round(genes * level, 9))


@pytest.mark.parametrize(
    ("residuals", "level", "message"),
    [
        ([1, 2], 0, "level 0 is not between"),
        ([1, 2], 1, "level 1 is not between"),
        ([1, np.nan, np.inf], 0.9, "2 residuals are not numbers"),
    ],
)
def test_bad_calibration(residuals, level, message):
    with pytest.raises(InputError, match=message):
        half_width(residuals, level)


def test_coverage_by_hand():
    ours = coverage([0.0, 1, 2, 3], [0, 1.5, 0, -math.inf], [1, 2, 2, math.inf], 0.9)
    assert (ours.level, ours.n, ours.covered, ours.infinite) == (0.9, 4, 0.75, 1)  # bounds are in
    assert ours.mean_width == pytest.approx((1 + 0.5 + 2) / 3)
    exact = beta.ppf(
        [0.025, 0.975], [3, 4], [2, 1]
    )  # Clopper and Pearson by quantiles of the beta distribution
    assert (ours.ci_low, ours.ci_high) == pytest.approx(tuple(exact), abs=1e-9)


@pytest.mark.parametrize(("value", "covered"), [(0.0, 1.0), (5.0, 0.0)])
def test_all_or_none(value, covered):
    ours = coverage([value] * 10, [-1] * 10, [1] * 10, 0.9)
    bound = 0.025**0.1
    assert ours.covered == covered
    assert (ours.ci_low, ours.ci_high) == pytest.approx((bound, 1) if covered else (0, 1 - bound), abs=1e-9)


def test_infinite_intervals_survive_json():
    ours = coverage([0.0, 1], [-math.inf] * 2, [math.inf] * 2, 0.9)
    assert math.isnan(ours.mean_width)
    data = json.loads(json.dumps(ours.as_dict(), allow_nan=False))
    assert (data["covered"], data["infinite"], data["mean_width"], data["n"]) == (1.0, 2, None, 2)


@pytest.mark.parametrize(
    ("observed", "low", "high", "message"),
    [
        ([], [], [], "not one of each per gene"),
        ([1.0, 2], [0, 0], [3], "not one of each per gene"),
        ([1.0, np.nan], [0, 0], [3, 3], "values are missing"),
        ([1.0, 2], [0, np.nan], [3, 3], "values are missing"),
    ],
)
def test_bad_intervals(observed, low, high, message):
    with pytest.raises(InputError, match=message):
        coverage(observed, low, high, 0.9)
