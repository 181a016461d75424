"""An older assembly of the simulated genome, and what UCSC's liftOver must do with windows of the newer one.

The older assembly lacks some bases and has others, always between genes; on one chromosome a long piece is
missing from it, on another one a piece is turned round. So every gene lies in it whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from xpresso_core.simulate_genes import Interval, Locus

OLDER = "sim0"
REACH = 10_000  # bases on each side of a TSS that are lifted together (paper: STAR methods, "SuRE MPRA Data")
MIN_MATCH = float(np.float32(0.95))  # the share of a window that one chain must hold, as liftOver reads it
NEAR = 500  # bases on each side of a true TSS in which the assemblies do not differ
MOST_BASES = 60  # of a small difference
MAPPED, DELETED = "mapped", "Deleted in new"
PARTIAL, SPLIT = "Partially deleted in new", "Split in new"


class Block(NamedTuple):
    """Bases that both assemblies have: `start` to `end` of the newer one, from `new` of the older one."""

    start: int
    end: int
    new: int


class Gap(NamedTuple):
    """Between two blocks: from `position` on, `lost` bases only in the newer, `gained` only in the older one."""

    position: int
    lost: int
    gained: int


@dataclass(frozen=True)
class Chain:
    """Blocks in order; on the reverse strand, `Block.new` counts from the end of the older chromosome."""

    chrom: str
    reverse: bool
    blocks: tuple[Block, ...]

    @property
    def bases(self) -> int:
        """Number of bases in blocks."""
        return sum(block.end - block.start for block in self.blocks)


class Lift(NamedTuple):
    """What becomes of a window: `MAPPED` or why not, and where to; -1 where it is not mapped."""

    outcome: str
    start: int
    end: int


@dataclass(frozen=True)
class Map:
    """Where the bases of a chromosome lie in the older assembly.

    Attributes
    ----------
    chain
        ``int8 [base]``: the number of its chain among those of the chromosome, from 0; -1 in a gap.
    new
        ``int32 [base]``: its position on the forward strand; -1 in a gap.
    reverse
        Whether each chain runs along the reverse strand.
    """

    chain: npt.NDArray[np.int8]
    new: npt.NDArray[np.int32]
    reverse: tuple[bool, ...]

    def window(self, tss: int) -> Interval:
        """Return the window around a TSS: `REACH` on each side, or what fits on the chromosome."""
        half = min(REACH, tss, len(self.new) - tss)
        return tss - half, tss + half

    def lift(self, start: int, end: int) -> Lift:
        """Lift a window, base by base, by the rule of UCSC's liftOver."""
        chain = self.chain[start:end]
        bases = np.bincount(chain[chain >= 0], minlength=1)
        held = np.flatnonzero(bases >= MIN_MATCH * (end - start))
        if len(held):
            new = self.new[start:end][chain == held[0]]
            return Lift(MAPPED, int(new.min()), int(new.max()) + 1)
        touched = int((bases > 0).sum())
        return Lift({0: DELETED, 1: PARTIAL}.get(touched, SPLIT), -1, -1)

    def place(self, locus: Locus) -> Locus | None:
        """Return a gene with the coordinates of the older assembly; None where it is not all there."""
        chain = self.chain[slice(*locus.interval((0, locus.span)))]
        if chain[0] < 0 or (chain != chain[0]).any():
            return None
        flipped = {"+": "-", "-": "+"}[locus.strand]
        strand = flipped if self.reverse[chain[0]] else locus.strand
        return replace(locus, origin=int(self.new[locus.origin]), strand=strand)


@dataclass(frozen=True)
class OlderAssembly:
    """Sizes of the chromosomes in both assemblies, and the chains from the newer to the older one."""

    lengths: Mapping[str, int]
    sizes: Mapping[str, int]
    chains: tuple[Chain, ...]

    def map(self, chrom: str) -> Map:
        """Return where each base of a chromosome lies."""
        chain = np.full(self.lengths[chrom], -1, dtype=np.int8)
        new = np.full(self.lengths[chrom], -1, dtype=np.int32)
        here = [found for found in self.chains if found.chrom == chrom]
        for number, found in enumerate(here):
            for block in found.blocks:
                chain[block.start : block.end] = number
                along = np.arange(block.new, block.new + block.end - block.start)
                new[block.start : block.end] = self.sizes[chrom] - 1 - along if found.reverse else along
        return Map(chain, new, tuple(found.reverse for found in here))


def draw_older_assembly(
    rng: np.random.Generator, loci: Sequence[Locus], lengths: Mapping[str, int]
) -> OlderAssembly:
    """Draw an assembly that differs from the newer one between genes.

    Parameters
    ----------
    rng
        Source of randomness.
    loci
        All genes.
    lengths
        Length of each chromosome in the newer assembly.
    """
    longest = sorted(lengths, key=lambda chrom: -lengths[chrom])[:2]
    chains: list[Chain] = []
    sizes = {}
    for chrom, length in lengths.items():
        here = [locus for locus in loci if locus.chrom == chrom]
        free = _between_genes(here, length)
        gaps = [_small_gap(rng, space) for space in free if rng.random() < 0.5]
        piece = _piece(here, free, length) if chrom in longest else None
        if piece and chrom == longest[1]:
            gaps = _outside(gaps, piece, gained=0)
        turned = piece if chrom == longest[0] else None
        found, sizes[chrom] = _chains(rng, chrom, length, gaps, turned)
        chains += found
    return OlderAssembly(dict(lengths), sizes, tuple(chains))


