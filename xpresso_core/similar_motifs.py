"""Which known motifs found ones resemble: the comparison of Tomtom, done by memelite.

Two motifs are laid over each other at every offset and on both strands; the best sum of distances between columns is
judged by what columns of the known motifs would give at random (Gupta et al. 2007, Genome Biol. 8:R24).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from xpresso_core.errors import InputError
from xpresso_core.meme_format import Motif

MAX_E_VALUE = 1.0
"""Tomtom itself would list up to E = 10, that is, ten hits by chance for every motif; here one."""

Floats = NDArray[np.float64]


class SimilarMotif(NamedTuple):
    """A known motif that a found one resembles.

    Attributes
    ----------
    found, known, known_name
        Identifiers, and the name of the known one.
    p_value
        How likely so good a match is by chance at the best of all offsets and strands.
    e_value
        As many known motifs match so well by chance: `p_value` times their number.
    q_value
        The false discovery rate (Benjamini and Hochberg) among all known motifs for the one found.
    offset
        The 0-based column of the known motif, read on `strand`, on which the first column of the found one lies;
        negative where the found one begins before.
    overlap
        How many columns lie over each other.
    strand
        ``+``, or ``-`` where the found one matches the reverse complement of the known one.
    """

    found: str
    known: str
    known_name: str
    p_value: float
    e_value: float
    q_value: float
    offset: int
    overlap: int
    strand: str


def similar_motifs(
    found: Sequence[Motif], known: Sequence[Motif], max_e_value: float = MAX_E_VALUE
) -> list[SimilarMotif]:
    """Compare found motifs with known ones.

    Parameters
    ----------
    found
        Say, those of DREME. A motif of two letters, such as CG, is part of very many others: none of its hits can
        be told from chance, and mostly none is under the bound.
    known
        Say, ``read_motifs("JASPAR2016")``. They are the background too: p-values of a few are rough, and memelite
        warns of fewer than 25.
    max_e_value
        The largest E-value to list.

    Returns
    -------
    list of SimilarMotif
        Found ones in their order, for each its best match first.

    Raises
    ------
    InputError
        If there are no known motifs, or a motif has no columns of four finite frequencies.
    """
    if not known:
        what = "there are no known motifs to compare with"
        raise InputError(what, where="similar motifs", remedy="Give a release of JASPAR or a file of motifs")
    queries, targets = ([_columns(motif) for motif in motifs] for motifs in (found, known))
    if not queries:
        return []
    numbers = _tomtom(queries, targets)
    rows = []
    for motif, p_values, offsets, overlaps, strands in zip(found, *numbers, strict=True):
        q_values = false_discovery_control(p_values)
        for place in np.argsort(p_values, kind="stable"):
            e_value = float(p_values[place]) * len(known)
            if e_value > max_e_value:
                break
            match = known[place]
            rows.append(
                SimilarMotif(
                    found=motif.identifier,
                    known=match.identifier,
                    known_name=match.name,
                    p_value=float(p_values[place]),
                    e_value=e_value,
                    q_value=float(q_values[place]),
                    offset=int(offsets[place]),
                    overlap=int(overlaps[place]),
                    strand="-" if strands[place] else "+",
                )
            )
    return rows


def _columns(motif: Motif) -> Floats:
    """Return ``float64 [4, position]``."""
    table = np.asarray(motif.frequencies, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != 4 or not len(table) or not np.isfinite(table).all():
        what = f"frequencies of shape {table.shape} are no columns of A, C, G and T"
        where = f"motif {motif.identifier}"
        raise InputError(what, where=where, remedy="Give finite frequencies [position, 4]")
    return np.ascontiguousarray(table.T)


def _tomtom(queries: list[Floats], targets: list[Floats]) -> tuple[Floats, Floats, Floats, Floats]:
    """Return p-values, offsets, overlaps and strands, ``float64 [query, target]``."""
    from memelite import tomtom  # type: ignore[import-untyped, unused-ignore]

    # By default similar columns of the targets are merged, which moves p-values by orders of magnitude.
    p_values, _, offsets, overlaps, strands = tomtom(queries, targets, n_target_bins=None, n_jobs=1)
    return np.clip(p_values, 0.0, 1.0), offsets, overlaps, strands
