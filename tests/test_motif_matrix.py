"""Which promoter has which motif: FIMO's hits, in a file and back; and their places on the genome."""

from __future__ import annotations

import gzip
from pathlib import Path

import h5py
import numpy as np
import pytest

from xpresso_core.background import UNIFORM, sequence_background
from xpresso_core.dataset import Dataset
from xpresso_core.errors import ConfigError, InputError
from xpresso_core.fimo import find_sites
from xpresso_core.genome import Window
from xpresso_core.halflife import HALFLIFE_FEATURES
from xpresso_core.meme_format import Motif, write_motifs
from xpresso_core.motif_matrix import MotifMatrix, present_motifs, write_hits, write_motif_matrix
from xpresso_core.sequence import Codes, N, decode, encode, reverse_complement

WINDOW = Window(60, 40)
CHROMOSOMES = {
    name: np.random.default_rng(seed).integers(0, 4, 900).astype(np.uint8)
    for seed, name in enumerate(("chr1", "chr2"))
}
WORDS = ("ACCGTTAC", "GGATTACA", "TTGCAATC")


def exactly(text: str) -> Motif:
    """Return a motif that hardly is anything but one word."""
    return Motif(f"M.{text}", f"name_of_{text}", np.eye(4)[encode(text)], 100.0)


def promoter(genome: Codes, tss: int, strand: str) -> Codes:
    """Cut a window around a TSS as in the contract, position by position."""
    made = []
    for offset in range(-WINDOW.upstream, WINDOW.downstream):
        place = tss + offset if strand == "+" else tss - offset
        base = int(genome[place]) if 0 <= place < len(genome) else N
        made.append(base if strand == "+" or base == N else 3 - base)
    return np.array(made, dtype=np.uint8)


def planted() -> tuple[dict[str, Codes], Dataset]:
    """Return a genome with words planted at known places of promoters of both strands, and the dataset."""
    genome = {name: codes.copy() for name, codes in CHROMOSOMES.items()}
    genes = [
        ("chr1", "+", 200),
        ("chr1", "-", 450),
        ("chr2", "+", 30),
        ("chr2", "-", 880),
        ("chr2", "-", 400),
    ]
    for (chrom, strand, tss), word, offset, turned in (
        (genes[0], WORDS[0], -20, False),
        (genes[0], WORDS[1], 10, True),
        (genes[1], WORDS[0], -7, False),
        (genes[1], WORDS[2], 15, True),
        (genes[2], WORDS[1], 0, False),
        (genes[3], WORDS[2], -4, False),
    ):
        codes = reverse_complement(encode(word)) if turned else encode(word)
        start = tss + offset if strand == "+" else tss - offset - len(word) + 1
        genome[chrom][start : start + len(word)] = codes if strand == "+" else reverse_complement(codes)
    number = len(genes)
    dataset = Dataset(
        gene_id=np.array([f"g{row}" for row in range(number)]),
        chrom=np.array([chrom for chrom, _, _ in genes]),
        strand=np.array([strand for _, strand, _ in genes]),
        tss=np.array([tss for _, _, tss in genes]),
        codes=np.array([promoter(genome[chrom], tss, strand) for chrom, strand, tss in genes]),
        halflife=np.ones((number, len(HALFLIFE_FEATURES)), dtype=np.float32),
        expression=np.arange(number, dtype=np.float32),
        window=WINDOW,
    )
    return genome, dataset


GENOME, DATASET = planted()
MOTIFS = [exactly(word) for word in WORDS]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, str]:
    """Write the dataset and the motifs."""
    DATASET.save(tmp_path / "dataset.h5")
    write_motifs(MOTIFS, tmp_path / "motifs.meme")
    return tmp_path / "dataset.h5", str(tmp_path / "motifs.meme")


