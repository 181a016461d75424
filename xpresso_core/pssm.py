"""Motifs as FIMO scores them: integer matrices, and the p-value of every score.

After FIMO 4.12 and 5.5 (Grant, Bailey & Noble 2011), whose hits in text mode these matrices give exactly. FIMO ignores
the higher orders of a background model, so four letter frequencies are all there is to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xpresso_core.background import Frequencies
from xpresso_core.errors import InputError
from xpresso_core.meme_format import Motif

THRESHOLD = 1e-4
"""FIMO's default: hits are windows whose p-value is this or less."""

PSEUDOCOUNT = 0.1
"""FIMO's default, in sites."""

RANGE = 1000
"""The scores of one position go from 0 to this."""

_INVERSE_LOG_2 = 1.44269504  # FIMO's constant; 1 / ln 2 differs in the ninth digit
_LOG_ZERO = -1e10
_SMALL = 5e-7  # what the MEME Suite adds to each frequency of a background


@dataclass(frozen=True)
class Pssm:
    """A motif's scoring matrix for one strand.

    Attributes
    ----------
    scores
        ``int32 [position, 4]``, 0 to `RANGE`. For the minus strand, of the reverse complement: both are
        compared with the forward strand.
    scale, offset
        A window's printed score is ``sum / scale + width * offset``, in bits.
    pvalues
        ``float64 [sum - lowest]``: the chance that a random window scores at least ``sum``.
    lowest
        The smallest sum that is a hit.
    """

    scores: npt.NDArray[np.int32]
    scale: float
    offset: float
    pvalues: npt.NDArray[np.float64]
    lowest: int

    @property
    def width(self) -> int:
        """Return the number of positions."""
        return len(self.scores)

    def of_sum(self, total: int) -> tuple[float, float]:
        """Return score in bits, as FIMO prints it, and p-value of a hit's sum."""
        bits = total / self.scale + self.width * self.offset
        return bits, float(self.pvalues[total - self.lowest])


def pssms(
    motifs: Sequence[Motif],
    background: Frequencies,
    *,
    threshold: float = THRESHOLD,
    pseudocount: float = PSEUDOCOUNT,
    both_strands: bool = True,
) -> list[Pssm]:
    """Make the scoring matrices of motifs.

    Parameters
    ----------
    motifs
        The motifs.
    background
        ``float64 [4]``: chances of A, C, G and T. For both strands, those of A and T and those of C and G are
        averaged where scores and p-values are computed, but not in the pseudocounts: as in FIMO.
    threshold
        The largest p-value of a hit, above 0 and below 1.
    pseudocount
        Sites that look like the background, added to each motif's own.
    both_strands
        Whether to make two matrices of each motif, for + and -, or one.

    Returns
    -------
    list of Pssm
        Of the motifs in order; for both strands + and - by turns.

    Raises
    ------
    InputError
        If a setting is out of range.
    """
    if not 0 < threshold < 1:
        what = f"{threshold:g} is no p-value of a threshold"
        raise InputError(what, where="threshold", remedy="Give one between 0 and 1")
    if not 0 <= pseudocount < np.inf:
        what = f"{pseudocount:g} is no pseudocount"
        raise InputError(what, where="pseudocount", remedy="Give 0 or more sites")
    prior = (background + _SMALL) / (background.sum() + 4 * _SMALL)
    chances = prior
    if both_strands:
        paired = (prior + prior[::-1]) / 2
        chances = paired / paired.sum()
    made = []
    for motif in motifs:
        likely = (motif.frequencies * motif.sites + pseudocount * prior) / (motif.sites + pseudocount)
        made.append(_pssm(likely, chances, threshold))
        if both_strands:
            made.append(_pssm(likely[::-1, ::-1], chances, threshold))
    return made


def _pssm(likely: npt.NDArray[np.float64], chances: Frequencies, threshold: float) -> Pssm:
    """Make a matrix from probabilities ``[position, 4]``."""
    ratios = likely / chances
    logs = np.where(ratios > 0, np.log(ratios, where=ratios > 0, out=np.zeros_like(ratios)), _LOG_ZERO)
    bits = logs * _INVERSE_LOG_2
    low, high = bits.min(), bits.max()
    if low == high:
        low = high - 1
    offset = np.floor(low)
    scale = np.floor(RANGE / (high - offset))
    scores = _nearest((bits - offset) * scale)
    upper_tail = score_pvalues(scores, chances)
    lowest = int(np.searchsorted(-upper_tail, -threshold))
    return Pssm(scores, float(scale), float(offset), upper_tail[lowest:], lowest)


def _nearest(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """Round half up, as FIMO's scores, none of which is negative, are rounded."""
    return np.trunc(values + 0.5).astype(np.int32)


def score_pvalues(scores: npt.NDArray[np.int32], chances: Frequencies) -> npt.NDArray[np.float64]:
    """Return the chance that a window of random letters scores at least so much.

    Parameters
    ----------
    scores
        ``int32 [position, 4]``, 0 to `RANGE`.
    chances
        ``float64 [4]``, of the letters.

    Returns
    -------
    numpy.ndarray
        ``float64 [RANGE * positions + 1]``, by sum of scores. Terms are added in FIMO's order, from the lowest sum
        before: the last of its printed digits depends on it.
    """
    density = np.zeros(RANGE * len(scores) + 1)
    density[0] = 1.0
    for reached, row in enumerate(scores):
        end = RANGE * reached + 1
        before = density[:end].copy()
        density[:end] = 0.0
        for letter in np.argsort(-row, kind="stable"):
            density[row[letter] : row[letter] + end] += before * chances[letter]
    tail: npt.NDArray[np.float64] = np.minimum(1.0, density[::-1].cumsum()[::-1])
    return tail
