"""Time the average signal around promoters: our way against one call of pyBigWig per window.

Makes a bigWig of a few million intervals and a BED file of as many promoters as the paper has on the plus
strand, and averages over 1,000 bases around each. Ours reads the BED file and gives the whole table; the plain
ways get the windows ready-made: ``stats`` asks for the exact mean and coverage, ``intervals`` adds up in Python.
All run in turns, and one line gives the times and their ratios.
Usage: ``python docs/benchmarks/bench_signal.py [windows] [rounds]``.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyBigWig

from xpresso_core.signal import average_over_bed

SIZES = {"chr1": 25_000_000, "chr2": 25_000_000, "chr10": 25_000_000}
INTERVALS = 1_200_000
WINDOW = 1000
Windows = list[tuple[str, int, int]]


def write_bigwig(path: Path) -> None:
    """Write intervals of 1 to 29 bases with gaps between some of them, a signal that varies by decades."""
    random = np.random.default_rng(1)
    with pyBigWig.open(str(path), "w") as bigwig:
        bigwig.addHeader(list(SIZES.items()))
        for chrom, size in SIZES.items():
            length = random.integers(1, 30, INTERVALS)
            gap = random.integers(0, 12, INTERVALS) * (random.random(INTERVALS) < 0.4)
            end = np.cumsum(length + gap)
            inside = end <= size
            value = random.normal(size=INTERVALS) * np.exp(2 * random.normal(size=INTERVALS))
            starts, ends, values = ((end - length)[inside], end[inside], value[inside])
            bigwig.addEntries(
                [chrom] * len(starts), starts.tolist(), ends=ends.tolist(), values=values.tolist()
            )


def write_bed(path: Path, number: int) -> Windows:
    """Write random items, and return the windows around their middles."""
    random = np.random.default_rng(2)
    windows = []
    with path.open("w", encoding="utf-8") as handle:
        for index in range(number):
            chrom = list(SIZES)[random.integers(len(SIZES))]
            middle = int(random.integers(20_000, 20_000_000))
            handle.write(f"{chrom}\t{middle - 10_000}\t{middle + 10_000}\tgene{index:06}\t0\t+\n")
            windows.append((chrom, middle - WINDOW // 2, middle + WINDOW // 2))
    return windows


def stats(path: Path, windows: Windows) -> list[tuple[float, float]]:
    """Ask for the mean and the covered share of each window."""
    with pyBigWig.open(str(path)) as bigwig:
        return [
            (
                bigwig.stats(*window, type="coverage", exact=True)[0] or 0.0,
                bigwig.stats(*window, type="mean", exact=True)[0] or 0.0,
            )
            for window in windows
        ]


def intervals(path: Path, windows: Windows) -> list[tuple[float, float]]:
    """Add up the intervals of each window in Python."""
    found = []
    with pyBigWig.open(str(path)) as bigwig:
        for chrom, start, end in windows:
            covered, total = 0, 0.0
            for first, last, value in bigwig.intervals(chrom, start, end) or ():
                bases = min(last, end) - max(first, start)
                covered += bases
                total += bases * value
            found.append((covered / WINDOW, total / covered if covered else 0.0))
    return found


def ours(path: Path, bed: Path) -> list[tuple[float, float]]:
    """Average as the workflow does, in the order of the BED file."""
    table = average_over_bed(path, bed, sample_around_center=WINDOW).sort_values("name")
    return list(zip(table["covered"] / WINDOW, table["mean"], strict=True))


def timed(work: Callable[[], object]) -> float:
    """Return the processor seconds that a call takes, in all its threads: others may be busy."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Run all in turns and print the comparison."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_250
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as folder:
        path, bed = Path(folder) / "signal.bw", Path(folder) / "promoters.bed"
        write_bigwig(path)
        windows = write_bed(bed, number)
        for plain in (stats(path, windows), intervals(path, windows)):
            if not np.allclose(ours(path, bed), plain, rtol=1e-9, atol=1e-12):
                sys.exit("bench_signal: two ways give different numbers")
        times: dict[str, list[float]] = {"ours": [], "stats": [], "intervals": []}
        for _ in range(rounds):
            times["ours"].append(timed(lambda: ours(path, bed)))
            times["stats"].append(timed(lambda: stats(path, windows)))
            times["intervals"].append(timed(lambda: intervals(path, windows)))
        millions = len(SIZES) * INTERVALS / 1e6
        size = path.stat().st_size / 1e6
    told = []
    for way in ("stats", "intervals"):
        ratios = [slow / fast for slow, fast in zip(times[way], times["ours"], strict=True)]
        told.append(
            f"pyBigWig {way} loop {statistics.median(times[way]):.2f} s: "
            f"{statistics.median(ratios):.1f} x ({min(ratios):.1f}-{max(ratios):.1f})"
        )
    print(
        f"average {number:,} windows of {WINDOW} bases in a bigWig of {millions:.1f} M intervals, "
        f"{size:.0f} MB: {statistics.median(times['ours']):.3f} s, {', '.join(told)}, {rounds} rounds"
    )


if __name__ == "__main__":
    main()
