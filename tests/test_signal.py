"""Average signal of a bigWig: the outputs of bigWigAverageOverBed, a plain loop, toys, and bad input."""

from __future__ import annotations

import gzip
import io
import logging
import random
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest

from xpresso_core.bigwig import bigwig_sizes, covered_and_sum, is_bigwig, open_bigwig
from xpresso_core.errors import InputError
from xpresso_core.signal import (
    AVERAGE_COLUMNS,
    average_over_bed,
    average_over_windows,
    read_average,
    write_average,
)

Interval = tuple[str, int, int, float]
TOY: list[Interval] = [
    ("chr1", 10, 20, 2.0),
    ("chr1", 20, 25, 0.0),
    ("chr1", 30, 40, -1.0),
    ("chr2", 0, 50, 0.5),
]
TOY_SIZES = {"chr1": 100, "chr2": 50, "chr3": 80}
ORACLE = {None: "few.kent492.tab", 1000: "few.kent492.sac1000.tab", 999: "few.kent492.sac999.tab"}


def write_bigwig(path: Path, sizes: dict[str, int], intervals: Iterable[Interval]) -> Path:
    with pyBigWig.open(str(path), "w") as bigwig:
        bigwig.addHeader(list(sizes.items()))
        chroms, starts, ends, values = map(list, zip(*intervals, strict=True))
        bigwig.addEntries(chroms, starts, ends=ends, values=values)
    return path


def write_bed(path: Path, rows: Iterable[tuple[object, ...]]) -> Path:
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    return path


def rows_of(table: pd.DataFrame) -> list[list[object]]:
    return table.to_numpy(dtype=object).tolist()


def plain(path: Path, items: pd.DataFrame, around: int | None = None) -> dict[str, tuple[int, int, float]]:
    """Give size, covered and sum by name, one pyBigWig call per window and a loop over its intervals."""
    found = {}
    with pyBigWig.open(str(path)) as bigwig:
        for chrom, start, end, name in items[["chrom", "start", "end", "name"]].itertuples(index=False):
            if around is not None:
                start = (start + end) // 2 - around // 2
                end = start + around
            covered, total, length = 0, 0.0, bigwig.chroms(chrom) or 0
            first, last = max(0, start), min(end, length)
            if first < last:
                for left, right, value in bigwig.intervals(chrom, first, last) or ():
                    bases = min(right, last) - max(left, first)
                    covered += bases
                    total += bases * value
            found[name] = (end - start, covered, total)
    return found


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bigWig of `TOY`; chr3 has no data."""
    return write_bigwig(tmp_path_factory.mktemp("toy") / "toy.bw", TOY_SIZES, TOY)


@pytest.fixture(scope="module")
def rough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bigWig with gaps, zeros, negative values, and values many decades apart."""
    rng = np.random.default_rng(4)
    intervals: list[Interval] = []
    for chrom in ("chr1", "chr2", "chr10"):
        end = np.cumsum(rng.integers(1, 40, 900))
        length = np.minimum(np.diff(end, prepend=0), rng.integers(1, 40, 900))
        value = np.float32(rng.normal(size=900) * 10.0 ** rng.integers(-4, 4, 900) * (rng.random(900) < 0.8))
        columns = (end - length).tolist(), end.tolist(), value.astype(np.float64).tolist()
        intervals += [(chrom, *row) for row in zip(*columns, strict=True)]
    sizes = {"chr1": 20_000, "chr2": max(row[2] for row in intervals if row[0] == "chr2"), "chr10": 30_000}
    return write_bigwig(tmp_path_factory.mktemp("rough") / "rough.bw", {**sizes, "chrY": 5_000}, intervals)


def scattered(path: Path, number: int) -> pd.DataFrame:
    """Scatter items of 0 to 400 bases over the chromosomes, many of them at their ends."""
    rng = random.Random(7)
    sizes = bigwig_sizes(path)
    rows = []
    for index in range(number):
        chrom = rng.choice(list(sizes))
        start = rng.choice(
            [rng.randrange(sizes[chrom]), rng.randrange(300), sizes[chrom] - rng.randrange(300)]
        )
        rows.append((chrom, max(0, start), max(0, start) + rng.randrange(400), f"item{index}"))
    return pd.DataFrame(rows, columns=["chrom", "start", "end", "name"])


