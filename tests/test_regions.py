"""Regions as people write them, and every way to write them wrongly."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from xpresso_core.errors import InputError
from xpresso_core.genome import Genome
from xpresso_core.regions import Region, merge_regions, parse_region, read_regions, whole_chromosomes

SIZES = {"chr2": 1500, "chr10": 1200, "chrM": 90, "chr1": 2000, "HLA-A*01:01": 300, "scaffold:1-9": 50}
"""In no alphabetical order, and names that look as if they held a place."""


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Genome]:
    path = tmp_path_factory.mktemp("genome") / "g.fa"
    path.write_text("".join(f">{name}\n{'A' * size}\n" for name, size in SIZES.items()))
    with Genome(path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chr1:101-200", ("chr1", 100, 200)),
        ("1:101-200", ("chr1", 100, 200)),
        ("chr1:1,001-2,000", ("chr1", 1000, 2000)),
        ("chr1:1-1", ("chr1", 0, 1)),
        ("chr1:2000-2000", ("chr1", 1999, 2000)),
        ("CHR1:1-2", ("chr1", 0, 2)),
        (" chr1:1-2\n", ("chr1", 0, 2)),
        ("chr10", ("chr10", 0, 1200)),
        ("10", ("chr10", 0, 1200)),
        ("MT", ("chrM", 0, 90)),
        ("M:1-90", ("chrM", 0, 90)),
        ("HLA-A*01:01", ("HLA-A*01:01", 0, 300)),
        ("HLA-A*01:01:5-10", ("HLA-A*01:01", 4, 10)),
        ("scaffold:1-9", ("scaffold:1-9", 0, 50)),
        ("scaffold:1-9:1-9", ("scaffold:1-9", 0, 9)),
    ],
)
def test_regions_are_read_as_browsers_write_them(
    genome: Genome, text: str, expected: tuple[str, int, int]
) -> None:
    assert parse_region(text, genome) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr9:1-5", "the genome has no chromosome 'chr9'"),
        ("chr9", "the genome has no chromosome 'chr9'"),
        ("zebra", r"no chromosome 'zebra'\. It has chr2, chr10, chrM, chr1, HLA-A\*01:01, scaffold:1-9$"),
        ("", "no chromosome ''"),
        (":1-5", "no chromosome ''"),
        ("chr1:1-2001", "the region ends at 2,001, but chr1 has 2,000 bases"),
        ("chr1:2001-2002", "the region ends at 2,002, but chr1 has 2,000 bases"),
        ("chr1:200-101", "the region is empty: it would begin at base 200 and end at 101"),
        ("chr1:0-100", "bases are counted from 1"),
        ("chr1:0-0", "bases are counted from 1"),
        ("chr1:-5-100", "'-5-100' is no place on a chromosome"),
        ("chr1:5--100", "'5--100' is no place"),
        ("chr1:5", "'5' is no place"),
        ("chr1:5-", "'5-' is no place"),
        ("chr1:", "'' is no place"),
        ("chr1:a-b", "'a-b' is no place"),
        ("chr1:1e2-1e3", "'1e2-1e3' is no place"),
        ("chr1:1.5-3", "'1.5-3' is no place"),
        ("chr1:1..5", "'1..5' is no place"),
        ("chr1:1 - 5", "'1 - 5' is no place"),
        ("chr1:\u0661-\u0665", "is no place"),
        ("chr1:1-5-9", "'1-5-9' is no place"),
    ],
)
def test_what_is_no_region_is_told(genome: Genome, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse_region(text, genome)
    assert caught.value.where == f"region {text!r}"
    assert caught.value.remedy


def test_a_region_is_written_as_it_is_read(genome: Genome) -> None:
    for region in (Region("chr1", 0, 1), Region("chr2", 999, 1500), Region("HLA-A*01:01", 4, 10)):
        assert parse_region(str(region), genome) == region
    assert str(Region("chr20", 999_999, 2_000_000)) == "chr20:1,000,000-2,000,000"


BED = "browser position chr1:1-9\ntrack name=x\n# a comment\n\nchr1\t0\t10\tname\t0\t+\n2 5 6\nchrM\t0\t90\n"


@pytest.mark.parametrize("packed", [False, True])
def test_bed_is_read(genome: Genome, tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "regions.bed"
    path.write_bytes(gzip.compress(BED.encode()) if packed else BED.replace("\n", "\r\n").encode())
    assert read_regions(path, genome) == [("chr1", 0, 10), ("chr2", 5, 6), ("chrM", 0, 90)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chr1\t5", "the line has 2 columns"),
        ("chr1\t-5\t10", "-5 and 10 are no start and end"),
        ("chr1\t5\tx", "5 and x are no start and end"),
        ("chr1\t5.0\t10", "5.0 and 10 are no start and end"),
        ("chr1:5-10", "the line has 1 columns"),
        ("chr1\t\u0665\t\u0669", "are no start and end"),
        ("chr7\t5\t10", "the genome has no chromosome 'chr7'"),
        ("chr1\t5\t2001", "the region ends at 2,001, but chr1 has 2,000 bases"),
        ("chr1\t5\t5", "the interval 5-5 has no bases"),
        ("chr1\t6\t5", "the interval 6-5 has no bases"),
    ],
)
def test_a_bad_line_of_bed_is_named(genome: Genome, tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "regions.bed"
    path.write_text(f"# first\nchr1\t0\t10\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        read_regions(path, genome)
    assert caught.value.where == f"{path}, line 3"


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\ntrack name=x\n"])
def test_a_bed_file_without_regions_is_refused(genome: Genome, tmp_path: Path, text: str) -> None:
    path = tmp_path / "empty.bed"
    path.write_text(text)
    with pytest.raises(InputError, match=r"empty\.bed: the BED file has no regions"):
        read_regions(path, genome)


def test_a_bed_file_that_is_not_there_is_named(genome: Genome, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.bed: cannot be read"):
        read_regions(tmp_path / "none.bed", genome)


def test_all_chromosomes_come_in_the_order_of_the_genome(genome: Genome) -> None:
    assert whole_chromosomes(genome) == [(name, 0, size) for name, size in SIZES.items()]


def test_regions_that_overlap_or_touch_are_one(genome: Genome) -> None:
    given = [
        Region("chr1", 50, 60),
        Region("chr10", 5, 9),
        Region("chr2", 100, 200),
        Region("chr2", 0, 50),
        Region("chr2", 200, 300),
        Region("chr2", 120, 130),
        Region("chr2", 51, 60),
        Region("chr10", 5, 9),
        Region("chr10", 4, 7),
        Region("chr1", 0, 2000),
    ]
    expected = [
        ("chr2", 0, 50),
        ("chr2", 51, 60),
        ("chr2", 100, 300),
        ("chr10", 4, 9),
        ("chr1", 0, 2000),
    ]
    assert merge_regions(given, genome) == expected
    assert merge_regions(reversed(given), genome) == expected
    assert merge_regions([], genome) == []
