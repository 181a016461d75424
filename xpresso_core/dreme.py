"""DREME 4.12: short motifs that one set of sequences has more often than another, as regular expressions.

The method of Bailey (2011), result by result as the program of the MEME Suite gives them: count the sequences that
have each word; test (`dreme_fisher`); generalise the best words (`dreme_generalise`); count the best expressions
exactly; take the best one, erase what it matches, and begin again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from xpresso_core.background import Frequencies
from xpresso_core.dreme_fisher import Fisher
from xpresso_core.dreme_generalise import generalise
from xpresso_core.dreme_letters import reverse_complement, unpack
from xpresso_core.dreme_result import LIST_PVALUE, DremeMotif, DremeResult, Options, Word
from xpresso_core.dreme_shuffle import shuffle_sequences
from xpresso_core.dreme_words import (
    Numbers,
    Pool,
    Table,
    count_matches,
    count_words,
    erase,
    matching_words,
    reversed_keys,
)
from xpresso_core.errors import InputError
from xpresso_core.sequence import Codes

__all__ = ["DremeMotif", "DremeResult", "Options", "Word", "find_motifs"]


def find_motifs(
    positives: Sequence[Codes],
    negatives: Sequence[Codes] | None = None,
    options: Options | None = None,
    *,
    told: Callable[[DremeMotif], None] | None = None,
) -> DremeResult:
    """Find the motifs that the positive sequences have and the negative ones lack.

    Parameters
    ----------
    positives, negatives
        Codes ``uint8 [length]`` each. Without negative sequences the positive ones, shuffled, take their place.
    options
        What to look for; by default `Options`.
    told
        Called with each motif when it is found.

    Raises
    ------
    InputError
        If an option is out of range, there are no sequences, or the positive ones have no word.
    """
    options = options or Options()
    options.check()
    if not len(positives) or (negatives is not None and not len(negatives)):
        what = f"there are no {'negative' if len(positives) else 'positive'} sequences"
        raise InputError(what, where="sequences", remedy="Give at least one of each kind")
    control = shuffle_sequences(positives, options.seed) if negatives is None else negatives
    search = _Search.of(Pool.of(positives), Pool.of(control), options)
    motifs, stop = list[DremeMotif](), "evalue"
    while motif := search.next_motif():
        if told:
            told(motif)
        motifs.append(motif)
        if len(motifs) == options.most_motifs:
            stop = "count"
            break
    return DremeResult(
        tuple(motifs),
        options,
        len(positives),
        len(control),
        negatives is None,
        letter_frequencies(search.negatives.codes),
        stop,
    )


def letter_frequencies(codes: Codes) -> Frequencies:
    """Return the shares of A, C, G and T, ``float64 [4]``, one being added to each count."""
    counts = np.bincount(codes, minlength=4)[:4] + 1.0
    shares: Frequencies = counts / counts.sum()
    return shares


class _Search(NamedTuple):
    """The state of a search: the sequences as given, and those from which motifs are erased."""

    positives: Pool
    negatives: Pool
    erased_positives: Pool
    erased_negatives: Pool
    fisher: Fisher
    options: Options

    @classmethod
    def of(cls, positives: Pool, negatives: Pool, options: Options) -> _Search:
        if positives.longest_run() < options.mink:
            what = f"the positive sequences have no word of {options.mink} letters A, C, G and T"
            raise InputError(what, where="sequences", remedy="Give longer ones, or a smaller mink")
        fisher = Fisher.of(positives.size, negatives.size)
        return cls(positives, negatives, positives.copy(), negatives.copy(), fisher, options)

    def words(self) -> Table:
        """Count the words that are left."""
        widths = range(self.options.mink, self.options.maxk + 1)
        both = self.options.both_strands
        return count_words(self.erased_positives, self.erased_negatives, widths, both, self.fisher)

    def next_motif(self) -> DremeMotif | None:
        """Find the best motif of what is left and erase it; None if there is none."""
        words = self.words()
        if not words.size:
            return None
        options = self.options
        made = generalise(words, options.maxk, options.ngen, options.both_strands, self.fisher)
        table = Table.together([self.counted(made), words])
        row, log_size = best_row(table), math.log(table.size)
        log_pvalue = float(table.log_pvalues[row])
        if log_pvalue + log_size > math.log(options.evalue):
            return None
        expression = unpack(int(table.keys[row]))
        unerased = self.log_pvalues(self.positives, self.negatives, [expression])[2][0]
        letters = erase(self.erased_positives, expression, options.both_strands)
        erase(self.erased_negatives, expression, options.both_strands)
        return DremeMotif(
            expression,
            int(table.positive[row]),
            int(table.negative[row]),
            log_pvalue,
            log_pvalue + log_size,
            float(unerased) + log_size,
            int(letters[0].sum()),
            letters / letters[0].sum(),
            listed_words(words, expression, log_size, options.both_strands),
        )

    def counted(self, made: Table) -> Table:
        """Count the best generalised expressions exactly; of the others the estimates stay."""
        best = made.best(self.options.ngen)
        if not len(best):
            return made
        expressions = [unpack(int(key)) for key in made.keys[best]]
        counts = self.log_pvalues(self.erased_positives, self.erased_negatives, expressions)
        for column, values in zip(made[1:], counts, strict=True):
            column[best] = values
        return made

    def log_pvalues(
        self, positives: Pool, negatives: Pool, expressions: Sequence[str]
    ) -> tuple[Numbers, Numbers, npt.NDArray[np.float64]]:
        """Count the sequences that match expressions, and test."""
        both = self.options.both_strands
        here, there = (count_matches(pool, expressions, both) for pool in (positives, negatives))
        return here, there, self.fisher.log_pvalues(here, there)


def best_row(table: Table) -> int:
    """Return the row of the smallest p-value; of equal ones, that of the first in the alphabet."""
    rows = np.flatnonzero(table.log_pvalues == table.log_pvalues.min())
    return int(rows[np.argmin(table.keys[rows])])


def listed_words(words: Table, expression: str, log_size: float, both_strands: bool) -> tuple[Word, ...]:
    """Return the words that an expression matches, the best first.

    Parameters
    ----------
    words
        All words.
    expression
        In letters of IUPAC.
    log_size
        The natural logarithm of the number of tests.
    both_strands
        Whether a word may match on the other strand; it is then turned.
    """
    rows = np.flatnonzero(words.log_pvalues < math.log(LIST_PVALUE))
    forward = matching_words(words.keys[rows], expression)
    matches = forward
    if both_strands:
        matches = forward | matching_words(words.keys[rows], reverse_complement(expression))
    keys = np.where(forward, words.keys[rows], reversed_keys(words.keys[rows], len(expression)))[matches]
    rows = rows[matches]
    return tuple(
        Word(
            unpack(int(key)),
            int(words.positive[row]),
            int(words.negative[row]),
            float(words.log_pvalues[row]),
            float(words.log_pvalues[row]) + log_size,
        )
        for key, row in sorted(
            zip(keys, rows, strict=True), key=lambda pair: (words.log_pvalues[pair[1]], pair[0])
        )
    )
