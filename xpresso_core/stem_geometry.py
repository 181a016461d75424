"""Where the taps of the stem fall, and the words of three letters that they read.

Without dilation a word is three neighbouring letters; with dilation d its letters are d apart. Pools are of
output positions, which follow each other base by base whatever the dilation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from xpresso_core.errors import InputError
from xpresso_core.sequence import Codes, N

LETTERS = 5
"""A, C, G, T and N; N, and everything beyond the ends, adds nothing."""
TAPS = 3
"""Kernel taps per table."""
MOST_POOLED = int(np.iinfo(np.int16).max)
"""Positions of the largest pool: the offset of a winner is an int16."""


class Geometry(NamedTuple):
    """Where the taps of each output position fall.

    Attributes
    ----------
    left
        Bases of padding before the sequence.
    pieces
        Pieces of `TAPS` taps that the kernel is cut into; never less than two, which the kernels rely on.
    bins
        Pools per sequence.
    pool
        Output positions per pool.
    dilation
        Bases from one tap to the next.
    """

    left: int
    pieces: int
    bins: int
    pool: int
    dilation: int

    @property
    def step(self) -> int:
        """Bases from the first tap of one piece to that of the next."""
        return TAPS * self.dilation

    def words(self, codes: Codes) -> Codes:
        """Return the word that starts at the first tap of each position, and onwards.

        uint8 ``[sequence, bins * pool + step * (pieces - 1)]``; a word is ``25 * first + 5 * second + third``.
        """
        count = self.bins * self.pool + self.step * (self.pieces - 1)
        length = count + (TAPS - 1) * self.dilation
        padded = np.full((len(codes), length), N, np.uint8)
        kept = codes[:, : length - self.left]
        padded[:, self.left : self.left + kept.shape[1]] = kept
        words: Codes = padded[:, :count] * np.uint8(LETTERS)
        words += padded[:, self.dilation : self.dilation + count]
        words *= np.uint8(LETTERS)
        words += padded[:, 2 * self.dilation :]
        return words


def reach(width: int, dilation: int) -> int:
    """Return the bases from the first tap to the last: what ``"valid"`` padding leaves out."""
    return (width - 1) * dilation


def geometry(length: int, width: int, pool: int, padding: str, dilation: int = 1) -> Geometry:
    """Return where the taps fall.

    Parameters
    ----------
    length
        Bases per sequence.
    width
        Taps of the kernel.
    pool
        Output positions per pool; a remainder at the end is dropped.
    padding
        ``"same"``: as many positions as bases, half of the kernel's `reach` padded on the left, rounded down, and
        the rest on the right, as Keras pads. ``"valid"``: only where all taps meet a base.
    dilation
        Bases from one tap to the next.

    Raises
    ------
    InputError
        For an unknown padding, a pool or dilation out of range, or sequences shorter than one pool.
    """
    if padding not in {"same", "valid"}:
        message = f"the stem pads 'same' or 'valid', not {padding!r}"
        raise InputError(message, remedy="Use the plain Keras layers for other paddings")
    if not 1 <= pool <= MOST_POOLED:
        message = f"a pool of {pool} positions is outside 1..{MOST_POOLED}"
        raise InputError(message)
    if dilation < 1:
        message = f"a dilation of {dilation} is below 1"
        raise InputError(message)
    positions = length if padding == "same" else length - reach(width, dilation)
    if positions < pool:
        message = f"{length} bases give {max(positions, 0)} positions, less than one pool of {pool}"
        raise InputError(message, remedy="Give longer sequences or a smaller pool")
    left = reach(width, dilation) // 2 if padding == "same" else 0
    return Geometry(left, max(2, -(-width // TAPS)), positions // pool, pool, dilation)
