"""The command ``xpresso scan`` end to end, and one clear line for all that can be wrong."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from test_bundle import bundle
from test_scan import MIDDLE, network, one
from test_scan_blocks import SIZE, write_genome, write_model
from test_tracks import intervals, small_files

import xpresso_core
from xpresso_core import cli_scan, scan_run
from xpresso_core.bundle import load_bundle, save_bundle
from xpresso_core.cli import main
from xpresso_core.genome import Genome
from xpresso_core.scan import Scanner, scan_positions
from xpresso_core.tracks import Tracks

UNIT = "log10(RPKM + 0.1)"
MADE = ["x.json", "x.minus.bw", "x.plus.bw"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of models: ``model``, ``other`` that knows no scale, and ``features`` without promoter."""
    folder = tmp_path_factory.mktemp("models")
    write_model(folder / "model")
    save_bundle(one(MIDDLE, network("one block"), unit=f"z-score of {UNIT}"), folder / "other")
    save_bundle(bundle(inputs=("halflife",)), folder / "features")
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: Path) -> Path:
    """Work in a folder with the models and a genome."""
    monkeypatch.chdir(tmp_path)
    for name in ("model", "other", "features"):
        (tmp_path / name).symlink_to(models / name)
    write_genome(tmp_path / "g.fa")
    return tmp_path


