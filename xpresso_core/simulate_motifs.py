"""The motif file of a simulated species: the planted motifs, and decoys that nothing planted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xpresso_core import meme_format
from xpresso_core.sequence import decode, encode, reverse_complement
from xpresso_core.simulate_dna import IUPAC, Motif

DECOYS = 4
"""Decoys of each motif."""

CERTAINTY = 0.97
"""Frequency of a letter that a consensus asks for, shared among several where it allows them."""

SITES = 1000.0


def simulated_motifs(planted: Sequence[Motif], rng: np.random.Generator) -> tuple[meme_format.Motif, ...]:
    """Return the motifs to write.

    Parameters
    ----------
    planted
        What the simulation plants.
    rng
        Draws the decoys: the letters of a consensus in another order.

    Returns
    -------
    tuple of meme_format.Motif
        ``SIM1 ETS-like``, its decoys ``DECOY1.1 ETS-like-shuffled`` and so on, then those of the next.
    """
    found = []
    for number, motif in enumerate(planted, start=1):
        taken = {motif.consensus, _complement(motif.consensus)}
        found.append(meme_format.Motif(f"SIM{number}", motif.name, _frequencies(motif.consensus), SITES))
        for decoy in range(1, DECOYS + 1):
            consensus = motif.consensus
            while consensus in taken:
                consensus = "".join(rng.permutation(list(motif.consensus)))
            taken |= {consensus, _complement(consensus)}
            name = f"{motif.name}-shuffled"
            found.append(meme_format.Motif(f"DECOY{number}.{decoy}", name, _frequencies(consensus), SITES))
    return tuple(found)


def _complement(consensus: str) -> str:
    """Return the other strand's consensus, as far as it has plain letters; others become N."""
    return decode(reverse_complement(encode(consensus)))


def _frequencies(consensus: str) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    rows = []
    for letter in consensus:
        allowed = IUPAC[letter]
        other = (1 - CERTAINTY) / (4 - len(allowed))
        rows.append([CERTAINTY / len(allowed) if base in allowed else other for base in "ACGT"])
    return np.array(rows)
