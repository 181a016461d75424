"""What the first page says about searches, families and tests across datasets is what the files say."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from xpresso_core.files import write_json, write_table
from xpresso_core.landing_training import across_words, family_words, search_words

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
        "**K562** is predicted with r² by own 0.510 and other 0.480.",
        "**folds** reaches r² = 0.550 and **held** 0.500: splitting by whole chromosomes changes r² by -0.050"
        " (CI -0.080 to -0.020). They train on 1,600 and 1,500 genes a fold.",
    ]
    assert across_words({}, tmp_path, None, None) == []
