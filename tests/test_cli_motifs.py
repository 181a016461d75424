"""`xpresso fimo`, as people type it."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

import numpy as np
import pytest

from xpresso_core.cli import main
from xpresso_core.fimo import HEADER
from xpresso_core.meme_format import Motif, format_motifs
from xpresso_core.motifs import read_motifs
from xpresso_core.sequence import encode

FASTA = ">one\nccgattacacc\n>empty\n>two\nCACGTG\n"
GATTACA = Motif("GATTACA", "plain", np.eye(4)[encode("GATTACA")], 100.0)
CACGTG = Motif("CACGTG", "", np.eye(4)[encode("CACGTG")], 100.0)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with motifs and sequences."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.meme").write_text(format_motifs([GATTACA, CACGTG]))
    (tmp_path / "s.fa").write_text(FASTA)
    return tmp_path


def rows(text: str) -> list[list[str]]:
    """Return the rows below FIMO's header."""
    header, *lines = text.splitlines()
    assert header == "\t".join(HEADER)
    return [line.split("\t") for line in lines]


@pytest.mark.usefixtures("here")
def test_hits_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fimo", "m.meme", "s.fa", "--thresh", "1e-3"]) == 0
    told = capsys.readouterr()
    assert told.err == "xpresso: 3 hits\n"
    found = rows(told.out)
    assert [(*row[:6], row[9]) for row in found] == [
        ("GATTACA", "plain", "one", "3", "9", "+", "GATTACA"),
        ("CACGTG", "", "two", "1", "6", "+", "CACGTG"),
        ("CACGTG", "", "two", "1", "6", "-", "CACGTG"),
    ]
    assert {row[8] for row in found} == {""}


def test_or_into_a_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fimo", "m.meme", "s.fa", "--skip-matched-sequence", "-o", "new/out.tsv"]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "xpresso: 1 hits\n")
    # The default of 1e-4 is less than the chance of any word of six letters.
    ((motif, *_, matched),) = rows((here / "new" / "out.tsv").read_text())
    assert (motif, matched) == ("GATTACA", "")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.usefixtures("here")
def test_sequences_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], packed: bool
) -> None:
    content = gzip.compress(FASTA.encode()) if packed else FASTA.encode()
    stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(content)))  # type: ignore[arg-type]
    monkeypatch.setattr(sys, "stdin", stream)
    assert main(["fimo", "m.meme", "-", "--thresh", "1e-3"]) == 0
    assert len(rows(capsys.readouterr().out)) == 3


@pytest.mark.usefixtures("here")
def test_motifs_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(format_motifs([CACGTG]).encode())))  # type: ignore[arg-type]
    monkeypatch.setattr(sys, "stdin", stream)
    assert main(["fimo", "-", "s.fa", "--thresh", "1e-3"]) == 0
    assert [row[0] for row in rows(capsys.readouterr().out)] == ["CACGTG"] * 2


@pytest.mark.usefixtures("here")
def test_one_strand_and_some_motifs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fimo", "m.meme", "s.fa", "--thresh", "1e-3", "--norc", "--motif", "CACGTG"]) == 0
    assert [(row[0], row[5]) for row in rows(capsys.readouterr().out)] == [("CACGTG", "+")]
    both = ["--motif", "CACGTG", "--motif", "GATTACA"]
    assert main(["fimo", "m.meme", "s.fa", "--thresh", "1e-3", *both]) == 0
    assert [row[0] for row in rows(capsys.readouterr().out)] == ["GATTACA", "CACGTG", "CACGTG"]


@pytest.mark.usefixtures("here")
def test_bed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fimo", "m.meme", "s.fa", "--thresh", "1e-3", "--bed", "--bgfile", "uniform"]) == 0
    assert capsys.readouterr().out == (
        "one\t2\t9\tGATTACA\t42\t+\ntwo\t0\t6\tCACGTG\t36\t+\ntwo\t0\t6\tCACGTG\t36\t-\n"
    )


def test_backgrounds_and_pseudocounts_change_scores(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "bg.txt").write_text("A 0.3\nC 0.2\nG 0.2\nT 0.3\n")
    (here / "bg1.txt").write_text("A 0.3\nC 0.2\nG 0.2\nT 0.3\nAA 0.9\nAC 0.1\n")
    outputs = {}
    for name, options in {
        "default": [],
        "nrdb": ["--bgfile", "nrdb"],
        "uniform": ["--bgfile", "uniform"],
        "sequences": ["--bgfile", "sequences"],
        "file": ["--bgfile", "bg.txt"],
        "higher": ["--bgfile", "bg1.txt"],
        "pseudo": ["--motif-pseudo", "5"],
    }.items():
        assert main(["fimo", "m.meme", "s.fa", "--thresh", "1e-3", *options]) == 0
        outputs[name] = capsys.readouterr().out
    assert outputs["default"] == outputs["nrdb"]
    assert outputs["file"] == outputs["higher"]
    assert len(set(outputs.values())) == 5


