"""Names of the simulated genes: identifiers, names, former names, synonyms, Entrez ids, and peaks that mislead.

A CAGE peak goes by one name of its gene. Tables of names say which names a gene has; some of them are shared
or belong to another gene by right, and a peak of such a name must not be believed (`Trap`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from xpresso_core.randomness import generator
from xpresso_core.simulate_genes import Locus, Transcript

HISTONES = ("HIST1H4A", "HIST1H2BC", "HIST2H3D", "HIST3H2A", "HIST4H4",
            "H2BC3", "H4C5", "H1-2", "H2AC6", "H3C10")  # fmt: skip
NOT_HISTONE = "H6PD"  # a name that only looks like one; the gene must be kept
GENE, RELATIVE_GENE = "SIMG", "SIMRG"  # what identifiers of genes begin with
TRANSCRIPT, RELATIVE_TRANSCRIPT = "SIMT", "SIMRT"
FIRST_SHARED, FIRST_UNANNOTATED = 90_001, 80_001  # numbers beyond those of the other genes
ROUNDS = 3  # traps of each kind, where there are genes for so many


@dataclass
class Known:
    """What the tables of names know of a gene.

    Attributes
    ----------
    gene_id, symbol
        The identifier, and its official name, which may be newer than the annotation's.
    previous
        Former names, which only the second table has.
    synonyms, aliases
        Other names: those of the first table, and those of the second.
    entrez
        Entrez ids: one, but for the exceptions that `Names.truth` lists.
    """

    gene_id: str
    symbol: str
    previous: list[str] = field(default_factory=list)
    synonyms: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    entrez: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Trap:
    """A CAGE peak that must not be given to a gene.

    Attributes
    ----------
    kind
        ``shared synonym`` or ``shared previous name``: both genes could take it. ``taken synonym`` or ``taken
        previous name``: it is the name of another gene. ``lesser name``: its gene has a better one.
    symbol
        The name that the peak goes by.
    gene_ids
        The genes that it must not be given to.
    chrom, tss, strand
        Where its representative base is, 0-based.
    """

    kind: str
    symbol: str
    gene_ids: tuple[str, ...]
    chrom: str
    tss: int
    strand: str


@dataclass(frozen=True)
class Names:
    """What the tables of names know, in the order of the genes, and the peaks that mislead."""

    known: tuple[Known, ...]
    traps: tuple[Trap, ...]

    def entrez(self) -> dict[str, list[int]]:
        """Return the Entrez ids by gene."""
        return {known.gene_id: known.entrez for known in self.known}

    def truth(self) -> dict[str, object]:
        """Return what ``truth/model.json`` says of names, as plain types."""
        genes: dict[int, list[str]] = {}
        for known in self.known:
            for entrez in known.entrez:
                genes.setdefault(entrez, []).append(known.gene_id)
        return {
            "traps": [{**vars(trap), "gene_ids": list(trap.gene_ids)} for trap in self.traps],
            "entrez_id_of_two_genes": {str(key): found for key, found in genes.items() if len(found) > 1},
            "gene_of_two_entrez_ids": {
                known.gene_id: known.entrez for known in self.known if len(known.entrez) > 1
            },
        }


def name_loci(rng: np.random.Generator, loci: Sequence[Locus]) -> list[Locus]:
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
            replace(transcript, transcript_id=f"{TRANSCRIPT}{digit:011d}")
            for transcript, digit in zip(locus.transcripts, digits, strict=True)
        ]
        usual = f"SIMLNC{number:04d}" if locus.role == "lncRNA" else f"SIM{number:04d}"
        synonyms = "AB"[: int(rng.choice(3, p=[0.6, 0.3, 0.1]))]
        named.append(
            replace(
                locus,
                gene_id=f"{GENE}{identifier:011d}",
                gene_name=next(special.get(locus.role, iter(())), usual),
                synonyms=tuple(f"SIMSYN{number:04d}{letter}" for letter in synonyms),
                transcripts=tuple(transcripts),
            )
        )
    return named


def shared_start(rng: np.random.Generator, loci: Sequence[Locus], count: int) -> dict[str, Locus]:
    """Make non-coding genes that share the true TSS of a coding one, by that gene's identifier."""
    hosts = [locus for locus in loci if locus.role == "kept" and locus.peak]
    found = {}
    for number, index in enumerate(np.sort(rng.permutation(len(hosts))[:count])):
        host = hosts[index]
        transcript = Transcript(((0, 250),), None, f"{TRANSCRIPT}{FIRST_SHARED + number:011d}")
        found[host.gene_id] = replace(
            host,
            role="lncRNA",
            transcripts=(transcript,),
            shift=0,
            origin=host.position(host.local_tss),
            gene_id=f"{GENE}{FIRST_SHARED + number:011d}",
            gene_name=f"SIMLNC{9001 + number}",
            synonyms=(),
            peak="",
        )
    return found


