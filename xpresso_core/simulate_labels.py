"""The expression of the simulated genes, and the truth about it.

A gene's log10 RPKM is the sum of its scores (`simulate_scores`) and noise, of which a part is regulation that no
score shows (`simulate_regulation`); a gene with few CpG may be silent instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from xpresso_core.randomness import generator
from xpresso_core.simulate_genes import CORE, Locus
from xpresso_core.simulate_regulation import Regulation
from xpresso_core.simulate_scores import HALFLIFE_WEIGHTS, MOTIFS, PSEUDO, Flags, Floats, Scores

if TYPE_CHECKING:
    from xpresso_core.simulate import SimulationSettings

EPIGENOMES = ("E000", "E001", "E002", "E003", "E004", "E005", "E006", "E007", "E008", "E009", "E010", "E011")
CANDIDATES = 300  # draws of the silent genes, of which the most typical one is taken
DRIFT_SD = 0.15  # log10 RPKM by which the sister species differs
SHIFT, SHIFTED_SHARE = 1.6, 0.04  # log10 RPKM by which some of its genes differ beyond that


@dataclass(frozen=True)
class Labels:
    """The simulated expression and its truth.

    Attributes
    ----------
    genes
        One row per protein-coding gene: ``truth/genes.tsv``.
    expression
        RPKM by gene and epigenome, E000 first; three decimals.
    model
        Weights, motifs and variance shares: ``truth/model.json``.
    """

    genes: pd.DataFrame
    expression: pd.DataFrame
    model: dict[str, Any]


@dataclass(frozen=True)
class Unexplained:
    """What no score explains of the genes that the pipeline must keep; every array is ``[kept gene]``.

    Attributes
    ----------
    genes
        Their rows of `Labels.genes`, numbered from 0.
    noise
        Of log10 RPKM, with what sets a sister species apart.
    deviation
        Of the label from its expectation.
    """

    genes: pd.DataFrame
    noise: Floats
    deviation: Floats

    @classmethod
    def of(cls, labels: Labels) -> Unexplained:
        """Take it out of the truth."""
        genes = labels.genes[labels.genes["dropped"] == ""].reset_index(drop=True)
        noise = genes.filter(["noise", "species_drift", "species_shift"]).sum(axis=1).to_numpy()
        return cls(genes, noise, (genes["log10_median"] - genes["expected_log10_median"]).to_numpy())


def label_moments(mean: Floats, sd: float, silent: Floats, silent_level: float) -> tuple[Floats, Floats]:
    """Return expectation and variance of log10(RPKM + 0.1) given what is known of each gene.

    Parameters
    ----------
    mean, sd
        Mean and standard deviation of log10 RPKM if the gene is not silent.
    silent
        The chance that it is.
    silent_level
        The label of silent genes.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(31)
    values = np.log10(10 ** (mean[:, None] + sd * nodes) + PSEUDO)
    first, second = (values**power @ (weights / weights.sum()) for power in (1, 2))
    expected = silent * silent_level + (1 - silent) * first
    variance = silent * silent_level**2 + (1 - silent) * second - expected**2
    return np.asarray(expected, dtype=float), np.asarray(variance, dtype=float)


def share(prediction: Floats, label: Floats) -> float:
    """Return the squared Pearson correlation."""
    return float(np.corrcoef(prediction, label)[0, 1] ** 2)


