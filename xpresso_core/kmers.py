"""Counts of k-mers, and what they give: Markov models of the background."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from xpresso_core.errors import InputError
from xpresso_core.sequence import Codes
from xpresso_core.threads import each_block

MAX_K = 8
"""The longest k-mer: 65,536 words. Longer ones are better looked for than counted."""

_BLOCK = 512

Counts = npt.NDArray[np.uint32]


def kmer_names(k: int) -> tuple[str, ...]:
    """Return all k-mers over A, C, G, T, in alphabetical order: the columns of `count_kmers`."""
    return tuple("".join(letters) for letters in itertools.product("ACGT", repeat=k))


def count_kmers(codes: Codes, k: int) -> Counts:
    """Count the k-mers of every sequence, on the strand as given.

    Parameters
    ----------
    codes
        ``uint8 [sequence, position]``; letters A, C, G, T, N as 0 to 4.
    k
        Length of the words, 1 to `MAX_K`.

    Returns
    -------
    numpy.ndarray
        ``uint32 [sequence, 4**k]``, columns as `kmer_names`. A word with an N is no word.

    Raises
    ------
    InputError
        If `k` is out of range.
    """
    if not 1 <= k <= MAX_K:
        what = f"k-mers of {k} letters cannot be counted"
        raise InputError(what, where="k", remedy=f"Take 1 to {MAX_K}")
    from xpresso_core.kmer_kernel import count

    counts = np.zeros((len(codes), 4**k), dtype=np.uint32)
    for _ in each_block(lambda rows: count(codes[rows], k, counts[rows]), len(codes), _BLOCK):
        pass
    return counts


def complements(k: int) -> npt.NDArray[np.int64]:
    """Return the column of each k-mer's reverse complement, ``int64 [4**k]``."""
    words = np.arange(4**k)
    reverse = np.zeros_like(words)
    for _ in range(k):
        reverse = 4 * reverse + 3 - words % 4
        words = words // 4
    return reverse


def merge_strands(counts: Counts, k: int) -> tuple[tuple[str, ...], Counts]:
    """Add up the counts of each k-mer and its reverse complement: both strands as one.

    Parameters
    ----------
    counts
        ``[sequence, 4**k]`` of `count_kmers`.
    k
        The length of the words.

    Returns
    -------
    names : tuple of str
        Of each pair, the word that comes first in the alphabet.
    counts : numpy.ndarray
        ``uint32 [sequence, name]``. A palindrome, which is its own partner, counts once.
    """
    partner = complements(k)
    words = np.arange(4**k)
    first = words[words <= partner]
    both = counts[:, first] + np.where(first == partner[first], 0, counts[:, partner[first]])
    names = kmer_names(k)
    return tuple(names[word] for word in first), both.astype(np.uint32)
