"""Letter frequencies that motifs are compared with, by the rule of MEME's ``fasta-get-markov``."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from xpresso_core.errors import InputError
from xpresso_core.files import open_text
from xpresso_core.kmers import complements, count_kmers, kmer_names
from xpresso_core.sequence import Codes

Frequencies = npt.NDArray[np.float64]
"""``float64 [4]`` of A, C, G and T."""

UNIFORM: Frequencies = np.full(4, 0.25)

NRDB: Frequencies = np.array([0.281774, 0.222020, 0.228876, 0.267330])
"""FIMO's default: the letters of a non-redundant database of nucleotides, as the MEME Suite gives them."""

PSEUDOCOUNT = 0.1


def markov_frequencies(
    sequences: Iterable[Codes],
    order: int = 0,
    *,
    both_strands: bool = True,
    pseudocount: float = PSEUDOCOUNT,
) -> list[Frequencies]:
    """Estimate a Markov model of the background as ``fasta-get-markov`` does.

    Parameters
    ----------
    sequences
        Codes ``uint8 [length]`` each; words with an N are skipped.
    order
        Of the model: 0 is letter frequencies, and all that FIMO uses.
    both_strands
        Whether to count the other strand too; else as with ``-norc``.
    pseudocount
        Shared among the words of one length, and added to the counts: for both strands, to their sum.

    Returns
    -------
    list of numpy.ndarray
        For each length 1 to ``order + 1`` the frequencies of its words (`kmers.kmer_names`), rounded to the
        four digits that ``fasta-get-markov`` prints and FIMO therefore reads.
    """
    joined: Codes = np.concatenate([np.append(codes, np.uint8(4)) for codes in sequences])[None]
    models = []
    for k in range(1, order + 2):
        counts = count_kmers(joined, k)[0].astype(np.float64)
        if both_strands:
            counts = counts + counts[complements(k)]
        shares = (counts + pseudocount / counts.size) / (counts.sum() + pseudocount)
        models.append(np.array([float(f"{share:.3e}") for share in shares]))
    return models


def sequence_background(sequences: Iterable[Codes]) -> Frequencies:
    """Return the letter frequencies of sequences, both strands together, as ``fasta-get-markov`` prints them.

    Raises
    ------
    InputError
        If they hold no letter but N.
    """
    kept = [codes for codes in sequences if (codes < 4).any()]
    if not kept:
        what = "the sequences hold no A, C, G or T"
        raise InputError(what, where="background", remedy="Give sequences, or another background")
    return markov_frequencies(kept)[0]


def read_background(path: str | os.PathLike[str]) -> Frequencies:
    """Read letter frequencies from a background file of the MEME Suite; words of several letters are skipped.

    Raises
    ------
    InputError
        If a letter is missing or its frequency is no number above 0 and at most 1.
    """
    found: dict[str, str] = {}
    with open_text(path) as handle:
        for line in handle:
            words = line.split()
            if len(words) == 2 and words[0].upper() in kmer_names(1):
                found[words[0].upper()] = words[1]
    try:
        frequencies = np.array([float(found[letter]) for letter in kmer_names(1)])
    except (KeyError, ValueError):
        frequencies = np.full(4, np.nan)
    if not ((frequencies > 0) & (frequencies <= 1)).all():
        what = "lacks a line with a frequency for each of A, C, G and T"
        raise InputError(what, where=str(path), remedy="Make it with fasta-get-markov")
    return frequencies