def draw_labels(
    seed: int,
    settings: SimulationSettings,
    loci: Sequence[Locus],
    scores: Scores,
    regulation: Regulation,
    *,
    relative: bool = False,
) -> Labels:
    """Draw the expression of all protein-coding genes.

    Parameters
    ----------
    seed
        The seed of the species.
    settings
        Its settings.
    loci
        The protein-coding genes.
    scores
        What their expression depends on.
    regulation
        What acts on it that no score shows: a part of the noise.
    relative
        Draw that of the sister species: the same, times what each gene has drifted.
    """
    rng = generator(seed, "labels")
    kept, active = scores.kept, settings.base_level + scores.total
    faint = _faint(generator(seed, "silent genes"), len(loci), settings.cell_types)
    silent_level = float(np.log10(np.median(faint, axis=1) + PSEUDO).mean())
    chance = silent_chance(scores.parts["cpg"] / settings.cpg_sd, kept, settings)
    expected, variance = label_moments(active, settings.noise_sd, chance, silent_level)
    design = float(expected[kept].var() / (expected[kept].var() + variance[kept].mean()))
    parts = [*scores.parts.values(), *regulation.parts()]
    noise_sd = np.where(kept, regulation.own_sd, settings.noise_sd)
    noise = regulation.hidden + noise_sd * balanced_noise(rng, parts, kept)
    label = np.log10(10 ** (active + noise) + PSEUDO)
    silent = _typical_silence(rng, chance, label, silent_level, expected, kept, design)

    active_rpkm = 10 ** (active + noise)[:, None] * _deviations(
        generator(seed, "cell types"), settings, scores
    )
    rpkm = np.where(silent[:, None], faint, active_rpkm)
    if relative:
        rng = generator(seed, "relative expression")
        drift, shift = drifts(rng, active + noise, silent, kept, settings)
        rpkm = rpkm * 10 ** (drift + shift)[:, None]
        settings = replace(settings, noise_sd=float(np.hypot(settings.noise_sd, DRIFT_SD)))
        expected, _ = label_moments(active, settings.noise_sd, chance, silent_level)
    expression = _matrix(generator(seed, "reference"), loci, rpkm)
    genes = _describe(loci).join(scores.features)
    genes["cpg_per_base"] = scores.cpg
    for name, count in scores.sites.items():
        genes[f"sites_{name}"] = count
    for name, part in scores.parts.items():
        genes[f"{name}_score"] = part
    genes["promoter_score"] = genes["cpg_score"] + genes["motif_score"]
    genes["noise"] = noise
    genes = genes.join(regulation.table())
    if relative:
        genes["species_drift"], genes["species_shift"] = drift, shift
    genes["silent_probability"] = chance
    genes["silent"] = silent.astype(int)
    genes["expected_log10_median"] = expected
    genes["log10_median"] = np.log10(expression.iloc[:, 1:].median(axis=1).to_numpy() + PSEUDO)
    genes["dropped"] = scores.dropped
    shares = _shares(genes[kept], settings, silent_level)
    if not relative:  # its shifts are not in the design
        shares["by_design"] = design
    model = _model(settings, scores, shares, silent_level, relative)
    return Labels(genes, expression, {**model, "regulation": regulation.truth(kept)})


def drifts(
    rng: np.random.Generator, level: Floats, silent: Flags, kept: Flags, settings: SimulationSettings
) -> tuple[Floats, Floats]:
    """Draw by how much log10 RPKM differs in the sister species: a little everywhere, by `SHIFT` in places.

    Of the genes `kept` only those shift that differ tenfold in the label too: none that is silent, none with a
    very low `level` (log10 RPKM); a gene below the average level goes up.
    """
    drift = rng.normal(0, DRIFT_SD, len(level))
    able = np.flatnonzero(kept & ~silent & (level > settings.base_level - 1.25))
    chosen = rng.permutation(able)[: round(SHIFTED_SHARE * int(kept.sum()))]
    sign = np.where(level[chosen] < settings.base_level, 1.0, rng.choice([-1.0, 1.0], len(chosen)))
    shift = np.zeros(len(level))
    shift[chosen] = SHIFT * sign
    return drift, shift