def name_peaks(rng: np.random.Generator, loci: Sequence[Locus], shared: Mapping[str, Locus]) -> list[Locus]:
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


def relative_ids(rng: np.random.Generator, loci: Sequence[Locus]) -> dict[str, str]:
    """Return the identifier that each gene has in the sister species, in another order."""
    usual = [locus.gene_id for locus in loci if int(locus.gene_id.removeprefix(GENE)) < FIRST_UNANNOTATED]
    found = {gene: f"{RELATIVE_GENE}{number + 1:011d}"
             for gene, number in zip(usual, rng.permutation(len(usual)), strict=True)}  # fmt: skip
    rest = [locus.gene_id for locus in loci if locus.gene_id not in found]
    return {**found, **{gene: gene.replace(GENE, RELATIVE_GENE) for gene in rest}}


def as_relative(locus: Locus, ids: Mapping[str, str]) -> Locus:
    """Return a gene under the identifiers of the sister species.

    Its transcripts keep their order, which may decide which of them represents the gene.
    """
    transcripts = tuple(
        replace(rna, transcript_id=rna.transcript_id.replace(TRANSCRIPT, RELATIVE_TRANSCRIPT))
        for rna in locus.transcripts
    )
    return replace(locus, gene_id=ids[locus.gene_id], transcripts=transcripts)


def draw_names(
    seed: int, coding: Sequence[Locus], lncrna: Sequence[Locus], unannotated: Sequence[str]
) -> tuple[list[Locus], Names]:
    """Draw what the tables of names know, rename some CAGE peaks accordingly, and set traps.

    Parameters
    ----------
    seed
        The seed of the species.
    coding, lncrna
        The genes of the annotation.
    unannotated
        Identifiers of genes that only the tables know.

    Returns
    -------
    tuple of (list of Locus, Names)
        The coding genes with the names of their peaks, and what is known of all genes.
    """
    known = _first_knowledge(generator(seed, "tables of names"), (*coding, *lncrna))
    coding = _rename_peaks(generator(seed, "former names"), coding, known)
    traps = tuple(_set_traps(generator(seed, "traps"), coding, known))
    _number_entrez(generator(seed, "Entrez ids"), coding, known)
    extra = [Known(gene, f"SIMX{number:04d}") for number, gene in enumerate(unannotated, start=1)]
    return coding, Names((*known.values(), *extra), traps)


def _first_knowledge(rng: np.random.Generator, loci: Sequence[Locus]) -> dict[str, Known]:
    """Spread the synonyms over the two tables: each is in the first, the second, or both."""
    found = {}
    for locus in loci:
        where = rng.choice(["first", "second", "both"], len(locus.synonyms), p=[0.4, 0.3, 0.3])
        names = list(zip(locus.synonyms, where, strict=True))
        found[locus.gene_id] = Known(
            locus.gene_id,
            locus.gene_name,
            synonyms=[name for name, table in names if table != "second"],
            aliases=[name for name, table in names if table != "first"],
        )
    return found


