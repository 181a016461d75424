"""Where annotated start sites, peaks and random positions lie on predicted tracks, and which values they have there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.errors import InputError
from xpresso_core.files import require_columns
from xpresso_core.genome import harmonise
from xpresso_core.peaks import PEAK_COLUMNS, checked_track, peak_positions

STRANDS = ("+", "-")

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Track(NamedTuple):
    """Predictions along one chromosome.

    Attributes
    ----------
    positions
        ``int64 [position]``, 0-based multiples of the step, strictly increasing.
    plus, minus
        ``float [position]``, predicted expression of a gene with its TSS there on ``+`` and on ``-``; NaN where
        there is no prediction.
    """

    positions: npt.NDArray[Any]
    plus: npt.NDArray[Any]
    minus: npt.NDArray[Any]


def checked_scan(tracks: Mapping[str, Track], step: int) -> dict[str, Track]:
    """Return the tracks with int64 positions and float64 values, or refuse them."""
    scan = {}
    for chrom, track in tracks.items():
        x, plus = checked_track(track.positions, track.plus, step, f"track of {chrom}, strand +")
        _, minus = checked_track(track.positions, track.minus, step, f"track of {chrom}, strand -")
        scan[chrom] = Track(x, plus, minus)
    return scan


def placed_rows(
    frame: pd.DataFrame, columns: tuple[str, ...], scan: Mapping[str, Track], what: str
) -> pd.DataFrame:
    """Return the rows on scanned chromosomes, named as in the tracks; a table without rows is let through."""
    if frame.empty:
        return pd.DataFrame(columns=list(columns)).astype({"chrom": str})
    require_columns(frame, columns, what)
    numbers = [column for column in ("start", "end", "tss") if column in columns]
    whole = all(pd.api.types.is_integer_dtype(frame[column]) for column in numbers)
    if not whole or frame[list(columns)].isna().any(axis=None) or (frame[numbers] < 0).any(axis=None):
        message = f"{' or '.join(numbers)} is no whole number of 0 or more, or something is missing"
        raise InputError(message, where=what, remedy="Give 0-based positions")
    if "end" in columns and (frame["start"] >= frame["end"]).any():
        row = frame.index[frame["start"] >= frame["end"]][0]
        message = "the interval has no bases"
        raise InputError(message, where=f"{what}, row {row}", remedy="Correct it")
    if "strand" in columns and not frame["strand"].isin(STRANDS).all():
        strand = frame.loc[~frame["strand"].isin(STRANDS), "strand"].iloc[0]
        message = f"the strand is {strand!r}"
        raise InputError(message, where=what, remedy="Give + or -")
    named = frame["chrom"].astype(str).map(harmonise(frame["chrom"].astype(str), scan))
    return frame.assign(chrom=named)[list(columns)].dropna(subset="chrom").reset_index(drop=True)


def sites_of(tss: pd.DataFrame, scan: Mapping[str, Track], step: int) -> tuple[pd.DataFrame, int]:
    """Return ``chrom strand tss value opposite`` of the TSSs on scanned chromosomes, and how many are elsewhere.

    `value` is on the TSS's own strand and `opposite` on the other one; NaN where there is none.
    """
    columns = ("chrom", "strand", "tss")
    require_columns(tss, columns, "TSSs")
    unique = tss[list(columns)].drop_duplicates()
    sites = placed_rows(unique, columns, scan, "TSSs").drop_duplicates(ignore_index=True)
    elsewhere = int((~unique["chrom"].astype(str).isin(harmonise(unique["chrom"].astype(str), scan))).sum())
    bins = sites.assign(position=(sites["tss"] + step // 2) // step * step)
    turned = bins.assign(strand=bins["strand"].map({"+": "-", "-": "+"}))
    return sites.assign(value=values_at(bins, scan), opposite=values_at(turned, scan)), elsewhere


def values_at(rows: pd.DataFrame, scan: Mapping[str, Track]) -> Floats:
    """Return the value of each ``chrom strand position``; NaN where there is none."""
    values = np.full(len(rows), np.nan)
    keys = rows["chrom"].astype(str) + rows["strand"]
    for key, index in rows.groupby(keys).indices.items():
        chrom, strand = str(key)[:-1], str(key)[-1]
        track = scan[chrom]
        wanted = rows["position"].to_numpy(np.int64)[index]
        at = np.searchsorted(track.positions, wanted)
        there = np.flatnonzero(at < track.positions.size)
        there = there[track.positions[at[there]] == wanted[there]]
        values[index[there]] = on_strand(track, strand)[at[there]]
    return values


def on_strand(track: Track, strand: str) -> Floats:
    """Return the values of ``+`` or ``-``."""
    return track.plus if strand == "+" else track.minus


def called_peaks(peaks: pd.DataFrame, scan: Mapping[str, Track], step: int) -> pd.DataFrame:
    """Return the peaks as ``chrom strand position value``; one without a value is refused."""
    columns = tuple(column for column in PEAK_COLUMNS if column != "score")
    if len(peaks) and (lost := len(peaks) - len(placed_rows(peaks, columns, scan, "peaks"))):
        what = f"{lost} peaks are on chromosomes that the tracks lack"
        raise InputError(what, where="peaks", remedy="Give the peaks of these tracks")
    placed = placed_rows(peaks, columns, scan, "peaks")
    position = peak_positions(placed, step)
    called = pd.DataFrame({"chrom": placed["chrom"], "strand": placed["strand"], "position": position})
    called["value"] = values_at(called, scan)
    if called["value"].isna().any():
        name = placed.loc[called["value"].isna(), "name"].iloc[0]
        what = "the tracks have no value at the peak"
        raise InputError(what, where=f"peaks, {name}", remedy="Give the peaks of these tracks")
    return called


Masks = dict[tuple[str, str], Flags]
"""Which positions are marked, ``bool [position]``, by chromosome and strand."""


def masks_of(scan: Mapping[str, Track], islands: pd.DataFrame) -> dict[str, Masks]:
    """Mark by chromosome and strand all positions with a value, and those inside and outside islands."""
    masks: dict[str, Masks] = {"all": {}, "inside": {}, "outside": {}}
    for chrom, track in scan.items():
        inside = _inside(track, islands[islands["chrom"] == chrom])
        for strand in STRANDS:
            known = ~np.isnan(on_strand(track, strand))
            masks["all"][chrom, strand] = known
            masks["inside"][chrom, strand] = known & inside
            masks["outside"][chrom, strand] = known & ~inside
    return masks


def _inside(track: Track, islands: pd.DataFrame) -> Flags:
    """Mark the positions inside the islands of a chromosome.

    As `cpg_islands.in_islands` does for places in any order. Islands are few and positions many and sorted: so each
    island is looked up among the positions, and one byte per position is all that is needed.
    """
    inside = np.zeros(track.positions.size, dtype=np.bool_)
    bounds = np.searchsorted(track.positions, islands[["start", "end"]].to_numpy(np.int64))
    for first, last in bounds.tolist():
        inside[first:last] = True
    return inside


def total_of(masks: Masks) -> int:
    """Return how many positions are marked, on both strands and all chromosomes."""
    return sum(int(np.count_nonzero(mask)) for mask in masks.values())


def draw_positions(
    scan: Mapping[str, Track], masks: Masks, number: int, random: np.random.Generator
) -> pd.DataFrame:
    """Draw marked positions without replacement, as many as there are at most: ``chrom strand position value``."""
    total = total_of(masks)
    ranks = np.sort(random.choice(total, size=min(number, total), replace=False, shuffle=False))
    parts, before = [], 0
    for (chrom, strand), mask in masks.items():
        marked = np.flatnonzero(mask)
        index = marked[ranks[(ranks >= before) & (ranks < before + marked.size)] - before]
        before += marked.size
        track = scan[chrom]
        columns = {"position": track.positions[index], "value": on_strand(track, strand)[index]}
        parts.append(pd.DataFrame({"chrom": chrom, "strand": strand, **columns}))
    return pd.concat(parts, ignore_index=True)
