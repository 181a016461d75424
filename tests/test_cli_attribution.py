"""The command ``xpresso attribute``: every method end to end, and what it refuses before a model is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from test_attribution import made
from test_bundle import UNIT
from toy import dna, write_inputs

import xpresso_core
from xpresso_core.attribution import METHODS, Attributor
from xpresso_core.bundle import load_bundle, save_bundle
from xpresso_core.cli import main
from xpresso_core.cli_attribution import _METHODS
from xpresso_core.sequence import encode

AVERAGE = "xpresso: no --halflife table: every gene counts as average in its half-life features"
DONE = f"xpresso: 3 explained, in {UNIT}"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("model") / "fold_1"
    save_bundle(made(), folder)
    return str(folder)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with promoters, a genome, TSSs and features."""
    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path)
    return tmp_path


def read(path: str = "out.npz") -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as archive:
        return dict(archive)


def test_the_command_knows_the_methods_there_are() -> None:
    assert _METHODS == METHODS


def test_help_comes_without_heavy_libraries() -> None:
    code = (
        "import sys; from xpresso_core.cli import main\n"
        "try: main(['attribute', '--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "assert not {'tensorflow', 'keras', 'pandas', 'numba', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for words in (*METHODS, "--background", "--steps N", "--correct-gradient", "examples", "not robust"):
        assert words in done.stdout


@pytest.mark.parametrize("method", METHODS)
def test_every_method_end_to_end(
    here: Path, model: str, capsys: pytest.CaptureFixture[str], method: str
) -> None:
    assert main(["attribute", model, "p.fa", "--method", method, "-o", "out.npz"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [AVERAGE, DONE]
    found = read()
    assert found["ids"].tolist() == ["a", "b", "c"]
    assert found["promoter"].shape == (3, 60, 4)
    assert found["halflife"].shape == (3, 2)
    windows = np.stack(
        [encode(text) for text in (dna(60, 1), dna(200, 2)[60:120], "N" * 30 + dna(21, 3) + "N" * 9)]
    )
    expected = Attributor(load_bundle(model), method).attribute(windows)  # type: ignore[arg-type]
    np.testing.assert_allclose(found["promoter"], expected.promoter, atol=1e-6)
    np.testing.assert_allclose(found["halflife"], expected.halflife, atol=1e-6)
    assert np.abs(found["promoter"]).max() > 1e-3


def test_gradient_times_input_is_the_default(here: Path, model: str) -> None:
    assert main(["attribute", model, "p.fa", "-o", "out.npz"]) == 0
    assert main(["attribute", model, "p.fa", "--method", "grad_input", "-o", "other.npz"]) == 0
    assert Path("out.npz").stat().st_size == Path("other.npz").stat().st_size
    for name, array in read().items():
        np.testing.assert_array_equal(array, read("other.npz")[name])


def test_features_reach_the_model(here: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["attribute", model, "p.fa", "--halflife", "h.tsv", "-o", "out.npz"]
    assert main(arguments) == 0
    assert capsys.readouterr().err.splitlines() == [DONE]
    halflife = read()["halflife"]
    raw = np.array([[100, 0.5], [np.nan, 0.6], [50, np.nan]])
    codes = np.zeros((3, 60), np.uint8)
    expected = Attributor(load_bundle(model), "grad_input").attribute(codes, raw).halflife
    np.testing.assert_allclose(halflife, expected, atol=1e-5)  # linear in them, whatever the promoter
    assert halflife[1, 0] == halflife[2, 1] == 0
    assert (np.abs(halflife) > 1e-4).sum() >= 3


def test_options_reach_the_method(here: Path, model: str) -> None:
    bundle = load_bundle(model)
    codes = encode(dna(60, 1))[None]
    for arguments, options in (
        (["--background", "0.1,0.2,0.3,0.4", "--steps", "2"], {"background": "0.1,0.2,0.3,0.4", "steps": 2}),
        (["--background", "zeros", "--steps", "3"], {"background": "zeros", "steps": 3}),
        (["--correct-gradient", "--steps", "1"], {"corrected": True, "steps": 1}),
    ):
        method = ["--method", "integrated_gradients"]
        assert main(["attribute", model, "p.fa", *method, *arguments, "-o", "out.npz"]) == 0
        expected = Attributor(bundle, "integrated_gradients", **options).attribute(codes)  # type: ignore[arg-type]
        np.testing.assert_allclose(read()["promoter"][0], expected.promoter[0], atol=1e-6)
    assert (
        main(["attribute", model, "p.fa", "--method", "deeplift", "--background", "zeros", "-o", "d.npz"])
        == 0
    )


def test_genome_and_bed_agree_with_fasta(here: Path, model: str) -> None:
    assert main(["attribute", model, "--genome", "g.fa", "--bed", "t.bed", "-o", "out.npz"]) == 0
    cut = read()
    assert cut["ids"].tolist() == ["a", "b"]
    Path("a.fa").write_text(f">a\n{dna(300)[60:120]}\n")
    assert main(["attribute", model, "a.fa", "-o", "fasta.npz"]) == 0
    np.testing.assert_allclose(cut["promoter"][0], read("fasta.npz")["promoter"][0], atol=2e-6)


def test_models_of_features_or_promoters_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_bundle(made(inputs=("halflife",)), "features")
    assert main(["attribute", "features", "--halflife", "h.tsv", "-o", "out.npz"]) == 0
    assert read()["promoter"].shape == (3, 0, 4)
    assert capsys.readouterr().err.splitlines() == [DONE]
    assert main(["attribute", "features", "--halflife", "h.tsv", "--method", "ism", "-o", "ism.npz"]) == 2
    assert "takes no promoter" in capsys.readouterr().err
    save_bundle(made(inputs=("promoter",), feature_names=(), scaler=None), "promoters")
    assert main(["attribute", "promoters", "p.fa", "-o", "out.npz"]) == 0
    assert read()["halflife"].shape == (3, 0)
    assert main(["attribute", "promoters", "p.fa", "--halflife", "h.tsv", "-o", "out.npz"]) == 2
    assert "takes no half-life features" in capsys.readouterr().err
    assert not Path("ism.npz").exists()


BEFORE: dict[str, tuple[list[str], str]] = {
    "steps": (["p.fa", "--steps", "5"], "--steps belongs to integrated_gradients, not to grad_input"),
    "steps of deeplift": (
        ["p.fa", "--method", "deeplift", "--steps", "100"],
        "--steps belongs to integrated_gradients, not to deeplift",
    ),
    "background": (
        ["p.fa", "--background", "ACGT"],
        "--background belongs to integrated_gradients and deeplift, not to grad_input",
    ),
    "background of ism": (["p.fa", "--method", "ism", "--background", "zeros"], "not to ism"),
    "no archive": (["p.fa", "-o", "out.tsv"], "is a NumPy archive, and out.tsv does not end in .npz"),
    "standard output": (["p.fa", "-o", "-"], "and - does not end in .npz"),
    "the input": (["in.npz", "-o", "in.npz"], "in.npz: is an input, which would be overwritten"),
    "the table": (["p.fa", "--halflife", "in.npz", "-o", "in.npz"], "in.npz: is an input"),
    "a folder": (["p.fa", "-o", "folder.npz"], "folder.npz: is a folder"),
    "genome alone": (["--genome", "g.fa"], "--genome and --bed go together. See xpresso attribute --help"),
    "no method": (["p.fa", "--method", "lime"], "argument --method: invalid choice: 'lime'"),
    "no number": (["p.fa", "--steps", "many"], "argument --steps: invalid int value"),
    "no such model": (["p.fa"], "none: there is no such model"),
}


@pytest.mark.parametrize("name", BEFORE)
def test_what_changes_nothing_or_cannot_be_written_is_refused_before_a_model_is_loaded(
    here: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    arguments, message = BEFORE[name]
    Path("in.npz").write_text(Path("p.fa").read_text())
    Path("folder.npz").mkdir()
    output = [] if "-o" in arguments else ["-o", "out.npz"]
    assert main(["attribute", "none", *arguments, *output]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    error = printed.err.splitlines()[-1]
    assert error.startswith("xpresso: error: ")
    assert message in error
    assert Path("in.npz").read_text() == Path("p.fa").read_text()
    assert not Path("out.npz").exists()


def test_the_output_is_needed(here: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attribute", model, "p.fa"]) == 2
    assert "the following arguments are required: -o" in capsys.readouterr().err


AFTER: dict[str, tuple[list[str], str]] = {
    "no steps": (["p.fa", "--method", "integrated_gradients", "--steps", "0"], "0 steps make no path"),
    "bad background": (
        ["p.fa", "--method", "deeplift", "--background", "1,2,3"],
        "the background '1,2,3' is not ACGT, zeros or four numbers from 0 to 1",
    ),
    "empty background": (
        ["p.fa", "--method", "deeplift", "--background", ""],
        "the background '' is not ACGT",
    ),
    "correction of ism": (
        ["p.fa", "--method", "ism", "--correct-gradient"],
        "in-silico mutagenesis has no gradient to correct",
    ),
    "not DNA": (["x.fa"], "x.fa, record 'b': '!' at position 3 is not a DNA"),
    "empty": (["empty.fa"], "empty.fa: holds no sequence"),
    "no promoters": ([], "no promoters were given"),
    "missing gene": (["p.fa", "--halflife", "x.tsv"], "x.tsv: has no row for 'b'"),
}


@pytest.mark.parametrize("name", AFTER)
def test_bad_input_gets_one_clear_line_and_no_output(
    here: Path, model: str, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    Path("x.fa").write_text(">a\nACGT\n>b\nAC!T\n")
    Path("empty.fa").write_text("")
    Path("x.tsv").write_text("id\tutr5_len\tutr5_gc\na\t1\t1\n")
    before = {path.name for path in here.iterdir()}
    arguments, message = AFTER[name]
    assert main(["attribute", model, *arguments, "-o", "out.npz"]) == 2
    printed = capfd.readouterr()
    *notes, error = printed.err.splitlines()
    assert error.startswith("xpresso: error: ")
    assert message in error
    assert all(note == AVERAGE for note in notes)
    assert {path.name for path in here.iterdir()} == before


def test_the_real_process_says_nothing_else(here: Path, model: str) -> None:
    """Neither do the compilers of TensorFlow, which would write past Python."""
    environment = {**os.environ, "PYTHONPATH": str(Path(xpresso_core.__file__).parents[1])}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    command = [sys.executable, "-m", "xpresso_core.cli", "attribute", model, "p.fa", "--halflife", "h.tsv"]
    command += ["--method", "integrated_gradients", "-o", "out.npz"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert (done.stdout, done.stderr) == ("", DONE + "\n")
