"""`xpresso dreme`, as people type it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from xpresso_core.cli import main
from xpresso_core.meme_format import parse_motifs


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with sequences."""
    monkeypatch.chdir(tmp_path)
    words = ["TTGATTACATT", "GGTGTAATCGG"]
    (tmp_path / "p.fa").write_text("".join(f">p{n}\n{words[n % 2]}\n" for n in range(60)))
    (tmp_path / "n.fa").write_text("".join(f">n{n}\nTCTCTCTCTGG\n" for n in range(60)))
    (tmp_path / "short.fa").write_text(">a\nAC\n>b\nGNT\n")
    (tmp_path / "empty.fa").write_text("")
    (tmp_path / "bad.fa").write_text(">one\nGATTACA\n>two\nACG!\n")
    return tmp_path


def found(folder: Path) -> list[str]:
    return [motif.identifier for motif in parse_motifs(folder / "dreme.txt")]


def test_a_folder_is_made(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dreme", "p.fa", "n.fa", "-o", "out"]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    motifs = found(here / "out")
    # Not a terminal: only the last line.
    assert told.err == f"xpresso: {len(motifs)} motifs in out\n"
    assert motifs
    assert "#     command: xpresso dreme p.fa n.fa -o out\n" in (here / "out" / "dreme.txt").read_text()
    assert sorted(path.name for path in (here / "out").iterdir()) == ["dreme.html", "dreme.txt", "dreme.xml"]


def test_progress_on_a_terminal(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["dreme", "p.fa", "n.fa", "-o", "out", "-m", "1"]) == 0
    (motif,) = found(here / "out")
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith(f"xpresso: {motif}: 90 sites, E-value ")
    assert last == "xpresso: 1 motifs in out"


def test_options(here: Path) -> None:
    assert main(["dreme", "p.fa", "n.fa", "-oc", "both", "-mink", "7", "-maxk", "7", "-m", "1"]) == 0
    # As many sequences match this as GATTACA; the first in the alphabet is taken.
    assert found(here / "both") == ["ATTACAY"]
    one = ["-norc", "-mink", "7", "-maxk", "7", "-m", "2", "-g", "5", "-e", "0.01", "-s", "3"]
    assert main(["dreme", "p.fa", "n.fa", "-oc", "one", *one]) == 0
    assert len(found(here / "one")) == 2
    text = (here / "one" / "dreme.txt").read_text()
    options = "-oc one -norc -mink 7 -maxk 7 -e 0.01 -m 2 -g 5 -s 3"
    assert f"#     command: xpresso dreme p.fa n.fa {options}\n" in text
    assert "\nstrands: +\n" in text
    xml = (here / "one" / "dreme.xml").read_text()
    for setting in ('evalue="0.01" count="2"', "<ngen>5<", "<seed>3<", "<strands>given<"):
        assert setting in xml


def test_shuffled_without_negatives(here: Path) -> None:
    assert main(["dreme", "p.fa", "-o", "out", "-e", "1e6", "-m", "1"]) == 0
    assert "negatives: 60 from shuffled positives" in (here / "out" / "dreme.txt").read_text()


def test_a_folder_that_exists(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dreme", "p.fa", "n.fa", "-o", "out"]) == 0
    capsys.readouterr()
    before = (here / "out" / "dreme.txt").read_bytes()
    assert main(["dreme", "p.fa", "n.fa", "-o", "out", "-m", "1"]) == 2
    assert "out: exists already" in capsys.readouterr().err
    assert (here / "out" / "dreme.txt").read_bytes() == before
    assert main(["dreme", "p.fa", "n.fa", "-oc", "out", "-m", "1"]) == 0
    assert len(found(here / "out")) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.fa"], "none.fa: cannot be read"),
        (["p.fa", "none.fa"], "none.fa: cannot be read"),
        (["empty.fa"], "empty.fa: holds no sequence"),
        (["p.fa", "empty.fa"], "empty.fa: holds no sequence"),
        (["bad.fa"], "bad.fa, record 'two': '!' at position 4"),
        (["short.fa"], "the positive sequences have no word of 3 letters"),
        (["p.fa", "-mink", "9"], "words of 9 to 8 letters"),
        (["p.fa", "-mink", "-1"], "words of -1 to 8 letters"),
        (["p.fa", "-maxk", "17"], "words of 3 to 17 letters cannot be counted. Take 1 <= mink <= maxk <= 12"),
        (["p.fa", "-e", "-1"], "-1 is no E-value"),
        (["p.fa", "-m", "0"], "0 motifs cannot be looked for"),
        (["p.fa", "-m", "-3"], "-3 motifs cannot be looked for"),
        (["p.fa", "-g", "-3"], "-3 expressions cannot be generalised"),
        (["p.fa", "-s", "-3"], "-3 is no seed"),
        (["p.fa", "-mink", "x"], "-mink"),
        (["p.fa", "-oc", "other"], "not allowed with argument"),
        (["-", "-"], "standard input cannot be both kinds of sequences. Name a file for one of them"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_nothing_written(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    before = {path.name for path in here.iterdir()}
    assert main(["dreme", *arguments, "-o", "out"]) == 2
    told = capsys.readouterr()
    assert told.err.startswith("xpresso: error: ")
    assert message in told.err
    assert told.err.count("\n") == 1
    assert {path.name for path in here.iterdir()} == before


@pytest.mark.usefixtures("here")
def test_the_folder_is_needed_and_is_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dreme", "p.fa"]) == 2
    assert "-o/--output -oc is required" in capsys.readouterr().err
    for option in ("-o", "-oc"):
        assert main(["dreme", "p.fa", option, "p.fa"]) == 2
        assert "p.fa: is a file, and a folder is to be written" in capsys.readouterr().err


def test_help_loads_no_compiler() -> None:
    code = (
        "import sys; from xpresso_core.cli import main\n"
        "try: main(['dreme', '--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(sorted({'numba', 'pandas', 'matplotlib', 'logomaker'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "-mink" in done.stdout
    assert "dreme.html" in done.stdout
