"""Genes as a browser draws them: what is read of a GTF file, what a region holds, and where everything goes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_annotation import lines

from xpresso_core.annotation import representative_transcripts
from xpresso_core.errors import InputError
from xpresso_core.gene_models import (
    MODEL_COLUMNS,
    arranged,
    arrowheads,
    merged,
    models_in,
    packed,
    read_gene_models,
    starts_of,
    tallest,
    within,
)
from xpresso_core.gtf import read_gtf

DATA = Path(__file__).parent / "data" / "gtf"


def written(folder: Path, *text: str) -> Path:
    path = folder / "genes.gtf"
    path.write_text("".join(text))
    return path


def placed(*genes: tuple[str, str, int, int, str]) -> pd.DataFrame:
    """Return models of name, chromosome, start, end and strand, each of one coding exon."""
    rows = [
        (name, name, chrom, start, end, strand, [(start, end)], [(start, end)])
        for name, chrom, start, end, strand in genes
    ]
    return pd.DataFrame(rows, columns=MODEL_COLUMNS)


# reading ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["ensembl", "gencode", "refseq", "ucsc"])
def test_every_dialect_gives_the_same_model(dialect: str) -> None:
    models = read_gene_models(DATA / f"{dialect}.gtf")
    assert list(models.columns) == MODEL_COLUMNS
    (gene,) = models.to_dict("records")
    assert (gene["gene_name"], gene["start"], gene["end"], gene["strand"]) == ("ALPHA", 100, 600, "+")
    assert gene["exons"] == [(100, 200), (300, 400), (500, 600)]
    assert gene["coding"] == [(150, 200), (300, 400), (500, 551)], "with the stop codon"
    assert models["start"].dtype == models["end"].dtype == np.int64


def test_a_gene_is_drawn_as_its_representative_transcript(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        lines("A", "short", [(1, 5000)], [(11, 40)], strand="-"),
        lines("A", "long", [(901, 1000), (101, 200)], [(151, 200), (901, 950)], strand="-", name="NAME"),
    )
    (gene,) = read_gene_models(path).to_dict("records")
    assert (gene["start"], gene["end"]) == (100, 1000)
    assert gene["exons"] == [(100, 200), (900, 1000)]
    assert gene["coding"] == [(150, 200), (900, 950)]
    chosen = representative_transcripts(read_gtf(path)).genes
    assert starts_of(read_gene_models(path), "-", (0, 10_000)).tolist() == chosen["tss"].tolist() == [999]


def test_overlapping_exons_are_one_and_a_transcript_may_have_none(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        lines("A", "T", [(101, 200), (151, 300), (301, 310), (401, 500)], [(101, 150)]),
        lines("B", "U", [], [(2001, 2030), (2101, 2130)]),
    )
    models = read_gene_models(path).set_index("gene_id")
    assert models.loc["A", "exons"] == [(100, 310), (400, 500)]
    assert models.loc["B", "exons"] == models.loc["B", "coding"] == [(2000, 2030), (2100, 2130)]
    assert models.loc["B", ["start", "end"]].tolist() == [2000, 2130]


def test_genes_are_named_by_their_id_and_none_is_left_out_by_name_or_chromosome(tmp_path: Path) -> None:
    span = [(1, 300)]
    path = written(
        tmp_path,
        'Y\tx\tCDS\t1\t300\t.\t+\t.\tgene_id "NONAME"; transcript_id "T"; gene_biotype "protein_coding";\n',
        lines("H", "U", span, span, name="HIST1H4A", chrom="MT"),
        lines("NC", "V", span),
    )
    models = read_gene_models(path)
    assert models[["gene_name", "chrom"]].to_numpy().tolist() == [["HIST1H4A", "MT"], ["NONAME", "Y"]]


def test_versions_stay_if_asked_for() -> None:
    names = [
        read_gene_models(DATA / "gencode.gtf", strip_versions=strip)["gene_id"][0] for strip in (True, False)
    ]
    assert names[0] == "ENSG00000000001"
    assert names[1].startswith("ENSG00000000001.")


def test_a_file_without_a_coding_gene_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no gene with a coding sequence"):
        read_gene_models(written(tmp_path, lines("A", "T", [(1, 300)])))


@pytest.mark.real
def test_human_mini(real_data: Path) -> None:
    models = read_gene_models(real_data / "human_mini" / "genes.gtf.gz")
    assert len(models) == 1065
    assert models["gene_id"].is_unique
    sod1 = models.set_index("gene_name").loc["SOD1"]
    assert (sod1["chrom"], sod1["start"], sod1["end"], len(sod1["exons"])) == (
        "21",
        33_031_934,
        33_041_243,
        5,
    )
    assert sod1["coding"][0] == (33_032_082, 33_032_154)
    here = models_in(models, "chr21", 33_000_000, 33_800_000)
    assert here["gene_name"].tolist() == ["SOD1", "SCAF4", "HUNK", "MIS18A", "MRAP", "URB1", "EVA1C"]
    for gene in models.to_dict("records"):
        assert gene["start"] == gene["exons"][0][0]
        assert gene["end"] == gene["exons"][-1][1]
        assert within(gene["coding"], (gene["start"], gene["end"])) == gene["coding"]


# regions ------------------------------------------------------------------------------------------------------


def test_a_region_holds_what_shares_a_base_with_it() -> None:
    models = placed(
        ("a", "chr1", 0, 100, "+"),
        ("b", "chr1", 50, 101, "-"),
        ("c", "chr1", 199, 300, "+"),
        ("d", "chr1", 200, 300, "+"),
        ("e", "chr2", 100, 200, "+"),
    )
    for spelling in ("chr1", "1"):
        found = models_in(models, spelling, 100, 200)
        assert found["gene_id"].tolist() == ["b", "c"]
        assert found.index.tolist() == [0, 1]
    assert models_in(models, "chr3", 0, 1000).empty
    assert list(models_in(models[:0], "chr1", 0, 1000).columns) == MODEL_COLUMNS


@pytest.mark.parametrize(("start", "end"), [(5, 5), (6, 5), (-1, 5)])
def test_a_region_must_be_one(start: int, end: int) -> None:
    with pytest.raises(InputError, match=f"chr1: there is no region from {start} to {end}"):
        models_in(placed(), "chr1", start, end)


def test_a_table_needs_its_columns() -> None:
    with pytest.raises(InputError, match="islands: the table has no column end, score"):
        models_in(placed(("a", "1", 0, 9, "+")).drop(columns="end"), "1", 0, 9, ("score",), "islands")


def test_starts_of_both_strands_are_inside_the_region_and_counted_once() -> None:
    models = placed(
        ("a", "1", 100, 200, "+"),
        ("b", "1", 100, 900, "+"),
        ("c", "1", 200, 300, "+"),
        ("d", "1", 50, 200, "-"),
        ("e", "1", 50, 201, "-"),
    )
    assert starts_of(models, "+", (100, 200)).tolist() == [100]
    assert starts_of(models, "-", (100, 200)).tolist() == [199]
    assert starts_of(models, "-", (100, 201)).tolist() == [199, 200]
    corrected = models.assign(tss=[150, 120, 130, 140, 150])
    assert starts_of(corrected, "+", (100, 200)).tolist() == [120, 130, 150]
    assert starts_of(models[:0], "+", (0, 999)).tolist() == []


def test_intervals_merge_by_their_gap() -> None:
    spans = [(30, 40), (0, 10), (10, 12), (5, 8), (45, 50)]
    assert merged(spans) == [(0, 12), (30, 40), (45, 50)]
    assert merged(spans, 5) == [(0, 12), (30, 50)]
    assert merged([]) == []
    assert merged([(0, 100), (10, 20), (50, 101)]) == [(0, 101)]


def test_intervals_are_cut_at_the_region() -> None:
    assert within([(0, 5), (8, 12), (19, 30), (20, 40)], (10, 20)) == [(10, 12), (19, 20)]


def test_the_greatest_value_of_each_column() -> None:
    table = pd.DataFrame(
        {"start": [0, 12, 15, 29, 48], "end": [11, 13, 20, 41, 90], "value": [1.0, 5.0, 6.0, 3.0, 4.0]}
    )
    assert tallest(table, (10, 60), 5).tolist() == [6.0, 3.0, 3.0, 4.0, 4.0]
    assert tallest(table[:0], (10, 60), 5).tolist() == [0.0] * 5
    assert tallest(table[1:2], (12, 13), 2).tolist() == [5.0, 5.0], "columns narrower than a base"


# places -------------------------------------------------------------------------------------------------------


def test_packing_takes_as_few_rows_as_intervals_meet() -> None:
    assert packed([(0, 10), (10, 20), (5, 12), (12, 30), (20, 25)]) == [0, 0, 1, 1, 0]
    rng = np.random.default_rng(3)
    starts = rng.integers(0, 1000, 200)
    spans = [
        (int(start), int(start + wide)) for start, wide in zip(starts, rng.integers(1, 80, 200), strict=True)
    ]
    rows = packed(spans)
    depth = max(sum(start <= at < end for start, end in spans) for at in range(1100))
    assert max(rows) + 1 == depth
    assert not _collide([(row, span) for row, span in zip(rows, spans, strict=True)])


def _collide(items: list[tuple[int, tuple[float, float]]]) -> bool:
    return any(
        one[0] == other[0] and one[1][0] < other[1][1] and other[1][0] < one[1][1]
        for number, one in enumerate(items)
        for other in items[:number]
    )


def test_names_are_over_their_genes_and_inside_the_region() -> None:
    models = placed(("a", "1", 0, 120, "+"), ("b", "1", 400, 500, "+"), ("c", "1", 900, 2000, "-"))
    found = arranged(models, (100, 1000), [60.0, 60.0, 60.0], margin=5, most=6)
    assert found.names == {0: 130.0, 1: 450.0, 2: 950.0}
    assert found.rows == [0, 0, 0]


def test_names_take_room_in_the_rows() -> None:
    models = placed(("a", "1", 400, 410, "+"), ("b", "1", 430, 440, "+"), ("c", "1", 480, 490, "+"))
    assert arranged(models, (0, 1000), [10.0] * 3, margin=5, most=6).rows == [0, 0, 0]
    assert arranged(models, (0, 1000), [50.0] * 3, margin=5, most=6).rows == [0, 1, 0]


def test_where_names_take_too_many_rows_the_longest_genes_have_theirs() -> None:
    lengths = [10 + number % 7 for number in range(40)]
    models = placed(
        *((f"g{at}", "1", 1000 + 100 * at, 1000 + 100 * at + long, "+") for at, long in enumerate(lengths))
    )
    wide = [450.0] * 40
    full = arranged(models, (0, 6000), wide, margin=2, most=5)
    assert len(full.names) == 40
    assert max(full.rows) == 4
    few = arranged(models, (0, 6000), wide, margin=2, most=4)
    assert max(few.rows) == 0
    assert [number for number in range(40) if lengths[number] == 16] == [6, 13, 20, 27, 34]
    assert {6, 13, 20, 27, 34} < set(few.names), "the longest"
    for found in (full, few):
        assert not _collide([(found.rows[gene], (at - 225, at + 225)) for gene, at in found.names.items()])


def test_arrowheads_follow_introns_and_point_out_of_the_end() -> None:
    exons = [(100, 110), (195, 205), (290, 300)]
    assert arrowheads((100, 300), "+", exons, (0, 1000), 30) == [130.0, 160.0, 220.0, 250.0, 310.0]
    assert arrowheads((100, 300), "-", exons, (0, 1000), 30)[-1] == 90.0
    assert arrowheads((100, 300), "+", exons, (150, 240), 30) == [180.0]
    assert arrowheads((100, 300), "+", [(100, 300)], (0, 1000), 30) == [310.0]