def _describe(loci: Sequence[Locus]) -> pd.DataFrame:
    """Say who and where the genes are."""
    return pd.DataFrame(
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


def silent_chance(cpg: Floats, kept: Flags, settings: SimulationSettings) -> Floats:
    """Return the chance to be silent: a logistic curve that falls with the z-score of CpG."""
    low, high = -12.0, 12.0
    for _ in range(60):
        middle = (low + high) / 2
        chance = 0.03 + 0.94 / (1 + np.exp(settings.silent_slope * (cpg - middle)))
        low, high = (middle, high) if chance[kept].mean() < settings.silent_share else (low, middle)
    return np.asarray(chance, dtype=float)


def balanced_noise(rng: np.random.Generator, parts: Iterable[Floats], kept: Flags) -> Floats:
    """Draw noise that, over the genes kept, has exactly variance 1 and no correlation with any of `parts`."""
    noise = rng.normal(0, 1, len(kept))
    known = np.column_stack([np.ones(int(kept.sum())), *(part[kept] for part in parts)])
    rest = noise[kept] - known @ np.linalg.lstsq(known, noise[kept])[0]
    noise[kept] = rest / rest.std()
    return noise


def _typical_silence(
    rng: np.random.Generator,
    chance: Floats,
    label: Floats,
    silent_level: float,
    expected: Floats,
    kept: Flags,
    design: float,
) -> Flags:
    """Draw which genes are silent, many times; take the draw whose explainable share is nearest to `design`.

    Without that, chance alone moves the share by several hundredths from seed to seed.
    """
    drawn = rng.random((CANDIDATES, len(chance))) < chance
    labels = np.where(drawn, silent_level, label)[:, kept]
    found = np.array([share(expected[kept], candidate) for candidate in labels])
    return np.asarray(drawn[np.argmin(np.abs(found - design))])


def _faint(rng: np.random.Generator, genes: int, cell_types: int) -> Floats:
    """Draw the RPKM of silent genes: nothing, or hardly anything."""
    shape = (genes, cell_types)
    return np.asarray(np.where(rng.random(shape) < 0.5, 0.0, rng.exponential(0.02, shape)))


def _deviations(rng: np.random.Generator, settings: SimulationSettings, scores: Scores) -> Floats:
    """Draw by what factor each cell type differs from the gene's own level, which is the median."""
    names = EPIGENOMES[1 : settings.cell_types + 1]
    deviation = rng.normal(0, settings.cell_type_sd, (len(scores.cpg), len(names)))
    for motif in MOTIFS:
        if motif.cell_type:
            deviation[:, names.index(motif.cell_type)] += motif.effect * scores.sites[motif.name]
    return np.asarray(10 ** (deviation - np.median(deviation, axis=1, keepdims=True)))


def _matrix(rng: np.random.Generator, loci: Sequence[Locus], rpkm: Floats) -> pd.DataFrame:
    """Name rows and columns and add the universal reference, which must not be in the median."""
    reference = rpkm.mean(axis=1) * 10 ** rng.normal(0.5, 0.4, len(rpkm))
    names = EPIGENOMES[: rpkm.shape[1] + 1]
    index = pd.Index([locus.gene_id for locus in loci])
    return pd.DataFrame(np.column_stack([reference, rpkm]), index=index, columns=list(names)).round(3)


def _shares(genes: pd.DataFrame, settings: SimulationSettings, silent_level: float) -> dict[str, float]:
    """Measure how much of the label's variance, over the genes kept, each kind of input explains at best."""
    label = genes["log10_median"].to_numpy()
    chance = genes["silent_probability"].to_numpy()
    cpg, motif, halflife = (genes[f"{name}_score"].to_numpy() for name in ("cpg", "motif", "halflife"))
    known = np.column_stack([np.ones(len(cpg)), cpg, motif])
    # what the promoter tells about the half-life score: G+C of the 5' UTR goes with its CpG island
    guess = known @ np.linalg.lstsq(known, halflife)[0]
    sd = float(np.hypot(settings.noise_sd, (halflife - guess).std()))
    promoter, _ = label_moments(settings.base_level + cpg + motif + guess, sd, chance, silent_level)
    explainable = share(genes["expected_log10_median"].to_numpy(), label)
    linear = np.column_stack([known, halflife])
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
    scores: Scores,
    shares: dict[str, float],
    silent_level: float,
    relative: bool,
) -> dict[str, Any]:
    """Collect the generative model as plain types."""
    motifs = [
        {
            "name": motif.name,
            "consensus": motif.consensus,
            "log10_rpkm_per_site": motif.effect * (1 if motif.cell_type else scores.scales["motif"]),
            "span": list(motif.span),
            "both_strands": motif.both_strands,
            "cell_type": motif.cell_type,
        }
        for motif in MOTIFS
    ]
    cpg = scores.cpg[scores.kept]
    drift = {"drift_sd": DRIFT_SD, "shift": SHIFT, "shifted_share": SHIFTED_SHARE}
    return {
        **({"relative": drift} if relative else {}),
        "simulated": True,
        "genes_kept": len(cpg),
        "base_level": settings.base_level,
        "core": [-CORE, CORE],
        "cpg": {
            "log10_rpkm_per_cpg_per_base": scores.scales["cpg"],
            "mean": float(cpg.mean()),
            "sd": float(cpg.std()),
        },
        "motifs": motifs,
        "halflife_weights": {
            name: weight * scores.scales["halflife"] for name, weight in HALFLIFE_WEIGHTS.items()
        },
        "noise_sd": settings.noise_sd,
        "silent_level": silent_level,
        "variance_shares": shares,
    }
