"""The inner loops of DREME over the sequences, compiled.

Sequences come one after the other in ``uint8 [letter]`` with an N (4) behind each, and some more at the end;
``int64 [sequence + 1]`` says where each begins. So no word and no match reaches from one into the next.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

PREFIX = 4
"""How many columns `count_matches` looks up at once."""


@njit(nogil=True, cache=True)
def count_words(
    codes: Any, starts: Any, width: int, both: bool, counts: Any, order: Any
) -> int:  # pragma: no cover - compiled
    """Count the sequences that have each word.

    Parameters
    ----------
    codes, starts
        The sequences.
    width
        Letters of a word.
    both
        Whether a word and its reverse complement are counted as the first of the two.
    counts
        ``int32 [4**width]``, zeros; the counts are added.
    order
        ``int32 [4**width]``: filled with the words in the order in which they are first seen.

    Returns
    -------
    int
        The number of different words.
    """
    last, shift = (1 << (2 * width)) - 1, 2 * (width - 1)
    seen = np.full(last + 1, -1, dtype=np.int32)
    different = 0
    for sequence in range(starts.size - 1):
        forward, backward, known = 0, 0, 0
        for at in range(starts[sequence], starts[sequence + 1]):
            code: Any = np.int64(codes[at])
            if code > 3:
                known = 0
                continue
            forward = ((forward << 2) | code) & last
            backward = (backward >> 2) | ((3 - code) << shift)
            known += 1
            if known < width:
                continue
            word = min(forward, backward) if both else forward
            if seen[word] != sequence:
                if seen[word] < 0:
                    order[different] = word
                    different += 1
                seen[word] = sequence
                counts[word] += 1
    return different


@njit(nogil=True, cache=True)
def _prefixes(accept: Any) -> Any:  # pragma: no cover - compiled
    """Return which patterns accept each string of `PREFIX` codes, ``uint64 [5**PREFIX, word of bits]``."""
    strings = np.empty((5**PREFIX, accept.shape[2]), dtype=np.uint64)
    for string in range(5**PREFIX):
        strings[string] = ~np.uint64(0)
        rest = string
        for column in range(PREFIX - 1, -1, -1):
            strings[string] &= accept[column, rest % 5]
            rest //= 5
    return strings


@njit(nogil=True, cache=True)
def count_matches(
    codes: Any, starts: Any, accept: Any, strands: int, counts: Any
) -> None:  # pragma: no cover - compiled
    """Count the sequences that match each of many patterns, all patterns at once.

    Parameters
    ----------
    codes, starts
        The sequences.
    accept
        ``uint64 [column, code, word of bits]``: the patterns that accept a code in a column, a bit each. Beyond its
        width a pattern accepts all. There are at least `PREFIX` columns.
    strands
        1; or 2, and then the second half of the words of bits is for the patterns of the other strand.
    counts
        ``int64 [pattern]``, one for each bit of a strand; the counts are added.
    """
    strings = _prefixes(accept)
    columns, words = accept.shape[0], accept.shape[2]
    found = np.empty(words, dtype=np.uint64)
    for sequence in range(starts.size - 1):
        found[:] = 0
        string = 0
        for at in range(starts[sequence], starts[sequence] + PREFIX - 1):
            string = string * 5 + codes[at]
        for at in range(starts[sequence], starts[sequence + 1]):
            string = (string * 5 + codes[at + PREFIX - 1]) % 5**PREFIX
            for word in range(words):
                left = strings[string, word]
                column = PREFIX
                while left != 0 and column < columns:
                    left &= accept[column, codes[at + column], word]
                    column += 1
                found[word] |= left
        for word in range(words // strands):
            left = found[word] | found[word + words - words // strands]
            pattern = 64 * word
            while left != 0:
                counts[pattern] += np.int64(left & np.uint64(1))
                left >>= np.uint64(1)
                pattern += 1


@njit(nogil=True, cache=True)
def _matches(codes: Any, at: int, masks: Any) -> bool:  # pragma: no cover - compiled
    for column in range(masks.size):
        if not (masks[column] >> codes[at + column]) & 1:
            return False
    return True


@njit(nogil=True, cache=True)
def erase(
    codes: Any, starts: Any, forward: Any, backward: Any, letters: Any
) -> int:  # pragma: no cover - compiled
    """Put N over the matches of a pattern, from left to right; they do not overlap.

    Parameters
    ----------
    codes, starts
        The sequences; the first is written into.
    forward, backward
        ``uint8 [column]``: which bases the pattern accepts (bits 0 to 3), on the one strand and on the other, which
        may be of no columns.
    letters
        ``int64 [column, 4]``: the bases of each match are added, read on the strand that matches; the given one if
        both do.

    Returns
    -------
    int
        The number of matches.
    """
    width, sites = forward.size, 0
    for sequence in range(starts.size - 1):
        at, end = starts[sequence], starts[sequence + 1] - width
        while at <= end:
            if _matches(codes, at, forward):
                for column in range(width):
                    letters[column, codes[at + column]] += 1
            elif backward.size and _matches(codes, at, backward):
                for column in range(width):
                    letters[width - 1 - column, 3 - codes[at + column]] += 1
            else:
                at += 1
                continue
            codes[at : at + width] = 4
            sites += 1
            at += width
    return sites
