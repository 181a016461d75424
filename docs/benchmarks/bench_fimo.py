"""Time the scan for motifs: ours against the FIMO of pymemesuite, on one thread.

Scans random promoters of 3 kb for the 519 motifs of JASPAR 2016, on both strands at 1e-4. Ours, with its matrices made
anew, takes all promoters; pymemesuite, which is much slower, takes a few, and then more: the difference
is its time per promoter, without its setting up, in its favour. Both say which promoter has which motif; they run in
turns, and one line gives promoters per second and their ratio.
Where the two differ (`xpresso_core.fimo_pymemesuite` says why) is counted too.

Usage: ``python docs/benchmarks/bench_fimo.py [promoters] [rounds]``.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from xpresso_core.background import sequence_background
from xpresso_core.fimo import find_sites
from xpresso_core.fimo_pymemesuite import present_motifs
from xpresso_core.meme_format import Motif
from xpresso_core.motifs import read_motifs
from xpresso_core.pssm import THRESHOLD
from xpresso_core.sequence import Codes
from xpresso_core.threads import set_threads

LENGTH = 3000
FEW, MORE = 10, 80
CHANCES = (0.24, 0.26, 0.26, 0.24)

Present = npt.NDArray[np.bool_]


def promoters(number: int) -> Codes:
    """Return random promoters ``uint8 [promoter, position]``."""
    return np.random.default_rng(1).choice(4, (number, LENGTH), p=CHANCES).astype(np.uint8)


def ours(motifs: Sequence[Motif], sequences: Codes, background: npt.NDArray[np.float64]) -> Present:
    """Say which promoter has which motif, by way of all hits."""
    sites = find_sites(motifs, sequences, background)
    present = np.zeros((len(sequences), len(motifs)), dtype=bool)
    present[sites.hits.sequence, sites.hits.matrix // sites.strands] = True
    return present


def timed(work: Callable[[], object]) -> float:
    """Return the processor seconds that a call takes: both ways use one thread, and others may be busy."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Run both in turns and print the comparison."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    set_threads(1)
    motifs = read_motifs("JASPAR2016")
    sequences = promoters(number)
    few, more = sequences[:FEW], sequences[:MORE]
    background = sequence_background(sequences)
    differing = (ours(motifs, few, background) != present_motifs(motifs, few, background, THRESHOLD)).mean()
    if differing > 0.01:
        sys.exit("bench_fimo: the two ways find different motifs")
    fast, slow = [], []
    for _ in range(rounds):
        fast.append(number / timed(lambda: ours(motifs, sequences, background)))
        seconds = [
            timed(lambda part=part: present_motifs(motifs, part, background, THRESHOLD))
            for part in (few, more)
        ]
        slow.append((len(more) - len(few)) / (seconds[1] - seconds[0]))
    ratios = [one / other for one, other in zip(fast, slow, strict=True)]
    print(
        f"scan {number:,} promoters of {LENGTH:,} bases for {len(motifs)} motifs on one thread: "
        f"{statistics.median(fast):,.0f} promoters/s, pymemesuite {statistics.median(slow):.1f} promoters/s: "
        f"{statistics.median(ratios):.0f} x ({min(ratios):.0f}-{max(ratios):.0f}, {rounds} rounds); "
        f"{differing:.3%} of motifs and promoters judged differently"
    )


if __name__ == "__main__":
    main()
