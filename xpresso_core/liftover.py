"""Moving intervals from one assembly to another, by the rule of UCSC's liftOver."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.errors import InputError
from xpresso_core.files import atomic_path, open_binary, open_text

Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]

REASONS = ("Deleted in new", "Partially deleted in new", "Split in new", "Duplicated in new")
"""Why an interval has no place in the new assembly, in the words of liftOver."""

_DELETED, _PARTIAL, _SPLIT, _DUPLICATED = REASONS
_FLIPPED = {"+": "-", "-": "+", ".": "."}
_NUMBER = re.compile(r"\d{1,12}", re.ASCII)
_SIX_NUMBERS = re.compile(r"\d{1,12}( \d{1,12}){5}", re.ASCII)
_BLOCK = re.compile(r"\d{1,12}(\s+\d{1,12}\s+\d{1,12})?", re.ASCII)
_HEAD = ["target", "start", "end", "chrom", "size", "reverse", "new_start", "new_end", "where"]
_CHAIN_REMEDY = "Give a whole chain file as UCSC does, such as hg38ToHg19.over.chain.gz"


class Chains(NamedTuple):
    """The chains of a file, and their blocks one chain after another; positions are 0-based, half-open.

    Attributes
    ----------
    heads
        One row per chain: ``target start end`` on the old assembly, ``chrom size reverse new_start new_end``
        on the new one, where positions count along the strand of the chain, and ``where`` it was read.
    by_target
        ``int64``: the rows in `heads` of the chains that cover some of a chromosome of the old assembly.
    first
        ``int64 [chain + 1]``: the chain `c` has the blocks from ``first[c]`` up to ``first[c + 1]``.
    start, end, new, aligned
        ``int64 [block]``: the range on the old chromosome, ascending within a chain; the start on the new one;
        and the number of aligned bases in all blocks before.
    """

    heads: pd.DataFrame
    by_target: Mapping[str, Ints]
    first: Ints
    start: Ints
    end: Ints
    new: Ints
    aligned: Ints


class Lifted(NamedTuple):
    """Intervals in the new assembly, ``[interval]``, 0-based and half-open; `reason` is "" where mapped.

    An unmapped one has "" as `chrom` and `strand`, -1 as `start` and `end`, and one of `REASONS`.
    """

    chrom: Texts
    start: Ints
    end: Ints
    strand: Texts
    reason: Texts


class LiftCounts(NamedTuple):
    """The number of mapped records, and of those that were not, by each of `REASONS`."""

    mapped: int
    unmapped: Mapping[str, int]


def read_chains(path: str | os.PathLike[str]) -> Chains:
    """Read a chain file, as described in the UCSC Genome Browser's help ("Chain Format").

    Scores and numbers of chains are not used; the number may be missing. Blocks of no base are left out.

    Parameters
    ----------
    path
        Plain, gzip or bgzip. The target of the chains is the old assembly, the query the new one.

    Raises
    ------
    InputError
        If the file cannot be read, holds no chain, is cut short, has a malformed line, or has a chain whose
        blocks do not fill the ranges of its header (with the file and the line).
    """
    heads: list[tuple[str | int | bool, ...]] = []
    blocks: list[str] = []
    first, where = [0], str(path)
    with open_text(path) as handle:
        for number, line in enumerate(map(str.strip, handle), 1):
            if len(heads) == len(first):  # a chain has begun, and its last block is still to come
                if not _BLOCK.fullmatch(line):
                    what = f"expected a block of a chain (size, or size and two gaps), not {line[:40]!r}"
                    raise InputError(what, where=f"{path}, line {number}", remedy=_CHAIN_REMEDY)
                blocks.append(f"{line} 0 0" if line.isdecimal() else line)
                if line.isdecimal():
                    first.append(len(blocks))
            elif line and not line.startswith("#"):
                where = f"{path}, line {number}"
                heads.append((*_read_header(line, where), where))
    if len(heads) == len(first) or not heads:
        what = "the file ends within this chain" if heads else "the file holds no chain"
        raise InputError(what, where=where, remedy=_CHAIN_REMEDY)
    rows = np.loadtxt(blocks, dtype=np.int64, ndmin=2)
    return _arrange(pd.DataFrame(heads, columns=_HEAD), rows, np.array(first))


def lift_intervals(
    chains: Chains,
    chrom: npt.ArrayLike,
    start: npt.ArrayLike,
    end: npt.ArrayLike,
    strand: npt.ArrayLike | None = None,
    *,
    min_match: float = 0.95,
) -> Lifted:
    """Lift intervals over to the new assembly, with the rule of UCSC's liftOver.

    A chain holds an interval if its blocks cover at least `min_match` of the interval's bases. An interval
    that exactly one chain holds goes from where its first covered base lies to where its last one does, so
    gaps are bridged and the length may change; a reversed chain changes its strand. If several chains hold
    it, it is "Duplicated in new". If none does, the number of chains that cover any of it says why: none
    "Deleted in new", one "Partially deleted in new", more "Split in new". An interval of no base is lifted
    like the base behind it, and ends where that starts. As liftOver does, `min_match` is rounded to single
    precision: one base of ten is not enough for 0.1.

    Parameters
    ----------
    chains
        From `read_chains`.
    chrom
        ``str [interval]``, as the chain file names chromosomes. An unknown one is "Deleted in new".
    start, end
        ``int [interval]``, 0-based and half-open.
    strand
        ``str [interval]``: +, - or . each; all . if left out.
    min_match
        Above 0, and 1 at most.

    Raises
    ------
    InputError
        If `min_match`, an interval or a strand is out of range, or the lengths differ.
    """
    share = float(np.float32(min_match)) if 0 < min_match <= 1 else 0.0
    if share == 0:
        what = f"the least share of covered bases is {min_match}"
        raise InputError(what, where="min_match", remedy="Give a number above 0, and 1 at most")
    names, begins = np.asarray(chrom, dtype=object), np.asarray(start, dtype=np.int64)
    ends = np.asarray(end, dtype=np.int64)
    strands = np.asarray(["."] * len(names) if strand is None else strand, dtype=object)
    _check_intervals(names, begins, ends, strands)
    stops = np.maximum(ends, begins + 1)
    holding, touching, holder, left, right = np.zeros((5, len(names)), dtype=np.int64)
    for chain, rows in _meetings(chains, names, begins, stops):
        cover, new_start, new_end = _clip(chains, chain, begins[rows], stops[rows])
        held = cover >= share * (stops[rows] - begins[rows])
        touching[rows] += cover > 0
        rows = rows[held]
        holding[rows] += 1
        holder[rows], left[rows], right[rows] = chain, new_start[held], new_end[held]
    mapped = holding == 1
    chrom_of, size, flip = (chains.heads[name].to_numpy()[holder] for name in ("chrom", "size", "reverse"))
    left, right = np.where(flip, size - right, left), np.where(flip, size - left, right)
    signs = np.where(flip, np.array([_FLIPPED[sign] for sign in strands], dtype=object), strands)
    conditions = [mapped, holding > 1, touching == 0, touching == 1]
    return Lifted(
        np.where(mapped, chrom_of.astype(object), ""),
        np.where(mapped, left, -1),
        np.where(mapped, np.where(begins == ends, left, right), -1),
        np.where(mapped, signs, ""),
        np.select(conditions, ["", _DUPLICATED, _DELETED, _PARTIAL], _SPLIT).astype(object),
    )


def lift_bed(
    bed_path: str | os.PathLike[str],
    chains: Chains,
    mapped_path: str | os.PathLike[str],
    unmapped_path: str | os.PathLike[str],
    *,
    min_match: float = 0.95,
) -> LiftCounts:
    """Lift the records of a BED file, as ``liftOver -bedPlus=6`` does.

    Columns 1-3 and the strand in column 6 are lifted, and all others stay as they are; with three to five
    columns there is no strand. Blank lines, comments (``#``) and lines for the browser (``track``,
    ``browser``) are passed over and appear in neither output. No record gives two empty files.

    Parameters
    ----------
    bed_path
        Tab-separated BED of as many columns in every line: plain, gzip or bgzip; ``-`` is standard input.
    chains, min_match
        See `lift_intervals`.
    mapped_path, unmapped_path
        The files for the mapped records, and for the others, unchanged, each below ``#`` and its reason.

    Raises
    ------
    InputError
        If the file cannot be read, a line is malformed (with the file and the line), `min_match` is out of
        range, or both outputs are one file. Nothing is written then.
    """
    if Path(mapped_path).resolve() == Path(unmapped_path).resolve():
        what = "mapped and unmapped records would go to the same file"
        raise InputError(what, where=str(mapped_path), remedy="Name two files")
    records = _read_bed(bed_path)
    chrom = [record[0] for record in records]
    start, end = ([int(record[column]) for record in records] for column in (1, 2))
    strand = [record[5] for record in records] if records and len(records[0]) > 5 else None
    lifted = lift_intervals(chains, chrom, start, end, strand, min_match=min_match)
    there, lost = [], []
    for record, *place, sign, reason in zip(records, *(column.tolist() for column in lifted), strict=True):
        if reason:
            lost.append(f"#{reason}\n" + "\t".join(record) + "\n")
        else:
            signs = [] if strand is None else [sign]
            there.append("\t".join([*map(str, place), *record[3:5], *signs, *record[6:]]) + "\n")
    with atomic_path(mapped_path) as mapped, atomic_path(unmapped_path) as unmapped:
        mapped.write_text("".join(there), "utf-8", "surrogateescape", "\n")
        unmapped.write_text("".join(lost), "utf-8", "surrogateescape", "\n")
    return LiftCounts(len(there), {reason: int((lifted.reason == reason).sum()) for reason in REASONS})


def _read_header(line: str, where: str) -> tuple[str | int | bool, ...]:
    """Return what is used of the first line of a chain, in the order of `_HEAD`."""
    fields = line.split()
    numbers = [*fields[3:4], *fields[5:7], *fields[8:9], *fields[10:12]]
    if fields[0] != "chain":
        fault = f"expected the header of a chain, not {line[:40]!r}"
    elif len(fields) not in {12, 13}:
        fault = f"the header of the chain has {len(fields)} fields instead of 12 or 13"
    elif not _SIX_NUMBERS.fullmatch(" ".join(numbers)):
        fault = f"a size or position of the chain is not a whole number ({' '.join(numbers)})"
    elif fields[4] != "+" or fields[9] not in {"+", "-"}:
        fault = f"the strands of the chain are {fields[4]} and {fields[9]} instead of + and one of + -"
    else:
        old_size, start, end, size, new_start, new_end = map(int, numbers)
        if start < end <= old_size and new_start < new_end <= size:
            return fields[2], start, end, fields[7], size, fields[9] == "-", new_start, new_end
        fault = "a range of the chain is empty or leaves its chromosome"
    raise InputError(fault, where=where, remedy=_CHAIN_REMEDY)


def _arrange(heads: pd.DataFrame, blocks: Ints, first: Ints) -> Chains:
    """Place the blocks ``(size, gap on old, gap on new)`` of all chains on both assemblies."""
    owner = np.repeat(np.arange(len(heads)), np.diff(first))
    size, some = blocks[:, 0], blocks[:, 0] > 0
    starts = []
    for side, begin, end, gap in (("target", "start", "end", 1), ("query", "new_start", "new_end", 2)):
        before = np.cumsum(size + blocks[:, gap]) - size - blocks[:, gap]
        start = heads[begin].to_numpy()[owner] + before - before[first[owner]]
        reached = (start + size)[first[1:] - 1]
        wrong = np.flatnonzero(reached != heads[end])
        if len(wrong):
            row = wrong[0]
            what = f"the blocks end at {reached[row]} on the {side}, and the header says {heads[end][row]}"
            raise InputError(what, where=heads["where"][row], remedy=_CHAIN_REMEDY)
        starts.append(start[some])
    counts = np.bincount(owner[some], minlength=len(heads))
    size, first = size[some], np.cumsum([0, *counts])
    used = np.flatnonzero(counts)
    groups = heads.loc[used].groupby("target").indices
    of = {str(name): used[np.asarray(rows)] for name, rows in groups.items()}
    return Chains(heads, of, first, starts[0], starts[0] + size, starts[1], np.cumsum(size) - size)


def _check_intervals(chrom: Texts, start: Ints, end: Ints, strand: Texts) -> None:
    if not len(chrom) == len(start) == len(end) == len(strand):
        what = f"{len(chrom)} chromosomes, {len(start)} starts, {len(end)} ends, {len(strand)} strands"
        raise InputError(what, where="intervals", remedy="Give as many of each")
    known = np.array([sign in _FLIPPED for sign in strand], dtype=np.bool_)
    wrong = np.flatnonzero((start < 0) | (start > end) | ~known)
    if len(wrong):
        row = wrong[0]
        what = f"{chrom[row]}:{start[row]}-{end[row]}, strand {strand[row]!r}, is no interval"
        raise InputError(what, where=f"interval {row}", remedy="Give 0 <= start <= end, and +, - or .")


def _meetings(chains: Chains, chrom: Texts, start: Ints, end: Ints) -> Iterator[tuple[int, Ints]]:
    """Yield each chain with the intervals that start before its end; all that overlap it are among them."""
    codes, names = pd.factorize(chrom)
    order = np.lexsort((start, codes))
    edges = np.searchsorted(codes[order], np.arange(len(names) + 1))
    for code, name in enumerate(names):
        rows = order[edges[code] : edges[code + 1]]
        numbers = chains.by_target.get(name, np.zeros(0, dtype=np.int64))
        head, tail = chains.first[numbers], chains.first[numbers + 1] - 1
        first = np.searchsorted(np.maximum.accumulate(end[rows]), chains.start[head], side="right")
        stop = np.searchsorted(start[rows], chains.end[tail], side="left")
        for index in np.flatnonzero(first < stop):
            yield int(numbers[index]), rows[first[index] : stop[index]]


def _clip(chains: Chains, chain: int, start: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
    """Clip the blocks of a chain to intervals that start before its end.

    Returns the number of covered bases, and the start and end on the new assembly, void where none is.
    """
    blocks = slice(chains.first[chain], chains.first[chain + 1])
    old_start, old_end = chains.start[blocks], chains.end[blocks]
    aligned, new = chains.aligned[blocks], chains.new[blocks]
    head = np.searchsorted(old_end, start, side="right")
    tail = np.searchsorted(old_start, end, side="left") - 1
    skipped = np.maximum(start - old_start[head], 0)
    kept = np.minimum(end, old_end[tail]) - old_start[tail]
    cover = np.where(head <= tail, aligned[tail] + kept - aligned[head] - skipped, 0)
    return cover, new[head] + skipped, new[tail] + kept


def _read_bed(path: str | os.PathLike[str]) -> list[list[str]]:
    """Read the records, each split behind column 6 at most."""
    records: list[list[str]] = []
    columns = 0
    with open_binary(path) as handle:
        for number, raw in enumerate(handle, 1):
            # What is not UTF-8 in the other columns comes out as it went in.
            line = raw.removeprefix(codecs.BOM_UTF8).decode(errors="surrogateescape").rstrip("\r\n")
            if line.strip() and not line.startswith(("#", "track ", "browser ")):
                columns = columns or line.count("\t") + 1
                records.append(_split(line, columns, f"{path}, line {number}"))
    return records


def _split(line: str, columns: int, where: str) -> list[str]:
    fields, found = line.split("\t", 6), line.count("\t") + 1
    if found < 3 or not fields[0]:
        fault = f"the record lacks one of the first three columns ({line[:40]!r})"
    elif found != columns:
        fault = f"the record has {found} columns, and those above have {columns}"
    elif not (_NUMBER.fullmatch(fields[1]) and _NUMBER.fullmatch(fields[2])):
        fault = f"start or end is not a whole number from 0 up ({fields[1]}, {fields[2]})"
    elif int(fields[1]) > int(fields[2]):
        fault = f"the start lies behind the end ({fields[1]}, {fields[2]})"
    elif found > 5 and fields[5] not in _FLIPPED:
        fault = f"the strand in column 6 is {fields[5]!r} instead of +, - or ."
    else:
        return fields
    raise InputError(fault, where=where, remedy="Give BED with tabs: chrom, start, end, strand in column 6")
