"""A random choice of sequences, the same as `fasta-subsample` of the MEME Suite makes with the same seed.

The paper gave DREME 400,000 of its sub-sequences, chosen so. The program is in Perl, whose `rand` is drand48 on
every machine since Perl 5.20; from it follows which sequences are chosen, and in what order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from xpresso_core.errors import InputError

LARGEST_SEED = 2**32 - 1
"""Perl keeps 32 bits of a seed."""

_MULTIPLIER, _INCREMENT, _MASK = 0x5DEECE66D, 0xB, 2**48 - 1
_FIRST = 0x330E
_SCALE = 2.0**-48


def subsample(number: int, count: int, seed: int = 1) -> NDArray[np.intp]:
    """Choose some of so many sequences at random.

    Parameters
    ----------
    number
        How many sequences there are.
    count
        How many to choose.
    seed
        0 to `LARGEST_SEED`; `fasta-subsample` takes 1 unless told otherwise.

    Returns
    -------
    numpy.ndarray
        ``intp [count]``: 0-based places of the chosen ones, each once, in the order in which they are written.

    Raises
    ------
    InputError
        If there are fewer sequences than are to be chosen, or the seed is out of range.
    """
    if not 0 <= count <= number:
        what = f"{count} of {number} sequences cannot be chosen"
        raise InputError(what, where="subsample", remedy=f"Choose 0 to {max(number, 0)}")
    if not 0 <= seed <= LARGEST_SEED:
        what = f"the seed {seed} is out of range"
        raise InputError(what, where="subsample", remedy=f"Give 0 to {LARGEST_SEED}")
    places = np.arange(number, dtype=np.intp)
    _shuffle(places, count, (seed << 16) + _FIRST)
    return places[:count].copy()


@njit(nogil=True, cache=True)
def _shuffle(places: Any, count: int, state: int) -> None:  # pragma: no cover - compiled
    """Draw the first `count` of ``intp [sequence]`` to its front; the draws after them would not move these."""
    number = len(places)
    multiplier, increment, mask = np.uint64(_MULTIPLIER), np.uint64(_INCREMENT), np.uint64(_MASK)
    current = np.uint64(state)
    for i in range(count):
        current = (current * multiplier + increment) & mask  # what overflows 64 bits is beyond the mask
        j = int(i + np.float64(current) * _SCALE * (number - i))
        places[i], places[j] = places[j], places[i]
