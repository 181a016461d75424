"""A reference genome: windows of DNA by coordinate and strand."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
import pyfaidx

from xpresso_core.errors import InputError
from xpresso_core.files import GZIP_MAGIC
from xpresso_core.sequence import Codes, N, encode, reverse_complement


class Window(NamedTuple):
    """A promoter window in transcription direction.

    Attributes
    ----------
    upstream
        Bases before the transcription start site (TSS).
    downstream
        Bases from the TSS on, the TSS base included; the TSS base has index `upstream`.
    minus_shift
        Bases by which the window of a ``-`` gene is moved downstream: 0 here, 1 in the models released in
        2020, whose windows were cut from an even-sized interval without regard to strand.
    """

    upstream: int
    downstream: int
    minus_shift: int = 0

    @property
    def length(self) -> int:
        """Bases in the window."""
        return self.upstream + self.downstream

    def interval(self, tss: int, strand: str) -> tuple[int, int]:
        """Return the 0-based, half-open genomic interval of the window around the 0-based `tss`."""
        if strand == "+":
            return tss - self.upstream, tss + self.downstream
        last = tss - self.minus_shift + self.upstream + 1
        return last - self.length, last


RELEASED_WINDOW = Window(upstream=7000, downstream=3500, minus_shift=1)
"""What the networks released in 2020 read."""


def canonical_name(chromosome: str) -> str:
    """Return the spelling in which names of one chromosome meet: ``1`` for ``chr1``, ``MT`` for ``chrM``."""
    bare = chromosome[3:] if chromosome[:3].lower() == "chr" else chromosome
    return "MT" if bare.upper() in {"M", "MT"} else bare


def harmonise(names: Iterable[str], reference: Mapping[str, int] | Iterable[str]) -> dict[str, str]:
    """Map chromosome names onto the spelling of a reference.

    Parameters
    ----------
    names
        Chromosome names of an annotation or a BED file.
    reference
        Chromosome names of the genome.

    Returns
    -------
    dict
        For each name that the reference knows, in either spelling, the reference's spelling.

    Raises
    ------
    InputError
        If the two share no chromosome at all; both lists are shown.
    """
    spelling = {canonical_name(name): name for name in reference}
    names = list(dict.fromkeys(names))
    known = {name: spelling[canonical_name(name)] for name in names if canonical_name(name) in spelling}
    if names and not known:
        what = f"no chromosome is shared: {_some(names)} against {_some(spelling.values())}"
        raise InputError(
            what, where="chromosome names", remedy="Use a genome and an annotation of one assembly"
        )
    return known


def _some(names: Iterable[str], most: int = 8) -> str:
    listed = list(names)
    return ", ".join(listed[:most]) + (f", ... ({len(listed)} in all)" if len(listed) > most else "")


class Genome:
    """Random access to a FASTA file through its index.

    Parameters
    ----------
    path
        A plain FASTA file, or one compressed with bgzip. The index (``.fai``, ``.gzi``) is made beside it if
        needed, or in a temporary folder where that one cannot be written to.

    Attributes
    ----------
    sizes : dict of str to int
        Length of each chromosome, under the file's own names.

    Raises
    ------
    InputError
        If the file is missing, is compressed with plain gzip, or cannot be indexed.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            what = "the genome does not exist"
            raise InputError(
                what, where=str(path), remedy="Give a FASTA file, plain or compressed with bgzip"
            )
        _refuse_plain_gzip(self.path)
        try:
            self._fasta = pyfaidx.Fasta(
                str(path), as_raw=True, read_ahead=1 << 16, **self._index(self.path.parent)
            )
        except (
            pyfaidx.FastaIndexingError,
            pyfaidx.UnsupportedCompressionFormat,
            OSError,
            ValueError,
        ) as error:
            what = f"the genome cannot be indexed ({' '.join(str(error).split())})"
            raise InputError(
                what, where=str(path), remedy="Give FASTA in a folder that can be written to"
            ) from error
        self.sizes = {name: len(record) for name, record in self._fasta.items()}
        self._names = {canonical_name(name): name for name in self.sizes}

    def _index(self, folder: Path) -> dict[str, str]:
        """Name the index files: beside the genome, or in a folder that lives as long as this object."""
        fai, gzi = (folder / f"{self.path.name}{suffix}" for suffix in (".fai", ".gzi"))
        needed = [fai, gzi] if _starts_with_gzip(self.path) else [fai]
        made = self.path.stat().st_mtime
        fresh = all(file.is_file() and file.stat().st_mtime >= made for file in needed)
        if not fresh and not os.access(folder, os.W_OK):
            scratch = tempfile.mkdtemp(prefix="xpresso-index-")
            weakref.finalize(self, shutil.rmtree, scratch, ignore_errors=True)
            return self._index(Path(scratch))
        return {"indexname": str(fai), "gzi_indexname": str(gzi)}

    def __enter__(self) -> Self:
        """Return the open genome."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._fasta.close()

    def name(self, chromosome: str) -> str | None:
        """Return the genome's spelling of a chromosome name, or None if it has no such chromosome."""
        return self._names.get(canonical_name(chromosome))

    def fetch(self, chromosome: str, start: int, end: int, *, pad: bool = False) -> Codes:
        """Return the forward strand of a 0-based, half-open interval as ``uint8 [end - start]``.

        With `pad`, what lies beyond the chromosome is N.

        Raises
        ------
        InputError
            If the chromosome is unknown, the interval leaves it and `pad` is not set, or it ends before it begins.
        """
        name = self.name(chromosome)
        if name is None:
            what = f"the genome has no chromosome {chromosome!r}; it has {_some(self.sizes)}"
            raise InputError(what, where=str(self.path), remedy="Use coordinates of the same assembly")
        if pad and start <= end:
            left, right = (min(max(at, 0), self.sizes[name]) for at in (start, end))
            beyond = (left - start, end - right) if left < right else (0, end - start)
            return np.pad(self.fetch(name, left, right), beyond, constant_values=N)
        if not 0 <= start <= end <= self.sizes[name]:
            what = f"{chromosome}:{start}-{end} leaves the chromosome (0-{self.sizes[name]})"
            raise InputError(what, where=str(self.path), remedy="Use coordinates of the same assembly")
        if start == end:
            return np.empty(0, dtype=np.uint8)
        codes = encode(str(self._fasta[name][start:end]), where=f"{self.path}, {chromosome}:{start}-{end}")
        if len(codes) != end - start:
            what = f"{chromosome}:{start}-{end} has {len(codes)} bases, so the index is not that of the file"
            raise InputError(
                what, where=str(self.path), remedy="Remove the index (.fai, .gzi); it is made anew"
            )
        return codes

    def window(self, chromosome: str, tss: int, strand: str, window: Window, *, pad: bool = False) -> Codes:
        """Return a promoter window in transcription direction.

        Parameters
        ----------
        chromosome, tss, strand
            The transcription start site: 0-based position of the first transcribed base, ``+`` or ``-``.
        window
            How far to reach; the TSS base gets index ``window.upstream`` (if ``minus_shift`` is 0).
        pad
            Fill what lies beyond the chromosome with N instead of refusing it.

        Returns
        -------
        numpy.ndarray
            ``uint8 [window.length]``.

        Raises
        ------
        InputError
            If the window leaves the chromosome and `pad` is not set, or the strand is not ``+`` or ``-``.
        """
        if strand not in {"+", "-"}:
            what = f"the strand is {strand!r}"
            raise InputError(what, where=f"{chromosome}:{tss}", remedy="A promoter has strand '+' or '-'")
        start, end = window.interval(tss, strand)
        size = self.sizes.get(self.name(chromosome) or "", 0)
        codes = self.fetch(chromosome, start, end, pad=pad and 0 <= tss < size)
        return codes if strand == "+" else reverse_complement(codes)


def _starts_with_gzip(path: Path) -> bool:
    with path.open("rb") as handle:
        return handle.read(2) == GZIP_MAGIC


def _refuse_plain_gzip(path: Path) -> None:
    """Refuse gzip that is not bgzip: its blocks cannot be found by position."""
    with path.open("rb") as handle:
        head = handle.read(14)
    if head[:2] == GZIP_MAGIC and head[12:14] != b"BC":
        what = "the genome is compressed with plain gzip, which allows no random access"
        raise InputError(what, where=str(path), remedy="Decompress it (gunzip), or compress it with bgzip")
