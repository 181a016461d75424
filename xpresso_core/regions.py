"""Regions of a genome, as browsers write them or as BED."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import NamedTuple

from xpresso_core.errors import InputError, nearest
from xpresso_core.files import open_text
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
    where = f"region {text!r}"
    if genome.name(text) is not None:
        return _checked(text, 0, None, genome, where)
    name, colon, place = text.strip().rpartition(":")
    if not colon:
        return _checked(text, 0, None, genome, where)
    found = _PLACE.fullmatch(place)
    if found is None:
        what = f"{place!r} is no place on a chromosome"
        raise InputError(what, where=where, remedy=_REMEDY)
    first, last = (int(number.replace(",", "")) for number in found.groups())
    if first == 0:
        what = "bases are counted from 1"
        raise InputError(what, where=where, remedy=_REMEDY)
    return _checked(name, first - 1, last, genome, where)


def read_regions(path: str | os.PathLike[str], genome: Genome) -> list[Region]:
    """Read the regions of a BED file (plain, gzip or bgzip), of which three columns are used.

    Raises
    ------
    InputError
        If a line is no BED or its region is not on the genome (with the line), or there is none.
    """
    regions = []
    with open_text(path) as handle:
        for number, line in enumerate(handle, 1):
            if not line.strip() or line.startswith(("#", "track", "browser")):
                continue
            where, fields = f"{path}, line {number}", line.split()
            if len(fields) < 3 or not all(field.isascii() and field.isdecimal() for field in fields[1:3]):
                what = "the line is no BED"
                raise InputError(
                    what, where=where, remedy="Give chromosome, start and end (0-based, half-open)"
                )
            regions.append(_checked(fields[0], int(fields[1]), int(fields[2]), genome, where))
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
        what = f"the genome has no chromosome {chromosome!r}{nearest(chromosome, genome.sizes)}"
        names = ", ".join(list(genome.sizes)[:8]) + (", ..." if len(genome.sizes) > 8 else "")
        raise InputError(what, where=where, remedy=f"It has {names}")
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
