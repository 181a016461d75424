"""Tests of ranks: answers by hand, against R, and what must not change them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from xpresso_core.errors import InputError
from xpresso_core.rank_tests import LEAST, SERIES_MOST, Expect, adjusted, ks_one_sided, pearson, spearman

R_STATS = "oracles/r_stats"


def drawn(seed: int, n: int, digits: int | None = None) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=n)
    return values if digits is None else values.round(digits)


def closed_formula(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the tests of R that took the closed formula: told to, or because there were many values."""
    return rows[rows["alt"].str.endswith("_exactFALSE") | (rows["n"] * rows["m"] >= 10_000)]


def test_the_statistic_and_the_formula_by_hand() -> None:
    higher, lower = (ks_one_sided([3, 4], [1, 2, 4], side) for side in ("higher", "lower"))
    assert higher.statistic == pytest.approx(2 / 3)
    assert higher.p == pytest.approx(math.exp(-2 * (2 / 3) ** 2 * 6 / 5))
    assert lower == (0.0, 1.0)


def test_tied_values_step_together() -> None:
    assert ks_one_sided([1, 1, 1], [1, 1], "higher") == (0.0, 1.0)
    # Up to 1 there are 1/3 of the sample and 2/3 of the others.
    assert ks_one_sided([1, 2, 2], [1, 1, 2], "higher").statistic == pytest.approx(1 / 3)


def test_one_value_on_either_side() -> None:
    assert ks_one_sided([1], [0], "higher") == (1.0, pytest.approx(math.exp(-1)))
    assert ks_one_sided([1], [0], "lower") == (0.0, 1.0)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("expect", ["higher", "lower"])
def test_the_statistic_is_the_largest_gap_of_the_distribution_functions(seed: int, expect: Expect) -> None:
    x, y = drawn(seed, 17, 1), drawn(seed + 100, 23, 1) + 0.2
    gaps = [float((y <= at).mean() - (x <= at).mean()) for at in np.concatenate([x, y])]
    largest = max(0.0, *(gaps if expect == "higher" else [-gap for gap in gaps]))
    assert ks_one_sided(x, y, expect).statistic == pytest.approx(largest)


def test_what_does_not_change_a_test_and_what_turns_it_round() -> None:
    x, y = drawn(1, 30, 1), drawn(2, 50, 1) + 0.3
    found = ks_one_sided(x, y, "lower")
    assert found.p < 1
    assert ks_one_sided(x[::-1], np.roll(y, 7), "lower") == found
    assert ks_one_sided(-x, -y, "higher") == pytest.approx(found)
    assert ks_one_sided(y, x, "higher") == pytest.approx(found)
    assert ks_one_sided(np.exp(x), np.exp(y), "lower") == found
    assert ks_one_sided(x.reshape(5, 6), y.tolist(), "lower") == found


