"""What the levels of a network give for windows that overlap: shared cells once, the cells at the ends for each window.

The convolution of a level goes in two steps. Each cell is multiplied with all taps of the kernel, once; each output is
then the sum of products of the cells under its taps. So the outputs at the ends of a window, which lack cells that the
shared ones have, cost a few additions each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from xpresso_core.scan_levels import Level
from xpresso_core.sequence import Codes, N
from xpresso_core.stem import stem_forward
from xpresso_core.threads import each_block

Floats = npt.NDArray[np.float32]

STEM_BASES = 1 << 13
"""Bases of a stretch that one call of the stem's kernel takes, about."""
ROWS = 512
"""Shared cells, or windows, that a thread computes at a time."""


class Cells(NamedTuple):
    """What a level gives.

    Attributes
    ----------
    shared
        float32 ``[point of the lattice, channel]``, from the beginning of the stretch on.
    left, right
        float32 ``[window, cell, channel]``: the windows' own cells.
    """

    shared: Floats
    left: Floats
    right: Floats


def cells_of_windows(levels: Sequence[Level], codes: Codes, windows: int, step: int) -> Floats:
    """Return what the levels give for each window, as the network would for the window by itself.

    Parameters
    ----------
    levels
        At least one, of `scan_levels.levels_of`.
    codes
        ``uint8 [(windows - 1) * step + length]``: the stretch, in the direction in which windows are read.
    windows
        How many there are; window i begins at base ``i * step``.
    step
        Bases from one window to the next.

    Returns
    -------
    numpy.ndarray
        float32 ``[window, bin, filter]``.
    """
    cells = _of_bases(levels[0], codes, step)
    for level in levels[1:]:
        cells = _of_cells(level, cells, windows, step)
    last = levels[-1]
    hop, skip = last.spacing * last.pool // last.lattice_out, step // last.lattice_out
    gathered = np.empty((windows, last.bins, len(last.bias)), np.float32)

    def gather(rows: slice) -> None:
        _gather(
            cells.shared, cells.left[rows], cells.right[rows], rows.start * skip, skip, hop, gathered[rows]
        )

    _in_threads(gather, windows)
    return gathered