def test_a_toy_has_exact_averages(toy: Path, tmp_path: Path) -> None:
    bed = write_bed(
        tmp_path / "a.bed",
        [
            ("chr1", 10, 20, "even"),
            ("chr1", 15, 35, "mixed"),
            ("chr1", 20, 25, "zeros"),
            ("chr1", 50, 60, "gap"),
            ("chr2", 0, 50, "whole"),
            ("chr3", 5, 9, "none"),
        ],
    )
    table = average_over_bed(toy, bed)
    assert tuple(table.columns) == AVERAGE_COLUMNS
    assert rows_of(table) == [
        ["even", 10, 10, 20.0, 2.0, 2.0],
        ["mixed", 20, 15, 5.0, 0.25, 1 / 3],
        ["zeros", 5, 5, 0.0, 0.0, 0.0],
        ["gap", 10, 0, 0.0, 0.0, 0.0],
        ["whole", 50, 50, 25.0, 0.5, 0.5],
        ["none", 4, 0, 0.0, 0.0, 0.0],
    ]
    assert [str(kind) for kind in table.dtypes.iloc[1:]] == ["int64"] * 2 + ["float64"] * 3


@pytest.mark.parametrize(
    ("start", "end", "around", "window"),
    [
        (10, 20, 4, (13, 17)),
        (10, 21, 4, (13, 17)),  # the middle is rounded down
        (10, 20, 5, (13, 18)),  # and so is half of the window
        (10, 20, 1, (15, 16)),
        (15, 15, 6, (12, 18)),
        (0, 100, 60, (20, 80)),
    ],
)
def test_windows_lie_around_the_middle(
    toy: Path, start: int, end: int, around: int, window: tuple[int, int]
) -> None:
    item = pd.DataFrame({"chrom": ["chr1"], "start": [start], "end": [end], "name": ["a"]})
    direct = item.assign(start=window[0], end=window[1])
    assert average_over_windows(toy, item, sample_around_center=around).equals(
        average_over_windows(toy, direct)
    )


@pytest.mark.parametrize("around", [None, 1, 2, 99, 100, 1000, 5001])
@pytest.mark.parametrize("number", [400, 3001])
def test_random_windows_agree_with_a_plain_loop(rough: Path, number: int, around: int | None) -> None:
    items = scattered(rough, number)
    expected = plain(rough, items, around)
    table = average_over_windows(rough, items, sample_around_center=around)
    assert sorted(table["name"]) == sorted(expected)
    assert table["covered"].gt(0).sum() > number / 4
    for name, size, covered, total, mean0, mean in table.itertuples(index=False):
        assert (size, covered) == expected[name][:2]
        assert total == pytest.approx(expected[name][2], rel=1e-12, abs=1e-9)
        assert mean == (total / covered if covered else 0)
        assert mean0 == total / size if size else np.isnan(mean0)


