"""`xpresso experiments`: what it prints, where, and how fast where no times are asked for."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from test_estimate import write_former
from toy import ARCHITECTURE

from xpresso_core.architecture import Architecture
from xpresso_core.cli import main
from xpresso_core.cli_experiments import COLUMNS

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "config" / "demo.yaml"
FAST = """
import sys
from xpresso_core.cli import main
status = main(sys.argv[1:])
assert not {'tensorflow', 'keras'} & set(sys.modules), 'slow'
sys.exit(status)
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with ``tiny.yaml``: a cross-validation of a tiny network, and a search."""
    monkeypatch.chdir(tmp_path)
    plain: dict[str, Any] = yaml.safe_load(DEMO.read_text())
    full = plain["experiments"]["demo_full"]
    tiny = {
        "experiments": {
            "both": {**full, "architecture": "tiny"},
            "halflife": {**full, "architecture": "tiny", "inputs": ["halflife"], "trials": 1},
        },
        "architectures": {"tiny": ARCHITECTURE.to_dict()},
        "comparisons": {},
        "reporters": {},
        "baselines": {},
        "interpretations": {},
        "tracks": {},
        "residuals": {},
        "searches": {},
        "device": "cpu",
    }
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(plain | tiny))
    return tmp_path


def table(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), sep="\t", keep_default_na=False).set_index("name")


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from xpresso_core.cli import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", code, "experiments", *arguments], capture_output=True, text=True, check=False
    )


def test_the_demo_is_counted_without_the_network_library(here: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAST, "experiments", str(DEMO), "--no-times"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert tuple(done.stdout.splitlines()[0].split("\t")) == COLUMNS
    found = table(done.stdout)
    assert found.loc["demo_full"].to_dict() == {
        "kind": "experiment",
        "dataset": "demo_median",
        "split": "3 folds",
        "inputs": "promoter, halflife",
        "architecture": "core",
        "training_genes": 387,
        "folds": 3,
        "trials": 2,
        "trainings": 6,
        "epochs": 30,
        "seconds_per_training": "",
        "hours": "",
        "basis": "30 epochs assumed",
    }
    assert found.loc["demo_chromosomes", "split"] == "3 groups of chromosomes"
    assert found.loc["demo_searched", "split"] == "hold-out 80+100"
    assert found.loc["demo_search", "kind"] == "search"
    assert "counted with 700 genes, as many as are simulated (--genes): demo_median" in done.stderr
    assert "may train on fewer than counted: demo_orthologs, sister_orthologs" in done.stderr
    experiments = (found["kind"] == "experiment").sum()
    expected = f"xpresso: {experiments} experiments, 1 search, {found['trainings'].sum()} trainings\n"
    assert done.stderr.endswith(expected)


def test_genes_and_epochs_can_be_given(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["experiments", "tiny.yaml", "--no-times", "--genes", "1000", "--epochs", "5"]) == 0
    told = capsys.readouterr()
    assert table(told.out)["training_genes"].tolist() == [587, 587]
    assert table(told.out)["epochs"].tolist() == [5, 5]
    assert "counted with 1,000 genes, as asked" in told.err


def test_times_are_measured_and_add_up(here: Path) -> None:
    done = command("tiny.yaml", "--workers", "4", "--epochs", "6")
    assert done.returncode == 0, done.stderr
    found = table(done.stdout)
    assert found["basis"].tolist() == ["measured here, 6 epochs assumed"] * 2
    assert (found["seconds_per_training"] > 0).all()
    expected = found["trainings"] * found["seconds_per_training"] / 4 / 3600
    assert found["hours"].tolist() == pytest.approx(expected.tolist(), abs=1e-3)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("xpresso: 2 experiments, 0 searches, 9 trainings; about 0.0")
    assert last.endswith("hours with 4 side by side, as fast as here on cpu (1 threads)")
    assert "WARNING" not in done.stderr


def test_where_former_trials_tell_all_nothing_is_measured(here: Path) -> None:
    network = Architecture.from_dict(yaml.safe_load(Path("tiny.yaml").read_text())["architectures"]["tiny"])
    # Without the model, the half-life trials are those of the experiment's name.
    write_former(here / "old" / "demo_median" / "both", "1\t1\tlive\t2\t36.0\n", network, train=390)
    write_former(here / "old" / "demo_median" / "halflife", "1\t1\tlive\t1\t24.0\n", None)
    done = subprocess.run(
        [sys.executable, "-c", FAST, "experiments", "tiny.yaml", "--results", "old", "--workers", "2"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = table(done.stdout)
    assert found["basis"].tolist() == ["former trials"] * 2
    assert found["epochs"].tolist() == [5, 4]
    assert found["hours"].tolist() == [6 * 36 / 2 / 3600, 3 * 24 / 2 / 3600]
    assert "9 trainings; about 0.04 hours with 2 side by side" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.yaml"], "none.yaml: cannot be read"),
        (["."], ".: cannot be read"),
        (["broken.yaml"], "broken.yaml: is not YAML"),
        (["wrong.yaml"], "2 problems experiments.both: unknown key 'trails'"),
        (["tiny.yaml", "--genes", "90"], "experiments.both.split: the split leaves 0 of 90 genes"),
        (["tiny.yaml", "--genes", "0"], "argument --genes: '0' is no whole number above 0"),
        (["tiny.yaml", "--epochs", "many"], "argument --epochs: 'many' is no whole number above 0"),
        (["tiny.yaml", "--workers", "-1"], "--workers"),
        (["tiny.yaml", "--results", "damaged"], "dataset.h5: is not a dataset"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_and_nothing_printed(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    (here / "broken.yaml").write_text("a: [")
    wrong = yaml.safe_load(Path("tiny.yaml").read_text())
    wrong["experiments"]["both"] |= {"trails": 2, "trials": 0}
    (here / "wrong.yaml").write_text(yaml.safe_dump(wrong))
    (here / "damaged" / "demo_median").mkdir(parents=True)
    (here / "damaged" / "demo_median" / "dataset.h5").write_text("")
    assert main(["experiments", *arguments, "--no-times"]) == 2
    told = capsys.readouterr()
    assert told.err.startswith("xpresso: error: ")
    assert message in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""


def test_a_reader_that_goes_away_is_no_error(here: Path) -> None:
    code = "import sys; from xpresso_core.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "experiments", str(ROOT / "config" / "paper.yaml"), "--no-times"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        told = run.stderr.read()
    assert run.returncode == 141
    assert "Traceback" not in told
    assert "Exception" not in told
