"""Writing the files of the simulated species: one function per file, in the formats of the real sources."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pybigtools

from xpresso_core.files import atomic_path, write_gzip, write_json, write_table
from xpresso_core.meme_format import write_motifs
from xpresso_core.randomness import generator
from xpresso_core.sequence import LETTERS, Codes
from xpresso_core.simulate import ASSEMBLY, SimulationSettings, Species
from xpresso_core.simulate_assembly import OLDER, OlderAssembly, chain_lines
from xpresso_core.simulate_genes import Locus, Transcript
from xpresso_core.simulate_motifs import simulated_motifs
from xpresso_core.simulate_names import Known
from xpresso_core.simulate_regulation_files import write_regulation
from xpresso_core.simulate_reporter import Reporter, draw_signal
from xpresso_core.simulate_scores import MOTIFS
from xpresso_core.simulate_tables import describe_samples, draw_entrez_table, draw_samples

LINE = 60  # bases on a line of FASTA
# Some columns of hgnc_complete_set.txt, in its order
HGNC: tuple[str, ...] = (
    *("hgnc_id", "symbol", "name", "locus_group", "status"),
    *("alias_symbol", "prev_symbol", "entrez_id", "ensembl_gene_id"),
)
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
    loci = (*species.coding, *species.lncrna)
    write_genome(species.chromosomes, folder / "genome.fa", generator(seed, "soft mask"))
    write_gtf(loci, folder / "genes.gtf.gz")
    write_cage_peaks(
        species, folder / "cage_peaks.bb", generator(seed, "peaks"), generator(seed, "trap peaks")
    )
    write_biomart_names(species.names.known, folder / "gene_names_1.tsv")
    write_hgnc_names(species, folder / "gene_names_2.tsv")
    matrix = _measured(labels.expression, species)
    write_expression(
        _with_unknown(matrix, species, generator(seed, "unannotated")), folder / "expression.tsv.gz"
    )
    write_entrez(matrix, species, folder / "entrez.tsv.gz", generator(seed, "entrez table"))
    write_encode(species, matrix, folder, generator(seed, "encode"), settings.cell_type_sd)
    write_table(species.orthologs, folder / "orthologs.tsv")
    write_motifs(simulated_motifs(MOTIFS, generator(seed, "decoys")), folder / "motifs.meme")
    write_chain(species.reporter.assembly, folder / "sure.chain.gz")
    write_gtf(species.reporter.loci, folder / "sure.genes.gtf.gz", assembly=OLDER, chromosome_name=str)
    for strand, name in (("+", "plus"), ("-", "minus")):
        write_signal(species.reporter, strand, folder / f"sure.{name}.bw", generator(seed, "signal", strand))
    write_regulation(species, folder, seed)
    write_table(labels.genes, folder / "truth" / "genes.tsv")
    write_table(species.scores.table, folder / "truth" / "motif_sites.tsv")
    write_table(species.reporter.genes, folder / "truth" / "reporter.tsv")
    truth = {**labels.model, "names": species.names.truth(), "reporter": species.reporter.model}
    origin = {"assembly": ASSEMBLY, "seed": seed, "settings": dataclasses.asdict(settings)}
    write_json({**truth, **origin}, folder / "truth" / "model.json")


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


def write_gtf(
    loci: Sequence[Locus],
    path: Path,
    *,
    assembly: str = ASSEMBLY,
    chromosome_name: Callable[[str], str] = ensembl_name,
) -> None:
    """Write the annotation in the dialect of Ensembl, by position; the CDS lacks the stop codon."""
    chromosomes = list(dict.fromkeys(locus.chrom for locus in loci))
    lines = [f"#!genome-build {assembly}", "#!note SIMULATED species, no real gene: see docs/demo_species.md"]
    for locus in sorted(
        loci,
        key=lambda locus: (chromosomes.index(locus.chrom), locus.interval((0, locus.span)), locus.gene_id),
    ):
        lines.extend(_gtf_lines(locus, chromosome_name(locus.chrom)))
    write_gzip(lines, path)


def _gtf_lines(locus: Locus, chrom: str) -> Iterator[str]:
    biotype = "lncRNA" if locus.role == "lncRNA" else "protein_coding"
    gene = f'gene_id "{locus.gene_id}"; gene_version "1"; '
    tail = f'gene_name "{locus.gene_name}"; gene_source "simulated"; gene_biotype "{biotype}";'

    def line(feature: str, piece: tuple[int, int], attributes: str, frame: str = ".") -> str:
        start, end = locus.interval(piece)
        columns = (chrom, "simulated", feature, start + 1, end, ".", locus.strand, frame)
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


def write_cage_peaks(
    species: Species, path: Path, rng: np.random.Generator, trap_rng: np.random.Generator
) -> None:
    """Write CAGE peaks as bigBed of nine columns, with the representative base as thickStart.

    Beside each gene's p1 peak there are lesser peaks of the same gene, which must not be used, peaks without
    a gene, named by position, and p1 peaks that mislead.
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
    traps = [(trap.chrom, trap.tss, trap.strand, f"p1@{trap.symbol}") for trap in species.names.traps]
    rows = [*_peak_rows(peaks, rng), *_peak_rows(traps, trap_rng)]
    with atomic_path(path) as draft:
        pybigtools.open(str(draft), "w").write(sizes, iter(sorted(rows)), autosql=BED9)


