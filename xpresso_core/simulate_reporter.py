"""A simulated reporter assay of promoter activity, in the shape of SuRE, on an older assembly of the genome.

Around each true TSS the signal of the gene's strand repeats a pattern of `PERIOD` bases whose mean over covered
bases is the gene's activity. So any window of a multiple of that length has this mean too, also where gaps
between the assemblies move its middle by some bases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.randomness import generator
from xpresso_core.simulate_assembly import MOST_BASES, OLDER, REACH, Map, OlderAssembly, draw_older_assembly
from xpresso_core.simulate_genes import Locus
from xpresso_core.simulate_labels import balanced_noise, share
from xpresso_core.simulate_scores import PSEUDO, Floats, Scores

INTERCEPT, SLOPE = 0.6, 0.6  # of log10(activity + 0.1) on the promoter score
PROMOTER_SHARE = 0.8  # of the variance of log10(activity + 0.1)
LEAST = 1 / 64  # activity
WINDOW = 1000  # bases around the TSS that the assay is averaged over (paper: STAR methods, "SuRE MPRA Data")
PERIOD = WINDOW // 4
# Bases of planted signal on each side of a true TSS. The middle of a lifted window may be so far from it that a
# twentieth of the window is lost at one end; the annotated TSS is nearer.
STRETCH = WINDOW // 2 + REACH // 20 + 2 * MOST_BASES
GRAIN = 4096  # activities are multiples of 1 / GRAIN, so that the signal is exact in single precision
UNCOVERED = -1.0
STRANDS = ("+", "-")

Signal = tuple[str, int, int, float]


@dataclass(frozen=True)
class Reporter:
    """The simulated assay.

    Attributes
    ----------
    assembly
        The older assembly.
    genes
        One row per protein-coding gene: ``truth/reporter.tsv``.
    loci
        The protein-coding genes that are whole in the older assembly, with its coordinates.
    model
        Coefficients, shares and counts for ``truth/model.json``.
    """

    assembly: OlderAssembly
    genes: pd.DataFrame
    loci: tuple[Locus, ...]
    model: dict[str, Any]


def draw_reporter(
    seed: int,
    coding: Sequence[Locus],
    lncrna: Sequence[Locus],
    lengths: Mapping[str, int],
    scores: Scores,
    label: Floats,
) -> Reporter:
    """Draw the older assembly, and the activity of every promoter that is in it.

    Parameters
    ----------
    seed
        The seed of the species.
    coding, lncrna
        All genes.
    lengths
        Length of each chromosome.
    scores
        Of the protein-coding genes.
    label
        ``float64 [gene]``: their log10(median RPKM + 0.1).
    """
    assembly = draw_older_assembly(generator(seed, "older assembly"), (*coding, *lncrna), lengths)
    rows, found = [], []
    for chrom in lengths:
        mapped = assembly.map(chrom)
        here = [locus for locus in coding if locus.chrom == chrom]
        rows += [_site(locus, mapped) for locus in here]
        found += [mapped.place(locus) for locus in here]
    genes = pd.DataFrame(rows).set_index("gene_id").loc[[locus.gene_id for locus in coding]].reset_index()
    activity, noise_sd = _activity(generator(seed, "reporter"), scores)
    there = genes["tss_sim0"].notna().to_numpy()
    genes["activity"] = np.where(there, activity, np.nan)
    genes["log10_activity"] = np.log10(genes["activity"] + PSEUDO)
    genes["overlapped"] = _overlapped(genes)
    genes = genes.astype({"tss_sim0": "Int64", "start_sim0": "Int64", "end_sim0": "Int64"})
    known = scores.kept & there
    log10 = genes["log10_activity"].to_numpy()[known]
    promoter = scores.parts["cpg"] + scores.parts["motif"]
    model = {
        "assembly": OLDER,
        "genes": int(known.sum()),
        "intercept": INTERCEPT,
        "log10_activity_per_promoter_score": SLOPE,
        "noise_sd": noise_sd,
        "r2_promoter": share(promoter[known], log10),
        "r2_label": share(label[known], log10),
        "lifts": dict(sorted(Counter(genes["lifts"][scores.kept]).items())),
    }
    return Reporter(assembly, genes, tuple(locus for locus in found if locus), model)


def _site(locus: Locus, mapped: Map) -> dict[str, object]:
    """Say where the true TSS of a gene and the window around it lie in the older assembly."""
    tss = locus.position(locus.local_tss)
    lift = mapped.lift(*mapped.window(tss))
    chain = int(mapped.chain[tss])
    flipped = {"+": "-", "-": "+"}[locus.strand]
    return {
        "gene_id": locus.gene_id,
        "chrom": locus.chrom,
        "strand": None if chain < 0 else flipped if mapped.reverse[chain] else locus.strand,
        "tss_sim0": None if chain < 0 else int(mapped.new[tss]),
        "lifts": lift.outcome,
        "start_sim0": None if lift.start < 0 else lift.start,
        "end_sim0": None if lift.end < 0 else lift.end,
    }


def _activity(rng: np.random.Generator, scores: Scores) -> tuple[Floats, float]:
    """Draw the activity of each promoter, and return it with the standard deviation of the noise."""
    promoter = SLOPE * (scores.parts["cpg"] + scores.parts["motif"])
    noise_sd = float(promoter[scores.kept].std() * np.sqrt(1 / PROMOTER_SHARE - 1))
    noise = noise_sd * balanced_noise(rng, scores.parts.values(), scores.kept)
    activity = np.maximum(10 ** (INTERCEPT + promoter + noise) - PSEUDO, LEAST)
    return np.round(activity * GRAIN) / GRAIN, noise_sd


def _overlapped(genes: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Tell which genes' planted signal would run into that of another gene on the same strand."""
    found = np.zeros(len(genes), dtype=np.int64)
    for _, group in genes.dropna(subset="tss_sim0").groupby(["chrom", "strand"]):
        tss = group["tss_sim0"].sort_values()
        near = np.diff(tss.to_numpy(dtype=np.int64)) < 2 * STRETCH
        found[tss.index[1:][near]] = 1
        found[tss.index[:-1][near]] = 1
    return found


