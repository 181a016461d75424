"""Groups of expression: silent genes, and thirds of the range as R cuts it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.expression_groups import (
    GROUP_NAMES,
    expression_bins,
    group_edges,
    right_closed,
    silent_bound,
)


@pytest.mark.real
def test_intervals_as_r_cuts_them(real_data: Path) -> None:
    table = pd.read_csv(real_data / "oracles" / "r_stats" / "cut.tsv", sep="\t")
    labels = np.array(["", "(0.001,0.33]", "(0.33,0.66]", "(0.66,1]", ""])
    ours = labels[right_closed(table["u"], [0.001, 0.33, 0.66, 1])]
    assert ours.tolist() == table["bin"].tolist()


def test_thirds_hold_their_upper_ends() -> None:
    values = [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    assert group_edges(values, 0).tolist() == [0, 1, 2, 3]
    assert expression_bins(values, 0).tolist() == [0, 0, 0, 1, 1, 2, 2, 3, 3]
    assert len(GROUP_NAMES) == 4


def test_a_group_may_be_empty_and_one_gene_is_enough() -> None:
    assert expression_bins([0.0, 0.1, 3.0], 0).tolist() == [0, 1, 3]
    assert expression_bins([-1.0, -1.0, 0.7], -0.9).tolist() == [0, 0, 3]


def test_the_largest_is_high_whatever_the_rounding() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        values = rng.normal(size=20)
        groups = expression_bins(values, float(values.min()))
        assert groups[values.argmax()] == 3
        assert groups[values.argmin()] == 0
        assert (np.diff(groups[np.argsort(values)]) >= 0).all()


@pytest.mark.parametrize(
    ("values", "silent", "message"),
    [
        ([-1.0, -0.9], -0.9, "none of 2 genes is above the bound of silent ones, -0.9"),
        ([], 0.0, "none of 0 genes"),
        ([0.0, np.nan], -1.0, "1 of the values"),
        ([[0.0, 1.0]], -1.0, r"shape \(1, 2\)"),
        ([0.0, 1.0], np.nan, "the bound nan"),
    ],
)
def test_what_cannot_be_grouped(values: list[float], silent: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        expression_bins(values, silent)


def test_the_bound_of_silent_genes_is_a_share_of_the_range() -> None:
    values = [2.0, -1.0, 0.5, 3.0]
    assert silent_bound(values, 0.0) == -1
    assert silent_bound(values, 0.25) == 0
    assert silent_bound(values, 1.0) == 3
    assert type(silent_bound(np.array(values, np.float32), 0.25)) is float
    assert silent_bound([0.75], 0.5) == 0.75


def test_the_bound_moves_with_the_unit_and_not_with_the_order() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=50)
    bound = silent_bound(values, 0.1)
    assert silent_bound(rng.permutation(values), 0.1) == bound
    assert silent_bound(3 * values - 7, 0.1) == pytest.approx(3 * bound - 7)
    groups = expression_bins(values, bound)
    assert (groups == 0).tolist() == (values <= bound).tolist()
    assert groups[values.argmin()] == 0
    assert groups[values.argmax()] == 3
