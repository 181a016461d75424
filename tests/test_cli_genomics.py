"""`xpresso liftover` and `xpresso signal`, as people type them."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pyBigWig
import pytest

from xpresso_core.cli import main

CHAIN = "chain 1000 chr1 1000 + 0 1000 chr1 1100 + 100 1100 1\n1000\n\n"
BED = "chr1\t10\t20\ta\t7\t+\tmore\nchr2\t10\t20\tb\t7\t-\tmore\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a BED file, a chain and a bigWig."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.bed").write_text(BED)
    (tmp_path / "a.chain").write_text(CHAIN)
    with pyBigWig.open("s.bw", "w") as bigwig:
        bigwig.addHeader([("chr1", 1000), ("chr2", 1000)])
        bigwig.addEntries(["chr1", "chr2"], [10, 12], ends=[15, 14], values=[2.0, 0.5])
    return tmp_path


def test_liftover_writes_both_files(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["liftover", "a.bed", "a.chain", "out.bed", "lost.bed"]) == 0
    assert (here / "out.bed").read_text() == "chr1\t110\t120\ta\t7\t+\tmore\n"
    assert (here / "lost.bed").read_text() == "#Deleted in new\nchr2\t10\t20\tb\t7\t-\tmore\n"
    told = capsys.readouterr()
    assert told.err == "xpresso: 1 lifted, not lifted: 1 Deleted in new\n"
    assert told.out == ""


def test_liftover_reads_standard_input(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(BED.encode())))  # type: ignore[arg-type]
    monkeypatch.setattr(sys, "stdin", stream)
    assert main(["liftover", "-", "a.chain", "out.bed", "lost.bed"]) == 0
    assert (here / "out.bed").read_text().startswith("chr1\t110\t120\ta")


@pytest.mark.parametrize(
    ("out", "unmapped", "message"),
    [
        ("a.bed", "lost.bed", "a.bed: is an input"),
        ("out.bed", "a.chain", "a.chain: is an input"),
        ("folder", "lost.bed", "folder: is a folder"),
    ],
)
def test_liftover_overwrites_neither_input_nor_folder(
    here: Path, capsys: pytest.CaptureFixture[str], out: str, unmapped: str, message: str
) -> None:
    (here / "folder").mkdir()
    assert main(["liftover", "a.bed", "a.chain", out, unmapped]) == 2
    assert message in capsys.readouterr().err
    assert (here / "a.bed").read_text() == BED
    assert (here / "a.chain").read_text() == CHAIN
    assert not (here / "lost.bed").exists()


def test_other_spellings_and_byte_order_marks(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.bed").write_bytes(b"\xef\xbb\xbf" + BED.encode())
    assert main(["liftover", "a.bed", "a.chain", "out.bed", "lost.bed"]) == 0
    assert (here / "out.bed").read_text().startswith("chr1\t110")
    (here / "a.bed").write_text(BED.replace("chr", ""))
    assert main(["liftover", "a.bed", "a.chain", "out.bed", "lost.bed"]) == 0
    assert "are the chromosomes called alike" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.bed", "a.chain"], "none.bed: cannot be read"),
        (["a.bed", "a.bed"], "a.bed, line 1"),
        (["a.bed", "a.chain", "--min-match", "2"], "min_match"),
        (["a.bed", "a.chain", "--min-match", "x"], "--min-match"),
    ],
)
def test_liftover_says_what_is_wrong_in_one_line_and_writes_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    before = {path.name for path in here.iterdir()}
    assert main(["liftover", *arguments[:2], "out.bed", "lost.bed", *arguments[2:]]) == 2
    error = capsys.readouterr().err
    assert error.startswith("xpresso: error: ")
    assert message in error
    assert error.count("\n") == 1
    assert {path.name for path in here.iterdir()} == before


def test_signal_prints_six_columns(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["signal", "s.bw", "a.bed"]) == 0
    assert capsys.readouterr().out == "a\t10\t5\t10\t1\t2\nb\t10\t2\t1\t0.1\t0.5\n"


def test_signal_around_the_centre_into_a_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["signal", "s.bw", "a.bed", "--sample-around-center", "4", "-o", "out.tsv"]) == 0
    assert (here / "out.tsv").read_text() == "a\t4\t2\t4\t1\t2\nb\t4\t1\t0.5\t0.125\t0.5\n"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.bed", "a.bed"], "a.bed: is not a bigWig"),
        (["s.bw", "none.bed"], "none.bed"),
        (["s.bw", "a.bed", "--sample-around-center", "0"], "0"),
    ],
)
def test_signal_says_what_is_wrong_in_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["signal", *arguments, "-o", "out.tsv"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("xpresso: error: ")
    assert message in error
    assert error.count("\n") == 1
    assert not (here / "out.tsv").exists()


@pytest.mark.real
def test_liftover_of_the_papers_windows_is_ucscs_byte_for_byte(real_data: Path, tmp_path: Path) -> None:
    folder, out = real_data / "oracles" / "liftover", tmp_path / "hg19.bed"
    bed, chain = folder / "hg38_promoters_cage_corrected_withChr.bed", folder / "hg38ToHg19.over.chain.gz"
    assert main(["liftover", str(bed), str(chain), str(out), str(tmp_path / "lost.bed")]) == 0
    expected = folder / "hg19_promoters_cage_corrected_withChr.expected.bed"
    assert out.read_bytes() == expected.read_bytes()
    assert (tmp_path / "lost.bed").read_bytes() == (folder / "hg38_promoters.unmapped.kent492").read_bytes()
