"""Tables over several experiments hold what the files of each say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from xpresso_core.comparison import write_comparison
from xpresso_core.evaluation import evaluation_metrics
from xpresso_core.files import write_json, write_table
from xpresso_core.landing_training import across_words
from xpresso_core.metrics import prediction_metrics
from xpresso_core.report_training import (
    LEAST_SHARED,
    draw_classifier,
    draw_ensembles,
    draw_family,
    draw_split_costs,
    draw_tested_on,
)

GENES = [f"g{number}" for number in range(120)]
ROW: dict[str, Any] = {
    "dataset": "a",
    "split": {"kind": "folds"},
    "inputs": ["promoter"],
    "architecture": "x",
}


def make_experiment(
    folder: Path, seed: int = 0, noise: float = 0.5, trials: int = 2, training: int = 80
) -> Path:
    """Write the files of a finished experiment of one fold."""
    rng = np.random.default_rng(seed)
    observed = np.random.default_rng(99).normal(size=len(GENES))
    best, other = (observed + noise * rng.normal(size=len(GENES)) for _ in range(2))
    mean = (best + other) / 2 if trials > 1 else best
    table = pd.DataFrame(
        {
            "gene_id": GENES, "observed": observed, "predicted": best, "predicted_low": best - 1,
            "predicted_high": best + 1, "best_of_trials": best, "mean_of_trials": mean, "fold": 1,
        }
    )  # fmt: skip
    write_table(table, folder / "predictions.tsv")
    write_json(evaluation_metrics(table, seed=1), folder / "metrics.json")
    rows = [
        {"fold": 1, "trial": t + 1, "status": "live", "best_validation_mse": 0.4, "chosen": t == 0}
        for t in range(trials)
    ]
    write_table(pd.DataFrame(rows), folder / "trials.tsv")
    parts = ["test"] * len(GENES) + ["train"] * training
    split = pd.DataFrame({"fold": 1, "gene_id": [f"s{n}" for n in range(len(parts))], "part": parts})
    write_table(split, folder / "split.tsv")
    overlap = np.arange(len(GENES)) % 2 * 50
    audit = pd.DataFrame(
        {"fold": 1, "gene_id": GENES, "overlap_bp": overlap, "overlap_fraction": overlap / 100}
    )
    write_table(audit, folder / "leakage.tsv")
    return folder


def r2(folder: Path, key: str = "pooled") -> float:
    return float(json.loads((folder / "metrics.json").read_text())[key]["r2"])


def test_best_and_mean_stand_side_by_side_and_a_lone_trial_has_no_mean(tmp_path: Path) -> None:
    two, one = make_experiment(tmp_path / "two"), make_experiment(tmp_path / "one", trials=1)
    draw_ensembles({"two": two, "one": one}, ["two"], tmp_path / "table.tsv", tmp_path / "figure.svg")
    table = pd.read_csv(tmp_path / "table.tsv", sep="\t").set_index("experiment")
    assert table.loc["two", "r2_best"] == pytest.approx(r2(two, "best"))
    assert table.loc["two", "r2_ensemble"] == pytest.approx(r2(two, "ensemble"))
    assert table.loc["two", "r2_ensemble"] > table.loc["two", "r2_best"]
    assert np.isnan(table.loc["one", "r2_ensemble"])
    assert table["level"].tolist() == [0.9, 0.9]
    assert table["mean_width"].tolist() == pytest.approx([2, 2])
    assert (tmp_path / "figure.svg").stat().st_size > 1000


@pytest.mark.parametrize(
    ("values", "columns"),
    [
        ({"split.training": [20, 60], "split.draw": [1, 2]}, ["training", "draw"]),
        (
            {"window": [{"upstream": 500, "downstream": 100}, {"upstream": 1, "downstream": 2}]},
            ["upstream", "downstream"],
        ),
        ({"inputs": [["halflife"], ["promoter", "halflife"]]}, ["inputs"]),
    ],
)
def test_a_family_is_drawn_by_what_it_varies(
    tmp_path: Path, values: dict[str, Any], columns: list[str]
) -> None:
    members = [
        {
            "name": f"m{n}",
            "values": dict(zip(values, chosen, strict=True)),
            "folder": str(make_experiment(tmp_path / f"m{n}", n)),
        }
        for n, chosen in enumerate(zip(*values.values(), strict=True))
    ]
    draw_family("family", members, tmp_path / "table.tsv", tmp_path / "figure.svg")
    table = pd.read_csv(tmp_path / "table.tsv", sep="\t")
    assert set(columns) <= set(table.columns)
    assert table["r2"].tolist() == pytest.approx([r2(tmp_path / f"m{n}") for n in range(2)])
    assert (tmp_path / "figure.svg").is_file()


def test_a_family_that_does_not_vary_the_training_set_tells_its_size(tmp_path: Path) -> None:
    members = [
        {"name": "m", "values": {"trials": 2}, "folder": str(make_experiment(tmp_path / "m", training=33))}
    ]
    draw_family("family", members, tmp_path / "table.tsv", tmp_path / "figure.svg")
    assert pd.read_csv(tmp_path / "table.tsv", sep="\t")["training"].tolist() == [33]


def elsewhere(folder: Path, genes: int) -> pd.DataFrame:
    """Test an experiment's models on so many of its genes in a dataset b, and compare them with models of b's own."""
    experiments = {
        "own": ROW | {"dataset": "b"},
        "median": ROW | {"tested_on": ["b"]},
        "unlike": ROW | {"dataset": "b", "inputs": ["halflife"]},
    }
    for name, row in experiments.items():
        made = make_experiment(folder / row["dataset"] / name)
        predictions = pd.read_csv(made / "predictions.tsv", sep="\t").head(genes)
        worse = predictions.assign(predicted=predictions["predicted"] + np.sin(np.arange(len(predictions))))
        write_table(worse, made / "tested_on" / "b.tsv")
        write_json(prediction_metrics(worse).as_dict(), made / "tested_on" / "b.json")
    draw_tested_on(
        experiments, {"a": "s", "b": "s"}, folder, folder / "table.tsv", folder / "figure.svg", seed=1
    )
    return pd.read_csv(folder / "table.tsv", sep="\t")


@pytest.mark.parametrize("genes", [LEAST_SHARED - 1, LEAST_SHARED])
def test_models_of_the_dataset_are_compared_over_enough_shared_genes(tmp_path: Path, genes: int) -> None:
    median = elsewhere(tmp_path, genes).iloc[1]
    assert median["own_gain_n"] == genes
    known = [np.isfinite(median[column]) for column in ("own_gain", "own_gain_ci_low", "own_gain_ci_high")]
    assert known == [genes >= LEAST_SHARED] * 3
    figure = (tmp_path / "figure.svg").read_text()
    assert (f"own models, same {genes} genes: " in figure) == (genes >= LEAST_SHARED)
    assert ("own models, same" in figure) == (genes >= LEAST_SHARED)


def test_models_on_other_datasets_stand_beside_those_datasets_own(tmp_path: Path) -> None:
    table = elsewhere(tmp_path, len(GENES))
    assert table[["experiment", "trained_on", "tested_on", "orthologs"]].to_numpy().tolist() == [
        ["own", "b", "b", False],
        ["median", "a", "b", False],
    ]
    own, median = table.iloc[0], table.iloc[1]
    assert np.isnan(own["own_gain"])
    assert median["own_gain"] == pytest.approx(own["r2"] - median["r2"])
    assert median["own_gain_ci_low"] < median["own_gain"] < median["own_gain_ci_high"]
    assert np.isnan(own["own_gain_n"])
    assert median["own_gain_n"] == len(GENES)
    gain, low, high = (f"{median[f'own_gain{end}']:+.3f}" for end in ("", "_ci_low", "_ci_high"))
    note = f"own models, same {len(GENES)} genes: {gain} ({low} to {high})"
    assert note in (tmp_path / "figure.svg").read_text()


def test_a_random_split_is_compared_with_chromosomes_gene_by_gene(tmp_path: Path) -> None:
    datasets = {"random": "a", "chromosomes": "a"}
    random = make_experiment(tmp_path / "a" / "random", noise=0.3, training=100)
    held = make_experiment(tmp_path / "a" / "chromosomes", seed=1, noise=0.9, training=60)
    files = tmp_path / "table.tsv", tmp_path / "figure.svg"
    draw_split_costs([["random", "chromosomes"]], datasets, tmp_path, *files, seed=1)
    table = pd.read_csv(tmp_path / "table.tsv", sep="\t").iloc[0]
    assert table["r2_random"] == pytest.approx(r2(random))
    assert table["r2_chromosomes"] == pytest.approx(r2(held))
    assert (table["n_train_random"], table["n_train_chromosomes"]) == (100, 60)
    assert table["dataset"] == "a"


def test_where_one_dataset_alone_has_more_there_is_nothing_to_tell_apart(tmp_path: Path) -> None:
    genes = [f"g{number}" for number in range(6)]
    first = np.array([3.0, 3.0, 1.0, 0.0, 0.5, 0.2])
    second = np.array([0.0, 0.5, 1.0, 0.0, 0.5, 0.1])
    write_comparison(
        pd.Series(first, index=genes), pd.Series(second, index=genes), tmp_path / "c.tsv", tmp_path / "c.json"
    )
    for name, label in (("first", first), ("second", second)):
        table = pd.DataFrame({"gene_id": genes, "observed": label, "predicted": label, "fold": 1})
        write_table(table, tmp_path / f"{name}.tsv")
    files = [tmp_path / name for name in ("t.tsv", "s.json", "f.svg")]
    draw_classifier(
        *(tmp_path / name for name in ("c.tsv", "first.tsv", "second.tsv")),
        *files,
        names=["K562", "median"],
        calls="fold_change",
    )
    found = json.loads(files[1].read_text())
    assert found["auc"] is None
    assert found["note"].startswith("No gene is called as much higher in the second dataset")
    assert "No gene is called as much higher" in files[2].read_text()
    assert pd.read_csv(files[0], sep="\t").empty
    rows = {"pair": {"datasets": ["K562", "median"], "classifier": {}}}
    (tmp_path / "pair.classifier.json").write_text(files[1].read_text())
    assert across_words(rows, tmp_path, None, None) == [f"**pair**: {found['note']}"]
