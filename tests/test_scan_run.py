"""From a model, a genome and regions to tracks: also when the run is killed on the way."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_scan import MIDDLE
from test_scan_blocks import SIZE, Stopped, write_genome, write_model

from xpresso_core import scan_blocks, scan_run
from xpresso_core.bundle import load_bundle
from xpresso_core.errors import InputError
from xpresso_core.genome import Genome
from xpresso_core.provenance import versions
from xpresso_core.regions import Region
from xpresso_core.scan import Scanner, Strands, scan_positions
from xpresso_core.scan_blocks import Block, ScanSettings, open_store
from xpresso_core.scan_run import Scanned, scan_configured, scan_regions
from xpresso_core.tracks import Stretch, Tracks

WHOLE = [Region("chr2", 0, SIZE), Region("chr10", 0, SIZE), Region("chr1", 0, SIZE - 50)]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> ScanSettings:
    folder = tmp_path_factory.mktemp("inputs")
    return ScanSettings(write_model(folder / "model"), write_genome(folder / "g.fa"), 10)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a block have 100 bases."""
    monkeypatch.setattr(scan_blocks, "BLOCK_BASES", 100)


def scan(settings: ScanSettings, regions: list[Region], prefix: Path, **changes: Any) -> Scanned:
    return scan_regions(settings, regions, prefix, processes=1, progress=False, **changes)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def expected(settings: ScanSettings) -> dict[str, Stretch]:
    """Return what is predicted on whole chromosomes, at once."""
    found = {}
    with Genome(settings.genome) as genome:
        scanner = Scanner(load_bundle(settings.model), 10)
        for chrom, _, size in WHOLE:
            count = -(-size // 10)
            strands = scan_positions(scanner, genome, chrom, 0, count)
            found[chrom] = Stretch(chrom, 10 * np.arange(count), *strands)
    return found


def assert_predicted(tracks: Tracks, whole: Stretch, start: int, end: int) -> None:
    """Check the positions from start to end, and that the chromosome has no others."""
    found = tracks.stretch(whole.chrom)
    kept = ~(np.isnan(whole.plus) & np.isnan(whole.minus))
    kept &= (whole.positions >= start) & (whole.positions < end)
    np.testing.assert_array_equal(found.positions, whole.positions[kept])
    np.testing.assert_allclose(found.plus, whole.plus[kept], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.minus, whole.minus[kept], rtol=0, atol=1e-6)


def test_whole_chromosomes(settings: ScanSettings, expected: dict[str, Stretch], tmp_path: Path) -> None:
    done = scan(settings, WHOLE, tmp_path / "new" / "x")
    assert sorted(files_of(tmp_path / "new")) == ["x.json", "x.minus.bw", "x.plus.bw"]
    tracks = Tracks(tmp_path / "new" / "x")
    assert tracks.chromosomes == ["chr2", "chr10", "chr1"]
    for chrom, _, size in WHOLE:
        assert_predicted(tracks, expected[chrom], 0, size)
    bins = sum(int(np.isfinite(part[2:]).sum()) for part in expected.values())
    assert done == (bins, "log10(RPKM + 0.1)")


@pytest.mark.parametrize(("start", "end"), [(0, 1), (95, 241), (100, 200), (199, 205), (330, SIZE)])
def test_parts_of_a_chromosome_are_as_in_the_whole(
    settings: ScanSettings, expected: dict[str, Stretch], tmp_path: Path, start: int, end: int
) -> None:
    """Windows reach beyond a region."""
    regions = [Region("chr2", start, end), Region("chr1", 200, 215)]
    scan(settings, regions, tmp_path / "x")
    tracks = Tracks(tmp_path / "x")
    assert_predicted(tracks, expected["chr2"], start, end)
    assert_predicted(tracks, expected["chr1"], 200, 215)


def test_only_windows_inside_their_region(
    settings: ScanSettings, expected: dict[str, Stretch], tmp_path: Path
) -> None:
    """Windows of 60 + 40 bases: of a region, 60 at one end and 40 at the other cannot be a start site."""
    regions = [Region("chr2", 5, 180), Region("chr1", 0, 130)]
    scan(settings, regions, tmp_path / "x", inside_only=True)
    for chrom, start, end in regions:
        found, whole = Tracks(tmp_path / "x").stretch(chrom), expected[chrom]
        for strand, before, after in (("+", 60, 40), ("-", 39, 61)):
            at = whole.positions[(whole.positions >= start + before) & (whole.positions <= end - after)]
            values = found.strand(strand)
            np.testing.assert_array_equal(found.positions[np.isfinite(values)], at)
            np.testing.assert_allclose(
                values[np.isfinite(values)], whole.strand(strand)[at // 10], rtol=0, atol=1e-6
            )


def test_the_record_tells_where_values_come_from(settings: ScanSettings, tmp_path: Path) -> None:
    one = settings._replace(units="z", max_unknown=0.25)
    scan(one, [Region("chr2", 0, 150)], tmp_path / "x", inside_only=True)
    facts = json.loads((tmp_path / "x.json").read_text())
    assert facts["unit"] == "z-score of log10(RPKM + 0.1)"
    assert (facts["units"], facts["step"], facts["max_unknown"]) == ("z", 10, 0.25)
    assert facts["regions"] == ["chr2:1-150"]
    assert facts["inside"] is True
    assert facts["window"] == MIDDLE._asdict()
    assert facts["genome"] == "g.fa"
    assert facts["model"] == {"name": "toy", "sha256": load_bundle(settings.model).checksums}
    assert facts["each_window_by_itself"] is None
    assert facts["versions"] == versions()
    assert facts["sizes"] == [["chr2", SIZE], ["chr10", SIZE], ["chr1", SIZE - 50], ["chrN", 150]]


def test_the_plain_way_is_told(settings: ScanSettings, tmp_path: Path) -> None:
    why = "windows of 100 bases every 130 bases have too little in common with its pools"
    told: list[str] = []
    scan(settings._replace(step=130), [Region("chr2", 0, SIZE)], tmp_path / "x", tell=told.append)
    assert told == [f"each window is computed by itself, which takes longer: {why}"]
    assert Tracks(tmp_path / "x").facts["each_window_by_itself"] == why


def test_a_region_without_position_is_refused(settings: ScanSettings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no multiple of 10 lies in the regions"):
        scan(settings, [Region("chr2", 1, 10)], tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_region_of_unknown_bases_is_refused(settings: ScanSettings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="on one of the strands no window has enough known bases"):
        scan(settings, [Region("chrN", 0, 150)], tmp_path / "x")
    assert list(tmp_path.iterdir()) == []
    scan(settings, [Region("chrN", 0, 150), Region("chr2", 0, 150)], tmp_path / "x")
    assert sorted(files_of(tmp_path)) == ["x.json", "x.minus.bw", "x.plus.bw"]


def test_a_second_scan_to_the_same_place_is_refused(settings: ScanSettings, tmp_path: Path) -> None:
    with open_store(tmp_path / "x.partial", {}):
        with pytest.raises(InputError, match="another scan is writing to the same place"):
            scan(settings, [Region("chr2", 0, 150)], tmp_path / "x")
        scan(settings, [Region("chr2", 0, 150)], tmp_path / "y")


def test_regions_of_a_configuration(settings: ScanSettings, tmp_path: Path) -> None:
    scan_configured(
        Path(settings.model),
        Path(settings.genome),
        tmp_path / "x",
        regions=["1:200-215", "chr2", "chr2:1-100"],
        step=10,
        units="log10",
        max_unknown=0.5,
    )
    scan(settings._replace(units="log10"), [WHOLE[0], Region("chr1", 199, 215)], tmp_path / "y")
    assert (tmp_path / "x.plus.bw").read_bytes() == (tmp_path / "y.plus.bw").read_bytes()
    assert Tracks(tmp_path / "x").facts["regions"] == [f"chr2:1-{SIZE}", "chr1:200-215"]


KILLED = """
import os, signal
from pathlib import Path
from xpresso_core import scan_blocks, scan_run
from xpresso_core.regions import Region
scan_blocks.BLOCK_BASES = 100
whole, saved = Path.write_bytes, []
def write_bytes(path, content):
    saved.append(path)
    if len(saved) == 7:
        whole(path, bytes(content)[:100])
        os.kill(os.getpid(), signal.SIGKILL)
    whole(path, content)
scan_blocks.Path.write_bytes = write_bytes
settings = scan_blocks.ScanSettings({model!r}, {genome!r}, 10)
scan_run.scan_regions(settings, {regions}, {prefix!r}, bedgraph=True, processes=1)
"""


def test_a_killed_scan_goes_on_where_it_was(
    settings: ScanSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is killed while it writes its seventh block; the result is that of one that was not."""
    (tmp_path / "killed").mkdir()
    prefix, regions = tmp_path / "killed" / "x", ", ".join(map(repr, WHOLE))
    code = KILLED.format(
        model=settings.model, genome=settings.genome, regions=f"[{regions}]", prefix=str(prefix)
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert [path.name for path in prefix.parent.iterdir()] == ["x.partial"]
    assert len(list((prefix.parent / "x.partial").glob("*.npy"))) == 6
    scan(settings, WHOLE, tmp_path / "whole" / "x", bedgraph=True)
    seen = []

    def watched(scanner: Any, genome: Any, chrom: str, first: int, count: int, **rest: Any) -> Strands:
        seen.append(Block(chrom, first, count))
        return scan_positions(scanner, genome, chrom, first, count, **rest)

    monkeypatch.setattr(scan_blocks, "scan_positions", watched)
    scan(settings, WHOLE, prefix, bedgraph=True)
    assert seen == scan_blocks.blocks_of_regions(WHOLE, 10)[6:]
    assert files_of(prefix.parent) == files_of(tmp_path / "whole")


def test_an_interrupted_scan_starts_anew_with_other_settings(
    settings: ScanSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: Any, **__: Any) -> int:
        raise Stopped

    monkeypatch.setattr(scan_run, "write_tracks", stopped)
    with pytest.raises(Stopped):
        scan(settings, [WHOLE[0]], tmp_path / "a" / "x")
    assert len(list((tmp_path / "a" / "x.partial").glob("*.npy"))) == 5
    monkeypatch.undo()
    monkeypatch.setattr(scan_blocks, "BLOCK_BASES", 100)
    for name in ("a", "b"):
        scan(settings._replace(units="z"), [WHOLE[0]], tmp_path / name / "x")
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")


def test_tracks_that_were_there_stay_until_all_is_done(
    settings: ScanSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan(settings, [WHOLE[0]], tmp_path / "x")
    before = files_of(tmp_path)

    def stopped(*_: Any, **__: Any) -> Strands:
        raise Stopped

    monkeypatch.setattr(scan_blocks, "scan_positions", stopped)
    with pytest.raises(Stopped):
        scan(settings, [WHOLE[1]], tmp_path / "x")
    assert files_of(tmp_path) == before