def test_adding_up_base_by_base_gives_the_same_digits(rough: Path) -> None:
    """Where there are many blocks, bigWigAverageOverBed adds one base after the other."""
    items = scattered(rough, 3200)
    table = average_over_windows(rough, items, sample_around_center=1000).set_index("name")
    with pyBigWig.open(str(rough)) as bigwig:
        for chrom, start, end, name in items.itertuples(index=False):
            left = max(0, (start + end) // 2 - 500)
            right = min((start + end) // 2 + 500, bigwig.chroms(chrom))
            values = bigwig.values(chrom, left, right, numpy=True).astype(np.float64) if left < right else [0]
            assert f"{table['sum'][name]:g}" == f"{np.cumsum(np.nan_to_num(values))[-1]:g}"


def test_what_lies_beyond_a_chromosome_is_not_covered(toy: Path, caplog: pytest.LogCaptureFixture) -> None:
    items = pd.DataFrame(
        [("chr2", 0, 10, "left"), ("chr2", 45, 55, "right"), ("chr2", 20, 30, "in"), ("chr2", 90, 95, "out")],
        columns=["chrom", "start", "end", "name"],
    )
    with caplog.at_level(logging.WARNING, "xpresso_core.signal"):
        table = average_over_windows(toy, items, sample_around_center=20)
    assert table["size"].tolist() == [20, 20, 20, 20]
    assert table["covered"].tolist() == [15, 10, 20, 0]
    assert table["mean"].tolist() == [0.5, 0.5, 0.5, 0]
    assert [record.getMessage() for record in caplog.records] == [
        f"windows with {toy}: 3 windows reach beyond their chromosome and are covered only inside, the first"
        " of left"
    ]


def test_a_window_may_start_before_its_chromosome(toy: Path) -> None:
    items = pd.DataFrame({"chrom": ["chr2"], "start": [-10], "end": [10], "name": ["a"]})
    assert rows_of(average_over_windows(toy, items)) == [["a", 20, 10, 5.0, 0.25, 0.5]]


def test_chromosomes_that_the_bigwig_lacks_are_told(
    toy: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [("chrUn_x", 0, 30, "a"), ("chr1", 10, 20, "b"), ("chr3", 10, 20, "c"), ("chr7", 1, 2, "d")]
    bed = write_bed(tmp_path / "a.bed", rows)
    table = average_over_bed(toy, bed, sample_around_center=4)
    assert rows_of(table) == [
        ["a", 4, 0, 0.0, 0.0, 0.0],
        ["b", 4, 4, 8.0, 2.0, 2.0],
        ["c", 4, 0, 0.0, 0.0, 0.0],
        ["d", 4, 0, 0.0, 0.0, 0.0],
    ]
    assert [record.getMessage() for record in caplog.records] == [
        f"{bed} with {toy}: 2 items are on chromosomes that the bigWig lacks: chrUn_x, chr7"
    ]


@pytest.mark.parametrize(("number", "size"), [(2999, 4), (3000, 30)])
def test_the_size_on_a_missing_chromosome_depends_on_the_number_of_items(
    toy: Path, number: int, size: int
) -> None:
    rows = [("chrUn_x", 0, 30, "missing"), ("chr3", 10, 20, "empty")]
    rows += [("chr1", 10, 20, f"item{index}") for index in range(number - 2)]
    items = pd.DataFrame(rows, columns=["chrom", "start", "end", "name"])
    table = average_over_windows(toy, items, sample_around_center=4).set_index("name")
    assert table.loc["missing"].tolist() == [size, 0, 0, 0, 0]
    assert table.loc["empty"].tolist() == [4, 0, 0, 0, 0]
    assert table.loc["item0"].tolist() == [4, 4, 8, 2, 2]
    nothing = average_over_windows(toy, items.assign(end=items["start"])).set_index("name")["mean0"]
    assert np.isnan(nothing["empty"])
    assert (nothing["missing"] == 0) == (number == 3000)


def order_of(chroms: list[str], number: int, tmp_path: Path) -> list[tuple[str, int]]:
    """Give chromosome and place in the input of the rows of the result, for items that cycle through `chroms`."""
    bigwig = write_bigwig(tmp_path / "a.bw", {chroms[0]: 100}, [(chroms[0], 0, 10, 1.0)])
    rows = [(chroms[index % len(chroms)], 1, 5, index) for index in range(number)]
    items = pd.DataFrame(rows, columns=["chrom", "start", "end", "name"])
    places = average_over_windows(bigwig, items)["name"].astype(int)
    return [(chroms[place % len(chroms)], place) for place in places]


def test_many_items_are_sorted_by_chromosome_and_few_are_not(tmp_path: Path) -> None:
    chroms = ["chr1", "chrX", "chr10", "chrM", "chr2", "chr1_gl000191_random", "chrY", "chr22", "chr9"]
    in_order = ["chr1", "chr1_gl000191_random", "chr2", "chr9", "chr10", "chr22", "chrM", "chrX", "chrY"]
    for given in (chroms, chroms[::-1]):
        found = order_of(given, 3000, tmp_path)
        assert found == sorted(found, key=lambda row: (in_order.index(row[0]), row[1]))
    assert [place for _, place in order_of(chroms, 2999, tmp_path)] == list(range(2999))


def test_names_without_a_number_in_front_go_before_those_with_one(tmp_path: Path) -> None:
    names = ["1", "10", "2", "MT", "X", "KI270728.1", "GL000009.2", "Y"]
    in_order = ["GL000009.2", "KI270728.1", "MT", "X", "Y", "1", "2", "10"]
    assert list(dict(order_of(names, 3000, tmp_path))) == in_order
    alike = [chrom for chrom, _ in order_of(["chr01", "chr1", "chr0"], 3000, tmp_path)]
    assert alike == ["chr0"] * 1000 + ["chr01", "chr1"] * 1000, "what compares equal is not moved"


def test_blocks_of_an_item_are_added_up(toy: Path, tmp_path: Path) -> None:
    def row(name: str, chrom: str = "chr1") -> tuple[object, ...]:
        return (chrom, 10, 40, name, 0, "+", 10, 40, 0, 2, "5,10,", "0,20")

    bed = write_bed(tmp_path / "a.bed", [row("a"), row("b", "chr8")])
    assert rows_of(average_over_bed(toy, bed)) == [
        ["a", 15, 15, 0.0, 0.0, 0.0],
        ["b", 15, 0, 0.0, 0.0, 0.0],
    ]
    middle = average_over_bed(toy, bed, sample_around_center=10)
    assert middle["size"].tolist() == [10, 10], "the middle is that of the item"
    assert middle["covered"].tolist() == [5, 0]
    many = write_bed(tmp_path / "b.bed", [row(f"i{n}", "chr8" if n % 2 else "chr1") for n in range(1500)])
    table = average_over_bed(toy, many, sample_around_center=10)
    assert table["size"].tolist() == [10] * 750 + [15] * 750, "blocks, not items, are counted"


def test_bed_may_be_packed_annotated_or_standard_input(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "browser position chr1\ntrack name=x\n# comment\n\nchr1 10\t20 a 0 +\r\nchr2\t0\t50\tb\t0\t-\r\n"
    packed = tmp_path / "a.bed.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    table = average_over_bed(toy, packed)
    assert table["mean"].tolist() == [2.0, 0.5]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(packed.read_bytes()))))
    assert average_over_bed(toy, "-").equals(table)


def test_few_items_stay_in_order_and_do_not_influence_each_other(rough: Path) -> None:
    items = scattered(rough, 300)
    table = average_over_windows(rough, items).set_index("name")
    shuffled = items.sample(frac=1, random_state=1)
    assert average_over_windows(rough, shuffled).set_index("name").equals(table.loc[shuffled["name"]])
    assert average_over_windows(rough, items[:7]).set_index("name").equals(table[:7])


def test_halves_add_up_to_the_whole(rough: Path) -> None:
    items = scattered(rough, 300)
    middle = (items["start"] + items["end"]) // 2
    whole = average_over_windows(rough, items)
    left = average_over_windows(rough, items.assign(end=middle))
    right = average_over_windows(rough, items.assign(start=middle))
    assert (left["covered"] + right["covered"]).equals(whole["covered"])
    assert np.allclose(left["sum"] + right["sum"], whole["sum"], rtol=1e-12, atol=1e-9)


def test_a_shifted_signal_has_shifted_averages(tmp_path: Path, toy: Path) -> None:
    moved = write_bigwig(
        tmp_path / "a.bw", {"chr1": 500}, [("chr1", a + 321, b + 321, v) for _, a, b, v in TOY[:3]]
    )
    items = pd.DataFrame({"chrom": "chr1", "start": range(40), "end": range(20, 60), "name": range(40)})
    there = average_over_windows(toy, items)
    shifted = items.assign(start=items["start"] + 321, end=items["end"] + 321)
    assert average_over_windows(moved, shifted).equals(there)


def test_an_item_without_bases_has_no_mean_over_them(toy: Path, tmp_path: Path) -> None:
    bed = write_bed(tmp_path / "a.bed", [("chr1", 15, 15, "a")])
    write_average(average_over_bed(toy, bed), tmp_path / "a.tab")
    assert (tmp_path / "a.tab").read_text() == "a\t0\t0\t0\tnan\t0\n"
    assert np.isnan(read_average(tmp_path / "a.tab")["mean0"][0])


def test_a_bigwig_may_have_any_name(toy: Path, tmp_path: Path) -> None:
    renamed = shutil.copy(toy, tmp_path / "signal.data")
    assert is_bigwig(renamed)
    assert bigwig_sizes(renamed) == TOY_SIZES
    bed = write_bed(tmp_path / "a.bed", [("chr1", 10, 20, "a")])
    assert average_over_bed(renamed, bed)["sum"].tolist() == [20]
    assert not is_bigwig(bed)


def test_sums_of_empty_windows_need_no_place(toy: Path) -> None:
    start, end = np.array([5, 10, 99]), np.array([5, 20, 9])
    with open_bigwig(toy) as bigwig:
        covered, total = covered_and_sum(bigwig, ["chr9", "chr1", "chr1"], start, end)
    assert covered.tolist() == [0, 10, 0]
    assert total.tolist() == [0, 20, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\t5\t9\n", r"bad\.bed, line 2: the line has 3 columns, not 4\. Give BED with at least four"),
        ("chr1\t5\t9\ta\t0\n", r"bad\.bed, line 2: the line has 5 columns, not 4"),
        ("chr1\tx\t9\ta\n", r"bad\.bed, line 2: 'x' is not a whole number between 0 and 2,147,483,647"),
        ("chr1\t5\t9.0\ta\n", r"bad\.bed, line 2: '9\.0' is not a whole number"),
        ("chr1\t-5\t9\ta\n", r"bad\.bed, line 2: '-5' is not a whole number"),
        ("chr1\t5\t9999999999\ta\n", r"bad\.bed, line 2: '9999999999' is not a whole number"),
        ("chr1\t9\t5\ta\n", r"bad\.bed, line 2: the item ends at 5, before its start at 9"),
        ("chr1\t5\t9\tgood\n", r"bad\.bed, line 2: the name 'good' was already in .*bad\.bed, line 1"),
    ],
)
def test_malformed_bed_is_refused(toy: Path, tmp_path: Path, text: str, message: str) -> None:
    bed = tmp_path / "bad.bed"
    bed.write_text("chr1\t10\t20\tgood\n" + text)
    with pytest.raises(InputError, match=message):
        average_over_bed(toy, bed)


