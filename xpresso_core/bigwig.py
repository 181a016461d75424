"""Reading bigWig files: what is one and whole, how long its chromosomes are, and sums over windows."""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
import pybigtools

from xpresso_core.errors import InputError

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_BIGWIG = {b"\x26\xfc\x8f\x88": "<", b"\x88\x8f\xfc\x26": ">"}
_BIGBED = {b"\xeb\xf2\x89\x87", b"\x87\x89\xf2\xeb"}
_HEADER_BYTES = 64
_HAS_END_MARK = 4  # the version of the format whose files repeat their first four bytes at the end


def is_bigwig(path: str | os.PathLike[str]) -> bool:
    """Tell by its first four bytes whether a file, which must be readable, is a bigWig."""
    return _head(path)[:4] in _BIGWIG


def bigwig_sizes(path: str | os.PathLike[str]) -> dict[str, int]:
    """Return the length of each chromosome of a bigWig, in bases.

    Raises
    ------
    InputError
        If the file cannot be read, is no bigWig, or is cut short or damaged.
    """
    with open_bigwig(path) as bigwig:
        return dict(bigwig.chroms())


def _head(path: str | os.PathLike[str]) -> bytes:
    try:
        with Path(path).open("rb") as handle:
            return handle.read(_HEADER_BYTES)
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise InputError(what, where=str(path), remedy="Check the path") from error


@contextmanager
def open_bigwig(path: str | os.PathLike[str]) -> Iterator[pybigtools.BBIReader]:
    """Open a bigWig, whatever its name; `pybigtools.open` by itself goes by the ending of the name.

    Raises
    ------
    InputError
        If the file cannot be read, is no bigWig, or lacks its end; or, as long as it is open, if it turns out
        to be damaged.
    """
    head = _head(path)
    mark = head[:4]
    if mark not in _BIGWIG:
        what = f"is {'a bigBed, ' * (mark in _BIGBED)}not a bigWig"
        raise InputError(what, where=str(path), remedy="Give a bigWig file (.bw, .bigWig)")
    with Path(path).open("rb") as handle, _DamageTold(path):
        whole = len(head) == _HEADER_BYTES
        if whole and struct.unpack_from(f"{_BIGWIG[mark]}H", head, 4)[0] >= _HAS_END_MARK:
            handle.seek(-len(mark), os.SEEK_END)
            whole = handle.read() == mark
        if not whole:
            what = "the bigWig is cut short: its end is missing"
            raise InputError(what, where=str(path), remedy="Fetch or make it again")
        handle.seek(0)
        with pybigtools.open(handle) as bigwig:
            yield bigwig


def covered_and_sum(
    bigwig: pybigtools.BBIReader, chroms: Sequence[str], start: Integers, end: Integers
) -> tuple[Floats, Floats]:
    """Return how many bases of each window have a value, also 0, and the sum of the values.

    Parameters
    ----------
    bigwig
        From `open_bigwig`.
    chroms, start, end
        The windows, ``[window]``: 0-based, half-open, within their chromosomes. An empty one may be anywhere.

    Returns
    -------
    tuple of numpy.ndarray
        Two of ``float64 [window]``. The float32 values are multiplied by their bases and added up in float64.
    """
    sums = np.zeros((len(chroms), 2))
    windows = zip(chroms, start.tolist(), end.tolist(), strict=True)
    lines = (f"{chrom}\t{first}\t{last}\n" for chrom, first, last in windows if first < last)
    with tempfile.TemporaryDirectory(prefix="xpresso-bigwig-") as folder:
        bed = Path(folder) / "windows.bed"
        bed.write_text("".join(lines), encoding="utf-8")
        found = list(bigwig.average_over_bed(str(bed), stats=["bases", "sum"]))
    sums[start < end] = np.array(found, dtype=np.float64).reshape(-1, 2)
    return sums[:, 0], sums[:, 1]


class _DamageTold:
    """Turns failures to read a bigWig into an `InputError`.

    pybigtools fails with the bare class Exception, or panics with one that it does not export and that derives
    from BaseException only: an except clause for these would also catch what is none of its business.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind in {Exception, pybigtools.BBIReadError} or (kind and kind.__name__ == "PanicException"):
            what = f"the bigWig is damaged ({error})"
            raise InputError(what, where=str(self.path), remedy="Fetch or make it again") from error
