"""The facts of a run."""

import json

import numpy as np
import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.metrics import prediction_metrics
from xpresso_core.summary import (
    comparison_table,
    count_annotated,
    count_reasons,
    dataset_summary,
    experiment_summary,
    species_summary,
    trial_counts,
)

DROPPED = pd.DataFrame(
    {
        "gene_id": ["a", "b", "c", "d", "d", "e"],
        "stage": ["promoters"] * 3 + ["dataset"] * 3,
        "reason": ["histone", "chrY", "chrY", "no value", "no value", "no value"],
        "dataset": ["", "", "", "K562", "GM12878", "K562"],
    }
)


def trials(statuses: str, chosen: str, folds: str) -> pd.DataFrame:
    names = {"l": "live", "c": "collapsed", "d": "diverged"}
    return pd.DataFrame(
        {
            "fold": [int(fold) for fold in folds],
            "status": [names[letter] for letter in statuses],
            "chosen": [mark == "1" for mark in chosen],
        }
    )


def test_reasons_are_counted_in_the_order_of_the_work():
    assert [tuple(row.values()) for row in count_reasons(DROPPED)] == [
        ("promoters", "chrY", 2),
        ("promoters", "histone", 1),
        ("dataset", "K562: no value", 2),
        ("dataset", "GM12878: no value", 1),
    ]
    assert count_reasons(DROPPED.iloc[:0]) == []
    with pytest.raises(InputError, match="no column stage"):
        count_reasons(DROPPED.drop(columns="stage"))


def test_genes_without_expression_still_have_a_promoter():
    assert count_annotated(10, DROPPED) == 13
    assert count_annotated(10, DROPPED.iloc[:0]) == 10
    genes = pd.DataFrame({"gene_id": list("wxyz"), "tss_source": ["cage", "cage", "annotation", "cage"]})
    ours = species_summary("human", "GRCh37", False, genes, DROPPED)
    assert (ours["annotated"], ours["promoters"], ours["recentred"]) == (7, 4, 3)


def test_silent_genes_are_counted():
    ours = dataset_summary("a", "human", "median", np.float32([-1, -1, 0.5]), (7000, 3500))
    assert (ours["genes"], ours["silent"], ours["upstream"], ours["downstream"]) == (3, 2, 7000, 3500)


@pytest.mark.parametrize(
    ("table", "dead"),
    [
        (trials("ll", "10", "12"), ["2"]),
        (trials("lc", "10", "11"), []),
        (trials("cc", "10", "12"), ["1", "2"]),
        (trials("lcd", "101", "123"), ["2", "3"]),
    ],
)
def test_folds_without_a_live_chosen_trial_are_dead(table, dead):
    ours = trial_counts(table)
    assert ours["dead_folds"] == dead
    assert ours["live"] + ours["collapsed"] + ours["diverged"] == len(table)


def test_chosen_may_come_as_text():
    table = trials("ll", "10", "11")
    table["chosen"] = ["True", "False"]
    assert trial_counts(table)["dead_folds"] == []


def test_experiments_are_collected_and_compared():
    rng = np.random.default_rng(0)
    observed = rng.normal(size=40)
    rows = pd.DataFrame({"gene_id": range(40), "observed": observed, "predicted": observed, "fold": 1})
    leakage = pd.DataFrame(
        {"fold": 1, "gene_id": range(4), "overlap_bp": [0, 1, 2, 5], "overlap_fraction": [0, 0.1, 0.3, 0.9]}
    )
    metrics = prediction_metrics(rows, n_boot=10).as_dict()
    ours = experiment_summary("a", {"dataset": "d"}, metrics, trials("lc", "10", "11"), leakage)
    assert ours["leakage"] == {"test_genes": 4, "any": 0.75, "quarter": 0.5, "half": 0.25}
    assert json.loads(json.dumps(ours)) == ours
    table = comparison_table([ours])
    assert table.loc[0, ["experiment", "n", "live", "collapsed", "diverged"]].tolist() == ["a", 40, 1, 1, 0]
    assert table.loc[0, "r2"] == pytest.approx(1)
    assert not table.loc[0, "constant"]
