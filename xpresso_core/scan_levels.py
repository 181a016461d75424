"""The first layers of a network over a long stretch of DNA, computed once for all windows that overlap.

Windows start every `step` bases. Neighbouring cells of a window (bases, then the pools of each block of convolution,
ReLU and pooling) lie `spacing` bases apart, so the cells of all windows together lie every gcd(step, spacing) bases:
their lattice. What a cell holds depends on where it lies and not on the window, but for the cells near both ends of
a window, which see the zeros that convolutions with ``same`` padding add there. Shared cells are computed once on
their lattice, and the cells at the ends for each window.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from xpresso_core.keras_graph import Weights
from xpresso_core.stem_geometry import reach

Floats = npt.NDArray[np.float32]


class Ends(NamedTuple):
    """How many cells at the beginning and at the end of a window are its own."""

    left: int
    right: int


class Level(NamedTuple):
    """A block of the network over windows that overlap.

    Attributes
    ----------
    kernel, bias
        float32 ``[tap, channel, filter]`` and ``[filter]``.
    left, right
        Zeros that the convolution adds before and after the cells of a window.
    dilation, pool
        Cells from one tap to the next; outputs of the convolution per pool.
    cells, bins
        Cells of a window that the block takes, and that it gives.
    spacing
        Bases between neighbouring cells of a window that the block takes.
    lattice, lattice_out
        Bases between neighbouring cells of all windows together, taken and given.
    ends, ends_out
        Cells of a window that are its own, taken and given.
    """

    kernel: Floats
    bias: Floats
    left: int
    right: int
    dilation: int
    pool: int
    cells: int
    bins: int
    spacing: int
    lattice: int
    lattice_out: int
    ends: Ends
    ends_out: Ends

    @property
    def reach(self) -> int:
        """Cells from the first tap to the last."""
        return reach(len(self.kernel), self.dilation)

    @property
    def hop(self) -> int:
        """Points of the lattice from one cell of a window to the next."""
        return self.spacing // self.lattice

    @property
    def own(self) -> Ends:
        """Outputs of the convolution that are a window's own, counted from its beginning and its end."""
        return Ends(self.ends.left + self.left, self.ends.right + self.right)

    @property
    def outputs(self) -> int:
        """Outputs of the convolution in a window."""
        return self.cells + self.left + self.right - self.reach


def level_over(weights: Weights, below: Level | None, length: int, step: int) -> Level:
    """Return a block as a level.

    Parameters
    ----------
    weights
        Of the block.
    below
        The level that gives what it takes; None for the first block, which takes bases.
    length
        Bases of a window.
    step
        Bases from one window to the next.
    """
    place = weights.place
    spacing = below.spacing * below.pool if below else 1
    cells = below.bins if below else length
    ends = below.ends_out if below else Ends(0, 0)
    span = reach(len(weights.kernel), place.dilation)
    right = span - place.left if weights.padding == "same" else 0
    unused = cells + place.left + right - span - place.bins * place.pool
    ends_out = Ends(
        -(-(ends.left + place.left) // place.pool), -(-max(0, ends.right + right - unused) // place.pool)
    )
    return Level(
        kernel=weights.kernel,
        bias=weights.bias,
        left=place.left,
        right=right,
        dilation=place.dilation,
        pool=place.pool,
        cells=cells,
        bins=place.bins,
        spacing=spacing,
        lattice=gcd(step, spacing),
        lattice_out=gcd(step, spacing * place.pool),
        ends=ends,
        ends_out=ends_out,
    )


def is_worth_sharing(level: Level, step: int) -> bool:
    """Say whether a level has cells to share, and computes less with them than each window by itself would."""
    if sum(level.ends_out) >= level.bins:
        return False
    own = sum(level.ends) or sum(level.ends_out) * level.pool
    return step // level.lattice + own < level.cells


def levels_of(blocks: Sequence[Weights], length: int, step: int) -> list[Level]:
    """Return the levels that are worth sharing, from the bases on; none if not even the first is."""
    levels: list[Level] = []
    for weights in blocks:
        level = level_over(weights, levels[-1] if levels else None, length, step)
        if not is_worth_sharing(level, step):
            break
        levels.append(level)
    return levels


def bytes_per_base(levels: Sequence[Level]) -> float:
    """Return the memory that the largest array of the levels takes, for each base of a stretch."""
    first, *others = levels
    values = [len(first.bias) / first.lattice_out, *(len(level.bias) / level.lattice for level in others)]
    return np.dtype(np.float32).itemsize * max(values)
