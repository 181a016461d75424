"""FIMO's rows: small cases that can be seen, and the outputs of FIMO 4.12 byte for byte."""

from __future__ import annotations

import gzip
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from xpresso_core.background import NRDB, UNIFORM, sequence_background
from xpresso_core.errors import InputError
from xpresso_core.fimo import (
    HEADER,
    Sites,
    background_frequencies,
    choose_motifs,
    find_sites,
    format_bed,
    format_sites,
    write_fimo,
)
from xpresso_core.genome import Genome
from xpresso_core.meme_format import Motif, write_motifs
from xpresso_core.motifs import read_motifs
from xpresso_core.sequence import Codes, encode, reverse_complement

DEFAULTS: dict[str, Any] = {
    "background": "uniform",
    "threshold": 1e-3,
    "pseudocount": 0.1,
    "both_strands": True,
    "matched": True,
}


def exactly(text: str, name: str = "") -> Motif:
    """Return a motif that hardly is anything but one word."""
    return Motif(text, name, np.eye(4)[encode(text)], 100.0)


GATTACA, CACGTG = exactly("GATTACA", "plain"), exactly("CACGTG", "palindrome")


def sites_in(motifs: Sequence[Motif], *texts: str, threshold: float = 1e-3, both: bool = True) -> Sites:
    """Find sites by a uniform background."""
    return find_sites(
        motifs, [encode(text) for text in texts], UNIFORM, threshold=threshold, both_strands=both
    )


def places(sites: Sites) -> list[tuple[str, int, int, int, str]]:
    """Return motif, sequence, start and stop (1-based) and strand of each row."""
    names = [str(number) for number in range(1000)]
    rows = [line.split("\t") for line in format_sites(sites, names, None)][1:]
    return [(row[0], int(row[2]), int(row[3]), int(row[4]), row[5]) for row in rows]


def test_first_and_last_window() -> None:
    found = places(sites_in([GATTACA], "GATTACACC", "CCGATTACA", "GATTACA", "GATTACAGATTACA"))
    assert found == [
        ("GATTACA", 0, 1, 7, "+"),
        ("GATTACA", 1, 3, 9, "+"),
        ("GATTACA", 2, 1, 7, "+"),
        ("GATTACA", 3, 1, 7, "+"),
        ("GATTACA", 3, 8, 14, "+"),
    ]


def test_the_other_strand_has_places_on_the_given_one() -> None:
    sequences = [encode("CCTGTAATCCC")]
    sites = find_sites([GATTACA], sequences, UNIFORM, threshold=1e-3)
    header, row = format_sites(sites, ["s"], sequences)
    assert header.split("\t") == list(HEADER)
    fields = row.split("\t")
    assert fields[:6] == ["GATTACA", "plain", "s", "3", "9", "-"]
    assert fields[8:] == ["", "GATTACA"]


def test_palindromes_are_on_both_strands_plus_first() -> None:
    found = places(sites_in([CACGTG], "TTCACGTGTTCACGTG"))
    assert found == [("CACGTG", 0, start, start + 5, strand) for start in (3, 11) for strand in "+-"]
    assert places(sites_in([CACGTG], "TTCACGTGTT", both=False)) == [("CACGTG", 0, 3, 8, "+")]


def test_sequences_shorter_than_a_motif_and_empty_ones() -> None:
    assert places(sites_in([GATTACA], "GATTAC", "", "A", "NNNN")) == []
    assert list(format_sites(sites_in([GATTACA], ""), ["s"], None)) == ["\t".join(HEADER)]
    # Shorter than one motif but not than another.
    assert places(sites_in([GATTACA, CACGTG], "CACGTG", both=False)) == [("CACGTG", 0, 1, 6, "+")]


