"""Regular expressions of DREME: words over the letters of IUPAC, as text and packed into one number.

A packed expression holds four bits per column, from the highest bits down: 1 to 15, the rank of its letter in the
alphabet. So numbers compare as the texts do, whatever their lengths, and an expression has room for 16 columns.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MAX_COLUMNS = 16
"""The longest expression that can be packed."""

BASES_OF = {
    **{"A": "A", "C": "C", "G": "G", "T": "T"},
    **{"K": "GT", "Y": "CT", "S": "CG", "W": "AT", "R": "AG", "M": "AC"},
    **{"B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT"},
}
"""The bases that each letter stands for. A letter N of an expression is one of the four, never an unknown base."""

RANKED = "".join(sorted(BASES_OF))
"""The letters by rank; that of rank 1 comes first."""


def _mask(letter: str) -> int:
    return sum(1 << "ACGT".index(base) for base in BASES_OF[letter])


MASK_OF_RANK = np.array([0, *(_mask(letter) for letter in RANKED)], dtype=np.uint8)
"""``uint8 [16]``: which bases a letter stands for; bits 0 to 3 are A, C, G and T."""

RANK_OF_MASK = np.argsort(MASK_OF_RANK).astype(np.uint8)
"""``uint8 [16]``: the letter for a set of bases."""

COMPLEMENT_OF_RANK = RANK_OF_MASK[[int(f"{mask:04b}"[::-1], 2) for mask in MASK_OF_RANK]]
"""``uint8 [16]``: the letter for the complements of the bases."""

RANK_OF_BASE = RANK_OF_MASK[[1, 2, 4, 8]]
"""``uint8 [4]``: the rank of A, C, G and T."""

_COMPLEMENTS = str.maketrans(
    RANKED, "".join(RANKED[rank - 1] for rank in COMPLEMENT_OF_RANK[1 : len(RANKED) + 1])
)


def pack(text: str) -> int:
    """Pack an expression of at most `MAX_COLUMNS` letters."""
    key = 0
    for column, letter in enumerate(text):
        key |= (RANKED.index(letter) + 1) << (60 - 4 * column)
    return key


def unpack(key: int) -> str:
    """Return a packed expression as text."""
    ranks = ((key >> shift) & 15 for shift in range(60, -1, -4))
    return "".join(RANKED[rank - 1] for rank in ranks if rank)


def reverse_complement(text: str) -> str:
    """Return the expression of the other strand."""
    return text[::-1].translate(_COMPLEMENTS)


def masks(text: str) -> npt.NDArray[np.uint8]:
    """Return which bases each column accepts, ``uint8 [column]`` with bits 0 to 3 for A, C, G and T."""
    return np.array([_mask(letter) for letter in text], dtype=np.uint8)
