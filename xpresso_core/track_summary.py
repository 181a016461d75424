"""What a predicted track says about annotated genes: their TSSs against random positions, strands, and peaks.

A TSS has the value of the bin that holds it: of the multiple x of the step with
``x - step // 2 <= tss < x - step // 2 + step``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from xpresso_core.classifier import auc_interval
from xpresso_core.cpg_islands import ISLAND_COLUMNS, in_islands
from xpresso_core.errors import InputError
from xpresso_core.files import write_json, write_table
from xpresso_core.metrics import CONFIDENCE
from xpresso_core.peaks import NO_SITE, nearest_sites
from xpresso_core.precision_recall import Chance, chance_precision, precision_recall
from xpresso_core.randomness import generator
from xpresso_core.track_sites import (
    STRANDS,
    Track,
    called_peaks,
    checked_scan,
    draw_positions,
    masks_of,
    on_strand,
    placed_rows,
    sites_of,
    total_of,
)

RANDOM_POSITIONS = 10_000
"""How many random positions TSSs are compared with."""

TOLERANCE = 500
"""How many bases a peak may lie from a TSS to be called right."""


class Auc(NamedTuple):
    """How well values tell TSSs from random positions.

    Attributes
    ----------
    score
        ``prediction``, or ``cpg_island``: 1 inside an island and 0 outside, what islands alone would reach.
    tss, random
        Which TSSs and random positions: ``all``, ``inside`` or ``outside`` CpG islands.
    n_tss, n_random
        Their numbers.
    auc, auc_ci_low, auc_ci_high
        Area under the curve, how often a TSS has the higher value (equal ones count half), and its 95 % interval as
        by `classifier.auc_interval`. None where there is no TSS or no position.
    """

    score: str
    tss: str
    random: str
    n_tss: int
    n_random: int
    auc: float | None
    auc_ci_low: float | None
    auc_ci_high: float | None


class StrandChoice(NamedTuple):
    """Whether predictions at TSSs tell the strand that is transcribed.

    Attributes
    ----------
    n
        TSSs with a value on both strands.
    higher, equal
        Those with the higher value on their own strand, and those with the same on both.
    share, share_ci_low, share_ci_high, p
        Share of `higher` among those that are not equal, its exact 95 % interval, and the two-sided binomial P value
        against one half. None where there are none.
    bins, correlation
        Positions with a value on both strands, and the Pearson correlation of these values; None where there are
        fewer than three or a strand is constant.
    """

    n: int
    higher: int
    equal: int
    share: float | None
    share_ci_low: float | None
    share_ci_high: float | None
    p: float | None
    bins: int
    correlation: float | None


class TrackSummary(NamedTuple):
    """What a track says; see `summarise`.

    Attributes
    ----------
    counts
        ``tss`` on scanned chromosomes (each place and strand once), ``tss_with_value``, ``tss_inside_islands`` of
        those with a value, ``tss_elsewhere`` (on chromosomes that were not scanned, in no other number), ``values``
        (positions with a value, counted on each strand), ``values_inside_islands``, ``peaks``.
    aucs
        TSSs against random positions.
    strands
        TSSs on their own strand against the other.
    at_tss
        ``chrom strand tss value opposite in_island``, one row per TSS with a value on its own strand; `opposite` is
        the value on the other strand, NaN where there is none.
    at_random
        ``drawn_from chrom strand position value in_island`` of the random positions: those that the TSSs of `aucs`
        are compared with, one draw from `all` positions, one from those ``inside`` islands and one from those
        ``outside`` (`drawn_from`). A position may be in two draws.
    distances
        ``kind chrom strand position value signed distance signed_same distance_same``, one row per peak (kind
        ``peak``) and per random position (kind ``random``). `signed` is the bases from the nearest TSS of any strand
        to the position in the TSS's direction of transcription, positive downstream, `distance` its absolute value;
        ``_same`` of the nearest TSS on the same strand. Of TSSs equally near goes one on the same strand first, then
        one that the position lies downstream of. Missing where the chromosome has no such TSS.
    precision_recall
        ``threshold peaks precision precision_same recall recall_same random_precision random_precision_same``, from
        the lowest threshold to the highest, without rows if there is no peak and no threshold is given; see
        `summarise`.
    random_precision
        What its last two columns hold throughout; known also where there is no peak.
    tolerance
        Bases between a peak and a TSS that belong together.
    """

    counts: dict[str, int]
    aucs: tuple[Auc, ...]
    strands: StrandChoice
    at_tss: pd.DataFrame
    at_random: pd.DataFrame
    distances: pd.DataFrame
    precision_recall: pd.DataFrame
    random_precision: Chance
    tolerance: int

    def as_dict(self) -> dict[str, Any]:
        """Return all but the tables as plain types for JSON, and the middle of the distances.

        ``random_precision`` and ``random_precision_same`` are what the columns of `precision_recall` say.
        ``distances`` has for ``peak`` and ``random`` their number ``n``, the median absolute distance and the share
        within the tolerance, of any and of the same strand; None without rows.
        """
        rows = {kind: self.distances[self.distances["kind"] == kind] for kind in ("peak", "random")}
        return {
            "counts": self.counts,
            "aucs": [auc._asdict() for auc in self.aucs],
            "strands": self.strands._asdict(),
            "tolerance": self.tolerance,
            "random_precision": self.random_precision.either,
            "random_precision_same": self.random_precision.same,
            "distances": {kind: _middle(part, self.tolerance) for kind, part in rows.items()},
        }


def summarise(
    tracks: Mapping[str, Track],
    tss: pd.DataFrame,
    islands: pd.DataFrame,
    peaks: pd.DataFrame,
    *,
    step: int,
    seed: int,
    random_positions: int = RANDOM_POSITIONS,
    tolerance: int = TOLERANCE,
    thresholds: Sequence[float] | None = None,
) -> TrackSummary:
    """Compare a scanned stretch, chromosome or genome with annotated TSSs.

    **TSSs against random positions.** Random positions are drawn without replacement from all pairs of a position and
    a strand with a value, or from those inside or outside CpG islands, `random_positions` or as many as there are.
    Those at and near TSSs are among them, being part of the genome that a search for promoters meets, so that even a
    perfect track does not quite reach 1. A TSS is inside an island if its base is, a random position likewise. The
    interval takes TSSs as independent of each other, and random positions too. Neighbouring TSSs are not, and where
    the draw is dense, as inside islands, of which there are few, random positions are neighbours as well: it is a
    little too narrow on both sides.

    **Peaks against TSSs.** At each threshold, `precision` is the share of peaks at least as high that have a TSS of
    either strand within `tolerance` bases, and `recall` the share of TSSs (with a value on their strand) that have
    such a peak, of either strand, as near; ``_same`` counts only pairs on one strand. `random_precision` is what
    random positions would reach: the share of all positions with a value that have a TSS as near. Every peak counts
    by itself: of several near one TSS, on both strands or beside each other, each is right, while recall counts the
    TSS once. An annotation holds only some promoters, say one per protein-coding gene with expression, so precision
    is a lower bound.

    Parameters
    ----------
    tracks
        By chromosome.
    tss
        Annotated TSSs, ``chrom strand tss``, 0-based; chromosomes in either spelling (``chr1``, ``1``), here and
        below.
    islands
        ``chrom start end``, 0-based, half-open; may overlap, may have no rows.
    peaks
        From `peaks.peaks_frame`, of these tracks; may have no rows.
    step
        Bases from one position of the grid to the next.
    seed
        The seed of the run.
    random_positions, tolerance
        As above; at least 1 and 0.
    thresholds
        Thresholds for precision and recall. By default up to `precision_recall.THRESHOLDS` quantiles of the values
        of the peaks, from the lowest peak to the highest.

    Raises
    ------
    InputError
        If an input is malformed, no chromosome is shared, no TSS has a value, or a peak has none.
    """
    finite = thresholds is None or np.isfinite(np.asarray(thresholds, dtype=np.float64)).all()
    if random_positions < 1 or tolerance < 0 or not finite:
        what = f"{random_positions} random positions, a tolerance of {tolerance} or a threshold make no sense"
        raise InputError(what, where="track", remedy="Give 1 or more, 0 or more, and finite thresholds")
    scan = checked_scan(tracks, step)
    sites, elsewhere = sites_of(tss, scan, step)
    known_islands = placed_rows(islands, ISLAND_COLUMNS, scan, "CpG islands")
    sites["in_island"] = in_islands(sites["chrom"], sites["tss"], known_islands)
    valued = sites[sites["value"].notna()]
    if valued.empty:
        what = f"none of the {len(sites)} TSSs on scanned chromosomes has a value"
        raise InputError(what, where="track", remedy="Scan a stretch with annotated genes")
    called = called_peaks(peaks, scan, step)
    masks = masks_of(scan, known_islands)
    drawn = {
        kind: draw_positions(scan, mask, random_positions, generator(seed, "track", "auc", kind))
        for kind, mask in masks.items()
    }
    for kind, rows in drawn.items():
        rows["in_island"] = in_islands(rows["chrom"], rows["position"], known_islands)
        rows.insert(0, "drawn_from", kind)
    beside = draw_positions(scan, masks["all"], len(called), generator(seed, "track", "distances"))
    chance = chance_precision(scan, masks["all"], sites, tolerance)
    return TrackSummary(
        counts={
            "tss": len(sites),
            "tss_with_value": len(valued),
            "tss_inside_islands": int(valued["in_island"].sum()),
            "tss_elsewhere": elsewhere,
            "values": total_of(masks["all"]),
            "values_inside_islands": total_of(masks["inside"]),
            "peaks": len(called),
        },
        aucs=_aucs(valued, drawn),
        strands=_strand_choice(sites, scan),
        at_tss=valued.reset_index(drop=True),
        at_random=pd.concat(drawn.values(), ignore_index=True),
        distances=pd.concat([_distances(called, sites, "peak"), _distances(beside, sites, "random")]),
        precision_recall=precision_recall(sites, called, chance, tolerance, thresholds),
        random_precision=chance,
        tolerance=tolerance,
    )


class SummaryFiles(NamedTuple):
    """Where a summary is written: JSON, and the tables as TSV."""

    summary: Path
    precision_recall: Path
    distances: Path
    at_tss: Path
    at_random: Path


def write_summary(summary: TrackSummary, files: SummaryFiles, facts: Mapping[str, Any] | None = None) -> None:
    """Write `TrackSummary.as_dict` with some more facts as JSON, and the tables as TSV, each atomically."""
    write_json({**(facts or {}), **summary.as_dict()}, files.summary)
    for name in SummaryFiles._fields[1:]:
        write_table(getattr(summary, name), getattr(files, name))


def _aucs(valued: pd.DataFrame, drawn: Mapping[str, pd.DataFrame]) -> tuple[Auc, ...]:
    sites = {"all": valued, "inside": valued[valued["in_island"]], "outside": valued[~valued["in_island"]]}
    pairs = [("all", "all"), *((place, other) for place in ("inside", "outside") for other in (place, "all"))]
    found = [
        _auc("prediction", tss, other, sites[tss]["value"], drawn[other]["value"]) for tss, other in pairs
    ]
    islands = _auc("cpg_island", "all", "all", valued["in_island"], drawn["all"]["in_island"])
    return *found, islands


def _auc(score: str, tss: str, random: str, first: pd.Series[Any], second: pd.Series[Any]) -> Auc:
    auc: tuple[float | None, float | None, float | None] = (None, None, None)
    if len(first) and len(second):
        auc = auc_interval(first.to_numpy(np.float64), second.to_numpy(np.float64))
    return Auc(score, tss, random, len(first), len(second), *auc)


def _strand_choice(sites: pd.DataFrame, scan: Mapping[str, Track]) -> StrandChoice:
    both = sites.dropna(subset=["value", "opposite"])
    higher, equal = (
        int((both["value"] > both["opposite"]).sum()),
        int((both["value"] == both["opposite"]).sum()),
    )
    chosen: tuple[float | None, float | None, float | None, float | None] = (None, None, None, None)
    if differ := len(both) - equal:
        test = binomtest(higher, differ, 0.5)
        interval = test.proportion_ci(confidence_level=CONFIDENCE)
        chosen = (higher / differ, float(interval.low), float(interval.high), float(test.pvalue))
    plus, minus = (
        np.concatenate([on_strand(track, strand) for track in scan.values()]) for strand in STRANDS
    )
    known = ~(np.isnan(plus) | np.isnan(minus))
    plus, minus = plus[known], minus[known]
    varied = plus.size > 2 and np.ptp(plus) > 0 and np.ptp(minus) > 0
    correlation = float(np.corrcoef(plus, minus)[0, 1]) if varied else None
    return StrandChoice(len(both), higher, equal, *chosen, plus.size, correlation)


def _distances(rows: pd.DataFrame, sites: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the distances of peaks or random positions, as in `TrackSummary`."""
    table = rows[["chrom", "strand", "position", "value"]].reset_index(drop=True)
    signed = np.full((2, len(table)), NO_SITE)
    for chrom, index in table.groupby("chrom").indices.items():
        here = sites[sites["chrom"] == chrom]
        signed[:, index] = nearest_sites(
            table["position"].to_numpy(np.int64)[index],
            (table["strand"] == "+").to_numpy()[index],
            here["tss"].to_numpy(np.int64),
            (here["strand"] == "+").to_numpy(),
        )
    for number, suffix in enumerate(("", "_same")):
        missing = signed[number] == NO_SITE
        for name, values in (("signed", signed[number]), ("distance", np.abs(signed[number]))):
            table[f"{name}{suffix}"] = pd.Series(pd.arrays.IntegerArray(values, missing))
    table.insert(0, "kind", kind)
    return table


def _middle(rows: pd.DataFrame, tolerance: int) -> dict[str, Any]:
    """Return the number, medians and shares of `TrackSummary.as_dict`."""
    found: dict[str, Any] = {"n": len(rows)}
    for name in ("distance", "distance_same"):
        known = rows[name].dropna()
        found[f"median_{name}"] = float(known.median()) if len(known) else None
        near = (rows[name] <= tolerance).fillna(value=False)
        found[f"within_tolerance{name.removeprefix('distance')}"] = float(near.mean()) if len(rows) else None
    return found
