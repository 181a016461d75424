"""Scores of bases, summed by group, are those of single calls; agreements are NumPy's correlations."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from test_explainer import randomise
from toy import toy_dataset

from xpresso_core import attribution_scores
from xpresso_core.attribution import Attributor, Method
from xpresso_core.attribution_scores import score_genes, untrained_bundle, write_scores
from xpresso_core.bundle import Bundle, load_bundle, save_bundle
from xpresso_core.dataset import Dataset
from xpresso_core.errors import InputError
from xpresso_core.expression_groups import GROUP_NAMES
from xpresso_core.files import read_table, write_table
from xpresso_core.genome import Window
from xpresso_core.halflife import HALFLIFE_FEATURES
from xpresso_core.scaling import Scaler
from xpresso_core.score_file import Scores

WINDOW = Window(40, 20)
SCALER = Scaler("strict", 2.0, 1.5, HALFLIFE_FEATURES, (1.0,) * 8, (2.0,) * 8)
METHODS: tuple[Method, ...] = ("grad_input", "integrated_gradients", "saliency")
SETTINGS: dict[str, Any] = {
    "methods": list(METHODS),
    "kept": "saliency",
    "background": "ACGT",
    "steps": 5,
    "own": True,
}
GENES = 23


def network(seed: int, inputs: tuple[str, ...] = ("promoter", "halflife")) -> keras.Model:
    keras.utils.set_random_seed(seed)
    promoter = keras.Input((WINDOW.length, 4), name="promoter")
    pooled = keras.layers.MaxPooling1D(10)(
        keras.layers.Conv1D(8, 6, padding="same", activation="relu")(promoter)
    )
    given, joined = [promoter], keras.layers.Flatten()(pooled)
    if "halflife" in inputs:
        given.append(keras.Input((len(HALFLIFE_FEATURES),), name="halflife"))
        joined = keras.layers.Concatenate()([joined, given[-1]])
    hidden = keras.layers.Dense(8, activation="relu")(joined)
    return randomise(keras.Model(given, keras.layers.Dense(1, name="expression")(hidden)), seed)


def model_of(*seeds: int, spare: tuple[int, ...] = (), inputs: Any = ("promoter", "halflife")) -> Bundle:
    """Return a bundle of small networks that read the middle of the promoters of `toy_dataset`."""
    takes = "halflife" in inputs
    return Bundle(
        tuple(network(seed, inputs) for seed in seeds),
        WINDOW,
        inputs,
        SCALER if takes else Scaler("strict", 2.0, 1.5),
        HALFLIFE_FEATURES if takes else (),
        "log10(RPKM + 0.1)",
        spare=tuple(network(seed, inputs) for seed in spare),
    )


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return model_of(1, 2, spare=(3,))


@pytest.fixture(scope="module")
def data() -> Dataset:
    return toy_dataset(GENES)


@pytest.fixture(scope="module")
def codes(data: Dataset) -> np.ndarray:
    return data.codes[:, 50:110]


@pytest.fixture(scope="module")
def groups() -> np.ndarray:
    return np.random.default_rng(0).choice([0, 1, 3], GENES)


def scored(bundle: Bundle, codes: np.ndarray, data: Dataset, groups: np.ndarray, **changes: Any) -> Any:
    given: dict[str, Any] = {"methods": METHODS, "kept": "saliency", "background": "ACGT", "steps": 5}
    given["rng"] = np.random.default_rng(0)
    features = data.halflife if "halflife" in bundle.inputs else None
    return score_genes(bundle, codes, features, groups, data.gene_id, **(given | changes))


@pytest.fixture(scope="module")
def found(
    bundle: Bundle, codes: np.ndarray, data: Dataset, groups: np.ndarray
) -> tuple[Scores, pd.DataFrame]:
    return scored(bundle, codes, data, groups)


@pytest.fixture(scope="module")
def maps(bundle: Bundle, codes: np.ndarray, data: Dataset) -> np.ndarray:
    """Return ``[method, network, gene, position]`` by a call for each gene."""
    rows = []
    for method in METHODS:
        attributor = Attributor(bundle, method, background="ACGT", steps=5)
        rows.append(
            [
                attributor.attribute_network(one, codes, data.halflife).promoter.sum(axis=2)
                for one in (*bundle.members, *bundle.spare)
            ]
        )
    return np.array(rows, np.float64)


def test_sums_and_counts_are_those_of_the_groups(
    found: tuple[Scores, pd.DataFrame], maps: np.ndarray, groups: np.ndarray
) -> None:
    scores = found[0]
    assert scores.counts.tolist() == [int((groups == group).sum()) for group in range(4)]
    assert scores.counts[2] == 0
    assert scores.sums.shape == (3, 3, len(GROUP_NAMES), WINDOW.length)
    for group in range(4):
        expected = maps[:, :, groups == group].sum(axis=2)
        np.testing.assert_allclose(scores.sums[:, :, group], expected, atol=2e-5)
    assert (scores.sums[:, :, 2] == 0).all()
    assert scores.methods == METHODS
    assert scores.members == 2
    assert scores.window == WINDOW
    assert scores.unit == "log10(RPKM + 0.1)"


def test_untrained_networks_have_the_same_weights_in_another_order(
    bundle: Bundle, found: tuple[Scores, pd.DataFrame], codes: np.ndarray, data: Dataset
) -> None:
    untrained = untrained_bundle(bundle, np.random.default_rng(0))
    assert len(untrained.members) == 2
    assert untrained.spare == ()
    for before, after in zip(bundle.members, untrained.members, strict=True):
        for old, new in zip(before.get_weights(), after.get_weights(), strict=True):
            np.testing.assert_array_equal(np.sort(old, axis=None), np.sort(new, axis=None))
            assert old.size < 8 or not np.array_equal(old, new)
    again = Attributor(untrained, "saliency").attribute(codes, data.halflife)
    np.testing.assert_allclose(found[0].untrained, again.promoter.sum(axis=2), atol=2e-6)
    assert np.abs(found[0].untrained - found[0].scores).max() > 1e-3


def test_a_constant_network_is_left_out_of_the_agreement(
    bundle: Bundle, codes: np.ndarray, data: Dataset, groups: np.ndarray
) -> None:
    dead = network(9)
    dead.set_weights([np.zeros_like(weights) for weights in dead.get_weights()])
    three = replace(bundle, spare=(dead,))
    of_three, of_two = (scored(one, codes, data, groups)[1] for one in (three, replace(bundle, spare=())))
    for table in (of_three, of_two):
        assert table.loc[table["between"] == "networks", "correlation"].notna().all()
    pd.testing.assert_frame_equal(of_three, of_two)
    of_dead = scored(replace(bundle, members=(dead,), spare=(dead,)), codes, data, groups)[1]
    assert of_dead["correlation"].isna().all()


def test_kept_scores_are_the_mean_over_the_members(
    found: tuple[Scores, pd.DataFrame], maps: np.ndarray, data: Dataset
) -> None:
    scores = found[0]
    assert scores.gene_id.tolist() == data.gene_id.tolist()
    np.testing.assert_allclose(scores.scores, maps[2, :2].mean(axis=0), atol=2e-6)
    assert scores.scores.dtype == np.float32
    assert np.abs(scores.scores - maps[2].mean(axis=0)).max() > 1e-3


def test_members_alone_are_what_the_bundle_explains(
    found: tuple[Scores, pd.DataFrame], bundle: Bundle, codes: np.ndarray, data: Dataset
) -> None:
    whole = Attributor(bundle, "saliency").attribute(codes, data.halflife).promoter.sum(axis=2)
    np.testing.assert_allclose(found[0].scores, whole, atol=2e-6)


def test_agreement_is_a_correlation_over_the_bases_of_a_gene(
    found: tuple[Scores, pd.DataFrame], maps: np.ndarray, data: Dataset
) -> None:
    table = found[1].fillna({"second": ""})
    members = maps[:, :2].mean(axis=1)
    expected = {}
    for gene, name in enumerate(data.gene_id):
        for one, other in combinations(range(3), 2):
            value = np.corrcoef(members[one, gene], members[other, gene])[0, 1]
            expected["methods", METHODS[one], METHODS[other], name] = value
        for number, method in enumerate(METHODS):
            pairs = [np.corrcoef(*pair)[0, 1] for pair in combinations(maps[number, :, gene], 2)]
            expected["networks", method, "", name] = np.mean(pairs)
    keys = list(zip(*(table[name] for name in ("between", "first", "second", "gene_id")), strict=True))
    assert len(keys) == len(set(keys)) == len(expected)
    np.testing.assert_allclose(table["correlation"], [expected[key] for key in keys], atol=1e-4)


@pytest.mark.parametrize("batch", [1, 7])
def test_batches_do_not_matter(
    found: tuple[Scores, pd.DataFrame], bundle: Bundle, codes: np.ndarray, data: Dataset, groups: np.ndarray,
    batch: int, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(attribution_scores, "BATCH", batch)
    other, agreement = scored(bundle, codes, data, groups)
    np.testing.assert_allclose(other.scores, found[0].scores, atol=2e-6)
    np.testing.assert_allclose(other.sums, found[0].sums, atol=2e-5)
    assert other.counts.tolist() == found[0].counts.tolist()
    keys = ["between", "first", "second", "gene_id"]
    one, two = (table.sort_values(keys, ignore_index=True) for table in (found[1], agreement))
    pd.testing.assert_frame_equal(one, two, atol=1e-4)


def test_one_network_and_one_method_have_nothing_to_agree_with(
    codes: np.ndarray, data: Dataset, groups: np.ndarray
) -> None:
    single = model_of(1, inputs=("promoter",))
    scores, agreement = scored(single, codes, data, groups, methods=("saliency",), kept="saliency")
    assert agreement.empty
    assert agreement.columns.tolist() == ["gene_id", "between", "first", "second", "correlation"]
    np.testing.assert_allclose(scores.sums[0, 0].sum(axis=0), scores.scores.sum(axis=0), rtol=1e-5)
    _, agreement = scored(single, codes, data, groups, methods=("saliency", "elrp"), kept="elrp")
    assert agreement["between"].unique().tolist() == ["methods"]


# from files ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, bundle: Bundle, data: Dataset) -> Path:
    """Return a folder with a dataset, a model, and genes in two folds that are not in the dataset's order."""
    folder = tmp_path_factory.mktemp("scored")
    data.save(folder / "dataset.h5")
    save_bundle(bundle, folder / "model")
    rng = np.random.default_rng(5)
    genes = pd.DataFrame(
        {
            "gene_id": rng.permutation(data.gene_id),
            "observed": 1.0,
            "predicted": 1.0,
            "fold": 1 + np.arange(GENES) % 2,
            "group": np.array(GROUP_NAMES)[rng.integers(0, 4, GENES)],
            "class": "",
            "half": "",
        }
    )
    write_table(genes, folder / "genes.tsv")
    return folder