@pytest.mark.parametrize("text", ["", "\n# nothing\ntrack name=x\n"])
def test_empty_bed_is_refused(toy: Path, tmp_path: Path, text: str) -> None:
    bed = tmp_path / "empty.bed"
    bed.write_text(text)
    with pytest.raises(InputError, match=r"empty\.bed: the BED file has no items"):
        average_over_bed(toy, bed)


def test_too_few_columns_are_refused_in_the_first_line(toy: Path, tmp_path: Path) -> None:
    bed = write_bed(tmp_path / "bad.bed", [("chr1", 1, 2)])
    with pytest.raises(InputError, match=r"bad\.bed, line 1: the line has 3 columns\. "):
        average_over_bed(toy, bed)


@pytest.mark.parametrize(
    "blocks", [(3, "5,10,", "0,20,"), (2, "5,10", "0"), (0, "1,", "0,"), (1, "x,", "0,")]
)
def test_malformed_blocks_are_refused(toy: Path, tmp_path: Path, blocks: tuple[object, ...]) -> None:
    bed = write_bed(tmp_path / "bad.bed", [("chr1", 10, 40, "a", 0, "+", 10, 40, 0, *blocks)])
    with pytest.raises(InputError, match=r"bad\.bed, line 1: (columns 10 to 12 tell of|'x' is not a whole)"):
        average_over_bed(toy, bed)