def files(folder: Path) -> set[str]:
    """Return all that lies in a folder, but the index of the genome."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")} - {"g.fa.fai"}


def one_error(printed: pytest.CaptureResult[str] | str, notes: int = 0) -> str:
    """Return the one line of an error."""
    text = printed if isinstance(printed, str) else printed.err
    lines = text.splitlines()
    assert len(lines) == 1 + notes, text
    assert lines[-1].startswith("xpresso: error: ")
    return lines[-1].removeprefix("xpresso: error: ")


def test_help_comes_without_heavy_libraries() -> None:
    code = (
        "import sys; from xpresso_core.cli import main\n"
        "try: main(['scan', '--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "assert not {'tensorflow', 'keras', 'pandas', 'numba', 'numpy', 'joblib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    options = ("--step BASES", "--bed REGIONS", "--bedgraph", "--offset NUMBER", "--units {log10,z}")
    for words in (*options, "--inside", "--max-unknown SHARE", "--processes N", "PREFIX.partial", "examples"):
        assert words in done.stdout


def test_all_chromosomes_end_to_end(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "model", "g.fa", "-o", "x", "--step", "10"]) == 0
    printed = capfd.readouterr()
    tracks = Tracks("x")
    bins = sum(tracks.facts["bins"].values())
    assert printed == ("", f"xpresso: {bins:,} bins of both strands, in {UNIT}\n")
    assert {name for name in files(here) if name.startswith("x")} == set(MADE)
    scanner = Scanner(load_bundle("model"), 10)
    with Genome("g.fa") as genome:
        for chrom, size in genome.sizes.items():
            strands = scan_positions(scanner, genome, chrom, 0, -(-size // 10))
            found = tracks.stretch(chrom)
            for values, expected in zip(found[2:], strands, strict=True):
                kept = expected[found.positions // 10]
                np.testing.assert_allclose(values, kept, rtol=0, atol=1e-6)
                assert np.isfinite(values).sum() == np.isfinite(expected).sum()
    assert tracks.facts["regions"] == [
        f"chr2:1-{SIZE}",
        f"chr10:1-{SIZE}",
        f"chr1:1-{SIZE - 50}",
        "chrN:1-150",
    ]


def test_the_step_is_100_by_default_and_the_plain_way_is_told(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", "model", "g.fa", "2", "-o", "x"]) == 0
    first, second = capfd.readouterr().err.splitlines()
    why = "windows of 100 bases every 100 bases have too little in common with its pools"
    assert first == f"xpresso: each window is computed by itself, which takes longer: {why}"
    assert second.endswith(f"bins of both strands, in {UNIT}")
    found = intervals(Path("x.plus.bw"))["chr2"]
    assert [(start, end) for start, end, _ in found] == [(50, 150), (150, 250), (250, 350)]


def test_regions_come_from_the_command_and_from_bed(here: Path) -> None:
    Path("r.bed.gz").write_bytes(gzip.compress(b"track name=x\nchr1\t100\t120\nchr2\t190\t200\n"))
    arguments = ["scan", "model", "g.fa", "chr2:101-110", "2:1-20", "--bed", "r.bed.gz", "--step", "5"]
    assert main([*arguments, "-o", "x"]) == 0
    tracks = Tracks("x")
    assert tracks.facts["regions"] == ["chr2:1-20", "chr2:101-110", "chr2:191-200", "chr1:101-120"]
    assert tracks.stretch("chr2").positions.tolist() == [0, 5, 10, 15, 100, 105, 190, 195]
    assert tracks.stretch("chr1").positions.tolist() == [100, 105, 110, 115]


def test_units_offset_and_share_of_unknown_bases(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    common = ["scan", "model", "g.fa", "chr2:1-100", "--step", "10"]
    assert main([*common, "--units", "z", "--bedgraph", "--offset", "1", "-o", "z"]) == 0
    assert capfd.readouterr().err.endswith(f", in z-score of {UNIT}\n")
    assert main([*common, "--units", "log10", "-o", "log"]) == 0
    z, log = Tracks("z").stretch("chr2"), Tracks("log").stretch("chr2")
    np.testing.assert_allclose(log.plus, 2 * z.plus + 0.5, atol=1e-5)
    head, *lines = Path("z.plus.bedGraph").read_text().splitlines()
    assert f"z-score of {UNIT} + 1" in head
    assert lines == [
        f"chr2\t{start}\t{end}\t{np.float64(np.float32(value)) + 1:.15g}"
        for start, end, value in intervals(Path("z.plus.bw"))["chr2"]
    ]
    assert not Path("log.plus.bedGraph").exists()
    known = ["scan", "model", "g.fa", "chr2:1-140", "--step", "10", "--max-unknown", "0", "-o", "known"]
    assert main(known) == 0
    found = Tracks("known").stretch("chr2")
    # Of bases 0 to 199, those at 33, 180 and 181 are of several kinds, which counts as unknown.
    assert found.positions[np.isfinite(found.plus)].tolist() == [100, 110, 120, 130]
    assert found.positions[np.isfinite(found.minus)].tolist() == [80, 90, 100, 110]


def test_only_windows_inside_the_region(here: Path) -> None:
    assert main(["scan", "model", "g.fa", "chr2:11-170", "--inside", "--step", "10", "-o", "x"]) == 0
    found = Tracks("x").stretch("chr2")
    assert found.positions[np.isfinite(found.plus)].tolist() == list(range(70, 131, 10))
    assert found.positions[np.isfinite(found.minus)].tolist() == list(range(50, 101, 10))


def test_the_folder_of_the_output_is_made(here: Path) -> None:
    assert main(["scan", "model", "g.fa", "2", "-o", "new/er/x.y"]) == 0
    assert sorted(path.name for path in Path("new/er").iterdir()) == [
        name.replace("x", "x.y") for name in MADE
    ]


BEFORE: dict[str, tuple[list[str], str]] = {
    "unknown chromosome": (["chr3"], "region 'chr3': the genome has no chromosome 'chr3'"),
    "one chromosome of two": (["chr2", "chr77:1-5"], "region 'chr77:1-5': the genome has no chromosome"),
    "beyond the end": (["chr2:1-431"], "the region ends at 431, but chr2 has 430 bases"),
    "backwards": (["chr2:20-10"], "the region is empty: it would begin at base 20 and end at 10"),
    "from nought": (["chr2:0-10"], "bases are counted from 1"),
    "negative": (["chr2:-5-10"], "'-5-10' is no place on a chromosome"),
    "text": (["chr2:a-b"], "'a-b' is no place on a chromosome"),
    "bad BED": (["--bed", "bad.bed"], "bad.bed, line 2: the region ends at 999"),
    "no BED": (["--bed", "g.fa"], "g.fa, line 1: the line has 1 columns"),
    "empty BED": (["--bed", "empty.bed"], "empty.bed: the BED file has no regions"),
    "missing BED": (["--bed", "none.bed"], "none.bed: cannot be read (No such file or directory)"),
    "no step": (["--step", "0"], "a step of 0 bases leads nowhere"),
    "negative step": (["--step=-100"], "a step of -100 bases leads nowhere"),
    "half a step": (["--step", "2.5"], "argument --step: invalid int value: '2.5'"),
    "share": (["--max-unknown", "1.5"], "--max-unknown 1.5 is no share"),
    "negative share": (["--max-unknown=-0.1"], "--max-unknown -0.1 is no share"),
    "no share": (["--max-unknown", "nan"], "--max-unknown nan is no share"),
    "offset alone": (["--offset", "1"], "--offset belongs to --bedgraph"),
    "offset nan": (["--bedgraph", "--offset", "nan"], "--offset nan is no number to add"),
    "offset inf": (["--bedgraph", "--offset", "inf"], "--offset inf is no number to add"),
    "units": (["--units", "log2"], "argument --units: invalid choice: 'log2'"),
    "processes": (["--processes", "0"], "0 processes can do no work"),
}


@pytest.mark.parametrize("name", BEFORE)
def test_mistakes_are_told_before_a_model_is_loaded(
    here: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    Path("bad.bed").write_text("chr2\t0\t10\nchr2\t0\t999\n")
    Path("empty.bed").write_text("# nothing\n")
    before = files(here)
    arguments, message = BEFORE[name]
    assert main(["scan", "none", "g.fa", *arguments, "-o", "x"]) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    assert message in one_error(printed)
    assert files(here) == before


GENOMES: dict[str, tuple[str, str]] = {
    "missing": ("none.fa", "none.fa: the genome does not exist"),
    "a folder": ("model", "model: the genome does not exist"),
    "plain gzip": ("g.fa.gz", "g.fa.gz: the genome is compressed with plain gzip"),
    "no FASTA": ("text.fa", "text.fa: the genome cannot be indexed"),
    "empty": ("empty.fa", "empty.fa: the genome cannot be indexed"),
}


@pytest.mark.parametrize("name", GENOMES)
def test_a_genome_that_cannot_be_used_is_told(
    here: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    Path("g.fa.gz").write_bytes(gzip.compress(Path("g.fa").read_bytes()))
    Path("text.fa").write_text("chr1\nACGT\n")
    Path("empty.fa").write_text("")
    genome, message = GENOMES[name]
    assert main(["scan", "none", genome, "-o", "x"]) == 2
    assert message in one_error(capfd.readouterr())
    assert not [name for name in files(here) if name.startswith("x")]


def test_a_letter_that_is_no_base_is_told(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("odd.fa").write_text(">chr1\n" + "ACGT" * 50 + "AC!T\n")
    assert main(["scan", "model", "odd.fa", "-o", "x", "--step", "10"]) == 2
    assert "'!' at position" in one_error(capfd.readouterr())
    assert not [name for name in files(here) if name.startswith("x")]


MODELS: dict[str, tuple[list[str], str]] = {
    "missing": (["none"], "none: there is no such model"),
    "without promoter": (["features"], "the model takes no promoter, so it cannot be run along a genome"),
    "without scale": (
        ["other", "--units", "log10"],
        "units: the model does not know the mean and spread of the expression that it was trained on. Take",
    ),
    "genome as model": (["g.fa"], "g.fa: "),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_cannot_be_used_is_told(
    here: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    before = files(here)
    (model, *options), message = MODELS[name]
    assert main(["scan", model, "g.fa", *options, "-o", "x"]) == 2
    assert message in one_error(capfd.readouterr())
    assert files(here) == before


def test_a_model_without_scale_gives_z_scores(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for units in ([], ["--units", "z"]):
        assert main(["scan", "other", "g.fa", "2", *units, "--step", "10", "-o", "x"]) == 0
        assert capfd.readouterr().err.endswith(f"in z-score of {UNIT}\n")
        assert Tracks("x").facts["units"] == "z"


def test_a_region_of_which_nothing_is_known_is_told(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "model", "g.fa", "chrN", "-o", "x", "--step", "10"]) == 2
    assert "x: on one of the strands no window has enough known bases" in one_error(capfd.readouterr())
    assert not [name for name in files(here) if name.startswith("x")]


def test_a_region_without_a_position_is_told(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "model", "g.fa", "chr2:102-190", "-o", "x"]) == 2
    assert "no multiple of 100 lies in the regions" in one_error(capfd.readouterr())
    assert not [name for name in files(here) if name.startswith("x")]


INPUTS: dict[str, tuple[list[str], str]] = {
    "genome": (["model", "x.json", "-o", "x"], "x.json: is an input, which would be overwritten"),
    "bed": (["model", "g.fa", "--bed", "x.minus.bedGraph", "-o", "x"], "x.minus.bedGraph: is an input"),
    "linked": (["model", "x.json", "-o", "linked"], "linked.plus.bw: is an input"),
    "bundle": (["bundle", "g.fa", "-o", "bundle/bundle"], "bundle/bundle.json: is an input"),
    "folder": (["model", "g.fa", "-o", "folder"], "folder.plus.bw: is a folder, and a file is to be written"),
}


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_or_a_folder_is_never_overwritten(
    here: Path, models: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    for copy in ("x.json", "x.minus.bedGraph"):
        shutil.copy("g.fa", copy)
    Path("linked.plus.bw").symlink_to("x.json")
    Path("folder.plus.bw").mkdir()
    shutil.copytree(models / "model", "bundle")
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    arguments, message = INPUTS[name]
    assert main(["scan", *arguments]) == 2
    assert message in one_error(capfd.readouterr())
    after = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ("g.fa/x", "Not a directory"),
        ("/proc/none/x", "No such file or directory"),
        ("file", "File exists"),
        ("l" * 300 + "/x", "File name too long"),
    ],
)
def test_an_output_that_cannot_be_written_is_told(
    here: Path, capfd: pytest.CaptureFixture[str], prefix: str, message: str
) -> None:
    Path("file.partial").write_text("something else")
    before = files(here)
    assert main(["scan", "model", "g.fa", "2", "--step", "10", "-o", prefix]) == 2
    error = one_error(capfd.readouterr())
    assert message in error
    assert prefix.partition("/")[0] in error
    assert files(here) == before


@pytest.fixture
def read_only(here: Path) -> Iterator[Path]:
    """Give a folder with a genome without index, into which nobody may write: for root, a file system of its own."""
    folder = here / "read_only"
    folder.mkdir()
    if os.geteuid():
        write_genome(folder / "g.fa")
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)
        return
    mount = ["mount", "-t", "tmpfs", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    write_genome(folder / "g.fa")
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    yield folder
    # The genome stays open in this process.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_folder_that_may_not_be_written_to_is_told(
    read_only: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The genome there, which has no index, is no obstacle."""
    before = files(read_only)
    arguments = ["scan", "model", str(read_only / "g.fa"), "chr2:1-100", "--step", "10"]
    assert main([*arguments, "-o", str(read_only / "x")]) == 2
    error = one_error(capfd.readouterr())
    assert "Permission denied" in error or "Read-only file system" in error
    assert str(read_only / "x.partial") in error
    assert main([*arguments[:3], "chr9", "-o", str(read_only / "x")]) == 2
    assert "the genome has no chromosome 'chr9'" in one_error(capfd.readouterr())
    assert files(read_only) == before
    assert main([*arguments, "-o", "elsewhere"]) == 0


