"""What the simulated genes are expressed at, and why: the planted truth.

A gene's log10 RPKM is a promoter score (CpG, motif sites) plus a half-life score plus noise; a gene with few
CpG may be silent instead. Both scores are functions of the finished DNA and annotation alone, so that they
can be found again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.randomness import generator
from xpresso_core.sequence import Codes
from xpresso_core.simulate_dna import Motif, core_codes, cpg_per_base, gc_content, motif_sites
from xpresso_core.simulate_genes import CORE, Locus

if TYPE_CHECKING:
    from xpresso_core.simulate import SimulationSettings

Floats = npt.NDArray[np.float64]

PSEUDO = 0.1  # added to RPKM before the logarithm, as in the paper
EPIGENOMES = ("E000", "E001", "E002", "E003", "E004", "E005", "E006", "E007", "E008", "E009", "E010", "E011")
SPECIFIC = "E003"  # the cell type with a factor of its own
MOTIFS = (
    Motif("ETS-like", "ACCGGAAGTR", 0.9, 0.30, (-160, 20)),
    Motif("NRF1-like", "TGCGCATGCGCA", 1.0, 0.25, (-160, 20), both_strands=False),
    Motif("YY1-like", "AAGATGGCGGC", 0.8, 0.25, (-10, 60), both_strands=False),
    Motif("REST-like", "TTCAGCACCWYGGACA", -1.2, 0.20, (-200, 150)),
    Motif("GATA-like", "AGATAASAGATAA", 0.8, 0.15, (-200, 20), cell_type=SPECIFIC),
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
class Labels:
    """The simulated expression and its truth.

    Attributes
    ----------
    genes
        One row per protein-coding gene: ``truth/genes.tsv``.
    sites
        One row per motif site that counts: ``truth/motif_sites.tsv``.
    expression
        RPKM by gene and epigenome, `E000` first; three decimals.
    model
        Weights, motifs and variance shares: ``truth/model.json``.
    """

    genes: pd.DataFrame
    sites: pd.DataFrame
    expression: pd.DataFrame
    model: dict[str, Any]


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


def transform(features: pd.DataFrame, kept: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Take log10(x + 0.1) of lengths and z-scores over the genes `kept`; what is missing becomes 0."""
    lengths = [name for name in features if str(name).endswith("_len")]
    values = features.assign(**{str(name): np.log10(features[name] + PSEUDO) for name in lengths})
    return ((values - values[kept].mean()) / values[kept].std(ddof=0)).fillna(0.0)


