"""Time liftover: chains loaded and promoters lifted, against one Python step per record.

Both read the same gzipped chain file and BED file, follow the same rule and write the same bytes; they run in
turns. The files are the published promoters and hg38ToHg19.over.chain.gz where these are found, else made up.
Prints one line with both times, their ratio and the spread.

Usage: ``python docs/benchmarks/bench_liftover.py [rounds]``.
"""

from __future__ import annotations

import gzip
import os
import statistics
import struct
import sys
import tempfile
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from xpresso_core.liftover import lift_bed, read_chains

CHAINS = "oracles/liftover/hg38ToHg19.over.chain.gz"
PROMOTERS = "oracles/liftover/hg38_promoters_cage_corrected_withChr.bed"
MIN_MATCH = struct.unpack("f", struct.pack("f", 0.95))[0]


class Chain(NamedTuple):
    """A chain as the plain way keeps it: its blocks as three lists."""

    start: int
    end: int
    chrom: str
    size: int
    strand: str
    starts: list[int]
    ends: list[int]
    news: list[int]


def plain_chains(path: Path) -> dict[str, list[Chain]]:
    """Read chains line by line into lists."""
    chains: dict[str, list[Chain]] = defaultdict(list)
    with gzip.open(path, "rt") as handle:
        for line in handle:
            fields = line.split()
            if fields[:1] == ["chain"]:
                old, new = int(fields[5]), int(fields[10])
                chain = Chain(old, int(fields[6]), fields[7], int(fields[8]), fields[9], [], [], [])
                chains[fields[2]].append(chain)
            elif fields:
                size, *gaps = map(int, fields)
                chain.starts.append(old)
                chain.ends.append(old + size)
                chain.news.append(new)
                if gaps:
                    old, new = old + size + gaps[0], new + size + gaps[1]
    return chains


def plain_record(chains: list[Chain], start: int, end: int) -> tuple[Chain, int, int] | str:
    """Lift one interval: look at the blocks of each chain that overlaps it."""
    holding = []
    touching = 0
    for chain in chains:
        if chain.start >= end or chain.end <= start:
            continue
        cover, left, right = 0, -1, -1
        for block in range(bisect_right(chain.ends, start), len(chain.ends)):
            if chain.starts[block] >= end:
                break
            low, high = max(start, chain.starts[block]), min(end, chain.ends[block])
            cover += high - low
            left = chain.news[block] + low - chain.starts[block] if left < 0 else left
            right = chain.news[block] + high - chain.starts[block]
        touching += cover > 0
        if cover >= MIN_MATCH * (end - start):
            holding.append((chain, left, right))
    if len(holding) == 1:
        return holding[0]
    if holding:
        return "Duplicated in new"
    return ("Deleted in new", "Partially deleted in new")[touching] if touching < 2 else "Split in new"


def plain(chain_path: Path, bed_path: Path, mapped_path: Path, unmapped_path: Path) -> None:
    """Load the chains, and lift one record after another."""
    chains = plain_chains(chain_path)
    with bed_path.open() as bed, mapped_path.open("w") as mapped, unmapped_path.open("w") as unmapped:
        for line in bed:
            fields = line.rstrip("\n").split("\t")
            found = plain_record(chains.get(fields[0], []), int(fields[1]), int(fields[2]))
            if isinstance(found, str):
                unmapped.write(f"#{found}\n{line}")
                continue
            chain, left, right = found
            if chain.strand == "-":
                left, right = chain.size - right, chain.size - left
                fields[5] = "-" if fields[5] == "+" else "+"
            fields[:3] = chain.chrom, str(left), str(right)
            mapped.write("\t".join(fields) + "\n")


def ours(chain_path: Path, bed_path: Path, mapped_path: Path, unmapped_path: Path) -> None:
    """Load the chains, and lift all records at once."""
    lift_bed(bed_path, read_chains(chain_path), mapped_path, unmapped_path)


def inputs(folder: Path) -> tuple[Path, Path]:
    """Return the published chains and promoters, or make up as many."""
    data = Path(os.environ.get("XPRESSO_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    if (data / CHAINS).is_file() and (data / PROMOTERS).is_file():
        return data / CHAINS, data / PROMOTERS
    random = np.random.default_rng(1)
    chain_path, bed_path = folder / "old_to_new.chain.gz", folder / "promoters.bed"
    with gzip.open(chain_path, "wt") as handle:
        for number in range(1, 25):
            size, old_gap, new_gap = random.integers(1, (20_000, 300, 300), (9000, 3)).T
            old, new = (int(size.sum() + gap[:-1].sum()) for gap in (old_gap, new_gap))
            handle.write(f"chain 1 chr{number} {old} + 0 {old} chr{number} {new} + 0 {new} {number}\n")
            blocks = np.column_stack([size, old_gap, new_gap])[:-1].tolist()
            handle.writelines("\t".join(map(str, block)) + "\n" for block in blocks)
            handle.write(f"{size[-1]}\n\n")
    with bed_path.open("w") as handle:
        for number, start in enumerate(random.integers(0, 80_000_000, 18_413).tolist()):
            handle.write(f"chr{number % 24 + 1}\t{start}\t{start + 20_000}\tgene{number}\t0\t+\n")
    return chain_path, bed_path


def timed(work: Callable[[], object]) -> float:
    """Return the processor seconds that a call takes: both ways use one thread, and others may be busy."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Run both in turns and print the comparison."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chain_path, bed_path = inputs(folder)
        fast, slow = ((folder / f"{way}.bed", folder / f"{way}.unmapped") for way in ("ours", "plain"))
        ours(chain_path, bed_path, *fast)
        plain(chain_path, bed_path, *slow)
        if any(mine.read_bytes() != theirs.read_bytes() for mine, theirs in zip(fast, slow, strict=True)):
            sys.exit("bench_liftover: the two ways give different files")
        chains = read_chains(chain_path)
        lift, both, alone = [], [], []
        for _ in range(rounds):
            both.append(timed(lambda: ours(chain_path, bed_path, *fast)))
            lift.append(timed(lambda: lift_bed(bed_path, chains, *fast)))
            alone.append(timed(lambda: plain(chain_path, bed_path, *slow)))
        records = len(bed_path.read_text().splitlines())
    ratios = [one / other for one, other in zip(alone, both, strict=True)]
    print(
        f"load {chain_path.name} and lift {records:,} records: {statistics.median(both):.2f} s "
        f"(the lift {statistics.median(lift):.3f} s), per-record loop {statistics.median(alone):.2f} s: "
        f"{statistics.median(ratios):.1f} x ({min(ratios):.1f}-{max(ratios):.1f}, {rounds} rounds)"
    )


if __name__ == "__main__":
    main()
