"""Mean gradients along paths: one pass of the first block against a plain loop over the steps."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from test_explainer import (
    BACKGROUND,
    FEATURES,
    GENES,
    LENGTH,
    PROMOTER_NETWORKS,
    assert_close,
    features_only,
    halflives,
    network,
    promoters,
    read_twice,
    takes_halflife,
)

from xpresso_core.explainer import Explainer, Gradients
from xpresso_core.path_gradients import PLAIN_STEPS, PathGradients
from xpresso_core.sequence import Codes, one_hot
from xpresso_core.threads import set_threads, thread_count

Array = npt.NDArray[np.float32]

FREQUENCIES = np.array([0.2617064, 0.2335449, 0.2379253, 0.2668234], np.float32)


def by_loop(
    model: keras.Model, codes: Codes | None, halflife: Array | None, steps: int, background: Array
) -> Gradients:
    """Return the mean of the gradients that TensorFlow finds at each step, of all genes at once."""
    genes = len(codes if codes is not None else halflife)  # type: ignore[arg-type]
    end = {"halflife": halflife, "promoter": None if codes is None else one_hot(codes)}
    start = {
        "halflife": np.zeros((genes, FEATURES), np.float32),
        "promoter": np.tile(background, (LENGTH, 1)),
    }
    names = [tensor.name for tensor in model.inputs]
    sums = {name: np.zeros_like(end[name]) for name in names}
    for step in range(1, steps + 1):
        share = np.float32(step) / np.float32(steps)
        points = [tf.constant((1 - share) * start[name] + share * end[name]) for name in names]
        with tf.GradientTape() as tape:
            tape.watch(points)
            total = tf.reduce_sum(model(points, training=False))
        for name, slope in zip(names, tape.gradient(total, points), strict=True):
            sums[name] += slope.numpy() / steps
    empty = {"promoter": np.zeros((genes, 0, 4), np.float32), "halflife": np.zeros((genes, 0), np.float32)}
    return Gradients(**{**empty, **sums})


def path(model: keras.Model, use_stem: bool | None, steps: int, background: Array) -> PathGradients:
    return PathGradients(Explainer(model, use_stem), steps, background)


@pytest.mark.parametrize("name", PROMOTER_NETWORKS)
def test_one_pass_of_the_first_block_equals_a_loop(name: str) -> None:
    """Eight steps and a background of powers of two: the path is exact, so ties stay ties in both."""
    model, codes = network(name), promoters()
    halflife = halflives() if takes_halflife(model) else None
    found = path(model, True, 8, BACKGROUND).mean(codes, halflife)
    expected = by_loop(model, codes, halflife, 8, BACKGROUND)
    assert_close(found.promoter, expected.promoter)
    assert_close(found.halflife, expected.halflife)
    assert np.abs(found.promoter).max() > 1e-3, "the network is dead"


@pytest.mark.parametrize("name", ["two convolutions", "same"])
def test_the_plain_way_equals_a_loop(name: str) -> None:
    model, codes, halflife = network(name), promoters(), halflives()
    found = path(model, False, 8, BACKGROUND).mean(codes, halflife)
    expected = by_loop(model, codes, halflife, 8, BACKGROUND)
    assert_close(found.promoter, expected.promoter)
    assert_close(found.halflife, expected.halflife)


@pytest.mark.parametrize("background", [FREQUENCIES], ids=["ACGT"])
def test_any_weights_any_background_and_steps_that_make_no_whole_batch(background: Array) -> None:
    model = network("two convolutions")
    rng = np.random.default_rng(8)
    for weight in model.weights[:2]:
        weight.assign(rng.normal(0, 0.5, weight.shape))
    codes, halflife = rng.integers(0, 4, (4, LENGTH), np.uint8), halflives(4)
    steps = PLAIN_STEPS + 3
    fast, plain = (path(model, way, steps, background).mean(codes, halflife) for way in (True, False))
    expected = by_loop(model, codes, halflife, steps, background)
    for found in (fast, plain):
        assert_close(found.promoter, expected.promoter)
        assert_close(found.halflife, expected.halflife)


@pytest.mark.parametrize("use_stem", [True, False])
def test_a_single_step_is_the_gradient_at_the_promoter(use_stem: bool) -> None:
    explainer = Explainer(network("two convolutions"), use_stem)
    codes, halflife = promoters(), halflives()
    found = PathGradients(explainer, 1, FREQUENCIES).mean(codes, halflife)
    expected = explainer.gradients("gradient", codes, halflife, FREQUENCIES)
    assert_close(found.promoter, expected.promoter)
    assert_close(found.halflife, expected.halflife)


@pytest.mark.parametrize("use_stem", [None, True, False])
def test_features_alone(use_stem: bool | None) -> None:
    model, halflife = features_only(), halflives()
    found = path(model, use_stem, 50, BACKGROUND).mean(None, halflife)
    assert found.promoter.shape == (GENES, 0, 4)
    assert_close(found.halflife, by_loop(model, None, halflife, 50, BACKGROUND).halflife)


def test_what_the_stem_cannot_run_goes_the_plain_way() -> None:
    model, codes = read_twice(), promoters()
    found = path(model, None, 8, BACKGROUND).mean(codes, None)
    assert_close(found.promoter, by_loop(model, codes, None, 8, BACKGROUND).promoter)
    assert found.halflife.shape == (GENES, 0)


@pytest.mark.parametrize("use_stem", [True, False])
def test_each_gene_is_explained_alone(use_stem: bool) -> None:
    gradients, codes, halflife = path(network("same"), use_stem, 16, BACKGROUND), promoters(), halflives()
    whole = gradients.mean(codes, halflife)
    order = np.array([3, 0])
    part = gradients.mean(codes[order], halflife[order])
    np.testing.assert_array_equal(part.promoter, whole.promoter[order])
    np.testing.assert_array_equal(part.halflife, whole.halflife[order])


def test_threads_change_nothing() -> None:
    model, codes, halflife = network("two convolutions"), promoters(), halflives()
    before = thread_count()
    results: list[Any] = []
    try:
        for count in (1, 3):
            set_threads(count)
            results.append(path(model, True, 10, FREQUENCIES).mean(codes, halflife))
    finally:
        set_threads(before)
    for result in results[1:]:
        np.testing.assert_array_equal(result.promoter, results[0].promoter)
        np.testing.assert_array_equal(result.halflife, results[0].halflife)
