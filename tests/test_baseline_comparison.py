"""Models side by side: SciPy's tests, Nadeau and Bengio's by hand, and what may not be compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from plain import r2_difference_by_bootstrap
from scipy import stats

from xpresso_core.baseline_comparison import compare, fold_test, write_comparison
from xpresso_core.errors import InputError
from xpresso_core.files import read_table, write_table
from xpresso_core.metrics import prediction_metrics

Floats = npt.NDArray[np.float64]
FOLD_COLUMNS = ["mean_fold_r2", "fold_difference", "t", "p", "p_corrected"]


def test_the_plain_test_is_scipys() -> None:
    rng = np.random.default_rng(0)
    reference, other = rng.normal(0.6, 0.05, 10), rng.normal(0.5, 0.05, 10)
    ours, theirs = fold_test(reference, other, 0.1), stats.ttest_rel(reference, other)
    assert (ours.folds, ours.difference) == (10, pytest.approx((reference - other).mean()))
    assert (ours.t, ours.p) == pytest.approx((theirs.statistic, theirs.pvalue))
    back = fold_test(other, reference, 0.1)
    assert (back.difference, back.t) == pytest.approx((-ours.difference, -ours.t))
    assert (back.p, back.p_corrected) == pytest.approx((ours.p, ours.p_corrected))


def test_the_corrected_test_by_hand() -> None:
    """Differences 0.1, 0.2, 0.3: mean 0.2, variance 0.01; of folds of 1 test gene to 2 training genes."""
    ours = fold_test(np.array([0.5, 0.6, 0.7]), np.array([0.4, 0.4, 0.4]), 1 / 2)
    assert ours.t == pytest.approx(0.2 / np.sqrt(0.01 / 3))
    corrected = 0.2 / np.sqrt(0.01 * (1 / 3 + 1 / 2))
    assert ours.p_corrected == pytest.approx(2 * stats.t.sf(corrected, 2))
    # Student's t with two degrees of freedom has a closed form.
    assert ours.p_corrected == pytest.approx(1 - corrected / np.sqrt(2 + corrected**2))


def test_the_correction_only_makes_the_test_less_sure() -> None:
    rng = np.random.default_rng(1)
    reference, other = rng.normal(0.55, 0.05, 10), rng.normal(0.5, 0.05, 10)
    values = [fold_test(reference, other, share) for share in (0.0, 0.1, 1 / 9, 1.0)]
    assert values[0].p_corrected == pytest.approx(values[0].p)
    assert [value.p_corrected for value in values] == sorted(value.p_corrected for value in values)
    assert len({value.p for value in values}) == 1


def test_models_that_do_not_differ_or_always_by_as_much() -> None:
    same = np.array([0.5, 0.25, 0.75])
    assert fold_test(same, same, 0.1) == (3, 0, 0, 1, 1)
    assert fold_test(same + 0.125, same, 0.1) == (3, 0.125, np.inf, 0, 0)
    assert fold_test(same - 0.125, same, 0.1) == (3, -0.125, -np.inf, 0, 0)


@pytest.mark.parametrize("folds", [0, 1])
def test_one_fold_is_too_few(folds: int) -> None:
    with pytest.raises(InputError, match="a paired t-test needs two folds at least"):
        fold_test(np.zeros(folds), np.zeros(folds), 0.1)


def frames(genes: int = 300, folds: int = 5, seed: int = 0) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return predictions of baselines and of two networks, of which one is better than all and one is worse."""
    rng = np.random.default_rng(seed)
    observed = rng.normal(size=genes)

    def noisy(noise: float) -> Floats:
        return observed + noise * rng.normal(size=genes)

    keys = {"gene_id": [f"g{row:03d}" for row in range(genes)], "observed": observed}
    fold_of = np.arange(genes) % folds
    means = [observed[fold_of != fold_of[row]].mean() if folds > 1 else 0.1 for row in range(genes)]
    fold = {"fold": fold_of + 1}
    predictions = pd.DataFrame(
        {**keys, "mean": means, "lm:halflife+4mer": noisy(0.9), "trees:motifs+4mer": noisy(0.8), **fold}
    )
    networks = {
        name: pd.DataFrame({**keys, "predicted": noisy(noise), "predicted_sd": 0.1, **fold})
        for name, noise in (("best", 0.5), ("poor", 2.0))
    }
    return predictions, networks


