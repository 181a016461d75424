"""Blocks begin at the same places, are kept until all are done, and never outlive what they were made from."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_bundle import SCALER
from test_scan import FEATURE_NAMES, MIDDLE, finish, one, sequence, two

from xpresso_core import scan_blocks as module
from xpresso_core.bundle import save_bundle
from xpresso_core.errors import InputError
from xpresso_core.genome import RELEASED_WINDOW, Window
from xpresso_core.regions import Region
from xpresso_core.scan import Strands, scan_positions
from xpresso_core.scan_blocks import (
    Block,
    BlockStore,
    ScanSettings,
    blocks_of_regions,
    facts_of,
    inside,
    loaded,
    open_store,
    scan_blocks,
)

SIZE = len(sequence())


def write_model(folder: Path, seed: int = 1, **changes: Any) -> str:
    """Save a small network that takes features and knows its scale."""
    scaler = replace(SCALER, features=FEATURE_NAMES, feature_mean=(1.0,) * 3, feature_sd=(2.0,) * 3)
    model = finish(MIDDLE, two, halflife=True, seed=seed)
    save_bundle(one(MIDDLE, model, **({"scaler": scaler} | changes)), folder)
    return str(folder)


def write_genome(path: Path) -> str:
    """Write chromosomes in no alphabetical order."""
    text = sequence()
    path.write_text(f">chr2\n{text}\n>chr10\n{text[::-1]}\n>chr1\n{text[50:]}\n>chrN\n{'N' * 150}\n")
    return str(path)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> ScanSettings:
    folder = tmp_path_factory.mktemp("inputs")
    return ScanSettings(write_model(folder / "model"), write_genome(folder / "g.fa"), 10)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a block have 100 bases."""
    monkeypatch.setattr(module, "BLOCK_BASES", 100)


REGIONS = [
    [Region("c", 0, 1000)],
    [Region("c", 1, 1000)],
    [Region("c", 137, 138)],
    [Region("c", 100, 101)],
    [Region("c", 99, 100)],
    [Region("c", 37, 412), Region("c", 413, 700), Region("d", 5, 95)],
]


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("regions", REGIONS)
@pytest.mark.parametrize("step", [1, 7, 10, 100, 130])
def test_blocks_hold_every_multiple_of_the_step_in_the_regions_once(regions: list[Region], step: int) -> None:
    blocks = blocks_of_regions(regions, step)
    found = [(block.chrom, at) for block in blocks for at in block.positions(step).tolist()]
    expected = [
        (region.chrom, at) for region in regions for at in range(region.start, region.end) if at % step == 0
    ]
    assert found == expected
    assert all(block.count > 0 for block in blocks)
    assert all(block.positions(step).dtype == np.int64 for block in blocks)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("step", [1, 7, 10, 30])
def test_blocks_begin_at_the_same_places_whatever_the_regions(step: int) -> None:
    """So that all of them but the first and last of a region are those of the whole chromosome."""
    whole = set(blocks_of_regions([Region("c", 0, 1000)], step))
    for start, end in itertools.product((0, 1, 99, 250), (600, 777, 1000)):
        _, *inner, _ = blocks_of_regions([Region("c", start, end)], step)
        assert len(inner) >= 2
        assert set(inner) <= whole


def test_a_block_has_a_million_bases() -> None:
    blocks = blocks_of_regions([Region("c", 0, 2_500_000)], 300)
    assert [block.count for block in blocks] == [3333, 3333, 1668]
    assert [block.first for block in blocks] == [0, 999_900, 1_999_800]


@pytest.mark.parametrize(
    ("window", "strand", "at", "is_inside"),
    [
        (RELEASED_WINDOW, "+", 7000, True),
        (RELEASED_WINDOW, "+", 6999, False),
        (RELEASED_WINDOW, "+", 16500, True),
        (RELEASED_WINDOW, "+", 16501, False),
        (RELEASED_WINDOW, "-", 3500, True),
        (RELEASED_WINDOW, "-", 3499, False),
        (RELEASED_WINDOW, "-", 13000, True),
        (RELEASED_WINDOW, "-", 13001, False),
        (Window(60, 40), "-", 39, True),
        (Window(60, 40), "-", 38, False),
        (Window(60, 40), "-", 19939, True),
        (Window(60, 40), "-", 19940, False),
    ],
)
def test_a_window_lies_inside_as_a_whole_or_not(
    window: Window, strand: str, at: int, is_inside: bool
) -> None:
    positions = np.array([at, at + 1000])
    region = Region("c", 1000, 21000)
    assert inside(region, positions, window, strand).tolist()[1] == is_inside


