"""The genes of an interpretation: their predictions, groups and classes, from an experiment or by a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_attribution_scores import model_of
from test_classes import one_mode, two_modes
from toy import toy_dataset

from xpresso_core.bundle import load_bundle, save_bundle
from xpresso_core.classes import classes_of, halves_of, read_genes
from xpresso_core.dataset import Dataset
from xpresso_core.errors import InputError
from xpresso_core.expression_groups import GROUP_NAMES
from xpresso_core.files import read_json, write_table
from xpresso_core.genome import Window
from xpresso_core.halflife import HALFLIFE_FEATURES
from xpresso_core.interpreted_genes import predictions_of_model, write_genes, write_genes_of

SETTINGS = {"silent": 0.1, "classes": "mixture"}


def predictions(seed: int = 0, made: Any = two_modes) -> pd.DataFrame:
    """Return a table as an experiment has it, with more columns than are needed."""
    predicted, observed = made(seed=seed)
    return pd.DataFrame(
        {
            "gene_id": [f"g{row:04d}" for row in range(len(predicted))],
            "gene_name": "NAME",
            "observed": observed,
            "predicted": predicted,
            "predicted_sd": 0.1,
            "fold": 1 + np.arange(len(predicted)) % 3,
        }
    )


def written(table: pd.DataFrame, folder: Path, **settings: Any) -> tuple[pd.DataFrame, dict[str, Any]]:
    given = {"silent": 0.1, "rule": "mixture"} | settings
    write_genes(table, folder / "genes.tsv", folder / "classes.json", **given)
    return read_genes(folder / "genes.tsv"), read_json(folder / "classes.json")


def test_groups_are_thirds_of_the_range_above_the_silent_ones(tmp_path: Path) -> None:
    values = np.array([0.0, 1.0, 1.01, 4.0, 4.01, 7.0, 7.01, 10.0, 0.5, 2.0, 9.0])
    table = pd.DataFrame({"gene_id": list("abcdefghijk"), "observed": values, "predicted": values, "fold": 1})
    genes, facts = written(table, tmp_path, silent=0.1, rule="thirds")
    names = "silent silent low low medium medium high high silent low high".split()
    assert genes["group"].tolist() == names
    assert facts["group_edges"] == pytest.approx([1, 4, 7, 10])
    assert genes["class"].tolist() == ["A", "A", "", "", "", "", "B", "B", "A", "", "B"]
    assert genes["half"].tolist() == ["", "", "", "", "", "", "lower", "upper", "", "", ""]


def test_silent_ones_are_a_share_of_the_range_of_predictions(tmp_path: Path) -> None:
    table = predictions()
    found = {}
    for share in (0.1, 0.3, 0.5):
        genes, facts = written(table, tmp_path, silent=share)
        low, high = table["predicted"].min(), table["predicted"].max()
        bound = low + share * (high - low)
        edges = [bound, bound + (high - bound) / 3, bound + 2 * (high - bound) / 3, high]
        assert facts["group_edges"] == pytest.approx(edges)
        silent = genes["group"] == "silent"
        assert silent.tolist() == (table["predicted"] <= facts["group_edges"][0]).tolist()
        found[share] = silent.sum()
    assert 0 < found[0.1] < found[0.3] < found[0.5]


def test_classes_and_facts_are_those_of_the_predictions(tmp_path: Path) -> None:
    table = predictions()
    genes, facts = written(table, tmp_path)
    predicted, observed = (table[name].to_numpy() for name in ("predicted", "observed"))
    names, told = classes_of(predicted, observed, "mixture")
    assert genes["class"].tolist() == names.tolist()
    assert genes["half"].tolist() == halves_of(predicted, names).tolist()
    assert facts == {**told, "group_edges": facts["group_edges"]}
    assert set(facts) == {
        "rule", "reason", "threshold", "r", "r2", "p", "weights", "means", "sds", "modes", "valley_p", "bimodal",
        "genes", "group_edges",
    }  # fmt: skip
    assert genes.columns.tolist() == "gene_id observed predicted fold group class half".split()
    pd.testing.assert_frame_equal(genes.iloc[:, :4], table[genes.columns[:4]], check_dtype=False)
    assert set(genes["group"]) == set(GROUP_NAMES)


def test_without_classes_there_are_groups_and_the_reason(tmp_path: Path) -> None:
    genes, facts = written(predictions(made=one_mode), tmp_path)
    assert facts["reason"] == "the predictions have no two modes beyond chance"
    assert facts["threshold"] is None
    assert set(genes["class"]) == set(genes["half"]) == {""}
    assert set(genes["group"]) == set(GROUP_NAMES)


def test_predictions_that_cannot_be_grouped_leave_no_file(tmp_path: Path) -> None:
    for value, message in (
        (0.5, "genes.tsv: all predictions are the same: the networks have collapsed. Interpret another"),
        (np.nan, "missing or infinite"),
    ):
        with pytest.raises(InputError, match=message):
            written(predictions().assign(predicted=value), tmp_path)
        assert list(tmp_path.iterdir()) == []


def test_genes_of_an_experiment_are_those_of_its_predictions(tmp_path: Path) -> None:
    write_table(predictions(), tmp_path / "predictions.tsv")
    missing = tmp_path / "no_dataset.h5"  # predictions tell all
    outputs = tmp_path / "genes.tsv", tmp_path / "classes.json"
    write_genes_of(tmp_path / "predictions.tsv", missing, *outputs, settings=SETTINGS)
    expected, facts = written(predictions(), tmp_path / "other")
    pd.testing.assert_frame_equal(read_genes(outputs[0]), expected)
    assert read_json(outputs[1]) == facts


def test_identifiers_that_look_like_numbers_stay_as_they_are(tmp_path: Path) -> None:
    table = predictions()
    table["gene_id"] = [f"{row:06d}" for row in range(len(table))]
    write_table(table, tmp_path / "predictions.tsv")
    outputs = tmp_path / "genes.tsv", tmp_path / "classes.json"
    write_genes_of(tmp_path / "predictions.tsv", tmp_path / "none.h5", *outputs, settings=SETTINGS)
    assert read_genes(outputs[0])["gene_id"].tolist() == table["gene_id"].tolist()


def test_a_table_without_predictions_is_refused(tmp_path: Path) -> None:
    write_table(predictions().drop(columns="predicted"), tmp_path / "predictions.tsv")
    outputs = tmp_path / "genes.tsv", tmp_path / "classes.json"
    with pytest.raises(InputError, match="predicted"):
        write_genes_of(tmp_path / "predictions.tsv", tmp_path / "none.h5", *outputs, settings=SETTINGS)
    assert not any(path.exists() for path in outputs)


def test_a_model_predicts_all_genes_with_average_features(tmp_path: Path) -> None:
    dataset = toy_dataset(60)
    dataset.save(tmp_path / "dataset.h5")
    save_bundle(model_of(1, 2), tmp_path / "model")
    outputs = tmp_path / "genes.tsv", tmp_path / "classes.json"
    write_genes_of(tmp_path / "model", tmp_path / "dataset.h5", *outputs, settings=SETTINGS)
    bundle = load_bundle(tmp_path / "model")
    codes = Dataset.open(tmp_path / "dataset.h5", bundle.window).codes
    genes = read_genes(outputs[0])
    assert genes["gene_id"].tolist() == dataset.gene_id.tolist()
    assert genes["fold"].unique().tolist() == [1]
    np.testing.assert_allclose(genes["predicted"], bundle.predict(codes)[0], atol=1e-6)
    np.testing.assert_allclose(genes["observed"], dataset.expression)
    with_features = bundle.predict(codes, dataset.halflife)[0]
    assert np.abs(genes["predicted"] - with_features).max() > 0.01


@pytest.mark.real
def test_a_released_network_reads_its_own_windows(real_data: Path, tmp_path: Path) -> None:
    model = next((real_data / "models").glob("humanMedian*"))
    bundle = load_bundle(model)
    window, genes = bundle.window, 12
    assert window == Window(7000, 3500, 1)
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (genes, window.length + 1)).astype(np.uint8)
    codes[::3] = np.where(rng.random(codes[::3].shape) < 0.7, 1 + codes[::3] % 2, codes[::3])
    strand = np.array(["+", "-"] * (genes // 2))
    Dataset(
        gene_id=np.array([f"g{row}" for row in range(genes)]),
        chrom=np.array(["1"] * genes),
        strand=strand,
        tss=np.arange(genes),
        codes=codes,
        halflife=np.ones((genes, len(HALFLIFE_FEATURES)), np.float32),
        expression=np.arange(genes, dtype=np.float32),
        window=Window(window.upstream, window.downstream + 1),
    ).save(tmp_path / "dataset.h5")
    found = predictions_of_model(model, tmp_path / "dataset.h5")
    assert found["fold"].unique().tolist() == [1]
    own = np.stack([row[1:] if side == "-" else row[:-1] for row, side in zip(codes, strand, strict=True)])
    np.testing.assert_allclose(found["predicted"], bundle.predict(own)[0], atol=1e-5)
    assert found["observed"].tolist() == list(range(genes))
