"""Trials resume, dead ones are told apart, and what is saved predicts."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy import ARCHITECTURE, toy_dataset

from xpresso_core.architecture import Dense
from xpresso_core.bundle import load_bundle
from xpresso_core.dataset import Dataset
from xpresso_core.errors import InputError, TrainingError
from xpresso_core.evaluation import predict_fold
from xpresso_core.plan import Plan
from xpresso_core.splits import make_folds
from xpresso_core.training import choose, train_fold

PLAN = Plan(inputs=("promoter", "halflife"), architecture=ARCHITECTURE, trials=2, ensemble="all", seed=5)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return toy_dataset()


def train(dataset: Dataset, folder: Path, plan: Plan = PLAN) -> pd.DataFrame:
    needed = plan.architecture.needed_window
    offset = dataset.window.upstream - needed.upstream
    cut = dataclasses.replace(dataset, codes=dataset.codes[:, offset : offset + needed.length], window=needed)
    fold = make_folds("holdout", dataset.chrom, seed=1, validation=40, test=40)[0]
    return train_fold(
        cut,
        fold,
        1,
        plan,
        trials_folder=folder / "trials",
        bundle_folder=folder / "model",
        description={"name": "toy"},
        device="cpu",
    )


def times(folder: Path) -> dict[str, int]:
    return {path.parent.name: path.stat().st_mtime_ns for path in sorted(folder.glob("trials/*/trial.json"))}


def test_a_fold_learns_and_its_model_predicts_in_the_label_s_unit(dataset: Dataset, tmp_path: Path) -> None:
    table = train(dataset, tmp_path)
    assert table["status"].tolist() == ["live", "live"]
    assert table["chosen"].all()
    bundle = load_bundle(tmp_path / "model")
    fold = make_folds("holdout", dataset.chrom, seed=1, validation=40, test=40)[0]
    cut = dataclasses.replace(dataset, codes=dataset.codes[:, 30:130], window=bundle.window)
    predictions = predict_fold(cut, bundle, fold, 1)
    assert np.corrcoef(predictions["observed"], predictions["predicted"])[0, 1] ** 2 > 0.5
    assert abs(predictions["predicted"].mean() - predictions["observed"].mean()) < 0.3
    assert (predictions["predicted_sd"] > 0).all()
    assert predictions["member"].unique().tolist() == ["trial 1+2"]
    assert bundle.metadata["genes"] == {"train": 160, "validation": 40, "test": 40}


def test_finished_trials_are_not_trained_again(dataset: Dataset, tmp_path: Path) -> None:
    train(dataset, tmp_path, dataclasses.replace(PLAN, trials=1))
    first = times(tmp_path)
    train(dataset, tmp_path)
    second = times(tmp_path)
    assert list(second) == ["trial_1", "trial_2"]
    assert second["trial_1"] == first["trial_1"]


def test_a_trial_of_other_settings_or_data_is_not_taken_for_finished(
    dataset: Dataset, tmp_path: Path
) -> None:
    one = dataclasses.replace(PLAN, trials=1)
    train(dataset, tmp_path, one)
    first = times(tmp_path)
    train(dataset, tmp_path, dataclasses.replace(one, seed=6))
    second = times(tmp_path)
    assert second["trial_1"] > first["trial_1"]
    changed = dataset.expression.copy()
    changed[0] += 1
    train(dataclasses.replace(dataset, expression=changed), tmp_path, dataclasses.replace(one, seed=6))
    assert times(tmp_path)["trial_1"] > second["trial_1"]


def test_the_same_seed_gives_the_same_model(dataset: Dataset, tmp_path: Path) -> None:
    one = dataclasses.replace(PLAN, trials=1)
    tables = [train(dataset, tmp_path / name, one) for name in ("a", "b")]
    assert tables[0]["best_validation_mse"].tolist() == pytest.approx(
        tables[1]["best_validation_mse"].tolist()
    )


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_training import PLAN, toy_dataset, train
import dataclasses
train(toy_dataset(), Path({folder!r}), dataclasses.replace(PLAN, trials=4))
"""


def test_a_killed_run_goes_on_at_the_first_unfinished_trial(dataset: Dataset, tmp_path: Path) -> None:
    script = KILLED.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    run = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(times(tmp_path)) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    before = times(tmp_path)
    assert 2 <= len(before) < 4
    assert not (tmp_path / "model").exists()
    train(dataset, tmp_path, dataclasses.replace(PLAN, trials=4))
    after = times(tmp_path)
    assert len(after) == 4
    assert {name: after[name] for name in before} == before
    assert load_bundle(tmp_path / "model").metadata["trials"][3]["status"] == "live"