def compared(
    predictions: pd.DataFrame, networks: dict[str, pd.DataFrame], reference: str = "best", seed: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame]:
    table, folds = compare(predictions, networks, reference, test_share=0.25, seed=seed)
    return table.set_index("model"), folds


def test_all_models_with_what_they_are() -> None:
    table, folds = compared(*frames())
    facts = {name: tuple(row) for name, row in table[["method", "features", "halflife"]].iterrows()}
    assert facts == {
        "mean": ("mean", "", False),
        "lm:halflife+4mer": ("lm", "4mer", True),
        "trees:motifs+4mer": ("trees", "motifs+4mer", False),
        "best": ("network", "", False),
        "poor": ("network", "", False),
    }
    assert len(folds) == 25
    assert list(folds.columns) == ["model", "fold", "r2"]


def test_numbers_are_those_of_the_metrics() -> None:
    predictions, networks = frames()
    table, folds = compared(predictions, networks)
    for name, values in (
        ("lm:halflife+4mer", predictions["lm:halflife+4mer"]),
        ("poor", networks["poor"]["predicted"]),
    ):
        metrics = prediction_metrics(
            predictions[["gene_id", "observed", "fold"]].assign(predicted=values), seed=1
        )
        for column in (
            "n",
            "r2",
            "r2_ci_low",
            "r2_ci_high",
            "coefficient_of_determination",
            "spearman",
            "mae",
        ):
            assert table.loc[name, column] == pytest.approx(getattr(metrics.pooled, column))
        own = folds[folds["model"] == name].set_index("fold")["r2"]
        assert own.to_dict() == pytest.approx({fold: value.r2 for fold, value in metrics.folds.items()})
        assert table.loc[name, "mean_fold_r2"] == pytest.approx(own.mean())


def test_fold_tests_are_those_of_the_r2_of_folds() -> None:
    table, folds = compared(*frames())
    wide = folds.pivot(index="fold", columns="model", values="r2")
    for name in ("lm:halflife+4mer", "poor", "mean"):
        test = fold_test(wide["best"].to_numpy(), wide[name].to_numpy(), 0.25)
        found = table.loc[name, FOLD_COLUMNS[1:]].tolist()
        assert found == pytest.approx([test.difference, test.t, test.p, test.p_corrected])
        assert test.p_corrected > test.p
    assert table.loc["best", FOLD_COLUMNS[1:]].tolist() == [0, 0, 1, 1]


def test_margins_are_what_the_reference_has_more() -> None:
    table, _ = compared(*frames())
    for name in ("lm:halflife+4mer", "trees:motifs+4mer", "poor"):
        row = table.loc[name]
        assert row["margin"] == pytest.approx(table.loc["best", "r2"] - row["r2"])
        assert 0 < row["margin_ci_low"] < row["margin"] < row["margin_ci_high"]
    assert table.loc["best", ["margin", "margin_ci_low", "margin_ci_high"]].tolist() == [0, 0, 0]
    poor, _ = compared(*frames(), reference="poor")
    assert (poor.loc["best", ["margin", "margin_ci_low", "margin_ci_high"]] < 0).all()
    assert poor.loc["best", "margin"] == pytest.approx(-table.loc["poor", "margin"])


def test_margins_intervals_are_those_of_a_paired_bootstrap() -> None:
    predictions, networks = frames()
    table, _ = compared(predictions, networks)
    pair = predictions["lm:halflife+4mer"], networks["best"]["predicted"]
    reference = r2_difference_by_bootstrap(predictions["observed"], *pair)
    found = table.loc["lm:halflife+4mer", ["margin_ci_low", "margin_ci_high"]].tolist()
    assert found == pytest.approx(list(reference), abs=0.02)


