"""What the expression of simulated genes depends on: CpG, motif sites, half-life features and their weights.

All of it is a function of the finished DNA and annotation alone, so that it can be found again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.sequence import Codes
from xpresso_core.simulate_dna import Motif, core_codes, cpg_per_base, gc_content, motif_sites
from xpresso_core.simulate_genes import Locus

if TYPE_CHECKING:
    from xpresso_core.simulate import SimulationSettings

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

PSEUDO = 0.1  # added to lengths and RPKM before the logarithm, as in the paper
SPECIFIC = "E003"  # the cell type with a factor of its own
MOTIFS = (
    Motif("ETS-like", "CCGGAAGT", 0.35, 0.45, (-250, 50)),
    Motif("NRF1-like", "TGCGCATGC", 0.4, 0.40, (-250, 50)),
    Motif("REST-like", "TCAGCACC", -0.4, 0.40, (-250, 150)),
    Motif("GATA-like", "AGATAASR", 0.25, 0.15, (-250, 50), both_strands=False, cell_type=SPECIFIC),
)
# Signs as in the paper's text on Figure S4B: ORF exon density and G+C of the 5' UTR strongly up, the
# lengths of 5' UTR and ORF weakly up, intron length down. It says nothing of the 3' UTR, which here lowers
# expression weakly where it is long.
HALFLIFE_WEIGHTS = {
    "utr5_len": 0.15,
    "cds_len": 0.15,
    "intron_len": -0.5,
    "utr3_len": -0.2,
    "utr5_gc": 0.45,
    "cds_gc": 0.0,
    "utr3_gc": 0.0,
    "orf_exon_density": 0.6,
}


@dataclass(frozen=True)
class Scores:
    """What is known of each protein-coding gene without its expression; every array is ``[gene]``.

    Attributes
    ----------
    dropped
        Why the pipeline must drop the gene; empty where it must keep it.
    cpg
        CpG per base of the core promoter.
    sites
        Number of sites that count, by motif.
    features
        The half-life features, raw.
    parts
        The scores ``cpg``, ``motif`` and ``halflife`` in log10 RPKM, with mean 0 over the genes kept.
    scales
        What each part's raw sum was multiplied by to have the standard deviation asked for.
    table
        One row per site that counts: `gene_id`, `motif`, `start` (of its leftmost base), `strand`; relative
        to the TSS and the gene.
    """

    dropped: list[str]
    cpg: Floats
    sites: dict[str, npt.NDArray[np.int64]]
    features: pd.DataFrame
    parts: dict[str, Floats]
    scales: dict[str, float]
    table: pd.DataFrame

    @property
    def kept(self) -> Flags:
        """Which genes the pipeline must keep."""
        return np.array([not reason for reason in self.dropped])

    @property
    def total(self) -> Floats:
        """Sum of the parts."""
        return np.asarray(sum(self.parts.values()), dtype=float)


def score_genes(
    settings: SimulationSettings, loci: Sequence[Locus], chromosomes: Mapping[str, Codes]
) -> Scores:
    """Score all protein-coding genes.

    Parameters
    ----------
    settings
        The standard deviations that the parts shall have, and the window.
    loci
        The genes.
    chromosomes
        Their finished DNA.
    """
    dropped = [reason_to_drop(locus, settings, len(chromosomes[locus.chrom])) for locus in loci]
    kept = np.array([not reason for reason in dropped])
    cores = np.stack([core_codes(locus, chromosomes[locus.chrom]) for locus in loci])
    hits = {motif.name: motif_sites(cores, motif) for motif in MOTIFS}
    sites = {name: np.sum([found.sum(axis=1) for found in by.values()], axis=0) for name, by in hits.items()}
    features = pd.DataFrame([halflife_features(locus, chromosomes[locus.chrom]) for locus in loci])
    cpg = cpg_per_base(cores)
    raw = {
        "cpg": cpg,
        "motif": np.sum(
            [motif.effect * sites[motif.name] for motif in MOTIFS if not motif.cell_type], axis=0
        ),
        "halflife": transform(features, kept).to_numpy() @ np.array(list(HALFLIFE_WEIGHTS.values())),
    }
    scales = {name: getattr(settings, f"{name}_sd") / float(value[kept].std()) for name, value in raw.items()}
    parts = {name: scales[name] * (value - value[kept].mean()) for name, value in raw.items()}
    return Scores(dropped, cpg, sites, features, parts, scales, _site_table(loci, hits))


def reason_to_drop(locus: Locus, settings: SimulationSettings, length: int) -> str:
    """Say why the pipeline must drop a gene; empty where it must keep it."""
    tss = locus.position(locus.local_tss)
    before, after = tss, length - tss - 1
    if locus.strand == "-":
        before, after = after, before
    if locus.chrom in ("chrY", "chrM"):
        return f"on {locus.chrom}"
    if locus.role == "histone":
        return "histone gene"
    if before < settings.upstream or after + 1 < settings.downstream:
        return "window beyond the chromosome end"
    return "no expression value" if locus.role == "unmeasured" else ""


def halflife_features(locus: Locus, chromosome: Codes) -> dict[str, float]:
    """Return the half-life features of a gene's representative transcript.

    Lengths are in bases, the ORF without its stop codon; G+C as a share of 1; ORF exon density as exon
    junctions per kilobase of ORF (paper: STAR methods, "Collecting promoter sequences and mRNA half-life
    features"). The features of an absent UTR are NaN.
    """
    transcript = locus.representative
    regions = transcript.regions()
    features: dict[str, float] = {}
    for name, region in (("utr5", "five_prime_utr"), ("cds", "CDS"), ("utr3", "three_prime_utr")):
        pieces = [chromosome[slice(*locus.interval(piece))] for piece in regions[region]]
        joined = np.concatenate(pieces) if pieces else chromosome[:0]
        features[f"{name}_len"] = float(joined.size) if joined.size else np.nan
        features[f"{name}_gc"] = gc_content(joined)
    exons = transcript.exons
    features["intron_len"] = float(exons[-1][1] - exons[0][0] - transcript.length)
    features["orf_exon_density"] = 1000 * (len(regions["CDS"]) - 1) / features["cds_len"]
    return {name: features[name] for name in HALFLIFE_WEIGHTS}


def transform(features: pd.DataFrame, kept: Flags) -> pd.DataFrame:
    """Take log10(x + 0.1) of lengths and z-scores over the genes `kept`; what is missing becomes 0."""
    lengths = [name for name in features if str(name).endswith("_len")]
    values = features.assign(**{str(name): np.log10(features[name] + PSEUDO) for name in lengths})
    return ((values - values[kept].mean()) / values[kept].std(ddof=0)).fillna(0.0)


def _site_table(loci: Sequence[Locus], hits: Mapping[str, Mapping[str, Flags]]) -> pd.DataFrame:
    """List the motif sites that count; start (leftmost base) and strand are relative to TSS and gene."""
    rows = []
    for motif in MOTIFS:
        for strand, found in hits[motif.name].items():
            for gene, start in np.argwhere(found):
                rows.append((loci[gene].gene_id, motif.name, int(start) + motif.span[0], strand))
    frame = pd.DataFrame(rows, columns=["gene_id", "motif", "start", "strand"])
    return frame.sort_values(["gene_id", "start", "motif"], ignore_index=True)