def write(
    folder: Path, out: Path, fold: int = 1, genes: str = "genes.tsv", seed: int = 1, **changes: Any
) -> Scores:
    write_scores(
        folder / "model", folder / "dataset.h5", folder / genes, out / "scores.h5", out / "agreement.tsv",
        fold=fold, settings=SETTINGS | changes, seed=seed,
    )  # fmt: skip
    return Scores.open(out / "scores.h5")


@pytest.mark.parametrize("fold", [1, 2])
def test_only_genes_of_the_fold_are_scored_with_their_groups_and_features(
    folder: Path, tmp_path: Path, fold: int
) -> None:
    scores = write(folder, tmp_path, fold)
    genes = read_table(folder / "genes.tsv", dtype={"gene_id": str})
    genes = genes[genes["fold"] == fold].reset_index(drop=True)
    assert scores.gene_id.tolist() == genes["gene_id"].tolist()
    data = Dataset.open(folder / "dataset.h5", WINDOW)
    rows = [data.gene_id.tolist().index(gene) for gene in genes["gene_id"]]
    bundle = load_bundle(folder / "model", spare=True)
    each = (
        Attributor(bundle, "saliency").attribute(data.codes[rows], data.halflife[rows]).promoter.sum(axis=2)
    )
    np.testing.assert_allclose(scores.scores, each, atol=2e-6)
    sums = scores.sums[2, :2].mean(axis=0)
    for group, name in enumerate(GROUP_NAMES):
        mask = (genes["group"] == name).to_numpy()
        assert scores.counts[group] == mask.sum()
        np.testing.assert_allclose(sums[group], each[mask].sum(axis=0), atol=2e-5)
    assert scores.sums.shape[1] == 3
    agreement = read_table(tmp_path / "agreement.tsv", dtype={"gene_id": str, "second": str})
    assert set(agreement["gene_id"]) == set(genes["gene_id"])
    assert set(agreement["between"]) == {"methods", "networks"}


