"""Baselines learn what is planted, and never from test genes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy import stats
from threadpoolctl import threadpool_limits
from toy import WINDOW, toy_dataset

from xpresso_core.baseline_features import Features
from xpresso_core.baseline_names import METHODS, Baseline, baselines
from xpresso_core.baselines import PENALTIES, TREE_SETTINGS, fit, predict_fold, write_fold
from xpresso_core.dataset import Dataset
from xpresso_core.files import read_table, write_table
from xpresso_core.genome import Window
from xpresso_core.motif_matrix import MotifMatrix

Rows = npt.NDArray[np.int64]

DATA = toy_dataset(240)
TRAINING, TEST = np.arange(200), np.arange(200, 240)
CHOSEN = [one for one in baselines([1, 2], 1, METHODS) if one.method != "trees" or len(one.blocks) == 1]
SETTINGS: dict[str, Any] = {
    "window": {"upstream": 80, "downstream": 40},
    "kmers": [1, 2],
    "merge_strands": True,
    "joint_kmers": 2,
    "methods": ["lm"],
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Grow small trees on one thread: many that wait for each other take a busy machine minutes."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Grow few trees, where what they learn does not matter."""
    monkeypatch.setitem(TREE_SETTINGS, "max_iter", 5)  # type: ignore[arg-type]


def matrix_of(dataset: Dataset) -> MotifMatrix:
    """Return two motifs, of which the second is the first again."""
    present = np.random.default_rng(4).random((len(dataset), 2)) < 0.4
    present[:, 1] = present[:, 0]
    names = np.array(["first", "again"])
    return MotifMatrix(dataset.gene_id, names, names, present)


def features_of(dataset: Dataset = DATA) -> Features:
    return Features(dataset, matrix_of(dataset), merge_strands=False, protocol="strict")


def predictions_of(
    dataset: Dataset = DATA, chosen: Sequence[Baseline] = CHOSEN, *, seed: int = 1
) -> pd.DataFrame:
    return predict_fold(features_of(dataset), chosen, TRAINING, TEST, seed=seed)[0]


@pytest.mark.usefixtures("quick")
def test_the_mean_is_that_of_the_training_genes() -> None:
    model = fit("mean", np.zeros((4, 0)), np.array([1.0, 2.0, 3.0, 6.0]), (), 0)
    assert (model.columns, model.aliased) == (0, ())
    np.testing.assert_array_equal(model.predict(np.zeros((3, 0))), [3.0] * 3)
    np.testing.assert_allclose(predictions_of()["mean"], DATA.expression[TRAINING].astype(float).mean())


@pytest.mark.parametrize("method", METHODS)
def test_a_planted_line_is_found(method: str) -> None:
    rng = np.random.default_rng(0)
    design = rng.normal(size=(900, 6))
    signal = design @ [1.0, -2.0, 0.0, 0.5, 0.0, 1.0]
    response = 3 + signal + rng.normal(0, 0.5, 900)
    model = fit(method, design[:600], response[:600], "abcdef", 0)
    predicted = model.predict(design[600:])
    assert model.columns == 6
    assert stats.pearsonr(predicted, signal[600:]).statistic ** 2 > (0.8 if method == "trees" else 0.99)
    assert predicted.mean() == pytest.approx(3 + signal[600:].mean(), abs=0.15)
    if method != "trees":
        np.testing.assert_allclose(predicted, 3 + signal[600:], atol=0.3)


def test_only_trees_see_what_is_not_linear() -> None:
    rng = np.random.default_rng(0)
    design = rng.normal(size=(1200, 3))
    response = design[:, 0] ** 2
    found = {
        method: stats.pearsonr(
            fit(method, design[:800], response[:800], "abc", 0).predict(design[800:]), response[800:]
        ).statistic
        for method in METHODS
    }
    assert found["trees"] > 0.9
    assert max(abs(found["lm"]), abs(found["ridge"])) < 0.3


def test_ridge_shrinks_where_least_squares_fits_noise() -> None:
    rng = np.random.default_rng(1)
    design = rng.normal(size=(160, 140)) * 10.0 ** rng.integers(-3, 4, 140)
    names = [str(number) for number in range(140)]
    response = rng.normal(size=160)
    spread = {
        method: fit(method, design, response, names, 0).predict(design).std() for method in ("lm", "ridge")
    }
    assert spread["ridge"] < 0.5 * spread["lm"]
    assert (min(PENALTIES), max(PENALTIES)) == pytest.approx((0.1, 1e6))


def test_units_of_columns_do_not_matter_to_any_method() -> None:
    rng = np.random.default_rng(2)
    design = rng.normal(size=(200, 3))
    response = design[:, 0] + rng.normal(size=200)
    scale = np.array([8.0, 0.125, 1024.0])
    for method in METHODS:
        plain, scaled = (
            fit(method, design, response, "abc", 0),
            fit(method, design * scale, response, "abc", 0),
        )
        np.testing.assert_allclose(scaled.predict(design * scale), plain.predict(design), atol=1e-8)