STRANDS = Strands(np.float32([1, np.nan, 3]), np.float32([-1, 0.1, np.nan]))


def test_a_block_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    store = BlockStore(tmp_path)
    names = ("chr1", "HLA-A*01:01", "a/b", "..", "a_1", "a", "%61", "\u00e4 b")
    blocks = [Block(name, first, 3) for name in names for first in (0, 100)]
    for number, block in enumerate(blocks):
        assert not store.has(block)
        store.save(block, Strands(STRANDS.plus + number, STRANDS.minus))
    assert len(list(tmp_path.glob("*.npy"))) == len(list(tmp_path.iterdir())) == len(blocks)
    for number, block in enumerate(blocks):
        assert store.has(block)
        assert not store.has(replace(block, count=4))
        np.testing.assert_array_equal(store.load(block).plus, STRANDS.plus + number)
        np.testing.assert_array_equal(store.load(block).minus, STRANDS.minus)


@pytest.mark.parametrize("size", [0, 5, 60, 128, -1])
def test_a_block_that_is_cut_short_is_not_finished(tmp_path: Path, size: int) -> None:
    store, block = BlockStore(tmp_path), Block("c", 0, 3)
    store.save(block, STRANDS)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:size])
    assert not store.has(block)
    store.save(block, STRANDS)
    assert store.has(block)


@pytest.mark.parametrize(
    "other", [np.zeros((2, 4)), np.zeros(3), np.array([["a", None, 3]] * 2, dtype=object)]
)
def test_an_array_of_something_else_is_no_block(tmp_path: Path, other: Any) -> None:
    store, block = BlockStore(tmp_path), Block("c", 0, 3)
    store.save(block, STRANDS)
    (path,) = tmp_path.iterdir()
    np.save(path, other)
    assert not store.has(block)


def test_success_leaves_no_folder(tmp_path: Path) -> None:
    with open_store(tmp_path / "new" / "x.partial", {"step": 10}) as store:
        store.save(Block("c", 0, 3), STRANDS)
    assert list(tmp_path.rglob("*")) == [tmp_path / "new"]


class Stopped(Exception):  # noqa: N818 - it stands for whatever stops a scan
    pass


def stop_after(folder: Path, facts: dict[str, Any], blocks: int) -> None:
    def scan() -> None:
        with open_store(folder, facts) as store:
            for number in range(blocks):
                store.save(Block("c", number, 3), STRANDS)
            raise Stopped

    with pytest.raises(Stopped):
        scan()


def test_failure_keeps_what_is_finished_and_no_empty_folder(tmp_path: Path) -> None:
    folder = tmp_path / "x.partial"
    stop_after(folder, {"step": 10}, 0)
    assert not folder.exists()
    stop_after(folder, {"step": 10}, 2)
    with open_store(folder, {"step": 10}) as store:
        assert [store.has(Block("c", number, 3)) for number in range(3)] == [True, True, False]
    assert not folder.exists()


@pytest.mark.parametrize("other", [{"step": 20}, {"step": 10, "units": "z"}, {}])
def test_blocks_of_other_facts_are_dropped(tmp_path: Path, other: dict[str, Any]) -> None:
    folder = tmp_path / "x.partial"
    stop_after(folder, {"step": 10}, 2)
    with open_store(folder, other) as store:
        assert not store.has(Block("c", 0, 3))
        assert list(folder.glob("*.npy")) == []


def test_facts_may_hold_what_json_writes_otherwise(tmp_path: Path) -> None:
    facts = {"window": (60, 40), "names": {1: "x"}}
    stop_after(tmp_path / "x.partial", facts, 1)
    with open_store(tmp_path / "x.partial", facts) as store:
        assert store.has(Block("c", 0, 3))


def test_a_second_scan_into_the_same_place_is_refused_and_spares_the_first(tmp_path: Path) -> None:
    folder = tmp_path / "x.partial"
    with open_store(folder, {"step": 10}) as store:
        store.save(Block("c", 0, 3), STRANDS)
        with (
            pytest.raises(InputError, match=r"x\.partial: another scan is writing to the same place"),
            open_store(folder, {"step": 20}),
        ):
            pytest.fail("it was let in")
        assert store.has(Block("c", 0, 3))
    with open_store(folder, {"step": 20}):
        assert folder.is_dir()


