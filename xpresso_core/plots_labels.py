"""Names beside the points of a scatter: inside the axes, apart from each other, and where there is room.

Places are searched on a lattice over the axes, label by label, each given the others, until none finds a better one.
So labels never overlap, which the forces of common label libraries do not promise: adjustText 1.4 left a quarter of 40
labels of close points overlapping, and cannot take thousands of points to avoid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

STEP = 4.0
"""Side of the lattice's cells, in points (1/72 inch), as all lengths here."""

MARGIN = 1.0
"""Free room around a label."""

MARKER = 3.5
"""Half the side of the square that a marked point needs for itself."""

CROWD_COST = 90.0
"""How many points farther away an empty place may be than one that is full of other points."""

CROSS_COST = 60.0
"""The same for a leader line that crosses another, a label, or a marked point."""

LEADER = 5.0
"""A label farther from its point than this has a leader line."""

FINALISTS = 400
"""The best places of a label, as far as it alone is concerned, of which the one with fewest crossings is taken."""

PASSES = 6

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class _Lattice(NamedTuple):
    """Where centres of labels may be: ``float64 [cell, 2]``, the frame ``[2]``, and ``bool [x, y]`` filled cells."""

    centres: Floats
    frame: Floats
    filled: Bools


def label_places(points: Floats, sizes: Floats, crowd: Floats, frame: tuple[float, float]) -> Floats:
    """Find a place for the label of each point.

    Parameters
    ----------
    points
        ``float64 [label, 2]``, the marked points, x and y from the lower left corner of the frame.
    sizes
        ``float64 [label, 2]``, widths and heights of the labels.
    crowd
        ``float64 [point, 2]``, all points that labels should keep off, if they can.
    frame
        Width and height. All lengths are in points (1/72 inch).

    Returns
    -------
    numpy.ndarray
        ``float64 [label, 2]``, the centres of the labels; NaN for a label that found no room. Labels are inside the
        frame and cover neither each other nor a marked point. The same input gives the same places.
    """
    places = np.full(points.shape, np.nan)
    if not len(points):
        return places
    lattice = _lattice(crowd, frame)
    half = sizes / 2 + MARGIN
    costs = np.stack([_own_costs(lattice, points, which, half[which]) for which in range(len(points))])
    hardest_first = np.argsort(-costs.min(axis=1), kind="stable")
    for _ in range(PASSES):
        before = places.copy()
        for which in hardest_first:
            places[which] = _best(lattice.centres, costs[which], points, places, half, int(which))
        if np.array_equal(before, places, equal_nan=True):
            break
    return places


def draw_labels(
    axes: Axes, points: Floats, names: Sequence[str], crowd: Floats, *, colour: str, size: float
) -> int:
    """Write names beside marked points of finished axes, with leader lines.

    Limits of the axes must be set, and what shares the figure with them must be there: the figure is laid out first.
    Names are inside the axes, so that a later layout is the same.

    Parameters
    ----------
    axes
        Where to draw.
    points
        ``float64 [label, 2]``, the marked points, in data coordinates.
    names
        Their names.
    crowd
        ``float64 [point, 2]``, what names should keep off, in data coordinates.
    colour, size
        Of names (in points) and leader lines.

    Returns
    -------
    int
        How many names found no room and are not there.
    """
    if not names:
        return 0
    figure: Any = axes.get_figure(root=True)
    figure.draw_without_rendering()
    to_points = 72 / figure.dpi
    # The layout differs in its last digits from call to call, which must not change a choice between two places.
    frame = np.round(np.array(axes.get_window_extent().size) * to_points, 1)
    to_fraction = axes.transData - axes.transAxes
    texts = [axes.text(0, 0, name, size=size, color=colour, ha="center", va="center") for name in names]
    for text in texts:
        text.set(transform=axes.transAxes, zorder=6)
        text.set_bbox({"boxstyle": "square,pad=0.08", "facecolor": "white", "alpha": 0.8, "linewidth": 0})
    sizes = np.round([np.array(text.get_window_extent().size) * to_points for text in texts], 1)
    marked, others = (np.round(to_fraction.transform(part) * frame, 1) for part in (points, crowd))
    places = label_places(marked, sizes, others, (float(frame[0]), float(frame[1])))
    for text, place, point, extent in zip(texts, places, marked, sizes, strict=True):
        if np.isnan(place).any():
            text.remove()
            continue
        text.set_position(tuple(np.round(place / frame, 4).tolist()))
        end = _nearest(point, place[None], extent / 2)[0]
        if np.hypot(*(end - point)) > LEADER:
            xs, ys = np.round(np.stack([point, end]) / frame, 4).T
            axes.plot(xs, ys, color=colour, linewidth=0.6, transform=axes.transAxes, zorder=4)
    return int(np.isnan(places).any(axis=1).sum())


