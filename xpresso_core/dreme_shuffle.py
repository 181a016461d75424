"""Shuffle sequences as DREME does where it is given no negative ones: the counts of pairs of letters stay.

The way of Altschul and Erickson (1985), N being a fifth letter. The random numbers are those of Python, so that the
same seed gives DREME's own sequences.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit

from xpresso_core.sequence import Codes

_LETTERS = 5


def shuffle_sequences(sequences: Sequence[Codes], seed: int) -> list[Codes]:
    """Shuffle sequences one by one.

    Parameters
    ----------
    sequences
        Codes ``uint8 [length]`` each.
    seed
        0 or more.

    Returns
    -------
    list of numpy.ndarray
        Each with the first and last letter, and as many of each pair of neighbours, as what it was made from.
    """
    numbers = _python_numbers(seed)
    return [_shuffle(np.ascontiguousarray(sequence), numbers) for sequence in sequences]


def _python_numbers(seed: int) -> np.random.Generator:
    """Return a generator that gives the numbers of ``random.Random(seed).random``."""
    words = random.Random(seed).getstate()[1]
    twister = np.random.MT19937()
    state: Any = {"key": np.array(words[:-1], dtype=np.uint32), "pos": words[-1]}
    twister.state = {"bit_generator": "MT19937", "state": state}
    return np.random.Generator(twister)


@njit(nogil=True, cache=True)
def _shuffle(codes: Any, numbers: Any) -> Any:  # pragma: no cover - compiled
    size = codes.size
    if size < 2:
        return codes.copy()
    # The successors of every letter, one letter after the other, in the order of the sequence.
    pairs = np.zeros((_LETTERS, _LETTERS), dtype=np.int64)
    present = np.zeros(_LETTERS, dtype=np.bool_)
    for at in range(size - 1):
        pairs[codes[at], codes[at + 1]] += 1
        present[codes[at]] = True
    last = codes[-1]
    present[last] = True
    ends = np.cumsum(pairs.sum(axis=1))
    starts = ends - pairs.sum(axis=1)
    successors, filled = np.empty(size - 1, dtype=np.uint8), starts.copy()
    for at in range(size - 1):
        successors[filled[codes[at]]] = codes[at + 1]
        filled[codes[at]] += 1
    final = _last_successors(pairs, present, last, numbers)
    for letter in range(_LETTERS):
        if present[letter]:
            _shuffle_successors(
                successors[starts[letter] : ends[letter]], final[letter], letter == last, numbers
            )
    out = np.empty_like(codes)
    out[0] = codes[0]
    for at in range(1, size):
        out[at] = successors[starts[out[at - 1]]]
        starts[out[at - 1]] += 1
    return out


@njit(nogil=True, cache=True)
def _last_successors(pairs: Any, present: Any, last: int, numbers: Any) -> Any:  # pragma: no cover - compiled
    """Draw the last successor of each letter until all lead to the last letter of the sequence."""
    final = np.full(_LETTERS, last, dtype=np.uint8)
    while True:
        for letter in range(_LETTERS):
            if present[letter] and letter != last:
                drawn, below, total = numbers.random(), 0, pairs[letter].sum()
                for successor in range(_LETTERS):
                    below += pairs[letter, successor]
                    if drawn < below / total:
                        final[letter] = successor
                        break
        connected = True
        for letter in range(_LETTERS):
            there = letter
            for _ in range(_LETTERS):
                there = final[there]
            connected &= not present[letter] or there == last
        if connected:
            return final


@njit(nogil=True, cache=True)
def _shuffle_successors(
    successors: Any, final: int, free: bool, numbers: Any
) -> None:  # pragma: no cover - compiled
    """Shuffle the successors of a letter; unless it is free, the first of those that are `final` goes to the end."""
    size = successors.size
    if not free:
        at = 0
        while successors[at] != final:
            at += 1
        successors[at : size - 1] = successors[at + 1 : size].copy()
        size -= 1
        successors[size] = final
    for at in range(size - 1, 0, -1):
        other = int(numbers.random() * (at + 1))
        successors[at], successors[other] = successors[other], successors[at]