@pytest.mark.parametrize("around", [0, -1000])
def test_a_window_needs_a_base(toy: Path, tmp_path: Path, around: int) -> None:
    bed = write_bed(tmp_path / "a.bed", [("chr1", 10, 20, "a")])
    with pytest.raises(InputError, match=rf"sample_around_center: .* has {around} bases\. Give 1 or more"):
        average_over_bed(toy, bed, sample_around_center=around)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"start": [1.0, 2.0]}, "windows: the column start has missing values or holds no whole numbers"),
        ({"end": ["5", "6"]}, "windows: the column end has missing"),
        ({"name": ["a", None]}, "windows: the column name has missing"),
        ({"name": ["a", "a"]}, "windows, row y: the name 'a' was already in windows, row x"),
        ({"start": [1, 8]}, "windows, row y: the item ends at 6, before its start at 8"),
    ],
)
def test_bad_windows_are_refused(toy: Path, columns: dict[str, list[object]], message: str) -> None:
    items = pd.DataFrame(
        {"chrom": "chr1", "start": [1, 2], "end": [5, 6], "name": ["a", "b"]}, index=["x", "y"]
    )
    with pytest.raises(InputError, match=message):
        average_over_windows(toy, items.assign(**columns))
    with pytest.raises(InputError, match="windows: the table has no column name"):
        average_over_windows(toy, items.drop(columns="name"))
    with pytest.raises(InputError, match="windows: the table has no rows"):
        average_over_windows(toy, items[:0])


