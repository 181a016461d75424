"""Dinucleotides around the TSS beside what their two letters let expect, for groups of genes (Figures 6C and S7).

CpG is rare in a genome as a whole. Whether genes of high expression keep more of it near their TSS than their C and
G explain is seen position by position: the share of genes with C and then G, over the share with C at the first
position times that with G at the second one, all within the same group of genes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import ArrayLike, NDArray

from xpresso_core.dataset import Dataset
from xpresso_core.errors import InputError
from xpresso_core.expression_groups import GROUP_NAMES, expression_bins, silent_bound
from xpresso_core.files import write_table
from xpresso_core.genome import Window
from xpresso_core.sequence import LETTERS, Codes, N
from xpresso_core.smoothing import MIN_POINTS, points_in_span, smooth

DINUCLEOTIDES = tuple(first + second for first in LETTERS[:N] for second in LETTERS[:N])
"""AA, AC, ... TT: the order of the arrays."""

RESOLUTION = 100
"""The bases that curves are smoothed over, as in the paper."""

Floats = NDArray[np.float64]


class Enrichment(NamedTuple):
    """Dinucleotides of groups of genes; the position of a dinucleotide is that of its first letter.

    Attributes
    ----------
    observed
        ``float64 [group, 16, positions - 1]``: the share with this dinucleotide among the genes that have both letters
        known; NaN where there is none.
    expected
        The share with the first letter at this position times that with the second at the next, each among the genes
        with this one letter known.
    ratio
        Observed over expected; NaN where nothing is expected or known.
    genes
        ``int64 [group]``: how many there are.
    """

    observed: Floats
    expected: Floats
    ratio: Floats
    genes: NDArray[np.int64]


def dinucleotide_enrichment(codes: Codes, groups: ArrayLike, number: int | None = None) -> Enrichment:
    """Count the dinucleotides of groups of genes at every position.

    Parameters
    ----------
    codes
        ``uint8 [gene, position]``: A, C, G, T, N = 0..4 in transcription direction.
    groups
        ``int [gene]``: the group of each gene, from 0; -1 for none.
    number
        How many groups there are; by default up to the largest that has a gene.

    Raises
    ------
    InputError
        If the arrays are none of these or disagree, or no gene has a group.
    """
    members = _checked(codes, groups, number)
    groups_there = int(members.max()) + 1 if number is None else number
    pairs = np.zeros((groups_there, codes.shape[1] - 1, len(LETTERS) ** 2), dtype=np.int64)
    _count(codes, members, pairs)
    table = pairs.reshape(*pairs.shape[:2], len(LETTERS), len(LETTERS))
    known = table[..., :N, :N]
    observed = _share(known, known.sum(axis=(2, 3), keepdims=True))
    first, second = table[..., :N, :].sum(axis=3), table[..., :, :N].sum(axis=2)
    shares = [_share(letters, letters.sum(axis=2, keepdims=True)) for letters in (first, second)]
    expected = shares[0][..., :, None] * shares[1][..., None, :]
    observed, expected = (
        np.ascontiguousarray(part.reshape(*part.shape[:2], N * N).transpose(0, 2, 1))
        for part in (observed, expected)
    )
    genes = np.bincount(members[members >= 0], minlength=groups_there).astype(np.int64)
    return Enrichment(observed, expected, _share(observed, expected), genes)


def _checked(codes: Codes, groups: ArrayLike, number: int | None) -> NDArray[np.int64]:
    members = np.asarray(groups)
    what = ""
    if codes.ndim != 2 or codes.dtype != np.uint8 or codes.shape[1] < 2:
        what = (
            f"codes of shape {codes.shape} and type {codes.dtype} are no sequences of two or more positions"
        )
    elif codes.size and codes.max() > N:
        what = "a sequence holds a code above 4"
    elif members.shape != codes.shape[:1] or not np.issubdtype(members.dtype, np.integer):
        what = f"groups of shape {members.shape} and type {members.dtype} are given for {len(codes)} genes"
    elif not (members >= 0).any():
        what = "no gene has a group"
    elif members.min() < -1 or (number is not None and members.max() >= number):
        what = f"groups from {members.min()} to {members.max()} are not among {number or 'those from -1 on'}"
    if what:
        remedy = "Give uint8 codes [gene, position] and the number of a group, or -1, per gene"
        raise InputError(what, where="enrichment", remedy=remedy)
    return members.astype(np.int64)


@njit(nogil=True, cache=True)
def _count(codes: Any, members: Any, pairs: Any) -> None:  # pragma: no cover - compiled
    """Add the pairs of letters of every gene to its group, ``int64 [group, position, 25]``."""
    for gene in range(codes.shape[0]):
        group = members[gene]
        if group < 0:
            continue
        for position in range(codes.shape[1] - 1):
            pairs[group, position, 5 * codes[gene, position] + codes[gene, position + 1]] += 1


def _share(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    """Divide, and give NaN where the divisor is 0 or NaN."""
    part, whole = np.broadcast_arrays(part, whole)
    result = np.full(part.shape, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def smoothed_enrichment(ratio: Floats, span: float | None = None) -> Floats:
    """Smooth the curve of every group and dinucleotide by `smoothing.smooth`.

    Parameters
    ----------
    ratio
        ``float64 [group, 16, positions - 1]`` of an `Enrichment`.
    span
        The share of the positions in each neighbourhood; by default as many as make `RESOLUTION` bases, or all.

    Returns
    -------
    numpy.ndarray
        Of the same shape. A curve with too few values for its span, as of a group of one gene, is NaN.

    Raises
    ------
    InputError
        If the span is not above 0 and up to 1.
    """
    share = min(1.0, RESOLUTION / max(ratio.shape[-1], 1)) if span is None else span
    curves = ratio.reshape(-1, ratio.shape[-1])
    enough = [points_in_span(int(known), share) >= MIN_POINTS for known in (~np.isnan(curves)).sum(axis=1)]
    return smooth(np.where(np.array(enough)[:, None], curves, np.nan), share).reshape(ratio.shape)


def enrichment_table(
    enrichment: Enrichment, smoothed: Floats, upstream: int, names: Sequence[str]
) -> pd.DataFrame:
    """Return one row per group, dinucleotide and position.

    Parameters
    ----------
    enrichment, smoothed
        Of `dinucleotide_enrichment` and `smoothed_enrichment`.
    upstream
        How many bases there are before the TSS base, which gets position 0.
    names
        Of the groups.

    Returns
    -------
    pandas.DataFrame
        ``group dinucleotide position observed expected ratio smoothed genes``; the last is the number of genes of
        the group.

    Raises
    ------
    InputError
        If the names are not as many as the groups.
    """
    groups, pairs, positions = enrichment.ratio.shape
    if len(names) != groups:
        what = f"{len(names)} names are given for {groups} groups"
        raise InputError(what, where="enrichment", remedy="Name every group")
    return pd.DataFrame(
        {
            "group": np.repeat(np.array(names, dtype=object), pairs * positions),
            "dinucleotide": np.tile(np.repeat(np.array(DINUCLEOTIDES, dtype=object), positions), groups),
            "position": np.tile(np.arange(positions) - upstream, groups * pairs),
            "observed": enrichment.observed.ravel(),
            "expected": enrichment.expected.ravel(),
            "ratio": enrichment.ratio.ravel(),
            "smoothed": smoothed.ravel(),
            "genes": np.repeat(enrichment.genes, pairs * positions),
        }
    )


def write_dinucleotides(
    dataset_path: Path, table: Path, *, window: Window, silent: float, resolution: int
) -> None:
    """Write the dinucleotides of a dataset's promoters for four groups of genes by measured expression.

    Parameters
    ----------
    dataset_path
        The dataset.
    table
        What to write: `enrichment_table`, groups without genes left out.
    window
        The part of the promoters.
    silent
        The share of the range of log10 expression, from its lower end, that counts as not expressed.
    resolution
        The bases that curves are smoothed over.
    """
    data = Dataset.open(dataset_path, window)
    groups = expression_bins(data.expression, silent_bound(data.expression, silent))
    found = dinucleotide_enrichment(data.codes, groups, len(GROUP_NAMES))
    smoothed = smoothed_enrichment(found.ratio, min(1.0, resolution / found.ratio.shape[-1]))
    rows = enrichment_table(found, smoothed, window.upstream, GROUP_NAMES)
    write_table(rows[rows["genes"] > 0], table)
