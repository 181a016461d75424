"""What a model is asked about: promoters from FASTA, or from a genome and BED, and their half-life features.

Promoters come one by one, so that memory does not grow with their number but for the names, which are kept to
refuse one that comes twice.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, NamedTuple, Self, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.errors import InputError
from xpresso_core.files import open_text, read_table
from xpresso_core.genome import Genome, Window
from xpresso_core.halflife import LENGTH_FEATURES
from xpresso_core.sequence import Codes, place, read_fasta

Anchor = Literal["5prime", "centre"]


class Promoter(NamedTuple):
    """A gene to predict: its name and its window, ``uint8 [window.length]``, None for a model without."""

    identifier: str
    codes: Codes | None


def fasta_promoters(
    path: str | os.PathLike[str], window: Window, tss: int | None = None
) -> Iterator[Promoter]:
    """Read promoters from FASTA, each cut or padded with N to the model's window.

    Parameters
    ----------
    path
        Plain, gzip or bgzip, in transcription direction; ``-`` is standard input.
    window
        The model's window.
    tss
        0-based index of the TSS in every record. None: a record of exactly the window's length is taken as
        it is; in any other the TSS is the middle, ``length // 2``.

    Yields
    ------
    Promoter
        In the order of the file.

    Raises
    ------
    InputError
        If the file is no FASTA (see `sequence.read_fasta`), or a record does not reach the TSS.
    """
    for identifier, codes in read_fasta(path):
        if tss is None and codes.size == window.length:
            yield Promoter(identifier, codes)
            continue
        at = codes.size // 2 if tss is None else tss
        if not 0 <= at < codes.size:
            what = f"the record has {codes.size:,} bases, so index {at} is outside it"
            remedy = "Give --tss as the 0-based index of the TSS in every record"
            raise InputError(what, where=f"{path}, record {identifier!r}", remedy=remedy)
        yield Promoter(identifier, place(codes, at, window.upstream, window.downstream))


def bed_promoters(
    path: str | os.PathLike[str],
    genome: Genome,
    window: Window,
    anchor: Anchor | None = None,
    *,
    pad: bool = False,
) -> Iterator[Promoter]:
    """Cut promoters from a genome at the transcription start sites of a BED file.

    Parameters
    ----------
    path
        BED with at least six columns: chromosome, start, end, name, score, strand; plain, gzip or bgzip.
    genome
        The genome of the same assembly.
    window
        The model's window.
    anchor
        Where the TSS lies in an interval: ``5prime``, its first base in transcription direction, or
        ``centre``, the base at ``(start + end) // 2``. None: intervals must have one base, which is the TSS.
    pad
        Fill what lies beyond the chromosome with N instead of refusing it.

    Yields
    ------
    Promoter
        In the order of the file.

    Raises
    ------
    InputError
        If a line is not BED, a name comes twice, or a window leaves the chromosome and `pad` is not set.
    """
    for where, chromosome, tss, identifier, strand in _tss_lines(path, anchor):
        _check_site(genome, chromosome, tss, strand, window, pad=pad, where=where)
        yield Promoter(identifier, genome.window(chromosome, tss, strand, window, pad=pad))


def _tss_lines(
    path: str | os.PathLike[str], anchor: Anchor | None
) -> Iterator[tuple[str, str, int, str, str]]:
    """Yield place in the file, chromosome, 0-based TSS, name and strand of each line of a BED file."""
    seen: set[str] = set()
    with open_text(path) as handle:
        for number, line in enumerate(handle, start=1):
            if not line.strip() or line.startswith(("#", "track", "browser")):
                continue
            where = f"{path}, line {number}"
            fields = line.rstrip("\r\n").split("\t")
            if len(fields) < 6 or not (fields[1].isdecimal() and fields[2].isdecimal()):
                what = (
                    "is not BED with six tab-separated columns (chromosome, start, end, name, score, strand)"
                )
                raise InputError(what, where=where, remedy="Give name and strand of every TSS")
            chromosome, start, end, name, strand = (
                fields[0],
                int(fields[1]),
                int(fields[2]),
                fields[3],
                fields[5],
            )
            if name in seen:
                what = f"the name {name!r} occurs twice"
                raise InputError(what, where=where, remedy="Give every TSS its own name in column 4")
            seen.add(name)
            yield where, chromosome, _tss(start, end, strand, anchor, where), name, strand
    if not seen:
        what = "holds no TSS"
        raise InputError(what, where=str(path), remedy="Give a BED file with at least one line")


def _tss(start: int, end: int, strand: str, anchor: Anchor | None, where: str) -> int:
    if strand not in {"+", "-"}:
        what = f"the strand in column 6 is {strand!r}"
        raise InputError(what, where=where, remedy="A promoter has strand '+' or '-'")
    if end <= start:
        what = f"the interval {start}-{end} is empty"
        raise InputError(
            what, where=where, remedy="BED is 0-based and half-open: one base is start to start + 1"
        )
    if anchor is None and end - start > 1:
        what = f"the interval has {end - start:,} bases, so which one is the TSS is open"
        remedy = (
            "Add --bed-tss 5prime (genes, transcripts, CAGE peaks) or --bed-tss centre (windows around TSSs)"
        )
        raise InputError(what, where=where, remedy=remedy)
    if anchor == "centre" and end - start > 1:
        return (start + end) // 2
    return start if strand == "+" else end - 1


def _check_site(
    genome: Genome, chromosome: str, tss: int, strand: str, window: Window, *, pad: bool, where: str
) -> None:
    """Say which line of the BED file does not fit the genome, and what to do."""
    name = genome.name(chromosome)
    if name is None:
        listed = ", ".join(islice(genome.sizes, 8)) + (", ..." if len(genome.sizes) > 8 else "")
        what = f"the genome has no chromosome {chromosome!r}; it has {listed}"
        raise InputError(what, where=where, remedy="Use a genome and a BED file of one assembly")
    size = genome.sizes[name]
    if tss >= size:
        what = f"the TSS {chromosome}:{tss:,} is beyond the end of the chromosome ({size:,})"
        raise InputError(what, where=where, remedy="Use a genome and a BED file of one assembly")
    start, end = window.interval(tss, strand)
    if not pad and (start < 0 or end > size):
        what = f"the window {chromosome}:{start:,}-{end:,} leaves the chromosome (0-{size:,})"
        raise InputError(what, where=where, remedy="Remove the line, or fill with N by --pad")


@dataclass(frozen=True)
class HalflifeTable:
    """Half-life features by gene.

    Attributes
    ----------
    path
        Where they come from, to name it in an error.
    rows
        Row of each gene in `values`, in the order of the file.
    values
        ``float64 [gene, feature]`` as in the file; NaN where empty.
    """

    path: str
    rows: dict[str, int]
    values: npt.NDArray[np.float64]

    @classmethod
    def read(cls, path: str | os.PathLike[str], feature_names: Sequence[str]) -> Self:
        """Read a table with a column ``id`` and one of each feature; other columns are ignored.

        Raises
        ------
        InputError
            If a column is missing, a gene comes twice or has no name, or a value is not a finite number or is
            a negative length.
        """
        text = cast("Any", defaultdict(lambda: str))
        frame = read_table(path, columns=("id", *feature_names), dtype=text)
        for row in np.flatnonzero(frame["id"].isna() | frame["id"].duplicated())[:1]:
            identifier = frame["id"].iloc[row]
            what = "has no id" if pd.isna(identifier) else f"the id {identifier!r} occurs twice"
            raise InputError(what, where=f"{path}, line {row + 2}", remedy="Give one row per gene")
        values = np.empty((len(frame), len(feature_names)))
        for column, name in enumerate(feature_names):
            values[:, column] = _numbers(frame[name], path)
        return cls(str(path), {name: row for row, name in enumerate(frame["id"])}, values)

    def take(self, identifiers: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return the features of the given genes, ``float64 [gene, feature]``; refuse genes without."""
        for identifier in identifiers:
            if identifier not in self.rows:
                what = f"has no row for {identifier!r}"
                remedy = "Add one (empty cells count as missing), or leave --halflife out for all"
                raise InputError(what, where=self.path, remedy=remedy)
        return self.values[[self.rows[identifier] for identifier in identifiers]]

    def promoters(self) -> Iterator[Promoter]:
        """Yield the genes of the table, for a model that takes nothing but features."""
        for identifier in self.rows:
            yield Promoter(identifier, None)


