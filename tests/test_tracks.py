"""Tracks on disk: bins, gaps, what readers that are not ours find in them, and nothing half-written."""

from __future__ import annotations

import errno
import json
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest

from xpresso_core import bigwig_writer as module
from xpresso_core.errors import InputError
from xpresso_core.genome import RELEASED_WINDOW
from xpresso_core.regions import Region
from xpresso_core.scan_blocks import blocks_of_regions, inside
from xpresso_core.track_writer import bins_of, write_tracks
from xpresso_core.tracks import Stretch, Tracks, track_files

SIZES = {"chr2": 10_010, "chr10": 730, "chr1": 555, "chrEmpty": 1200}
"""In no alphabetical order; nothing is predicted on the last one."""
SUFFIXES = ["json", "minus.bedGraph", "minus.bw", "plus.bedGraph", "plus.bw"]


def stretch(chrom: str, first: int, count: int, step: int, seed: int = 1) -> Stretch:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(2, count)).astype(np.float32)
    return Stretch(chrom, first + step * np.arange(count), *values)


def several(step: int) -> list[Stretch]:
    """Return stretches to the very ends of chromosomes, with gaps that differ between strands."""
    found = [
        stretch(chrom, 0, -(-size // step), step, seed)
        for seed, (chrom, size) in enumerate(SIZES.items())
        if chrom != "chrEmpty"
    ]
    found[0].plus[3:7] = np.nan
    found[0].plus[0] = np.nan
    found[0].minus[20:21] = np.nan
    found[0].minus[-1] = np.nan
    found[1].plus[5:] = np.nan
    return found


def write(prefix: Path, stretches: list[Stretch], step: int, **changes: Any) -> int:
    return write_tracks(prefix, stretches, SIZES, {"step": step, "unit": "log10(RPKM + 0.1)"}, **changes)


def intervals(path: Path) -> dict[str, list[tuple[int, int, float]]]:
    """Return what pyBigWig, which is another library, finds in a file."""
    with pyBigWig.open(str(path)) as opened:
        return {chrom: list(opened.intervals(chrom) or ()) for chrom in opened.chroms()}


def expected_bins(part: Stretch, strand: str, step: int) -> list[tuple[int, int, float]]:
    """Return the bins by the book, one by one."""
    found = []
    for position, value in zip(part.positions.tolist(), part.strand(strand).tolist(), strict=True):
        if value == value:
            start = position - step // 2
            found.append((max(0, start), min(SIZES[part.chrom], start + step), value))
    return found


@pytest.mark.parametrize("step", [1, 2, 3, 7, 10, 99, 100, 101, 5000])
def test_another_reader_finds_every_bin(tmp_path: Path, step: int) -> None:
    """Pieces of chr2 come one after the other, as blocks do."""
    parts = several(step)
    whole, half = parts[0], len(parts[0].positions) // 2
    pieces = [Stretch("chr2", *(array[rows] for array in whole[1:])) for rows in (np.s_[:half], np.s_[half:])]
    count = write(tmp_path / "x", [*pieces, *parts[1:]], step)
    total = 0
    for strand, name in (("+", "plus"), ("-", "minus")):
        found = intervals(tmp_path / f"x.{name}.bw")
        there = {part.chrom: expected_bins(part, strand, step) for part in parts}
        assert found == {chrom: bins for chrom, bins in there.items() if bins}
        total += sum(map(len, found.values()))
        for chrom, bins in found.items():
            assert all(start < end <= SIZES[chrom] for start, end, _ in bins)
            assert all(one[1] <= other[0] for one, other in zip(bins, bins[1:], strict=False))
    assert count == total


@pytest.mark.parametrize(
    ("step", "position", "bin_"),
    [
        (100, 1000, (950, 1050)),
        (100, 0, (0, 50)),
        (100, 500, (450, 550)),
        (99, 495, (446, 545)),
        (99, 0, (0, 50)),
        (1, 0, (0, 1)),
        (1, 1098, (1098, 1099)),
        (2, 1098, (1097, 1099)),
        (3, 3, (2, 5)),
        (50, 1050, (1025, 1075)),
        (100, 1098, (1048, 1099)),
        (10_000, 0, (0, 1099)),
    ],
)
def test_a_bin_lies_around_its_position_and_on_its_chromosome(
    step: int, position: int, bin_: tuple[int, int]
) -> None:
    one = Stretch("c", np.array([position]), np.float32([1.5]), np.float32([np.nan]))
    found = bins_of(one, "+", step, 1099)
    assert (found.chrom, found.start.tolist(), found.end.tolist(), found.value.tolist()) == (
        "c",
        [bin_[0]],
        [bin_[1]],
        [1.5],
    )
    assert [len(column) for column in bins_of(one, "-", step, 1099)[1:]] == [0, 0, 0]


@pytest.mark.parametrize("step", [1, 3, 10, 99, 100])
def test_what_was_written_is_read_back(tmp_path: Path, step: int) -> None:
    parts = several(step)
    write(tmp_path / "x", parts, step)
    tracks = Tracks(tmp_path / "x")
    assert (tracks.step, tracks.unit) == (step, "log10(RPKM + 0.1)")
    assert list(tracks.sizes.items()) == list(SIZES.items())
    assert tracks.chromosomes == ["chr2", "chr10", "chr1"]
    for part in parts:
        assert_same(tracks.stretch(part.chrom), part)
        assert tracks.stretch(part.chrom).positions.dtype == np.int64
        assert tracks.stretch(part.chrom).plus.dtype == np.float32
    assert len(tracks.stretch("chrEmpty").positions) == 0


def assert_same(found: Stretch, part: Stretch, start: int = 0, end: int = 1 << 40) -> None:
    """Positions where no strand has a value leave no trace in a file."""
    there = ~(np.isnan(part.plus) & np.isnan(part.minus))
    there &= (part.positions >= start) & (part.positions < end)
    assert found.chrom == part.chrom
    np.testing.assert_array_equal(found.positions, part.positions[there])
    np.testing.assert_array_equal(found.plus, part.plus[there])
    np.testing.assert_array_equal(found.minus, part.minus[there])


PLACES = [(0, 1), (0, 100), (1, 100), (49, 51), (50, 150), (1, 2), (99, 101), (100, 200), (100, 201)]
PLACES += [(151, 949), (9_900, 10_010), (9_951, 10_010), (10_000, 10_010), (10_001, 10_010), (0, 10_010)]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[int, Stretch]]:
    folder, kept = tmp_path_factory.mktemp("tracks"), {}
    for step in (7, 100):
        kept[step] = stretch("chr2", 0, -(-SIZES["chr2"] // step), step)
        kept[step].plus[4:9] = np.nan
        write(folder / f"every{step}", [kept[step]], step)
    return folder, kept


@pytest.mark.parametrize(("start", "end"), PLACES)
@pytest.mark.parametrize("step", [7, 100])
def test_a_part_holds_the_positions_that_lie_in_it(
    written: tuple[Path, dict[int, Stretch]], step: int, start: int, end: int
) -> None:
    """Not the bins: those at the edges reach beyond it, or into it."""
    folder, kept = written
    assert_same(Tracks(folder / f"every{step}").stretch("chr2", start, end), kept[step], start, end)


def test_equal_values_stay_bins_of_their_own(tmp_path: Path) -> None:
    flat = Stretch("chr1", np.arange(0, 500, 10), *np.zeros((2, 50), np.float32))
    write(tmp_path / "x", [flat], 10)
    assert len(intervals(tmp_path / "x.plus.bw")["chr1"]) == 50
    assert_same(Tracks(tmp_path / "x").stretch("chr1"), flat)


def test_bedgraph_holds_what_bigwig_does(tmp_path: Path) -> None:
    write(tmp_path / "x", several(100), 100, bedgraph=True)
    for name in ("plus", "minus"):
        head, *lines = (tmp_path / f"x.{name}.bedGraph").read_text().splitlines()
        sign = "+" if name == "plus" else "-"
        assert head == (f'track type=bedGraph name="x {sign}" description="{sign} strand, log10(RPKM + 0.1)"')
        rows: dict[str, list[tuple[int, int, float]]] = {}
        for line in lines:
            chrom, start, end, value = line.split("\t")
            rows.setdefault(chrom, []).append((int(start), int(end), float(np.float32(value))))
        assert list(rows) == ["chr2", "chr10", "chr1"]
        assert rows == intervals(tmp_path / f"x.{name}.bw")


def test_the_offset_is_added_to_bedgraph_alone_and_told(tmp_path: Path) -> None:
    values = np.float32([0.1, -0.898974418640137, 1, np.nan, 1e-8])
    part = Stretch("chr1", np.arange(100, 600, 100)[:5], values, values)
    write(tmp_path / "x", [part], 100, bedgraph=True, offset=1)
    head, *lines = (tmp_path / "x.plus.bedGraph").read_text().splitlines()
    assert head.endswith('description="+ strand, log10(RPKM + 0.1) + 1"')
    assert [line.split("\t")[3] for line in lines] == [
        "1.10000000149012",
        "0.101025581359863",  # the first value of the published file
        "2",
        "1.00000001",
    ]
    assert [value for *_, value in intervals(tmp_path / "x.plus.bw")["chr1"]] == values[[0, 1, 2, 4]].tolist()


def test_the_record_says_what_the_files_hold(tmp_path: Path) -> None:
    parts = several(100)
    facts = {"step": 100, "unit": "z-score", "window": {"upstream": 7000}, "regions": ["chr1:1-5"]}
    write_tracks(tmp_path / "x", parts, SIZES, facts)
    record = json.loads((tmp_path / "x.json").read_text())
    assert {key: record[key] for key in facts} == facts
    bins = {
        name: sum(int(np.isfinite(part.strand(strand)).sum()) for part in parts)
        for strand, name in (("+", "plus"), ("-", "minus"))
    }
    assert record["bins"] == bins
    assert Tracks(tmp_path / "x").facts == record


def test_the_same_tracks_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "x", several(10), 10, bedgraph=True)
    for suffix in SUFFIXES:
        one, other = ((tmp_path / name / f"x.{suffix}").read_bytes() for name in ("a", "b"))
        assert one == other


def test_names_belong_to_a_prefix(tmp_path: Path) -> None:
    files = track_files(tmp_path / "a.b" / "chr1.z")
    assert sorted(path.name for path in files.all) == [f"chr1.z.{suffix}" for suffix in SUFFIXES]
    write(tmp_path / "a.b" / "chr1.z", several(100), 100)
    assert sorted(path.name for path in (tmp_path / "a.b").iterdir()) == [
        "chr1.z.json",
        "chr1.z.minus.bw",
        "chr1.z.plus.bw",
    ]


def test_other_files_of_the_name_are_replaced(tmp_path: Path) -> None:
    write(tmp_path / "x", several(100), 100)
    part = stretch("chr1", 0, 5, 100)
    write(tmp_path / "x", [part], 100)
    assert Tracks(tmp_path / "x").chromosomes == ["chr1"]
    assert_same(Tracks(tmp_path / "x").stretch("chr1"), part)


@pytest.mark.parametrize("strand", ["plus", "minus"])
def test_nothing_is_written_where_a_strand_has_no_value(tmp_path: Path, strand: str) -> None:
    part = stretch("chr1", 0, 5, 100)
    getattr(part, strand)[:] = np.nan
    assert write(tmp_path / "x", [part], 100, bedgraph=True) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [InputError("the block is gone"), KeyboardInterrupt("the block is gone")])
@pytest.mark.parametrize("failing", range(1, 7))
def test_a_failure_spares_what_was_there(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], failing: int, error: BaseException
) -> None:
    """Each file is counted and written: bigWig (twice read) and bedGraph of both strands."""
    write(tmp_path / "x", several(100), 100, bedgraph=True)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    class Broken:
        reads = 0

        def __iter__(self) -> Iterator[Stretch]:
            self.reads += 1
            yield stretch("chr1", 0, 5, 100)
            if self.reads == failing:
                raise error

    with pytest.raises(type(error), match="the block is gone"):
        write(tmp_path / "x", Broken(), 100, bedgraph=True)  # type: ignore[arg-type]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert capfd.readouterr() == ("", "")


