"""A whole run: what it leaves, what a second one does, what a change reruns, what a kill costs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
import yaml
from project import Project, environment, tiny_config

RESULTS = (
    "demo/genes.tsv",
    "demo/dropped.tsv",
    "demo/promoters.h5",
    "demo/expression/demo_median.tsv",
    "demo_median/dataset.h5",
    "demo_median/tiny_holdout/split.tsv",
    "demo_median/tiny_holdout/leakage.tsv",
    "demo_median/tiny_holdout/models/fold_1/bundle.json",
    "demo_median/tiny_holdout/predictions.tsv",
    "demo_median/tiny_holdout/metrics.json",
    "demo/landing.rst",
)
REPORT_RULES = {"report_species", "report_expression", "report_experiment", "report_run"}
MEASURED_RULES = {"report_experiment", "report_ensembles", "report_run"}


def test_a_run_leaves_all_results_and_no_drafts(finished: Project) -> None:
    results = finished.run_folder / "results"
    assert [name for name in RESULTS if not (results / name).is_file()] == []
    assert [path for path in results.rglob("*") if ".partial-" in path.name] == []


def test_predictions_cover_the_test_genes(finished: Project) -> None:
    folder = finished.run_folder / "results" / "demo_median" / "tiny_holdout"
    predictions = pd.read_csv(folder / "predictions.tsv", sep="\t")
    split = pd.read_csv(folder / "split.tsv", sep="\t")
    assert list(predictions) == [
        "gene_id", "gene_name", "observed", "predicted", "predicted_sd", "predicted_low", "predicted_high",
        "best_of_trials", "mean_of_trials", "fold", "member",
    ]  # fmt: skip
    assert set(predictions["gene_id"]) == set(split.loc[split["part"] == "test", "gene_id"])
    assert predictions["predicted"].notna().all()


def test_every_annotated_gene_is_kept_or_dropped_with_a_reason(finished: Project) -> None:
    resources, results = finished.run_folder / "resources" / "demo", finished.run_folder / "results" / "demo"
    truth = pd.read_csv(resources / "truth" / "genes.tsv", sep="\t")
    kept = set(pd.read_csv(results / "genes.tsv", sep="\t")["gene_id"])
    dropped = pd.read_csv(results / "dropped.tsv", sep="\t")
    assert set(truth["gene_id"]) <= kept | set(dropped["gene_id"])
    assert dropped["reason"].notna().all()


def test_a_second_run_does_nothing(finished: Project) -> None:
    assert "Nothing to be done" in finished.run()


def test_the_device_and_versions_are_recorded(finished: Project) -> None:
    bundle = finished.run_folder / "results/demo_median/tiny_holdout/models/fold_1/bundle.json"
    metadata = json.loads(bundle.read_text())["metadata"]
    assert metadata["device"].startswith(("cpu", "gpu"))
    assert {"keras", "xpresso-core"} <= set(metadata["versions"])


@contextmanager
def edited(project: Project, module: str) -> Iterator[None]:
    path = project.folder / "xpresso_core" / f"{module}.py"
    original = path.read_text()
    path.write_text(original + "\n# changed\n")
    yield
    path.write_text(original)


@pytest.mark.parametrize(
    ("module", "first", "untouched"),
    [
        (
            "plots_training",
            REPORT_RULES,
            {"simulate", "promoters", "expression", "dataset", "train", "predict"},
        ),
        ("expression", {"expression"}, {"simulate", "promoters"}),
        ("gtf", {"promoters"}, {"simulate", "expression"}),
        ("leakage", {"split"}, {"simulate", "promoters", "expression", "dataset"}),
        ("trial", {"train"}, {"simulate", "promoters", "expression", "dataset", "split"}),
        ("cli", set(), REPORT_RULES | {"train", "predict", "promoters", "dataset", "simulate"}),
    ],
)
def test_editing_a_module_reruns_what_calls_it_and_nothing_before(
    finished: Project, module: str, first: set[str], untouched: set[str]
) -> None:
    with edited(finished, module):
        planned = finished.planned()
    assert first <= planned
    assert not planned & untouched
    assert finished.planned() == set()


def test_a_setting_reruns_only_what_depends_on_it(finished: Project) -> None:
    path = finished.run_folder / "config.yaml"
    original = path.read_text()
    config = yaml.safe_load(original)
    config["title"] = "another title"
    finished.configure(config)
    assert finished.planned() == {"report_run"}
    config = yaml.safe_load(original)
    config["architectures"]["tiny"]["training"]["epochs"] = 3
    finished.configure(config)
    assert finished.planned() == {"train", "predict", *MEASURED_RULES}
    path.write_text(original)


def test_a_wrong_key_is_named_before_anything_runs(finished: Project) -> None:
    path = finished.run_folder / "config.yaml"
    original = path.read_text()
    path.write_text(original.replace("protocol:", "protocoll:"))
    output = finished.run("--dry-run", succeeds=False)
    path.write_text(original)
    assert "unknown key 'protocoll', did you mean 'protocol'?" in output
    assert "Traceback" not in output


def test_an_error_is_one_line_in_the_log_and_leaves_no_result(tmp_path: Path, bare_python: Path) -> None:
    project = Project(tmp_path, bare_python)
    config = tiny_config()
    config["datasets"]["demo_median"] = {
        "species": "demo", "table": "expression", "column": "E999", "units": "RPKM",
    }  # fmt: skip
    project.configure(config)
    project.run("results/demo/expression/demo_median.tsv", succeeds=False)
    log = (project.run_folder / "logs" / "expression" / "demo" / "demo_median.log").read_text()
    assert "E999" in log
    assert "Traceback" not in log
    assert not (project.run_folder / "results/demo/expression/demo_median.tsv").exists()


def test_a_gpu_that_is_asked_for_and_absent_is_an_error(finished: Project) -> None:
    path = finished.run_folder / "config.yaml"
    original = path.read_text()
    config = yaml.safe_load(original)
    config["device"] = "gpu"
    config["seed"] = 2
    finished.configure(config)
    target = "results/demo_median/tiny_holdout/models/fold_1"
    try:
        output = finished.run(target, succeeds=False)
    finally:
        path.write_text(original)
    assert "a GPU was asked for" in output


def test_a_killed_run_finishes_later_without_repeating_a_trial(tmp_path: Path, bare_python: Path) -> None:
    project = Project(tmp_path, bare_python)
    project.configure(tiny_config(trials=5, epochs=12))
    folder = project.run_folder / "results/demo_median/tiny_holdout/trials/fold_1"
    log = (tmp_path / "log").open("w")
    run = subprocess.Popen(
        project.command(), cwd=project.run_folder, env=environment(), start_new_session=True,
        stdout=log, stderr=log,
    )  # fmt: skip
    deadline = time.monotonic() + 400
    while len(finished_trials(folder)) < 2 and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGTERM)
    run.wait(timeout=60)
    log.close()
    before = finished_trials(folder)
    assert 2 <= len(before) < 5, (tmp_path / "log").read_text()[-4000:]
    project.run()
    after = finished_trials(folder)
    assert len(after) == 5
    assert {name: after[name] for name in before} == before


def finished_trials(folder: Path) -> dict[str, int]:
    return {path.parent.name: path.stat().st_mtime_ns for path in folder.glob("trial_*/trial.json")}