class Batch(NamedTuple):
    """Some genes to ask a model about.

    Attributes
    ----------
    identifiers
        Their names.
    codes, halflife
        As `bundle.Bundle.predict` takes them.
    """

    identifiers: list[str]
    codes: Codes | None
    halflife: npt.NDArray[np.float64] | None


def batches_of(promoters: Iterable[Promoter], halflife: HalflifeTable | None, size: int) -> Iterator[Batch]:
    """Gather promoters as they come, with the half-life features of each.

    Parameters
    ----------
    promoters
        Windows of the model's length.
    halflife
        Features of every promoter; None for the average gene.
    size
        Promoters per batch.

    Raises
    ------
    InputError
        If a promoter has no row in `halflife`, or what its source raises.
    """
    waiting = iter(promoters)
    while group := list(islice(waiting, size)):
        names = [promoter.identifier for promoter in group]
        windows = [promoter.codes for promoter in group if promoter.codes is not None]
        features = None if halflife is None else halflife.take(names)
        yield Batch(names, np.stack(windows) if windows else None, features)


def _numbers(column: pd.Series[str], path: str | os.PathLike[str]) -> npt.NDArray[np.float64]:
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = column.notna().to_numpy() & ~np.isfinite(values)
    if column.name in LENGTH_FEATURES:
        bad |= values < 0
    for row in np.flatnonzero(bad)[:1]:
        what = f"{column.iloc[row]!r} in column {column.name} is no value of this feature"
        remedy = "Give numbers, lengths of at least 0; leave the cell empty where unknown"
        raise InputError(what, where=f"{path}, line {row + 2}", remedy=remedy)
    return values
