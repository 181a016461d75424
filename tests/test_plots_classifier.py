"""The figure of a classifier."""

import numpy as np
import pandas as pd
import pytest
from figures import words

from xpresso_core.classifier import Classifier, classify
from xpresso_core.comparison import compare
from xpresso_core.plots_classifier import roc

NAMES = ("K562", "GM12878")


def classified(genes: int, sign: float = 1.0, calls: str = "fold_change", left_out: int = 0) -> Classifier:
    rng = np.random.default_rng(genes)
    index = pd.Index([f"G{number}" for number in range(genes)], name="gene_id")
    labels = pd.Series(rng.normal(0.3, 1, genes), index), pd.Series(rng.normal(0.3, 1, genes), index)
    first, second = (
        pd.DataFrame(
            {"gene_id": index, "observed": label, "predicted": sign * label + rng.normal(0, 0.8, genes)}
        )
        for label in labels
    )
    return classify(compare(*labels).table, first[left_out:], second, calls)


def draw(classifier: Classifier, path, names=NAMES, title="Who has more?") -> str:
    roc(classifier, names, path, title)
    return " ".join(words(path).split())


def test_area_sizes_and_meaning_are_told(tmp_path):
    found = classified(600)
    text = draw(found, tmp_path / "a.svg")
    story = (
        f"The difference of predictions tells the {found.n_first:,} genes that K562 has more than 10 times as much of"
        f" from the {found.n_second:,} genes of GM12878: AUC = {found.auc:.2f}, P = {found.p:.2g}."
    )
    assert story in text
    for word in (
        "Who has more?",
        f"AUC = {found.auc:.2f} (95 % CI {found.auc_ci_low:.2f} to {found.auc_ci_high:.2f})",
        f"first class: K562 has more, {found.n_first:,} genes",
        f"second class: GM12878 has more, {found.n_second:,} genes",
        "chance (AUC = 0.5)",
        "False positives, of the second class",
        "True positives, of the first class",
        "Genes of the class, %",
        "log10 units",
    ):
        assert word in text
    assert "Left out" not in text


def test_zscores_have_their_own_unit(tmp_path):
    text = draw(classified(500, calls="zscore"), tmp_path / "a.svg")
    assert "that K562 has more of by over 1 s.d. of the label from" in text
    assert "Prediction for the first − for the second, s.d. of the label" in text


def test_genes_left_out_are_told(tmp_path):
    found = classified(500, left_out=200)
    assert found.unpredicted > 1
    assert f"Left out for want of a prediction: {found.unpredicted} genes." in draw(found, tmp_path / "a.svg")


def test_chance_and_the_wrong_way_round_are_told(tmp_path):
    text = draw(classified(500, sign=-1), tmp_path / "a.svg")
    assert "The difference of predictions tells, but the wrong way round, the" in text
    text = draw(classified(500, sign=0), tmp_path / "b.svg")
    assert "The difference of predictions cannot be shown to tell the" in text


def smallest(score: float) -> Classifier:
    """One gene in each class, with scores as given and 0."""
    columns = {"first": [2.0, 0.0], "second": [0.0, 2.0], "zscore_difference": [2.0, -2.0]}
    table = pd.DataFrame({"gene_id": ["A", "B"], **columns, "call": ["first", "second"]})
    sides = [
        pd.DataFrame({"gene_id": ["A", "B"], "observed": columns[name], "predicted": predicted})
        for name, predicted in (("first", [score, 0.0]), ("second", [0.0, 0.0]))
    ]
    return classify(table, *sides, "fold_change")


@pytest.mark.parametrize(("score", "auc"), [(0.7, "1.00"), (0.0, "0.50"), (-0.7, "0.00")])
def test_one_gene_in_each_class(tmp_path, score, auc):
    text = draw(smallest(score), tmp_path / "a.svg")
    assert "cannot be shown to tell the 1 gene that K562 has more than 10 times as much of" in text
    assert f"from the 1 gene of GM12878: AUC = {auc}, P = 1." in text


def test_long_names_are_broken(tmp_path):
    names = tuple(f"{name}_of_a_very_long_name_that_goes_on_and_on_and_on" for name in ("human", "mouse"))
    text = draw(classified(300), tmp_path / "a.svg", names, "Who?").replace(" ", "")
    assert all(f"class:{name}hasmore" in text for name in names)


def test_many_genes_stay_small_and_the_same(tmp_path):
    found = classified(18_000)
    for name in ("a.svg", "b.svg"):
        assert "AUC = 0.98, P < 1e-300." in draw(found, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
