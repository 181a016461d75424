"""The FIMO of pymemesuite: another way to ask which motifs a sequence has, slow and not quite FIMO.

Other than FIMO it takes the letters of a database (`background.NRDB`) for pseudocounts, whatever the background;
does not average the frequencies of A and T and of C and G over the strands; never looks at the last window of a
sequence; and asks for a p-value below the threshold, where FIMO accepts one that equals it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from xpresso_core.background import Frequencies
from xpresso_core.meme_format import Motif, format_motifs
from xpresso_core.sequence import Codes, decode


def present_motifs(
    motifs: Sequence[Motif], sequences: Sequence[Codes], background: Frequencies, threshold: float
) -> npt.NDArray[np.bool_]:
    """Say which sequence has which motif, on either strand.

    Parameters
    ----------
    motifs, background
        The motifs, and ``float64 [4]`` letter frequencies to score by.
    sequences
        Codes ``uint8 [length]`` each.
    threshold
        Of p-values.

    Returns
    -------
    numpy.ndarray
        ``bool [sequence, motif]``.
    """
    from pymemesuite.common import Alphabet, Array, Background, MotifFile, Sequence
    from pymemesuite.fimo import FIMO

    letters = Background(Alphabet.dna(), Array(background))
    records = [Sequence(decode(codes), str(number).encode()) for number, codes in enumerate(sequences)]
    # By default it forgets hits, or even all of them, beyond 100,000 of a motif.
    windows = 2 * sum(len(codes) for codes in sequences) + 1
    scanner = FIMO(both_strands=True, threshold=threshold, max_stored_scores=windows)
    present = np.zeros((len(sequences), len(motifs)), dtype=bool)
    for column, motif in enumerate(MotifFile(io.BytesIO(format_motifs(motifs).encode()))):
        pattern = scanner.score_motif(motif, records, letters)
        present[[int(site.source.accession) for site in pattern.matched_elements], column] = True
    return present
