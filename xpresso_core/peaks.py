"""Predicted promoters: local maxima of predicted expression along a genome."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.signal import find_peaks

from xpresso_core.bed import bed_rows
from xpresso_core.errors import InputError
from xpresso_core.files import atomic_path, require_columns

PEAK_COLUMNS = ("chrom", "start", "end", "name", "score", "strand")
"""Columns of a table of peaks, those of BED6; 0-based, half-open."""

QUANTILE = 0.99
"""The share of scanned positions below `default_threshold`."""

LARGEST_SCORE = 1000

NO_SITE: int = np.iinfo(np.int64).max
"""Stands for a distance where there is no site."""

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_REMEDY = "Give peaks as BED6: chromosome, start, end, name, score from 0 to 1000, strand"


class Peaks(NamedTuple):
    """Local maxima on one strand of one chromosome.

    Attributes
    ----------
    position
        ``int64 [peak]``, 0-based positions on the grid, strictly increasing.
    value
        ``float64 [peak]``, predicted expression there, in the units of the track.
    """

    position: Integers
    value: Floats


def default_threshold(values: npt.ArrayLike) -> float:
    """Return the 99th percentile of all scanned positions, for want of a better threshold.

    A share of the genome, and not a level of expression: predictions are of a gene with its TSS at a position, which
    hardly any position has, and their level and spread along a genome differ between models. A percentile follows
    both, and a few extreme values do not move it. One percent of the positions of a strand is 10 kb of every
    megabase. If what stands out around a promoter is a kilobase wide, as CpG islands are, this is about ten places,
    the order of the genes of a mammal with their other promoters.

    Parameters
    ----------
    values
        Predictions of any shape, best of both strands and of all chromosomes that share the threshold; NaN, for
        positions without a prediction, does not count.

    Raises
    ------
    InputError
        If there is no value, or one is infinite.
    """
    known = np.asarray(values, dtype=np.float64).ravel()
    known = known[~np.isnan(known)]
    if not known.size or np.isinf(known).any():
        what = "there is no value, or an infinite one"
        raise InputError(what, where="threshold of peaks", remedy="Scan a stretch of known sequence")
    return float(np.quantile(known, QUANTILE))


def call_peaks(
    positions: npt.ArrayLike, values: npt.ArrayLike, *, threshold: float, distance: int, step: int
) -> Peaks:
    """Find local maxima on one strand of a chromosome.

    Maxima are those of `scipy.signal.find_peaks`: higher than both neighbours, and the middle of a plateau (the
    left one of two middle positions). Unlike there, the first and the last position of a contiguous stretch may be
    a maximum too, since nothing higher is known beyond them; NaN and a jump in `positions` end a stretch. A stretch
    of equal values has one maximum, in its middle.

    Parameters
    ----------
    positions
        ``int [position]``, 0-based multiples of `step`, strictly increasing.
    values
        ``float [position]``; NaN where there is no prediction.
    threshold
        Maxima below are left out; one that equals it stays.
    distance
        Of two maxima fewer bases apart, also across a gap, the higher stays, and of two equal ones the one at the
        smaller position. The highest goes first, and what it removes removes no other.
    step
        Bases from one position to the next.

    Raises
    ------
    InputError
        If positions and values are not as above, `threshold` is not finite, `distance` is negative, or `step` is
        less than 1.
    """
    x, y = checked_track(positions, values, step)
    if not np.isfinite(threshold) or distance < 0:
        what = f"the threshold is {threshold} and the distance {distance}"
        raise InputError(what, where="peaks", remedy="Give a finite threshold and a distance of 0 or more")
    known = ~np.isnan(y)
    x, y = x[known], y[known]
    # What is lower than all values, between stretches and around them, makes maxima of their ends.
    before = np.flatnonzero(np.diff(x) > step) + 1
    walled = np.pad(np.insert(y, before, -np.inf), 1, constant_values=-np.inf)
    maxima, _ = find_peaks(walled)
    maxima = maxima[walled[maxima] >= threshold]
    index = maxima - 1 - np.searchsorted(before + np.arange(before.size), maxima - 1)
    kept = _apart(x[index], y[index], distance)
    return Peaks(x[index][kept], y[index][kept])


def checked_track(
    positions: npt.ArrayLike, values: npt.ArrayLike, step: int, where: str = "peaks"
) -> tuple[Integers, Floats]:
    """Return positions and values of one strand as ``int64 [position]`` and ``float64 [position]``.

    Raises
    ------
    InputError
        If lengths differ, positions are no whole multiples of `step` from 0 on in increasing order, or a value is
        infinite; `where` is named.
    """
    x, y = np.asarray(positions), np.asarray(values, dtype=np.float64)
    remedy = "Give each position of the grid once, in order, with a value or NaN"
    if x.ndim != 1 or x.shape != y.shape or (x.size and not np.issubdtype(x.dtype, np.integer)):
        what = f"positions ({x.dtype}, {x.shape}) are not whole numbers in a row, one per value ({y.shape})"
        raise InputError(what, where=where, remedy=remedy)
    x = x.astype(np.int64)
    if step < 1 or (x % max(step, 1)).any() or (x < 0).any() or (np.diff(x) <= 0).any():
        what = f"the positions are not increasing multiples of the step, {step}"
        raise InputError(what, where=where, remedy=remedy)
    if np.isinf(y).any():
        what = f"the value at {x[np.isinf(y)][0]} is infinite"
        raise InputError(what, where=where, remedy=remedy)
    return x, y


def _apart(position: Integers, value: Floats, distance: int) -> Flags:
    """Tell which maxima stay when the highest removes those too near, then the next that is left, and so on."""
    first = np.searchsorted(position, position - distance, side="right").tolist()
    last = np.searchsorted(position, position + distance, side="left").tolist()
    kept = np.ones(position.size, dtype=np.bool_)
    for index in np.argsort(-value, kind="stable").tolist():
        if kept[index] and last[index] - first[index] > 1:
            kept[first[index] : last[index]] = False
            kept[index] = True
    return kept


def peaks_frame(
    peaks: Mapping[tuple[str, str], Peaks],
    sizes: Mapping[str, int],
    *,
    step: int,
    threshold: float,
    prefix: str = "peak",
) -> pd.DataFrame:
    """Put the peaks of all chromosomes and strands into one table.

    Parameters
    ----------
    peaks
        By chromosome and strand (``+`` or ``-``).
    sizes
        Bases of each chromosome.
    step
        Bases from one position of the grid to the next.
    threshold
        The threshold of the peaks, where scores begin.
    prefix
        What names begin with.

    Returns
    -------
    pandas.DataFrame
        `PEAK_COLUMNS`: the bin of each peak, ``[position - step // 2, position - step // 2 + step)``, cut off at
        the ends of the chromosome; ``PREFIX_1``, ``PREFIX_2`` ... in the order of the table; a score from 0 to 1000
        that rises in proportion to the value from the threshold to the highest peak of the table, which has 1000
        (as all have where all are equal). Sorted by chromosome (in order of first appearance), start and strand.

    Raises
    ------
    InputError
        If a strand is none, a peak lies outside its chromosome or below the threshold, or a size is missing.
    """
    parts = []
    for (chrom, strand), (position, value) in peaks.items():
        where = f"peaks of {chrom}, strand {strand}"
        size = sizes.get(chrom)
        if strand not in ("+", "-") or size is None:
            what = "the strand is not + or -, or the size of the chromosome is not known"
            raise InputError(what, where=where, remedy="Give peaks by chromosome and strand, and all sizes")
        if ((position < 0) | (position >= size)).any() or not (value >= threshold).all():
            what = f"a peak lies outside the chromosome (0-{size}) or below the threshold {threshold}"
            raise InputError(what, where=where, remedy="Use the genome and the threshold of the peaks")
        start = position - step // 2
        columns = {"start": start.clip(0), "end": (start + step).clip(max=size), "value": value}
        parts.append(pd.DataFrame({"chrom": chrom, **columns, "strand": strand}))
    if not sum(map(len, parts)):
        return _typed(pd.DataFrame(columns=list(PEAK_COLUMNS)))
    rank = {chrom: number for number, chrom in enumerate(dict.fromkeys(chrom for chrom, _ in peaks))}
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    table = table.assign(rank=table["chrom"].map(rank)).sort_values(
        ["rank", "start", "strand"], ignore_index=True
    )
    table["name"] = [f"{prefix}_{number}" for number in range(1, len(table) + 1)]
    return _typed(table.assign(score=_scores(table["value"].to_numpy(np.float64), threshold)))


def _scores(value: Floats, threshold: float) -> Integers:
    span = value.max() - threshold
    shares = (value - threshold) / span if span > 0 else np.ones(value.size)
    return np.rint(shares * LARGEST_SCORE).astype(np.int64)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    kinds = {"start": np.int64, "end": np.int64, "score": np.int64}
    return frame[list(PEAK_COLUMNS)].astype({name: kinds.get(name, str) for name in PEAK_COLUMNS})


def peak_positions(frame: pd.DataFrame, step: int) -> Integers:
    """Return the position on the grid of each peak of a table, ``int64 [peak]``: the multiple of `step` in its bin.

    Raises
    ------
    InputError
        If a peak is not the bin of one position of the grid, cut off at the ends of a chromosome or not.
    """
    start, end = (frame[column].to_numpy(np.int64) for column in ("start", "end"))
    position = (end - 1) // step * step
    left = np.maximum(position - step // 2, 0)
    wrong = np.flatnonzero((start != left) | (position < start) | (end > position - step // 2 + step))
    if wrong.size:
        first = int(wrong[0])
        what = f"{start[first]}-{end[first]} is no bin of positions {step} bases apart"
        where = f"peaks, {frame['name'].iloc[first]}"
        raise InputError(what, where=where, remedy="Give the peaks of this track, and its step")
    return position


def nearest_sites(position: Integers, plus: Flags, tss: Integers, tss_plus: Flags) -> Integers:
    """Find the TSS nearest to each position of a chromosome.

    Parameters
    ----------
    position, plus
        ``int64 [position]``, 0-based, and whether each is on the strand ``+``, ``bool [position]``.
    tss, tss_plus
        The same of the TSSs, ``[tss]``, in any order.

    Returns
    -------
    numpy.ndarray
        ``int64 [2, position]``: bases from the nearest TSS of any strand, and of the same strand, to the position, in
        the TSS's direction of transcription (positive downstream); `NO_SITE` where there is no such TSS. Of TSSs
        equally near goes one on the same strand first, then one that the position lies downstream of.
    """
    offsets, own = [], []
    for strand in (True, False):
        sites = np.sort(tss[tss_plus == strand])
        right = np.searchsorted(sites, position, side="right")
        for at in (right - 1, right):
            there = (at >= 0) & (at < sites.size)
            offset = np.full(position.size, NO_SITE)
            offset[there] = (position[there] - sites[at[there]]) * (1 if strand else -1)
            offsets.append(offset)
            own.append(plus == strand)
    signed, same = np.array(offsets), np.array(own)
    missing = signed == NO_SITE
    rank = np.abs(np.where(missing, 0, signed)) * 4 + ~same * 2 + (signed < 0)
    rank[missing] = NO_SITE
    ranks = (rank, np.where(same, rank, NO_SITE))
    columns = np.arange(position.size)
    best = [np.argmin(each, axis=0) for each in ranks]
    found = [
        np.where(r[b, columns] < NO_SITE, signed[b, columns], NO_SITE)
        for r, b in zip(ranks, best, strict=True)
    ]
    return np.array(found, dtype=np.int64)


def write_bed6(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write the columns `PEAK_COLUMNS` as BED6, atomically; ``-`` is standard output.

    A table without rows gives an empty file.
    """
    if len(frame):
        require_columns(frame, PEAK_COLUMNS, "peaks")
    text = frame.reindex(columns=list(PEAK_COLUMNS)).to_csv(sep="\t", header=False, index=False)
    if str(path) == "-":
        sys.stdout.write(text)
        return
    with atomic_path(path) as draft:
        draft.write_text(text, encoding="utf-8")


def read_peaks(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read peaks from BED6 (plain, gzip, bgzip).

    Returns
    -------
    pandas.DataFrame
        `PEAK_COLUMNS` in the order of the file, numbers as int64. A file without peaks gives no rows: a threshold
        may be above all values.

    Raises
    ------
    InputError
        If a line has not six columns, an interval without bases, a score that is no whole number from 0 to 1000,
        a strand other than ``+`` and ``-``, or a name that was there before; with file and line.
    """
    rows, seen = [], dict[str, str]()
    for chrom, start, end, fields, where in bed_rows(path, len(PEAK_COLUMNS), _REMEDY):
        name, score, strand = fields[3:6]
        numeric = score.isascii() and score.isdecimal() and int(score) <= LARGEST_SCORE
        if len(fields) != len(PEAK_COLUMNS) or strand not in ("+", "-") or not numeric:
            what = f"the line is no peak ({' '.join(fields[3:])})"
            raise InputError(what, where=where, remedy=_REMEDY)
        if name in seen:
            what = f"the name {name!r} was already in {seen[name]}"
            raise InputError(what, where=where, remedy="Give every peak a name of its own")
        seen[name] = where
        rows.append((chrom, start, end, name, int(score), strand))
    return _typed(pd.DataFrame(rows, columns=list(PEAK_COLUMNS)))