def test_lower_case_and_rna() -> None:
    assert places(sites_in([GATTACA], "ccgattacacc", "ccGAUUACAcc")) == [
        ("GATTACA", 0, 3, 9, "+"),
        ("GATTACA", 1, 3, 9, "+"),
    ]
    sequences = [encode("ccgauuacacc")]
    sites = find_sites([GATTACA], sequences, UNIFORM, threshold=1e-3)
    assert list(format_sites(sites, ["s"], sequences))[1].endswith("\tGATTACA")


def test_runs_of_n() -> None:
    found = places(
        sites_in([GATTACA], "NNNNNNNGATTACANNNNNNNNNNGATTACA", "GATNACA", "GANNNNNTACA", "RGATTACAY")
    )
    assert [row[1:4] for row in found] == [(0, 8, 14), (0, 25, 31), (3, 2, 8)]


def test_order_is_motif_sequence_start_strand() -> None:
    rng = np.random.default_rng(0)
    motifs = [Motif(f"M{9 - number}", "", rng.dirichlet(np.ones(4), size=5 + number)) for number in range(4)]
    sequences = [rng.integers(0, 4, 200).astype(np.uint8) for _ in range(3)]
    sites = find_sites(motifs, sequences, UNIFORM, threshold=0.05)
    assert sites.strands == 2
    found = places(sites)
    assert len(found) > 100
    order = {motif.identifier: number for number, motif in enumerate(motifs)}
    keys = [(order[motif], sequence, start, strand == "-") for motif, sequence, start, _, strand in found]
    assert keys == sorted(set(keys))
    one_strand = find_sites(motifs, sequences, UNIFORM, threshold=0.05, both_strands=False)
    assert one_strand.strands == 1
    assert places(one_strand) == [row for row in found if row[4] == "+"]


def test_mirror_and_strands() -> None:
    rng = np.random.default_rng(1)
    motifs = [Motif("M", "", rng.dirichlet(np.ones(4), size=8))]
    codes: Codes = rng.integers(0, 4, 2000).astype(np.uint8)
    there, back = (
        list(format_sites(find_sites(motifs, [some], NRDB, threshold=0.01), ["s"], [some]))[1:]
        for some in (codes, reverse_complement(codes))
    )
    mirrored = []
    for row in (line.split("\t") for line in back):
        start, stop, strand = 2001 - int(row[4]), 2001 - int(row[3]), {"+": "-", "-": "+"}[row[5]]
        mirrored.append([*row[:3], str(start), str(stop), strand, *row[6:]])
    # What matched is the same, for it is read on the strand of the hit.
    assert sorted(mirrored) == sorted(line.split("\t") for line in there)
    assert {line.split("\t")[5] for line in there} == {"+", "-"}


def test_scores_and_pvalues_of_a_row() -> None:
    motif = Motif("M", "", np.array([[0.5, 0.125, 0.25, 0.125], [0.125, 0.125, 0.25, 0.5]]))
    sequences = [encode("AT"), encode("AG"), encode("CC")]
    sites = find_sites([motif], sequences, UNIFORM, threshold=0.3, pseudocount=0, both_strands=False)
    rows = [line.split("\t") for line in format_sites(sites, ["x", "y", "z"], sequences)][1:]
    # Two bits for AT, chance 1/16; AG and GT score one and are as rare together with it as 3/16.
    assert [row[2:] for row in rows] == [
        ["x", "1", "2", "+", "2", "0.0625", "", "AT"],
        ["y", "1", "2", "+", "1", "0.188", "", "AG"],
    ]


def test_six_digits_of_the_score_and_three_of_the_pvalue() -> None:
    rng = np.random.default_rng(2)
    motif = Motif("M", "", rng.dirichlet(np.ones(4), size=9))
    codes = rng.integers(0, 4, 5000).astype(np.uint8)
    sites = find_sites([motif], [codes], UNIFORM, threshold=0.01)
    fields = [line.split("\t") for line in format_sites(sites, ["s"], None)][1:]
    for row, site in zip(fields, sites.rows(), strict=True):
        assert float(row[6]) == pytest.approx(site.bits, rel=5e-6)
        assert float(row[7]) == pytest.approx(site.pvalue, rel=5e-3)
    assert {len(row[6].lstrip("-").replace(".", "")) for row in fields} >= {6}
    assert max(len(row[7].lstrip("0.")) for row in fields) == 3