def expected_label(mean: Floats, sd: float, silent: Floats, silent_level: float) -> Floats:
    """Return the expectation of log10(RPKM + 0.1) given what is known of each gene.

    Parameters
    ----------
    mean, sd
        Mean and standard deviation of log10 RPKM if the gene is not silent.
    silent
        The chance that it is.
    silent_level
        The mean label of silent genes.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(31)
    active = np.log10(10 ** (mean[:, None] + sd * nodes) + PSEUDO) @ (weights / weights.sum())
    return np.asarray(silent * silent_level + (1 - silent) * active, dtype=float)


def share(prediction: Floats, label: Floats) -> float:
    """Return the squared Pearson correlation."""
    return float(np.corrcoef(prediction, label)[0, 1] ** 2)


def draw_labels(
    seed: int, settings: SimulationSettings, loci: Sequence[Locus], chromosomes: Mapping[str, Codes]
) -> Labels:
    """Score all protein-coding genes and draw their expression.

    Parameters
    ----------
    seed
        The seed of the species.
    settings
        Its settings.
    loci
        The protein-coding genes.
    chromosomes
        Their finished DNA.
    """
    dropped = [_dropped(locus, settings, len(chromosomes[locus.chrom])) for locus in loci]
    kept = np.array([not reason for reason in dropped])
    cores = np.stack([core_codes(locus, chromosomes[locus.chrom]) for locus in loci])
    hits = {motif.name: motif_sites(cores, motif) for motif in MOTIFS}
    counts = {name: np.sum([found.sum(axis=1) for found in by.values()], axis=0) for name, by in hits.items()}
    features = pd.DataFrame([halflife_features(locus, chromosomes[locus.chrom]) for locus in loci])

    cpg = cpg_per_base(cores)
    general = [motif for motif in MOTIFS if not motif.cell_type]
    motif_sum = np.sum([motif.effect * counts[motif.name] for motif in general], axis=0)
    halflife_sum = transform(features, kept).to_numpy() @ np.array(list(HALFLIFE_WEIGHTS.values()))
    scores: dict[str, Floats] = {}
    scales: dict[str, float] = {}
    for name, raw in (("cpg", cpg), ("motif", motif_sum), ("halflife", halflife_sum)):
        scales[name] = getattr(settings, f"{name}_sd") / float(raw[kept].std())
        scores[name] = scales[name] * (raw - raw[kept].mean())

    rng = generator(seed, "labels")
    chance = _silent_chance(scores["cpg"], kept, settings)
    silent = _systematic(rng, chance)
    noise = _balanced_noise(rng, scores, kept, settings.noise_sd)
    active = settings.base_level + scores["cpg"] + scores["motif"] + scores["halflife"]
    specific = np.sum([m.effect * counts[m.name] for m in MOTIFS if m.cell_type], axis=0)
    expression = _expression(generator(seed, "expression"), settings, active + noise, silent, specific)
    label = np.log10(expression.iloc[:, 1:].median(axis=1).to_numpy() + PSEUDO)
    silent_level = float(label[silent].mean())
    expected = expected_label(active, settings.noise_sd, chance, silent_level)

    genes = pd.DataFrame(
        {
            "gene_id": [locus.gene_id for locus in loci],
            "gene_name": [locus.gene_name for locus in loci],
            "chrom": [locus.chrom for locus in loci],
            "strand": [locus.strand for locus in loci],
            "tss": [locus.position(locus.local_tss) for locus in loci],
            "annotated_tss": [locus.position(locus.representative.exons[0][0]) for locus in loci],
            "tss_source": ["cage" if locus.peak else "annotation" for locus in loci],
            "transcript_id": [locus.representative.transcript_id for locus in loci],
        }
    )
    genes = pd.concat([genes, features], axis=1).assign(
        cpg_per_base=cpg,
        **{f"sites_{name}": count for name, count in counts.items()},
        cpg_score=scores["cpg"],
        motif_score=scores["motif"],
        promoter_score=scores["cpg"] + scores["motif"],
        halflife_score=scores["halflife"],
        noise=noise,
        silent_probability=chance,
        silent=silent.astype(int),
        expected_log10_median=expected,
        log10_median=label,
        dropped=dropped,
    )
    expression.index = pd.Index(genes["gene_id"])
    shares = _shares(genes[kept], scores, kept, settings, silent_level)
    model = _model(settings, scales, cpg[kept], features[kept], shares, silent_level)
    return Labels(genes, _sites(loci, hits), expression, model)


def _dropped(locus: Locus, settings: SimulationSettings, length: int) -> str:
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


def _silent_chance(cpg: Floats, kept: npt.NDArray[np.bool_], settings: SimulationSettings) -> Floats:
    """Return the chance to be silent: a falling logistic curve of the CpG score, of the mean asked for."""
    z = cpg / settings.cpg_sd
    low, high = -12.0, 12.0
    for _ in range(60):
        middle = (low + high) / 2
        chance = 0.03 + 0.94 / (1 + np.exp(settings.silent_slope * (z - middle)))
        low, high = (middle, high) if chance[kept].mean() < settings.silent_share else (low, middle)
    return np.asarray(chance, dtype=float)


def _systematic(rng: np.random.Generator, chance: Floats) -> npt.NDArray[np.bool_]:
    """Draw events so that genes of like chance give the expected number (systematic sampling)."""
    order = np.argsort(chance, kind="stable")
    passed = np.floor(np.cumsum(chance[order]) + rng.random())
    drawn = np.zeros(len(chance), dtype=bool)
    drawn[order] = np.diff(passed, prepend=0.0) > 0
    return drawn


def _balanced_noise(
    rng: np.random.Generator, scores: Mapping[str, Floats], kept: npt.NDArray[np.bool_], sd: float
) -> Floats:
    """Draw noise that, over the genes kept, has exactly the given sd and no correlation with any score."""
    noise = rng.normal(0, 1, len(kept))
    design = np.column_stack([np.ones(int(kept.sum())), *(score[kept] for score in scores.values())])
    rest = noise[kept] - design @ np.linalg.lstsq(design, noise[kept])[0]
    noise[kept] = rest / rest.std()
    return sd * noise


def _expression(
    rng: np.random.Generator,
    settings: SimulationSettings,
    level: Floats,
    silent: npt.NDArray[np.bool_],
    specific: Floats,
) -> pd.DataFrame:
    """Draw RPKM by gene and epigenome; the median of the cell types is what `level` says."""
    names = EPIGENOMES[1 : settings.cell_types + 1]
    deviation = rng.normal(0, settings.cell_type_sd, (len(level), len(names)))
    deviation[:, names.index(SPECIFIC)] += specific
    deviation -= np.median(deviation, axis=1, keepdims=True)
    faint = np.where(rng.random(deviation.shape) < 0.5, 0.0, rng.exponential(0.02, deviation.shape))
    rpkm = np.where(silent[:, None], faint, 10 ** (level[:, None] + deviation))
    reference = rpkm.mean(axis=1) * 10 ** rng.normal(0.5, 0.4, len(level))
    return pd.DataFrame(np.column_stack([reference, rpkm]), columns=[EPIGENOMES[0], *names]).round(3)


def _shares(
    genes: pd.DataFrame,
    scores: Mapping[str, Floats],
    kept: npt.NDArray[np.bool_],
    settings: SimulationSettings,
    silent_level: float,
) -> dict[str, float]:
    """Measure how much of the label's variance, over the genes kept, each kind of input explains at best."""
    label = genes["log10_median"].to_numpy()
    chance = genes["silent_probability"].to_numpy()
    cpg, motif, halflife = (scores[name][kept] for name in ("cpg", "motif", "halflife"))
    design = np.column_stack([np.ones(len(cpg)), cpg, motif])
    guess = (
        design @ np.linalg.lstsq(design, halflife)[0]
    )  # what a promoter tells about its gene's half-life score
    sd = float(np.hypot(settings.noise_sd, (halflife - guess).std()))
    promoter = expected_label(settings.base_level + cpg + motif + guess, sd, chance, silent_level)
    explainable = share(genes["expected_log10_median"].to_numpy(), label)
    linear = np.column_stack([np.ones(len(cpg)), cpg, motif, halflife])
    return {
        "explainable": explainable,
        "promoter_only": share(promoter, label),
        "halflife_added": explainable - share(promoter, label),
        "noise": 1 - explainable,
        "cpg_linear": share(cpg, label),
        "motif_linear": share(motif, label),
        "halflife_linear": share(halflife, label),
        "all_linear": share(linear @ np.linalg.lstsq(linear, label)[0], label),
    }


