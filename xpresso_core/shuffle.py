"""Promoters with their letters in another order: controls that keep the composition and nothing else.

`mono_shuffle` keeps how often each letter occurs, `di_shuffle` how often each letter follows each other one.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from numba import njit

from xpresso_core.errors import InputError
from xpresso_core.randomness import generator
from xpresso_core.sequence import LETTERS, Codes

Shuffle = Literal["mono_shuffled", "di_shuffled"]

_Edges = npt.NDArray[np.intp]


def mono_shuffle(codes: Codes, rng: np.random.Generator) -> Codes:
    """Return the letters of a sequence in random order; each different order is equally likely.

    Parameters
    ----------
    codes
        uint8 ``[position]``, A, C, G, T, N = 0..4; N is a letter like the others.
    rng
        Where the randomness comes from.

    Returns
    -------
    numpy.ndarray
        uint8 ``[position]``, a new array.

    Raises
    ------
    InputError
        If the codes are no such array.
    """
    _check(codes, axes=1)
    shuffled = codes.astype(np.intp)  # which NumPy shuffles in half the time, and alike
    rng.shuffle(shuffled)
    return shuffled.astype(np.uint8)


def di_shuffle(codes: Codes, rng: np.random.Generator) -> Codes:
    """Return a random sequence with the same first and last letter and each dinucleotide as often.

    All such sequences are equally likely. A sequence is a walk from letter to letter that uses up a stock of
    edges, its dinucleotides. Which edge leaves each letter for the last time is drawn first: those of all
    letters but the final one have to form a tree that leads to the final letter, and then the other edges may
    come in any order without the walk getting stuck (Altschul and Erickson 1985, Mol. Biol. Evol. 2:526).

    Parameters, result and errors are those of `mono_shuffle`.
    """
    _check(codes, axes=1)
    shuffled = codes.copy()
    if len(codes) < 3:
        return shuffled
    before, after = codes[:-1], codes[1:]
    counts = np.bincount(before, minlength=len(LETTERS))
    starts = np.cumsum(counts) - counts
    edges = after[np.argsort(before, kind="stable")].astype(np.intp)
    followers = np.split(edges, starts[1:])
    last = _last_edges(followers, int(codes[-1]), rng)
    for letter, targets in enumerate(followers):
        if letter in last:
            targets[[last[letter], -1]] = targets[[-1, last[letter]]]
            rng.shuffle(targets[:-1])
        else:
            rng.shuffle(targets)
    _walk(edges, starts, shuffled)
    return shuffled


def _last_edges(followers: list[_Edges], final: int, rng: np.random.Generator) -> dict[int, int]:
    """Draw the edge by which each letter is left for the last time, as an index into its followers.

    Every tree of edges that leads to the final letter is equally likely: from each letter in turn a random walk
    goes on until it meets the tree, and the last edge out of each letter on its way joins the tree (Wilson 1996,
    Proc. 28th ACM Symp. Theory of Computing, 296). An edge from a letter to itself is never in a tree.
    """
    away = [np.flatnonzero(targets != letter) for letter, targets in enumerate(followers)]
    chosen: dict[int, int] = {}
    joined = {final}
    for start, targets in enumerate(followers):
        if not targets.size:
            continue
        letter = start
        while letter not in joined:
            chosen[letter] = int(away[letter][rng.integers(away[letter].size)])
            letter = int(followers[letter][chosen[letter]])
        letter = start
        while letter not in joined:
            joined.add(letter)
            letter = int(followers[letter][chosen[letter]])
    return chosen


@njit(nogil=True, cache=True)
def _walk(edges: Any, starts: Any, letters: Any) -> None:  # pragma: no cover - compiled
    """Follow the edges of each letter in their order from the first of the letters on, and write them down."""
    following = starts.copy()
    letter = np.intp(letters[0])
    for position in range(1, letters.size):
        at = following[letter]
        following[letter] += 1
        letter = edges[at]
        letters[position] = letter


def shuffle_promoters(codes: Codes, gene_id: npt.NDArray[np.str_], kind: Shuffle, seed: int) -> Codes:
    """Shuffle each of many promoters by itself.

    Parameters
    ----------
    codes
        uint8 ``[gene, position]``, A, C, G, T, N = 0..4.
    gene_id
        ``[gene]``. What becomes of a gene depends on its codes, its id, the kind and the seed, and not on the
        other genes or their order.
    kind
        ``mono_shuffled`` for `mono_shuffle`, ``di_shuffled`` for `di_shuffle`.
    seed
        The seed of the run.

    Returns
    -------
    numpy.ndarray
        uint8 ``[gene, position]``, a new array.

    Raises
    ------
    InputError
        If there is no such kind, or the codes or ids are no such arrays.
    """
    if kind not in get_args(Shuffle):
        what = f"promoters cannot be {kind!r}"
        raise InputError(what, remedy=f"Choose {' or '.join(get_args(Shuffle))}")
    _check(codes, axes=2)
    if len(gene_id) != len(codes):
        what = f"{len(codes)} promoters have {len(gene_id)} gene ids"
        raise InputError(what, remedy="Give one id per promoter")
    shuffle = mono_shuffle if kind == "mono_shuffled" else di_shuffle
    shuffled = np.empty(codes.shape, np.uint8)
    for row, gene in enumerate(gene_id):
        shuffled[row] = shuffle(codes[row], generator(seed, kind, str(gene)))
    return shuffled


def _check(codes: Codes, axes: int) -> None:
    if codes.dtype != np.uint8 or codes.ndim != axes:
        shape = "[position]" if axes == 1 else "[gene, position]"
        what = f"codes are {codes.dtype} with {codes.ndim} axes, not uint8 {shape}"
        raise InputError(what)
    if codes.size and codes.max() >= len(LETTERS):
        what = f"code {codes.max()} stands for no letter"
        raise InputError(what, remedy="A, C, G, T, N are 0..4; xpresso_core.sequence.encode makes codes")