def test_rows() -> None:
    sites = sites_in([GATTACA, CACGTG], "CCTGTAATCCC", "CACGTG")
    found = [(row.motif.identifier, row.sequence, row.start, row.end, row.strand) for row in sites.rows()]
    assert found == [("GATTACA", 0, 2, 9, "-"), ("CACGTG", 1, 0, 6, "+"), ("CACGTG", 1, 0, 6, "-")]
    assert [row.pvalue for row in sites.rows()] == [4.0**-7, 4.0**-6, 4.0**-6]
    assert [row.phred for row in sites.rows()] == [42, 36, 36]


def test_bed() -> None:
    sites = sites_in([GATTACA, CACGTG], "CCTGTAATCCC", "CACGTG")
    rows = [line.split("\t") for line in format_bed(sites, ["one", "two"])]
    assert [(*row[:4], row[5]) for row in rows] == [
        ("one", "2", "9", "GATTACA", "-"),
        ("two", "0", "6", "CACGTG", "+"),
        ("two", "0", "6", "CACGTG", "-"),
    ]
    # The best words of seven and six letters: 4^-7 and 4^-6.
    assert [row[4] for row in rows] == [str(round(10 * math.log10(4**width))) for width in (7, 6, 6)]


def test_the_score_of_bed_ends_at_1000() -> None:
    long = exactly("ACGTTGCATCAGGTC" * 12)
    sites = find_sites([long], [encode(long.identifier)], UNIFORM, both_strands=False)
    assert [line.split("\t")[4] for line in format_bed(sites, ["s"])] == ["1000"]


def test_backgrounds(tmp_path: Path) -> None:
    sequences = [encode("AAAAACCC"), encode("")]
    assert background_frequencies("nrdb", sequences).tolist() == NRDB.tolist()
    assert background_frequencies("uniform", sequences).tolist() == UNIFORM.tolist()
    assert background_frequencies("sequences", sequences).tolist() == sequence_background(sequences).tolist()
    path = tmp_path / "bg"
    path.write_text("A 0.3\nC 0.2\nG 0.2\nT 0.3\n")
    for name in (path, str(path)):
        assert background_frequencies(name, sequences).tolist() == [0.3, 0.2, 0.2, 0.3]
    with pytest.raises(InputError, match="uniforn: cannot be read"):
        background_frequencies("uniforn", sequences)


def test_the_background_matters() -> None:
    sequences = [encode("GATTACA" * 3)]
    rows = {
        name: list(format_sites(find_sites([GATTACA], sequences, frequencies, threshold=1e-3), ["s"], None))
        for name, frequencies in (("uniform", UNIFORM), ("nrdb", NRDB))
    }
    assert len(rows["uniform"]) == len(rows["nrdb"]) == 4
    assert rows["uniform"][1:] != rows["nrdb"][1:]