def _between_genes(loci: Sequence[Locus], length: int) -> list[Interval]:
    """Return where no gene is, nor the surroundings of its TSS."""
    free = np.ones(length, dtype=bool)
    for locus in loci:
        free[slice(*locus.interval((0, locus.span)))] = False
        tss = locus.position(locus.local_tss)
        free[max(0, tss - NEAR) : tss + NEAR + 1] = False
    edges = np.flatnonzero(np.diff(free.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    return [(int(start), int(end)) for start, end in edges if end - start > 2 * MOST_BASES][1:-1]


def _small_gap(rng: np.random.Generator, space: Interval) -> Gap:
    """Draw a difference of few bases inside a space between genes."""
    lost, gained = (int(bases) for bases in rng.integers(1, MOST_BASES + 1, 2))
    kind = rng.random()
    position = int(rng.integers(space[0] + 1, space[1] - lost))
    return Gap(position, lost * (kind < 0.7), gained * (kind > 0.3))


def _piece(loci: Sequence[Locus], free: Sequence[Interval], length: int) -> Interval | None:
    """Find a piece that ends between genes and holds the window of a gene in the middle; None: too short."""
    tss = sorted(locus.position(locus.local_tss) for locus in loci if locus.role == "kept")
    if not tss:
        return None
    middle = tss[len(tss) // 2]
    ends = [(start + end) // 2 for start, end in free]
    before = [end for end in ends if end < middle - REACH]
    after = [end for end in ends if end > middle + REACH]
    return (before[-1], after[0]) if before and after else None


def _chains(
    rng: np.random.Generator, chrom: str, length: int, gaps: Sequence[Gap], turned: Interval | None
) -> tuple[list[Chain], int]:
    """Build the chains of a chromosome, one forward and one for what is turned round, and its older size."""
    start, end = (int(bases) for bases in (rng.integers(0, 200), length - rng.integers(0, 200)))
    before, behind = (int(bases) for bases in rng.integers(1000, 6000, 2))
    inner: list[Block] = []
    if turned:
        inside = [gap for gap in gaps if turned[0] < gap.position and gap.position + gap.lost < turned[1]]
        inner, used = _blocks(turned, inside, 0)
        gaps = _outside(gaps, turned, gained=used)
    blocks, reached = _blocks((start, end), gaps, before)
    size = reached + behind
    chains = [Chain(chrom, False, tuple(blocks))]
    if turned:
        first = next(block.new + block.end - block.start for block in blocks if block.end == turned[0])
        shift = size - first - used
        moved = (block._replace(new=block.new + shift) for block in inner)
        chains.append(Chain(chrom, True, tuple(moved)))
    return chains, size


def _outside(gaps: Sequence[Gap], piece: Interval, *, gained: int) -> list[Gap]:
    """Make a gap of a piece, in place of those in it or at its ends."""
    rest = [gap for gap in gaps if gap.position + gap.lost < piece[0] or gap.position > piece[1]]
    return sorted([*rest, Gap(piece[0], piece[1] - piece[0], gained)])


def _blocks(piece: Interval, gaps: Sequence[Gap], new: int) -> tuple[list[Block], int]:
    """Cut a piece at its gaps; return the blocks, and the position in the older assembly behind the last."""
    blocks, start = [], piece[0]
    for gap in gaps:
        blocks.append(Block(start, gap.position, new))
        new += gap.position - start + gap.gained
        start = gap.position + gap.lost
    blocks.append(Block(start, piece[1], new))
    return blocks, new + piece[1] - start


def chain_lines(assembly: OlderAssembly) -> Iterator[str]:
    """Yield the lines of a chain file, the best score first.

    The format is described in the UCSC Genome Browser's help ("Chain Format"): the newer assembly is the
    target, the older one the query.
    """
    ranked = sorted(assembly.chains, key=lambda chain: -chain.bases)
    for number, chain in enumerate(ranked, start=1):
        blocks, chrom = chain.blocks, chain.chrom
        stop = blocks[-1].new + blocks[-1].end - blocks[-1].start
        target = f"{chrom} {assembly.lengths[chrom]} + {blocks[0].start} {blocks[-1].end}"
        query = f"{chrom} {assembly.sizes[chrom]} {'-' if chain.reverse else '+'} {blocks[0].new} {stop}"
        yield f"chain {100 * chain.bases} {target} {query} {number}"
        for block, following in zip(blocks, blocks[1:], strict=False):
            size = block.end - block.start
            yield f"{size}\t{following.start - block.end}\t{following.new - block.new - size}"
        yield f"{blocks[-1].end - blocks[-1].start}"
        yield ""