def test_a_model_from_elsewhere_is_given_average_features(folder: Path, tmp_path: Path) -> None:
    one = {"methods": ["saliency"]}
    ours = write(folder, tmp_path / "a", **one)
    average = write(folder, tmp_path / "b", own=False, **one)
    data = Dataset.open(folder / "dataset.h5", WINDOW)
    rows = [data.gene_id.tolist().index(gene) for gene in average.gene_id]
    bundle = load_bundle(folder / "model")
    expected = Attributor(bundle, "saliency").attribute(data.codes[rows]).promoter.sum(axis=2)
    np.testing.assert_allclose(average.scores, expected, atol=2e-6)
    assert np.abs(average.scores - ours.scores).max() > 1e-3


def test_the_kept_method_is_the_one_asked_for(folder: Path, tmp_path: Path) -> None:
    two = ["grad_input", "saliency"]
    kept = {name: write(folder, tmp_path / name, kept=name, methods=two) for name in two}
    np.testing.assert_array_equal(kept["saliency"].sums, kept["grad_input"].sums)
    assert np.abs(kept["saliency"].scores - kept["grad_input"].scores).max() > 1e-3
    for number, name in enumerate(two):
        total = kept[name].sums[number, :2].mean(axis=0).sum(axis=0)
        np.testing.assert_allclose(kept[name].scores.sum(axis=0), total, atol=2e-5)


