"""Differences of predictions as a classifier: toys by hand, scikit-learn, and DeLong counted pair by pair."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from xpresso_core.classifier import auc_interval, classify, roc_points, write_classifier
from xpresso_core.comparison import compare
from xpresso_core.errors import InputError
from xpresso_core.files import read_json, read_table, write_table

IDS = list("ABCDEF")
TABLE = pd.DataFrame(
    {
        "gene_id": IDS,
        "first": [2.0, 1.5, -1.0, 0.0, 0.5, 0.0],
        "second": [0.0, 0.0, 1.0, 1.5, 0.5, 0.2],
        "difference": [2.0, 1.5, -2.0, -1.5, 0.0, -0.2],
        "zscore_difference": [1.9, 0.9, -1.8, -1.1, 0.0, -0.2],
        "call": ["first", "first", "second", "second", "", ""],
    }
)


def predictions(name: str, predicted: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"gene_id": IDS, "observed": TABLE[name], "predicted": predicted})


FIRST = predictions("first", [1.0, 0.5, 0.0, 0.4, 9.0, 9.0])
SECOND = predictions("second", [0.5, 0.6, 0.3, 0.2, 0.0, 9.0])
# scores: A 0.5, B -0.1; C -0.3, D 0.2


def random_case(genes: int, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    index = pd.Index([f"G{number}" for number in range(genes)], name="gene_id")
    label = pd.Series(rng.normal(0.3, 1, genes), index)
    other = pd.Series(0.7 * label.to_numpy() + rng.normal(0, 0.8, genes), index)
    sides = [
        pd.DataFrame({"gene_id": index, "observed": x, "predicted": 0.6 * x + rng.normal(0, 1, genes)})
        for x in (label.to_numpy(), other.to_numpy())
    ]
    return compare(label, other).table, *sides


def test_a_toy_by_hand():
    ours = classify(TABLE, FIRST, SECOND, "fold_change")
    assert ours.table["gene_id"].tolist() == ["A", "B", "C", "D"]
    assert ours.table["call"].tolist() == ["first", "first", "second", "second"]
    assert ours.table["score"].tolist() == pytest.approx([0.5, -0.1, -0.3, 0.2])
    assert (ours.n_first, ours.n_second, ours.unpredicted) == (2, 2, 0)
    assert ours.auc == 0.75  # A beats C and D, B beats C
    assert ours.roc.to_numpy().tolist() == [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]]
    assert ours.p == pytest.approx(4 / 6)  # of the six orders of two and two, four are as far from even


def test_zscores_standardise_predictions_by_the_labels_compared():
    ours = classify(TABLE, FIRST, SECOND, "zscore")
    assert ours.table["gene_id"].tolist() == ["A", "C", "D"]  # B differs by 0.9 s.d. only
    both = [
        (frame["predicted"] - np.mean(TABLE[name])) / np.std(TABLE[name])
        for name, frame in (("first", FIRST), ("second", SECOND))
    ]
    assert ours.table["score"].tolist() == pytest.approx((both[0] - both[1])[[0, 2, 3]].tolist())
    assert (ours.n_first, ours.n_second) == (1, 2)
    assert (ours.auc_ci_low, ours.auc_ci_high) == (0, 1)  # one gene has no variance


def test_zscores_forgive_the_scale_of_a_dataset_and_fold_changes_do_not():
    table, first, second = random_case(400)
    scaled = second.assign(observed=3 * second["observed"] + 5, predicted=3 * second["predicted"] + 5)
    other = table.assign(second=3 * table["second"] + 5)
    plain, moved = (classify(*case, "zscore") for case in ((table, first, second), (other, first, scaled)))
    assert moved.auc == plain.auc
    assert moved.table["score"].tolist() == pytest.approx(plain.table["score"].tolist())
    assert (
        classify(other, first, scaled, "fold_change").auc != classify(table, first, second, "fold_change").auc
    )


@pytest.mark.parametrize("calls", ["fold_change", "zscore"])
def test_agrees_with_scikit_learn_and_exchanging_the_datasets_mirrors(calls):
    table, first, second = random_case(1500)
    ours = classify(table, first, second, calls)
    truth = ours.table["call"] == "first"
    assert ours.auc == pytest.approx(roc_auc_score(truth, ours.table["score"]), abs=1e-12)
    there = compare(*(table.set_index("gene_id")[name] for name in ("second", "first"))).table
    back = classify(there, second, first, calls)
    assert (back.n_first, back.n_second) == (ours.n_second, ours.n_first)
    assert (back.auc, back.p) == pytest.approx((ours.auc, ours.p))
    assert (back.auc_ci_low, back.auc_ci_high) == pytest.approx((ours.auc_ci_low, ours.auc_ci_high))
    assert 0.5 < ours.auc_ci_low < ours.auc < ours.auc_ci_high < 1
    assert ours.p < 1e-6


@pytest.mark.parametrize("digits", [12, 1, 0])  # fewer digits, more ties
def test_curve_is_that_of_scikit_learn(digits):
    rng = np.random.default_rng(digits)
    first, second = np.round(rng.normal(1, 1, 80), digits), np.round(rng.normal(0, 1, 50), digits)
    ours = roc_points(first, second)
    scores, truth = np.concatenate([first, second]), np.repeat([1, 0], [80, 50])
    wrong, right, _ = roc_curve(truth, scores, drop_intermediate=False)
    np.testing.assert_allclose(ours["false_positive"], wrong, atol=1e-12)
    np.testing.assert_allclose(ours["true_positive"], right, atol=1e-12)
    area = np.trapezoid(ours["true_positive"], ours["false_positive"])
    assert auc_interval(first, second)[0] == pytest.approx(area, abs=1e-12)
    assert area == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)


def delong_slowly(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Equations 4 to 6 of DeLong et al. 1988 for one marker, pair by pair."""
    kernel = np.array([[1.0 if x > y else 0.5 if x == y else 0.0 for y in second] for x in first])
    auc = kernel.mean()
    by_first = sum((row.mean() - auc) ** 2 for row in kernel) / (len(first) - 1)
    by_second = sum((column.mean() - auc) ** 2 for column in kernel.T) / (len(second) - 1)
    return auc, np.sqrt(by_first / len(first) + by_second / len(second))


