"""Clouds of genes: one point each, coloured by how many crowd at a place."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from xpresso_core.plots import DENSITY_MAP

UNIT = "log10(RPKM + 0.1)"
"""The unit of expression, where nothing else is said."""

BIN = 0.1
"""Side of the squares in which genes are counted for the point colours, in log10 units."""

CROWD = 5000
"""From this many genes on, pixels are coarser, which keeps the file small."""

Floats = NDArray[np.float64]


def density_scatter(
    figure: Figure, axes: Axes, bar_axes: Axes, x: Floats, y: Floats, limits: tuple[float, float]
) -> None:
    """Draw one point per gene, coloured by how many genes crowd around it, with the colour bar beside it.

    Parameters
    ----------
    figure, axes, bar_axes
        Where to draw: the points and the bar.
    x, y
        float64 ``[gene]``, in log10 units.
    limits
        Least and greatest value of both axes.
    """
    low, high = limits
    side = max(BIN, (high - low) / 200)
    bins = int(np.ceil((high - low) / side))
    counts = np.histogram2d(x, y, bins, range=((low, low + bins * side),) * 2)[0]
    places = [(x - low) / side - 0.5, (y - low) / side - 0.5]
    density: Floats = map_coordinates(gaussian_filter(counts, 1.0), places, order=1, mode="nearest")
    order = np.argsort(density, kind="stable")
    points = axes.scatter(
        np.asarray(x[order]),
        np.asarray(y[order]),
        c=np.asarray(density[order]),
        cmap=DENSITY_MAP,
        norm=PowerNorm(0.5, vmin=0),
        s=float(np.clip(9000 / x.size, 4, 14)),
        linewidths=0,
        rasterized=True,
    )
    bar = figure.colorbar(points, cax=bar_axes, ticks=MaxNLocator(5, steps=[1, 2, 5, 10]))
    bar.set_label(f"Genes per {side:.2g} × {side:.2g} square")
