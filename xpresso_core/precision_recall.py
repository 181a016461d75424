"""Precision and recall of predicted peaks against annotated start sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.track_sites import STRANDS, Flags, Floats, Masks, Track, total_of

Integers = npt.NDArray[np.int64]

THRESHOLDS = 51
"""How many thresholds precision and recall are given at, at most."""

PRECISION_COLUMNS = (
    *("threshold", "peaks", "precision", "precision_same", "recall", "recall_same"),
    *("random_precision", "random_precision_same"),
)
"""Columns of `TrackSummary.precision_recall`."""

_TOGETHER = {"": (STRANDS,), "_same": (("+",), ("-",))}
"""Which strands pairs are looked for on: on both as one, or on each by itself."""


class Chance(NamedTuple):
    """The precision of random positions.

    Attributes
    ----------
    either, same
        Share of all positions with a value that have a TSS of either strand, or of their own, within the tolerance.
    """

    either: float
    same: float


def chance_precision(scan: Mapping[str, Track], known: Masks, sites: pd.DataFrame, tolerance: int) -> Chance:
    """Count all positions with a value, which needs no peak and no draw.

    Parameters
    ----------
    scan
        From `track_sites.checked_scan`.
    known
        The positions with a value, at least one.
    sites
        From `track_sites.sites_of`; those without a value count too.
    tolerance
        See `track_summary.summarise`.
    """
    near = dict.fromkeys(_TOGETHER, 0)
    for suffix, groups in _TOGETHER.items():
        for chrom, strands in ((chrom, strands) for chrom in scan for strands in groups):
            annotated = _starts(sites, chrom, strands)
            near[suffix] += sum(
                int(_near(scan[chrom].positions[known[chrom, strand]], annotated, tolerance).sum())
                for strand in strands
            )
    return Chance(*(number / total_of(known) for number in near.values()))


def precision_recall(
    sites: pd.DataFrame,
    called: pd.DataFrame,
    chance: Chance,
    tolerance: int,
    thresholds: Sequence[float] | None,
) -> pd.DataFrame:
    """Return precision and recall of peaks at thresholds, as `track_summary.TrackSummary` has them.

    Every peak counts by itself: of several near one TSS, say one on each strand, or two maxima beside each other,
    each is right, while recall counts the TSS once.

    Parameters
    ----------
    sites, called
        From `track_sites.sites_of` and `track_sites.called_peaks`.
    chance
        From `chance_precision`.
    tolerance, thresholds
        See `track_summary.summarise`.
    """
    value = called["value"].to_numpy(np.float64)
    if thresholds is None:
        shares = np.linspace(0, 1, THRESHOLDS)
        levels = np.unique(np.quantile(value, shares, method="lower")) if value.size else value
    else:
        levels = np.unique(np.asarray(thresholds, dtype=np.float64))
    reached = [value >= level for level in levels]
    table = pd.DataFrame({"threshold": levels, "peaks": [int(high.sum()) for high in reached]})
    for (suffix, groups), random in zip(_TOGETHER.items(), chance, strict=True):
        right, highest = _pairs(sites, called, groups, tolerance)
        table[f"precision{suffix}"] = [
            float(right[high].mean()) if high.any() else np.nan for high in reached
        ]
        table[f"recall{suffix}"] = [float((highest >= level).mean()) for level in levels]
        table[f"random_precision{suffix}"] = random
    return table[list(PRECISION_COLUMNS)]


def _pairs(
    sites: pd.DataFrame, called: pd.DataFrame, groups: Sequence[tuple[str, ...]], tolerance: int
) -> tuple[Flags, Floats]:
    """Tell which peaks have a TSS near, and how high the highest peak near each TSS with a value is."""
    valued = sites[sites["value"].notna()]
    right = np.zeros(len(called), dtype=np.bool_)
    highest = np.full(len(valued), -np.inf)
    for chrom, strands in ((chrom, strands) for chrom in sites["chrom"].unique() for strands in groups):
        peaks, own = _on(called, chrom, strands), _on(valued, chrom, strands)
        position = called["position"].to_numpy(np.int64)[peaks]
        value = called["value"].to_numpy(np.float64)[peaks]
        right[peaks] = _near(position, _starts(sites, chrom, strands), tolerance)
        highest[own] = _highest(valued["tss"].to_numpy(np.int64)[own], position, value, tolerance)
    return right, highest


def _on(rows: pd.DataFrame, chrom: str, strands: tuple[str, ...]) -> Flags:
    """Tell which rows are on a chromosome and on one of the strands."""
    return ((rows["chrom"] == chrom) & rows["strand"].isin(strands)).to_numpy(np.bool_)


def _starts(sites: pd.DataFrame, chrom: str, strands: tuple[str, ...]) -> Integers:
    """Return the TSSs on a chromosome and on one of the strands, sorted."""
    return np.sort(sites["tss"].to_numpy(np.int64)[_on(sites, chrom, strands)])


def _near(position: Integers, others: Integers, tolerance: int) -> Flags:
    """Tell which positions have one of the sorted `others` within the tolerance."""
    first = np.searchsorted(others, position - tolerance, side="left")
    near: Flags = first < np.searchsorted(others, position + tolerance, side="right")
    return near


def _highest(tss: Integers, position: Integers, value: Floats, tolerance: int) -> Floats:
    """Return the value of the highest peak within the tolerance of each TSS; minus infinity where there is none."""
    order = np.argsort(position, kind="stable")
    position, value = position[order], value[order]
    first = np.searchsorted(position, tss - tolerance, side="left")
    last = np.searchsorted(position, tss + tolerance, side="right")
    parts = (value[a:b] for a, b in zip(first.tolist(), last.tolist(), strict=True))
    return np.array([part.max(initial=-np.inf) for part in parts], dtype=np.float64)
