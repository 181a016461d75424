"""The inner loop of reading FASTA, compiled: letters to codes, ends of lines dropped, in one pass.

Apart from `sequence`, so that what reads no FASTA need not load the compiler.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

DROPPED = 64
"""A table gives this or more for bytes to drop: the ends of lines, and what is no letter."""


@njit(nogil=True, cache=True)
def _plain_letters(letters: Any, codes: Any) -> bool:  # pragma: no cover - compiled
    """Translate a line by arithmetic, many letters in one instruction; False if it has others than ACGT."""
    others = np.uint8(0)
    for position in range(letters.size):
        upper = np.uint8(letters[position] & np.uint8(0xDF))
        # Bits 1 and 2 of A, C, G, T are 00, 01, 11, 10: a Gray code, which x ^ (x >> 1) turns into 0..3.
        mixed = np.uint8(np.uint8(upper >> np.uint8(1)) ^ np.uint8(upper >> np.uint8(2)))
        codes[position] = np.uint8(mixed & np.uint8(3))
        others |= np.uint8((upper != 65) & (upper != 67) & (upper != 71) & (upper != 84))
    return bool(others == 0)


@njit(nogil=True, cache=True)
def compact(
    raw: Any, start: int, table: Any, codes: Any
) -> tuple[int, int, int]:  # pragma: no cover - compiled
    """Translate lines and drop their ends.

    Parameters
    ----------
    raw
        ``uint8 [byte]``.
    start
        The first byte to translate.
    table
        ``uint8 [256]``: the code of each byte; `DROPPED` and above for bytes to drop.
    codes
        ``uint8 [byte - start]``, to be filled from its beginning.

    Returns
    -------
    tuple of int
        How many codes were written, all that the table gave joined by bitwise or, and the number of newlines.
    """
    count, union, newlines, width = 0, 0, 0, 0
    first = start
    while first < raw.size:
        end = first + width
        # Lines are mostly as long as the one before; a newline inside would be no plain letter.
        if 0 < width and end < raw.size and raw[end] == 10:
            if _plain_letters(raw[first:end], codes[count : count + width]):
                count += width
                newlines += 1
                first = end + 1
                continue
        end = first
        while end < raw.size:
            byte = raw[end]
            if byte == 10:
                newlines += 1
                break
            code = table[byte]
            union |= code
            codes[count] = code
            count += code < DROPPED
            end += 1
        width = end - first
        first = end + 1
    return count, union, newlines
