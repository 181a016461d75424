"""What a search of DREME is told, and what it finds."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from xpresso_core.background import Frequencies
from xpresso_core.dreme_letters import reverse_complement
from xpresso_core.errors import InputError

MAX_WIDTH = 12
"""The longest word: 16.8 million words, whose tables take 200 MB."""

LIST_PVALUE = 0.01
"""Words and expressions are generalised, and words listed, below this p-value."""


class Options(NamedTuple):
    """The options of a search, by default those of DREME.

    Attributes
    ----------
    mink, maxk
        The shortest and longest words, in letters.
    evalue
        The largest E-value of a motif.
    most_motifs
        The number of motifs after which to stop; None for no such number.
    ngen
        How many of the best expressions to generalise, and of the generalised to count exactly.
    both_strands
        Whether a word and its reverse complement are one.
    seed
        For shuffling the positive sequences, where there are no negative ones.
    """

    mink: int = 3
    maxk: int = 8
    evalue: float = 0.05
    most_motifs: int | None = None
    ngen: int = 100
    both_strands: bool = True
    seed: int = 1

    def check(self) -> None:
        """Raise `InputError` for the first option that is out of range."""
        if not 1 <= self.mink <= self.maxk <= MAX_WIDTH:
            what = f"words of {self.mink} to {self.maxk} letters cannot be counted"
            raise InputError(what, where="mink, maxk", remedy=f"Take 1 <= mink <= maxk <= {MAX_WIDTH}")
        if not 0 < self.evalue < math.inf:
            what = f"{self.evalue:g} is no E-value"
            raise InputError(what, where="evalue", remedy="Take a positive number")
        if self.most_motifs is not None and self.most_motifs < 1:
            what = f"{self.most_motifs} motifs cannot be looked for"
            raise InputError(what, where="most_motifs", remedy="Take 1 or more")
        if self.ngen < 1:
            what = f"{self.ngen} expressions cannot be generalised"
            raise InputError(what, where="ngen", remedy="Take 1 or more")
        if self.seed < 0:
            what = f"{self.seed} is no seed"
            raise InputError(what, where="seed", remedy="Take 0 or more")


class Word(NamedTuple):
    """A word that a motif's expression matches.

    Attributes
    ----------
    letters
        The word, on the strand on which the expression matches it.
    positives, negatives
        The numbers of sequences that have it, on either strand.
    log_pvalue, log_evalue
        Natural logarithms.
    """

    letters: str
    positives: int
    negatives: int
    log_pvalue: float
    log_evalue: float

    @property
    def reverse_complement(self) -> str:
        """Return the word of the other strand."""
        return reverse_complement(self.letters)


class DremeMotif(NamedTuple):
    """A motif.

    Attributes
    ----------
    expression
        The regular expression, in the letters of IUPAC.
    positives, negatives
        The numbers of sequences that match it, on either strand, what earlier motifs matched being erased.
    log_pvalue, log_evalue
        Of Fisher's exact test; natural logarithms.
    unerased_log_evalue
        The same where nothing is erased.
    sites
        The number of matches that do not overlap, in the positive sequences.
    frequencies
        ``float64 [position, 4]``: the shares of A, C, G and T in the sites, without pseudocounts.
    words
        The words of p-value below `LIST_PVALUE` that it matches, the best first.
    """

    expression: str
    positives: int
    negatives: int
    log_pvalue: float
    log_evalue: float
    unerased_log_evalue: float
    sites: int
    frequencies: npt.NDArray[np.float64]
    words: tuple[Word, ...]

    @property
    def rows(self) -> tuple[Word, ...]:
        """Return the expression, as if it were a word, and the words below it."""
        numbers = self.positives, self.negatives, self.log_pvalue, self.log_evalue
        return (Word(self.expression, *numbers), *self.words)


class DremeResult(NamedTuple):
    """What a search found.

    Attributes
    ----------
    motifs
        The motifs, in the order in which they were found.
    options
        What the search was told.
    positives, negatives
        The numbers of sequences.
    shuffled
        Whether the negative sequences are the positive ones, shuffled.
    background
        ``float64 [4]``: the shares of A, C, G and T in the negative sequences, one being added to each count.
    stop
        Why the search ended: ``evalue`` where the next motif's E-value is too large, or no word is left; ``count``
        where there are as many motifs as asked for.
    """

    motifs: tuple[DremeMotif, ...]
    options: Options
    positives: int
    negatives: int
    shuffled: bool
    background: Frequencies
    stop: str
