"""Average signal of a bigWig over genomic windows, exactly as UCSC's bigWigAverageOverBed gives it.

The semantics are those of bigWigAverageOverBed v492 (Kent et al. 2010, Bioinformatics 26:2204). The signal of
a promoter in the paper is its column `mean` over the middle 1,000 bases (``-sampleAroundCenter=1000``).
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterable, Sequence
from functools import cmp_to_key
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.bigwig import covered_and_sum, open_bigwig
from xpresso_core.errors import InputError
from xpresso_core.files import atomic_path, open_text, require_columns
from xpresso_core.genome import canonical_name

log = logging.getLogger(__name__)

AVERAGE_COLUMNS = ("name", "size", "covered", "sum", "mean0", "mean")
"""Columns of bigWigAverageOverBed, in their order; its file has no header."""

BY_CHROMOSOME = 3000
"""From so many blocks on, bigWigAverageOverBed goes chromosome by chromosome, in an order of its own."""

_LARGEST = 2**31 - 1
_BLOCK_COLUMNS = 12
_NUMBER_THEN_TEXT = re.compile(r"([0-9]*)([^0-9]*)")
_BED_REMEDY = "Give BED with at least four columns: chromosome, start, end, name"
_TABLE_REMEDY = f"Give the output of bigWigAverageOverBed: {' '.join(AVERAGE_COLUMNS)}, without a header"

Integers = npt.NDArray[np.int64]


class _Items(NamedTuple):
    """What to average over: items, each the sum of one block or more; 0-based, half-open.

    `owner`, `first` and `last` are ``int64 [block]``: the index of a block's item, and its interval.
    """

    chrom: list[str]
    start: Integers
    end: Integers
    name: list[str]
    owner: Integers
    first: Integers
    last: Integers


def average_over_bed(
    bigwig_path: str | os.PathLike[str],
    bed_path: str | os.PathLike[str],
    *,
    sample_around_center: int | None = None,
) -> pd.DataFrame:
    """Average a bigWig over the items of a BED file, as bigWigAverageOverBed does.

    Parameters
    ----------
    bigwig_path
        The signal. The names of its chromosomes must be spelt as in the BED file.
    bed_path
        BED of four columns or more (plain, gzip, bgzip; ``-`` is standard input), split at blanks and tabs.
        Names must be unique. With twelve columns or more, an item is the sum of its blocks.
    sample_around_center
        Take this many bases, N, around the middle of each item instead of the item:
        ``[c - N // 2, c - N // 2 + N)`` with ``c = (start + end) // 2``. The default is the item itself.

    Returns
    -------
    pandas.DataFrame
        `AVERAGE_COLUMNS`: `size` and `covered` in bases (int64), `covered` being those with any value, also 0;
        `sum` of the values, `mean0` = sum / size, `mean` = sum / covered or 0 (float64: float32 values added
        up in float64). `mean0` of an item without bases is NaN.

        Rows are in the order of the BED file; from 3,000 blocks on they are sorted by chromosome, numbers in
        names by their value (chr2, chr10, chrX), in the order of the file within. Items on a chromosome that
        the bigWig lacks have zeros and the size of the window, or from 3,000 blocks on their own. What lies
        beyond the ends of a chromosome, which bigWigAverageOverBed leaves undefined, counts in `size` and is
        not covered. Both kinds of items are told once in the log.

    Raises
    ------
    InputError
        If the bigWig cannot be used; for a malformed or empty BED file (with the line); if no chromosome of
        the BED file is in the bigWig; or if `sample_around_center` is less than 1.
    """
    return _average(bigwig_path, _read_bed(bed_path), sample_around_center, str(bed_path))


def average_over_windows(
    bigwig_path: str | os.PathLike[str],
    windows: pd.DataFrame,
    *,
    sample_around_center: int | None = None,
) -> pd.DataFrame:
    """Average a bigWig over a table of windows; see `average_over_bed` for the result and the errors.

    Parameters
    ----------
    bigwig_path
        The signal.
    windows
        With ``chrom start end name``: 0-based, half-open whole numbers, which may reach beyond the chromosome
        on either side. Errors give the row by its label.
    sample_around_center
        Bases to take around the middle of each window instead of the window.
    """
    require_columns(windows, ("chrom", "start", "end", "name"), "windows")
    for column in ("chrom", "start", "end", "name"):
        whole = column in {"chrom", "name"} or pd.api.types.is_integer_dtype(windows[column])
        if not whole or windows[column].isna().any():
            what = f"the column {column} has missing values or holds no whole numbers"
            raise InputError(what, where="windows", remedy="Give 0-based, half-open intervals with names")
    start, end = (windows[column].to_numpy(np.int64) for column in ("start", "end"))
    chrom, name = (windows[column].astype(str).tolist() for column in ("chrom", "name"))
    items = _Items(chrom, start, end, name, np.arange(len(name)), start, end)
    _check(items, [f"windows, row {label}" for label in windows.index])
    return _average(bigwig_path, items, sample_around_center, "windows")


def write_average(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write `AVERAGE_COLUMNS` as bigWigAverageOverBed does: tabs, no header, six digits (``%g``).

    The file is written atomically; ``-`` is standard output. A table without rows or a column is refused.
    """
    require_columns(frame, AVERAGE_COLUMNS, "averages")
    rows = zip(*(frame[column].tolist() for column in AVERAGE_COLUMNS), strict=True)
    text = "".join("%s\t%d\t%d\t%g\t%g\t%g\n" % row for row in rows)  # noqa: UP031 - C's own format
    if str(path) == "-":
        sys.stdout.write(text)
        return
    with atomic_path(path) as draft:
        draft.write_text(text, encoding="utf-8")


def read_average(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table of averages, such as a ``*.bigWigSignal`` file of the paper (plain, gzip or bgzip).

    Returns
    -------
    pandas.DataFrame
        `AVERAGE_COLUMNS` in the order of the file, typed as by `average_over_bed`.

    Raises
    ------
    InputError
        For lines of another length, numbers that are none or cannot be, and repeated names (with the line);
        or if the file is empty.
    """
    rows: list[tuple[str, int, int, float, float, float]] = []
    seen: dict[str, str] = {}
    with open_text(path) as handle:
        for number, line in enumerate(handle, 1):
            where = f"{path}, line {number}"
            rows.append(_average_row(line.rstrip("\r\n").split("\t"), where))
            _note_name(rows[-1][0], where, seen)
    if not rows:
        what = "the file is empty"
        raise InputError(what, where=str(path), remedy=_TABLE_REMEDY)
    return pd.DataFrame(rows, columns=list(AVERAGE_COLUMNS))


def _average_row(fields: list[str], where: str) -> tuple[str, int, int, float, float, float]:
    if len(fields) != len(AVERAGE_COLUMNS) or not fields[0]:
        what = f"the line has {len(fields)} columns, or no name, instead of a name and five numbers"
        raise InputError(what, where=where, remedy=_TABLE_REMEDY)
    size, covered = (_whole(field, where, _TABLE_REMEDY) for field in fields[1:3])
    try:
        total, mean0, mean = map(float, fields[3:])
    except ValueError as error:
        what = f"sum, mean0 or mean is not a number ({' '.join(fields[3:])})"
        raise InputError(what, where=where, remedy=_TABLE_REMEDY) from error
    if covered > size or not np.isfinite([total, mean, mean0 if size else 0.0]).all():
        what = f"these cannot be numbers of an average: {' '.join(fields[1:])}"
        raise InputError(what, where=where, remedy="Make the file again")
    return fields[0], size, covered, total, mean0, mean


def _read_bed(path: str | os.PathLike[str]) -> _Items:
    items: list[tuple[str, int, int, str]] = []
    blocks: list[tuple[int, int, int]] = []
    places: list[str] = []
    columns = 0
    with open_text(path) as handle:
        for number, line in enumerate(handle, 1):
            if not line.strip() or line.startswith(("#", "track", "browser")):
                continue
            where, fields = f"{path}, line {number}", line.split()
            columns = columns or len(fields)
            if len(fields) < 4 or len(fields) != columns:
                what = f"the line has {len(fields)} columns" + f", not {columns}" * (len(fields) != columns)
                raise InputError(what, where=where, remedy=_BED_REMEDY)
            start, end = (_whole(field, where, _BED_REMEDY) for field in fields[1:3])
            parts = _blocks(fields, start, where) if columns >= _BLOCK_COLUMNS else [(start, end)]
            blocks += [(len(items), first, last) for first, last in parts]
            items.append((fields[0], start, end, fields[3]))
            places.append(where)
    if not items:
        what = "the BED file has no items"
        raise InputError(what, where=str(path), remedy=_BED_REMEDY)
    chrom, start_of, end_of, name = zip(*items, strict=True)
    numbers = (np.array(column, dtype=np.int64) for column in zip(*blocks, strict=True))
    bed = _Items(list(chrom), np.array(start_of), np.array(end_of), list(name), *numbers)
    _check(bed, places)
    return bed


def _blocks(fields: list[str], start: int, where: str) -> list[tuple[int, int]]:
    """Return the intervals of the blocks in columns 10 to 12."""
    count = _whole(fields[9], where, _BED_REMEDY)
    sizes, starts = (
        [_whole(value, where, _BED_REMEDY) for value in field.rstrip(",").split(",")]
        for field in fields[10:12]
    )
    if not count == len(sizes) == len(starts):
        what = f"columns 10 to 12 tell of {count}, {len(sizes)} and {len(starts)} blocks"
        raise InputError(what, where=where, remedy="Correct them, or give only the first columns")
    return [(start + first, start + first + size) for first, size in zip(starts, sizes, strict=True)]


def _whole(field: str, where: str, remedy: str) -> int:
    if not (field.isascii() and field.isdecimal()) or int(field) > _LARGEST:
        what = f"{field!r} is not a whole number between 0 and {_LARGEST:,}"
        raise InputError(what, where=where, remedy=remedy)
    return int(field)


def _note_name(name: str, where: str, seen: dict[str, str]) -> None:
    """Add a name and its place to those seen, or refuse it."""
    if name in seen:
        what = f"the name {name!r} was already in {seen[name]}"
        raise InputError(what, where=where, remedy="Give every item a name of its own")
    seen[name] = where


def _check(items: _Items, places: Sequence[str]) -> None:
    """Refuse items that end before they start, and repeated names; `places` tells where each item stands."""
    wrong = np.flatnonzero(items.start > items.end)
    if len(wrong):
        first = int(wrong[0])
        what = f"the item ends at {items.end[first]}, before its start at {items.start[first]}"
        raise InputError(what, where=places[first], remedy="Correct it")
    seen: dict[str, str] = {}
    for name, where in zip(items.name, places, strict=True):
        _note_name(name, where, seen)


def _average(
    path: str | os.PathLike[str], items: _Items, sample_around_center: int | None, source: str
) -> pd.DataFrame:
    if sample_around_center is not None and sample_around_center < 1:
        what = f"the window around the middle has {sample_around_center} bases"
        raise InputError(what, where="sample_around_center", remedy="Give 1 or more, or leave it out")
    where = f"{source} with {path}"
    owner, first, last = _windows(items, sample_around_center)
    with open_bigwig(path) as bigwig:
        sizes: dict[str, int] = bigwig.chroms()
        _require_shared(items.chrom, sizes, where)
        # A chromosome that is not there is as one without bases.
        limit = np.array([sizes.get(chrom, 0) for chrom in items.chrom], dtype=np.int64)
        _tell(items, limit, owner[(first < 0) | (last > limit[owner])], where)
        left, right = np.clip(first, 0, limit[owner]), np.clip(last, 0, limit[owner])
        sums = covered_and_sum(bigwig, [items.chrom[index] for index in owner], left, right)
    count, by_chromosome = len(items.name), len(items.owner) >= BY_CHROMOSOME
    covered, total = (np.bincount(owner, weights, count) for weights in sums)
    size = np.bincount(owner, last - first, count)
    without_bases = np.full(count, np.nan)
    if by_chromosome:
        size = np.where(limit > 0, size, np.bincount(items.owner, items.last - items.first, count))
        without_bases[limit == 0] = 0
    frame = pd.DataFrame(
        {
            "name": items.name,
            "size": size.astype(np.int64),
            "covered": covered.astype(np.int64),
            "sum": total,
            "mean0": np.divide(total, size, out=without_bases, where=size > 0),
            "mean": np.divide(total, covered, out=np.zeros(count), where=covered > 0),
        }
    )
    return frame.iloc[_order(items.chrom)].reset_index(drop=True) if by_chromosome else frame


def _windows(items: _Items, sample_around_center: int | None) -> tuple[Integers, Integers, Integers]:
    """Return owner, first and last base (half-open) of what to average, not yet clipped."""
    if sample_around_center is None:
        return items.owner, items.first, items.last
    first = (items.start + items.end) // 2 - sample_around_center // 2
    return np.arange(len(first)), first, first + sample_around_center


def _require_shared(chroms: Iterable[str], sizes: Iterable[str], where: str) -> None:
    """Refuse a BED file and a bigWig without a common chromosome."""
    ours, theirs = list(dict.fromkeys(chroms)), list(sizes)
    if set(ours).isdisjoint(theirs):
        alike = {canonical_name(name): name for name in theirs}
        pairs = [(name, alike[canonical_name(name)]) for name in ours if canonical_name(name) in alike]
        remedy = "Use a bigWig and windows of one assembly"
        if pairs:
            remedy = f"Spell the names as the bigWig does: {pairs[0][1]!r} instead of {pairs[0][0]!r}"
        what = f"no chromosome is shared: {_listed(ours)} against the bigWig's {_listed(theirs)}"
        raise InputError(what, where=where, remedy=remedy)


def _tell(items: _Items, limit: Integers, beyond: Integers, where: str) -> None:
    """Warn of chromosomes that the bigWig lacks, and of windows beyond the ends of those it has."""
    absent = [chrom for chrom, size in zip(items.chrom, limit, strict=True) if not size]
    if absent:
        names = _listed(list(dict.fromkeys(absent)))
        log.warning("%s: %d items are on chromosomes that the bigWig lacks: %s", where, len(absent), names)
    cut = np.unique(beyond[limit[beyond] > 0])
    if len(cut):
        text = "%s: %d windows reach beyond their chromosome and are covered only inside, the first of %s"
        log.warning(text, where, len(cut), items.name[cut[0]])


def _listed(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f", ... ({len(names)} in all)" if len(names) > most else "")


def _order(chroms: Sequence[str]) -> Integers:
    """Sort items by chromosome as bigWigAverageOverBed does, keeping their order within."""
    names = sorted(dict.fromkeys(chroms), key=cmp_to_key(_compare))
    # Names that compare equal, as chr1 and chr01 do, share a rank.
    ranks = np.cumsum([0, *(_compare(*pair) != 0 for pair in pairwise(names))])
    rank = dict(zip(names, ranks, strict=True))
    return np.argsort([rank[chrom] for chrom in chroms], kind="stable")


def _compare(one: str, other: str) -> int:
    """Compare names piece by piece: a number (none counts as 0) by value, the text behind it by letters."""
    for ours, theirs in zip(_NUMBER_THEN_TEXT.finditer(one), _NUMBER_THEN_TEXT.finditer(other), strict=False):
        if difference := int(ours[1] or 0) - int(theirs[1] or 0):
            return difference
        if ours[2] != theirs[2]:
            return -1 if one[ours.start(2) :] < other[theirs.start(2) :] else 1
    return 0