def test_jaspar_by_name(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (motif,) = (motif for motif in read_motifs("JASPAR2016") if motif.identifier == "MA0139.1")
    best = "".join("ACGT"[letter] for letter in motif.frequencies.argmax(axis=1))
    (here / "s.fa").write_text(f">s\nTTTT{best}TTTT\n")
    assert main(["fimo", "JASPAR2016", "s.fa", "--motif", "MA0139.1", "--thresh", "1e-8"]) == 0
    ((identifier, name, _, start, stop, strand, *_, matched),) = rows(capsys.readouterr().out)
    assert (identifier, name, strand, matched) == ("MA0139.1", "CTCF", "+", best)
    assert (start, stop) == ("5", str(4 + len(best)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.meme", "s.fa"], "none.meme: cannot be read"),
        (["m.meme", "none.fa"], "none.fa: cannot be read"),
        (["s.fa", "s.fa"], "s.fa: holds no motif"),
        (["m.meme", "m.meme"], "m.meme: line 1 comes before the first '>' header"),
        (["JASPAR2061", "s.fa"], "motifs: JASPAR has no 'JASPAR2061'"),
        (["JASPAR2016:plant", "s.fa"], "did you mean 'plants'?"),
        (
            ["m.meme", "s.fa", "--motif", "GATTACC"],
            "m.meme: there is no motif 'GATTACC', did you mean 'GATTACA'?",
        ),
        (["m.meme", "s.fa", "--thresh", "2"], "threshold: 2 is no p-value"),
        (["m.meme", "s.fa", "--thresh", "x"], "--thresh"),
        (["m.meme", "s.fa", "--motif-pseudo", "-1"], "pseudocount: -1 is no pseudocount"),
        (["m.meme", "s.fa", "--bgfile", "none.txt"], "none.txt: cannot be read"),
        (["m.meme", "s.fa", "--bgfile", "s.fa"], "s.fa: lacks a line with a frequency"),
        (["m.meme", "bad.fa"], "bad.fa, record 'two': '!' at position 4"),
        (["m.meme"], "FASTA"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_nothing_written(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    (here / "bad.fa").write_text(">one\nGATTACA\n>two\nACG!\n")
    before = {path.name for path in here.iterdir()}
    for output in (["-o", "out.tsv"], []):
        assert main(["fimo", *arguments, *output]) == 2
        told = capsys.readouterr()
        assert told.err.startswith("xpresso: error: ")
        assert message in told.err
        assert told.err.count("\n") == 1
        assert told.out == ""
        assert {path.name for path in here.iterdir()} == before


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("m.meme", "m.meme: is an input"),
        ("s.fa", "s.fa: is an input"),
        ("bg.txt", "bg.txt: is an input"),
        ("folder", "folder: is a folder"),
    ],
)
def test_neither_inputs_nor_folders_are_overwritten(
    here: Path, capsys: pytest.CaptureFixture[str], output: str, message: str
) -> None:
    (here / "bg.txt").write_text("A 0.3\nC 0.2\nG 0.2\nT 0.3\n")
    (here / "folder").mkdir()
    before = {path.name: path.read_text() for path in here.iterdir() if path.is_file()}
    assert main(["fimo", "m.meme", "s.fa", "--bgfile", "bg.txt", "-o", output]) == 2
    assert message in capsys.readouterr().err
    assert {path.name: path.read_text() for path in here.iterdir() if path.is_file()} == before


def test_help_says_what_comes_out(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["fimo", "--help"])
    assert left.value.code == 0
    told = capsys.readouterr().out
    assert "JASPAR2016" in told
    assert "--skip-matched-sequence" in told


@pytest.mark.real
def test_the_promoters_byte_for_byte(real_data: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    folder = real_data / "oracles" / "fimo" / "synthetic"
    arguments = ["JASPAR2016", str(folder / "prom200.fa"), "--bgfile", str(folder / "bg0.txt")]
    assert main(["fimo", *arguments, "--skip-matched-sequence"]) == 0
    expected = gzip.decompress((folder / "fimo412.prom200.text.tsv.gz").read_bytes())
    assert capsysbinary.readouterr().out == expected
