"""What a page of tracks shows: signals and features, and how they are embedded in it.

Signals become bigWigs, whose zoom levels keep whole chromosomes quick to draw; features become short rows.
"""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyBigWig

from xpresso_core.errors import InputError
from xpresso_core.plots import COLOURS

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_FEW_RUNS = 50


class Signal(NamedTuple):
    """Values along one chromosome.

    Attributes
    ----------
    chrom
        The chromosome.
    starts, ends
        0-based, half-open intervals, ``int64 [interval]``, sorted and apart.
    values
        ``float [interval]``; NaN is left empty.
    """

    chrom: str
    starts: Integers
    ends: Integers
    values: Floats


@dataclass(frozen=True, eq=False)
class SignalTrack:
    """Values along chromosomes, drawn as bars. Tracks of one unit share their range of the y axis.

    Attributes
    ----------
    name, unit
        What is shown, and in what unit; both stand on the track.
    colour
        ``#rrggbb``. Bars below zero are drawn in a tint of it.
    signals
        One for each chromosome.
    decimals
        Decimal places kept; the fewer, the smaller the page.

    Raises
    ------
    InputError
        If the arrays do not fit together, have no finite value or an infinite one, a chromosome comes twice, or a
        word cannot be shown.
    """

    name: str
    unit: str
    colour: str
    signals: Sequence[Signal]
    decimals: int = 3

    def __post_init__(self) -> None:
        _check_words(self.name, self.unit)
        _check_colour(self.colour, self.name)
        for signal in self.signals:
            _check_signal(self.name, signal)
        if len({signal.chrom for signal in self.signals}) < len(self.signals):
            what = "a chromosome comes twice"
            raise InputError(what, where=self.name, remedy="Give all intervals of a chromosome together")
        if all(np.isnan(signal.values).all() for signal in self.signals):
            what = "there is no value to draw"
            raise InputError(what, where=self.name, remedy="Check the step that made the values")

    @property
    def label(self) -> str:
        """The name with the unit."""
        return f"{self.name} ({self.unit})"

    @property
    def range(self) -> tuple[float, float]:
        """The smallest and the largest value."""
        values = np.concatenate([signal.values for signal in self.signals])
        return float(np.nanmin(values)), float(np.nanmax(values))

    def embedded(self, sizes: Mapping[str, int], axis: tuple[float, float]) -> dict[str, object]:
        """Return what the page holds of the track, fit for JSON, drawn from ``axis[0]`` to ``axis[1]``.

        Raises
        ------
        InputError
            If a bin begins beyond the end of its chromosome. One that only ends there is cut off.
        """
        kept = []
        for signal in self.signals:
            there = np.isfinite(signal.values)
            if not there.any():
                continue
            starts, ends = signal.starts[there], signal.ends[there]
            _check_place(self.label, {signal.chrom: int(starts[-1]) + 1}, sizes)
            ends = np.minimum(ends, sizes[signal.chrom])
            kept.append(Signal(signal.chrom, starts, ends, signal.values[there].round(self.decimals)))
        return {
            "kind": "signal",
            "name": self.label,
            "colour": self.colour,
            "tint": _tint(self.colour),
            "min": axis[0],
            "max": axis[1],
            "bigwig": base64.b64encode(_bigwig(kept, sizes)).decode(),
        }


def signal_of_bins(
    chrom: str, positions: Integers, values: npt.NDArray[np.floating[Any]], step: int
) -> Signal:
    """Return the values of a scan: each covers the `step` bases around its 0-based position.

    The bin of position x is ``[x - step // 2, x - step // 2 + step)``, cut off where the chromosome begins.
    """
    starts = np.asarray(positions, dtype=np.int64) - step // 2
    return Signal(chrom, np.maximum(starts, 0), starts + step, np.asarray(values, dtype=np.float64))


@dataclass(frozen=True, eq=False)
class FeatureTrack:
    """Genes, CpG islands or other intervals.

    Attributes
    ----------
    name
        What is shown.
    features
        A table with ``chrom start end``, 0-based, half-open; if it has them, also ``gene_name`` or ``name``, ``strand``
        (``+``, ``-`` or ``.``), ``exons`` and ``coding`` (lists of ``(start, end)``), as of `gene_models`.
    colour, minus_colour
        ``#rrggbb``; the second, if given, is for features of the ``-`` strand.
    searchable
        Whether the search box finds these features by name.

    Raises
    ------
    InputError
        If a column is missing, an interval is empty, a searchable track has no names, or a word cannot be shown.
    """

    name: str
    features: pd.DataFrame
    colour: str = COLOURS["ink"]
    minus_colour: str = ""
    searchable: bool = False

    def __post_init__(self) -> None:
        _check_words(self.name)
        _check_colour(self.colour, self.name)
        _check_colour(self.minus_colour or self.colour, self.name)
        missing = [column for column in ("chrom", "start", "end") if column not in self.features]
        if missing:
            what = f"the table has no column {', '.join(missing)}"
            raise InputError(what, where=self.name, remedy=f"It has: {', '.join(map(str, self.features))}")
        if (self.features["start"] >= self.features["end"]).any() or (self.features["start"] < 0).any():
            what = "a feature is empty or begins before the chromosome"
            raise InputError(what, where=self.name, remedy="Give 0-based, half-open intervals")
        if self.searchable and not {"gene_name", "name"} & set(self.features):
            what = "features without a name cannot be searched for"
            raise InputError(what, where=self.name, remedy="Give a column gene_name or name")

    def embedded(self, sizes: Mapping[str, int]) -> dict[str, object]:
        """Return what the page holds of the track, fit for JSON.

        Raises
        ------
        InputError
            If a feature goes beyond the end of its chromosome.
        """
        table = self.features
        last = {str(chrom): int(end) for chrom, end in table.groupby("chrom")["end"].max().items()}
        _check_place(self.name, last, sizes)
        named = next((column for column in ("gene_name", "name") if column in table), None)
        names = table[named].fillna("").astype(str) if named else [""] * len(table)
        strands = table["strand"] if "strand" in table else ["."] * len(table)
        blocks = [table[column] if column in table else [()] * len(table) for column in ("exons", "coding")]
        columns = zip(table["chrom"], table["start"], table["end"], names, strands, *blocks, strict=True)
        return {
            "kind": "features",
            "name": self.name,
            "colour": self.colour,
            "minus": self.minus_colour or self.colour,
            "searchable": self.searchable,
            "rows": [
                [str(chrom), int(start), int(end), name, strand, _offsets(exons, int(start)), _reach(coding)]
                for chrom, start, end, name, strand, exons, coding in columns
            ],
        }