def _of_bases(level: Level, codes: Codes, step: int) -> Cells:
    shared = _running_maximum(_pieces(level, codes), level.pool // level.lattice_out)
    windows = np.lib.stride_tricks.sliding_window_view(codes, level.cells)[::step]
    first_right = (level.bins - level.ends_out.right) * level.pool
    left = _own_pools(level, windows, 0, level.ends_out.left)
    return Cells(shared, left, _own_pools(level, windows, first_right, level.ends_out.right))


def _pieces(level: Level, codes: Codes) -> Floats:
    """Return the largest of every `lattice_out` outputs of the first convolution, ``[piece, filter]``."""
    piece = level.lattice_out
    count = (len(codes) + level.left + level.right - level.reach) // piece
    per_row = max(1, STEM_BASES // piece)
    rows = -(-count // per_row)
    padded = np.full(rows * per_row * piece + level.reach, N, np.uint8)
    kept = codes[: len(padded) - level.left]
    padded[level.left : level.left + len(kept)] = kept
    width = per_row * piece + level.reach
    cut = np.lib.stride_tricks.sliding_window_view(padded, width)[:: per_row * piece]
    pooled = stem_forward(cut, level.kernel, level.bias, piece, "valid", dilation=level.dilation)
    return pooled.reshape(rows * per_row, -1)[:count]


def _running_maximum(rows: Floats, count: int) -> Floats:
    """Return the maximum of every ``count`` rows that follow each other."""
    have = 1
    while have < count:
        shift = min(have, count - have)
        rows = np.maximum(rows[:-shift], rows[shift:])
        have += shift
    return rows


def _own_pools(level: Level, windows: Codes, first: int, bins: int) -> Floats:
    """Return pools of each window by itself, from output ``first`` of the first convolution on."""
    if not bins:
        return np.empty((len(windows), 0, len(level.bias)), np.float32)
    start = first - level.left
    stop = start + bins * level.pool + level.reach
    inside = windows[:, max(0, start) : min(stop, level.cells)]
    beyond = ((0, 0), (max(0, -start), max(0, stop - level.cells)))
    strip = np.pad(inside, beyond, constant_values=N)
    return stem_forward(strip, level.kernel, level.bias, level.pool, "valid", dilation=level.dilation)


def _of_cells(level: Level, cells: Cells, windows: int, step: int) -> Cells:
    taps, channels, filters = level.kernel.shape
    flat = np.ascontiguousarray(level.kernel.transpose(1, 0, 2).reshape(channels, -1))
    shared, left, right = (
        _products(values.reshape(-1, channels), flat).reshape(*values.shape[:-1], taps, filters)
        for values in cells
    )
    sums = np.empty((len(shared), filters), np.float32)
    shift, jump = level.left * level.hop, level.dilation * level.hop
    _in_threads(lambda rows: _add_taps(shared, level.bias, rows.start, shift, jump, sums[rows]), len(sums))
    skip, hop = level.lattice_out // level.lattice, level.hop
    pooled = np.empty(((len(sums) - 1 - (level.pool - 1) * hop) // skip + 1, filters), np.float32)
    _in_threads(lambda rows: _pool(sums, rows.start * skip, skip, hop, level.pool, pooled[rows]), len(pooled))
    own = []
    for first, bins in ((0, level.ends_out.left), (level.bins - level.ends_out.right, level.ends_out.right)):
        values = np.empty((windows, bins, filters), np.float32)

        def fill(rows: slice, first: int = first, values: Floats = values) -> None:
            outputs = (first * level.pool, level.outputs, *level.own, level.left, level.dilation, level.pool)
            at = (rows.start * (step // level.lattice), step // level.lattice, hop)
            _pool_own(
                shared, left[rows], right[rows], sums, level.bias, *outputs, level.cells, *at, values[rows]
            )

        if bins:
            _in_threads(fill, windows)
        own.append(values)
    return Cells(pooled, *own)


def _products(rows: Floats, kernel: Floats) -> Floats:
    """Return a product of matrices, by blocks of rows: threads of BLAS wait for each other more than they work."""
    products = np.empty((len(rows), kernel.shape[1]), np.float32)
    _in_threads(lambda block: np.matmul(rows[block], kernel, out=products[block]), len(rows))
    return products


def _in_threads(work: Callable[[slice], object], rows: int) -> None:
    for _ in each_block(work, rows, ROWS):
        pass


@njit(nogil=True, cache=True)
def _add_taps(products: Any, bias: Any, first: int, shift: int, jump: int, sums: Any) -> None:
    # A tap beyond the stretch belongs to no window's shared cells.
    points, taps, filters = products.shape
    for row in range(len(sums)):
        total = sums[row]
        total[:] = bias
        for tap in range(taps):
            at = first + row - shift + tap * jump
            if 0 <= at < points:
                product = products[at, tap]
                for filter_ in range(filters):
                    total[filter_] += product[filter_]


@njit(nogil=True, cache=True)
def _pool(sums: Any, first: int, skip: int, hop: int, pool: int, pooled: Any) -> None:
    for row in range(len(pooled)):
        best = pooled[row]
        best[:] = 0
        for offset in range(pool):
            values = sums[first + row * skip + offset * hop]
            for filter_ in range(len(best)):
                best[filter_] = max(best[filter_], values[filter_])


@njit(nogil=True, cache=True)
def _pool_own(
    shared: Any,
    left: Any,
    right: Any,
    sums: Any,
    bias: Any,
    first: int,
    outputs: int,
    own_left: int,
    own_right: int,
    padding: int,
    dilation: int,
    pool: int,
    cells: int,
    start: int,
    skip: int,
    hop: int,
    pooled: Any,
) -> None:
    taps, filters = shared.shape[1:]
    first_right = cells - right.shape[1]
    total = np.empty(filters, np.float32)
    for window in range(len(pooled)):
        begin = start + window * skip
        for bin_ in range(pooled.shape[1]):
            best = pooled[window, bin_]
            best[:] = 0
            for offset in range(pool):
                output = first + bin_ * pool + offset
                if own_left <= output < outputs - own_right:
                    total[:] = sums[begin + output * hop]
                else:
                    total[:] = bias
                    for tap in range(taps):
                        cell = output - padding + tap * dilation
                        if cell < 0 or cell >= cells:
                            continue
                        if cell < left.shape[1]:
                            product = left[window, cell, tap]
                        elif cell >= first_right:
                            product = right[window, cell - first_right, tap]
                        else:
                            product = shared[begin + cell * hop, tap]
                        for filter_ in range(filters):
                            total[filter_] += product[filter_]
                for filter_ in range(filters):
                    best[filter_] = max(best[filter_], total[filter_])


@njit(nogil=True, cache=True)
def _gather(shared: Any, left: Any, right: Any, start: int, skip: int, hop: int, gathered: Any) -> None:
    windows, bins, _ = gathered.shape
    first_right = bins - right.shape[1]
    for window in range(windows):
        for bin_ in range(bins):
            if bin_ < left.shape[1]:
                gathered[window, bin_] = left[window, bin_]
            elif bin_ >= first_right:
                gathered[window, bin_] = right[window, bin_ - first_right]
            else:
                gathered[window, bin_] = shared[start + window * skip + bin_ * hop]
