"""How far windows share the layers of a network, worked out by hand for small shapes."""

from __future__ import annotations

import pytest
from test_scan_cells import Front, Shape, drawn, every_level

from xpresso_core.scan_levels import bytes_per_base, is_worth_sharing, level_over, levels_of


def test_only_cells_that_feel_the_padding_are_a_windows_own() -> None:
    """Six taps with ``same`` padding reach two bases before the first and three after the last."""
    front = Front(281, [Shape(8, 6, 30), Shape(6, 9, 3)], 1)
    first = level_over(front.weights[0], None, 281, 100)
    assert (first.left, first.right, first.bins) == (2, 3, 9)
    assert (first.spacing, first.lattice, first.lattice_out) == (1, 1, 10)
    assert first.ends_out == (1, 0)  # the last 11 outputs are in no pool
    second = level_over(front.weights[1], first, 281, 100)
    assert (second.spacing, second.lattice, second.lattice_out) == (30, 10, 10)
    assert second.ends_out == (2, 2)
    assert (second.hop, second.outputs, second.own) == (3, 9, (5, 4))


def test_nothing_is_a_windows_own_without_padding() -> None:
    front = Front(121, [Shape(5, 9, 7, 1, "valid"), Shape(4, 4, 3, 1, "valid")], 1)
    for level in every_level(front.weights, 121, 10):
        assert level.ends_out == (0, 0)


def test_sharing_stops_where_the_ends_meet() -> None:
    """9 bins of the first block; of the 3 of the second, padding changes all."""
    front = Front(281, [Shape(8, 6, 30), Shape(6, 9, 3)], 1)
    levels = levels_of(front.weights, 281, 100)
    assert [level.bins for level in levels] == [9]
    assert not is_worth_sharing(level_over(front.weights[1], levels[0], 281, 100), 100)


@pytest.mark.parametrize(
    ("step", "shared"), [(1, 2), (27, 1), (100, 2), (250, 2), (260, 1), (270, 0), (281, 0), (999, 0)]
)
def test_sharing_stops_where_windows_have_too_little_in_common(step: int, shared: int) -> None:
    """The second block has 28 cells in each window, two of them its own: at step 27 it has 27 others anew."""
    front = Front(281, [Shape(8, 6, 10), Shape(6, 3, 2)], 1)
    assert len(levels_of(front.weights, 281, step)) == shared


def test_memory_is_that_of_the_largest_array() -> None:
    front = Front(281, [Shape(8, 6, 10), Shape(6, 3, 2)], 1)
    levels = levels_of(front.weights, 281, 10)
    assert bytes_per_base(levels[:1]) == 4 * 8 / 10
    assert bytes_per_base(levels) == pytest.approx(4 * max(8, 6) / 10)


def test_the_random_shapes_try_something() -> None:
    found = [
        (len(levels_of(front.weights, front.length, step)), len(front.weights))
        for front, step in map(drawn, range(40))
    ]
    shared, there = zip(*found, strict=True)
    assert set(there) == {1, 2, 3, 4}
    assert {0, 1, 2, 3} <= set(shared)
