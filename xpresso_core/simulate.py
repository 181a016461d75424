"""A simulated species with known truth: genome, annotation, CAGE peaks, gene names and expression.

`docs/demo_species.md` describes the generative model in words and formulas. Gene structures come from
`simulate_genes`, DNA from `simulate_dna`, what expression depends on from `simulate_scores`, expression and
truth from `simulate_labels`, files from `simulate_files`.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from xpresso_core.errors import ConfigError
from xpresso_core.randomness import generator
from xpresso_core.sequence import Codes, N
from xpresso_core.simulate_dna import draw_dna
from xpresso_core.simulate_genes import Locus, Transcript, draw_lncrna, draw_locus, place_loci
from xpresso_core.simulate_labels import EPIGENOMES, Labels, draw_labels
from xpresso_core.simulate_scores import MOTIFS, Scores, score_genes

ASSEMBLY = "sim1"
HISTONES = ("HIST1H4A", "HIST1H2BC", "HIST2H3D", "HIST3H2A", "HIST4H4",
            "H2BC3", "H4C5", "H1-2", "H2AC6", "H3C10")  # fmt: skip
NOT_HISTONE = "H6PD"  # a name that only looks like one; the gene must be kept


def _setting(default: float, low: float, high: float) -> Any:
    return dataclasses.field(default=default, metadata={"bounds": (low, high)})


@dataclass(frozen=True)
class SimulationSettings:
    """What can be chosen about the simulated species.

    Attributes
    ----------
    genes
        Protein-coding genes that the pipeline must keep (20 to 20,000).
    chromosomes
        Autosomes beside chrX, chrY and chrM (2 to 22).
    upstream, downstream
        The promoter window that the genes to be kept must have inside their chromosome (500 to 100,000).
    histone_genes, chry_genes, chrm_genes, edge_genes, unmeasured_genes
        Further genes that must be dropped: by name (0 to 10), by chromosome (1 to 50 each), because the
        window leaves the chromosome (0 to 2 per autosome), because the matrix lacks them (0 to 100).
    unannotated_genes, lncrna_genes
        Genes that only the matrix has (0 to 100), and non-coding ones (4 to 100).
    peak_share
        Share of genes with a CAGE peak of their own (0 to 1).
    cell_types
        Columns of the matrix beside E000 (3 to 11; odd: then the median is exactly the gene's level).
    base_level
        log10 RPKM of an average gene that is not silent.
    cpg_sd, motif_sd, halflife_sd, noise_sd, cell_type_sd
        Standard deviations in log10 RPKM: of the parts of the level over genes, and of a cell type from it.
    silent_share, silent_slope
        Share of silent genes, and how steeply the chance falls with the z-score of the CpG score.
    """

    genes: int = _setting(700, 20, 20_000)
    chromosomes: int = _setting(12, 2, 22)
    upstream: int = _setting(3000, 500, 100_000)
    downstream: int = _setting(1500, 500, 100_000)
    histone_genes: int = _setting(10, 0, len(HISTONES))
    chry_genes: int = _setting(6, 1, 50)
    chrm_genes: int = _setting(5, 1, 50)
    edge_genes: int = _setting(6, 0, 44)
    unmeasured_genes: int = _setting(5, 0, 100)
    unannotated_genes: int = _setting(12, 0, 100)
    lncrna_genes: int = _setting(20, 4, 100)
    peak_share: float = _setting(0.92, 0, 1)
    cell_types: int = _setting(7, 3, len(EPIGENOMES) - 1)
    base_level: float = _setting(0.75, -1, 3)
    cpg_sd: float = _setting(0.30, 0.01, 2)
    motif_sd: float = _setting(0.55, 0.01, 2)
    halflife_sd: float = _setting(0.55, 0.01, 2)
    noise_sd: float = _setting(0.30, 0.01, 2)
    cell_type_sd: float = _setting(0.15, 0, 2)
    silent_share: float = _setting(0.18, 0.05, 0.6)
    silent_slope: float = _setting(8.0, 0, 20)

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value, (low, high) = getattr(self, field.name), field.metadata["bounds"]
            whole = field.type == "int"
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
                what = f"{field.name} is {value!r}"
                kind = "a whole number" if whole else "a number"
                raise ConfigError(what, where="simulation", remedy=f"Give {kind} from {low:g} to {high:g}")
            if not low <= value <= high:
                what = f"{field.name} is {value!r}, outside {low:g} to {high:g}"
                raise ConfigError(what, where="simulation", remedy="Choose a value inside")
        if self.edge_genes > 2 * self.chromosomes:
            what = f"{self.edge_genes} edge genes do not fit {self.chromosomes} autosomes"
            raise ConfigError(what, where="simulation", remedy="At most two per autosome")


@dataclass(frozen=True)
class Species:
    """All that is simulated, before it is written.

    Attributes
    ----------
    coding, lncrna
        The placed and named genes, by chromosome and position.
    chromosomes
        DNA codes by name.
    scores, labels
        What expression depends on, and expression itself with the truth about it.
    """

    coding: tuple[Locus, ...]
    lncrna: tuple[Locus, ...]
    chromosomes: dict[str, Codes]
    scores: Scores
    labels: Labels


def simulate_species(folder: str | os.PathLike[str], *, seed: int, genes: int = 700, **settings: Any) -> None:
    """Simulate a species and write its files.

    Parameters
    ----------
    folder
        Where to write ``genome.fa``, ``genes.gtf.gz``, ``cage_peaks.bb``, ``gene_names.tsv``,
        ``expression.tsv.gz`` and ``truth/``. The same seed and settings give the same bytes.
    seed
        Any whole number from 0.
    genes
        How many protein-coding genes the pipeline must keep.
    **settings
        Further fields of `SimulationSettings`.

    Raises
    ------
    ConfigError
        If a setting is unknown or out of bounds.
    """
    from xpresso_core.simulate_files import write_species

    known = {field.name for field in dataclasses.fields(SimulationSettings)}
    if unknown := sorted(set(settings) - known):
        what = f"there is no setting {', '.join(unknown)}"
        raise ConfigError(what, where="simulation", remedy=f"The settings are {', '.join(sorted(known))}")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        what = f"the seed is {seed!r}"
        raise ConfigError(what, where="simulation", remedy="Give a whole number from 0")
    chosen = SimulationSettings(genes=genes, **settings)
    write_species(draw_species(seed, chosen), Path(folder), seed, chosen)


def draw_species(seed: int, settings: SimulationSettings) -> Species:
    """Simulate a species in memory."""
    placed, lengths = _place(seed, settings)
    loci = _name(generator(seed, "names"), placed)
    rng = generator(seed, "dna")
    chromosomes = {}
    for chrom, length in lengths.items():
        here = [locus for locus in loci if locus.chrom == chrom]
        chromosomes[chrom] = draw_dna(rng, here, length, MOTIFS)
    chromosomes["chr1"][:100] = N
    coding = [locus for locus in loci if locus.role != "lncRNA"]
    lncrna = [locus for locus in loci if locus.role == "lncRNA"]
    shared = _shared_start(generator(seed, "lncRNA"), coding, settings.lncrna_genes // 4)
    coding = _name_peaks(generator(seed, "peak names"), coding, shared)
    scores = score_genes(settings, coding, chromosomes)
    labels = draw_labels(seed, settings, coding, scores)
    return Species(tuple(coding), (*lncrna, *shared.values()), chromosomes, scores, labels)


def _place(seed: int, settings: SimulationSettings) -> tuple[list[Locus], dict[str, int]]:
    """Draw all genes, spread them over the chromosomes and return them in order, with the lengths."""
    rng = generator(seed, "genes")
    counts = {
        "kept": settings.genes,
        "histone": settings.histone_genes,
        "unmeasured": settings.unmeasured_genes,
    }
    roles = [role for role, count in counts.items() for _ in range(count)]
    inner = [draw_locus(rng, role, _peak(rng, settings)) for role in roles]
    inner += [draw_lncrna(rng) for _ in range(settings.lncrna_genes - settings.lncrna_genes // 4)]
    autosomes = [f"chr{number}" for number in range(1, settings.chromosomes + 1)]
    share = np.linspace(1.6, 0.6, len(autosomes) + 1)
    home = rng.choice([*autosomes, "chrX"], len(inner), p=share / share.sum())
    order = rng.permutation(len(inner))
    by_chrom = {chrom: [inner[i] for i in order if home[i] == chrom] for chrom in (*autosomes, "chrX")}
    for number in range(settings.edge_genes):
        genes = by_chrom[autosomes[-1 - number // 2]]
        genes.insert(0 if number % 2 == 0 else len(genes), draw_locus(rng, "edge", _peak(rng, settings)))
    by_chrom["chrY"] = [draw_locus(rng, "chrY", _peak(rng, settings)) for _ in range(settings.chry_genes)]
    by_chrom["chrM"] = [draw_locus(rng, "chrM", peak=False) for _ in range(settings.chrm_genes)]
    placed, lengths = [], {}
    for chrom, genes in by_chrom.items():
        found, lengths[chrom] = place_loci(rng, genes, chrom, settings.upstream, settings.downstream)
        placed += found
    return placed, lengths


def _peak(rng: np.random.Generator, settings: SimulationSettings) -> bool:
    return bool(rng.random() < settings.peak_share)


def _name(rng: np.random.Generator, loci: Sequence[Locus]) -> list[Locus]:
    """Give identifiers, names and synonyms to all genes, and identifiers to all transcripts.

    Gene identifiers do not follow the order on the genome, nor transcript identifiers the order of the
    structures, so that nothing is right by accident of sorting.
    """
    ids = rng.permutation(len(loci)) + 1
    special = {"histone": iter(HISTONES), "kept": iter([NOT_HISTONE])}
    named, before = [], 0
    for number, (locus, identifier) in enumerate(zip(loci, ids, strict=True), start=1):
        digits = rng.permutation(len(locus.transcripts)) + 1 + before
        before += len(locus.transcripts)
        transcripts = [
            replace(transcript, transcript_id=f"SIMT{digit:011d}")
            for transcript, digit in zip(locus.transcripts, digits, strict=True)
        ]
        usual = f"SIMLNC{number:04d}" if locus.role == "lncRNA" else f"SIM{number:04d}"
        synonyms = "AB"[: int(rng.choice(3, p=[0.6, 0.3, 0.1]))]
        named.append(
            replace(
                locus,
                gene_id=f"SIMG{identifier:011d}",
                gene_name=next(special.get(locus.role, iter(())), usual),
                synonyms=tuple(f"SIMSYN{number:04d}{letter}" for letter in synonyms),
                transcripts=tuple(transcripts),
            )
        )
    return named


def _shared_start(rng: np.random.Generator, loci: Sequence[Locus], count: int) -> dict[str, Locus]:
    """Make non-coding genes that share the true TSS of a coding one, by that gene's identifier."""
    hosts = [locus for locus in loci if locus.role == "kept" and locus.peak]
    found = {}
    for number, index in enumerate(np.sort(rng.permutation(len(hosts))[:count]), start=1):
        host = hosts[index]
        transcript = Transcript(((0, 250),), None, f"SIMT{90_000 + number:011d}")
        found[host.gene_id] = replace(
            host,
            role="lncRNA",
            transcripts=(transcript,),
            shift=0,
            origin=host.position(host.local_tss),
            gene_id=f"SIMG{90_000 + number:011d}",
            gene_name=f"SIMLNC{9000 + number}",
            synonyms=(),
            peak="",
        )
    return found


def _name_peaks(rng: np.random.Generator, loci: Sequence[Locus], shared: Mapping[str, Locus]) -> list[Locus]:
    """Name the CAGE peaks as FANTOM5 does: after the gene, a synonym, or several genes at once."""
    named = []
    for number, locus in enumerate(loci):
        symbol = rng.choice(locus.synonyms) if locus.synonyms and rng.random() < 0.4 else locus.gene_name
        peak = f"p1@{symbol}"
        if locus.gene_id in shared:
            peak += f",p1@{shared[locus.gene_id].gene_name}"
        elif rng.random() < 0.05:
            peak = f"p5@{loci[number - 1].gene_name},{peak}"
        named.append(replace(locus, peak=peak if locus.peak else ""))
    return named
