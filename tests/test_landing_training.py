"""What the first page says about searches, families and tests across datasets is what the files say."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from xpresso_core.files import write_json, write_table
from xpresso_core.landing_training import across_words, baseline_words, family_words, search_words

BEST = {
    "trial": 801,
    "loss": 0.409596,
    "parameters": {"upstream": 7000, "downstream": 3500},
    "ok": 897,
    "failed": 105,
    "manual": {"loss": 0.4712},
}


def test_a_search_is_told_with_its_best_trial_and_its_failures(tmp_path: Path) -> None:
    write_json(BEST, tmp_path / "tpe" / "best.json")
    write_json(BEST | {"manual": None}, tmp_path / "old" / "best.json")
    rows = {"tpe": {"algorithm": "tpe", "epochs": 10}, "old": {"record": "hyperopt_2017"}}
    own, old = search_words(rows, tmp_path)
    assert "**tpe** (tpe, 10 epochs each): the lowest validation error of 1,002 trials is 0.4096" in own
    assert "at trial 801 (counted from 0), with a window of -7,000 to +3,500; 105 trials failed." in own
    assert own.endswith("The architecture found by hand has 0.4712 after as many epochs.")
    assert old.endswith("105 trials failed.")
    assert "(published record)" in old


def test_a_family_is_told_by_its_ends(tmp_path: Path) -> None:
    table = pd.DataFrame({"label": ["few", "many", "some"], "r2": [0.1, 0.5, 0.3]})
    write_table(table, tmp_path / "sizes.tsv")
    assert family_words(["sizes"], tmp_path) == [
        "**sizes**: 3 experiments, from r² = 0.100 (few) to 0.500 (many)."
    ]


def test_a_family_of_one_is_told_too(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"label": ["few"], "r2": [0.1]}), tmp_path / "sizes.tsv")
    assert family_words(["sizes"], tmp_path) == ["**sizes**: one experiment, r² = 0.100 (few)."]


def test_classifiers_tests_and_splits_are_told_where_they_are(tmp_path: Path) -> None:
    found = {"n_first": 310, "n_second": 274, "auc": 0.78, "auc_ci_low": 0.74, "auc_ci_high": 0.81}
    write_json(found, tmp_path / "pair.classifier.json")
    tested = pd.DataFrame({"experiment": ["other", "own"], "tested_on": "K562", "r2": [0.48, 0.51]})
    gain = {"own_gain": [0.03, None], "own_gain_ci_low": [0.01, None], "own_gain_ci_high": [0.05, None]}
    tested = tested.assign(**gain)
    write_table(tested, tmp_path / "tested.tsv")
    cost = {"random": "folds", "chromosomes": "held", "r2_random": 0.55, "r2_chromosomes": 0.5}
    cost |= {"difference": -0.05, "difference_ci_low": -0.08, "difference_ci_high": -0.02}
    costs = pd.DataFrame([cost | {"n_train_random": 1600, "n_train_chromosomes": 1500}])
    write_table(costs, tmp_path / "costs.tsv")
    rows = {"pair": {"datasets": ["human", "mouse"], "classifier": {}}, "plain": {"datasets": ["x", "y"]}}
    lines = across_words(rows, tmp_path, tmp_path / "tested.tsv", tmp_path / "costs.tsv")
    assert lines == [
        "**pair**: the difference of predictions tells the 310 genes that human has much more of from the 274 of"
        " mouse with an area under the curve of 0.78 (CI 0.74 to 0.81).",
        "**K562** is predicted with r² by own 0.510 and other 0.480. On the same genes its own models gain +0.030 over"
        " other (CI +0.010 to +0.050).",
        "**folds** reaches r² = 0.550 and **held** 0.500: splitting by whole chromosomes changes r² by -0.050"
        " (CI -0.080 to -0.020). They train on 1,600 and 1,500 genes a fold.",
    ]
    assert across_words({}, tmp_path, None, None) == []


MODELS = pd.DataFrame(
    [
        ("net", "network", "promoter", True, 0.6, 0.0, 0.0, 0.0),
        ("other", "network", "", True, 0.3, 0.3, 0.2, 0.4),
        ("mean", "mean", "", False, 0.0, 0.6, 0.55, 0.65),
        ("lm:halflife", "lm", "", True, 0.1, 0.5, 0.4, 0.6),
        ("lm:halflife+4mer", "lm", "4mer", True, 0.45, 0.15, 0.1, 0.2),
        ("ridge:motifs+4mer", "ridge", "motifs+4mer", False, 0.55, 0.05, -0.01, 0.11),
        ("trees:core", "trees", "core", False, 0.4, 0.2, 0.15, 0.25),
    ],
    columns=["model", "method", "features", "halflife", "r2", "margin", "margin_ci_low", "margin_ci_high"],
)


def told(models: pd.DataFrame, path: Path) -> str:
    write_table(models, path)
    (line,) = baseline_words({"simple_ones": "my_net"}, {"simple_ones": path})
    return line


def test_the_best_simple_model_is_told_with_the_networks_margin(tmp_path: Path) -> None:
    assert told(MODELS, tmp_path / "a.tsv") == (
        "**simple\\_ones**: the best of 5 simple models on the genes of my\\_net, ridge, motifs + 4-mers, has"
        " r² = 0.550; the network's margin is +0.050 (-0.010 to +0.110). The best linear model has r² = 0.450:"
        " least squares, 4-mers + half-life."
    )


def test_baselines_are_told_in_any_order_and_without_linear_ones(tmp_path: Path) -> None:
    assert told(MODELS[::-1], tmp_path / "a.tsv") == told(MODELS, tmp_path / "b.tsv")
    text = told(MODELS[MODELS["method"] != "lm"], tmp_path / "c.tsv")
    assert text.endswith("(-0.010 to +0.110).")
    assert "the best of 3 simple models" in text
    better = told(MODELS.assign(margin=-0.05, margin_ci_low=-0.1, margin_ci_high=-0.01), tmp_path / "d.tsv")
    assert "margin is -0.050 (-0.100 to -0.010)" in better


def test_halflife_features_alone_may_be_best(tmp_path: Path) -> None:
    text = told(MODELS[MODELS["model"].isin(["net", "mean", "lm:halflife"])], tmp_path / "a.tsv")
    assert "my\\_net, least squares, half-life features only, has r² = 0.100" in text
    assert text.endswith("The best linear model has r² = 0.100: least squares, half-life features only.")


def test_every_comparison_is_told(tmp_path: Path) -> None:
    write_table(MODELS, tmp_path / "a.tsv")
    write_table(MODELS[MODELS["method"] != "ridge"], tmp_path / "b.tsv")
    lines = baseline_words({"one": "n", "two": "m"}, {"two": tmp_path / "b.tsv", "one": tmp_path / "a.tsv"})
    assert ["on the genes of n, ridge" in lines[0], "on the genes of m, least" in lines[1]] == [True, True]
    assert baseline_words({}, {}) == []