def _rename_peaks(rng: np.random.Generator, loci: Sequence[Locus], known: Mapping[str, Known]) -> list[Locus]:
    """Give some genes a former name or a newer official one, by which some of their peaks go."""
    renamed = []
    for locus in loci:
        kind = rng.choice(["", "former", "newer"], p=[0.74, 0.22, 0.04])
        by_it = rng.random() < 0.5
        if not kind or locus.role != "kept":
            renamed.append(locus)
            continue
        gene = known[locus.gene_id]
        name = ("SIMOLD" if kind == "former" else "SIMNEW") + locus.gene_name.removeprefix("SIM")
        if kind == "former":
            gene.previous.append(name)
        else:
            gene.symbol = name
            gene.previous.append(locus.gene_name)
        own = f"p1@{locus.gene_name}"
        parts = [f"p1@{name}" if by_it and part == own else part for part in locus.peak.split(",")]
        renamed.append(replace(locus, peak=",".join(parts)))
    return renamed


def _set_traps(rng: np.random.Generator, loci: Sequence[Locus], known: Mapping[str, Known]) -> Iterator[Trap]:
    """Set traps for genes without a peak, so that a peak believed wrongly would move their TSS."""
    kept = [locus for locus in loci if locus.role == "kept"]
    kept = [kept[index] for index in rng.permutation(len(kept))]
    bare, number, used = [locus for locus in kept if not locus.peak], 0, set()
    for column, kind in (("synonyms", "synonym"), ("previous", "previous name")) * ROUNDS:
        if bare and (other := _other(bare[0], kept, here=True, peak=False)):
            number += 1
            pair = (bare[0], other)
            yield _trap(rng, f"shared {kind}", f"SIMTWIN{number:04d}", column, pair, known)
            bare = [locus for locus in bare if locus not in pair]
        owners = [locus for locus in kept if locus.gene_id not in used]
        if bare and (other := _other(bare[0], owners, here=False, peak=True)):
            used.add(other.gene_id)
            yield _trap(rng, f"taken {kind}", other.gene_name, column, (bare.pop(0),), known)
    former = [
        x for x in kept if x.shift and any(f"p1@{name}" in x.peak for name in known[x.gene_id].previous)
    ]
    for number, locus in enumerate(former[:ROUNDS], start=1):
        known[locus.gene_id].synonyms.append(name := f"SIMNEAR{number:04d}")
        annotated = locus.position(locus.representative.exons[0][0])
        yield Trap("lesser name", name, (locus.gene_id,), locus.chrom, annotated, locus.strand)


def _other(locus: Locus, loci: Sequence[Locus], *, here: bool, peak: bool) -> Locus | None:
    """Find another gene, on the same chromosome and strand or not; with a peak or without if there is one."""
    place = (locus.chrom, locus.strand)
    found = [x for x in loci if x is not locus and ((x.chrom, x.strand) == place) == here]
    return min(found, key=lambda x: bool(x.peak) != peak, default=None)


def _trap(
    rng: np.random.Generator,
    kind: str,
    symbol: str,
    column: str,
    genes: Sequence[Locus],
    known: Mapping[str, Known],
) -> Trap:
    """Let the tables give a name to genes, and put a peak of that name into the body of the first."""
    for locus in genes:
        getattr(known[locus.gene_id], column).append(symbol)
    where = genes[0].position(int(rng.integers(genes[0].span // 2, genes[0].span)))
    ids = tuple(locus.gene_id for locus in genes)
    return Trap(kind, symbol, ids, genes[0].chrom, where, genes[0].strand)


def _number_entrez(rng: np.random.Generator, coding: Sequence[Locus], known: Mapping[str, Known]) -> None:
    """Give Entrez ids: to 3 % of genes none, to two genes the same, and to one gene two."""
    ids = (rng.permutation(len(known) + 1) + 100_001).tolist()
    for gene, number in zip(known.values(), ids, strict=False):
        gene.entrez = [number] if rng.random() > 0.03 else []
    kept = [known[locus.gene_id] for locus in coding if locus.role == "kept"]
    one, other, two = rng.permutation([number for number, gene in enumerate(kept) if gene.entrez])[:3]
    kept[other].entrez = kept[one].entrez
    kept[two].entrez = sorted([*kept[two].entrez, ids[-1]])
