"""Time the search for new motifs: ours on one thread against DREME's way in plain Python.

Two kinds of sequences, simulated: long ones like the regions around the binding sites of a factor, with words of 3 to 8
letters; and the many short ones around which the paper looks for motifs, with words of 2 to 10. The plain way
(``tests/plain_dreme.py``) goes about it as the original program does, with dictionaries and regular expressions.
Both look for the same number of motifs in the same sequences and must find the same ones; of the short sequences both
get a small part, and ours gets all of them besides. One line each gives times and ratio.

Usage: ``python docs/benchmarks/bench_dreme.py [long] [short] [many] [rounds]``: numbers of sequences of each set.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from plain_dreme import Plain

from xpresso_core.dreme import Options, find_motifs
from xpresso_core.sequence import Codes, decode, encode
from xpresso_core.threads import set_threads

CHANCES = (0.26, 0.24, 0.24, 0.26)
LONG, SHORTEST, LONGEST = 500, 6, 34
MOTIFS = 2


def sequences(number: int, shortest: int, longest: int, word: str, share: float, seed: int) -> list[Codes]:
    """Return random sequences ``uint8 [length]``; a share of those with room have a word."""
    random = np.random.default_rng(seed)
    lengths = random.integers(shortest, longest + 1, number)
    letters = random.choice(4, lengths.sum(), p=CHANCES).astype(np.uint8)
    out = np.split(letters, np.cumsum(lengths)[:-1])
    planted = encode(word)
    for sequence in out:
        if random.random() < share and len(sequence) >= len(planted):
            at = random.integers(0, len(sequence) - len(planted) + 1)
            sequence[at : at + len(planted)] = planted
    return out


def sets(number: int, shortest: int, longest: int, word: str) -> tuple[list[Codes], list[Codes]]:
    """Return positive sequences, of which a share has a word, and negative ones."""
    return sequences(number, shortest, longest, word, 0.3, 1), sequences(
        number, shortest, longest, word, 0, 2
    )


def plain(
    positives: Sequence[Codes], negatives: Sequence[Codes], options: Options
) -> list[tuple[object, ...]]:
    """Search in the plain way; return expressions, counts and numbers of sites."""
    texts = ([decode(codes) for codes in some] for some in (positives, negatives))
    search = Plain(*texts, mink=options.mink, maxk=options.maxk, evalue=options.evalue)
    found = islice(search.motifs(), options.most_motifs)
    return [(row.expression, row.positives, row.negatives, row.sites) for row in found]


def ours(
    positives: Sequence[Codes], negatives: Sequence[Codes], options: Options
) -> list[tuple[object, ...]]:
    """Search as the package does."""
    found = find_motifs(positives, negatives, options).motifs
    return [(row.expression, row.positives, row.negatives, row.sites) for row in found]


def timed(work: Callable[[], list[tuple[object, ...]]]) -> tuple[float, list[tuple[object, ...]]]:
    """Return the processor seconds that a call takes, as others may be busy, and what it returns."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def compare(what: str, positives: list[Codes], negatives: list[Codes], options: Options, rounds: int) -> None:
    """Run both in turns and print the comparison."""
    fast, slow = [], []
    for _ in range(rounds):
        seconds, found = timed(lambda: ours(positives, negatives, options))
        fast.append(seconds)
        seconds, expected = timed(lambda: plain(positives, negatives, options))
        slow.append(seconds)
        if found != expected or not found:
            sys.exit(f"bench_dreme: the two ways find different motifs: {found} and {expected}")
    ratios = [one / other for one, other in zip(slow, fast, strict=True)]
    print(
        f"{len(found)} motifs in twice {len(positives):,} {what}, words of {options.mink} to {options.maxk}: "
        f"{statistics.median(fast):.2f} s, plain {statistics.median(slow):.1f} s: "
        f"{statistics.median(ratios):.0f} x ({min(ratios):.0f}-{max(ratios):.0f}, {rounds} rounds)",
        flush=True,
    )


def main() -> None:
    """Compare on both kinds, then time ours on many."""
    numbers = [int(word) for word in sys.argv[1:]]
    long, short, many, rounds = [*numbers, *(904, 5000, 400_000, 2)[len(numbers) :]]
    set_threads(1)
    warm = sets(50, 20, 40, "GATTACAT")
    ours(*warm, Options(evalue=1e9, most_motifs=1))
    eights = Options(evalue=1e3, most_motifs=MOTIFS)
    tens = Options(mink=2, maxk=10, evalue=1e3, most_motifs=MOTIFS)
    compare(f"sequences of {LONG} bases", *sets(long, LONG, LONG, "CCACACCC"), eights, rounds)
    short_ones = f"sequences of {SHORTEST} to {LONGEST} bases"
    compare(short_ones, *sets(short, SHORTEST, LONGEST, "CACTGCAA"), tens, rounds)
    everything = sets(many, SHORTEST, LONGEST, "CACTGCAA")
    seconds, found = timed(lambda: ours(*everything, tens))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(
        f"{len(found)} motifs in twice {many:,} {short_ones}, words of {tens.mink} to {tens.maxk}, ours alone: "
        f"{seconds:.1f} s, {seconds / len(found):.1f} s a motif, {memory:.1f} GB"
    )


if __name__ == "__main__":
    main()
