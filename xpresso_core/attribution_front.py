"""The first block of a network, forwards and backwards, for attribution: from codes, without one-hot arrays.

Of each pool only one position matters, the one with the largest value. `Front` says which it is and what its
value is before ReLU, and brings what flows back to it further back to the bases.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from numba import njit

from xpresso_core.keras_graph import Block, weights_of
from xpresso_core.sequence import Codes, N
from xpresso_core.stem import ROWS, stem_forward_argmax
from xpresso_core.stem_geometry import Geometry
from xpresso_core.threads import each_block

Floats = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int32]


class Front(NamedTuple):
    """Convolution, ReLU and pooling over the bases of a promoter.

    Attributes
    ----------
    kernel
        float32 ``[tap, letter (4), filter]``.
    bias
        float32 ``[filter]``.
    padding
        ``same`` or ``valid``.
    place
        Where the taps of each output position fall.
    length
        Bases of a promoter.
    """

    kernel: Floats
    bias: Floats
    padding: str
    place: Geometry
    length: int

    @classmethod
    def of(cls, block: Block, length: int) -> Self:
        """Return the front that is the block of a network, with a copy of its weights."""
        return cls(*weights_of(block, length), length)

    @property
    def positions(self) -> int:
        """Output positions that belong to a pool."""
        return self.place.bins * self.place.pool

    def winners(self, codes: Codes) -> tuple[Floats, Positions]:
        """Return the largest value before ReLU of each pool, and its output position, the first of several.

        Both are ``[gene, bin, filter]``; codes are ``uint8 [gene, length]``.
        """
        values, offsets = stem_forward_argmax(
            codes,
            self.kernel,
            self.bias,
            self.place.pool,
            self.padding,
            dilation=self.place.dilation,
            relu=False,
        )
        return values, offsets + self.first_positions[:, None]

    @property
    def first_positions(self) -> Positions:
        """The first output position of each pool, ``int32 [bin]``."""
        return np.arange(self.place.bins, dtype=np.int32) * np.int32(self.place.pool)

    def values_at(self, codes: Codes, positions: Positions) -> Floats:
        """Return the values before ReLU at some output positions, float32 ``[gene, position, filter]``."""
        width = self.positions + (len(self.kernel) - 1) * self.place.dilation
        kept = codes[:, : width - self.place.left]
        padded = np.full((len(codes), width), N, np.uint8)
        padded[:, self.place.left : self.place.left + kept.shape[1]] = kept
        letters = np.concatenate([self.kernel, np.zeros_like(self.kernel[:, :1])], axis=1)
        total = np.zeros((len(codes), len(positions), len(self.bias)), np.float32) + self.bias
        for tap, bases in enumerate(self._bases(positions).T):
            total += letters[tap][padded[:, bases]]
        return total

    def background_values(self, background: Floats) -> Floats:
        """Return the values before ReLU where each base is a mixture of letters, float32 ``[position, filter]``."""
        bases = self._bases(np.arange(self.positions, dtype=np.int32)) - self.place.left
        inside = ((bases >= 0) & (bases < self.length)).astype(np.float32)
        by_tap = np.tensordot(self.kernel, background, axes=(1, 0)).astype(np.float32)
        total = np.zeros((len(bases), len(self.bias)), np.float32) + self.bias
        for tap, there in enumerate(inside.T):  # not a product of matrices, whose rows round differently
            total += there[:, None] * by_tap[tap]
        return total

    @property
    def ends(self) -> npt.NDArray[np.bool_]:
        """Say of which pools a tap falls beyond the promoter, ``bool [bin]``."""
        bases = self._bases(np.arange(self.positions, dtype=np.int32)) - self.place.left
        beyond = ((bases < 0) | (bases >= self.length)).any(axis=1)
        return np.asarray(beyond.reshape(self.place.bins, -1).any(axis=1))

    def to_bases(self, positions: Positions, slopes: Floats) -> Floats:
        """Bring gradients by the values before ReLU back to the bases.

        Parameters
        ----------
        positions
            int32 ``[gene, k, filter]``: the output positions that they belong to.
        slopes
            float32 of the same shape; zeros are passed over.

        Returns
        -------
        numpy.ndarray
            float32 ``[gene, length, 4]``: the gradient by the one-hot promoter.
        """
        gradient = np.zeros((len(slopes), self.length, 4), np.float32)
        by_filter = np.ascontiguousarray(self.kernel.transpose(2, 0, 1))
        slopes, positions = np.ascontiguousarray(slopes), np.ascontiguousarray(positions)

        def work(rows: slice) -> None:
            _scatter(
                positions[rows], slopes[rows], by_filter, self.place.left, self.place.dilation, gradient[rows]
            )

        for _ in each_block(work, len(slopes), ROWS):
            pass
        return gradient

    def _bases(self, positions: Positions) -> npt.NDArray[np.int64]:
        """Return where each tap falls, ``[position, tap]``, counted from the first base of padding."""
        return positions[:, None].astype(np.int64) + np.arange(len(self.kernel)) * self.place.dilation


@njit(nogil=True, cache=True)
def _scatter(positions: Any, slopes: Any, kernel: Any, left: int, dilation: int, gradient: Any) -> None:
    genes, pools, filters = slopes.shape
    for gene in range(genes):
        for pool in range(pools):
            for filter_ in range(filters):
                slope = slopes[gene, pool, filter_]
                if slope == 0:
                    continue
                first = positions[gene, pool, filter_] - left
                for tap in range(kernel.shape[1]):
                    base = first + tap * dilation
                    if 0 <= base < gradient.shape[1]:
                        for letter in range(4):
                            gradient[gene, base, letter] += slope * kernel[filter_, tap, letter]