@pytest.mark.parametrize(("m", "n", "digits"), [(40, 25, 12), (40, 25, 0), (2, 3, 12), (60, 2, 1)])
def test_interval_is_delongs(m, n, digits):
    rng = np.random.default_rng(m)
    first, second = np.round(rng.normal(0.5, 1, m), digits), np.round(rng.normal(0, 1, n), digits)
    auc, error = delong_slowly(first, second)
    reach = 1.959963984540054 * error
    expected = (auc, max(0, auc - reach), min(1, auc + reach))
    assert auc_interval(first, second) == pytest.approx(expected, abs=1e-12)


def test_interval_holds_the_true_area_as_often_as_it_says():
    rng = np.random.default_rng(7)
    truth = 0.7602499389065233  # of normal scores one s.d. apart: Phi(1 / sqrt 2)
    inside = 0
    for _ in range(400):
        _, low, high = auc_interval(rng.normal(1, 1, 80), rng.normal(0, 1, 120))
        inside += low <= truth <= high
    assert 0.92 <= inside / 400 <= 0.98


def test_p_is_exact_for_few_genes():
    table = pd.concat([TABLE, TABLE.iloc[[0, 2]].assign(gene_id=["G", "H"])], ignore_index=True)
    first = table[["gene_id"]].assign(observed=table["first"], predicted=[5.0, 6, 1, 2, 0, 0, 7, 3])
    second = table[["gene_id"]].assign(observed=table["second"], predicted=0.0)
    ours = classify(table, first, second, "fold_change")
    assert ours.auc == 1
    assert ours.p == pytest.approx(2 / 20)  # of 20 orders, two are as extreme
    assert (ours.auc_ci_low, ours.auc_ci_high) == (1, 1)


def test_predictions_that_tell_nothing():
    ours = classify(TABLE, FIRST.assign(predicted=1.0), SECOND.assign(predicted=0.5), "fold_change")
    assert (ours.auc, ours.p) == (0.5, 1)
    assert ours.roc.to_numpy().tolist() == [[0, 0], [1, 1]]


def test_genes_without_a_prediction_are_counted_once():
    ours = classify(
        TABLE,
        FIRST[FIRST["gene_id"] != "B"],
        SECOND.query("gene_id != 'C' and gene_id != 'E'"),
        "fold_change",
    )
    assert ours.unpredicted == 2
    assert ours.table["gene_id"].tolist() == ["A", "D"]


def test_order_of_predictions_does_not_matter_and_strangers_are_ignored():
    stranger = pd.DataFrame({"gene_id": ["X"], "observed": [9.0], "predicted": [9.0]})
    ours = classify(
        TABLE, pd.concat([stranger, FIRST[::-1]]), SECOND.sample(frac=1, random_state=0), "fold_change"
    )
    pd.testing.assert_frame_equal(ours.table, classify(TABLE, FIRST, SECOND, "fold_change").table)