def test_no_common_chromosome_is_refused_with_the_spelling(toy: Path, tmp_path: Path) -> None:
    bed = write_bed(tmp_path / "a.bed", [("7", 10, 20, "a"), ("2", 10, 20, "b"), ("2", 10, 20, "c")])
    what = r"a\.bed with .*toy\.bw: no chromosome is shared: 7, 2 against the bigWig's chr1, chr2, chr3\. "
    with pytest.raises(InputError, match=what + "Spell the names as the bigWig does: 'chr2' instead of '2'"):
        average_over_bed(toy, bed)
    write_bed(bed, [(f"scaffold{number}", 10, 20, number) for number in range(20)])
    with pytest.raises(InputError, match=r"scaffold7, \.\.\. \(20 in all\) against .* of one assembly"):
        average_over_bed(toy, bed)


def test_what_is_no_bigwig_is_refused(toy: Path, tmp_path: Path) -> None:
    bed = write_bed(tmp_path / "a.bed", [("chr1", 10, 20, "a")])
    for content, message in (
        (b"chr1\t10\t20\t5\n" * 9, r"a\.bw: is not a bigWig\. Give a bigWig file"),
        (b"", r"a\.bw: is not a bigWig"),
        (bytes.fromhex("ebf28987") + toy.read_bytes()[4:], r"a\.bw: is a bigBed, not a bigWig"),
        (gzip.compress(toy.read_bytes()), r"a\.bw: is not a bigWig"),
    ):
        (tmp_path / "a.bw").write_bytes(content)
        assert not is_bigwig(tmp_path / "a.bw")
        with pytest.raises(InputError, match=message):
            average_over_bed(tmp_path / "a.bw", bed)
    for path in (tmp_path / "missing.bw", tmp_path):
        with pytest.raises(InputError, match=r"cannot be read \(.*\)\. Check the path"):
            average_over_bed(path, bed)


def test_a_bigwig_that_is_cut_short_is_refused(rough: Path, tmp_path: Path) -> None:
    bed = write_bed(tmp_path / "a.bed", [("chr1", 10, 20, "a")])
    whole = rough.read_bytes()
    for length in (4, 63, 64, 300, 1000, len(whole) // 2, len(whole) - 100, len(whole) - 1):
        (tmp_path / "cut.bw").write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"cut\.bw: the bigWig is cut short: its end is missing"):
            average_over_bed(tmp_path / "cut.bw", bed)


