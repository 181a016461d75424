"""Time the reading of promoters: FASTA to the stored array, against one Python step per base.

Prints one line with both times, their ratio and the spread; both read the same file and run in turns.
Usage: ``python docs/benchmarks/bench_encode.py [promoters] [rounds]``.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from xpresso_core.sequence import decode, one_hot, read_fasta

LENGTH = 20_000
LINE = 60
INDEX = {"A": 0, "C": 1, "G": 2, "T": 3, "a": 0, "c": 1, "g": 2, "t": 3}


def write_promoters(path: Path, promoters: int) -> None:
    """Write random DNA as FASTA with lines of 60 bases."""
    random = np.random.default_rng(1)
    with path.open("w") as handle:
        for number in range(promoters):
            text = decode(random.integers(0, 4, LENGTH).astype(np.uint8))
            lines = (text[start : start + LINE] for start in range(0, LENGTH, LINE))
            handle.write(f">gene{number}\n" + "\n".join(lines) + "\n")


def per_base(path: Path, promoters: int) -> npt.NDArray[np.bool_]:
    """Encode as the code published with the paper did: a dictionary look-up and an assignment per base."""
    encoded = np.zeros((promoters, LENGTH, 4), dtype=np.bool_)
    with path.open() as handle:
        records = handle.read().split(">")[1:]
    for row, record in enumerate(records):
        sequence = record.partition("\n")[2].replace("\n", "")
        for column in range(LENGTH):
            try:
                encoded[row, column, INDEX[sequence[column]]] = 1
            except KeyError:
                pass
    return encoded


def stored(path: Path, promoters: int) -> npt.NDArray[np.uint8]:
    """Encode as the workflow does: codes as they are stored in dataset.h5."""
    encoded = np.empty((promoters, LENGTH), dtype=np.uint8)
    for row, (_, codes) in enumerate(read_fasta(path)):
        encoded[row] = codes
    return encoded


def timed(work: Callable[[], object]) -> float:
    """Return the processor seconds that a call takes: both ways use one thread, and others may be busy."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Run both in turns and print the comparison."""
    promoters = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as folder:
        few, path = Path(folder) / "few.fa", Path(folder) / "promoters.fa"
        write_promoters(few, 5)
        same = np.array_equal(one_hot(stored(few, 5)).astype(np.bool_), per_base(few, 5))
        if not same:
            sys.exit("bench_encode: the two ways give different arrays")
        write_promoters(path, promoters)
        stored(path, promoters)
        ours, plain = [], []
        for _ in range(rounds):
            # Ours is so short that one pass says little on a busy machine: the median of nine.
            ours.append(statistics.median(timed(lambda: stored(path, promoters)) for _ in range(9)))
            plain.append(timed(lambda: per_base(path, promoters)))
    ratios = [slow / fast for slow, fast in zip(plain, ours, strict=True)]
    print(
        f"encode {promoters:,} promoters of {LENGTH // 1000} kb from FASTA: {statistics.median(ours):.3f} s, "
        f"per-base loop {statistics.median(plain):.2f} s: {statistics.median(ratios):.0f} x "
        f"({min(ratios):.0f}-{max(ratios):.0f}, {rounds} rounds)"
    )


if __name__ == "__main__":
    main()
