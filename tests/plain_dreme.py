"""DREME in plain Python, as the original goes about it: dictionaries of texts, and regular expressions.

What the fast way is compared with, in results by the tests and in time by ``docs/benchmarks/bench_dreme.py``.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

BASES = {
    **{"A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC"},
    **{"B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT"},
}  # fmt: skip
PARTS = {
    **{"K": "GT", "Y": "CT", "S": "CG", "W": "AT", "R": "AG", "M": "AC"},
    **{"B": "CK", "D": "AK", "H": "AY", "V": "AS", "N": "AB"},
}
LOG_THRESHOLD = math.log(0.01)


class Counts(NamedTuple):
    positives: int
    negatives: int
    log_pvalue: float


class Found(NamedTuple):
    expression: str
    positives: int
    negatives: int
    log_pvalue: float
    log_evalue: float
    unerased_log_evalue: float
    sites: int
    frequencies: list[list[float]]
    words: list[tuple[str, int, int, float]]


Table = dict[str, Counts]


def other_strand(text: str) -> str:
    return text[::-1].translate(str.maketrans("ACGTRYSWKMBDHVN", "TGCAYRSWMKVHDBN"))


class Plain:
    """A search; `motifs` yields what it finds."""

    def __init__(
        self,
        positives: Sequence[str],
        negatives: Sequence[str],
        *,
        mink: int = 3,
        maxk: int = 8,
        evalue: float = 0.05,
        ngen: int = 100,
        both_strands: bool = True,
    ) -> None:
        self.positives, self.negatives = list(positives), list(negatives)
        self.mink, self.maxk, self.ngen, self.both = mink, maxk, ngen, both_strands
        self.log_limit = math.log(evalue)

    def motifs(self) -> Iterator[Found]:
        positives, negatives = list(self.positives), list(self.negatives)
        while True:
            words = self.count_words(positives, negatives)
            made = self.generalise(words)
            for expression in sorted(made, key=lambda text: made[text].log_pvalue)[: self.ngen]:
                made[expression] = self.count(expression, positives, negatives)
            table = made | words
            if not table:
                return
            best = min(table, key=lambda text: (table[text].log_pvalue, text))
            log_size = math.log(len(table))
            counts = table[best]
            if counts.log_pvalue + log_size > self.log_limit:
                return
            sites = [site for text in positives for site in self.sites(best, text)]
            yield Found(
                best,
                *counts,
                counts.log_pvalue + log_size,
                self.count(best, self.positives, self.negatives).log_pvalue + log_size,
                len(sites),
                [[column.count(base) / len(sites) for base in "ACGT"] for column in zip(*sites, strict=True)],
                self.listed(best, words),
            )
            positives = [self.pattern(best).sub("N" * len(best), text) for text in positives]
            negatives = [self.pattern(best).sub("N" * len(best), text) for text in negatives]

    def key(self, text: str) -> str:
        return min(text, other_strand(text)) if self.both else text

    def pattern(self, expression: str) -> re.Pattern[str]:
        texts = [expression, other_strand(expression)] if self.both else [expression]
        return re.compile("|".join("".join(f"[{BASES[letter]}]" for letter in text) for text in texts))

    def count_words(self, positives: Sequence[str], negatives: Sequence[str]) -> Table:
        counts: dict[str, list[int]] = {}
        for kind, texts in enumerate((positives, negatives)):
            for width in range(self.mink, self.maxk + 1):
                for text in texts:
                    seen = set()
                    for start in range(len(text) - width + 1):
                        word = text[start : start + width]
                        if "N" in word:
                            continue
                        word = self.key(word)
                        if word not in seen:
                            seen.add(word)
                            if kind == 0:
                                counts.setdefault(word, [0, 0])
                            if word in counts:
                                counts[word][kind] += 1
        return {word: self.test(*pair) for word, pair in counts.items()}

    def count(self, expression: str, positives: Sequence[str], negatives: Sequence[str]) -> Counts:
        pattern = self.pattern(expression)
        here, there = (sum(1 for text in texts if pattern.search(text)) for texts in (positives, negatives))
        return self.test(here, there)

    def test(self, positive: int, negative: int) -> Counts:
        everything = len(self.positives), len(self.negatives)
        return Counts(positive, negative, log_tail(positive, negative, *everything))

    def generalise(self, words: Table) -> Table:
        found: Table = {}
        level = words
        for _ in range(self.maxk):
            new: Table = {}
            for text in sorted(level, key=lambda text: level[text].log_pvalue)[: self.ngen]:
                for column, letter in enumerate(text):
                    if letter in "ACGT":
                        self.generalise_column(text, column, level, new)
            found |= new
            level = new
        return found

    def generalise_column(self, text: str, column: int, level: Table, new: Table) -> None:
        def changed(letter: str) -> str:
            return self.key(text[:column] + letter + text[column + 1 :])

        known: dict[str, tuple[int, int]] = {}
        for base in "ACGT":
            counts = level.get(changed(base))
            if counts and counts.log_pvalue < LOG_THRESHOLD:
                known[base] = counts[:2]
        for letter, (one, other) in PARTS.items():
            if one not in known or other not in known:
                continue
            known[letter] = (
                together(known[one][0], known[other][0], len(self.positives)),
                together(known[one][1], known[other][1], len(self.negatives)),
            )
            if letter != "N" or 0 < column < len(text) - 1:
                new[changed(letter)] = self.test(*known[letter])

    def sites(self, expression: str, text: str) -> Iterator[str]:
        forward = re.compile("".join(f"[{BASES[letter]}]" for letter in expression))
        for found in self.pattern(expression).finditer(text):
            yield found[0] if forward.fullmatch(found[0]) else other_strand(found[0])

    def listed(self, expression: str, words: Table) -> list[tuple[str, int, int, float]]:
        forward = re.compile("".join(f"[{BASES[letter]}]" for letter in expression))
        rows = []
        for word, counts in words.items():
            shown = word if forward.fullmatch(word) or not self.both else other_strand(word)
            if forward.fullmatch(shown) and counts.log_pvalue < LOG_THRESHOLD:
                rows.append((shown, *counts))
        return sorted(rows, key=lambda row: (row[3], row[0]))


def together(one: int, other: int, everything: int) -> int:
    return math.floor(one + other - one * other / everything + 0.5)


def log_tail(positive: int, negative: int, positives: int, negatives: int) -> float:
    """Sum the chances of so many positives or more, each in logarithms."""
    if positive * negatives <= negative * positives:
        return 0.0
    matching = positive + negative
    logs = [
        log_choose(positives, more)
        + log_choose(negatives, matching - more)
        - log_choose(positives + negatives, matching)
        for more in range(positive, min(positives, matching) + 1)
    ]
    largest = max(logs)
    return min(0.0, largest + math.log(math.fsum(math.exp(one - largest) for one in logs)))


def log_choose(whole: int, part: int) -> float:
    return math.lgamma(whole + 1) - math.lgamma(part + 1) - math.lgamma(whole - part + 1)


def shuffled(texts: Sequence[str], seed: int) -> list[str]:
    """Shuffle texts as DREME does, by the way of Altschul and Erickson."""
    numbers = random.Random(seed)
    return [shuffle_pairs(text, numbers) if len(text) > 1 else text for text in texts]


def shuffle_pairs(text: str, numbers: random.Random) -> str:
    following: dict[str, list[str]] = {
        letter: [after for before, after in zip(text, text[1:], strict=False) if before == letter]
        for letter in "ACGTN"
    }
    others = [letter for letter in "ACGTN" if letter in text and letter != text[-1]]
    while True:
        final = {letter: draw(following[letter], numbers) for letter in others}
        if all(leads_to_end(letter, final, text[-1]) for letter in others):
            break
    for letter, successors in following.items():
        if letter in final:
            successors.remove(final[letter])
        for at in range(len(successors) - 1, 0, -1):
            other = int(numbers.random() * (at + 1))
            successors[at], successors[other] = successors[other], successors[at]
        if letter in final:
            successors.append(final[letter])
    out = [text[0]]
    while len(out) < len(text):
        out.append(following[out[-1]].pop(0))
    return "".join(out)


def draw(successors: Sequence[str], numbers: random.Random) -> str:
    drawn = numbers.random()
    return next(
        letter
        for number, letter in enumerate("ACGTN")
        if drawn < sum(successors.count(one) for one in "ACGTN"[: number + 1]) / len(successors)
    )


def leads_to_end(letter: str, final: dict[str, str], end: str) -> bool:
    for _ in range(5):
        letter = final.get(letter, end)
    return letter == end