def test_a_damaged_bigwig_is_refused(rough: Path, tmp_path: Path) -> None:
    items = scattered(rough, 300)
    damaged = bytearray(rough.read_bytes())
    data, index = (int.from_bytes(damaged[place : place + 8], "little") for place in (16, 24))
    for first, last in ((data, index), (index, len(damaged) - 4)):
        broken = damaged.copy()
        broken[first + 8 : last] = b"\xa5" * (last - first - 8)
        (tmp_path / "broken.bw").write_bytes(broken)
        with pytest.raises(InputError, match=r"broken\.bw: the bigWig is damaged"):
            average_over_windows(tmp_path / "broken.bw", items)
    # Older versions of the format have no mark at the end that could be missing.
    old = damaged[: len(damaged) // 4]
    old[4] = 3
    (tmp_path / "old.bw").write_bytes(old)
    with pytest.raises(InputError, match=r"old\.bw: the bigWig is damaged"):
        average_over_windows(tmp_path / "old.bw", items)


def test_tables_are_written_as_c_prints_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("a", 1000, 999, 1234567.0, 1234.567, 1235.80287), ("b", 3, 1, -1e-7, 0.1 + 0.2, 5e99)]
    frame = pd.DataFrame(rows, columns=list(AVERAGE_COLUMNS))
    text = "a\t1000\t999\t1.23457e+06\t1234.57\t1235.8\nb\t3\t1\t-1e-07\t0.3\t5e+99\n"
    write_average(frame[reversed(AVERAGE_COLUMNS)], tmp_path / "deep" / "a.tab")
    assert (tmp_path / "deep" / "a.tab").read_text() == text
    write_average(frame, "-")
    assert capsys.readouterr().out == text
    again = read_average(tmp_path / "deep" / "a.tab")
    assert again["sum"].tolist() == [1234570.0, -1e-7]
    assert again.dtypes.equals(frame.dtypes)
    with pytest.raises(InputError, match="averages: the table has no column mean0"):
        write_average(frame.drop(columns="mean0"), tmp_path / "b.tab")
    with pytest.raises(TypeError):
        write_average(frame.assign(size="many"), tmp_path / "b.tab")
    assert [path.name for path in tmp_path.iterdir()] == ["deep"], "nothing is left behind"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("b\t1\t1\t1\t1", "line 2: the line has 5 columns"),
        ("\t1\t1\t1\t1\t1", "line 2: .* no name"),
        ("name\tsize\tcovered\tsum\tmean0\tmean", "line 2: 'size' is not a whole number.*without a header"),
        ("b\t5\t5.0\t1\t1\t1", r"line 2: '5\.0' is not a whole number"),
        ("b\t5\t5\tx\t1\t1", r"line 2: sum, mean0 or mean is not a number \(x 1 1\)"),
        ("b\t5\t6\t1\t1\t1", "line 2: these cannot be numbers of an average: 5 6 1 1 1"),
        ("b\t5\t5\tnan\t1\t1", "line 2: these cannot be"),
        ("b\t5\t5\t1\t-nan\t1", "line 2: these cannot be"),
        ("b\t5\t5\t1\t1\tinf", "line 2: these cannot be"),
        ("a\t5\t5\t1\t1\t1", r"line 2: the name 'a' was already in .*a\.tab, line 1"),
    ],
)
def test_tables_are_checked(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "a.tab"
    path.write_text(f"a\t5\t5\t1\t0.2\t0.2\n{line}\n")
    with pytest.raises(InputError, match=message):
        read_average(path)
    path.write_text("")
    with pytest.raises(InputError, match=r"a\.tab: the file is empty"):
        read_average(path)


@pytest.fixture(scope="module")
def oracle(real_data: Path) -> Path:
    return real_data / "oracles" / "bigwig_average_over_bed"


@pytest.mark.real
@pytest.mark.parametrize("around", ORACLE)
def test_bigwigaverageoverbed_prints_the_same(oracle: Path, tmp_path: Path, around: int | None) -> None:
    table = average_over_bed(oracle / "syn_small.bw", oracle / "few.bed", sample_around_center=around)
    write_average(table, tmp_path / "a.tab")
    assert (tmp_path / "a.tab").read_bytes() == (oracle / ORACLE[around]).read_bytes()


@pytest.mark.real
@pytest.mark.parametrize("around", ORACLE)
def test_twice_the_items_have_the_same_numbers_in_the_order_of_chromosomes(
    oracle: Path, tmp_path: Path, around: int | None
) -> None:
    lines = (oracle / "few.bed").read_text().splitlines()
    fields = [line.split("\t") for line in lines]
    twice = [*fields, *([*row[:3], f"{row[3]}b", *row[4:]] for row in fields)]
    table = average_over_bed(
        oracle / "syn_small.bw", write_bed(tmp_path / "twice.bed", twice), sample_around_center=around
    )
    write_average(table, tmp_path / "twice.tab")
    found = dict(line.split("\t", 1) for line in (tmp_path / "twice.tab").read_text().splitlines())
    expected = dict(line.split("\t", 1) for line in (oracle / ORACLE[around]).read_text().splitlines())
    for row in fields:
        own = f"{int(row[2]) - int(row[1])}\t0\t0\t0\t0"
        numbers = own if row[0] == "chrUn_x" else expected[row[3]]
        assert found[row[3]] == found[f"{row[3]}b"] == numbers
    in_order = ["chr2", "chr10", "chr21", "chr22", "chrM", "chrUn_x", "chrY"]
    assert list(found) == [row[3] for chrom in in_order for row in twice if row[0] == chrom]


@pytest.mark.real
@pytest.mark.parametrize("strand", ["plus", "minus"])
def test_published_tables_have_our_order_and_format(oracle: Path, tmp_path: Path, strand: str) -> None:
    bed = oracle / f"hg19_promoters_cage_corrected_withChr_andOthers_{strand}.bed"
    published = oracle.parents[1] / "published"
    path = published / f"GSE78709_sure23.plasmid.norm.combined.45.55.{strand}.promoters.bigWigSignal"
    table = read_average(path)
    write_average(table, tmp_path / "again.tab")
    assert (tmp_path / "again.tab").read_bytes() == path.read_bytes()
    intervals = [(f"chr{name}", 0, 10**8, 2.0) for name in (*range(1, 22), "X")]
    sizes = {chrom: 3 * 10**8 for chrom, *_ in intervals} | {"chrM": 16_571, "chrY": 6 * 10**7}
    ours = average_over_bed(write_bigwig(tmp_path / "a.bw", sizes, intervals), bed, sample_around_center=1000)
    assert ours["name"].tolist() == table["name"].tolist()
    columns = ["chrom", "start", "end", "name", "score", "strand"]
    items = pd.read_csv(bed, sep="\t", header=None, names=columns).set_index("name").loc[ours["name"]]
    chrom, length = items["chrom"].to_numpy(), (items["end"] - items["start"]).to_numpy()
    assert ours["size"].tolist() == np.where(chrom == "chr22", length, 1000).tolist()
    assert (ours["mean"].gt(0) <= ~np.isin(chrom, ["chr22", "chrM", "chrY"])).all()
    assert ours["mean"].isin([0, 2]).all()
    assert (chrom == "chrY").sum() > 10


@pytest.mark.real
def test_a_bigwig_of_another_maker_agrees_with_a_plain_loop(oracle: Path) -> None:
    path = oracle / "bigtools_valid.bigWig"
    given = average_over_bed(path, oracle / "bigtools_bwaob_intervals.bed")
    rng = np.random.default_rng(3)
    start = rng.integers(0, bigwig_sizes(path)["chr17"] // 400, 500)
    items = pd.DataFrame({"chrom": "chr17", "start": start, "end": start + 777, "name": range(500)}).astype(
        {"name": str}
    )
    table = average_over_windows(path, items)
    expected = plain(path, items)
    assert given["covered"].gt(0).all()
    assert table["covered"].gt(0).sum() > 100
    for row in table.itertuples(index=False):
        assert (row.size, row.covered) == expected[row.name][:2]
        assert f"{row.sum:g}" == f"{expected[row.name][2]:g}"
