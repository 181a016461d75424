"""Vectors of sixteen inside numba code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit

from xpresso_core.lanes import LANES, add, load, splat, store, where_greater


@njit
def _walk(left: Any, right: Any, sums: Any, larger: Any) -> None:
    for index in range(0, len(left), LANES):
        one = load(left, index)
        other = add(load(right, index), splat(np.float32(0.5)))
        store(sums, index, add(one, other))
        store(larger, index, where_greater(one, other, splat(np.int16(1)), splat(np.int16(-1))))


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
