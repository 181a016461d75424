"""Predicted activity along a genome as files: a bigWig for each strand, bedGraph, and what they hold.

A value stands for the position that plays the TSS and fills the bin of `step` bases around it: of 100 bases, from 50
before it to 50 after it. For windows of the paper's size that start at s this is s + 6950 to s + 7050 on the ``+``
strand and s + 3450 to s + 3550 on the ``-`` strand, as in the files published with the paper.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from xpresso_core.bigwig import open_bigwig
from xpresso_core.errors import InputError
from xpresso_core.files import read_json

Positions = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

STRAND_NAMES = {"+": "plus", "-": "minus"}
FORMAT, FORMAT_VERSION = "xpresso tracks", 1


class Stretch(NamedTuple):
    """Predictions on a part of a chromosome.

    Attributes
    ----------
    chrom
        The chromosome, as the genome spells it.
    positions
        int64 ``[position]``, 0-based, ascending multiples of the step.
    plus, minus
        float32 ``[position]`` for each strand; NaN where there is none.
    """

    chrom: str
    positions: Positions
    plus: Floats
    minus: Floats

    def strand(self, strand: str) -> Floats:
        """Return the predictions of ``+`` or ``-``."""
        return self.plus if strand == "+" else self.minus


class TrackFiles(NamedTuple):
    """The names that belong to a prefix; bedGraph is made only if asked for."""

    facts: Path
    bigwig: Mapping[str, Path]
    bedgraph: Mapping[str, Path]

    @property
    def all(self) -> list[Path]:
        """Every name."""
        return [self.facts, *self.bigwig.values(), *self.bedgraph.values()]


def track_files(prefix: str | os.PathLike[str]) -> TrackFiles:
    """Return the names: ``PREFIX.json``, ``PREFIX.plus.bw``, ``PREFIX.minus.bw``, and the same as ``.bedGraph``."""
    bigwig, bedgraph = (
        {strand: Path(f"{prefix}.{name}.{ending}") for strand, name in STRAND_NAMES.items()}
        for ending in ("bw", "bedGraph")
    )
    return TrackFiles(Path(f"{prefix}.json"), bigwig, bedgraph)


class Tracks:
    """The tracks of a prefix, to be read.

    Parameters
    ----------
    prefix
        What the names of the files begin with.

    Attributes
    ----------
    facts : dict
        The content of ``PREFIX.json``.
    step : int
        Bases per bin.
    unit : str
        Of the values.
    sizes : dict of str to int
        Bases of each chromosome.

    Raises
    ------
    InputError
        If a file is missing or not one of a scan.
    """

    def __init__(self, prefix: str | os.PathLike[str]) -> None:
        self.files = track_files(prefix)
        if not self.files.facts.is_file():
            what = "there are no tracks of this name"
            raise InputError(what, where=str(prefix), remedy="Give the PREFIX that xpresso scan wrote to")
        self.facts = read_json(self.files.facts)
        try:
            known = (self.facts["format"], self.facts["format_version"]) == (FORMAT, FORMAT_VERSION)
            self.step, self.unit = int(self.facts["step"]), str(self.facts["unit"])
            known = known and self.step > 0
            self.sizes: dict[str, int] = dict(self.facts["sizes"])
        except (KeyError, TypeError, ValueError):
            known = False
        if not known:
            what = "is not the record of a scan, or of another version"
            raise InputError(what, where=str(self.files.facts), remedy="Scan again")

    @property
    def chromosomes(self) -> list[str]:
        """Chromosomes with a value on either strand, in the genome's order."""
        found: set[str] = set()
        for path in self.files.bigwig.values():
            with open_bigwig(path) as bigwig:
                found |= {chrom for chrom in bigwig.chroms() if next(iter(bigwig.records(chrom)), None)}
        return [chrom for chrom in self.sizes if chrom in found]

    def stretches(self) -> Iterator[Stretch]:
        """Yield what is predicted on each chromosome, one at a time."""
        for chrom in self.chromosomes:
            yield self.stretch(chrom)

    def stretch(self, chrom: str, start: int = 0, end: int | None = None) -> Stretch:
        """Return what is predicted on a chromosome, or on a part of it (0-based, half-open).

        Raises
        ------
        InputError
            If the genome has no such chromosome.
        """
        if chrom not in self.sizes:
            what = f"the genome of the tracks has no chromosome {chrom!r}"
            raise InputError(
                what, where=str(self.files.facts), remedy=f"It has {', '.join(list(self.sizes)[:8])}"
            )
        end = self.sizes[chrom] if end is None else end
        found = {strand: self._strand(strand, chrom, start, end) for strand in STRAND_NAMES}
        positions = np.union1d(*(there for there, _ in found.values()))
        values = []
        for there, given in found.values():
            values.append(np.full(len(positions), np.nan, np.float32))
            values[-1][np.searchsorted(positions, there)] = given
        return Stretch(chrom, positions, *values)

    def _strand(self, strand: str, chrom: str, start: int, end: int) -> tuple[Positions, Floats]:
        with open_bigwig(self.files.bigwig[strand]) as bigwig:
            # A bin that is cut off tells no position, so one more on each side is read.
            around = max(0, start - self.step), min(end + self.step, self.sizes[chrom])
            records = list(bigwig.records(chrom, *around)) if chrom in bigwig.chroms() else []
        rows = np.array(records, dtype=np.float64).reshape(-1, 3)
        positions = -(-rows[:, 0].astype(np.int64) // self.step) * self.step
        kept = (positions >= start) & (positions < end)
        return positions[kept], rows[kept, 2].astype(np.float32)