def test_a_full_disk_is_told_and_leaves_no_half_file(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What was computed stays, and is of use once there is room."""
    arguments = ["scan", "model", "g.fa", "2", "--step", "10", "--bedgraph", "-o"]
    assert main([*arguments, "first/x"]) == 0  # compiled code is kept in files, too
    capfd.readouterr()
    with small_files():
        assert main([*arguments, "new/x"]) == 2
    assert "x.plus.bw: File too large" in one_error(capfd.readouterr(), notes=1)
    assert [path.name for path in Path("new").iterdir()] == ["x.partial"]
    assert sorted(path.suffix for path in Path("new/x.partial").iterdir()) == ["", ".json", ".npy"]
    assert main([*arguments, "new/x"]) == 0
    first, new = (
        {path.name: path.read_bytes() for path in Path(name).iterdir()} for name in ("first", "new")
    )
    assert first == new


@pytest.fixture
def small_disk(here: Path) -> Iterator[Path]:
    """Give a file system of 32 KB, where one may be mounted."""
    folder = here / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32k", "none", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_without_room_for_the_tracks(small_disk: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "model", "g.fa", "2", "--step", "10", "-o", "disk/x"]) == 2
    assert "x.plus.bw: No space left on device" in one_error(capfd.readouterr(), notes=1)
    assert [path.name for path in small_disk.iterdir()] == ["x.partial"]


def test_a_disk_without_room_for_a_block(small_disk: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (small_disk / "other").write_bytes(b"x" * (28 << 10))
    assert main(["scan", "model", "g.fa", "2", "--step", "1", "-o", "disk/x"]) == 2
    assert one_error(capfd.readouterr()).endswith("Check the path, permissions and free space")
    assert [path.name for path in small_disk.iterdir()] == ["other"]


def test_an_interruption_is_told_and_keeps_what_was_there(
    here: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["scan", "model", "g.fa", "2", "--step", "10", "-o", "x"]) == 0
    before = {name: Path(name).read_bytes() for name in MADE}
    capfd.readouterr()

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(scan_run, "write_tracks", interrupted)
    assert main(["scan", "model", "g.fa", "10", "--step", "10", "-o", "x"]) == 130
    told = capfd.readouterr().err.splitlines()
    assert told == [
        "xpresso: finished blocks stay in x.partial; the same scan goes on there",
        "xpresso: interrupted; no result was written",
    ]
    assert {name: Path(name).read_bytes() for name in MADE} == before


def test_the_real_process_says_nothing_else_and_several_give_the_same(here: Path) -> None:
    """Neither do the compilers of TensorFlow, in this process or its workers."""
    environment = {**os.environ, "PYTHONPATH": str(Path(xpresso_core.__file__).parents[1])}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    arguments = ["scan", "model", "g.fa", "--step", "10", "--bedgraph"]
    command = [sys.executable, "-m", "xpresso_core.cli", *arguments, "--processes", "2", "-o", "two/x"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert main([*arguments, "--processes", "1", "-o", "one/x"]) == 0
    bins = sum(Tracks("one/x").facts["bins"].values())
    assert (done.stdout, done.stderr) == ("", f"xpresso: {bins:,} bins of both strands, in {UNIT}\n")
    found = [{path.name: path.read_bytes() for path in Path(name).iterdir()} for name in ("one", "two")]
    assert found[0] == found[1]
    assert len(found[0]) == 5


def test_the_output_is_needed(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "model", "g.fa"]) == 2
    assert "the following arguments are required: -o" in one_error(capfd.readouterr())
    assert cli_scan.SCAN_COMMANDS[0].name == "scan"
