"""Quantile normalisation."""

from __future__ import annotations

import numpy as np
import pytest

from xpresso_core.errors import InputError
from xpresso_core.normalisation import quantile_normalise


def test_the_values_of_preprocess_core() -> None:
    """What `normalize.quantiles` makes of the usual example; 4 is twice in the second sample."""
    values = [[5, 4, 3], [2, 1, 4], [3, 4, 6], [4, 2, 8]]
    expected = [[17 / 3, 31 / 6, 2], [2, 2, 3], [3, 31 / 6, 14 / 3], [14 / 3, 3, 17 / 3]]
    np.testing.assert_allclose(quantile_normalise(values), expected, rtol=1e-15)


def test_samples_without_ties_get_one_distribution_and_keep_their_order() -> None:
    values = np.random.default_rng(0).gamma(1, 3, (50, 4)) * [1, 2, 3, 10]
    found = quantile_normalise(values)
    assert (np.argsort(found, axis=0) == np.argsort(values, axis=0)).all()
    sorted_values = np.sort(found, axis=0)
    np.testing.assert_allclose(sorted_values, sorted_values[:, :1].repeat(4, axis=1), rtol=1e-12)
    np.testing.assert_allclose(quantile_normalise(found), found, rtol=1e-12)


def test_order_of_genes_and_samples_does_not_matter() -> None:
    values = np.random.default_rng(1).poisson(2, (30, 3)).astype(float)
    found = quantile_normalise(values)
    np.testing.assert_allclose(quantile_normalise(values[::-1, ::-1]), found[::-1, ::-1], rtol=1e-12)
    tied = values[:, 0] == 2
    assert tied.sum() > 1
    assert len(set(found[tied, 0])) == 1, "equal values stay equal"


def test_equal_samples_stay() -> None:
    values = np.array([[3.0, 3.0], [0.0, 0.0], [0.0, 0.0], [7.0, 7.0]])
    np.testing.assert_array_equal(quantile_normalise(values), values)
    np.testing.assert_array_equal(quantile_normalise([[4.0], [1.0]]), [[4.0], [1.0]])


@pytest.mark.parametrize("values", [[1.0, 2.0], np.empty((0, 3)), [[1.0, np.nan]], [[np.inf, 1.0]]])
def test_other_than_a_matrix_of_numbers_is_refused(values: object) -> None:
    with pytest.raises(InputError, match="no matrix of finite numbers"):
        quantile_normalise(values)
