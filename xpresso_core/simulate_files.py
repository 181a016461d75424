"""Writing the files of the simulated species: one function per file, in the formats of the real sources."""

from __future__ import annotations

import dataclasses
import gzip
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pybigtools

from xpresso_core.files import atomic_path, write_json, write_table
from xpresso_core.randomness import generator
from xpresso_core.sequence import LETTERS, Codes
from xpresso_core.simulate import ASSEMBLY, SimulationSettings, Species
from xpresso_core.simulate_genes import Locus, Transcript

LINE = 60  # bases on a line of FASTA
BED9 = """table cagePeaks
"Simulated CAGE peaks, named as in FANTOM5"
(
string chrom;      "Chromosome"
uint   chromStart; "First base, 0-based"
uint   chromEnd;   "End"
string name;       "Peak"
uint   score;      "Score"
char[1] strand;    "Strand"
uint   thickStart; "Representative base, 0-based"
uint   thickEnd;   "The base after it"
string itemRgb;    "Colour"
)
"""


def write_species(species: Species, folder: Path, seed: int, settings: SimulationSettings) -> None:
    """Write all files of a species; each one appears under its name when complete.

    Parameters
    ----------
    species
        What was simulated.
    folder
        Where to write; made if needed.
    seed, settings
        What it was simulated with: saved in ``truth/model.json``, and the source of what only the files hold
        (soft masking, further peaks, genes that only the matrix has).
    """
    labels = species.labels
    write_genome(species.chromosomes, folder / "genome.fa", generator(seed, "soft mask"))
    write_gtf((*species.coding, *species.lncrna), folder / "genes.gtf.gz")
    write_cage_peaks(species, folder / "cage_peaks.bb", generator(seed, "peaks"))
    extra = [f"SIMG{80_001 + number:011d}" for number in range(settings.unannotated_genes)]
    write_gene_names((*species.coding, *species.lncrna), extra, folder / "gene_names.tsv")
    matrix = _measured(labels.expression, species, extra, generator(seed, "unannotated"))
    write_expression(matrix, folder / "expression.tsv.gz")
    write_table(labels.genes, folder / "truth" / "genes.tsv")
    write_table(species.scores.table, folder / "truth" / "motif_sites.tsv")
    origin = {"assembly": ASSEMBLY, "seed": seed, "settings": dataclasses.asdict(settings)}
    write_json({**labels.model, **origin}, folder / "truth" / "model.json")


