"""Regions of a genome, as browsers write them or as BED."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import NamedTuple

from xpresso_core.bed import bed_rows
from xpresso_core.errors import InputError, nearest
from xpresso_core.genome import Genome

_PLACE = re.compile(r"(\d[\d,]*)-(\d[\d,]*)", re.ASCII)
_REMEDY = "Write chr20:1,000,000-2,000,000 (counted from 1, both ends included), or a chromosome's name"


class Region(NamedTuple):
    """A stretch of a chromosome: 0-based, half-open, under the genome's own name."""

    chrom: str
    start: int
    end: int

    def __str__(self) -> str:
        """Return it as browsers write it: counted from 1, both ends included."""
        return f"{self.chrom}:{self.start + 1:,}-{self.end:,}"


def parse_region(text: str, genome: Genome) -> Region:
    """Read a region such as ``chr20:1,000,000-2,000,000`` or ``20``.

    Parameters
    ----------
    text
        Counted from 1, both ends included, with or without commas; or the name of a chromosome.
    genome
        What it is checked against. ``chr20`` and ``20`` are the same chromosome.

    Raises
    ------
    InputError
        If it is written otherwise, the genome lacks the chromosome, or the region leaves it.
    """
    if genome.name(text) is not None:
        return _checked(text, 0, None, genome, f"region {text!r}")
    name, start, end = region_of_text(text)
    return _checked(name, start, end, genome, f"region {text!r}")


def region_of_text(text: str) -> tuple[str, int, int | None]:
    """Return chromosome, start and end (0-based, half-open; None for its end) of a region as browsers write it.

    Raises
    ------
    InputError
        If it is written otherwise, or has no bases.
    """
    where = f"region {text!r}"
    name, colon, place = text.strip().rpartition(":")
    if not colon:
        return text.strip(), 0, None
    found = _PLACE.fullmatch(place)
    if found is None:
        what = f"{place!r} is no place on a chromosome"
        raise InputError(what, where=where, remedy=_REMEDY)
    first, last = (int(number.replace(",", "")) for number in found.groups())
    if first == 0:
        what = "bases are counted from 1"
        raise InputError(what, where=where, remedy=_REMEDY)
    if first > last:
        what = f"the region is empty: it would begin at base {first:,} and end at {last:,}"
        raise InputError(what, where=where, remedy=_REMEDY)
    return name, first - 1, last


def read_regions(path: str | os.PathLike[str], genome: Genome) -> list[Region]:
    """Read the regions of a BED file (plain, gzip or bgzip), of which three columns are used.

    Raises
    ------
    InputError
        If a line is no BED or its region is not on the genome (with the line), or there is none.
    """
    remedy = "Give chromosome, start and end (0-based, half-open)"
    regions = [
        _checked(chrom, start, end, genome, where)
        for chrom, start, end, _, where in bed_rows(path, 3, remedy)
    ]
    if not regions:
        what = "the BED file has no regions"
        raise InputError(what, where=str(path), remedy="Give at least one line: chromosome, start, end")
    return regions


def whole_chromosomes(genome: Genome) -> list[Region]:
    """Return every chromosome of a genome."""
    return [Region(name, 0, size) for name, size in genome.sizes.items()]


def merge_regions(regions: Iterable[Region], genome: Genome) -> list[Region]:
    """Return regions in the order of the genome, those that overlap or touch as one."""
    rank = {name: number for number, name in enumerate(genome.sizes)}
    merged: list[Region] = []
    for region in sorted(regions, key=lambda one: (rank[one.chrom], one.start)):
        if merged and merged[-1].chrom == region.chrom and region.start <= merged[-1].end:
            merged[-1] = merged[-1]._replace(end=max(merged[-1].end, region.end))
        else:
            merged.append(region)
    return merged


def _checked(chromosome: str, start: int, end: int | None, genome: Genome, where: str) -> Region:
    name = genome.name(chromosome)
    if name is None:
        what = f"the genome has no chromosome {chromosome!r}"
        names = ", ".join(list(genome.sizes)[:8]) + (", ..." if len(genome.sizes) > 8 else "")
        remedy = f"It has {names}{nearest(chromosome, genome.sizes)}"
        raise InputError(what, where=where, remedy=remedy)
    size = genome.sizes[name]
    if end is None:
        end = size
    if end > size:
        what = f"the region ends at {end:,}, but {name} has {size:,} bases"
        raise InputError(what, where=where, remedy="Use coordinates of the genome's own assembly")
    if start >= end:
        what = f"the region is empty: it would begin at base {start + 1:,} and end at {end:,}"
        raise InputError(what, where=where, remedy=_REMEDY)
    return Region(name, start, end)
