"""Representative transcripts, their measures, and what becomes of the genes that are left out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpresso_core.annotation import (
    GENE_COLUMNS,
    HISTONE_GENES,
    HISTONE_GENES_PAPER,
    Representatives,
    gene_table,
    place_on_genome,
    read_gtf,
    representative_transcripts,
)
from xpresso_core.errors import InputError
from xpresso_core.expression import read_matrix
from xpresso_core.gene_names import read_gene_names

DATA = Path(__file__).parent / "data" / "gtf"
MIRROR = 10_001
Interval = tuple[int, int]


def lines(
    gene: str,
    transcript: str,
    exons: Iterable[Interval],
    cds: Iterable[Interval] = (),
    /,
    *,
    chrom: str = "1",
    strand: str = "+",
    name: str = "",
    **features: Iterable[Interval],
) -> str:
    """Write a transcript with 1-based, inclusive intervals."""
    attributes = f'gene_id "{gene}"; transcript_id "{transcript}"; gene_biotype "protein_coding";'
    attributes += f' gene_name "{name or gene}";'
    rows = [("exon", exons), ("CDS", cds), *features.items()]
    return "".join(
        f"{chrom}\ttest\t{feature}\t{start}\t{end}\t.\t{strand}\t.\t{attributes}\n"
        for feature, intervals in rows
        for start, end in intervals
    )


def choose(folder: Path, *text: str, **options: Iterable[str]) -> Representatives:
    path = folder / "genes.gtf"
    path.write_text("".join(text))
    return representative_transcripts(read_gtf(path), **options)


@pytest.mark.parametrize("dialect", ["ensembl", "gencode", "refseq", "ucsc"])
def test_measures_are_exact_in_every_dialect(dialect: str) -> None:
    found = representative_transcripts(read_gtf(DATA / f"{dialect}.gtf"))
    gene = found.genes.iloc[0]
    lengths = gene[["utr5_len", "cds_len", "intron_len", "utr3_len"]]
    assert list(lengths) == [50, 198, 200, 49], "the stop codon belongs neither to the ORF nor to the 3' UTR"
    assert gene["orf_exon_density"] == 2 / 0.198
    assert (gene["tss"], gene["strand"], gene["tss_source"]) == (100, "+", "annotation")
    segments = found.segments.groupby("region")[["start", "end"]].apply(lambda rows: rows.to_numpy().tolist())
    assert segments["utr5"] == [[100, 150]]
    assert segments["cds"] == [[150, 200], [300, 400], [500, 548]]
    assert segments["utr3"] == [[551, 600]]
    assert found.dropped.empty


@pytest.mark.parametrize("dialect", ["ensembl", "gencode", "refseq", "ucsc"])
def test_a_mirrored_annotation_gives_the_same_measures(tmp_path: Path, dialect: str) -> None:
    original = (DATA / f"{dialect}.gtf").read_text()
    rows = [line.split("\t") for line in original.splitlines() if not line.startswith("#")]
    for row in rows:
        row[3], row[4] = str(MIRROR - int(row[4])), str(MIRROR - int(row[3]))
        row[6] = {"+": "-", "-": "+"}.get(row[6], row[6])
    there = representative_transcripts(read_gtf(DATA / f"{dialect}.gtf")).genes
    back = choose(tmp_path, "".join("\t".join(row) + "\n" for row in rows)).genes
    same = ["gene_id", "transcript_id", "utr5_len", "cds_len", "intron_len", "utr3_len", "orf_exon_density"]
    assert there[same].equals(back[same])
    assert list(back["strand"]) == ["-"]
    assert list(back["tss"]) == [MIRROR - 1 - 100 - 1]


def test_utrs_are_spliced_and_split_stop_codons_are_left_out(tmp_path: Path) -> None:
    found = choose(
        tmp_path,
        lines(
            "A",
            "T",
            [(101, 120), (201, 300), (401, 500), (601, 650)],
            [(211, 300), (401, 499)],
            stop_codon=[(500, 500), (601, 602)],
        ),
    )
    gene = found.genes.iloc[0]
    assert list(gene[["utr5_len", "cds_len", "utr3_len"]]) == [30, 189, 48]
    assert gene["orf_exon_density"] == 1 / 0.189
    assert found.segments.loc[found.segments["region"] == "utr5", "start"].tolist() == [100, 200]


def test_missing_utrs_are_missing_and_no_introns_are_none(tmp_path: Path) -> None:
    gene = choose(tmp_path, lines("A", "T", [(1, 300)], [(1, 300)])).genes.iloc[0]
    assert np.isnan(gene["utr5_len"])
    assert np.isnan(gene["utr3_len"])
    assert (gene["cds_len"], gene["intron_len"], gene["orf_exon_density"]) == (300, 0, 0)


def test_a_frameshift_inside_an_exon_is_no_junction(tmp_path: Path) -> None:
    gene = choose(tmp_path, lines("A", "T", [(1, 300), (401, 500)], [(1, 99), (101, 300), (401, 450)])).genes
    assert gene["cds_len"].item() == 349
    assert gene["orf_exon_density"].item() == 1 / 0.349


def test_a_transcript_without_exon_rows_has_its_cds_for_exons(tmp_path: Path) -> None:
    gene = choose(tmp_path, lines("A", "T", [], [(11, 20), (31, 40)])).genes.iloc[0]
    assert (gene["tss"], gene["cds_len"], gene["intron_len"]) == (10, 20, 10)


@pytest.mark.parametrize(
    ("rival", "winner"),
    [
        (lines("A", "B", [(1, 1000)], [(101, 402)]), "B"),  # a longer ORF
        (lines("A", "B", [(101, 1000)], [(101, 399)]), "T"),  # a shorter one, whatever the UTRs
        (lines("A", "B", [(1, 420)], [(102, 401)]), "B"),  # then the longer 5' UTR
        (lines("A", "B", [(1, 500)], [(101, 400)]), "B"),  # then the longer 3' UTR
        (lines("A", "B", [(1, 450)], [(101, 400)]), "B"),  # then the smaller transcript_id
        (lines("A", "U", [(1, 450)], [(101, 400)]), "T"),
        (lines("A", "B", [(101, 450)], [(101, 400)]), "T"),  # a missing UTR is the shortest
        (lines("A", "B", [(1, 2000)]), "T"),  # no ORF
    ],
)
def test_the_ranking_of_transcripts(tmp_path: Path, rival: str, winner: str) -> None:
    text = [lines("A", "T", [(1, 450)], [(101, 400)]), rival]
    for order in (text, text[::-1]):
        assert choose(tmp_path, *order).genes["transcript_id"].tolist() == [winner]


def test_genes_are_sorted_and_have_the_columns_of_their_table(tmp_path: Path) -> None:
    genes = choose(
        tmp_path,
        lines("B", "T2", [(501, 800)], [(501, 800)]),
        lines("A", "T1", [(1, 900)], [(1, 900)], strand="-"),
    ).genes
    assert genes["gene_id"].tolist() == ["B", "A"]
    assert genes["tss"].tolist() == [500, 899]
    content = pd.DataFrame({name: [0.5, 0.25] for name in ("utr5_gc", "cds_gc", "utr3_gc")})
    table = gene_table(genes, content)
    assert list(table.columns) == GENE_COLUMNS
    assert table["cds_gc"].tolist() == [0.5, 0.25]


def test_every_lost_gene_is_listed_with_its_reason(tmp_path: Path) -> None:
    span = [(1, 300)]
    found = choose(
        tmp_path,
        lines("KEPT", "T1", span, span),
        lines("ONY", "T2", span, span, chrom="chrY"),
        lines("ONMT", "T3", span, span, chrom="chrM"),
        lines("G4", "T4", span, span, name="HIST1H4A"),
        lines("NOCDS", "T5", span),
        lines("TWICE", "T6", span, span, transcript=[(1, 300), (9001, 9300)]),
        lines("NOSTRAND", "T7", span, span, strand="."),
        lines("BOTH", "T8", span, span),
        lines("BOTH", "T8", span, span, strand="-"),
    )
    assert found.genes["gene_id"].tolist() == ["KEPT"]
    assert set(found.segments["gene_id"]) == {"KEPT"}
    reasons = found.dropped.set_index("gene_id")["reason"].to_dict()
    assert reasons == {
        "ONY": "chromosome left out",
        "ONMT": "chromosome left out",
        "G4": "gene name left out",
        "NOCDS": "no coding sequence",
        "TWICE": "transcript not at one place",
        "NOSTRAND": "transcript not at one place",
        "BOTH": "transcript not at one place",
    }
    assert list(found.dropped.columns) == ["gene_id", "gene_name", "stage", "reason", "detail"]
    assert found.dropped.set_index("gene_id").loc["G4", "detail"] == "HIST1H4A"


def test_a_copy_on_a_chromosome_that_is_left_out_does_not_harm_the_other(tmp_path: Path) -> None:
    span = [(1, 300)]
    found = choose(
        tmp_path, lines("PAR", "T", span, span, chrom="X"), lines("PAR", "T", span, span, chrom="Y")
    )
    assert found.genes["chrom"].tolist() == ["X"]
    assert found.dropped[["gene_id", "reason", "detail"]].to_numpy().tolist() == [
        ["PAR", "chromosome left out", "Y"]
    ]


def test_a_gene_at_two_loci_is_kept_at_that_of_its_representative(tmp_path: Path) -> None:
    found = choose(
        tmp_path,
        lines("A", "SHORT", [(1, 300)], [(1, 300)], chrom="1"),
        lines("A", "LONG", [(1, 600)], [(1, 600)], chrom="2", strand="-"),
    )
    assert found.genes[["transcript_id", "chrom", "tss"]].to_numpy().tolist() == [["LONG", "2", 599]]
    assert found.dropped["reason"].tolist() == ["further locus of a kept gene"]
    assert found.dropped["detail"].tolist() == ["1 +; the gene is kept at 2 -"]


def test_left_out_genes_and_chromosomes_are_a_choice(tmp_path: Path) -> None:
    text = lines("A", "T", [(1, 300)], [(1, 300)], chrom="Y"), lines("B", "U", [(1, 300)], [(1, 300)])
    assert choose(tmp_path, *text, drop_chromosomes=[]).genes["gene_id"].tolist() == ["B", "A"]
    left = choose(tmp_path, *text, drop_chromosomes=["1"], drop_gene_names=[]).genes
    assert left["gene_id"].tolist() == ["A"]
    with pytest.raises(InputError, match="no gene with a coding sequence is left"):
        choose(tmp_path, *text, drop_gene_names=["[ab]"])
    with pytest.raises(InputError, match="not a regular expression"):
        choose(tmp_path, *text, drop_gene_names=["("])
    with pytest.raises(InputError, match="no gene with a coding sequence is left"):
        choose(tmp_path, lines("A", "T", [(1, 300)]))


HISTONES = """
HIST1H4A HIST1H1A HIST1H2AA HIST2H2AA3 HIST2H3PS2 HIST3H2BB HIST4H4 Hist1h2ba Hist2h4 H1F0 H1FX H1FNT H1FOO
H1f0 H2AFX H2AFY H2AFY2 H2AFZ H2AFB1 H2AFJ H2AFV H2BFM H2BFS H2BFWT H3F3A H3F3B H3F3C H3f3a H1-0 H1-2 H1-10
H2AC4 H2AC11 H2AC21 H2AJ H2AX H2AP H2AW H2AZ1 H2AZ2 H2AB1 H2al1a H2BC3 H2BC12L H2BC21 H2BU1 H2BK1 H2BN1 H2BW1
H2bc4 H3-3A H3-3B H3-4 H3-5 H3C1 H3C15 H3Y1 H3.Y H4C1 H4C5 H4-16 MACROH2A1 Macroh2a2
""".split()
OTHERS = """
H19 H13 H47 H6PD H60A H60b H2-K1 H2-D1 H2-Aa H2-Ab1 H2-T23 H2-DMa H2-M3 HISTONE-LIKE HINFP HIRA HDAC1 SLBP
CENPA HAT1 HMGB1 HJURP H1-10-AS1 HIST HIST1 NOHIST1H4A H2A H2B PHIST1 HM13 HCFC1 HSP90AA1
""".split()


def test_histones_of_old_and_new_names_are_left_out_and_no_others(tmp_path: Path) -> None:
    span = [(1, 300)]
    text = [lines(f"G{n}", f"T{n}", span, span, name=name) for n, name in enumerate(HISTONES + OTHERS)]
    found = choose(tmp_path, *text, drop_gene_names=HISTONE_GENES)
    assert found.dropped["gene_name"].tolist() == HISTONES
    assert sorted(found.genes["gene_name"]) == sorted(OTHERS)


def test_the_rule_of_the_paper_spares_what_is_not_called_hist(tmp_path: Path) -> None:
    names = ["HIST1H4A", "H2AFZ", "H3F3A"]
    text = [lines(name, f"T{name}", [(1, 300)], [(1, 300)]) for name in names]
    assert set(choose(tmp_path, *text, drop_gene_names=HISTONE_GENES_PAPER).genes["gene_id"]) == set(
        names[1:]
    )


@pytest.mark.parametrize(
    ("release", "name", "by_paper"),
    [("ensembl90_human.gtf", "HIST1H1A", True), ("ensembl_current_human.gtf", "H1-1", False)],
)
def test_one_histone_gene_under_its_old_and_new_name(release: str, name: str, by_paper: bool) -> None:
    gtf = read_gtf(DATA.parent / release)
    dropped = [
        representative_transcripts(gtf, drop_chromosomes=["Y"], drop_gene_names=names).dropped
        for names in (HISTONE_GENES, HISTONE_GENES_PAPER)
    ]
    ours, papers = (set(table.loc[table["reason"] == "gene name left out", "gene_name"]) for table in dropped)
    assert ours == {name}
    assert papers == ({name} if by_paper else set()), "the paper's rule knows the old names only"


@pytest.mark.real
def test_the_histone_genes_of_the_paper(real_data: Path) -> None:
    """Of the 18,413 genes with a published promoter, 36 go; 18,377 are in the paper."""
    folder = real_data / "human_mini"
    names = read_gene_names([folder / "gene_names.tsv"]).set_index("gene_id")["gene_name"]
    windows = pd.read_csv(real_data / "published" / "human_promoters_20kb.hg38.bed", sep="\t", header=None)
    expressed = read_matrix(folder / "57epigenomes.RPKM.pc.gz", ["E123"]).index
    names = names.loc[[gene for gene in windows[3] if gene in expressed]]
    assert len(names) == 18_413
    papers, ours = (
        names.str.fullmatch("|".join(patterns), case=False)
        for patterns in (HISTONE_GENES_PAPER, HISTONE_GENES)
    )
    assert papers.sum() == 36
    assert (~papers).sum() == 18_377
    assert ours[papers].all()
    others = "H1F0 H1FNT H1FOO H1FX H2AFJ H2AFV H2AFX H2AFY H2AFY2 H2AFZ H2BFM H2BFWT H3F3A H3F3B H3F3C"
    assert sorted(names[ours & ~papers]) == others.split(), "histones that are not called HIST"


def test_genes_get_the_genomes_spelling_or_are_dropped(tmp_path: Path) -> None:
    span = [(1, 300)]
    genes = choose(
        tmp_path, lines("A", "T", span, span), lines("B", "U", span, span, chrom="KI270711.1")
    ).genes
    kept, dropped = place_on_genome(genes, {"chr1": 1000, "chr2": 1000})
    assert kept[["gene_id", "chrom"]].to_numpy().tolist() == [["A", "chr1"]]
    assert dropped[["gene_id", "reason", "detail"]].to_numpy().tolist() == [
        ["B", "chromosome not in the genome", "KI270711.1"]
    ]
    with pytest.raises(InputError, match="no chromosome is shared"):
        place_on_genome(genes, {"scaffold_1": 1000})


@pytest.mark.real
def test_human_mini(real_data: Path) -> None:
    found = representative_transcripts(read_gtf(real_data / "human_mini" / "genes.gtf.gz"))
    assert len(found.genes) == 1064
    assert found.dropped["gene_name"].tolist() == ["H2BFS"]
    assert found.genes["gene_id"].is_unique
    assert found.genes["cds_len"].min() > 0
    assert (found.genes["cds_len"] % 3 == 0).mean() > 0.98
    dmd = found.genes.set_index("gene_name").loc["DMD"]
    assert dmd["intron_len"] > 2_000_000
