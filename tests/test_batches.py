"""Batches cover every gene and shift windows within their margin; scaling is fitted where the protocol says."""

from __future__ import annotations

import json

import numpy as np
import pytest
from toy import ARCHITECTURE, toy_dataset

from xpresso_core.batches import Arrays, Batches, scaled_arrays
from xpresso_core.scaling import Scaler
from xpresso_core.splits import make_folds


def test_batches_shift_windows_within_the_margin_and_cover_every_gene() -> None:
    codes = np.tile(np.arange(20, dtype=np.uint8), (50, 1))
    genes = np.arange(50)
    arrays = Arrays(codes, genes, np.zeros((50, 0), np.float32), genes.astype(np.float32), margin=4)
    batches = Batches(arrays, ("promoter",), 16, np.random.default_rng(0))
    seen = [batches[index] for index in range(len(batches))]
    starts = np.concatenate([batch["codes"][:, 0] for batch, _ in seen])
    assert set(starts) == set(range(9))
    assert all((np.diff(batch["codes"].astype(int), axis=1) == 1).all() for batch, _ in seen)
    assert sorted(np.concatenate([label for _, label in seen])) == list(range(50))
    centred = Batches(arrays, ("promoter",), 16)[0][0]["codes"]
    np.testing.assert_array_equal(centred, codes[:16, 4:16])


@pytest.mark.parametrize("protocol", ["strict", "paper"])
def test_arrays_are_cut_to_the_network_and_scaled_by_the_protocol_s_genes(protocol: str) -> None:
    dataset = toy_dataset()
    fold = make_folds("holdout", dataset.chrom, seed=1, validation=40, test=40, training=50)[0]
    inputs = ("promoter", "halflife")
    scaler, train, validation = scaled_arrays(dataset, fold, inputs, ARCHITECTURE, protocol)
    rows = fold.train if protocol == "strict" else np.concatenate(fold)
    assert scaler.label_mean == pytest.approx(float(dataset.expression[rows].mean()), rel=1e-6)
    needed = ARCHITECTURE.needed_window
    start = dataset.window.upstream - needed.upstream
    np.testing.assert_array_equal(train.codes, dataset.codes[:, start : start + needed.length])
    assert np.shares_memory(train.codes, dataset.codes)
    assert train.margin == validation.margin == ARCHITECTURE.recipe.jitter
    np.testing.assert_allclose(
        scaler.restore_label(validation.label), dataset.expression[fold.validation], atol=1e-5
    )


def test_scaling_is_undone_and_missing_features_count_as_the_protocol_says() -> None:
    dataset = toy_dataset()
    from xpresso_core.halflife import HALFLIFE_FEATURES, LENGTH_FEATURES

    strict = Scaler.fit(dataset.expression, dataset.halflife, HALFLIFE_FEATURES, "strict")
    scaled = strict.scale_features(dataset.halflife)
    assert (scaled[::7, [0, 4]] == 0).all()
    values = np.log10(dataset.halflife[:, 1].astype(float) + 0.1)
    np.testing.assert_allclose(scaled[:, 1], (values - values.mean()) / values.std(), rtol=1e-4, atol=1e-5)
    assert HALFLIFE_FEATURES[1] in LENGTH_FEATURES
    paper = Scaler.fit(dataset.expression, dataset.halflife, HALFLIFE_FEATURES, "paper")
    zeros = np.nan_to_num(dataset.halflife, nan=0.0)
    np.testing.assert_array_equal(paper.scale_features(dataset.halflife), paper.scale_features(zeros))
    np.testing.assert_allclose(
        strict.restore_label(strict.scale_label(dataset.expression)), dataset.expression, atol=1e-6
    )
    assert Scaler.from_dict(json.loads(json.dumps(strict.to_dict()))) == strict
