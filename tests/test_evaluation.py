"""Test genes are predicted once, by the best trial and by all, with intervals from the validation genes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy import ARCHITECTURE, toy_dataset

from xpresso_core.bundle import load_bundle
from xpresso_core.dataset import Dataset
from xpresso_core.errors import ConfigError
from xpresso_core.evaluation import LEVEL, write_evaluation
from xpresso_core.files import read_json, write_table
from xpresso_core.plan import Plan
from xpresso_core.splits import fold_of_table, make_folds, split_table
from xpresso_core.training import train_fold


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a dataset, two trained folds and their evaluation."""
    folder = tmp_path_factory.mktemp("evaluated")
    dataset = toy_dataset()
    dataset.save(folder / "dataset.h5")
    write_table(pd.DataFrame({"gene_id": dataset.gene_id[1:], "gene_name": "NAME"}), folder / "genes.tsv")
    folds = make_folds("folds", dataset.chrom, seed=1, folds=2, validation=30)
    write_table(split_table(dataset.gene_id, folds), folder / "split.tsv")
    plan = Plan(inputs=("promoter", "halflife"), architecture=ARCHITECTURE, trials=3, ensemble="best", seed=5)
    for number, fold in enumerate(folds, start=1):
        train_fold(
            dataset, fold, number, plan,
            trials_folder=folder / f"trials_{number}", bundle_folder=folder / f"model_{number}",
            description={"name": "toy"}, device="cpu",
        )  # fmt: skip
    evaluate(folder)
    return folder


def evaluate(folder: Path, dataset: str = "dataset.h5") -> None:
    files = [folder / name for name in (dataset, "split.tsv", "genes.tsv")]
    models = [folder / "model_1", folder / "model_2"]
    write_evaluation(*files, models, folder / "predictions.tsv", folder / "metrics.json", seed=1)


def read(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "predictions.tsv", sep="\t")


def test_every_gene_is_tested_once_and_named(folder: Path) -> None:
    predictions = read(folder)
    assert sorted(predictions["gene_id"]) == sorted(toy_dataset().gene_id)
    unnamed = predictions["gene_name"].isna()
    assert predictions.loc[unnamed, "gene_id"].tolist() == ["g0000"]
    assert (predictions.loc[~unnamed, "gene_name"] == "NAME").all()


def test_the_best_trial_counts_and_the_mean_of_all_stands_beside_it(folder: Path) -> None:
    predictions, dataset = read(folder), Dataset.open(folder / "dataset.h5", ARCHITECTURE.window)
    np.testing.assert_array_equal(predictions["predicted"], predictions["best_of_trials"])
    split = pd.read_csv(folder / "split.tsv", sep="\t")
    for number in (1, 2):
        bundle = load_bundle(folder / f"model_{number}", spare=True)
        rows = fold_of_table(split, number, dataset.gene_id).test
        each = bundle.predict_each(dataset.codes[rows], dataset.halflife[rows])
        tested = predictions[predictions["fold"] == number]
        assert len(each) == sum(trial["status"] == "live" for trial in bundle.metadata["trials"])
        np.testing.assert_allclose(tested["mean_of_trials"], each.mean(axis=0), atol=1e-6)
        np.testing.assert_allclose(tested["predicted_sd"], each.std(axis=0, ddof=1), atol=1e-6)


def test_intervals_reach_as_far_as_the_errors_of_validation_genes(folder: Path) -> None:
    predictions, dataset = read(folder), Dataset.open(folder / "dataset.h5", ARCHITECTURE.window)
    split = pd.read_csv(folder / "split.tsv", sep="\t")
    for number in (1, 2):
        rows = fold_of_table(split, number, dataset.gene_id).validation
        bundle = load_bundle(folder / f"model_{number}")
        errors = np.abs(
            bundle.predict(dataset.codes[rows], dataset.halflife[rows])[0] - dataset.expression[rows]
        )
        tested = predictions[predictions["fold"] == number]
        half = (tested["predicted_high"] - tested["predicted_low"]) / 2
        # of 30 genes, the 28th smallest: ceil(31 * 0.9)
        np.testing.assert_allclose(half, np.sort(errors)[27], atol=1e-5)
    inside = predictions["observed"].between(predictions["predicted_low"], predictions["predicted_high"])
    measured = read_json(folder / "metrics.json")["coverage"]
    assert measured["covered"] == pytest.approx(inside.mean())
    assert measured["level"] == LEVEL
    assert 0.75 < measured["covered"] < 1


def test_metrics_are_those_of_the_columns(folder: Path) -> None:
    predictions, metrics = read(folder), read_json(folder / "metrics.json")
    for key, column in (("pooled", "predicted"), ("best", "best_of_trials"), ("ensemble", "mean_of_trials")):
        expected = np.corrcoef(predictions["observed"], predictions[column])[0, 1] ** 2
        assert metrics[key]["r2"] == pytest.approx(expected)
    assert metrics["folds"].keys() == {"1", "2"}


def test_a_model_of_another_dataset_is_refused(folder: Path) -> None:
    other = toy_dataset()
    other.attributes["sha256"]["genes.tsv"] = "1" * 64
    other.save(folder / "other.h5")
    with pytest.raises(ConfigError, match="the model was trained on another dataset"):
        evaluate(folder, "other.h5")