@contextmanager
def small_files() -> Iterator[None]:
    """Let no file grow beyond 16 KB, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 14, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with small_files(), pytest.raises(OSError, match="File too large") as caught:
        write(tmp_path / "x", [stretch("chr2", 0, 10_010, 1)], 1)
    assert caught.value.errno == errno.EFBIG
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("count", [3000, 10_010])
def test_a_disk_that_fills_while_it_is_written_to_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], count: int
) -> None:
    """As if others had taken the room that was there: the library fails late, or panics."""
    monkeypatch.setattr(module, "_require_room", lambda *_: None)
    told = r"^x\.plus\.bw: the bigWig could not be written whole"
    with small_files(), pytest.raises(InputError, match=told):
        write(tmp_path / "x", [stretch("chr2", 0, count, 1)], 1)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("step", [1, 100])
@pytest.mark.parametrize("chromosomes", [1, 300])
def test_the_room_that_is_asked_for_is_enough(tmp_path: Path, step: int, chromosomes: int) -> None:
    """Values that compress badly, in one piece or in many."""
    count = 60_000 // chromosomes
    sizes = {f"scaffold_{number:04d}": step * count for number in range(chromosomes)}
    parts = [stretch(chrom, 0, count, step, seed) for seed, chrom in enumerate(sizes)]
    bins = write_tracks(tmp_path / "x", parts, sizes, {"step": step, "unit": "u"})
    most = module.BYTES_AT_LEAST + module.BYTES_PER_ENTRY * bins // 2
    assert all((tmp_path / f"x.{name}.bw").stat().st_size <= most for name in ("plus", "minus"))


def test_tracks_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x: there are no tracks of this name"):
        Tracks(tmp_path / "x")


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.pop("step"),
        lambda record: record.pop("format"),
        lambda record: record.pop("sizes"),
        lambda record: record.update(format_version=99),
        lambda record: record.update(step="many"),
        lambda record: record.update(sizes=5),
    ],
)
def test_a_record_of_something_else_is_told(tmp_path: Path, change: Any) -> None:
    write(tmp_path / "x", several(100), 100)
    record = json.loads((tmp_path / "x.json").read_text())
    change(record)
    (tmp_path / "x.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match=r"x\.json: is not the record of a scan"):
        Tracks(tmp_path / "x")


@pytest.mark.parametrize("text", ["", "no JSON", "[1]", "5"])
def test_a_record_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError, match=r"x\.json: is not"):
        Tracks(tmp_path / "x")


@pytest.mark.parametrize("damage", ["missing", "cut", "other"])
def test_a_damaged_track_is_told(tmp_path: Path, damage: str) -> None:
    write(tmp_path / "x", several(100), 100)
    path = tmp_path / "x.minus.bw"
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-20] if damage == "cut" else b"chr1\t0\t5\t1\n" * 20)
    tracks = Tracks(tmp_path / "x")
    with pytest.raises(InputError, match=r"x\.minus\.bw: .*(cannot be read|cut short|not a bigWig)"):
        tracks.stretch("chr2")


@pytest.mark.real
def test_the_published_tiling_is_reproduced(real_data: Path, tmp_path: Path) -> None:
    """Figure 5: windows every 100 bases within the region, and a bin around what plays the TSS of each strand."""
    folder = real_data / "oracles" / "dense_scan"
    name, start, end = (folder / "region.1Mb.bed").read_text().split()
    region = Region(name, int(start), int(end))
    windows = {
        tuple(map(int, line.split("\t")[1:3]))
        for line in (folder / "region.1Mb.intervals.100ntStep.bed").read_text().splitlines()
    }
    positions = np.concatenate([block.positions(100) for block in blocks_of_regions([region], 100)])
    values = np.ones((2, len(positions)), np.float32)
    for strand, row in zip("+-", values, strict=True):
        kept = inside(region, positions, RELEASED_WINDOW, strand)
        assert {RELEASED_WINDOW.interval(at, strand) for at in positions[kept].tolist()} == windows
        row[~kept] = np.nan
    part = Stretch(f"chr{name}", positions, *values)
    sizes = {f"chr{name}": 249_250_621}
    write_tracks(tmp_path / "x", [part], sizes, {"step": 100, "unit": "z"}, bedgraph=True, offset=1)
    for strand in ("Plus", "Minus"):
        published = (folder / f"region.1Mb.intervals.100ntStep.{strand}.bedGraph").read_text().splitlines()
        lines = (tmp_path / f"x.{strand.lower()}.bedGraph").read_text().splitlines()[1:]
        assert [line.rpartition("\t")[0] for line in lines] == [
            line.rpartition("\t")[0] for line in published
        ]
        assert len(lines) == len(windows) == 7896
        numbers = [line.rpartition("\t")[2] for line in published]
        back = np.array(numbers, np.float64) - 1
        again = [f"{value:.15g}" for value in back.astype(np.float32).astype(np.float64) + 1]
        same = sum(one == other for one, other in zip(again, numbers, strict=True))
        assert same > 0.9 * len(numbers), f"{same} values are printed as published"
