"""Generalise words to regular expressions, one column after the other, by estimates of their counts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from xpresso_core.dreme_fisher import Fisher, log_pvalue
from xpresso_core.dreme_letters import COMPLEMENT_OF_RANK, MASK_OF_RANK, RANK_OF_MASK
from xpresso_core.dreme_result import LIST_PVALUE
from xpresso_core.dreme_words import Keys, Numbers, Table

_LOG_THRESHOLD = math.log(LIST_PVALUE)
# DREME makes K, Y, S, W, R, M of two bases, then B, D, H, V and N of a base and one of those before.
_PARTS = np.array(
    [(4, 8), (2, 8), (2, 4), (1, 8), (1, 4), (1, 2), (2, 12), (1, 12), (1, 10), (1, 6), (1, 14)],
    dtype=np.int64,
)
_ANY = 15
_SCATTER = np.uint64(0x9E3779B97F4A7C15)
_FOUR, _FIFTEEN, _TOP = np.uint64(4), np.uint64(15), np.uint64(60)


def generalise(words: Table, columns: int, ngen: int, both_strands: bool, fisher: Fisher) -> Table:
    """Generalise the best words, and the best of what comes of that, and so on.

    Parameters
    ----------
    words
        What to begin with.
    columns
        The number of letters of the longest words.
    ngen
        How many of the best expressions of each level to generalise.
    both_strands
        Whether an expression and its reverse complement are one, the first of the two in the alphabet.
    fisher
        The test.

    Returns
    -------
    Table
        The generalised expressions by level, then as they were first made. The counts are estimates: those of two
        expressions that differ in one column add up as if sequences had them by chance, and of several ways to make an
        expression the last one counts.
    """
    found, level = list[Table](), words
    for _ in range(columns):
        level = _next_level(level, columns, level.best(ngen), both_strands, fisher)
        if not level.size:
            break
        found.append(level)
    return Table.together(found or [level])


def _next_level(level: Table, columns: int, best: Numbers, both_strands: bool, fisher: Fisher) -> Table:
    room = len(best) * columns * len(_PARTS)
    keys = np.empty(room, dtype=np.uint64)
    counts = np.empty((2, room), dtype=np.int64)
    logs = np.empty(room)
    number = _generalise(
        *(level.keys, level.positive, level.negative, level.log_pvalues),
        *(_index(level.keys), best, both_strands),
        *(fisher.positives, fisher.negatives, fisher.logs),
        *(keys, counts[0], counts[1], logs, _empty_index(room)),
    )
    return Table(keys[:number].copy(), *(row[:number].copy() for row in (*counts, logs)))


def _empty_index(size: int) -> npt.NDArray[np.int32]:
    return np.full(1 << max(4, (2 * size).bit_length()), -1, dtype=np.int32)


def _index(keys: Keys) -> npt.NDArray[np.int32]:
    index = _empty_index(len(keys))
    _fill_index(keys, index)
    return index


@njit(nogil=True, cache=True)
def _fill_index(keys: Any, index: Any) -> None:  # pragma: no cover - compiled
    for row in range(keys.size):
        index[_slot(keys[row], keys, index)] = row


@njit(nogil=True, cache=True)
def _slot(key: Any, keys: Any, index: Any) -> Any:  # pragma: no cover - compiled
    """Return where in an index, a power of two of rows or -1, the row of a key is or would be."""
    last = np.uint64(index.size - 1)
    slot = ((key * _SCATTER) >> np.uint64(32)) & last
    while index[slot] >= 0 and keys[index[slot]] != key:
        slot = (slot + np.uint64(1)) & last
    return np.int64(slot)


@njit(nogil=True, cache=True)
def _canonical(key: Any, both: bool) -> Any:  # pragma: no cover - compiled
    """Return the first in the alphabet of a packed expression and, if wanted, its reverse complement."""
    if not both:
        return key
    other, rest = np.uint64(0), key
    while rest:
        other = (other >> _FOUR) | (np.uint64(COMPLEMENT_OF_RANK[rest >> _TOP]) << _TOP)
        rest = rest << _FOUR
    return min(key, other)


@njit(nogil=True, cache=True)
def _together(one: int, other: int, all_: int) -> int:  # pragma: no cover - compiled
    """Estimate how many sequences have either of two expressions, halves being rounded up."""
    return (2 * ((one + other) * all_ - one * other) + all_) // (2 * all_)


@njit(nogil=True, cache=True)
def _generalise(
    keys: Any,
    positive: Any,
    negative: Any,
    logs: Any,
    index: Any,
    best: Any,
    both: bool,
    positives: int,
    negatives: int,
    factorials: Any,
    new_keys: Any,
    new_positive: Any,
    new_negative: Any,
    new_logs: Any,
    new_index: Any,
) -> int:  # pragma: no cover - compiled
    """Generalise each column of the best rows of a table; return the number of expressions in the new one."""
    number = 0
    here, there = np.empty(16, dtype=np.int64), np.empty(16, dtype=np.int64)
    for row in best:
        key = keys[row]
        for column in range(16):
            shift = np.uint64(60 - 4 * column)
            rank = (key >> shift) & _FIFTEEN
            if rank == 0:
                break
            mask = MASK_OF_RANK[rank]
            if mask & (mask - 1):
                continue
            outer = column == 0 or key << np.uint64(4 * (column + 1)) == 0
            without = key & ~(_FIFTEEN << shift)
            here[:] = -1
            for base in range(4):
                changed = without | (np.uint64(RANK_OF_MASK[1 << base]) << shift)
                found = index[_slot(_canonical(changed, both), keys, index)]
                if found >= 0 and logs[found] < _LOG_THRESHOLD:
                    here[1 << base], there[1 << base] = positive[found], negative[found]
            for part in range(_PARTS.shape[0]):
                one, other = _PARTS[part]
                whole = one | other
                if here[one] < 0 or here[other] < 0:
                    continue
                here[whole] = _together(here[one], here[other], positives)
                there[whole] = _together(there[one], there[other], negatives)
                if whole == _ANY and outer:
                    continue
                made = _canonical(without | (np.uint64(RANK_OF_MASK[whole]) << shift), both)
                slot = _slot(made, new_keys, new_index)
                if new_index[slot] < 0:
                    new_index[slot] = number
                    new_keys[number] = made
                    number += 1
                at = new_index[slot]
                new_positive[at], new_negative[at] = here[whole], there[whole]
                new_logs[at] = log_pvalue(here[whole], there[whole], positives, negatives, factorials)
    return number
