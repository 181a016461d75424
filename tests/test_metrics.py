"""Metrics against SciPy, scikit-learn and statsmodels, and against cases with known answers."""

import json

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from plain import r2_difference_by_bootstrap
from scipy import stats
from sklearn import metrics as sk

from xpresso_core.errors import InputError
from xpresso_core.metrics import (
    RegressionMetrics,
    is_constant,
    prediction_metrics,
    r2_difference_interval,
    regression_metrics,
)
from xpresso_core.splits import leakage_shares

Pair = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def pair() -> Pair:
    rng = np.random.default_rng(5)
    observed = rng.normal(0.3, 0.9, 400)
    return observed, 0.5 * observed + rng.normal(0.1, 0.4, 400)


def table(observed: np.ndarray, predicted: np.ndarray, folds: int = 4) -> pd.DataFrame:
    gene_id = [f"G{number}" for number in range(len(observed))]
    fold = np.arange(len(observed)) % folds + 1
    return pd.DataFrame({"gene_id": gene_id, "observed": observed, "predicted": predicted, "fold": fold})


def test_agrees_with_reference_libraries(pair):
    observed, predicted = pair
    ours = regression_metrics(observed, predicted)
    line = sm.OLS(observed, sm.add_constant(predicted)).fit()
    assert ours.n == ours.ci_units == 400
    assert ours.pearson == pytest.approx(stats.pearsonr(observed, predicted).statistic, abs=1e-12)
    assert ours.r2 == pytest.approx(line.rsquared, abs=1e-12)
    assert (ours.intercept, ours.slope) == pytest.approx(tuple(line.params), abs=1e-12)
    assert ours.spearman == pytest.approx(stats.spearmanr(observed, predicted).statistic, abs=1e-12)
    assert ours.coefficient_of_determination == pytest.approx(sk.r2_score(observed, predicted), abs=1e-12)
    assert ours.mae == pytest.approx(sk.mean_absolute_error(observed, predicted), abs=1e-12)
    assert ours.mse == pytest.approx(sk.mean_squared_error(observed, predicted), abs=1e-12)
    assert not ours.constant


def test_perfect_predictions():
    values = np.arange(10.0)
    ours = regression_metrics(values, values)
    assert ours[1:] == pytest.approx((1, 1, 1, 10, 1, 1, 1, 1, 0, 0, 0, False), abs=1e-12)


def test_r2_forgives_scale_offset_and_sign_but_the_others_do_not(pair):
    observed, predicted = pair
    plain, bent = regression_metrics(observed, predicted), regression_metrics(observed, 7 - 3 * predicted)
    assert bent.r2 == pytest.approx(plain.r2)
    assert (bent.r2_ci_low, bent.r2_ci_high) == pytest.approx((plain.r2_ci_low, plain.r2_ci_high))
    assert bent.pearson == pytest.approx(-plain.pearson)
    assert bent.slope == pytest.approx(-plain.slope / 3)
    assert bent.coefficient_of_determination < 0


def test_order_of_genes_does_not_matter(pair):
    observed, predicted = pair
    shuffled = np.random.default_rng(0).permutation(400)
    ours, theirs = (
        regression_metrics(observed, predicted),
        regression_metrics(observed[shuffled], predicted[shuffled]),
    )
    for name in ("r2", "pearson", "spearman", "slope", "intercept", "mae", "mse"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name))