def test_constant_models_explain_nothing() -> None:
    """Also where the constants of folds differ, and would correlate with the labels."""
    table, folds = compared(*frames())
    row = table.loc["mean"]
    assert row["constant"]
    assert row[["r2", "r2_ci_low", "r2_ci_high", "spearman", "mean_fold_r2"]].tolist() == [0] * 5
    assert row["margin"] == table.loc["best", "r2"]
    assert row["margin_ci_low"] == pytest.approx(table.loc["best", "r2_ci_low"], abs=0.02)
    assert row["margin_ci_high"] == pytest.approx(table.loc["best", "r2_ci_high"], abs=0.02)
    assert not table["constant"].drop("mean").any()


def test_a_holdout_has_no_fold_tests() -> None:
    table, folds = compared(*frames(folds=1))
    assert not set(FOLD_COLUMNS) & set(table.columns)
    assert np.isfinite(table[["r2", "margin", "margin_ci_low", "margin_ci_high"]]).all(axis=None)
    assert set(folds["fold"]) == {"1"}


def test_order_of_genes_does_not_matter_and_the_seed_does() -> None:
    predictions, networks = frames()
    table, folds = compared(predictions, networks)
    shuffled = {name: network.sample(frac=1, random_state=3) for name, network in networks.items()}
    other, other_folds = compared(predictions.sample(frac=1, random_state=2), shuffled)
    pd.testing.assert_frame_equal(table, other)
    pd.testing.assert_frame_equal(folds, other_folds)
    pd.testing.assert_frame_equal(compared(predictions, networks)[0], table)
    assert (compared(predictions, networks, seed=2)[0]["margin_ci_low"] != table["margin_ci_low"]).any()


def test_labels_stored_with_fewer_bits_are_the_same() -> None:
    predictions, networks = frames()
    networks["poor"]["observed"] = networks["poor"]["observed"].astype(np.float32)
    assert len(compared(predictions, networks)[0]) == 5


@pytest.mark.parametrize("other", ["gene", "fewer", "fold", "label", "baselines"])
def test_a_network_of_other_genes_folds_or_labels_is_refused(other: str) -> None:
    predictions, networks = frames()
    poor = networks["poor"]
    if other == "gene":
        poor.loc[3, "gene_id"] = "x"
    elif other == "fewer":
        networks["poor"] = poor[:-1]
    elif other == "fold":
        poor.loc[[3, 4], "fold"] = poor.loc[[4, 3], "fold"].to_numpy()
    elif other == "label":
        poor.loc[3, "observed"] += 0.01
    else:
        predictions = predictions[:-1]
    name = "best" if other == "baselines" else "poor"
    with pytest.raises(
        InputError, match=f"'{name}' has other test genes, folds or labels than the baselines"
    ):
        compared(predictions, networks)


def test_a_prediction_that_is_no_number_is_refused() -> None:
    predictions, networks = frames()
    predictions.loc[5, "lm:halflife+4mer"] = np.nan
    with pytest.raises(InputError, match="1 predicted values are missing"):
        compared(predictions, networks)


def written(folder: Path, folds: int = 5) -> dict[str, Path]:
    """Write the files of a run, and the comparison."""
    predictions, networks = frames(folds=folds)
    paths = []
    for fold, rows in predictions.groupby("fold"):
        paths.append(folder / f"fold_{fold}.tsv")
        write_table(rows, paths[-1])
    for name, network in networks.items():
        write_table(network, folder / f"{name}.tsv")
    genes = predictions["gene_id"].to_numpy()
    rows = []
    for fold in range(1, folds + 1):
        part = np.where(predictions["fold"] == fold, "test", "train").astype(object)
        rows.append(pd.DataFrame({"fold": fold, "gene_id": genes, "part": part}))
    parts = ["validation"] * 30 + ["train"] * 20 + ["unused"] * 10
    extra = pd.DataFrame({"fold": 1, "gene_id": [f"v{number}" for number in range(60)], "part": parts})
    write_table(pd.concat([*rows, extra]), folder / "split.tsv")
    out = {name: folder / "out" / f"{name}.tsv" for name in ("predictions", "table", "folds")}
    options: dict[str, Any] = {
        "reference": "best",
        "inputs": {"best": ["promoter", "halflife"], "poor": ["di_shuffled"]},
        "seed": 1,
    }
    write_comparison(
        paths,
        folder / "split.tsv",
        {name: folder / f"{name}.tsv" for name in networks},
        *out.values(),
        **options,
    )
    return out


