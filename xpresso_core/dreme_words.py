"""Sequences as DREME goes through them, the words in them, and the matches of expressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from xpresso_core import dreme_kernel
from xpresso_core.dreme_fisher import Fisher
from xpresso_core.dreme_letters import (
    COMPLEMENT_OF_RANK,
    MASK_OF_RANK,
    RANK_OF_BASE,
    masks,
    reverse_complement,
)
from xpresso_core.sequence import Codes, N
from xpresso_core.threads import each_block

Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]

_ROOM = 16
_BITS = 64


class Pool(NamedTuple):
    """Sequences one after the other.

    Attributes
    ----------
    codes
        ``uint8 [letter]``, with an N behind each sequence and more at the end.
    starts
        ``int64 [sequence + 1]``: where each begins.
    """

    codes: Codes
    starts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, sequences: Sequence[Codes]) -> Pool:
        """Put sequences, codes ``uint8 [length]`` each, one after the other."""
        starts = np.zeros(len(sequences) + 1, dtype=np.int64)
        np.cumsum([len(sequence) + 1 for sequence in sequences], out=starts[1:])
        codes = np.full(starts[-1] + _ROOM, N, dtype=np.uint8)
        for start, sequence in zip(starts[:-1].tolist(), sequences, strict=True):
            codes[start : start + len(sequence)] = sequence
        return cls(codes, starts)

    @property
    def size(self) -> int:
        """Return the number of sequences."""
        return len(self.starts) - 1

    def longest_run(self) -> int:
        """Return the largest number of letters without an N between them."""
        return int(np.diff(np.flatnonzero(self.codes == N), prepend=-1).max()) - 1

    def copy(self) -> Pool:
        """Return sequences of their own to erase from."""
        return Pool(self.codes.copy(), self.starts)


class Table(NamedTuple):
    """Expressions and how many sequences match them, in the order in which they were first seen.

    Attributes
    ----------
    keys
        The packed expressions, ``uint64 [expression]``; see `dreme_letters`.
    positive, negative
        ``int64 [expression]``: the numbers of positive and negative sequences that match.
    log_pvalues
        ``float64 [expression]``: natural logarithms.
    """

    keys: Keys
    positive: Numbers
    negative: Numbers
    log_pvalues: npt.NDArray[np.float64]

    @property
    def size(self) -> int:
        """Return the number of expressions."""
        return len(self.keys)

    def best(self, number: int) -> Numbers:
        """Return the rows of the smallest p-values, ``int64 [row]``; equal ones in the order of the table."""
        logs, rows = self.log_pvalues, np.arange(self.size)
        if self.size > number:
            rows = np.flatnonzero(logs <= np.partition(logs, number - 1)[number - 1])
        return rows[np.argsort(logs[rows], kind="stable")][:number]

    @staticmethod
    def together(tables: Sequence[Table]) -> Table:
        """Return tables one below the other."""
        return Table(*(np.concatenate(columns) for columns in zip(*tables, strict=True)))


def count_words(
    positives: Pool, negatives: Pool, widths: Sequence[int], both_strands: bool, fisher: Fisher
) -> Table:
    """Count the sequences that have each word of the positive ones.

    Parameters
    ----------
    positives, negatives
        The sequences. A word with an N is no word.
    widths
        Numbers of letters.
    both_strands
        Whether a word and its reverse complement are one, the first of the two in the alphabet.
    fisher
        The test.

    Returns
    -------
    Table
        The words by width, then as they are first seen.
    """
    parts = list(
        each_block(
            lambda some: _words_of(positives, negatives, widths[some][0], both_strands), len(widths), 1
        )
    )
    keys, positive, negative = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Table(keys, positive, negative, fisher.log_pvalues(positive, negative))


def _words_of(
    positives: Pool, negatives: Pool, width: int, both_strands: bool
) -> tuple[Keys, Numbers, Numbers]:
    order = np.empty(4**width, dtype=np.int32)
    here, there = np.zeros((2, 4**width), dtype=np.int32)
    # First the negatives, so that the order is left as that of the positives.
    dreme_kernel.count_words(*negatives, width, both_strands, there, order)
    words = order[: dreme_kernel.count_words(*positives, width, both_strands, here, order)].astype(np.int64)
    return word_keys(words, width), here[words].astype(np.int64), there[words].astype(np.int64)


def word_keys(words: Numbers, width: int) -> Keys:
    """Pack words.

    Parameters
    ----------
    words
        ``int64 [word]``: two bits per letter, the first letter highest.
    width
        The number of letters.
    """
    keys = np.zeros(len(words), dtype=np.uint64)
    for column in range(width):
        ranks = RANK_OF_BASE[(words >> (2 * (width - 1 - column))) & 3].astype(np.uint64)
        keys |= ranks << np.uint64(60 - 4 * column)
    return keys


def matching_words(keys: Keys, expression: str) -> npt.NDArray[np.bool_]:
    """Say which packed words an expression matches column by column, ``bool [word]``, on the strand as given."""
    matches: npt.NDArray[np.bool_] = (keys << np.uint64(4 * len(expression))) == 0
    for column, mask in enumerate(masks(expression)):
        ranks = (keys >> np.uint64(60 - 4 * column)) & np.uint64(15)
        # An end of a word has rank and mask 0.
        matches &= (MASK_OF_RANK[ranks] & mask) > 0
    return matches


def reversed_keys(keys: Keys, width: int) -> Keys:
    """Return the packed reverse complements of packed expressions of one width."""
    out = np.zeros_like(keys)
    for column in range(width):
        ranks = (keys >> np.uint64(60 - 4 * column)) & np.uint64(15)
        out |= COMPLEMENT_OF_RANK[ranks].astype(np.uint64) << np.uint64(60 - 4 * (width - 1 - column))
    return out


def count_matches(pool: Pool, expressions: Sequence[str], both_strands: bool) -> Numbers:
    """Count the sequences that match each expression, ``int64 [expression]``.

    Parameters
    ----------
    pool
        The sequences.
    expressions
        Letters of IUPAC.
    both_strands
        Whether a match of the reverse complement is one too.
    """
    strands = 2 if both_strands else 1
    groups = -(-len(expressions) // _BITS)
    columns = max(dreme_kernel.PREFIX, *(len(expression) for expression in expressions))
    accept = np.full((columns, N + 1, groups * strands), ~np.uint64(0), dtype=np.uint64)
    for number, expression in enumerate(expressions):
        group, bit = divmod(number, _BITS)
        _accept(accept[:, :, group], expression, bit)
        if both_strands:
            _accept(accept[:, :, groups + group], reverse_complement(expression), bit)
    counts = np.zeros(groups * _BITS, dtype=np.int64)
    dreme_kernel.count_matches(*pool, accept, strands, counts)
    return counts[: len(expressions)]


def _accept(accept: Keys, expression: str, bit: int) -> None:
    """Take away from ``uint64 [column, code]`` the bit of an expression where it does not accept a code."""
    for column, mask in enumerate(masks(expression)):
        refused = [code for code in range(N + 1) if not int(mask) >> code & 1]
        accept[column, refused] &= ~np.uint64(1 << bit)


def erase(pool: Pool, expression: str, both_strands: bool) -> Numbers:
    """Put N over the matches of an expression, from left to right; return their bases.

    Parameters
    ----------
    pool
        The sequences, which are changed.
    expression, both_strands
        See `count_matches`.

    Returns
    -------
    numpy.ndarray
        ``int64 [column, 4]``: the numbers of A, C, G and T, each match being read on the strand that matches.
    """
    letters = np.zeros((len(expression), 4), dtype=np.int64)
    other = masks(reverse_complement(expression) if both_strands else "")
    dreme_kernel.erase(*pool, masks(expression), other, letters)
    return letters