def _peak_rows(
    peaks: Sequence[tuple[str, int, str, str]], rng: np.random.Generator
) -> Iterator[tuple[str, int, int, str]]:
    """Yield the rows of peaks given by chromosome, representative base, strand and name."""
    for chrom, base, strand, name in peaks:
        start, end = base - int(rng.integers(0, 15)), base + 1 + int(rng.integers(0, 15))
        colour = "255,0,0" if strand == "+" else "0,0,255"
        rest = f"{name}\t{int(rng.integers(1, 1001))}\t{strand}\t{base}\t{base + 1}\t{colour}"
        yield chrom, start, end, rest


def write_biomart_names(known: Sequence[Known], path: Path) -> None:
    """Write names as BioMart does: a row for each synonym, and one with an empty cell where there is none."""
    rows = [(gene.gene_id, gene.symbol, name) for gene in known for name in gene.synonyms or [""]]
    write_table(pd.DataFrame(sorted(rows), columns=["Gene stable ID", "Gene name", "Gene Synonym"]), path)


def write_hgnc_names(species: Species, path: Path) -> None:
    """Write names as HGNC's complete set does: lists between ``|`` in double quotes, also genes without id."""
    unnamed = set(species.unannotated)
    rows = [HGNC]
    known = [gene for gene in species.names.known if gene.gene_id not in unnamed]
    lncrna = {locus.gene_id for locus in species.lncrna}
    for number, gene in enumerate(sorted(known, key=lambda gene: gene.symbol), start=1):
        group = "non-coding RNA" if gene.gene_id in lncrna else "protein-coding gene"
        lists = [_joined(names) for names in (gene.aliases, gene.previous, map(str, gene.entrez))]
        title = f"simulated 5'-gene {number}, no real one"
        rows.append((f"HGNC:{900_000 + number}", gene.symbol, title, group, "Approved", *lists, gene.gene_id))
    rows.append(("HGNC:999999", "SIMGONE", "entry withdrawn", "withdrawn", "Entry Withdrawn", "", "", "", ""))
    with atomic_path(path) as draft:
        draft.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")


def _joined(names: Iterable[str]) -> str:
    text = "|".join(names)
    return f'"{text}"' if "|" in text else text


def _measured(expression: pd.DataFrame, species: Species) -> pd.DataFrame:
    """Take out what all expression tables must lack."""
    return expression.drop(index=[locus.gene_id for locus in species.coding if locus.role == "unmeasured"])


def _with_unknown(matrix: pd.DataFrame, species: Species, rng: np.random.Generator) -> pd.DataFrame:
    """Add genes that have no annotation; sort by gene."""
    unknown = 10 ** rng.normal(0, 1, (len(species.unannotated), matrix.shape[1]))
    added = pd.DataFrame(unknown, index=list(species.unannotated), columns=matrix.columns)
    return pd.concat([matrix, added]).sort_index()


def write_expression(matrix: pd.DataFrame, path: Path) -> None:
    """Write RPKM as Roadmap does: three decimals, a tab at the end of data lines but not of the header."""
    lines = ["\t".join(["gene_id", *matrix.columns])]
    for gene_id, values in zip(matrix.index, matrix.to_numpy(), strict=True):
        lines.append("\t".join([str(gene_id), *(f"{value:.3f}" for value in values)]) + "\t")
    write_gzip(lines, path)


def write_entrez(matrix: pd.DataFrame, species: Species, path: Path, rng: np.random.Generator) -> None:
    """Write one cell type by Entrez id."""
    table = draw_entrez_table(rng, matrix, species.names.entrez())
    write_gzip(table.to_csv(sep="\t", index=False).splitlines(), path)


def write_encode(
    species: Species, matrix: pd.DataFrame, folder: Path, rng: np.random.Generator, cell_type_sd: float
) -> None:
    """Write the table of ENCODE's files, and those of them that are to be used."""
    md5 = {}
    cell_types = matrix.iloc[:, 1:]
    for sample in draw_samples(rng, species.coding, species.lncrna, cell_types, cell_type_sd):
        path = folder / "encode" / f"{sample.accession}.tsv"
        write_table(sample.table, path)
        md5[sample.accession] = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    write_table(describe_samples(md5, ASSEMBLY), folder / "encode.metadata.tsv")


def write_chain(assembly: OlderAssembly, path: Path) -> None:
    """Write the chains from the assembly of the genome to the older one."""
    write_gzip(chain_lines(assembly), path)


def write_signal(reporter: Reporter, strand: str, path: Path, rng: np.random.Generator) -> None:
    """Write the signal of one strand as bigWig."""
    with atomic_path(path) as draft:
        pybigtools.open(str(draft), "w").write(
            dict(reporter.assembly.sizes), draw_signal(rng, reporter, strand)
        )