def _lattice(crowd: Floats, frame: tuple[float, float]) -> _Lattice:
    shape = [max(1, int(side // STEP)) for side in frame]
    edges = [np.arange(count + 1) * STEP for count in shape]
    filled = np.histogram2d(crowd[:, 0], crowd[:, 1], edges)[0] > 0
    middles = np.meshgrid(*(edge[:-1] + STEP / 2 for edge in edges), indexing="ij")
    return _Lattice(np.stack([middle.ravel() for middle in middles], axis=1), np.array(frame), filled)


def _own_costs(lattice: _Lattice, points: Floats, which: int, half: Floats) -> Floats:
    """Return what every place costs a label that is alone, ``float64 [cell]``; infinite where it may not be."""
    centres = lattice.centres
    cells = [2 * int(np.ceil(side / STEP)) + 1 for side in half]
    filled = uniform_filter(lattice.filled.astype(np.float64), cells, mode="constant").ravel()
    ends = _nearest(points[which], centres, half)
    costs: Floats = np.hypot(*(ends - points[which]).T) + CROWD_COST * filled
    inside = ((centres >= half) & (centres <= lattice.frame - half)).all(axis=1)
    covers = _overlaps(centres, half, points, np.full_like(points, MARKER)).any(axis=1)
    costs[~inside | covers] = np.inf
    return costs


def _best(centres: Floats, costs: Floats, points: Floats, places: Floats, half: Floats, which: int) -> Floats:
    """Return the best place of a label, given where the others are; NaN if there is none."""
    there = np.isfinite(places[:, 0])
    there[which] = False
    costs = np.where(_overlaps(centres, half[which], places[there], half[there]).any(axis=1), np.inf, costs)
    finalists = np.argsort(costs, kind="stable")[:FINALISTS]
    finalists = finalists[np.isfinite(costs[finalists])]
    if not finalists.size:
        return np.full(2, np.nan)
    places_left = centres[finalists]
    crossings = _crossings(places_left, points, places, half, which, there)
    chosen: Floats = places_left[np.argmin(costs[finalists] + CROSS_COST * crossings)]
    return chosen


def _crossings(
    candidates: Floats, points: Floats, places: Floats, half: Floats, which: int, there: Bools
) -> NDArray[np.int64]:
    """Count for every candidate what its leader line crosses, and whose leader lines its label covers.

    A line that crosses a box crosses one of the box's diagonals, so that diagonals stand for boxes.
    """
    mine = (
        np.broadcast_to(points[which], candidates.shape),
        _nearest(points[which], candidates, half[which]),
    )
    ends = np.array([_nearest(points[i], places[i][None], half[i])[0] for i in np.flatnonzero(there)])
    leaders = (points[there], ends.reshape(-1, 2))
    others = np.arange(len(points)) != which
    boxes = [
        *_diagonals(places[there], half[there]),
        *_diagonals(points[others], np.full_like(points[others], MARKER)),
    ]
    pairs = [(mine, other) for other in (leaders, *boxes)]
    pairs += [(diagonal, leaders) for diagonal in _diagonals(candidates, half[which])]
    count = np.zeros(len(candidates), dtype=np.int64)
    for pair in pairs:
        count += _meet(*pair).sum(axis=1)
    return count


def _nearest(point: Floats, centres: Floats, half: Floats) -> Floats:
    """Return the place of each box, ``[box, 2]``, that is nearest to a point."""
    nearest: Floats = np.clip(point, centres - half, centres + half)
    return nearest


def _overlaps(centres: Floats, half: Floats, others: Floats, others_half: Floats) -> Bools:
    """Return which boxes overlap which others, ``bool [box, other]``."""
    reach = half + others_half
    x, y = (np.abs(centres[:, axis, None] - others[:, axis]) < reach[:, axis] for axis in (0, 1))
    overlap: Bools = x & y
    return overlap


def _diagonals(centres: Floats, half: Floats) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    mirrored = half * np.array([1.0, -1.0])
    return (centres - half, centres + half), (centres - mirrored, centres + mirrored)


def _meet(ours: tuple[Floats, Floats], theirs: tuple[Floats, Floats]) -> Bools:
    """Return which of our lines cross which of theirs, ``bool [ours, theirs]``; touching does not count."""
    a, b = (end[:, None, :] for end in ours)
    c, d = (end[None, :, :] for end in theirs)
    meet: Bools = (_side(a, b, c) * _side(a, b, d) < 0) & (_side(c, d, a) * _side(c, d, b) < 0)
    return meet


def _side(start: Floats, end: Floats, point: Floats) -> Floats:
    """Return on which side of a line a point is: twice the signed area of the triangle of the three."""
    side: Floats = (end[..., 0] - start[..., 0]) * (point[..., 1] - start[..., 1])
    return side - (end[..., 1] - start[..., 1]) * (point[..., 0] - start[..., 0])