def test_planted_composition_and_halflife_are_learnt_by_every_method() -> None:
    sets = [("halflife",), ("1mer",), ("halflife", "1mer"), ("motifs",)]
    chosen = [Baseline(method, blocks) for method in METHODS for blocks in sets]
    predictions = predictions_of(chosen=chosen)
    r2 = {
        name: stats.pearsonr(predictions["observed"], predictions[name]).statistic ** 2
        for name in predictions.columns[2:]
    }
    for method in METHODS:
        assert r2[f"{method}:1mer"] > 0.6
        assert r2[f"{method}:halflife+1mer"] > r2[f"{method}:1mer"] > r2[f"{method}:halflife"]
        assert r2[f"{method}:motifs"] < 0.1


@pytest.mark.usefixtures("quick")
def test_predictions_are_of_the_test_genes_and_columns_in_the_order_chosen() -> None:
    chosen = [Baseline("trees", ("core",)), Baseline("mean", ()), Baseline("lm", ("core",))]
    predictions = predictions_of(chosen=chosen)
    assert list(predictions.columns) == ["gene_id", "observed", "trees:core", "mean", "lm:core"]
    assert predictions["gene_id"].tolist() == DATA.gene_id[TEST].tolist()
    np.testing.assert_array_equal(predictions["observed"], DATA.expression[TEST].astype(np.float64))
    assert np.isfinite(predictions.iloc[:, 1:]).all(axis=None)
    alone = predictions_of(chosen=[Baseline("lm", ("core",))])
    np.testing.assert_array_equal(alone["lm:core"], predictions["lm:core"])


@pytest.mark.usefixtures("quick")
def test_columns_used_and_left_out_are_told() -> None:
    _, models = predict_fold(features_of(), CHOSEN, TRAINING, TEST, seed=1)
    table = models.set_index("model")
    for name, columns, aliased in (
        ("mean", 0, ""),
        ("lm:halflife", 8, ""),
        ("lm:1mer", 3, "T"),
        ("ridge:1mer", 4, ""),
        ("trees:core", 2, ""),
        ("lm:motifs", 1, "again"),
        ("lm:motifs+1mer", 4, "again T"),
    ):
        assert table.loc[name].tolist() == [columns, aliased]
    assert list(models.columns) == ["model", "columns", "aliased"]


@pytest.mark.usefixtures("quick")
def test_labels_of_test_genes_change_no_prediction() -> None:
    labels = DATA.expression.copy()
    labels[TEST] = np.random.default_rng(0).normal(50, 9, len(TEST))
    before, after = predictions_of(), predictions_of(replace(DATA, expression=labels))
    names = [one.name for one in CHOSEN]
    pd.testing.assert_frame_equal(before[names], after[names], check_exact=True)
    assert (after["observed"] > 10).all()


@pytest.mark.usefixtures("quick")
def test_features_of_test_genes_change_no_other_prediction() -> None:
    """Neither the scale of half-life features nor any fit comes from a gene that is tested."""
    codes, halflife = DATA.codes.copy(), DATA.halflife.copy()
    codes[TEST[20:]], halflife[TEST[20:]] = 2, 1e6
    before, after = predictions_of(), predictions_of(replace(DATA, codes=codes, halflife=halflife))
    names = [one.name for one in CHOSEN]
    np.testing.assert_allclose(before[names][:20], after[names][:20], rtol=1e-9)
    assert not np.allclose(before[names][20:], after[names][20:])


@pytest.mark.usefixtures("quick")
def test_labels_of_training_genes_change_every_prediction() -> None:
    labels = DATA.expression.copy()
    labels[TRAINING] = labels[TRAINING] ** 2
    before, after = predictions_of(), predictions_of(replace(DATA, expression=labels))
    for one in CHOSEN:
        assert not np.allclose(before[one.name], after[one.name])


@pytest.mark.usefixtures("quick")
def test_same_seed_same_predictions() -> None:
    pd.testing.assert_frame_equal(predictions_of(seed=3), predictions_of(seed=3), check_exact=True)
    first, second = predictions_of(seed=3), predictions_of(seed=4)
    assert (first["trees:2mer"] != second["trees:2mer"]).any()
    assert (first["lm:2mer"] == second["lm:2mer"]).all()
    assert (first["ridge:2mer"] == second["ridge:2mer"]).all()


Fold = tuple[pd.DataFrame, pd.DataFrame]