def lines(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt") as handle:
        return [line.rstrip("\n").split("\t") for line in handle]


def test_a_motif_is_present_on_either_strand_and_not_across_n() -> None:
    texts = ["AAGGATTACAAA", "TTTGTAATCCTT", "AAGGATNTACAA", "GGATTAC", "CCCCCCCCCCCC"]
    present = present_motifs(MOTIFS, [encode(text) for text in texts], UNIFORM, threshold=1e-4)
    assert present.dtype == np.bool_
    assert present[:, 1].tolist() == [True, True, False, False, False]
    assert not present[:, [0, 2]].any()


@pytest.mark.parametrize("threshold", [1e-4, 1e-3, 1e-2])
def test_present_is_where_fimo_has_hits(threshold: float) -> None:
    rng = np.random.default_rng(5)
    sequences = [rng.integers(0, 4, int(length)).astype(np.uint8) for length in rng.integers(0, 400, 80)]
    for codes in sequences[::2]:
        codes[:: int(rng.integers(20, 60))] = N
    motifs = [
        Motif(f"M{width}", "", np.random.default_rng(width).dirichlet(np.full(4, 0.4), size=width), 40.0)
        for width in (4, 6, 9, 14)
    ]
    background = sequence_background(sequences)
    present = present_motifs(motifs, sequences, background, threshold=threshold)
    expected = np.zeros_like(present)
    for row in find_sites(motifs, sequences, background, threshold=threshold).rows():
        expected[row.sequence, motifs.index(row.motif)] = True
    np.testing.assert_array_equal(present, expected)
    assert 0 < present.sum() < present.size


def test_both_scanners_find_words_alike() -> None:
    options = {"background": UNIFORM, "threshold": 1e-4}
    ours, theirs = (
        present_motifs(MOTIFS, list(DATASET.codes), scanner=scanner, **options)  # type: ignore[arg-type]
        for scanner in ("fimo", "pymemesuite")
    )
    np.testing.assert_array_equal(ours, theirs)


def test_a_matrix_and_back(tmp_path: Path) -> None:
    matrix = MotifMatrix(
        np.array(["ENSG01", "géne"]),
        np.array(["MA0002.2", "x"]),
        np.array(["RUNX1", ""]),
        np.array([[True, False], [False, False]]),
    )
    matrix.save(tmp_path / "a.h5")
    again = MotifMatrix.open(tmp_path / "a.h5")
    for name in ("gene_id", "identifiers", "names", "present"):
        assert getattr(again, name).tolist() == getattr(matrix, name).tolist()
        assert getattr(again, name).dtype.kind == getattr(matrix, name).dtype.kind
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


def test_files_that_are_no_matrix_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("motifs")
    with h5py.File(tmp_path / "other.h5", "w") as store:
        store["gene_id"] = ["a"]
    matrix_path = tmp_path / "whole.h5"
    MotifMatrix(*(np.array(["a"]),) * 3, present=np.zeros((1, 1), dtype=bool)).save(matrix_path)
    (tmp_path / "cut.h5").write_bytes(matrix_path.read_bytes()[:-500])
    for name in ("text", "other", "cut", "absent"):
        with pytest.raises(InputError, match=rf"{name}.h5: is not a matrix of motifs \(.*\). Make it"):
            MotifMatrix.open(tmp_path / f"{name}.h5")


def test_the_matrix_of_a_dataset(files: tuple[Path, str], tmp_path: Path) -> None:
    dataset, motifs = files
    write_motif_matrix(dataset, motifs, tmp_path / "m.h5", window=WINDOW, threshold=1e-4, scanner="fimo")
    matrix = MotifMatrix.open(tmp_path / "m.h5")
    assert matrix.gene_id.tolist() == DATASET.gene_id.tolist()
    assert matrix.identifiers.tolist() == [f"M.{word}" for word in WORDS]
    assert matrix.names.tolist() == [f"name_of_{word}" for word in WORDS]
    assert matrix.present.tolist() == [
        [True, True, False], [True, False, True], [False, True, False], [False, False, True], [False] * 3,
    ]  # fmt: skip


def test_only_the_window_asked_for_is_scanned(files: tuple[Path, str], tmp_path: Path) -> None:
    dataset, motifs = files
    options = {"threshold": 1e-4, "scanner": "fimo"}
    for window, first in ((Window(20, 2), True), (Window(19, 2), False)):
        write_motif_matrix(dataset, motifs, tmp_path / "m.h5", window=window, **options)  # type: ignore[arg-type]
        assert MotifMatrix.open(tmp_path / "m.h5").present[0].tolist() == [first, False, False]
    with pytest.raises(ConfigError, match="but -61 to"):
        write_motif_matrix(dataset, motifs, tmp_path / "n.h5", window=Window(61, 1), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("window", [WINDOW, Window(30, 35)])
def test_hits_lie_where_the_words_are(files: tuple[Path, str], tmp_path: Path, window: Window) -> None:
    dataset, motifs = files
    write_hits(
        dataset, motifs, tmp_path / "hits.tsv.gz", tmp_path / "hits.bed.gz", window=window, threshold=1e-4
    )
    header, *table = lines(tmp_path / "hits.tsv.gz")
    assert header == ["gene_id", "motif_id", "motif_name", "start", "end", "strand", "score", "p_value"]
    assert sorted((row[0], row[1], int(row[3]), int(row[4]), row[5]) for row in table) == [
        ("g0", "M.ACCGTTAC", -20, -12, "+"),
        ("g0", "M.GGATTACA", 10, 18, "-"),
        ("g1", "M.ACCGTTAC", -7, 1, "+"),
        ("g1", "M.TTGCAATC", 15, 23, "-"),
        ("g2", "M.GGATTACA", 0, 8, "+"),
        ("g3", "M.TTGCAATC", -4, 4, "+"),
    ]
    assert {row[2] for row in table} == {f"name_of_{word}" for word in WORDS}
    assert all(0 < float(row[7]) <= 1e-4 and float(row[6]) > 5 for row in table)


def test_the_genome_at_a_line_of_bed_is_what_matched(files: tuple[Path, str], tmp_path: Path) -> None:
    dataset, motifs = files
    write_hits(
        dataset, motifs, tmp_path / "hits.tsv.gz", tmp_path / "hits.bed.gz", window=WINDOW, threshold=1e-4
    )
    table, bed = lines(tmp_path / "hits.tsv.gz")[1:], lines(tmp_path / "hits.bed.gz")
    assert len(table) == len(bed) == 6
    seen = set()
    for (gene, *_, start, end, strand, _, p_value), (chrom, left, right, name, score, turned) in zip(
        table, bed, strict=True
    ):
        codes = GENOME[chrom][int(left) : int(right)]
        assert f"M.{decode(codes if turned == '+' else reverse_complement(codes))}" == name
        assert int(score) == round(-10 * np.log10(float(p_value)))
        row = DATASET.gene_id.tolist().index(gene)
        own = DATASET.codes[row][int(start) + WINDOW.upstream : int(end) + WINDOW.upstream]
        assert f"M.{decode(own if strand == '+' else reverse_complement(own))}" == name
        seen.add((DATASET.strand[row], strand, turned))
    assert seen == {("+", "+", "+"), ("+", "-", "-"), ("-", "+", "-"), ("-", "-", "+")}


def test_loose_hits_match_on_the_genome_too(files: tuple[Path, str], tmp_path: Path) -> None:
    """Many hits of the letters of a motif, those of other genes' promoters and of palindromes among them."""
    dataset, _ = files
    write_motifs([exactly("ACGT"), exactly("AACC")], tmp_path / "loose.meme")
    write_hits(
        dataset,
        str(tmp_path / "loose.meme"),
        tmp_path / "hits.tsv.gz",
        tmp_path / "hits.bed.gz",
        window=WINDOW,
        threshold=5e-3,
    )
    bed = lines(tmp_path / "hits.bed.gz")
    assert len(bed) > 5
    for chrom, left, right, name, _, turned in bed:
        codes = GENOME[chrom][int(left) : int(right)]
        assert f"M.{decode(codes if turned == '+' else reverse_complement(codes))}" == name


def test_no_hits_leave_a_header(files: tuple[Path, str], tmp_path: Path) -> None:
    dataset, motifs = files
    paths = tmp_path / "a.tsv.gz", tmp_path / "a.bed.gz"
    write_hits(dataset, motifs, *paths, window=Window(2, 1), threshold=1e-4)
    assert len(lines(paths[0])) == 1
    assert lines(paths[1]) == []
