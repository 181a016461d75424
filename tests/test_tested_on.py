"""Models are tested on another cell type or species with the genes, promoters and labels of that dataset."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy import ARCHITECTURE, toy_dataset

from xpresso_core.bundle import load_bundle
from xpresso_core.dataset import Dataset
from xpresso_core.errors import InputError
from xpresso_core.files import read_json, read_table, write_table
from xpresso_core.splits import fold_of_table, make_folds, split_table
from xpresso_core.tested_on import write_tested_on
from xpresso_core.training import Plan, train_fold


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Dataset]:
    """Return a folder with the split and the models of two folds, and the dataset that they were trained on."""
    folder = tmp_path_factory.mktemp("trained")
    dataset = toy_dataset()
    dataset.save(folder / "dataset.h5")
    folds = make_folds("folds", dataset.chrom, seed=1, folds=2, validation=30)
    write_table(split_table(dataset.gene_id, folds), folder / "split.tsv")
    plan = Plan(inputs=("promoter", "halflife"), architecture=ARCHITECTURE, trials=1, seed=5)
    for number, fold in enumerate(folds, start=1):
        train_fold(
            dataset, fold, number, plan,
            trials_folder=folder / f"trials_{number}", bundle_folder=folder / f"model_{number}",
            description={"name": "toy"}, device="cpu",
        )  # fmt: skip
    return folder, dataset


def run(folder: Path, other: Dataset, out: Path, **settings: object) -> pd.DataFrame:
    other.save(out / "other.h5")
    models = [folder / "model_1", folder / "model_2"]
    write_tested_on(
        folder / "split.tsv", models, out / "other.h5", out / "p.tsv", out / "m.json", seed=1, **settings
    )
    return read_table(out / "p.tsv", dtype={"gene_id": str})


def test_the_same_promoters_get_the_same_predictions_and_the_other_labels(
    trained: tuple[Path, Dataset], tmp_path: Path
) -> None:
    folder, dataset = trained
    other = dataclasses.replace(dataset, expression=dataset.expression + np.float32(1))
    found = run(folder, other, tmp_path)
    assert sorted(found["gene_id"]) == sorted(dataset.gene_id)
    split = read_table(folder / "split.tsv", dtype={"gene_id": str})
    for number in (1, 2):
        bundle = load_bundle(folder / f"model_{number}")
        rows = fold_of_table(split, number, dataset.gene_id).test
        opened = Dataset.open(folder / "dataset.h5", bundle.window)
        expected = bundle.predict(opened.codes[rows], dataset.halflife[rows])[0]
        tested = found[found["fold"] == number].set_index("gene_id").loc[dataset.gene_id[rows]]
        np.testing.assert_allclose(tested["predicted"], expected, atol=1e-6)
        np.testing.assert_allclose(tested["observed"], dataset.expression[rows] + 1, atol=1e-6)
    expected = np.corrcoef(found["observed"], found["predicted"])[0, 1] ** 2
    assert read_json(tmp_path / "m.json")["pooled"]["r2"] == pytest.approx(expected)


def test_orthologs_are_predicted_in_the_fold_of_their_gene_with_features_on_their_own_scale(
    trained: tuple[Path, Dataset], tmp_path: Path
) -> None:
    folder, dataset = trained
    renamed = np.array([f"x{name[1:]}" for name in dataset.gene_id])
    order = np.random.default_rng(0).permutation(len(renamed))
    pairs = pd.DataFrame({"gene_id": dataset.gene_id, "ortholog_id": renamed})
    write_table(pairs, tmp_path / "pairs.tsv")
    other = dataclasses.replace(
        dataset, gene_id=renamed[order], codes=dataset.codes[order], halflife=dataset.halflife[order],
        expression=dataset.expression[order], chrom=dataset.chrom[order], strand=dataset.strand[order],
        tss=dataset.tss[order],
    )  # fmt: skip
    same = run(folder, other, tmp_path, pairs_path=tmp_path / "pairs.tsv").set_index("gene_id")
    plain = run(folder, dataset, tmp_path).set_index("gene_id")
    np.testing.assert_allclose(
        same.loc[renamed, "predicted"], plain.loc[dataset.gene_id, "predicted"], atol=1e-5
    )
    assert same.loc[renamed, "fold"].tolist() == plain.loc[dataset.gene_id, "fold"].tolist()
    longer = dataclasses.replace(other, halflife=other.halflife * np.float32(3))
    scaled = run(folder, longer, tmp_path, pairs_path=tmp_path / "pairs.tsv").set_index("gene_id")
    np.testing.assert_allclose(scaled.loc[renamed, "predicted"], same.loc[renamed, "predicted"], atol=0.02)


def test_genes_that_the_other_dataset_lacks_are_left_out_and_none_at_all_is_refused(
    trained: tuple[Path, Dataset], tmp_path: Path
) -> None:
    folder, dataset = trained
    half = np.arange(0, len(dataset), 2)
    fields = ("gene_id", "chrom", "strand", "tss", "codes", "halflife", "expression")
    other = dataclasses.replace(dataset, **{name: getattr(dataset, name)[half] for name in fields})
    assert len(run(folder, other, tmp_path)) == len(half)
    strangers = dataclasses.replace(dataset, gene_id=np.array([f"x{name}" for name in dataset.gene_id]))
    with pytest.raises(InputError, match="has none of the experiment's 240 genes"):
        run(folder, strangers, tmp_path)