def test_orthologs_join_the_second_dataset():
    table = TABLE.assign(ortholog_id=[f"mouse_{gene}" for gene in IDS])
    mouse = SECOND.assign(gene_id=table["ortholog_id"])
    ours = classify(table, FIRST, mouse, "fold_change")
    pd.testing.assert_frame_equal(ours.table, classify(TABLE, FIRST, SECOND, "fold_change").table)
    with pytest.raises(
        InputError, match="of the second dataset: no gene .*example A and mouse_A.* this dataset"
    ):
        classify(table, FIRST, SECOND, "fold_change")


def test_files_are_written_and_read(tmp_path):
    table = TABLE.assign(ortholog_id=["10", "11", "12", "13", "14", "15"])
    paths = [tmp_path / name for name in ("comparison.tsv", "first.tsv", "second.tsv")]
    for frame, path in zip((table, FIRST, SECOND.assign(gene_id=table["ortholog_id"])), paths, strict=True):
        write_table(frame, path)
    ours = write_classifier(*paths, tmp_path / "out.tsv", tmp_path / "out.json", calls="fold_change")
    assert read_table(tmp_path / "out.tsv").columns.tolist() == ["gene_id", "call", "score"]
    assert read_table(tmp_path / "out.tsv")["score"].tolist() == pytest.approx([0.5, -0.1, -0.3, 0.2])
    summary = read_json(tmp_path / "out.json")
    assert summary == ours.as_dict() == json.loads(json.dumps(summary, allow_nan=False))
    assert set(summary) == {
        *("calls", "n_first", "n_second", "auc", "auc_ci_low", "auc_ci_high", "p", "unpredicted"),
    }


def without(frame: pd.DataFrame, genes: str) -> pd.DataFrame:
    return frame[~frame["gene_id"].isin(list(genes))]


@pytest.mark.parametrize(
    ("table", "first", "second", "calls", "message"),
    [
        (TABLE, FIRST, SECOND, "foldchange", "cannot be called by 'foldchange'.* fold_change or zscore"),
        (TABLE.drop(columns="call"), FIRST, SECOND, "zscore", "comparison: the table has no column call"),
        (
            TABLE,
            FIRST.drop(columns="observed"),
            SECOND,
            "zscore",
            "of the first dataset: the table has no column obs",
        ),
        (
            TABLE.replace({"call": {"first": ""}}),
            FIRST,
            SECOND,
            "fold_change",
            "no gene is called .* first dataset",
        ),
        (TABLE.assign(zscore_difference=2.0), FIRST, SECOND, "zscore", "no gene is called .* second dataset"),
        (
            TABLE.replace({"call": {"first": "1"}}),
            FIRST,
            SECOND,
            "fold_change",
            "gene A: the call '1' is neither",
        ),
        (TABLE, FIRST, without(SECOND, "CD"), "fold_change", "none of the 2 genes .* higher in the second"),
        (TABLE, FIRST[:0], SECOND, "fold_change", "of the first dataset: the table has no rows"),
        (
            TABLE,
            FIRST,
            SECOND.replace("F", "A"),
            "zscore",
            "of the second dataset, gene A: 1 genes are there twice",
        ),
        (TABLE.replace("F", "A"), FIRST, SECOND, "zscore", "comparison, gene A: 1 genes are there twice"),
        (
            TABLE,
            FIRST.replace({"predicted": {0.5: np.nan}}),
            SECOND,
            "zscore",
            "first .*predicted, gene B: 1 values are missing",
        ),
        (
            TABLE.replace({"second": {1.5: np.inf}}),
            FIRST,
            SECOND,
            "zscore",
            "column second, gene D: 1 values",
        ),
        (
            TABLE,
            SECOND,
            FIRST,
            "zscore",
            "first dataset, gene A: the observed values of 5 genes are not those",
        ),
        (
            TABLE.assign(first=1.0),
            FIRST.assign(observed=1.0),
            SECOND,
            "zscore",
            "column first: all genes have the same label",
        ),
    ],
)
def test_what_cannot_be_classified(table, first, second, calls, message):
    with pytest.raises(InputError, match=message):
        classify(table, first, second, calls)


def test_nothing_is_written_on_error(tmp_path):
    paths = [tmp_path / name for name in ("comparison.tsv", "first.tsv", "second.tsv")]
    for frame, path in zip((TABLE, FIRST, without(SECOND, "AB")), paths, strict=True):
        write_table(frame, path)
    with pytest.raises(InputError, match="none of the 2 genes"):
        write_classifier(*paths, tmp_path / "out.tsv", tmp_path / "out.json", calls="fold_change")
    assert sorted(tmp_path.iterdir()) == sorted(paths)