def _model(
    settings: SimulationSettings,
    scales: Mapping[str, float],
    cpg: Floats,
    features: pd.DataFrame,
    shares: dict[str, float],
    silent_level: float,
) -> dict[str, Any]:
    """Collect the generative model as plain types."""
    motifs = [
        {
            "name": motif.name,
            "consensus": motif.consensus,
            "log10_rpkm_per_site": motif.effect * (1 if motif.cell_type else scales["motif"]),
            "span": list(motif.span),
            "both_strands": motif.both_strands,
            "cell_type": motif.cell_type,
        }
        for motif in MOTIFS
    ]
    weights = {name: weight * scales["halflife"] for name, weight in HALFLIFE_WEIGHTS.items()}
    return {
        "simulated": True,
        "genes_kept": len(cpg),
        "base_level": settings.base_level,
        "core": [-CORE, CORE],
        "cpg": {
            "log10_rpkm_per_cpg_per_base": scales["cpg"],
            "mean": float(cpg.mean()),
            "sd": float(cpg.std()),
        },
        "motifs": motifs,
        "halflife_weights": weights,
        "noise_sd": settings.noise_sd,
        "silent_level": silent_level,
        "variance_shares": shares,
    }


def _sites(loci: Sequence[Locus], hits: Mapping[str, Mapping[str, npt.NDArray[np.bool_]]]) -> pd.DataFrame:
    """List the motif sites that count; start (leftmost base) and strand are relative to TSS and gene."""
    rows = []
    for motif in MOTIFS:
        for strand, found in hits[motif.name].items():
            for gene, start in np.argwhere(found):
                rows.append((loci[gene].gene_id, motif.name, int(start) + motif.span[0], strand))
    frame = pd.DataFrame(rows, columns=["gene_id", "motif", "start", "strand"])
    return frame.sort_values(["gene_id", "start", "motif"], ignore_index=True)
