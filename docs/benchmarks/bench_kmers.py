"""Time the count of k-mers: ours on one thread against a plain numpy way.

Counts the words of six letters in as many promoters of 3 kb as the paper has genes. The plain way builds the number
of each window's word in arrays and counts each promoter's with ``bincount``. Both run in turns, and one line gives the
times, their ratio, and the largest memory of each, which a process of its own measures.

Usage: ``python docs/benchmarks/bench_kmers.py [promoters] [rounds]``.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from xpresso_core.kmers import count_kmers
from xpresso_core.sequence import Codes
from xpresso_core.threads import set_threads

LENGTH = 3000
K = 6

Counts = npt.NDArray[np.uint32]


def promoters(number: int) -> Codes:
    """Return random promoters ``uint8 [promoter, position]``, some letters N."""
    random = np.random.default_rng(1)
    codes = random.integers(0, 4, (number, LENGTH), dtype=np.uint8)
    codes[random.random(number) < 0.01, :100] = 4
    return codes


def plain(codes: Codes) -> Counts:
    """Count promoter by promoter in arrays."""
    counts = np.empty((len(codes), 4**K), dtype=np.uint32)
    for row, sequence in enumerate(codes):
        windows = len(sequence) - K + 1
        words = np.zeros(windows, dtype=np.int64)
        for offset in range(K):
            words = 4 * words + sequence[offset : offset + windows]
        known = np.lib.stride_tricks.sliding_window_view(sequence, K).max(axis=1) < 4
        counts[row] = np.bincount(words[known], minlength=4**K)
    return counts


def ours(codes: Codes) -> Counts:
    """Count as the package does."""
    return count_kmers(codes, K)


WAYS: dict[str, Callable[[Codes], Counts]] = {"ours": ours, "plain": plain}


def peak() -> float:
    """Return the largest memory of this process so far, in MB."""
    return (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    )


def extra_memory(way: str, number: int) -> float:
    """Return how many MB a way adds to the promoters and to what is loaded, in a process of its own."""
    command = [sys.executable, __file__, str(number), "--memory", way]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def timed(work: Callable[[], object]) -> float:
    """Return the processor seconds that a call takes: both ways use one thread, and others may be busy."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Run both in turns and print the comparison."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 18_377
    set_threads(1)
    if "--memory" in sys.argv:
        work = WAYS[sys.argv[3]]
        work(promoters(2))
        codes = promoters(number)
        before = peak()
        work(codes)
        print(peak() - before)
        return
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    # Before this process grows: a child's peak is never below what its parent had.
    memory = {way: extra_memory(way, number) for way in WAYS}
    codes = promoters(number)
    if not np.array_equal(ours(codes[:500]), plain(codes[:500])):
        sys.exit("bench_kmers: the two ways give different counts")
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, work in WAYS.items():
            times[way].append(timed(lambda work=work: work(codes)))  # type: ignore[misc]
    ratios = [slow / fast for slow, fast in zip(times["plain"], times["ours"], strict=True)]
    print(
        f"count the {K}-mers of {number:,} promoters of {LENGTH:,} bases on one thread: "
        f"{statistics.median(times['ours']):.2f} s and {memory['ours']:.0f} MB, "
        f"plain numpy {statistics.median(times['plain']):.2f} s and {memory['plain']:.0f} MB: "
        f"{statistics.median(ratios):.1f} x ({min(ratios):.1f}-{max(ratios):.1f}, {rounds} rounds)"
    )


if __name__ == "__main__":
    main()