def test_choose_motifs() -> None:
    motifs = [GATTACA, CACGTG]
    assert choose_motifs(motifs, [], "m.meme") == motifs
    assert choose_motifs(motifs, ["CACGTG"], "m.meme") == [CACGTG]
    # In the order of the file, each once.
    assert choose_motifs(motifs, ["CACGTG", "GATTACA", "CACGTG"], "m.meme") == motifs
    message = r"m\.meme: there is no motif 'GATTACC', did you mean 'GATTACA'\?.*Give identifiers as in the lines MOTIF"
    with pytest.raises(InputError, match=message):
        choose_motifs(motifs, ["CACGTG", "GATTACC"], "m.meme")
    with pytest.raises(InputError, match=r"there is no motif 'plain'\. "):
        choose_motifs([CACGTG], ["plain"], "m.meme")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with motifs and a FASTA file that has an empty record."""
    write_motifs([GATTACA, CACGTG], tmp_path / "m.meme")
    (tmp_path / "s.fa").write_text(">one more words\nccgatt\nacacc\n>empty\n>two\nCACGTG\n\n>last\n")
    return tmp_path


def write(folder: Path, **settings: Any) -> tuple[int, list[list[str]]]:
    """Write sites to a file, and return their number and rows."""
    arguments = DEFAULTS | settings
    number = write_fimo(str(folder / "m.meme"), str(folder / "s.fa"), str(folder / "out"), **arguments)
    return number, [line.split("\t") for line in (folder / "out").read_text().splitlines()]


def test_write_fimo(folder: Path) -> None:
    number, rows = write(folder)
    assert number == 3
    assert rows[0] == list(HEADER)
    assert [(*row[:6], row[9]) for row in rows[1:]] == [
        ("GATTACA", "plain", "one", "3", "9", "+", "GATTACA"),
        ("CACGTG", "palindrome", "two", "1", "6", "+", "CACGTG"),
        ("CACGTG", "palindrome", "two", "1", "6", "-", "CACGTG"),
    ]
    assert [row[9] for row in write(folder, matched=False)[1][1:]] == [""] * 3
    assert [row[0] for row in write(folder, only=["CACGTG"])[1][1:]] == ["CACGTG"] * 2
    assert write(folder, both_strands=False)[0] == 2
    assert write(folder, threshold=1e-5) == (0, [list(HEADER)])


def test_write_fimo_as_bed(folder: Path) -> None:
    number, rows = write(folder, bed=True)
    assert number == len(rows) == 3
    assert rows[0] == ["one", "2", "9", "GATTACA", "42", "+"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"only": ["none"]}, r"m\.meme: there is no motif 'none'"),
        ({"threshold": 0.0}, "threshold: 0 is no p-value"),
        ({"pseudocount": -1.0}, "pseudocount: -1 is no pseudocount"),
        ({"background": "none.txt"}, r"none\.txt: cannot be read"),
    ],
)
def test_nothing_is_written_on_error(folder: Path, settings: dict[str, Any], message: str) -> None:
    before = sorted(path.name for path in folder.iterdir())
    with pytest.raises(InputError, match=message):
        write(folder, **settings)
    assert sorted(path.name for path in folder.iterdir()) == before


def test_an_old_output_outlives_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, rows = write(folder)
    with (folder / "s.fa").open("a") as handle:
        handle.write(">bad\nGATTACA!\n")
    with pytest.raises(InputError, match="record 'bad'"):
        write(folder)
    kept = [line.split("\t") for line in (folder / "out").read_text().splitlines()]
    assert kept == rows

    def broken(*_: object) -> str:
        raise OSError

    # And an error in the middle of writing.
    monkeypatch.setattr("xpresso_core.fimo._matched", broken)
    (folder / "s.fa").write_text(">one\nCACGTG\n")
    with pytest.raises(OSError, match=r"^$"):
        write(folder)
    assert [line.split("\t") for line in (folder / "out").read_text().splitlines()] == rows
    assert sorted(path.name for path in folder.iterdir()) == ["m.meme", "out", "s.fa"]


def test_no_records(folder: Path) -> None:
    (folder / "s.fa").write_text("")
    with pytest.raises(InputError, match="holds no sequence"):
        write(folder)
    # Only empty ones give only the header, but no background.
    (folder / "s.fa").write_text(">a\n>b\n")
    assert write(folder) == (0, [list(HEADER)])
    with pytest.raises(InputError, match="the sequences hold no A, C, G or T"):
        write(folder, background="sequences")


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "fasta", "settings"),
    [
        ("fimo412.prom200.text", "prom200.fa", {"background": "bg0.txt"}),
        ("edge_bg0", "edge.fa", {"background": "bg0.txt"}),
        ("edge_bg1", "edge.fa", {"background": "bg1.txt"}),
        ("edge_bg1norc", "edge.fa", {"background": "bg1_norc.txt"}),
        ("edge_nrdb", "edge.fa", {"background": "nrdb"}),
        ("edge_p5e2_one", "edge.fa", {"background": "bg0.txt", "threshold": 0.05, "only": ["MA0002.2"]}),
        ("edge_pseudo0", "edge.fa", {"background": "bg0.txt", "pseudocount": 0.0}),
        ("edge_uniform_norc_1e3", "edge.fa", {"threshold": 1e-3, "both_strands": False}),
    ],
)
def test_fimo_byte_for_byte(
    real_data: Path, tmp_path: Path, name: str, fasta: str, settings: dict[str, Any]
) -> None:
    oracles = real_data / "oracles" / "fimo"
    synthetic = oracles / "synthetic"
    arguments = DEFAULTS | {"threshold": 1e-4, "matched": False} | settings
    if arguments["background"].startswith("bg"):
        arguments["background"] = str(synthetic / arguments["background"])
    motifs = str(oracles / "JASPAR_CORE_2016_vertebrates.519.meme.gz")
    number = write_fimo(motifs, str(synthetic / fasta), str(tmp_path / "out"), **arguments)
    expected = gzip.decompress((synthetic / f"{name}.tsv.gz").read_bytes())
    assert (tmp_path / "out").read_bytes() == expected
    assert number == expected.count(b"\n") - 1 > 10


@pytest.mark.real
@pytest.mark.parametrize(
    ("motifs", "fasta", "expected", "settings"),
    [
        ("MCM1.meme.html", "spiked.fasta", "fimo.txt", {"threshold": 1e-4, "pseudocount": 0.01}),
        (
            "crp0.meme.xml",
            "motiph_spiked.fasta",
            "fimo-motif23.txt",
            {"threshold": 0.01, "only": ["CGGYGGGG", "GCATCRGRBSAGA"]},
        ),
    ],
)
def test_the_meme_suites_own_tests(
    real_data: Path, tmp_path: Path, motifs: str, fasta: str, expected: str, settings: dict[str, Any]
) -> None:
    folder = real_data / "oracles" / "fimo" / "meme412_testsuite"
    arguments = DEFAULTS | {"background": "nrdb"} | settings
    number = write_fimo(str(folder / motifs), str(folder / fasta), str(tmp_path / "out"), **arguments)

    def rows(path: Path) -> list[list[str]]:
        lines = [line.split("\t") for line in path.read_text().splitlines()]
        return [[*fields[:8], "", *fields[9:]] for fields in lines]

    theirs = rows(folder / expected)
    assert rows(tmp_path / "out")[0] == theirs[0][:8] + [""] + theirs[0][9:]
    # Theirs are sorted by p-value.
    assert sorted(rows(tmp_path / "out")[1:]) == sorted(theirs[1:])
    assert number == len(theirs) - 1


@pytest.mark.real
def test_969_promoters_of_real_genes_have_fimo_s_number_of_hits(real_data: Path) -> None:
    """FIMO 4.12 finds 475,683 hits, 223,800 pairs of motif and promoter, in the central 3 kb, by their own letters."""
    published = real_data / "published"
    bed = pd.read_csv(published / "human_promoters_20kb.hg19.bed", sep="\t", header=None)
    genes = pd.read_csv(published / "hg19_mini_predictions_vs_published.tsv", sep="\t")["gene_id"]
    with Genome(real_data / "human_mini" / "genome.fa.gz") as genome:
        promoters = [
            codes[8500:11500] if strand == "+" else reverse_complement(codes)[8500:11500]
            for chrom, start, end, strand in bed.loc[bed[3].isin(genes), [0, 1, 2, 5]].itertuples(index=False)
            for codes in [genome.fetch(chrom, start, end)]
        ]
    sites = find_sites(read_motifs("JASPAR2016"), promoters, sequence_background(promoters))
    assert len(promoters) == 969
    assert len(sites.hits.start) == 475_683
    assert len(np.unique(sites.hits.matrix // 2 * len(promoters) + sites.hits.sequence)) == 223_800
