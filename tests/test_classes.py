"""Classes of genes: where predictions have two modes and follow the measured expression, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from xpresso_core.classes import CHANCE, ClassRule, classes_of, halves_of, read_genes
from xpresso_core.errors import InputError
from xpresso_core.files import write_table

Floats = npt.NDArray[np.float64]

RULES: tuple[ClassRule, ...] = get_args(ClassRule)


def two_modes(genes: int = 400, seed: int = 0) -> tuple[Floats, Floats]:
    """Return predictions around -0.8 and 1, and measured values that follow them."""
    rng = np.random.default_rng(seed)
    predicted = np.where(rng.random(genes) < 0.4, 1.0, -0.8) + rng.normal(0, 0.25, genes)
    return predicted, predicted + rng.normal(0, 0.6, genes)


def one_mode(genes: int = 400, seed: int = 0) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    predicted = rng.normal(0, 0.5, genes)
    return predicted, predicted + rng.normal(0, 0.6, genes)


def test_two_modes_are_parted_at_the_threshold_of_the_mixture() -> None:
    predicted, observed = two_modes()
    names, facts = classes_of(predicted, observed, "mixture")
    assert facts["rule"] == "mixture"
    assert facts["reason"] == ""
    assert facts["bimodal"]
    threshold = facts["threshold"]
    assert -0.4 < threshold < 0.6
    assert names.tolist() == np.where(predicted >= threshold, "B", "A").tolist()
    assert predicted[names == "B"].min() == threshold
    assert predicted[names == "A"].max() < threshold
    assert facts["genes"] == {"A": int((names == "A").sum()), "B": int((names == "B").sum())}
    assert sum(facts["genes"].values()) == len(predicted)
    assert facts["means"] == pytest.approx([-0.8, 1.0], abs=0.1)
    assert facts["weights"] == pytest.approx([0.6, 0.4], abs=0.1)
    assert facts["sds"] == pytest.approx([0.25, 0.25], abs=0.1)
    assert facts["modes"] == pytest.approx([-0.8, 1.0], abs=0.1)
    assert facts["r"] == pytest.approx(np.corrcoef(predicted, observed)[0, 1])
    assert facts["r2"] == facts["r"] ** 2
    assert facts["p"] < CHANCE
    assert facts["valley_p"] < 1e-6


@pytest.mark.parametrize("rule", RULES)
def test_predictions_that_do_not_follow_the_measured_values_have_no_classes(rule: ClassRule) -> None:
    predicted, observed = two_modes()
    rng = np.random.default_rng(1)
    with_classes = 0
    for _ in range(20):
        names, facts = classes_of(predicted, rng.permutation(observed), rule)
        with_classes += facts["reason"] == ""
        if facts["reason"]:
            assert facts["reason"] == "the predictions do not follow the measured expression"
            assert set(names) == {""}
            assert facts["threshold"] is None
            assert facts["genes"] == {"A": 0, "B": 0}
            assert facts["p"] >= CHANCE
    assert with_classes <= 1


@pytest.mark.parametrize("rule", RULES)
def test_predictions_that_go_against_the_measured_values_have_no_classes(rule: ClassRule) -> None:
    predicted, observed = two_modes()
    names, facts = classes_of(predicted, -observed, rule)
    assert set(names) == {""}
    assert facts["reason"] == "the predictions do not follow the measured expression"
    assert facts["p"] > 0.99
    assert facts["r"] == pytest.approx(-np.corrcoef(predicted, observed)[0, 1])


def test_a_single_mode_has_no_classes_by_the_mixture_and_says_so() -> None:
    predicted, observed = one_mode()
    names, facts = classes_of(predicted, observed, "mixture")
    assert set(names) == {""}
    assert facts["reason"] == "the predictions have no two modes beyond chance"
    assert facts["threshold"] is None
    assert not facts["bimodal"]
    assert facts["genes"] == {"A": 0, "B": 0}


@pytest.mark.parametrize("genes", [99, 100, 101])
def test_thirds_are_the_lowest_and_the_highest_genes(genes: int) -> None:
    predicted = np.random.default_rng(2).permutation(np.arange(genes, dtype=np.float64))
    names, facts = classes_of(predicted, predicted, "thirds")
    assert sorted(predicted[names == "A"]) == list(range(33))
    assert sorted(predicted[names == "B"]) == list(range(genes - 33, genes))
    assert facts["genes"] == {"A": 33, "B": 33}
    assert facts["threshold"] == genes - 33
    assert facts["r2"] == pytest.approx(1)


def test_thirds_need_no_two_modes() -> None:
    _, facts = classes_of(*one_mode(), "thirds")
    assert facts["reason"] == ""
    assert not facts["bimodal"]
    assert facts["genes"] == {"A": 133, "B": 133}


@pytest.mark.parametrize("rule", RULES)
def test_the_order_of_genes_does_not_matter(rule: ClassRule) -> None:
    predicted, observed = two_modes(seed=3)
    order = np.random.default_rng(4).permutation(len(predicted))
    names, facts = classes_of(predicted, observed, rule)
    others, told = classes_of(predicted[order], observed[order], rule)
    assert others.tolist() == names[order].tolist()
    assert told["threshold"] == facts["threshold"]
    assert told["genes"] == facts["genes"]
    halves = halves_of(predicted, names)
    assert halves_of(predicted[order], others).tolist() == halves[order].tolist()


def tied(low: int, middle: int, high: int) -> Floats:
    """Return predictions of which so many in the middle are 0.5, those below and above being all different."""
    return np.r_[np.linspace(-1, 0, low), np.full(middle, 0.5), np.linspace(1, 2, high)]


@pytest.mark.parametrize("low", [0, 20, 32])
def test_thirds_that_meet_in_equal_predictions_are_no_classes(low: int) -> None:
    predicted = tied(low, 68 - low, 32)  # both bounds of the thirds of 100 are among the equal ones
    names, facts = classes_of(predicted, predicted, "thirds")
    assert facts["reason"] == "too many predictions are the same"
    assert facts["threshold"] is None
    assert facts["genes"] == {"A": 0, "B": 0}
    assert set(names) == {""}


@pytest.mark.parametrize(
    ("sizes", "genes", "threshold"),
    [
        ((33, 34, 33), {"A": 33, "B": 33}, 1.0),
        ((20, 47, 33), {"A": 67, "B": 33}, 1.0),  # all that are as low as the 33rd
        ((33, 47, 20), {"A": 33, "B": 67}, 0.5),  # all that are as high as the 33rd
    ],
)
def test_equal_predictions_are_of_one_class_in_any_order(
    sizes: tuple[int, int, int], genes: dict[str, int], threshold: float
) -> None:
    predicted = tied(*sizes)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(100)
        names, facts = classes_of(predicted[order], predicted[order], "thirds")
        assert facts["genes"] == genes
        assert facts["threshold"] == threshold
        assert len(set(names[predicted[order] == 0.5])) == 1
        assert (names == "B").tolist() == (predicted[order] >= threshold).tolist()


@pytest.mark.parametrize("rule", RULES)
def test_measured_values_that_are_all_equal_are_refused(rule: ClassRule) -> None:
    predicted, _ = two_modes()
    with pytest.raises(InputError, match="classes: all genes have the same measured expression"):
        classes_of(predicted, np.full(len(predicted), 0.25), rule)


@pytest.mark.parametrize("rule", RULES)
def test_the_unit_does_not_matter(rule: ClassRule) -> None:
    predicted, observed = two_modes(seed=5)
    names, facts = classes_of(predicted, observed, rule)
    others, told = classes_of(4 * predicted - 2, 0.5 * observed + 7, rule)
    assert others.tolist() == names.tolist()
    assert told["threshold"] == pytest.approx(4 * facts["threshold"] - 2)
    assert told["r2"] == pytest.approx(facts["r2"])


def test_facts_are_plain() -> None:
    for rule in RULES:
        for value in classes_of(*two_modes(), rule).facts.values():
            assert type(value) in (str, float, bool, list, dict)


@pytest.mark.parametrize(
    ("predicted", "message"),
    [
        (np.arange(5.0), "too few"),
        (np.r_[np.arange(20.0), np.nan], "missing or infinite"),
        (np.full(20, 0.3), "all values are equal"),
    ],
)
def test_what_has_no_classes_to_look_for(predicted: Floats, message: str) -> None:
    with pytest.raises(InputError, match=message):
        classes_of(predicted, np.arange(len(predicted), dtype=np.float64), "thirds")


@pytest.mark.parametrize("high", [0, 1, 2, 7, 8])
def test_halves_of_the_high_class_are_equal_and_leave_a_middle_gene_out(high: int) -> None:
    rng = np.random.default_rng(6)
    names = rng.permutation(np.array(["B"] * high + ["A"] * 5 + [""] * 3))
    predicted = rng.permutation(np.arange(len(names), dtype=np.float64))
    halves = halves_of(predicted, names)
    assert set(halves[names != "B"]) == {""}
    ranked = np.sort(predicted[names == "B"])
    assert sorted(predicted[halves == "lower"]) == ranked[: high // 2].tolist()
    assert sorted(predicted[halves == "upper"]) == ranked[high - high // 2 :].tolist()
    assert (halves[names == "B"] == "").sum() == high % 2


GENES = pd.DataFrame(
    {
        "gene_id": ["007", "1e5", "NA", "d"],
        "observed": [0.5, 1.0, 1.5, 2.0],
        "predicted": [0.25, 1.25, 1.5, 2.5],
        "fold": [1, 2, 1, 2],
        "group": ["silent", "low", "medium", "high"],
        "class": ["A", "", "B", "B"],
        "half": ["", "", "lower", "upper"],
    }
)


def test_genes_come_back_as_they_were_written(tmp_path: Path) -> None:
    write_table(GENES, tmp_path / "genes.tsv")
    pd.testing.assert_frame_equal(read_genes(tmp_path / "genes.tsv"), GENES, check_dtype=False)


def test_genes_without_any_class_come_back_too(tmp_path: Path) -> None:
    none = GENES.assign(**{"class": "", "half": ""})
    write_table(none, tmp_path / "genes.tsv")
    found = read_genes(tmp_path / "genes.tsv")
    assert found["class"].tolist() == found["half"].tolist() == [""] * 4


@pytest.mark.parametrize("group", ["highest", ""])
def test_an_unknown_group_is_refused(tmp_path: Path, group: str) -> None:
    write_table(GENES.assign(group=["low", "low", "low", group]), tmp_path / "genes.tsv")
    with pytest.raises(InputError, match=f"the groups .*{group or 'nan'}.* are not among .*silent"):
        read_genes(tmp_path / "genes.tsv")


@pytest.mark.parametrize("column", ["gene_id", "group", "class", "half", "predicted", "observed", "fold"])
def test_a_missing_column_is_refused(tmp_path: Path, column: str) -> None:
    write_table(GENES.drop(columns=column), tmp_path / "genes.tsv")
    with pytest.raises(InputError, match=f"lacks the column {column}"):
        read_genes(tmp_path / "genes.tsv")