def test_facts_are_all_that_values_depend_on(settings: ScanSettings, tmp_path: Path) -> None:
    def facts(changed: ScanSettings) -> dict[str, Any]:
        scanner, genome, checksums = loaded(changed)
        return facts_of(changed, scanner, genome, checksums)

    first = facts(settings)
    assert facts(settings) == first
    others = [
        settings._replace(step=20),
        settings._replace(units="z"),
        settings._replace(max_unknown=0.25),
        settings._replace(model=write_model(tmp_path / "model", seed=2)),
        settings._replace(genome=write_genome(tmp_path / "g.fa")),
    ]
    seen = [first, *map(facts, others)]
    assert all(one != other for one, other in itertools.combinations(seen, 2))
    assert facts(settings._replace(units="log10")) == first  # which is the default here


def test_files_that_have_changed_are_loaded_anew(settings: ScanSettings, tmp_path: Path) -> None:
    own = settings._replace(
        model=write_model(tmp_path / "model"), genome=write_genome(tmp_path / "g.fa"), units="z"
    )
    scanner, genome, checksums = loaded(own)
    assert loaded(own)[0] is scanner
    codes = np.zeros(100, np.uint8)
    write_model(tmp_path / "model", seed=2)
    other = loaded(own)
    assert other[2] != checksums
    assert other[0].predict(codes, 1)[0] != scanner.predict(codes, 1)[0]
    Path(own.genome).write_text(">chr5\nACGT\n")
    assert list(loaded(own)[1].sizes) == ["chr5"]
    assert list(genome.sizes) == ["chr2", "chr10", "chr1", "chrN"]


def test_files_of_the_same_name_elsewhere_are_others(
    settings: ScanSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "g.fa").write_text(f">{name}\nACGT\n")
        os.utime(tmp_path / name / "g.fa", ns=(1, 1))
        monkeypatch.chdir(tmp_path / name)
        found += list(loaded(settings._replace(genome="g.fa"))[1].sizes)
    assert found == ["a", "b"]


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Block]:
    """Return which blocks are computed in this process, as it goes on."""
    seen: list[Block] = []

    def watched(scanner: Any, genome: Any, chrom: str, first: int, count: int, **rest: Any) -> Strands:
        seen.append(Block(chrom, first, count))
        return scan_positions(scanner, genome, chrom, first, count, **rest)

    monkeypatch.setattr(module, "scan_positions", watched)
    return seen


@pytest.mark.usefixtures("small_blocks")
def test_only_missing_and_damaged_blocks_are_computed(
    settings: ScanSettings, tmp_path: Path, computed: list[Block]
) -> None:
    blocks = blocks_of_regions([Region("chr2", 0, SIZE)], 10)
    assert len(blocks) == 5
    store = BlockStore(tmp_path)
    scan_blocks(settings, blocks, store, processes=1, progress=False)
    assert computed == blocks
    before = [store.load(block) for block in blocks]
    damaged = tmp_path / "chr2_300_10.npy"
    damaged.write_bytes(damaged.read_bytes()[:100])
    (tmp_path / "chr2_100_10.npy").unlink()
    computed.clear()
    scan_blocks(settings, blocks, store, processes=1, progress=False)
    assert computed == [blocks[1], blocks[3]]
    for block, strands in zip(blocks, before, strict=True):
        np.testing.assert_array_equal(store.load(block), strands)


@pytest.mark.parametrize(
    ("gpu", "threads", "waiting", "expected"),
    [(True, 8, 100, 1), (False, 8, 100, 8), (False, 8, 24, 3), (False, 8, 3, 1), (False, 1, 100, 1)],
)
def test_by_default_there_are_as_many_processes_as_are_worth_it(
    settings: ScanSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gpu: bool,
    threads: int,
    waiting: int,
    expected: int,
) -> None:
    seen = []
    monkeypatch.setattr(module, "sees_gpu", lambda: gpu)
    monkeypatch.setattr(module, "thread_count", lambda: threads)
    monkeypatch.setattr(module, "BLOCKS_PER_PROCESS", 8)
    monkeypatch.setattr(module, "_each", lambda *arguments: seen.append(arguments[-1]) or iter(()))
    blocks = [Block("c", first, 3) for first in range(waiting)]
    scan_blocks(settings, blocks, BlockStore(tmp_path), progress=False)
    assert seen == [expected]
