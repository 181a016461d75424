"""Gene structures of the simulated species and their layout on chromosomes.

Everything about one gene is drawn in *local* coordinates: transcription direction, 0-based half-open,
local 0 being the first base of the first transcript drawn. `Locus` turns them into coordinates on the genome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

Interval = tuple[int, int]

CORE = 500  # bases on each side of the true TSS that the promoter score depends on
MAX_SHIFT = 300  # largest distance between the annotated and the true TSS
PAD = CORE + MAX_SHIFT + 50  # least distance of a gene from the end of its chromosome


@dataclass(frozen=True)
class Transcript:
    """A transcript in local coordinates.

    Attributes
    ----------
    exons
        In transcription order.
    coding
        First base of the start codon and first base after the stop codon, on the spliced RNA; None: no ORF.
    transcript_id
        Given once all transcripts of a gene are known.
    """

    exons: tuple[Interval, ...]
    coding: Interval | None
    transcript_id: str = ""

    @property
    def length(self) -> int:
        """Length of the spliced RNA."""
        return sum(end - start for start, end in self.exons)

    @property
    def orf(self) -> int:
        """Length of the open reading frame with its stop codon; 0 without one."""
        return self.coding[1] - self.coding[0] if self.coding else 0

    def spliced(self, first: int, last: int) -> list[Interval]:
        """Return the local intervals of RNA positions ``[first, last)``."""
        pieces, passed = [], 0
        for start, end in self.exons:
            low, high = max(first - passed, 0), min(last - passed, end - start)
            if low < high:
                pieces.append((start + low, start + high))
            passed += end - start
        return pieces

    def regions(self) -> dict[str, list[Interval]]:
        """Return the local intervals of the 5' UTR, CDS (without stop codon), stop codon and 3' UTR."""
        if self.coding is None:
            return {}
        first, last = self.coding
        bounds = {"five_prime_utr": (0, first), "CDS": (first, last - 3), "stop_codon": (last - 3, last),
                  "three_prime_utr": (last, self.length)}  # fmt: skip
        return {name: self.spliced(*bound) for name, bound in bounds.items()}

    def rank(self) -> tuple[int, int, int, str]:
        """Return the key by which the representative transcript comes first."""
        first, last = self.coding or (0, 0)
        return (first - last, -first, last - self.length, self.transcript_id)


@dataclass(frozen=True)
class Locus:
    """A gene on the genome.

    Attributes
    ----------
    role
        ``kept``, or what sets it apart: ``histone``, ``unmeasured``, ``edge``, ``chrY``, ``chrM`` or
        ``lncRNA``.
    origin
        0-based position of local 0; local coordinates run to the left of it on the minus strand.
    shift
        True TSS minus annotated TSS of the representative transcript, in transcription direction.
    island
        Strength of the CpG island, 0 to 1.
    gc
        G+C of its 5' UTRs and of its other exons, where no CpG island is.
    inner_starts
        RNA positions of further ATG codons of the first transcript.
    peak
        Name of its CAGE peak; empty where it has none, and then `shift` is 0.
    """

    role: str
    transcripts: tuple[Transcript, ...]
    island: float
    shift: int
    gc: tuple[float, float]
    inner_starts: tuple[int, ...] = ()
    strand: str = "+"
    chrom: str = ""
    origin: int = 0
    gene_id: str = ""
    gene_name: str = ""
    synonyms: tuple[str, ...] = ()
    peak: str = ""

    @property
    def span(self) -> int:
        """Length of the gene."""
        return max(transcript.exons[-1][1] for transcript in self.transcripts)

    @property
    def representative(self) -> Transcript:
        """The transcript with the longest ORF, 5' UTR, 3' UTR, then the smallest identifier."""
        return min(self.transcripts, key=Transcript.rank)

    @property
    def local_tss(self) -> int:
        """The true TSS in local coordinates."""
        return self.representative.exons[0][0] + self.shift

    def position(self, local: int) -> int:
        """Return the 0-based position on the chromosome of a local position."""
        return self.origin + local if self.strand == "+" else self.origin - local

    def interval(self, local: Interval) -> Interval:
        """Return the 0-based half-open interval on the chromosome of a local interval."""
        first, last = self.position(local[0]), self.position(local[1] - 1)
        return min(first, last), max(first, last) + 1


def draw_locus(rng: np.random.Generator, role: str, peak: bool) -> Locus:
    """Draw the structure of a protein-coding gene (not yet named or placed).

    Parameters
    ----------
    rng
        Source of randomness.
    role
        See `Locus`; genes of chrM have neither introns nor alternative transcripts.
    peak
        Whether a CAGE peak shows the true TSS; without one it is the annotated TSS.
    """
    utr5 = 0 if rng.random() < 0.02 else int(np.clip(rng.lognormal(np.log(150), 0.7), 25, 900))
    utr3 = 0 if rng.random() < 0.02 else int(np.clip(rng.lognormal(np.log(450), 0.8), 40, 2500))
    orf = 3 * int(np.clip(rng.lognormal(np.log(380), 0.5), 80, 1100)) + 3
    cuts = [] if role == "chrM" else _junctions(rng, utr5, orf, utr3)
    bounds = [0, *cuts, utr5 + orf + utr3]
    typical = rng.lognormal(np.log(200), 0.8)
    introns = np.clip(typical * rng.lognormal(0, 0.6, len(cuts)), 70, 4000).astype(int)
    before = [0, *np.cumsum(introns).tolist()]
    exons = [(low + gap, high + gap) for low, high, gap in zip(bounds, bounds[1:], before, strict=False)]
    master = Transcript(tuple(exons), (utr5, utr5 + orf))
    inner = utr5 + 3 * int(rng.integers(10, orf // 9))
    variants = [] if role == "chrM" else _variants(rng, master, inner)
    island = float(rng.beta(6, 2.5) if rng.random() < 0.6 else rng.beta(1.3, 5))
    distance = int(min(MAX_SHIFT, 2 + rng.lognormal(np.log(25), 1.0)))
    shift = -distance if rng.random() < 0.5 else min(distance, max(0, utr5 - 30))
    leader_gc, exon_gc = np.clip(rng.normal((0.55, 0.5), (0.12, 0.06)), (0.25, 0.35), (0.8, 0.65)).tolist()
    return Locus(
        role, (master, *variants), island, shift * peak, (leader_gc, exon_gc), (inner,), peak="p1" * peak
    )


def draw_lncrna(rng: np.random.Generator) -> Locus:
    """Draw a gene without an ORF, of two exons."""
    first, gap, second = (int(value) for value in rng.integers((150, 300, 200), (400, 1500, 900)))
    exons = ((0, first), (first + gap, first + gap + second))
    return Locus("lncRNA", (Transcript(exons, None),), float(rng.beta(2, 3)), 0, (0.45, 0.45))


def _junctions(rng: np.random.Generator, utr5: int, orf: int, utr3: int) -> list[int]:
    """Choose RNA positions of the exon junctions; half of those inside the ORF fall between two codons."""
    slots = np.arange(utr5 + 45, utr5 + orf - 60, 45)
    count = 0 if rng.random() < 0.05 else int(rng.poisson(orf / 1000 * rng.lognormal(np.log(4), 0.55)))
    inside = np.sort(rng.choice(slots, min(count, len(slots)), replace=False))
    cuts: list[int] = (inside + rng.choice([0, 1, 2], len(inside), p=[0.5, 0.25, 0.25])).tolist()
    if utr5 > 80 and rng.random() < 0.35:
        cuts = [int(rng.integers(30, utr5 - 20)), *cuts]
    if cuts and rng.random() < 0.02:
        cuts.append(utr5 + orf - int(rng.integers(1, 3)))  # an intron within the stop codon
    elif utr3 > 120 and cuts and rng.random() < 0.05:
        cuts.append(utr5 + orf + int(rng.integers(30, 90)))
    return cuts


def _variants(rng: np.random.Generator, master: Transcript, inner: int) -> list[Transcript]:
    """Draw alternative transcripts that keep the reading frame, of the kinds that the gene allows."""
    exons, (first, last) = master.exons, master.coding or (0, 0)
    head, tail = exons[0], exons[-1]
    final = tail[1] - tail[0]
    found = [Transcript(exons, (inner, last))]  # a later start codon: shorter ORF, longer 5' UTR
    passed = np.cumsum([0] + [end - start for start, end in exons])
    for number in range(1, len(exons) - 1):  # an exon of whole codons left out: shorter ORF
        low, high = passed[number] - first, passed[number + 1] - first
        if low > 0 and high < last - first - 3 and low % 3 == high % 3 == 0:
            length = int(high - low)
            found.append(Transcript(exons[:number] + exons[number + 1 :], (first, last - length)))
            break
    room = min(first, head[1] - head[0] - 10)
    if room > 10:  # same ORF, shorter 5' UTR, longer 3' UTR
        cut, more = int(rng.integers(5, room)), int(rng.integers(20, 400))
        longer = ((head[0] + cut, head[1]), *exons[1:])
        found.append(Transcript((*longer[:-1], (longer[-1][0], tail[1] + more)), (first - cut, last - cut)))
    room = min(master.length - last, final - 10)
    if room > 10:  # same ORF and 5' UTR, shorter 3' UTR
        end = tail[1] - int(rng.integers(5, room))
        found.append(Transcript((*exons[:-1], (tail[0], end)), (first, last)))
    chosen = [found[i] for i in rng.permutation(len(found))[: rng.choice(4, p=[0.3, 0.3, 0.25, 0.15])]]
    size = head[1] - head[0]
    if len(exons) > 1 and size <= first and exons[1][0] - head[1] > size + 100 and rng.random() < 0.4:
        start = head[1] + 20  # same lengths throughout, another first exon: only the identifier decides
        chosen.append(Transcript(((start, start + size), *exons[1:]), (first, last)))
    if len(exons) > 1 and rng.random() < 0.15:  # an intron retained, no ORF
        chosen.append(Transcript(((head[0], exons[1][1]), *exons[2:]), None))
    return chosen


def place_loci(
    rng: np.random.Generator, loci: Sequence[Locus], chrom: str, upstream: int, downstream: int
) -> tuple[list[Locus], int]:
    """Line up genes on a chromosome.

    Parameters
    ----------
    rng
        Source of strands and distances.
    loci
        In order. An ``edge`` gene in first or last place is put so close to the end of the chromosome that
        its promoter window does not fit.
    chrom
        Name of the chromosome.
    upstream, downstream
        The promoter window in bases.

    Returns
    -------
    tuple of (list of Locus, int)
        The placed genes and the length of the chromosome.
    """
    margin = max(upstream, downstream) + PAD
    placed: list[Locus] = []
    cursor, room = margin, margin
    for number, locus in enumerate(loci):
        strand = "+" if rng.random() < 0.5 else "-"
        if locus.role == "edge":
            strand = "+" if number == 0 else "-"
            near = int(rng.integers(PAD, max(PAD + 1, upstream - MAX_SHIFT - 50)))
            cursor, room = (near, room) if number == 0 else (cursor, near)
        if placed:
            facing = placed[-1].strand == "-" and strand == "+"
            least = 2 * (CORE + MAX_SHIFT) + 50 if facing else CORE + 2 * MAX_SHIFT
            if "edge" in (locus.role, placed[-1].role):
                least = margin  # only the edge gene itself shall be too near the end
            cursor += least + int(min(20_000, rng.lognormal(np.log(2200), 0.8)))
        origin = cursor if strand == "+" else cursor + locus.span - 1
        placed.append(replace(locus, chrom=chrom, strand=strand, origin=origin))
        cursor += locus.span
    return placed, cursor + room
