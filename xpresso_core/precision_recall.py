"""Precision and recall of predicted peaks against annotated start sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def precision_recall(
    scan: Mapping[str, Track],
    known: Masks,
    sites: pd.DataFrame,
    called: pd.DataFrame,
    tolerance: int,
    thresholds: Sequence[float] | None,
) -> pd.DataFrame:
    """Return precision and recall of peaks at thresholds, as `track_summary.TrackSummary` has them.

    Parameters
    ----------
    scan
        From `track_sites.checked_scan`.
    known
        The positions with a value.
    sites, called
        From `track_sites.sites_of` and `track_sites.called_peaks`.
    tolerance, thresholds
        See `track_summary.summarise`.
    """
    value = called["value"].to_numpy(np.float64)
    if thresholds is None:
        shares = np.linspace(0, 1, THRESHOLDS)
        levels = np.unique(np.quantile(value, shares, method="lower")) if value.size else value
    else:
        levels = np.unique(np.asarray(thresholds, dtype=np.float64))
    valued = sites[sites["value"].notna()]
    table = pd.DataFrame({"threshold": levels, "peaks": [int((value >= level).sum()) for level in levels]})
    # Pairs count on either strand, or on each strand by itself.
    for suffix, together in (("", [STRANDS]), ("_same", [("+",), ("-",)])):
        right = np.zeros(len(called), dtype=np.bool_)
        highest = np.full(len(valued), -np.inf)
        near = 0
        for chrom, strands in ((chrom, strands) for chrom in scan for strands in together):
            here = [
                np.flatnonzero((rows["chrom"] == chrom) & rows["strand"].isin(strands))
                for rows in (sites, valued, called)
            ]
            annotated = np.sort(sites["tss"].to_numpy(np.int64)[here[0]])
            position = called["position"].to_numpy(np.int64)[here[2]]
            right[here[2]] = _near(position, annotated, tolerance)
            tss = valued["tss"].to_numpy(np.int64)[here[1]]
            highest[here[1]] = _highest(tss, position, value[here[2]], tolerance)
            near += sum(
                int(_near(scan[chrom].positions[known[chrom, strand]], annotated, tolerance).sum())
                for strand in strands
            )
        reached = [value >= level for level in levels]
        table[f"precision{suffix}"] = [
            float(right[high].mean()) if high.any() else np.nan for high in reached
        ]
        table[f"recall{suffix}"] = [float((highest >= level).mean()) for level in levels]
        table[f"random_precision{suffix}"] = near / total_of(known)
    return table[list(PRECISION_COLUMNS)]


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