def test_interval_is_that_of_a_plain_bootstrap(pair):
    observed, predicted = pair
    ours = regression_metrics(observed, predicted, n_boot=4000, seed=1)
    reference = stats.bootstrap(
        (observed, predicted),
        lambda x, y: stats.pearsonr(x, y).statistic ** 2,
        paired=True,
        vectorized=False,
        n_resamples=1000,
        method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval
    assert (ours.r2_ci_low, ours.r2_ci_high) == pytest.approx(reference, abs=0.012)


def test_interval_covers_the_true_r2_as_often_as_it_says():
    rng = np.random.default_rng(3)
    truth, covered = 0.5, 0
    for _ in range(200):
        x = rng.normal(size=150)
        ours = regression_metrics(
            np.sqrt(truth) * x + np.sqrt(1 - truth) * rng.normal(size=150), x, n_boot=400
        )
        covered += ours.r2_ci_low <= truth <= ours.r2_ci_high
    assert 0.89 <= covered / 200 <= 0.99


def test_same_seed_same_interval_whatever_the_chunks(pair, monkeypatch):
    whole = regression_metrics(*pair, seed=4)
    monkeypatch.setattr("xpresso_core.metrics.CHUNK_CELLS", 1234)
    assert regression_metrics(*pair, seed=4) == pytest.approx(whole)
    assert regression_metrics(*pair, seed=5).r2_ci_low != whole.r2_ci_low


def test_groups_that_are_single_genes_are_genes(pair):
    observed, predicted = pair
    singles = [f"chr{number:03d}" for number in range(400)]
    assert regression_metrics(observed, predicted, singles) == pytest.approx(
        regression_metrics(observed, predicted)
    )


def test_groups_of_copies_widen_the_interval(pair):
    observed, predicted = (np.repeat(values[:100], 20) for values in pair)
    genes = regression_metrics(observed, predicted)
    groups = regression_metrics(observed, predicted, np.repeat(np.arange(100), 20))
    assert groups.ci_units == 100
    assert groups.r2 == pytest.approx(genes.r2)
    assert groups.r2_ci_high - groups.r2_ci_low > 3 * (genes.r2_ci_high - genes.r2_ci_low)


@pytest.mark.parametrize("noise", [0.0, 1e-5])
def test_constant_predictions_explain_nothing(noise):
    rng = np.random.default_rng(0)
    observed = rng.normal(size=50)
    ours = regression_metrics(observed, 2 + noise * rng.normal(size=50))
    assert ours.constant
    assert (ours.r2, ours.r2_ci_low, ours.r2_ci_high, ours.spearman, ours.slope) == (0, 0, 0, 0, 0)
    assert ours.intercept == pytest.approx(observed.mean())
    assert ours.coefficient_of_determination < 0


def test_is_constant_is_relative_to_the_observed_spread():
    values = np.linspace(0, 1, 11)
    assert not is_constant(values, values)
    assert is_constant(1e-4 * values, values)
    assert not is_constant(1e-4 * values, 1e-3 * values)


@pytest.mark.parametrize(
    ("observed", "predicted", "message"),
    [
        ([1, 2, np.nan, 4], [1, 2, 3, 4], "1 observed values are missing or infinite, the first in row 2"),
        (
            [1, 2, 3, 4],
            [1, np.inf, np.nan, 4],
            "2 predicted values are missing or infinite, the first in row 1",
        ),
        ([1, 2, 3], [1, 2], "shape"),
        ([1, 2], [1, 2], "too few"),
        ([1, 1, 1, 1], [1, 2, 3, 4], "all equal"),
    ],
)
def test_bad_values_are_refused(observed, predicted, message):
    with pytest.raises(InputError, match=message):
        regression_metrics(observed, predicted)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": ["a"] * 4}, "one group"),
        ({"groups": ["a", "b"]}, "2 group labels for 4 genes"),
        ({"n_boot": 0}, "0 bootstrap samples"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        regression_metrics([1, 2, 3, 4], [1, 2, 3, 5], **options)


def test_predictions_table_pooled_and_by_fold(pair):
    ours = prediction_metrics(table(*pair))
    assert ours.pooled == regression_metrics(*pair)
    assert list(ours.folds) == ["1", "2", "3", "4"]
    assert ours.folds["2"] == regression_metrics(pair[0][1::4], pair[1][1::4])
    assert ours.constant_folds == ours.skipped_folds == ()


def test_metrics_survive_json(pair):
    ours = prediction_metrics(table(*pair))
    data = json.loads(json.dumps(ours.as_dict(), allow_nan=False))
    assert RegressionMetrics(**data["pooled"]) == ours.pooled


def test_a_constant_per_fold_is_no_prediction_at_all(pair):
    """Training means of left-out folds correlate with the observed values, negatively: an artefact."""
    rows = table(*pair)
    rows["predicted"] = [rows["observed"][rows["fold"] != fold].mean() for fold in rows["fold"]]
    assert regression_metrics(rows["observed"], rows["predicted"]).pearson < 0
    ours = prediction_metrics(rows)
    assert ours.constant_folds == ("1", "2", "3", "4")
    assert ours.pooled.constant
    assert ours.pooled.r2 == ours.pooled.r2_ci_high == 0


def test_one_collapsed_fold_is_named_and_stays_in_the_pool(pair):
    rows = table(*pair)
    rows.loc[rows["fold"] == 3, "predicted"] = 0.1
    ours = prediction_metrics(rows)
    assert ours.constant_folds == ("3",)
    assert ours.pooled.n == 400
    assert 0 < ours.pooled.r2 < prediction_metrics(table(*pair)).pooled.r2


def test_folds_too_small_for_a_correlation_are_named(pair):
    rows = table(*pair)
    rows.loc[:1, "fold"] = 9
    assert prediction_metrics(rows).skipped_folds == ("9",)


def test_groups_by_gene(pair):
    rows = table(*pair)
    groups = {gene: f"chr{number % 20}" for number, gene in enumerate(rows["gene_id"])}
    assert prediction_metrics(rows, groups).pooled.ci_units == 20
    del groups["G7"]
    with pytest.raises(InputError, match="gene G7: 1 genes have no group"):
        prediction_metrics(rows, groups)


def test_a_gene_twice_is_refused(pair):
    rows = table(*pair)
    rows.loc[5, "gene_id"] = "G4"
    with pytest.raises(InputError, match="gene G4: 1 genes are predicted more than once"):
        prediction_metrics(rows)


def test_a_missing_column_is_named():
    with pytest.raises(InputError, match="no column observed, fold"):
        prediction_metrics(pd.DataFrame({"gene_id": ["a"], "predicted": [1.0]}))


def test_leakage_shares_are_nested_counts():
    rows = pd.DataFrame(
        {
            "fold": [1, 1, 1, 1, 2, 2],
            "gene_id": list("abcdef"),
            "overlap_bp": [0, 10, 250, 600, 0, 500],
            "overlap_fraction": [0, 0.01, 0.25, 0.6, 0, 0.5],
        }
    )
    ours = leakage_shares(rows)
    assert ours.to_dict("records") == [
        {"fold": "1", "test_genes": 4, "any": 0.75, "quarter": 0.5, "half": 0.25},
        {"fold": "2", "test_genes": 2, "any": 0.5, "quarter": 0.5, "half": 0.5},
        {
            "fold": "all",
            "test_genes": 6,
            "any": pytest.approx(4 / 6),
            "quarter": 0.5,
            "half": pytest.approx(2 / 6),
        },
    ]
    with pytest.raises(InputError, match="no rows"):
        leakage_shares(rows.iloc[:0])


def test_difference_interval_is_that_of_a_plain_paired_bootstrap(pair: Pair) -> None:
    observed, first = pair
    second = first + np.random.default_rng(6).normal(0, 0.3, 400)
    reference = r2_difference_by_bootstrap(observed, first, second)
    found = r2_difference_interval(observed, first, second, 4000, np.random.default_rng(1))
    assert found == pytest.approx(reference, abs=0.012)
    assert found[1] < 0


def test_difference_interval_is_second_minus_first_on_the_same_samples(pair: Pair) -> None:
    observed, first = pair
    second = first + np.random.default_rng(6).normal(0, 0.3, 400)

    def interval(one: np.ndarray, other: np.ndarray, seed: int = 1) -> tuple[float, float]:
        return r2_difference_interval(observed, one, other, 300, np.random.default_rng(seed))

    low, high = interval(first, second)
    assert interval(second, first) == pytest.approx((-high, -low))
    assert interval(first, first) == (0, 0)
    assert interval(first, 3 - 2 * first) == pytest.approx((0, 0), abs=1e-12)
    assert interval(first, second) == (low, high) != interval(first, second, seed=2)


def test_difference_interval_of_constant_predictions_is_that_of_the_other(pair: Pair) -> None:
    observed, predicted = pair
    ours = regression_metrics(observed, predicted, n_boot=500, seed=3)
    interval = r2_difference_interval(observed, np.zeros(400), predicted, 500, np.random.default_rng(3))
    assert interval == pytest.approx((ours.r2_ci_low, ours.r2_ci_high))
    assert r2_difference_interval(observed, np.ones(400), np.ones(400), 50, np.random.default_rng(0)) == (
        0,
        0,
    )