def test_untrained_scores_are_stored_by_the_seed_and_others_do_not_depend_on_it(
    folder: Path, tmp_path: Path
) -> None:
    one, same, other = (
        write(folder, tmp_path / f"{run}", seed=seed, methods=["saliency"])
        for run, seed in enumerate((1, 1, 2))
    )
    for name in ("scores", "untrained"):
        np.testing.assert_array_equal(getattr(one, name), getattr(same, name))
    np.testing.assert_allclose(one.scores, other.scores, atol=2e-6)
    assert one.untrained.shape == one.scores.shape
    assert np.abs(one.untrained - other.untrained).max() > 1e-3
    assert np.abs(one.untrained - one.scores).max() > 1e-3


def test_a_fold_without_genes_is_refused_and_nothing_written(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="fold 3 has no genes"):
        write(folder, tmp_path, 3)
    assert list(tmp_path.iterdir()) == []


def test_genes_that_the_dataset_lacks_are_refused(folder: Path, tmp_path: Path) -> None:
    genes = read_table(folder / "genes.tsv", dtype={"gene_id": str})
    genes.loc[0, "gene_id"] = "elsewhere"
    write_table(genes, folder / "strange.tsv")
    with pytest.raises(InputError, match="dataset.h5: has no gene elsewhere, which is to be interpreted"):
        write(folder, tmp_path, 1, "strange.tsv")
    assert list(tmp_path.iterdir()) == []