def written(
    folder: Path, parts: Sequence[str], dataset: Dataset = DATA, *, fold: int = 2, **changed: Any
) -> Fold:
    """Write a split whose second fold has these parts, and run that fold."""
    settings = {**SETTINGS, **changed.pop("settings", {})}
    dataset.save(folder / "dataset.h5")
    matrix_of(dataset).save(folder / "motifs.h5")
    reverse = parts[::-1]
    split = pd.concat(
        [
            pd.DataFrame({"fold": number, "gene_id": dataset.gene_id, "part": part})
            for number, part in ((1, reverse), (2, parts))
        ]
    )
    write_table(split.sample(frac=1, random_state=0), folder / "split.tsv")
    files = [
        folder / name for name in ("dataset.h5", "split.tsv", "motifs.h5", "predictions.tsv", "models.tsv")
    ]
    options: dict[str, Any] = {"fold": fold, "settings": settings, "protocol": "strict", "seed": 7} | changed
    write_fold(*files, **options)
    predictions, models = (read_table(files[number], dtype={"gene_id": str}) for number in (3, 4))
    return predictions, models


PARTS = ["train"] * 120 + ["validation"] * 40 + ["unused"] * 40 + ["test"] * 40


def test_a_fold_learns_from_training_and_validation_genes(tmp_path: Path) -> None:
    predictions, models = written(tmp_path, PARTS)
    window = Window(80, 40)
    dataset = Dataset.open(tmp_path / "dataset.h5", window)
    features = Features(dataset, matrix_of(DATA), merge_strands=True, protocol="strict")
    chosen = list(baselines([1, 2], 2, ["lm"]))
    expected, tables = predict_fold(features, chosen, np.arange(160), TEST, seed=0)
    assert list(predictions.columns) == [*expected.columns, "fold"]
    pd.testing.assert_frame_equal(predictions, expected.assign(fold=2), check_dtype=False)
    assert (models["fold"] == 2).all()
    pd.testing.assert_frame_equal(models.fillna(""), tables.assign(fold=2), check_dtype=False)


def spoilt(rows: slice) -> Dataset:
    labels, halflife = DATA.expression.copy(), DATA.halflife.copy()
    labels[rows] -= 7
    halflife[rows] *= 3
    return replace(DATA, expression=labels, halflife=halflife)


def test_unused_genes_are_ignored_and_validation_genes_are_not(tmp_path: Path) -> None:
    plain = written(tmp_path / "a", PARTS)[0]
    unused = written(tmp_path / "b", PARTS, spoilt(slice(160, 200)))[0]
    validation = written(tmp_path / "c", PARTS, spoilt(slice(120, 160)))[0]
    pd.testing.assert_frame_equal(unused, plain, check_exact=True)
    assert (validation["mean"] != plain["mean"]).all()
    assert (validation["lm:halflife"] != plain["lm:halflife"]).all()


def test_the_papers_protocol_scales_by_all_genes(tmp_path: Path) -> None:
    chosen = {"settings": {"methods": ["ridge"], "kmers": [1], "joint_kmers": None}, "protocol": "paper"}
    plain = written(tmp_path / "a", PARTS, **chosen)[0]
    unused = written(tmp_path / "b", PARTS, spoilt(slice(160, 200)), **chosen)[0]
    np.testing.assert_array_equal(plain["ridge:1mer"], unused["ridge:1mer"])
    strict = written(tmp_path / "c", PARTS, **{**chosen, "protocol": "strict"})[0]
    assert (plain["ridge:halflife"] != strict["ridge:halflife"]).any()


def test_the_fold_asked_for_is_predicted(tmp_path: Path) -> None:
    predictions, _ = written(tmp_path, PARTS, fold=1)
    assert predictions["gene_id"].tolist() == DATA.gene_id[:40].tolist()
    assert (predictions["fold"] == 1).all()


@pytest.mark.usefixtures("quick")
def test_trees_of_a_run_depend_on_its_seed_and_the_fold(tmp_path: Path) -> None:
    chosen = {"settings": {"methods": ["trees"], "kmers": [2], "joint_kmers": None}}
    parts = ["test"] * 40 + ["train"] * 160 + ["test"] * 40  # the same in both folds
    first, again, other_seed, other_fold = (
        written(tmp_path / name, parts, **{**chosen, **options})[0]["trees:2mer"].to_numpy()
        for name, options in (("a", {}), ("b", {}), ("c", {"seed": 8}), ("d", {"fold": 1}))
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other_seed).any()
    assert (first != other_fold).any()


def test_the_window_is_that_of_the_settings(tmp_path: Path) -> None:
    small = written(tmp_path / "a", PARTS)[0]
    codes = DATA.codes.copy()
    codes[:, : WINDOW.upstream - 80] = 4
    codes[:, WINDOW.upstream + 40 :] = 4
    pd.testing.assert_frame_equal(written(tmp_path / "b", PARTS, replace(DATA, codes=codes))[0], small)
    whole = written(tmp_path / "c", PARTS, settings={"window": {"upstream": 90, "downstream": 60}})[0]
    assert (whole["lm:1mer"] != small["lm:1mer"]).any()
