"""Plans come back from plain types, and shuffled controls stand for promoters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from toy import ARCHITECTURE, toy_dataset

from xpresso_core.files import write_json
from xpresso_core.genome import Window
from xpresso_core.plan import Plan, network_inputs, window_read, with_control

PLAIN = {
    "inputs": ["di_shuffled", "halflife"],
    "architecture": ARCHITECTURE.to_dict(),
    "window": None,
    "protocol": "strict",
    "trials": 2,
    "ensemble": "all",
    "seed": 5,
}


def test_a_plan_comes_from_plain_types() -> None:
    plan = Plan.from_dict(PLAIN)
    assert plan.architecture == ARCHITECTURE
    assert plan.inputs == ("di_shuffled", "halflife")
    assert network_inputs(plan.inputs) == ("promoter", "halflife")


def test_a_window_of_one_s_own_replaces_that_of_the_architecture() -> None:
    plan = Plan.from_dict(PLAIN | {"window": {"upstream": 30, "downstream": 50}})
    assert plan.architecture.window == Window(30, 50)
    assert plan.architecture.convolutions == ARCHITECTURE.convolutions


def test_the_architecture_may_be_what_a_search_found(tmp_path: Path) -> None:
    write_json({"architecture": ARCHITECTURE.to_dict()}, tmp_path / "best.json")
    plan = Plan.from_dict(PLAIN | {"architecture": None}, tmp_path / "best.json")
    assert plan.architecture == ARCHITECTURE


def test_the_window_that_is_read_is_that_of_the_plan(tmp_path: Path) -> None:
    settings = {"upstream": 60, "downstream": 40, "jitter": 5, "window": None}
    assert window_read(settings) == (Window(60, 40), 5)
    other = {"window": {"upstream": 30, "downstream": 50}}
    assert window_read(settings | other) == (Window(30, 50), 5)
    write_json({"architecture": ARCHITECTURE.to_dict()}, tmp_path / "best.json")
    unknown = dict.fromkeys(settings)
    assert window_read(unknown, tmp_path / "best.json") == (Window(60, 40), 5)
    assert window_read(unknown | other, tmp_path / "best.json") == (Window(30, 50), 5)


@pytest.mark.parametrize("kind", ["mono_shuffled", "di_shuffled"])
def test_a_control_keeps_each_gene_s_composition_and_nothing_else_of_its_promoter(kind: str) -> None:
    dataset = toy_dataset(40)
    control = with_control(dataset, (kind, "halflife"), seed=1)
    for before, after in zip(dataset.codes, control.codes, strict=True):
        assert not np.array_equal(before, after)
        np.testing.assert_array_equal(np.bincount(before, minlength=5), np.bincount(after, minlength=5))
    np.testing.assert_array_equal(control.halflife, dataset.halflife)
    np.testing.assert_array_equal(control.codes, with_control(dataset, (kind,), seed=1).codes)
    assert with_control(dataset, ("promoter", "halflife"), seed=1) is dataset
