"""The DNA of the simulated species: background, CpG islands, motif sites, splice sites and real ORFs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xpresso_core.sequence import LETTERS, Codes, N, encode, place, reverse_complement
from xpresso_core.simulate_genes import CORE, PAD, Interval, Locus

BACKGROUND_GC = 0.41
ISLAND_GC = 0.68  # in the middle of the strongest CpG island
CPG_DECAY = 0.78  # share of CpG turned into TpG or CpA outside islands
MEAN_SITES, MOST_SITES = 4, 8  # of one motif in a promoter that has it

IUPAC = {"A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "W": "AT", "S": "CG",
         "K": "GT", "M": "AC", "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT"}  # fmt: skip


@dataclass(frozen=True)
class Motif:
    """A planted transcription factor binding site.

    Attributes
    ----------
    name, consensus
        The name, and IUPAC letters in transcription direction.
    effect
        log10 RPKM per site, before all motif effects are scaled together.
    frequency
        Share of promoters into which a cluster of sites is planted.
    span
        First and last + 1 position of a site's leftmost base, relative to the true TSS, in which it counts.
    both_strands
        Whether the reverse complement counts too.
    cell_type
        The only cell type in which it acts; empty where it acts in all.
    """

    name: str
    consensus: str
    effect: float
    frequency: float
    span: Interval
    both_strands: bool = True
    cell_type: str = ""

    def table(self, minus: bool = False) -> npt.NDArray[np.bool_]:
        """Return which codes (0..4) each position accepts: ``bool [length, 5]``; N is never accepted."""
        table = np.zeros((len(self.consensus), 5), dtype=bool)
        for row, letter in zip(table, self.consensus, strict=True):
            row[encode(IUPAC[letter])] = True
        return table[::-1, [3, 2, 1, 0, 4]] if minus else table

    def strands(self) -> tuple[str, ...]:
        """Return the strands, relative to transcription, on which a site counts."""
        return ("+", "-") if self.both_strands else ("+",)


def draw_dna(rng: np.random.Generator, loci: Sequence[Locus], length: int, motifs: Sequence[Motif]) -> Codes:
    """Draw the DNA of one chromosome and write the genes into it.

    Returns
    -------
    numpy.ndarray
        Codes ``uint8 [length]``.
    """
    gc, decay = _composition(rng, loci, length)
    strong = rng.random(length, dtype=np.float32) < gc
    coin = rng.integers(0, 2, length, dtype=np.uint8)
    codes: Codes = np.where(strong, 1 + coin, 3 * coin).astype(np.uint8)
    sites = np.flatnonzero((codes[:-1] == 1) & (codes[1:] == 2))
    lost = sites[rng.random(len(sites)) < decay[sites]]
    to_tpg = rng.random(len(lost)) < 0.5
    codes[lost[to_tpg]] = 3
    codes[lost[~to_tpg] + 1] = 0
    for locus in loci:
        _write_gene(rng, locus, codes, motifs)
    return codes


def _composition(
    rng: np.random.Generator, loci: Sequence[Locus], length: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return, for every position, the chance of G or C and the chance that a CpG decays."""
    blocks = rng.normal(BACKGROUND_GC, 0.02, length // 40_000 + 1)
    gc = np.repeat(blocks, 40_000)[:length].astype(np.float32)
    decay = np.full(length, CPG_DECAY, dtype=np.float32)
    for locus in loci:
        for transcript in locus.transcripts:
            for piece in transcript.exons:
                gc[slice(*locus.interval(piece))] = locus.gc[1]
        for transcript in locus.transcripts:
            for piece in transcript.regions().get("five_prime_utr", []):
                if transcript.orf == locus.transcripts[0].orf:
                    gc[slice(*locus.interval(piece))] = locus.gc[0]
    distance = np.arange(-CORE - 150, CORE + 151)
    shape = np.exp(-((distance / (0.8 * CORE)) ** 4)).astype(np.float32)
    for locus in loci:
        around = (locus.local_tss + int(distance[0]), locus.local_tss + int(distance[-1]) + 1)
        where = slice(*locus.interval(around))
        strength = locus.island * (shape if locus.strand == "+" else shape[::-1])
        gc[where] += strength * np.maximum(0, ISLAND_GC - gc[where])
        decay[where] *= 1 - 0.9 * strength
    return gc, decay


def _write_gene(rng: np.random.Generator, locus: Locus, codes: Codes, motifs: Sequence[Motif]) -> None:
    """Write motif sites, splice sites and the open reading frame of one gene into the chromosome."""
    where = slice(*locus.interval((-PAD, locus.span + PAD)))
    local = codes[where] if locus.strand == "+" else reverse_complement(codes[where])
    if locus.role != "lncRNA":
        _plant(rng, local[: 2 * PAD + locus.local_tss], PAD + locus.local_tss, motifs)
    for transcript in locus.transcripts:
        for left, right in zip(transcript.exons, transcript.exons[1:], strict=False):
            local[PAD + left[1] : PAD + left[1] + 2] = encode("GT")
            local[PAD + right[0] - 2 : PAD + right[0]] = encode("AG")
    master = locus.transcripts[0]
    if master.coding is not None:
        first, last = master.coding
        index = np.concatenate([np.arange(s, e) for s, e in master.spliced(first, last)]) + PAD
        local[index] = open_frame(local[index], [(start - first) // 3 for start in locus.inner_starts])
    codes[where] = local if locus.strand == "+" else reverse_complement(local)


def open_frame(codes: Codes, starts: Sequence[int] = ()) -> Codes:
    """Turn codes ``uint8 [3 n]`` into an ORF: ATG, no stop inside, TAA at the end, ATG at codons `starts`."""
    codons = codes.reshape(-1, 3).copy()
    value = codons.astype(int) @ np.array([16, 4, 1])
    stops = [int(encode(stop) @ np.array([16, 4, 1])) for stop in ("TAA", "TAG", "TGA")]
    codons[np.isin(value, stops), 0] = LETTERS.index("A")
    codons[[0, *starts]] = encode("ATG")
    codons[-1] = encode("TAA")
    return codons.reshape(-1)


def _plant(rng: np.random.Generator, local: Codes, tss: int, motifs: Sequence[Motif]) -> None:
    """Write motif sites around index `tss`; a site that would hit another one is left out."""
    taken = np.zeros(len(local), dtype=bool)
    for motif in motifs:
        chosen = rng.random() < motif.frequency
        count = min(MOST_SITES, 1 + int(rng.poisson(MEAN_SITES - 1))) if chosen else 0
        for _ in range(count):
            start = tss + int(rng.integers(*motif.span))
            minus = bool(motif.both_strands and rng.random() < 0.5)
            where = slice(start, start + len(motif.consensus))
            letters = [rng.choice(np.flatnonzero(row)) for row in motif.table(minus)]
            if not taken[where].any():
                local[where], taken[where] = letters, True


def core_codes(locus: Locus, chromosome: Codes) -> Codes:
    """Cut `CORE` bases on each side of the true TSS in transcription direction; N beyond the chromosome."""
    tss = locus.position(locus.local_tss)
    low, high = max(0, tss - CORE - 1), min(len(chromosome), tss + CORE + 1)
    piece = chromosome[low:high]
    if locus.strand == "-":
        return place(reverse_complement(piece), high - 1 - tss, CORE, CORE)
    return place(piece, tss - low, CORE, CORE)


def motif_sites(cores: Codes, motif: Motif) -> dict[str, npt.NDArray[np.bool_]]:
    """Find all sites of a motif that count.

    Parameters
    ----------
    cores
        Codes ``uint8 [gene, 2 * CORE]``, the true TSS at index `CORE`.
    motif
        What to look for.

    Returns
    -------
    dict of numpy.ndarray
        For each strand ``bool [gene, start]``: whether a site starts ``motif.span[0] + start`` from the TSS.
    """
    found = {}
    for strand in motif.strands():
        hits = np.ones((len(cores), motif.span[1] - motif.span[0]), dtype=bool)
        for offset, accepted in enumerate(motif.table(strand == "-")):
            low = CORE + motif.span[0] + offset
            hits &= accepted[cores[:, low : low + hits.shape[1]]]
        found[strand] = hits
    return found


def cpg_per_base(cores: Codes) -> npt.NDArray[np.float64]:
    """Return the number of CpG per base of each row of codes ``uint8 [gene, length]``."""
    pairs = (cores[:, :-1] == 1) & (cores[:, 1:] == 2)
    return np.asarray(pairs.sum(axis=1) / cores.shape[1], dtype=float)


def gc_content(codes: Codes) -> float:
    """Return the share of G and C among the known bases; NaN where there is none."""
    known = codes[codes != N]
    return float(np.mean((known == 1) | (known == 2))) if known.size else float("nan")
