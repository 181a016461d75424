"""A simulated species with known truth: genome, annotation, names, peaks, expression, and a reporter assay.

`docs/demo_species.md` describes the generative model in words and formulas. Gene structures come from
`simulate_genes`, their names from `simulate_names`, DNA from `simulate_dna`, what expression depends on from
`simulate_scores`, what acts beside it from `simulate_regulation`, expression and truth from `simulate_labels`,
further tables from `simulate_tables`, the assay from `simulate_reporter` on an assembly of `simulate_assembly`,
files from `simulate_files` and `simulate_regulation_files`.
"""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xpresso_core.errors import ConfigError
from xpresso_core.randomness import generator
from xpresso_core.sequence import Codes, N
from xpresso_core.simulate_dna import draw_dna
from xpresso_core.simulate_genes import Locus, draw_lncrna, draw_locus, place_loci
from xpresso_core.simulate_labels import EPIGENOMES, Labels, draw_labels
from xpresso_core.simulate_names import (
    FIRST_UNANNOTATED,
    GENE,
    HISTONES,
    RELATIVE_GENE,
    Names,
    as_relative,
    draw_names,
    name_loci,
    name_peaks,
    relative_ids,
    shared_start,
)
from xpresso_core.simulate_regulation import Regulation, draw_regulation
from xpresso_core.simulate_reporter import Reporter, draw_reporter
from xpresso_core.simulate_scores import MOTIFS, Scores, score_genes
from xpresso_core.simulate_tables import draw_orthologs

ASSEMBLY = "sim1"


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
    noise_sd: float = _setting(0.40, 0.01, 2)
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
    scores, regulation, labels
        What expression depends on, what acts beside it, and expression itself with the truth about it.
    unannotated
        Identifiers of genes that only tables have.
    names
        What the tables of names know, and the CAGE peaks that mislead.
    orthologs
        The orthologs of the species in its sister species.
    reporter
        The reporter assay.
    """

    coding: tuple[Locus, ...]
    lncrna: tuple[Locus, ...]
    chromosomes: dict[str, Codes]
    scores: Scores
    regulation: Regulation
    labels: Labels
    unannotated: tuple[str, ...]
    names: Names
    orthologs: pd.DataFrame
    reporter: Reporter


def simulate_species(
    folder: str | os.PathLike[str], *, seed: int, genes: int = 700, relative: bool = False, **settings: Any
) -> None:
    """Simulate a species and write its files.

    Parameters
    ----------
    folder
        Where to write the files that `docs/demo_species.md` lists. The same seed and settings give the same
        bytes.
    seed
        Any whole number from 0.
    genes
        How many protein-coding genes the pipeline must keep.
    relative
        Simulate the sister species of that seed instead: the same genome and genes under other identifiers,
        with expression that has drifted apart.
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
        remedy = f"The settings are relative, {', '.join(sorted(known))}"
        raise ConfigError(what, where="simulation", remedy=remedy)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        what = f"the seed is {seed!r}"
        raise ConfigError(what, where="simulation", remedy="Give a whole number from 0")
    if relative not in (True, False):
        what = f"relative is {relative!r}"
        raise ConfigError(what, where="simulation", remedy="Give true or false")
    chosen = SimulationSettings(genes=genes, **settings)
    write_species(draw_species(seed, chosen, relative=relative), Path(folder), seed, chosen)


def draw_species(seed: int, settings: SimulationSettings, *, relative: bool = False) -> Species:
    """Simulate a species, or its sister species, in memory."""
    placed, lengths = _place(seed, settings)
    loci = name_loci(generator(seed, "names"), placed)
    rng = generator(seed, "dna")
    chromosomes = {}
    for chrom, length in lengths.items():
        here = [locus for locus in loci if locus.chrom == chrom]
        chromosomes[chrom] = draw_dna(rng, here, length, MOTIFS)
    chromosomes["chr1"][:100] = N
    coding = [locus for locus in loci if locus.role != "lncRNA"]
    lncrna = [locus for locus in loci if locus.role == "lncRNA"]
    shared = shared_start(generator(seed, "lncRNA"), coding, settings.lncrna_genes // 4)
    coding = name_peaks(generator(seed, "peak names"), coding, shared)
    lncrna = [*lncrna, *shared.values()]
    ids = relative_ids(generator(seed, "relative names"), (*coding, *lncrna))
    coding_ids, other_ids = ([locus.gene_id for locus in loci] for loci in (coding, lncrna))
    orthologs = draw_orthologs(generator(seed, "orthologs"), coding_ids, other_ids, ids)
    if relative:
        coding, lncrna = ([as_relative(locus, ids) for locus in loci] for loci in (coding, lncrna))
    prefix = RELATIVE_GENE if relative else GENE
    extra = [f"{prefix}{FIRST_UNANNOTATED + number:011d}" for number in range(settings.unannotated_genes)]
    coding, names = draw_names(seed, coding, lncrna, extra)
    scores = score_genes(settings, coding, chromosomes)
    regulation = draw_regulation(seed, settings, coding, scores)
    labels = draw_labels(seed, settings, coding, scores, regulation, relative=relative)
    label = labels.genes["log10_median"].to_numpy()
    reporter = draw_reporter(seed, coding, lncrna, lengths, scores, label)
    return Species(
        tuple(coding),
        tuple(lncrna),
        chromosomes,
        scores,
        regulation,
        labels,
        tuple(extra),
        names,
        orthologs,
        reporter,
    )


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