def test_files_hold_what_is_compared(tmp_path: Path) -> None:
    out = written(tmp_path)
    predictions, networks = frames()
    share = 300 / (4 * 300 + 50)
    expected, folds = compare(predictions, networks, "best", test_share=share, seed=1)
    table = read_table(out["table"], dtype={"features": str}).fillna({"features": ""})
    facts = ["model", "method", "features", "halflife"]
    numbers = [name for name in expected.columns if name not in facts]
    assert list(table.columns) == list(expected.columns)
    pd.testing.assert_frame_equal(table[numbers], expected[numbers], rtol=1e-9)
    assert table.set_index("model").loc["best", facts[1:]].tolist() == ["network", "promoter", True]
    assert table.set_index("model").loc["poor", facts[1:]].tolist() == ["network", "di_shuffled", False]
    assert table.set_index("model").loc["lm:halflife+4mer", facts[1:]].tolist() == ["lm", "4mer", True]
    pd.testing.assert_frame_equal(read_table(out["folds"], dtype={"fold": str}), folds, check_dtype=False)
    again = read_table(out["predictions"]).sort_values("gene_id", ignore_index=True)
    pd.testing.assert_frame_equal(again, predictions, check_dtype=False)


def test_files_of_a_holdout_have_no_fold_tests(tmp_path: Path) -> None:
    predictions, _ = frames(folds=1)
    table = read_table(written(tmp_path, folds=1)["table"])
    assert not set(FOLD_COLUMNS) & set(table.columns)
    assert table["n"].tolist() == [len(predictions)] * 5


def test_a_network_without_predictions_is_named(tmp_path: Path) -> None:
    out = written(tmp_path)
    write_table(read_table(tmp_path / "poor.tsv").drop(columns="predicted"), tmp_path / "poor.tsv")
    with pytest.raises(InputError, match="poor.tsv: lacks the column predicted"):
        write_comparison(
            [tmp_path / "fold_1.tsv"], tmp_path / "split.tsv", {"poor": tmp_path / "poor.tsv"}, *out.values(),
            reference="poor", inputs={}, seed=1,
        )  # fmt: skip


def test_a_network_must_not_be_called_as_a_baseline_is_and_the_reference_must_be_there() -> None:
    genes = pd.DataFrame({"gene_id": list("abcd"), "observed": [0.0, 1, 2, 3], "fold": 1, "mean": [1.5] * 4})
    network = genes.rename(columns={"mean": "predicted"}).assign(predicted=[0.0, 1, 3, 2])
    with pytest.raises(InputError, match="an experiment is called 'mean', as a baseline is"):
        compare(genes, {"mean": network}, "mean", test_share=0.1, seed=1)
    with pytest.raises(InputError, match="there is no 'other'"):
        compare(genes, {"net": network}, "other", test_share=0.1, seed=1)


def test_differences_that_are_equal_but_for_rounding_have_no_variance() -> None:
    other = np.array([0.1, 0.2, 0.3])
    test = fold_test(other + 0.1, other, 0.1)
    assert (test.p, test.p_corrected) == (0.0, 0.0)
    assert test.t == np.inf


def test_models_that_are_equal_but_for_rounding_do_not_differ() -> None:
    other = np.array([0.5, 0.4, 0.6])
    test = fold_test(other, other + [0, 0, 1.2e-16], 0.1)
    assert (test.t, test.p, test.p_corrected) == (0.0, 1.0, 1.0)