@pytest.mark.parametrize(
    ("sample", "others", "message"),
    [
        ([], [1.0], "the sample: there are no values"),
        ([1.0], [], "the others: there are no values"),
        ([1.0, np.nan], [1.0], "the sample: 1 values are missing or infinite"),
        ([1.0], [np.inf, -np.inf, 0.0], "the others: 2 values are missing or infinite"),
    ],
)
def test_what_cannot_be_compared_is_refused(sample: list[float], others: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ks_one_sided(sample, others, "higher")


@pytest.mark.parametrize(("n", "m"), [(194, 9800), (1000, 1100), (4999, 5000)])
def test_no_exact_p_value_is_tried(n: int, m: int) -> None:
    rng = np.random.default_rng(0)
    found = ks_one_sided(rng.normal(size=n), rng.normal(size=m), "higher")
    assert found.p == pytest.approx(math.exp(-2 * found.statistic**2 * n * m / (n + m)))
    assert 0 < found.p <= 1


@pytest.mark.real
def test_kolmogorov_and_smirnov_as_r(real_data: Path) -> None:
    rows = closed_formula(pd.read_csv(real_data / R_STATS / "ks.tsv", sep="\t", index_col=False))
    sides: dict[str, Expect] = {"less": "higher", "greater": "lower"}
    seen = 0
    for row in rows.itertuples():
        side = str(row.alt).removesuffix("_exactFALSE")
        if side not in sides:
            continue
        values = pd.read_csv(real_data / R_STATS / f"ks_{row.test:02d}.tsv", sep="\t", index_col=False)
        a, b = (values.loc[values["g"] == group, "v"] for group in "ab")
        assert (len(a), len(b)) == (row.n, row.m)
        found = ks_one_sided(a, b, sides[side])
        assert found.statistic == pytest.approx(row.D, abs=1e-12)
        assert found.p == pytest.approx(row.p, rel=1e-9)
        seen += 1
    assert seen >= 40


def test_pearson_by_hand_and_its_sign() -> None:
    found = pearson([1, 2, 3], [1, 3, 2])
    assert found is not None
    assert found.statistic == pytest.approx(0.5)
    assert found.p == pytest.approx(2 / 3)  # with three values r is the sine of an even angle
    turned = pearson([1, 2, 3], [-1, -3, -2])
    assert turned == pytest.approx((-0.5, 2 / 3))


def test_correlations_of_too_few_or_constant_values_are_not_defined() -> None:
    assert pearson([1, 2], [2, 1]) is None
    assert pearson([1, 1, 1], [1, 2, 3]) is None
    assert pearson([1, 2, 3], [1, 1, 1]) is None
    assert pearson([], []) is None
    few, flat = np.arange(LEAST - 1.0), np.ones(LEAST)
    assert spearman(few, few) is None
    assert spearman(np.arange(float(LEAST)), flat) is None
    assert spearman(np.arange(float(LEAST)), np.arange(float(LEAST))) is not None


def test_pairs_are_needed_and_finite_values() -> None:
    for test in (pearson, spearman):
        with pytest.raises(InputError, match="there are 2 values on one side and 3 on the other"):
            test([1, 2], [1, 2, 3])
        with pytest.raises(InputError, match="the second: 1 values are missing or infinite"):
            test(np.arange(12), [np.nan, *range(11)])
        with pytest.raises(InputError, match="the first: 2 values are missing or infinite"):
            test([np.inf, np.nan, *range(10)], np.arange(12))


def test_rank_correlation_by_hand() -> None:
    order = [1, 0, *range(2, 12)]  # one swap: the squared differences of ranks add up to 2
    found = spearman(np.arange(12.0), np.exp(order))
    assert found is not None
    assert found.statistic == pytest.approx(1 - 6 * 2 / (12 * 143))
    assert 0 <= found.p < 1e-6


def exact_tail(n: int, squared: int) -> float:
    """Return the share of all orders of n ranks whose squared differences add up to so much at most."""
    counts = {0: {0: 1}}  # by the set of ranks that are taken: how often each sum
    for place in range(n):
        following: dict[int, dict[int, int]] = {}
        for taken, sums in counts.items():
            for rank in range(n):
                if not taken >> rank & 1:
                    target = following.setdefault(taken | 1 << rank, {})
                    for total, orders in sums.items():
                        total += (rank - place) ** 2
                        target[total] = target.get(total, 0) + orders
        counts = following
    (sums,) = counts.values()
    return sum(orders for total, orders in sums.items() if total <= squared) / math.factorial(n)


@pytest.mark.parametrize("seed", range(5))
def test_p_values_of_ten_ranks_are_near_those_of_all_their_orders(seed: int) -> None:
    ranks = np.random.default_rng(seed).permutation(10)
    found = spearman(np.arange(10), ranks)
    assert found is not None
    squared = int(np.sum((ranks - np.arange(10)) ** 2))
    # 330 is the greatest sum, and the sums lie symmetrically.
    tail = exact_tail(10, min(squared, 330 - squared))
    # R is a step off for negative correlations: it takes one off the sum before the series takes another.
    assert found.p == pytest.approx(min(1.0, 2 * tail), abs=4e-3 if found.statistic > 0 else 2e-2)


def r_outcome(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Return rho and P as R's `cor.test` and `pspearman` have them without an exact test."""
    n, rho = len(first), float(np.corrcoef(stats.rankdata(first), stats.rankdata(second))[0, 1])
    cubes = n**3 - n
    squared = cubes * (1 - rho) / 6
    upper = squared > cubes / 6
    r = 1 - 6 * (squared - 1 if upper else squared) / cubes
    t = r / math.sqrt((1 - r**2) / (n - 2))
    return rho, min(1.0, 2 * float(stats.t.cdf(t, n - 2) if upper else stats.t.sf(t, n - 2)))


@pytest.mark.parametrize(("n", "digits"), [(10, 0), (60, 1), (SERIES_MOST + 1, None)])
@pytest.mark.parametrize("seed", range(4))
def test_rank_correlation_of_ties_and_of_many_values_is_tested_by_student_s_t(
    n: int, digits: int | None, seed: int
) -> None:
    x, y = drawn(seed, n, digits), drawn(seed + 20, n)
    plain = stats.spearmanr(x, y)
    for side in (1, -1):
        found = spearman(x, side * y)
        assert found == pytest.approx(r_outcome(x, side * y), rel=1e-9)
        assert found is not None
        assert found.statistic == pytest.approx(side * plain.statistic)
        if found.statistic > 0:
            assert found.p == pytest.approx(plain.pvalue)
        else:  # one of the squared differences is taken off
            assert found.p > plain.pvalue


def test_up_to_so_many_untied_values_the_series_is_summed() -> None:
    x, y = drawn(5, SERIES_MOST), drawn(6, SERIES_MOST)
    found, plain = spearman(x, y), stats.spearmanr(x, y)
    assert found is not None
    assert found.p != plain.pvalue
    assert found.p != r_outcome(x, y)[1]
    assert found.p == pytest.approx(plain.pvalue, rel=0.01)


def test_perfect_orders_with_ties_do_not_divide_by_nothing() -> None:
    tied = np.arange(12) // 2
    for side in (1, -1):
        found = spearman(tied, side * tied)
        assert found is not None
        assert found.statistic == pytest.approx(side)
        assert 0 <= found.p < 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_pairs_and_monotone_transforms_do_not_matter_to_ranks(seed: int) -> None:
    x, y = drawn(seed, 40), drawn(seed + 50, 40)
    order = np.random.default_rng(seed).permutation(40)
    found = spearman(x, y)
    assert found is not None
    assert spearman(x[order], y[order]) == pytest.approx(found)
    assert spearman(np.exp(x), y**3) == pytest.approx(found)
    assert spearman(y, x) == pytest.approx(found)
    turned = spearman(-x, y)
    assert turned is not None
    assert turned.statistic == pytest.approx(-found.statistic)
    assert turned.p == pytest.approx(found.p, abs=1e-3)  # the correction for continuity is not symmetric


@pytest.mark.parametrize("n", [10, 11, 200])
def test_perfect_orders_have_small_p_values(n: int) -> None:
    for side in (1, -1):
        found = spearman(np.arange(n), side * np.arange(n))
        assert found is not None
        assert found.statistic == pytest.approx(side)
        assert 0 <= found.p < 1e-4


def test_unrelated_values_have_p_values_up_to_one() -> None:
    rng = np.random.default_rng(7)
    p = [found.p for _ in range(300) if (found := spearman(rng.normal(size=25), rng.normal(size=25)))]
    assert len(p) == 300
    assert max(p) <= 1
    assert stats.kstest(p, "uniform").pvalue > 0.01


@pytest.mark.real
def test_correlations_as_r(real_data: Path) -> None:
    few, many = (
        pd.read_csv(real_data / R_STATS / f"{name}.tsv", sep="\t", index_col=False)
        for name in ("cor", "cor3000")
    )
    assert spearman(few["a"], few["b"]) == pytest.approx(
        (0.30199608798435196, 6.7499589193598923e-12), rel=1e-9
    )
    assert pearson(few["a"], few["b"]) == pytest.approx(
        (0.33803453390332955, 7.8707612299162268e-15), rel=1e-9
    )
    assert spearman(many["a"], many["b"]) == pytest.approx(
        (0.043829456869939651, 0.016359657866948932), rel=1e-9
    )


def test_false_discovery_rates_by_hand() -> None:
    assert adjusted([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])
    assert adjusted([]) == []
    assert adjusted([None, None]) == [None, None]
    assert adjusted([0.2]) == [0.2]


def test_tests_that_could_not_be_made_do_not_count() -> None:
    with_none = adjusted([None, 0.01, None, 0.03])
    assert [with_none[0], with_none[2]] == [None, None]
    assert [with_none[1], with_none[3]] == adjusted([0.01, 0.03])


def test_corrected_values_keep_their_order_and_go_with_their_test() -> None:
    p = np.random.default_rng(8).uniform(size=40)
    found = np.array(adjusted(p.tolist()), dtype=float)
    order = np.random.default_rng(9).permutation(40)
    assert np.array(adjusted(p[order].tolist()), dtype=float) == pytest.approx(found[order])
    assert (found >= p).all()
    assert (np.diff(found[np.argsort(p)]) >= 0).all()
