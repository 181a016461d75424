"""The command as people meet it: what it prints, where, and with which exit status."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_bundle import FEATURES, SCALER, UNIT, WINDOW, bundle
from toy import dna, write_inputs

import xpresso_core
from xpresso_core.bundle import load_bundle, save_bundle
from xpresso_core.cli import COMMANDS, main
from xpresso_core.sequence import encode

HEADER = "id\tpredicted\tpredicted_sd"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("model") / "fold_1"
    save_bundle(bundle(1, 2), folder)
    return str(folder)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with promoters, a genome, TSSs and features."""
    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path)
    return tmp_path


def rows(text: str) -> dict[str, list[float]]:
    header, *lines = text.splitlines()
    assert header == HEADER
    return {line.split("\t")[0]: [float(cell) for cell in line.split("\t")[1:] if cell] for line in lines}


def test_help_comes_without_the_network_library() -> None:
    code = (
        "import sys; from xpresso_core.cli import main\n"
        "try: main(['predict', '--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "assert not {'tensorflow', 'keras', 'pandas', 'numba'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for words in ("--halflife TABLE", "examples", "one base off on '-'"):
        assert words in done.stdout


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_has_help_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    assert f"examples\n  xpresso {command}" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"xpresso {xpresso_core.__version__}\n"


def test_predict_writes_a_table_and_says_the_unit(
    here: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", model, "p.fa"]) == 0
    printed = capsys.readouterr()
    assert list(rows(printed.out)) == ["a", "b", "c"]
    assert printed.err.splitlines() == [
        "xpresso: no --halflife table: every gene counts as average in its half-life features",
        f"xpresso: 3 predicted, in {UNIT}",
    ]
    mean, sd = load_bundle(model).predict(encode(dna(60, 1))[None])
    np.testing.assert_allclose(rows(printed.out)["a"], [mean[0], sd[0]], atol=1e-6)
    assert main(["predict", model, "p.fa", "-o", "out.tsv"]) == 0
    assert Path("out.tsv").read_text() == printed.out
    assert capsys.readouterr().out == ""


def test_standard_input_and_compression_give_the_same(
    here: Path, model: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["predict", model, "p.fa"])
    plain = capsys.readouterr().out
    packed = gzip.compress(Path("p.fa").read_bytes())
    Path("p.fa.gz").write_bytes(packed)
    assert main(["predict", model, "p.fa.gz"]) == 0
    assert capsys.readouterr().out == plain
    for data in (Path("p.fa").read_bytes(), packed):
        stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(data)))  # type: ignore[arg-type]
        monkeypatch.setattr(sys, "stdin", stream)
        assert main(["predict", model, "-"]) == 0
        assert capsys.readouterr().out == plain


def test_features_and_tss_reach_the_model(here: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["predict", model, "p.fa"])
    average = rows(capsys.readouterr().out)
    assert main(["predict", model, "p.fa", "--halflife", "h.tsv"]) == 0
    printed = capsys.readouterr()
    assert "average" not in printed.err
    given = rows(printed.out)
    assert all(abs(given[name][0] - average[name][0]) > 1e-4 for name in given)
    expected = load_bundle(model).predict(encode(dna(60, 1))[None], np.array([[100, 0.5]]))
    np.testing.assert_allclose(given["a"], [expected[0][0], expected[1][0]], atol=1e-6)
    assert main(["predict", model, "p.fa", "--tss", "20"]) == 0
    moved = rows(capsys.readouterr().out)
    assert all(moved[name] != average[name] for name in moved)


def test_genome_and_bed_agree_with_fasta(here: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", model, "--genome", "g.fa", "--bed", "t.bed"]) == 0
    cut = rows(capsys.readouterr().out)
    Path("a.fa").write_text(f">a\n{dna(300)[60:120]}\n")
    main(["predict", model, "a.fa"])
    np.testing.assert_allclose(cut["a"], rows(capsys.readouterr().out)["a"], atol=2e-6)


def test_a_model_of_features_alone_needs_no_sequence(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_bundle(bundle(inputs=("halflife",)), "only")
    assert main(["predict", "only", "--halflife", "h.tsv"]) == 0
    assert list(rows(capsys.readouterr().out)) == ["a", "b", "c"]
    assert main(["predict", "only", "p.fa", "--halflife", "h.tsv"]) == 2
    assert "nothing but half-life features" in capsys.readouterr().err


def test_a_model_of_promoters_alone_takes_no_features(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scaler = type(SCALER)("strict", 0.0, 1.0)
    save_bundle(bundle(inputs=("promoter",), feature_names=(), scaler=scaler), "only")
    assert main(["predict", "only", "p.fa"]) == 0
    printed = capsys.readouterr()
    assert printed.err == f"xpresso: 3 predicted, in {UNIT}\n"
    assert [len(row) for row in rows(printed.out).values()] == [1, 1, 1]
    assert main(["predict", "only", "p.fa", "--halflife", "h.tsv"]) == 2
    assert "takes no half-life features" in capsys.readouterr().err


BAD: dict[str, tuple[dict[str, str], list[str], str]] = {
    "not DNA": (
        {"x.fa": ">a\nACGT\n>b\nAC!T\n"},
        ["x.fa"],
        "x.fa, record 'b': '!' at position 3 is not a DNA",
    ),
    "protein": ({"x.fa": ">a\nMKLE\n"}, ["x.fa"], "x.fa, record 'a': 'L' at position 3"),
    "no FASTA": ({"x.fa": "ACGT\n"}, ["x.fa"], "line 1 comes before the first '>'"),
    "empty": ({"x.fa": ""}, ["x.fa"], "x.fa: holds no sequence"),
    "empty record": ({"x.fa": ">a\n>b\nA\n"}, ["x.fa"], "record 'a': the record has no sequence"),
    "duplicate id": ({"x.fa": ">a\nAC\n>a\nAC\n"}, ["x.fa"], "the record 'a' occurs twice (line 3)"),
    "no file": ({}, ["none.fa"], "none.fa: cannot be read"),
    "tss outside": ({}, ["p.fa", "--tss", "30"], "record 'c': the record has 21 bases"),
    "negative tss": ({}, ["p.fa", "--tss", "-1"], "index -1 is outside"),
    "no tss": ({}, ["p.fa", "--tss", "middle"], "argument --tss: invalid int value"),
    "no promoters": ({}, [], "no promoters were given"),
    "genome alone": ({}, ["--genome", "g.fa"], "--genome and --bed go together"),
    "both sources": ({}, ["p.fa", "--genome", "g.fa", "--bed", "t.bed"], "not both"),
    "tss of bed": ({}, ["--genome", "g.fa", "--bed", "t.bed", "--tss", "3"], "--tss belongs to FASTA"),
    "pad of fasta": ({}, ["p.fa", "--pad"], "--pad belongs to --genome and --bed"),
    "no genome": ({}, ["--genome", "no.fa", "--bed", "t.bed"], "no.fa: the genome does not exist"),
    "off the end": (
        {"x.bed": "chr1\t5\t6\ta\t0\t+\n"},
        ["--genome", "g.fa", "--bed", "x.bed"],
        "x.bed, line 1: the window chr1:-35-25 leaves the chromosome",
    ),
    "wide": (
        {"x.bed": "chr1\t50\t250\ta\t0\t+\n"},
        ["--genome", "g.fa", "--bed", "x.bed"],
        "x.bed, line 1: the interval has 200 bases",
    ),
    "twice in BED": (
        {"x.bed": "chr1\t99\t100\ta\t0\t+\n" * 2},
        ["--genome", "g.fa", "--bed", "x.bed"],
        "x.bed, line 2: the name 'a' occurs twice",
    ),
    "no strand": (
        {"x.bed": "chr1\t99\t100\ta\n"},
        ["--genome", "g.fa", "--bed", "x.bed"],
        "x.bed, line 1: is not BED with six",
    ),
    "wrong columns": (
        {"x.tsv": "id\thalflife_1\na\t1\n"},
        ["p.fa", "--halflife", "x.tsv"],
        "x.tsv: lacks the columns utr5_len, utr5_gc. It has: id, halflife_1",
    ),
    "missing gene": (
        {"x.tsv": "id\tutr5_len\tutr5_gc\na\t1\t1\n"},
        ["p.fa", "--halflife", "x.tsv"],
        "x.tsv: has no row for 'b'",
    ),
    "no number": (
        {"x.tsv": "id\tutr5_len\tutr5_gc\na\t1\thigh\n"},
        ["p.fa", "--halflife", "x.tsv"],
        "x.tsv, line 2: 'high' in column utr5_gc",
    ),
    "unknown option": ({}, ["p.fa", "--fast"], "unrecognized arguments: --fast"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("output", ["-", "out.tsv"])
def test_bad_input_gets_one_clear_line_and_no_output(
    here: Path, model: str, capfd: pytest.CaptureFixture[str], name: str, output: str
) -> None:
    files, arguments, message = BAD[name]
    for file, text in files.items():
        Path(file).write_text(text)
    before = {path.name for path in here.iterdir()}
    assert main(["predict", model, *arguments, "-o", output]) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    *notes, error = printed.err.splitlines()
    assert error.startswith("xpresso: error: ")
    assert message in error
    assert all("no --halflife table" in note for note in notes)
    assert {path.name for path in here.iterdir()} - before <= {"g.fa.fai"}


def test_bad_models_and_outputs_get_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], model: str
) -> None:
    Path("m.h5").write_text("x")
    Path("folder").mkdir()
    cases = {
        ("info", "none"): "none: there is no such model",
        ("info", "m.h5"): "m.h5: is not a Keras model file",
        ("info", "folder"): "folder: the folder holds no bundle.json",
        ("predict", model, "p.fa", "-o", "folder"): "folder: is a folder",
        ("predict", model, "p.fa", "-o", "p.fa/out.tsv"): "p.fa",
        ("dance",): "invalid choice: 'dance'",
        (): "the following arguments are required: COMMAND",
    }
    for arguments, message in cases.items():
        assert main(arguments) == 2
        error = capsys.readouterr().err.splitlines()[-1]
        assert error.startswith("xpresso: error: ")
        assert message in error
    assert sorted(path.name for path in here.iterdir()) == [
        "folder",
        "g.fa",
        "h.tsv",
        "m.h5",
        "p.fa",
        "t.bed",
    ]


def test_info_says_what_a_model_is(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", model]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    checksums = load_bundle(model).checksums
    for words in (
        UNIT,
        "40 bases before the TSS and 20 from it on",
        ", ".join(FEATURES),
        "r2 0.25",
        *checksums.values(),
    ):
        assert words in printed.out
    assert main(["info", model, "--json"]) == 0
    record: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert record["window"] == WINDOW._asdict()
    assert [member["file"] for member in record["members"]] == ["model_1.keras", "model_2.keras"]


def run(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "xpresso_core.cli", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(xpresso_core.__file__).parents[1])}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options
    )


def test_the_real_process_is_quiet_and_exact_about_its_status(here: Path, model: str) -> None:
    good = run("predict", model, "p.fa", "--halflife", "h.tsv")
    out, err = good.communicate()
    assert (good.returncode, err) == (0, f"xpresso: 3 predicted, in {UNIT}\n")
    assert list(rows(out)) == ["a", "b", "c"]
    (here / "x.fa").write_text(">a\n" + "ACGT" * 20 + "\n>b\nAC!T\n")
    bad = run("predict", model, "x.fa", "--halflife", "h.tsv", "-o", "out.tsv")
    out, err = bad.communicate()
    assert (bad.returncode, out) == (2, "")
    assert err == (
        "xpresso: error: x.fa, record 'b': '!' at position 3 is not a DNA letter. "
        "Only the IUPAC nucleotide letters are allowed\n"
    )
    assert not (here / "out.tsv").exists()


def test_a_reader_that_left_is_no_catastrophe(here: Path, model: str) -> None:
    process = run("info", model, stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), err) == (141, "")


def test_an_interrupt_ends_quietly_and_leaves_nothing(here: Path, model: str) -> None:
    process = run("predict", model, "-", "-o", "out.tsv", stdin=subprocess.PIPE)
    assert process.stderr is not None
    assert "no --halflife table" in process.stderr.readline()  # loaded, and waiting for promoters
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert (process.returncode, err) == (130, "xpresso: interrupted; no result was written\n")
    assert not list(here.glob("*out*"))
    assert not list(here.glob(".partial-*"))


@pytest.mark.real
def test_the_released_model_says_that_it_gives_z_scores(
    real_data: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(next((real_data / "models").glob("humanMedian*")))
    Path("l.fa").write_text(f">x\n{dna(20000)}\n")
    assert main(["predict", path, "l.fa"]) == 0
    printed = capsys.readouterr()
    assert "in z-score of log10(RPKM + 0.1)" in printed.err
    assert len(rows(printed.out)["x"]) == 1
    Path("f.tsv").write_text(
        "\t".join(["id", *(f"halflife_{i}" for i in range(1, 7))]) + "\nx" + "\t0" * 6 + "\n"
    )
    assert main(["predict", path, "l.fa", "--halflife", "f.tsv"]) == 0
    assert capsys.readouterr().out == printed.out
    assert main(["info", path]) == 0
    text = capsys.readouterr().out
    for words in ("z-score", "7,000 bases before", "halflife_6", "Roadmap", "0.426", "15a383648008df5f"):
        assert words in text
