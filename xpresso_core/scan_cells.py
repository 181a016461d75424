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
POINTS = 2048
"""Shared cells that a thread multiplies at a time."""


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
    shared = _maximum_of_neighbours(_pieces(level, codes), level.pool // level.lattice_out)
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


def _maximum_of_neighbours(rows: Floats, count: int) -> Floats:
    """Return the maximum of every ``count`` rows that follow each other."""
    found = np.empty((len(rows) - count + 1, rows.shape[1]), np.float32)

    def work(block: slice) -> None:
        part, have = rows[block.start : block.stop + count - 1], 1
        while have < count:
            shift = min(have, count - have)
            part = np.maximum(part[:-shift], part[shift:])
            have += shift
        found[block] = part

    _in_threads(work, len(found))
    return found


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
    sums = _sums(level, cells, windows, step)
    pieces = level.lattice_out // level.lattice
    reached = (level.pool - 1) * level.hop
    pooled = np.empty(((len(sums.shared) - 1 - reached) // pieces + 1, len(level.bias)), np.float32)

    def pool(rows: slice) -> None:
        _pool(sums.shared, rows.start * pieces, pieces, level.hop, level.pool, pooled[rows])

    _in_threads(pool, len(pooled))
    first_right = level.bins - level.ends_out.right
    left, right = (
        _own_bins(level, sums, windows, step, first, bins)
        for first, bins in ((0, level.ends_out.left), (first_right, level.ends_out.right))
    )
    return Cells(pooled, left, right)


def _sums(level: Level, cells: Cells, windows: int, step: int) -> Cells:
    """Return the outputs of a convolution before ReLU: all shared ones, and those that are the windows' own.

    A thread multiplies a block of cells, with those around it that its outputs reach, and adds the products up while
    they are in the processor's cache.
    """
    taps, channels, filters = level.kernel.shape
    kernel = np.ascontiguousarray(level.kernel.transpose(1, 0, 2).reshape(channels, -1))

    def products(values: Floats) -> Floats:
        return (values.reshape(-1, channels) @ kernel).reshape(*values.shape[:-1], taps, filters)

    ends = products(cells.left), products(cells.right)
    total = len(cells.shared)
    sums = Cells(
        np.empty((total, filters), np.float32),
        np.empty((windows, level.own.left, filters), np.float32),
        np.empty((windows, level.own.right, filters), np.float32),
    )
    skip, last = step // level.lattice, (level.cells - 1) * level.hop
    first_right = level.outputs - level.own.right
    before = max(level.left, level.cells - 1 - max(0, first_right - level.left)) * level.hop
    after = min(max(0, level.own.left - 1) + level.reach - level.left, level.cells - 1) * level.hop
    shape = (level.left, level.dilation, level.cells)

    def work(points: slice) -> None:
        lowest = max(0, points.start - before)
        here = products(cells.shared[lowest : points.stop + after])
        shift, jump = level.left * level.hop, level.dilation * level.hop
        _add_taps(here, level.bias, points.start - lowest, shift, jump, sums.shared[points])
        for own, output, reached in ((sums.left, 0, 0), (sums.right, first_right, last)):
            # The windows that begin, or end, in this block.
            some = slice(
                max(0, -(-(points.start - reached) // skip)), max(0, -(-(points.stop - reached) // skip))
            )
            at = (some.start * skip - lowest, skip, level.hop)
            _own_sums(here, ends[0][some], ends[1][some], level.bias, output, *shape, *at, own[some])

    _in_threads(work, total, POINTS)
    return sums


def _own_bins(level: Level, sums: Cells, windows: int, step: int, first: int, bins: int) -> Floats:
    """Return pools of each window by itself, from bin ``first`` on."""
    pooled = np.empty((windows, bins, len(level.bias)), np.float32)
    skip = step // level.lattice

    def work(rows: slice) -> None:
        outputs = (first * level.pool, level.outputs, level.pool)
        at = (rows.start * skip, skip, level.hop)
        _pool_own(sums.shared, sums.left[rows], sums.right[rows], *outputs, *at, pooled[rows])

    if bins:
        _in_threads(work, windows)
    return pooled


def _in_threads(work: Callable[[slice], object], rows: int, block: int = ROWS) -> None:
    for _ in each_block(work, rows, block):
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
def _own_sums(
    shared: Any,
    left: Any,
    right: Any,
    bias: Any,
    first: int,
    padding: int,
    dilation: int,
    cells: int,
    start: int,
    skip: int,
    hop: int,
    sums: Any,
) -> None:
    taps, filters = shared.shape[1:]
    first_right = cells - right.shape[1]
    for window in range(len(sums)):
        begin = start + window * skip
        for number in range(sums.shape[1]):
            total = sums[window, number]
            total[:] = bias
            for tap in range(taps):
                cell = first + number - padding + tap * dilation
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


@njit(nogil=True, cache=True)
def _pool_own(
    shared: Any,
    left: Any,
    right: Any,
    first: int,
    outputs: int,
    pool: int,
    start: int,
    skip: int,
    hop: int,
    pooled: Any,
) -> None:
    first_right = outputs - right.shape[1]
    for window in range(len(pooled)):
        begin = start + window * skip
        for bin_ in range(pooled.shape[1]):
            best = pooled[window, bin_]
            best[:] = 0
            for offset in range(pool):
                output = first + bin_ * pool + offset
                if output < left.shape[1]:
                    values = left[window, output]
                elif output >= first_right:
                    values = right[window, output - first_right]
                else:
                    values = shared[begin + output * hop]
                for filter_ in range(len(best)):
                    best[filter_] = max(best[filter_], values[filter_])


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