Track = SignalTrack | FeatureTrack


def _check_signal(name: str, signal: Signal) -> None:
    arrays = (signal.starts, signal.ends, signal.values)
    if len({array.shape for array in arrays}) != 1 or signal.values.ndim != 1:
        what = f"starts, ends and values have the shapes {', '.join(str(array.shape) for array in arrays)}"
        raise InputError(what, where=name, remedy="Give one of each per interval")
    if np.isinf(signal.values).any():
        what = "an infinite value cannot be drawn"
        raise InputError(what, where=name, remedy="Check the step that made the values")
    starts, ends = signal.starts, signal.ends
    if (starts < 0).any() or (starts >= ends).any() or (starts[1:] < ends[:-1]).any():
        what = "intervals are empty, overlap, are out of order, or begin before the chromosome"
        raise InputError(what, where=name, remedy="Give sorted, 0-based, half-open intervals that are apart")


def _check_words(*words: str) -> None:
    # igv.js takes the label of a track for HTML.
    for word in words:
        if not word.strip() or "<" in word:
            what = f"{word!r} cannot stand on a track"
            raise InputError(what, where="name or unit of a track", remedy="Write it without <")


def _check_colour(colour: str, name: str) -> None:
    if not _COLOUR.fullmatch(colour):
        what = f"{colour!r} is no colour"
        raise InputError(what, where=name, remedy="Write it as #rrggbb")


def _check_place(name: str, last: Mapping[str, int], sizes: Mapping[str, int]) -> None:
    for chrom, end in last.items():
        if chrom not in sizes or end > sizes[chrom]:
            length = f"has {sizes[chrom]:,}" if chrom in sizes else "is not among the chromosomes shown"
            what = f"goes to base {end:,} of {chrom}, which {length}"
            raise InputError(what, where=name, remedy="Take the sizes and the track from one assembly")


def _tint(colour: str) -> str:
    """Return a colour mixed with white."""
    return "#" + "".join(f"{round(0.45 * int(colour[i : i + 2], 16) + 0.55 * 255):02x}" for i in (1, 3, 5))


def _bigwig(signals: Sequence[Signal], sizes: Mapping[str, int]) -> bytes:
    """Return a bigWig of signals in the order of their chromosomes' names."""
    signals = sorted(signals, key=lambda signal: signal.chrom)
    with tempfile.TemporaryDirectory(prefix="xpresso-page-") as folder:
        path = Path(folder) / "signal.bw"
        bigwig = pyBigWig.open(str(path), "w")
        bigwig.addHeader([(signal.chrom, sizes[signal.chrom]) for signal in signals])
        for signal in signals:
            _add_entries(bigwig, signal)
        bigwig.close()
        return path.read_bytes()


def _add_entries(bigwig: Any, signal: Signal) -> None:
    """Add a signal in the shortest way of writing that fits: runs of equal bins need no coordinates."""
    chrom, starts, ends, values = signal
    widths = ends - starts
    breaks = np.flatnonzero((starts[1:] != ends[:-1]) | (np.diff(widths) != 0)) + 1
    if _FEW_RUNS * len(breaks) >= len(starts):
        bigwig.addEntries([chrom] * len(starts), starts, ends=ends, values=values)
        return
    bounds = [0, *breaks.tolist(), len(starts)]
    for first, last in zip(bounds[:-1], bounds[1:], strict=True):
        width = int(widths[first])
        bigwig.addEntries(chrom, int(starts[first]), values=values[first:last], span=width, step=width)


def _offsets(exons: Sequence[tuple[int, int]], start: int) -> list[int]:
    """Return starts and ends of exons in turn, counted from the start of their gene: short numbers."""
    return [int(position) - start for exon in exons for position in exon]


def _reach(coding: Sequence[tuple[int, int]]) -> list[int]:
    return [int(coding[0][0]), int(coding[-1][1])] if coding else []