def draw_signal(rng: np.random.Generator, reporter: Reporter, strand: str) -> Iterator[Signal]:
    """Draw the signal of one strand.

    Yields
    ------
    tuple of (str, int, int, float)
        Chromosome, 0-based half-open interval and value, in the order of a bigWig file. Bases between are not
        covered.
    """
    genes = reporter.genes[reporter.genes["strand"] == strand]
    for chrom in sorted(reporter.assembly.sizes):
        here = genes[genes["chrom"] == chrom].sort_values("tss_sim0")
        values = _background(rng, reporter.assembly.sizes[chrom])
        sites = here["tss_sim0"].to_numpy(dtype=np.int64)
        bounds = np.concatenate([[0], (sites[1:] + sites[:-1]) // 2, [len(values)]])
        for number, (tss, activity) in enumerate(zip(sites, here["activity"], strict=True)):
            start, end = max(tss - STRETCH, bounds[number]), min(tss + STRETCH, bounds[number + 1])
            pattern = np.resize(_pattern(rng), end - start)
            values[start:end] = np.where(pattern < 0, UNCOVERED, activity * pattern)
        yield from _runs(chrom, values)


def _background(rng: np.random.Generator, size: int) -> npt.NDArray[np.float32]:
    """Draw faint signal in places: ``float32 [base]``, `UNCOVERED` where there is none."""
    values = np.full(size, UNCOVERED, dtype=np.float32)
    starts = rng.integers(0, size, size // 600)
    lengths = rng.integers(50, 250, len(starts))
    for start, length, value in zip(starts, lengths, rng.exponential(0.05, len(starts)), strict=True):
        values[start : start + length] = round(value * GRAIN) / GRAIN
    return values


def _pattern(rng: np.random.Generator) -> Floats:
    """Draw a pattern of `PERIOD` bases with mean 1 over its covered bases, of multiples of 1/8."""
    wide, narrow = (int(bases) for bases in rng.integers(40, 56, 2))
    more, less = (int(eighths) for eighths in rng.integers(1, 7, 2))
    pieces = [(wide, 8 + more), (wide, 8 - more), (narrow, 8 + less), (narrow, 8 - less)]
    pieces.append((PERIOD - 2 * (wide + narrow), int(8 * UNCOVERED)))
    order = [pieces[index] for index in rng.permutation(len(pieces))]
    pattern = np.concatenate([np.full(bases, eighths / 8) for bases, eighths in order])
    return np.roll(pattern, int(rng.integers(PERIOD)))


def _runs(chrom: str, values: npt.NDArray[np.float32]) -> Iterator[Signal]:
    """Yield the intervals of equal values that are covered."""
    starts = np.flatnonzero(np.diff(values, prepend=-2))
    ends = np.append(starts[1:], len(values))
    for start, end, value in zip(starts.tolist(), ends.tolist(), values[starts].tolist(), strict=True):
        if value >= 0:
            yield chrom, start, end, value
