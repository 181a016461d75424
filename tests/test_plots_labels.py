"""Labels beside points: inside, apart, off the crowd, the same every time; and none that is lost without a word."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from figures import words
from matplotlib.figure import Figure
from matplotlib.path import Path as Path2D

from xpresso_core import plots_labels
from xpresso_core.plots import canvas
from xpresso_core.plots_labels import LEADER, MARKER, STEP, draw_labels, label_places

FRAME = (340.0, 300.0)
NOWHERE = np.empty((0, 2))


def boxes(places: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    return np.concatenate([places - sizes / 2, places + sizes / 2], axis=1)


def overlap(one: np.ndarray, other: np.ndarray) -> bool:
    return bool((one[:2] < other[2:]).all() and (other[:2] < one[2:]).all())


def assert_readable(points: np.ndarray, sizes: np.ndarray, places: np.ndarray) -> None:
    drawn = boxes(places, sizes)
    assert (drawn[:, :2] >= 0).all()
    assert (drawn[:, 2:] <= FRAME).all()
    assert not any(overlap(one, other) for one, other in combinations(drawn, 2))
    markers = boxes(points, np.full_like(points, 2 * MARKER))
    assert not any(overlap(one, marker) for one in drawn for marker in markers)


LAYOUTS = {
    "spread": lambda rng: rng.uniform(0, 1, (40, 2)) * FRAME,
    "a lower left corner": lambda rng: rng.uniform(0, 25, (40, 2)),
    "an upper right corner": lambda rng: np.array(FRAME) - rng.uniform(0, 25, (40, 2)),
    "one place": lambda rng: np.full((40, 2), 150.0),
    "a line": lambda rng: np.stack([np.full(40, 5.0), np.linspace(0, 300, 40)], axis=1),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_forty_labels_are_inside_and_apart(layout: str) -> None:
    rng = np.random.default_rng(3)
    points = LAYOUTS[layout](rng)
    sizes = np.stack([rng.uniform(15, 60, 40), np.full(40, 9.0)], axis=1)
    crowd = rng.normal((150, 150), 40, (20_000, 2))
    places = label_places(points, sizes, crowd, FRAME)
    assert_readable(points, sizes, places)


def test_a_lone_label_is_beside_its_point() -> None:
    point, size = np.array([[170.0, 150.0]]), np.array([[30.0, 9.0]])
    (place,) = label_places(point, size, NOWHERE, FRAME)
    gap = np.maximum(np.abs(place - point[0]) - size[0] / 2, 0)
    assert 0 < np.hypot(*gap) < 2 * LEADER


def test_labels_prefer_empty_places() -> None:
    x, y = np.meshgrid(np.arange(0, 170.0, 2), np.arange(0, 300.0, 2))
    crowd = np.stack([x.ravel(), y.ravel()], axis=1)  # the left half is full
    point, size = np.array([[140.0, 150.0]]), np.array([[30.0, 9.0]])
    (place,) = label_places(point, size, crowd, FRAME)
    assert place[0] - 15 > 160
    (deep,) = label_places(np.array([[20.0, 150.0]]), size, crowd, FRAME)
    assert deep[0] < 60, "a way of 150 points is too long"


def test_the_only_empty_place_is_taken() -> None:
    x, y = (side.ravel() for side in np.meshgrid(np.arange(0, 340.0, 2), np.arange(0, 300.0, 2)))
    full = (np.abs(x - 200) > 22) | (np.abs(y - 170) > 13)
    crowd = np.stack([x, y], axis=1)[full]
    (place,) = label_places(np.array([[160.0, 150.0]]), np.array([[30.0, 9.0]]), crowd, FRAME)
    assert place == pytest.approx([200, 170], abs=STEP)


def crossings(points: np.ndarray, sizes: np.ndarray, places: np.ndarray) -> int:
    ends = np.clip(points, places - sizes / 2, places + sizes / 2)
    leaders = [Path2D([point, end]) for point, end in zip(points, ends, strict=True)]
    return sum(one.intersects_path(other) for one, other in combinations(leaders, 2))


def test_leaders_seldom_cross(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    points = rng.uniform(100, 160, (30, 2))
    sizes = np.full((30, 2), (40.0, 9.0))
    with_care = label_places(points, sizes, NOWHERE, FRAME)
    monkeypatch.setattr(plots_labels, "CROSS_COST", 0.0)
    without = label_places(points, sizes, NOWHERE, FRAME)
    assert crossings(points, sizes, with_care) <= 2
    assert crossings(points, sizes, without) > 10


def test_the_places_do_not_depend_on_the_order_of_the_crowd() -> None:
    rng = np.random.default_rng(0)
    crowd, points = rng.uniform(0, 300, (2000, 2)), rng.uniform(0, 300, (12, 2))
    sizes = np.full((12, 2), (35.0, 9.0))
    assert np.array_equal(
        label_places(points, sizes, crowd, FRAME), label_places(points, sizes, crowd[::-1], FRAME)
    )


def test_labels_without_room_have_no_place() -> None:
    points = np.array([[50.0, 50.0], [200.0, 100.0]])
    places = label_places(points, np.array([[400.0, 9.0], [40.0, 9.0]]), NOWHERE, FRAME)
    assert np.isnan(places[0]).all()
    assert np.isfinite(places[1]).all()
    full = label_places(np.full((9, 2), 20.0), np.full((9, 2), (30.0, 30.0)), NOWHERE, (80.0, 80.0))
    assert 1 <= np.isfinite(full[:, 0]).sum() < 9


def test_no_label_needs_no_place() -> None:
    assert label_places(NOWHERE, NOWHERE, np.ones((5, 2)), FRAME).shape == (0, 2)


def labelled(path: Path, names: list[str], **options: Any) -> tuple[Figure, int]:
    rng = np.random.default_rng(1)
    crowd = rng.normal(0, 1, (500, 2))
    with canvas(path, 5, 4, "Labels") as figure:
        axes = figure.subplots()
        axes.set(xlim=(-4, 4), ylim=(-4, 4), aspect="equal", xlabel="x", autoscale_on=False)
        points = np.linspace((-3.9, -3.9), (3.9, 3.9), len(names)) if names else NOWHERE
        left_out = draw_labels(axes, points, names, crowd, colour="#222222", size=8)
    return figure, left_out


def test_drawn_names_are_inside_the_axes_and_apart(tmp_path: Path) -> None:
    names = [f"GENE{number}" for number in range(20)]
    figure, left_out = labelled(tmp_path / "a.svg", names)
    assert left_out == 0
    text = words(tmp_path / "a.svg").split("\n")
    assert all(text.count(name) == 1 for name in names)
    axes = figure.axes[0]
    drawn = np.array([part.get_window_extent().extents for part in axes.texts])
    assert len(drawn) == 20
    frame = axes.get_window_extent().extents
    assert (drawn[:, :2] >= frame[:2]).all()
    assert (drawn[:, 2:] <= frame[2:]).all()
    assert not any(overlap(one, other) for one, other in combinations(drawn, 2))
    assert axes.get_xlim() == axes.get_ylim() == (-4, 4)


def test_names_do_not_move_the_axes(tmp_path: Path) -> None:
    with_names, _ = labelled(tmp_path / "a.svg", ["A", "B"])
    without, _ = labelled(tmp_path / "b.svg", [])
    assert np.array_equal(with_names.axes[0].get_position().bounds, without.axes[0].get_position().bounds)


def test_the_same_names_give_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        labelled(tmp_path / f"{name}.svg", [f"GENE{number}" for number in range(30)])
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_name_without_room_is_counted_and_not_drawn(tmp_path: Path) -> None:
    _, left_out = labelled(tmp_path / "a.svg", ["short", "long" * 60])
    assert left_out == 1
    text = words(tmp_path / "a.svg")
    assert "short" in text
    assert "long" not in text


def test_dollars_in_names_are_letters(tmp_path: Path) -> None:
    labelled(tmp_path / "a.svg", ["a$b$c", "x_1^2"])
    text = words(tmp_path / "a.svg").split("\n")
    assert "a$b$c" in text
    assert "x_1^2" in text
