"""A row with `vary` becomes one experiment per combination, and nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest

from xpresso_core.errors import ConfigError
from xpresso_core.experiment_rows import comparable, expand, families, split_pairs, variations

ROW: dict[str, Any] = {
    "dataset": "human",
    "split": {"kind": "holdout", "validation": 10, "test": 10},
    "inputs": ["promoter"],
}


def test_an_experiment_without_variation_stays_as_it_is() -> None:
    assert expand({"plain": ROW}) == {"plain": ROW}
    assert families({"plain": ROW}) == {}


def test_every_combination_is_an_experiment_with_its_values_in_place() -> None:
    row = ROW | {"vary": {"split.training": [200, 400], "split.draw": [1, 2, 3]}}
    expanded = expand({"sizes": row, "plain": ROW})
    assert list(expanded)[:4] == [
        "sizes-training_200-draw_1",
        "sizes-training_200-draw_2",
        "sizes-training_200-draw_3",
        "sizes-training_400-draw_1",
    ]
    assert len(expanded) == 7
    assert expanded["sizes-training_400-draw_2"] == ROW | {
        "split": ROW["split"] | {"training": 400, "draw": 2}
    }
    assert row["split"] == ROW["split"]


def test_values_may_be_tables_and_lists() -> None:
    row = ROW | {
        "vary": {
            "window": [{"upstream": 1500, "downstream": 750}],
            "inputs": [["promoter", "halflife"], ["halflife"]],
        }
    }
    members = list(variations("w", row))
    assert [member.name for member in members] == [
        "w-window_1500_750-inputs_promoter_halflife",
        "w-window_1500_750-inputs_halflife",
    ]
    assert members[1].row["window"] == {"upstream": 1500, "downstream": 750}
    assert members[1].values == {"window": {"upstream": 1500, "downstream": 750}, "inputs": ["halflife"]}


def test_two_experiments_of_one_name_are_refused() -> None:
    twice = {"a-trials_1": ROW, "a": ROW | {"vary": {"trials": [1, 2]}}}
    with pytest.raises(ConfigError, match="two experiments are called 'a-trials_1'"):
        expand(twice)
    with pytest.raises(ConfigError, match="two experiments"):
        expand({"a": ROW | {"vary": {"trials": [1, 1]}}})


def test_experiments_that_differ_by_the_kind_of_split_only_are_paired() -> None:
    folds = ROW | {"split": {"kind": "folds", "folds": 10, "validation": 10}}
    chromosomes = ROW | {"split": {"kind": "chromosomes", "folds": 4}}
    rows = {
        "holdout": ROW,
        "folds": folds,
        "chromosomes": chromosomes,
        "other": chromosomes | {"inputs": ["halflife"]},
    }
    assert split_pairs(rows) == [("folds", "chromosomes")]
    assert split_pairs({"a": ROW, "b": folds}) == []


def test_experiments_that_test_the_same_genes_are_comparable_whatever_else_they_do() -> None:
    rows = {
        "halflife": ROW | {"inputs": ["halflife"]},
        "own": ROW,
        "searched": ROW | {"architecture": "searched", "trials": 3, "tested_on": ["other"]},
        "dataset": ROW | {"dataset": "mouse"},
        "split": ROW | {"split": ROW["split"] | {"test": 11}},
        "fewer": ROW | {"split": ROW["split"] | {"training": 5}},
        "genes": ROW | {"genes": {"orthologs": "pair"}},
        "same genes": ROW | {"genes": {"orthologs": "pair"}, "trials": 2},
    }
    assert comparable(rows, "own") == ["own", "halflife", "searched"]
    assert comparable(rows, "searched") == ["searched", "halflife", "own"]
    assert comparable(rows, "genes") == ["genes", "same genes"]
    for alone in ("dataset", "split", "fewer"):
        assert comparable(rows, alone) == [alone]


def test_members_of_a_family_are_comparable_where_they_test_the_same() -> None:
    rows = expand(
        {"trials": ROW | {"vary": {"trials": [1, 2]}}, "sizes": ROW | {"vary": {"split.test": [3, 10]}}}
    )
    assert comparable(rows, "trials-trials_2") == ["trials-trials_2", "trials-trials_1", "sizes-test_10"]
