"""Regulation of the simulated genes that neither the promoter nor the half-life features show.

Distal enhancers, silenced domains, an unseen stability of the mRNA and microRNAs act on expression. Together they
are a part of the noise of `simulate_labels`: for a model that reads promoters there is nothing to learn in them,
and they are what its residuals must show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.randomness import generator
from xpresso_core.simulate_genes import Locus
from xpresso_core.simulate_scores import Flags, Floats, Scores

if TYPE_CHECKING:
    from xpresso_core.simulate import SimulationSettings

ENHANCER, SILENCED, BOTH, CONTROL = "enhancer", "silenced", "both", "control"
SHARES = {ENHANCER: 0.07, SILENCED: 0.09, BOTH: 0.01, CONTROL: 0.08}
"""Share of the genes to keep that lie in domains of each kind."""

MOST_IN_RUN = 4  # neighbouring genes in one domain that is silenced or a control
USUAL_SD = 0.40  # log10 RPKM of all noise for which the following effects hold; they grow with it
DISTAL_EFFECTS = {ENHANCER: 0.8, SILENCED: -0.6}  # log10 RPKM
STABILITY_SD = 0.20  # log10 RPKM
MIRNA_EFFECTS = (0.9, 0.63, 0.45)  # log10 RPKM per unit of score, of the most abundant families
MIRNA_TARGETS = (0.15, 0.08, 0.08)  # their share of the genes to keep
MOST_OF_NOISE = 0.95  # of the variance of the noise that all effects together may have
DRAWS = 200  # of domains and targets, of which those are taken that go least with anything else

FAMILIES = 60  # of microRNAs with one seed
FIRST_SHARE = 0.30  # of all reads that are of the first family
DECAY = 0.86  # reads of any further family for one of the family before it
SEED = slice(1, 8)  # of a microRNA, positions 2 to 8
MIRNA_LENGTH = 20


@dataclass(frozen=True)
class Family:
    """MicroRNAs of one seed.

    Attributes
    ----------
    seed
        Their bases 2 to 8, as RNA.
    members
        Their names, such as ``sim-miR-101a-5p``, and first 20 bases, as DNA.
    share
        Of all reads of microRNAs.
    """

    seed: str
    members: tuple[tuple[str, str], ...]
    share: float


@dataclass(frozen=True)
class Regulation:
    """What acts on the protein-coding genes; every array is ``[gene]``, zero for genes to drop.

    Attributes
    ----------
    distal
        The kind of domain that a gene lies in: one of `SHARES`, or empty.
    run
        The number of its run of neighbours in one domain; -1 where there is none.
    stability
        How stable the mRNA is beyond what the half-life features tell: standardised.
    distal_effect, stability_effect
        What these add to log10 RPKM.
    mirna_effects
        What each acting family of microRNAs adds.
    mirna_scores
        ``float64 [family, gene]``: how strongly each acting family is predicted to repress: negative; 0 for no
        target.
    families
        All families of microRNAs, the most abundant first.
    steps, strengths
        log10 RPKM of each of `DISTAL_EFFECTS`, and per unit of score of each acting family.
    hidden
        Sum of all effects, without what the scores could explain of it.
    own_sd
        Standard deviation of the noise that remains.
    """

    distal: npt.NDArray[np.str_]
    run: npt.NDArray[np.int64]
    stability: Floats
    distal_effect: Floats
    stability_effect: Floats
    mirna_scores: Floats
    families: tuple[Family, ...]
    steps: tuple[float, ...]
    strengths: tuple[float, ...]
    hidden: Floats
    own_sd: float

    @property
    def mirna_effect(self) -> Floats:
        """What all microRNAs together add to log10 RPKM."""
        return np.asarray(np.array(self.strengths) @ self.mirna_scores, dtype=float)

    def parts(self) -> list[Floats]:
        """Return what other noise must not go with, so that each effect is what was planted; and the control."""
        control = (self.distal == CONTROL).astype(float)
        return [self.distal_effect, self.stability_effect, *self.mirna_scores, control]

    def table(self) -> pd.DataFrame:
        """Return the columns for ``truth/genes.tsv``."""
        names = ("distal", "distal_effect", "stability", "stability_effect", "mirna_effect")
        return pd.DataFrame({name: getattr(self, name) for name in names})

    def truth(self, kept: Flags) -> dict[str, Any]:
        """Return what ``truth/model.json`` says of regulation, as plain types."""
        parts = {
            "distal": self.distal_effect,
            "stability": self.stability_effect,
            "mirna": self.mirna_effect,
        }
        return {
            "genes": {kind: int((self.distal == kind).sum()) for kind in SHARES},
            "log10_rpkm_of_domains": dict(zip(DISTAL_EFFECTS, self.steps, strict=True)),
            "log10_rpkm_per_stability": float(self.stability_effect[kept].std()),
            "log10_rpkm_per_score_of_mirna": {
                family.seed: strength for family, strength in zip(self.families, self.strengths, strict=False)
            },
            "variances": {
                **{name: float(part[kept].var()) for name, part in parts.items()},
                "together": float(self.hidden[kept].var()),
                "other_noise": self.own_sd**2,
            },
        }


def draw_regulation(
    seed: int, settings: SimulationSettings, loci: Sequence[Locus], scores: Scores
) -> Regulation:
    """Draw what acts on the genes beside promoter and half-life features.

    Parameters
    ----------
    seed
        The seed of the species.
    settings
        Its settings; the effects grow with `noise_sd`.
    loci
        The protein-coding genes, by chromosome and position.
    scores
        What else their expression depends on.
    """
    kept = scores.kept
    chroms = [locus.chrom for locus in loci]
    parts = [*scores.parts.values()]
    distal, run = _typical_distal(generator(seed, "distal regulation"), chroms, kept, parts)
    steps = np.select([distal == kind for kind in DISTAL_EFFECTS], list(DISTAL_EFFECTS.values()), 0.0)
    stability = np.where(kept, generator(seed, "stability").normal(0, 1, len(kept)), 0.0)
    stability[kept] = (stability[kept] - stability[kept].mean()) / stability[kept].std()
    families = draw_families(generator(seed, "microRNAs"))
    avoid = [*parts, steps, stability]
    targets = _acting_targets(generator(seed, "microRNA targets"), kept, avoid)
    effects = np.stack([steps, STABILITY_SD * stability, np.array(MIRNA_EFFECTS) @ targets])
    hidden = without(effects.sum(axis=0), parts, kept)
    # the usual effects nearly fill the noise that they are a part of; by chance they may be larger than it
    fit = min(1 / USUAL_SD, float(np.sqrt(MOST_OF_NOISE) / hidden[kept].std())) * settings.noise_sd
    return Regulation(
        distal=distal,
        run=run,
        stability=stability,
        distal_effect=fit * effects[0],
        stability_effect=fit * effects[1],
        mirna_scores=targets,
        families=families,
        steps=tuple(fit * effect for effect in DISTAL_EFFECTS.values()),
        strengths=tuple(fit * effect for effect in MIRNA_EFFECTS),
        hidden=fit * hidden,
        own_sd=float(np.sqrt(settings.noise_sd**2 - (fit * hidden[kept]).var())),
    )


def _typical_distal(
    rng: np.random.Generator, chroms: Sequence[str], kept: Flags, parts: Sequence[Floats]
) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.int64]]:
    """Draw the domains many times; take the draw whose genes differ least in their scores from all others."""
    drawn = [draw_distal(rng, chroms, kept) for _ in range(DRAWS)]
    others = np.array(parts)[:, kept]
    inside = [np.array([distal[kept] == kind for kind in SHARES], dtype=float) for distal, _ in drawn]
    return drawn[int(np.argmin([(correlation(kinds, others) ** 2).sum() for kinds in inside]))]


def draw_distal(
    rng: np.random.Generator, chroms: Sequence[str], kept: Flags
) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.int64]]:
    """Draw the kind of domain that each gene lies in, and the number of its run of neighbours.

    Parameters
    ----------
    rng
        Source of randomness.
    chroms
        The chromosome of each gene, the genes being in the order of the genome.
    kept
        Which genes may be taken.

    Returns
    -------
    tuple of (str [gene], int64 [gene])
        See `Regulation`.
    """
    distal = np.full(len(kept), "", dtype="<U8")
    run = np.full(len(kept), -1)
    wanted = {kind: max(1, round(share * int(kept.sum()))) for kind, share in SHARES.items()}
    number = 0
    for kind in (SILENCED, CONTROL):
        for found in _runs(rng, chroms, kept & (distal == ""), wanted[kind]):
            distal[found], run[found] = kind, number
            number += 1
    for kind in (BOTH, ENHANCER):
        distal[rng.permutation(np.flatnonzero(kept & (distal == "")))[: wanted[kind]]] = kind
    return distal, run


def _runs(rng: np.random.Generator, chroms: Sequence[str], free: Flags, wanted: int) -> Iterator[slice]:
    """Draw runs of one to `MOST_IN_RUN` free neighbours, no two of them side by side, of `wanted` genes in all."""
    used = np.zeros(len(free) + 1, dtype=bool)  # one place more, so that the last gene has one behind it
    lengths = rng.integers(1, MOST_IN_RUN + 1, len(free))
    for start, length in zip(rng.permutation(len(free)).tolist(), lengths.tolist(), strict=True):
        end = start + min(length, wanted)
        beside = used[max(0, start - 1) : end + 1].any()
        if end > len(free) or beside or not free[start:end].all() or len(set(chroms[start:end])) > 1:
            continue
        used[start:end] = True
        wanted -= end - start
        yield slice(start, end)
        if not wanted:
            return


def draw_families(rng: np.random.Generator) -> tuple[Family, ...]:
    """Draw the families of microRNAs, the most abundant first; their abundances fall steeply."""
    letters = np.array(list("ACGT"))
    seeds: dict[str, None] = {}
    while len(seeds) < FAMILIES:
        seeds["".join(rng.choice(letters, SEED.stop - SEED.start))] = None
    shares = np.append(FIRST_SHARE, (1 - FIRST_SHARE) * (1 - DECAY) * DECAY ** np.arange(FAMILIES - 1))
    numbers = iter((rng.permutation(600) + 1).tolist())
    families = []
    for rank, (seed, share) in enumerate(zip(seeds, shares / shares.sum(), strict=True)):
        size = 4 if rank == 0 else int(rng.choice([1, 2, 3, 4], p=[0.5, 0.2, 0.15, 0.15]))
        arm, first = rng.choice(["5p", "3p"]), rng.choice(letters)
        members = []
        for name in _member_names(rng, size, numbers):
            rest = "".join(rng.choice(letters, MIRNA_LENGTH - SEED.stop))
            members.append((f"sim-miR-{name}-{arm}", f"{first}{seed}{rest}"))
        families.append(Family(seed.replace("T", "U"), tuple(members), float(share)))
    return tuple(families)


def _member_names(rng: np.random.Generator, size: int, numbers: Iterator[int]) -> list[str]:
    """Name the members of a family: up to so many by letters behind one number, the others by own numbers."""
    lettered = int(rng.integers(1, size + 1))
    number = next(numbers)
    one = [f"{number}"] if lettered == 1 else [f"{number}{letter}" for letter in "abcd"[:lettered]]
    return [*one, *(f"{next(numbers)}" for _ in range(size - lettered))]


def _acting_targets(rng: np.random.Generator, kept: Flags, avoid: Sequence[Floats]) -> Floats:
    """Draw the targets of the acting families, which go neither with one another nor with what else acts."""
    chosen: list[Floats] = []
    for share in MIRNA_TARGETS:
        drawn = draw_targets(rng, kept, share, DRAWS)
        others = np.array([*avoid, *chosen])
        chosen.append(drawn[least_correlated(drawn[:, kept], others[:, kept])])
    return np.array(chosen)


def draw_targets(rng: np.random.Generator, kept: Flags, share: float, draws: int) -> Floats:
    """Draw targets of a microRNA, several times.

    Returns
    -------
    numpy.ndarray
        ``float64 [draw, gene]``: scores from -1 to -0.02 with three decimals as TargetScan's cumulative weighted
        context++ scores; 0 for no target.
    """
    count = max(1, round(share * int(kept.sum())))
    scores = np.zeros((draws, len(kept)))
    places = rng.permuted(np.tile(np.flatnonzero(kept), (draws, 1)), axis=1)[:, :count]
    values = np.round(-0.02 - 0.98 * rng.beta(1.9, 2.4, places.shape), 3)
    np.put_along_axis(scores, places, values, axis=1)
    return scores


def least_correlated(candidates: Floats, others: Floats) -> int:
    """Return which of the candidates ``[draw, gene]`` goes least with any of `others` ``[column, gene]``.

    The one with the smallest sum of squared Pearson correlations is taken; what is constant counts as 0.
    """
    return int(np.argmin((correlation(candidates, others) ** 2).sum(axis=1)))


def correlation(rows: Floats, others: Floats) -> Floats:
    """Return the Pearson correlation of each row with each of `others`; 0 with what is constant."""
    return np.asarray(_unit(rows) @ _unit(others).T, dtype=float)


def _unit(rows: Floats) -> Floats:
    centred = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(np.divide(centred, length, out=np.zeros_like(centred), where=length > 0))


def without(values: Floats, parts: Iterable[Floats], kept: Flags) -> Floats:
    """Take out of `values`, over the genes kept, their mean and what is linear in `parts`; others become 0."""
    known = np.column_stack([np.ones(int(kept.sum())), *(part[kept] for part in parts)])
    rest = np.zeros(len(kept))
    rest[kept] = values[kept] - known @ np.linalg.lstsq(known, values[kept])[0]
    return rest
