"""Vectors of sixteen inside numba code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit

from xpresso_core.lanes import (
    LANES,
    add,
    add_shorts,
    any_at_least_zero,
    load,
    maximum,
    splat,
    store,
    where_greater,
)


@njit
def _walk(left: Any, right: Any, sums: Any, larger: Any) -> None:
    for index in range(0, len(left), LANES):
        one = load(left, index)
        other = add(load(right, index), splat(np.float32(0.5)))
        store(sums, index, add(one, other))
        store(larger, index, where_greater(one, other, splat(np.int16(1)), splat(np.int16(-1))))


@njit
def _walk_shorts(left: Any, right: Any, sums: Any, larger: Any, found: Any) -> None:
    for index in range(0, len(left), LANES):
        one, other = load(left, index), load(right, index)
        store(sums, index, add_shorts(one, other))
        store(larger, index, maximum(one, other))
        found[index // LANES] = any_at_least_zero(one)


@pytest.mark.parametrize("vectors", [1, 3])
def test_lane_by_lane(vectors: int) -> None:
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(2, vectors * LANES)).astype(np.float32)
    left[1], right[2] = np.nan, np.nan
    sums, larger = np.empty_like(left), np.empty(len(left), np.int16)
    _walk(left, right, sums, larger)
    half = right + np.float32(0.5)
    np.testing.assert_array_equal(sums, left + half)
    # A comparison with NaN is false, on either side.
    np.testing.assert_array_equal(larger, np.where(left > half, 1, -1))
    assert larger[1] == larger[2] == -1


def test_reads_and_writes_only_its_sixteen() -> None:
    left = np.arange(LANES + 2, dtype=np.float32)
    sums, larger = np.full(LANES + 2, 9, np.float32), np.full(LANES + 2, 9, np.int16)
    _walk(left[1:-1], left[1:-1], sums[1:-1], larger[1:-1])
    assert sums[0] == sums[-1] == larger[0] == larger[-1] == 9
    np.testing.assert_array_equal(sums[1:-1], 2 * left[1:-1] + 0.5)


@pytest.mark.parametrize("vectors", [1, 3])
def test_shorts_lane_by_lane(vectors: int) -> None:
    rng = np.random.default_rng(1)
    left, right = rng.integers(-(2**15), 2**15, (2, vectors * LANES)).astype(np.int16)
    left[:4], right[:4] = [-(2**15), 2**15 - 1, -1, 7], [-1, 2**15 - 1, -1, 7]
    sums, larger, found = np.empty_like(left), np.empty_like(left), np.zeros(vectors, dtype=np.bool_)
    _walk_shorts(left, right, sums, larger, found)
    # Sums are modulo 2^16, and the comparison is of signed numbers.
    np.testing.assert_array_equal(sums, (left.astype(int) + right.astype(int)).astype(np.int16))
    assert sums[:4].tolist() == [2**15 - 1, -2, -2, 14]
    np.testing.assert_array_equal(larger, np.maximum(left, right))


def test_any_lane_at_least_zero() -> None:
    # All below zero, then one vector for each lane that is 0 or more, alone.
    left = np.full((LANES + 1, LANES), -1, dtype=np.int16)
    left[0, ::2] = -(2**15)
    left[np.arange(LANES) + 1, np.arange(LANES)] = [0, 2**15 - 1] * (LANES // 2)
    found = np.zeros(LANES + 1, dtype=np.bool_)
    flat = left.reshape(-1)
    _walk_shorts(flat, flat, np.empty_like(flat), np.empty_like(flat), found)
    assert found.tolist() == [False] + [True] * LANES
