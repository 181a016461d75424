"""The inner loop of scanning for motifs, compiled.

A matrix of integers is cut into pieces of `WORD` positions. For each piece a table holds, in one row for each word
of that many letters, the piece's score in many matrices side by side; a window's scores in all of them are the sum
of as many rows as there are pieces, and one comparison tells whether any is a hit.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from xpresso_core.lanes import LANES, add_shorts, any_at_least_zero, load, maximum

WORD = 5
"""Letters of a word."""

COLUMNS = 4 * LANES
"""Matrices of a tile: their sums stay in four registers, their tables in the processor's second cache."""


@njit(nogil=True, cache=True)
def words(codes: Any, found: Any, known: Any) -> None:  # pragma: no cover - compiled
    """Read the word and the number of known letters from each position on.

    Parameters
    ----------
    codes
        ``uint8 [position]``.
    found
        ``int16 [position]``, to be filled: the word as a number; what is unknown or beyond the end counts as A.
    known
        ``int32 [position]``, to be filled: letters up to the next N or the end; 0 at an N.
    """
    word, letters = 0, 0
    highest = 4 ** (WORD - 1)
    for position in range(codes.size - 1, -1, -1):
        code = codes[position]
        letters = letters + 1 if code < 4 else 0
        word = (word >> 2) + (code * highest if code < 4 else 0)
        found[position] = word
        known[position] = letters


@njit(nogil=True, cache=True)
def scan_tile(
    table: Any, pieces: int, widths: Any, found: Any, known: Any, hits: Any
) -> int:  # pragma: no cover - compiled
    """Find the hits of a tile of matrices.

    Parameters
    ----------
    table
        ``int16 [piece * word * column]``: the scores of each piece. Those of the first are lower by the smallest
        sum that is a hit, so that a hit has a sum of 0 or more. Sums may overflow on their way, not at its end.
    pieces
        Of each matrix.
    widths
        ``int32 [COLUMNS]``, of the matrices.
    found, known
        From `words`, followed by `pieces` words more.
    hits
        ``int32 [capacity, 3]``, to be filled with position, column and sum above the smallest.

    Returns
    -------
    int
        The number of hits, of which no more than the capacity were written.
    """
    span = 4**WORD * COLUMNS
    narrowest = widths.min()
    count = 0
    for position in range(known.size):
        if known[position] < narrowest:
            continue
        row = found[position] * COLUMNS
        one, two = load(table, row), load(table, row + LANES)
        three, four = load(table, row + 2 * LANES), load(table, row + 3 * LANES)
        for piece in range(1, pieces):
            row = piece * span + found[position + piece * WORD] * COLUMNS
            one = add_shorts(one, load(table, row))
            two = add_shorts(two, load(table, row + LANES))
            three = add_shorts(three, load(table, row + 2 * LANES))
            four = add_shorts(four, load(table, row + 3 * LANES))
        highest = maximum(maximum(one, two), maximum(three, four))
        if not any_at_least_zero(highest):
            continue
        for column in range(COLUMNS):
            total = 0
            for piece in range(pieces):
                total += table[piece * span + found[position + piece * WORD] * COLUMNS + column]
            total = ((total + 0x8000) & 0xFFFF) - 0x8000  # modulo 2^16, as above
            if total >= 0 and known[position] >= widths[column]:
                if count < len(hits):
                    hits[count, 0] = position
                    hits[count, 1] = column
                    hits[count, 2] = total
                count += 1
    return count