def write_genome(chromosomes: Mapping[str, Codes], path: Path, rng: np.random.Generator) -> None:
    """Write FASTA in lines of `LINE` bases; about a fifth is in lower case, as repeats are."""
    upper = np.frombuffer(LETTERS.encode(), dtype=np.uint8)
    with atomic_path(path) as draft, draft.open("wb") as handle:
        for name, codes in chromosomes.items():
            letters = upper[codes]
            for start in rng.integers(0, len(codes), len(codes) // 1500):
                repeat = slice(int(start), int(start) + int(rng.integers(100, 600)))
                letters[repeat] |= 0x20
            handle.write(f">{name} {ASSEMBLY} simulated\n".encode())
            whole = len(letters) // LINE * LINE
            lines = np.full((whole // LINE, LINE + 1), ord("\n"), dtype=np.uint8)
            lines[:, :LINE] = letters[:whole].reshape(-1, LINE)
            handle.write(lines.tobytes())
            if whole < len(letters):
                handle.write(letters[whole:].tobytes() + b"\n")


def ensembl_name(chrom: str) -> str:
    """Return a chromosome's name as Ensembl writes it: ``1`` for ``chr1``, ``MT`` for ``chrM``."""
    return "MT" if chrom == "chrM" else chrom.removeprefix("chr")


def write_gtf(loci: Sequence[Locus], path: Path) -> None:
    """Write the annotation in the dialect of Ensembl, by position; the CDS lacks the stop codon."""
    chromosomes = list(dict.fromkeys(locus.chrom for locus in loci))
    lines = [f"#!genome-build {ASSEMBLY}", "#!note SIMULATED species, no real gene: see docs/demo_species.md"]
    for locus in sorted(
        loci,
        key=lambda locus: (chromosomes.index(locus.chrom), locus.interval((0, locus.span)), locus.gene_id),
    ):
        lines.extend(_gtf_lines(locus))
    _write_gzip("\n".join(lines) + "\n", path)


def _gtf_lines(locus: Locus) -> Iterator[str]:
    biotype = "lncRNA" if locus.role == "lncRNA" else "protein_coding"
    gene = f'gene_id "{locus.gene_id}"; gene_version "1"; '
    tail = f'gene_name "{locus.gene_name}"; gene_source "simulated"; gene_biotype "{biotype}";'

    def line(feature: str, piece: tuple[int, int], attributes: str, frame: str = ".") -> str:
        start, end = locus.interval(piece)
        columns = (ensembl_name(locus.chrom), "simulated", feature, start + 1, end, ".", locus.strand, frame)
        return "\t".join([*map(str, columns), attributes])

    yield line("gene", (min(t.exons[0][0] for t in locus.transcripts), locus.span), gene + tail)
    for transcript in sorted(locus.transcripts, key=lambda transcript: transcript.transcript_id):
        kind = biotype if transcript.coding or biotype == "lncRNA" else "retained_intron"
        own = f'{gene}transcript_id "{transcript.transcript_id}"; transcript_version "1"; {tail}'
        own += f' transcript_biotype "{kind}";'
        yield line("transcript", (transcript.exons[0][0], transcript.exons[-1][1]), own)
        for number, exon in enumerate(transcript.exons, start=1):
            yield line("exon", exon, f'{own} exon_number "{number}";')
        for feature, piece, frame in _coding_rows(transcript):
            yield line(feature, piece, own, frame)


def _coding_rows(transcript: Transcript) -> Iterator[tuple[str, tuple[int, int], str]]:
    """Yield feature, local interval and frame of CDS, stop codon and UTRs."""
    for feature, pieces in transcript.regions().items():
        passed = 0
        for piece in pieces:
            yield feature, piece, str(-passed % 3) if feature in ("CDS", "stop_codon") else "."
            passed += piece[1] - piece[0]


def write_cage_peaks(species: Species, path: Path, rng: np.random.Generator) -> None:
    """Write CAGE peaks as bigBed of nine columns, with the representative base as thickStart.

    Beside each gene's p1 peak there are lesser peaks of the same gene, which must not be used, and peaks
    without a gene, named by position.
    """
    sizes = {chrom: len(codes) for chrom, codes in species.chromosomes.items()}
    peaks = []
    for locus in species.coding:
        tss = locus.position(locus.local_tss)
        if locus.peak:
            peaks.append((locus.chrom, tss, locus.strand, locus.peak))
        for rank in range(2, 2 + int(rng.choice(3, p=[0.6, 0.3, 0.1]))):
            other = tss + int(rng.integers(20, 400)) * int(rng.choice([-1, 1]))
            if locus.chrom != "chrM":
                peaks.append((locus.chrom, other, locus.strand, f"p{rank}@{locus.gene_name}"))
    for chrom in rng.choice(list(sizes), 80):
        base = int(rng.integers(100, sizes[chrom] - 100))
        strand = str(rng.choice(["+", "-"]))
        peaks.append((str(chrom), base, strand, f"p@{chrom}:{base - 10}..{base + 10},{strand}"))
    rows = []
    for chrom, base, strand, name in peaks:
        start, end = base - int(rng.integers(0, 15)), base + 1 + int(rng.integers(0, 15))
        colour = "255,0,0" if strand == "+" else "0,0,255"
        rest = f"{name}\t{int(rng.integers(1, 1001))}\t{strand}\t{base}\t{base + 1}\t{colour}"
        rows.append((chrom, start, end, rest))
    with atomic_path(path) as draft:
        pybigtools.open(str(draft), "w").write(sizes, iter(sorted(rows)), autosql=BED9)


def write_gene_names(loci: Sequence[Locus], extra: Sequence[str], path: Path) -> None:
    """Write names, synonyms (joined by ``|``) and chromosome by gene, also of genes without annotation."""
    rows = [(x.gene_id, x.gene_name, "|".join(x.synonyms), ensembl_name(x.chrom)) for x in loci]
    rows += [(gene_id, f"SIMX{number:04d}", "", "1") for number, gene_id in enumerate(extra, start=1)]
    names = ["gene_id", "gene_name", "synonyms", "chromosome"]
    write_table(pd.DataFrame(sorted(rows), columns=names), path)


def _measured(
    expression: pd.DataFrame, species: Species, extra: Sequence[str], rng: np.random.Generator
) -> pd.DataFrame:
    """Take out what the matrix must lack and add genes that have no annotation; sort by gene."""
    lacking = [locus.gene_id for locus in species.coding if locus.role == "unmeasured"]
    unknown = 10 ** rng.normal(0, 1, (len(extra), expression.shape[1]))
    added = pd.DataFrame(unknown, index=list(extra), columns=expression.columns)
    return pd.concat([expression.drop(index=lacking), added]).sort_index()


def write_expression(matrix: pd.DataFrame, path: Path) -> None:
    """Write RPKM as Roadmap does: three decimals, a tab at the end of data lines but not of the header."""
    lines = ["\t".join(["gene_id", *matrix.columns])]
    for gene_id, values in zip(matrix.index, matrix.to_numpy(), strict=True):
        lines.append("\t".join([str(gene_id), *(f"{value:.3f}" for value in values)]) + "\t")
    _write_gzip("\n".join(lines) + "\n", path)


def _write_gzip(text: str, path: Path) -> None:
    """Write compressed text whose bytes depend on nothing but the text."""
    with atomic_path(path) as draft, draft.open("wb") as raw:
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as handle:
            handle.write(text.encode())
