"""Layers computed once for all windows, against Keras on each window by itself, for shapes drawn at random."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
import pytest

from xpresso_core.keras_graph import Block, Weights, weights_of
from xpresso_core.scan_cells import cells_of_windows
from xpresso_core.scan_levels import Level, level_over, levels_of
from xpresso_core.sequence import Codes, N, one_hot
from xpresso_core.threads import set_threads, thread_count

STEPS = (1, 2, 3, 7, 10, 20, 25, 50, 100, 130, 300)


class Shape(NamedTuple):
    """A block: filters, taps, outputs per pool, cells between taps, padding, and whether there is a bias."""

    filters: int
    width: int
    pool: int
    dilation: int = 1
    padding: str = "same"
    use_bias: bool = True

    def bins(self, cells: int) -> int:
        """Return how many cells come out, 0 for none."""
        lost = 0 if self.padding == "same" else (self.width - 1) * self.dilation
        return max(0, cells - lost) // self.pool


class Front:
    """Blocks that follow each other, as Keras layers with random weights."""

    def __init__(self, length: int, shapes: list[Shape], seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.length, self.layers, self.weights = length, [], []
        channels, cells = 4, length
        for shape in shapes:
            conv = keras.layers.Conv1D(
                shape.filters,
                shape.width,
                padding=shape.padding,
                dilation_rate=shape.dilation,
                activation="relu",
                use_bias=shape.use_bias,
            )
            conv.build((None, cells, channels))
            scale = 1.5 / np.sqrt(shape.width * channels)
            drawn = [rng.normal(0, scale, conv.kernel.shape), rng.normal(0, 0.3, shape.filters)]
            conv.set_weights(drawn[: 1 + shape.use_bias])
            self.layers.append((conv, keras.layers.MaxPooling1D(shape.pool)))
            self.weights.append(weights_of(Block(conv, shape.pool, None), cells))
            channels, cells = shape.filters, shape.bins(cells)

    def by_itself(self, codes: Codes, step: int, blocks: int) -> npt.NDArray[np.float32]:
        """Return what the first blocks make of each window."""
        windows = np.lib.stride_tricks.sliding_window_view(codes, self.length)[::step]
        tensor: Any = one_hot(windows)
        for conv, pool in self.layers[:blocks]:
            tensor = pool(conv(tensor))
        return np.asarray(tensor)


def drawn(seed: int) -> tuple[Front, int]:
    """Return a random front and step."""
    rng = np.random.default_rng(seed)
    length = int(rng.integers(20, 260))
    cells, shapes = length, []
    for number in range(int(rng.integers(1, 5))):
        pools = (1, 2, 3, 7, 10, 30) if number == 0 else (1, 2, 3, 5)
        shape = Shape(
            filters=int(rng.integers(1, 7)),
            width=int(rng.integers(1, 10)),
            pool=int(rng.choice(pools)),
            dilation=int(rng.choice((1, 1, 2, 3))),
            padding=str(rng.choice(("same", "valid"))),
            use_bias=bool(rng.integers(2)),
        )
        if not shape.bins(cells):
            break
        cells = shape.bins(cells)
        shapes.append(shape)
    return Front(length, shapes or [Shape(3, 4, 2)], seed), int(rng.choice(STEPS))


def every_level(weights: list[Weights], length: int, step: int) -> list[Level]:
    """Return the levels that have anything to share, whether it is worth it or not."""
    levels: list[Level] = []
    for block in weights:
        level = level_over(block, levels[-1] if levels else None, length, step)
        if sum(level.ends_out) >= level.bins:
            break
        levels.append(level)
    return levels


def stretch(length: int, step: int, windows: int, seed: int) -> Codes:
    """Return random DNA with a run of N somewhere, or at an end."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (windows - 1) * step + length, dtype=np.uint8)
    start = int(rng.integers(-length // 2, len(codes)))
    codes[max(0, start) : start + int(rng.integers(1, length))] = N
    return codes


def assert_right(front: Front, levels: list[Level], step: int, windows: int, seed: int) -> None:
    codes = stretch(front.length, step, windows, seed)
    found = cells_of_windows(levels, codes, windows, step)
    expected = front.by_itself(codes, step, len(levels))
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("seed", range(40))
def test_cells_of_random_shapes_are_those_of_each_window(seed: int) -> None:
    """Also where sharing saves nothing: right and fast are two things."""
    front, step = drawn(seed)
    levels = every_level(front.weights, front.length, step)
    for count in range(1, len(levels) + 1):
        assert_right(front, levels[:count], step, 1 + seed % 23, seed)


SHAPES = {
    "the paper's, smaller": (281, [Shape(8, 6, 30), Shape(6, 9, 3)]),
    "width 1": (90, [Shape(5, 1, 7), Shape(4, 1, 2)]),
    "even widths, dilated": (120, [Shape(5, 8, 3, 3), Shape(4, 6, 2, 2)]),
    "valid": (121, [Shape(5, 9, 7, 1, "valid"), Shape(4, 4, 3, 1, "valid")]),
    "valid, then same": (121, [Shape(5, 5, 2, 2, "valid"), Shape(4, 3, 2), Shape(3, 2, 2, 3, "valid")]),
    "no pooling": (70, [Shape(5, 3, 1), Shape(4, 2, 1), Shape(3, 5, 1)]),
    "four blocks": (240, [Shape(6, 6, 2), Shape(5, 5, 3), Shape(4, 4, 2), Shape(3, 3, 2)]),
    "no bias": (100, [Shape(5, 5, 10, 1, "same", False), Shape(4, 3, 2, 1, "same", False)]),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("step", [1, 7, 10, 20, 25, 50])
def test_cells_at_many_steps_are_those_of_each_window(name: str, step: int) -> None:
    length, shapes = SHAPES[name]
    front = Front(length, shapes, 7)
    for windows in (1, 2, 19):
        assert_right(front, every_level(front.weights, length, step), step, windows, step + windows)


def test_more_windows_than_one_thread_takes_at_a_time() -> None:
    front = Front(281, [Shape(8, 6, 10), Shape(6, 3, 2)], 5)
    levels = levels_of(front.weights, 281, 10)
    assert len(levels) == 2
    before = thread_count()
    try:
        for threads in (1, 3):
            set_threads(threads)
            assert_right(front, levels, 10, 1200, 4)
    finally:
        set_threads(before)


def test_a_stretch_longer_than_one_call_of_the_stem_takes() -> None:
    front = Front(60, [Shape(4, 5, 7)], 3)
    levels = levels_of(front.weights, 60, 10)
    assert len(levels) == 1
    assert_right(front, levels, 10, 2500, 6)
