"""The figures of training."""

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from figures import words

from xpresso_core.errors import InputError
from xpresso_core.metrics import prediction_metrics
from xpresso_core.plots_training import architecture_comparison, learning_curves, observed_vs_predicted


def predictions(genes: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    observed = np.maximum(rng.normal(0.3, 0.9, genes), -1)
    predicted = 0.5 * observed + rng.normal(0.1, 0.5, genes)
    gene_id = [f"G{number}" for number in range(genes)]
    fold = np.arange(genes) % 5 + 1
    return pd.DataFrame({"gene_id": gene_id, "observed": observed, "predicted": predicted, "fold": fold})


def draw(rows: pd.DataFrame, path, **options) -> str:
    metrics = prediction_metrics(rows, n_boot=100).pooled
    observed_vs_predicted(rows, metrics, path, "Human median", **options)
    return " ".join(words(path).split())


def test_scatter_says_what_it_shows(tmp_path):
    rows = predictions(969)
    metrics = prediction_metrics(rows, n_boot=100).pooled
    text = draw(rows, tmp_path / "a.svg", genes="cross-validated")
    assert "Human median" in text
    assert "Predicted log10(RPKM + 0.1), cross-validated" in text
    assert "Observed log10(RPKM + 0.1)" in text
    assert f"r² = {metrics.r2:.3f}" in text
    assert f"95 % CI {metrics.r2_ci_low:.3f} to {metrics.r2_ci_high:.3f}" in text
    assert "n = 969 genes" in text
    assert "observed = predicted" in text
    assert f"{metrics.slope:.2f} × predicted" in text
    assert "Genes per 0.1 × 0.1 square" in text


def test_scatter_of_a_genome_stays_small_and_its_dots_are_pixels(tmp_path):
    draw(predictions(18_377), tmp_path / "a.svg")
    images = ElementTree.parse(tmp_path / "a.svg").iter("{http://www.w3.org/2000/svg}image")
    assert len(list(images)) >= 1


def test_collapse_is_said(tmp_path):
    rows = predictions(300)
    rows.loc[rows["fold"] == 2, "predicted"] = 0.2
    assert "In fold 2 the network collapsed to a constant." in draw(rows, tmp_path / "a.svg")
    rows["predicted"] = 0.2 + rows["fold"] / 100
    text = draw(rows, tmp_path / "b.svg")
    assert "The predictions do not vary" in text
    assert "least squares" not in text
    assert "r² = 0.000" in text


def test_wrong_sign_is_said(tmp_path):
    rows = predictions(300)
    rows["predicted"] *= -1
    assert "point the wrong way" in draw(rows, tmp_path / "a.svg")


def test_scatter_needs_its_columns(tmp_path):
    rows = predictions(30)
    metrics = prediction_metrics(rows, n_boot=10).pooled
    with pytest.raises(InputError, match="no column fold"):
        observed_vs_predicted(rows.drop(columns="fold"), metrics, tmp_path / "a.svg", "x")


def training(folds: int, statuses: list[str], epochs: int = 12) -> tuple[pd.DataFrame, pd.DataFrame]:
    history, trials = [], []
    for fold in range(1, folds + 1):
        for trial, status in enumerate(statuses, start=1):
            for epoch in range(1, epochs + 1):
                error = 1 + 0.1 / epoch if status == "collapsed" else 0.5 + 0.4 / epoch + 0.01 * trial
                if status != "diverged":
                    history.append((fold, trial, epoch, error - 0.1, error))
            chosen = trial == (statuses.index("live") if "live" in statuses else 0) + 1
            trials.append((fold, trial, status, epochs, 0.5 + 0.01 * trial, chosen))
    return (
        pd.DataFrame(history, columns=["fold", "trial", "epoch", "train_mse", "validation_mse"]),
        pd.DataFrame(
            trials, columns=["fold", "trial", "status", "best_epoch", "best_validation_mse", "chosen"]
        ),
    )


def test_learning_curves_tell_the_fate_of_the_trials(tmp_path):
    learning_curves(*training(5, ["collapsed", "live", "diverged"]), tmp_path / "a.svg", "Curves")
    text = " ".join(words(tmp_path / "a.svg").split())
    assert "15 trials in 5 folds, 5 collapsed to a constant, 5 diverged. Best validation error: 0.52." in text
    for word in ("Fold 1: best 0.52", "Fold 5: best 0.52", "Epoch", "Mean squared error (squared z-scores)"):
        assert word in text
    for word in (
        "training",
        "validation",
        "chosen, best epoch",
        "predicting the mean (1.0)",
        "collapsed to a",
    ):
        assert word in text


def test_learning_curves_without_a_live_trial(tmp_path):
    learning_curves(*training(2, ["collapsed", "collapsed"]), tmp_path / "a.svg", "Curves")
    text = " ".join(words(tmp_path / "a.svg").split())
    assert "No trial is alive: the predictions carry no information." in text
    assert "Fold 2: no live trial" in text


def test_errors_that_are_no_numbers_do_not_stop_the_figure(tmp_path):
    history, trials = training(1, ["live"])
    history[["train_mse", "validation_mse"]] = np.nan
    history.loc[0, "train_mse"] = np.inf
    trials = trials.assign(status="diverged", best_validation_mse=np.nan)
    learning_curves(history, trials, tmp_path / "a.svg", "Curves")
    assert "1 trial in 1 fold, 1 diverged. No trial is alive" in " ".join(words(tmp_path / "a.svg").split())


def test_many_long_trials_stay_small(tmp_path):
    learning_curves(*training(12, ["live"] * 10, epochs=100), tmp_path / "a.svg", "Curves")
    text = words(tmp_path / "a.svg")
    assert "The first 10 folds are shown." in text
    assert "Fold 10" in text
    assert "Fold 11" not in text


def test_learning_curves_need_trials(tmp_path):
    history, trials = training(1, ["live"])
    with pytest.raises(InputError, match="trials: the table has no column chosen"):
        learning_curves(history, trials.drop(columns="chosen"), tmp_path / "a.svg", "x")
    with pytest.raises(InputError, match="history: the table has no rows"):
        learning_curves(history.iloc[:0], trials, tmp_path / "a.svg", "x")


def comparison() -> pd.DataFrame:
    columns = [
        "experiment",
        "r2",
        "r2_ci_low",
        "r2_ci_high",
        "n",
        "constant",
        "live",
        "collapsed",
        "diverged",
    ]
    rows = [("paper", 0.0, 0.0, 0.0, 969, True, 0, 10, 0), ("compact", 0.47, 0.42, 0.51, 969, False, 8, 1, 1)]
    return pd.DataFrame(rows, columns=columns)


def test_experiments_are_ranked_with_their_intervals_and_trials(tmp_path):
    architecture_comparison(comparison(), tmp_path / "a.svg")
    text = " ".join(words(tmp_path / "a.svg").split())
    assert "Highest: compact explains 47 % of the variance" in text
    assert "0.470 (0.420 to 0.510)" in text
    assert "trials: 8 live, 1 collapsed, 1 diverged" in text
    assert "collapsed to a constant, n =" in text
    assert "95 % bootstrap interval" in text
    assert text.index("0.470 (0.420") < text.index("collapsed to a constant, n =")


def test_only_collapsed_experiments(tmp_path):
    architecture_comparison(comparison().iloc[:1], tmp_path / "a.svg")
    assert "Every network collapsed to a constant" in words(tmp_path / "a.svg")
    with pytest.raises(InputError, match="no rows"):
        architecture_comparison(comparison().iloc[:0], tmp_path / "a.svg")