@pytest.mark.parametrize("damage", ["model.keras", "trial.json", "missing"])
def test_a_damaged_trial_is_trained_again_and_gives_the_same(
    dataset: Dataset, tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = train(dataset, tmp_path)
    kept = times(tmp_path)["trial_2"]
    hurt = tmp_path / "trials" / "trial_1"
    if damage == "missing":
        (hurt / "model.keras").unlink()
    else:
        (hurt / damage).write_bytes((hurt / damage).read_bytes()[:-20])
    after = train(dataset, tmp_path)
    assert "trial_1 is damaged" in caplog.text
    assert times(tmp_path)["trial_2"] == kept
    assert after["best_validation_mse"].tolist() == pytest.approx(
        before["best_validation_mse"].tolist(), rel=1e-5
    )
    load_bundle(tmp_path / "model", spare=True)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from test_training import PLAN, toy_dataset, train
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
train(toy_dataset(), Path({folder!r}), PLAN)
"""


def test_a_disk_that_takes_no_more_leaves_nothing_half_written(dataset: Dataset, tmp_path: Path) -> None:
    script = FULL_DISK.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode != 0
    assert "File too large" in done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert train(dataset, tmp_path)["status"].tolist() == ["live", "live"]


def test_live_trials_that_were_not_chosen_are_kept_beside_the_model(dataset: Dataset, tmp_path: Path) -> None:
    train(dataset, tmp_path, dataclasses.replace(PLAN, ensemble="best"))
    plain, whole = load_bundle(tmp_path / "model"), load_bundle(tmp_path / "model", spare=True)
    assert (len(plain.members), len(plain.spare)) == (1, 0)
    assert (len(whole.members), len(whole.spare)) == (1, 1)
    codes, halflife = dataset.codes[:5, 30:130], dataset.halflife[:5]
    each = whole.predict_each(codes, halflife)
    np.testing.assert_array_equal(each[0], plain.predict(codes, halflife)[0])
    assert not np.array_equal(each[0], each[1])


@pytest.mark.parametrize("inputs", [("halflife",), ("di_shuffled", "halflife"), ("mono_shuffled",)])
def test_other_inputs_train_too(dataset: Dataset, tmp_path: Path, inputs: tuple[str, ...]) -> None:
    table = train(dataset, tmp_path, dataclasses.replace(PLAN, inputs=inputs, trials=1))
    assert table["status"].tolist() == ["live"]
    bundle = load_bundle(tmp_path / "model")
    assert bundle.inputs == tuple("promoter" if name.endswith("shuffled") else name for name in inputs)
    assert bundle.metadata["inputs"] == list(inputs)


def test_a_dead_network_is_called_collapsed_and_still_reported(dataset: Dataset, tmp_path: Path) -> None:
    dead = dataclasses.replace(ARCHITECTURE, dense=(Dense(1, 0.0),) * 6)
    plan = dataclasses.replace(PLAN, architecture=dead, inputs=("promoter",), trials=4)
    table = train(dataset, tmp_path, plan)
    assert "collapsed" in table["status"].to_list()
    live = table["status"] == "live"
    assert (table["chosen"] <= live).all() or not live.any()


@pytest.mark.parametrize(
    ("statuses", "losses", "ensemble", "expected"),
    [
        (["live", "live", "live"], [0.5, 0.4, 0.6], "best", [1]),
        (["live", "collapsed", "live"], [0.5, 0.4, 0.6], "best", [0]),
        (["live", "collapsed", "diverged"], [1.2, 1.0, 0.1], "all", [0]),
        (["live", "live", "collapsed"], [0.6, 0.5, 0.4], "all", [0, 1]),
        (["collapsed", "collapsed", "diverged"], [1.1, 1.0, 0.5], "all", [1]),
        (["collapsed", "diverged"], [1.1, 0.5], "best", [0]),
    ],
)
def test_no_dead_trial_is_chosen_over_a_live_one(
    statuses: list[str], losses: list[float], ensemble: str, expected: list[int]
) -> None:
    results = [
        {"status": status, "best_validation_mse": loss} for status, loss in zip(statuses, losses, strict=True)
    ]
    assert choose(results, ensemble) == expected


def test_a_fold_whose_trials_all_diverged_has_no_model() -> None:
    with pytest.raises(TrainingError, match="all 1 trials diverged"):
        choose([{"status": "diverged", "best_validation_mse": 1e30}], "best")


def test_protocols_fit_the_scaler_on_their_genes(dataset: Dataset, tmp_path: Path) -> None:
    fold = make_folds("holdout", dataset.chrom, seed=1, validation=40, test=40)[0]
    for protocol, rows in (("strict", fold.train), ("paper", np.arange(len(dataset)))):
        plan = dataclasses.replace(PLAN, protocol=protocol, trials=1)
        train(dataset, tmp_path / protocol, plan)
        scaler = load_bundle(tmp_path / protocol / "model").scaler
        assert scaler is not None
        assert scaler.label_mean == pytest.approx(float(dataset.expression[rows].mean()), rel=1e-6)
        assert scaler.label_sd == pytest.approx(float(dataset.expression[rows].std()), rel=1e-6)


def test_a_label_that_does_not_vary_is_refused_before_training(dataset: Dataset, tmp_path: Path) -> None:
    flat = dataclasses.replace(dataset, expression=np.zeros_like(dataset.expression))
    with pytest.raises(InputError, match="expression does not vary"):
        train(flat, tmp_path)
    assert not (tmp_path / "model").exists()


def test_a_feature_that_all_training_genes_lack_is_left_without_effect(
    dataset: Dataset, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    halflife = dataset.halflife.copy()
    halflife[:, 0], halflife[:, 7] = np.nan, 3.0
    train(dataclasses.replace(dataset, halflife=halflife), tmp_path, dataclasses.replace(PLAN, trials=1))
    scaler = load_bundle(tmp_path / "model").scaler
    assert scaler is not None
    assert (scaler.scale_features(halflife)[:, [0, 7]] == 0).all()
    assert "utr5_len, orf_exon_density" in caplog.text
