"""Writing bigWig files: whole, or an error."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import pybigtools

from xpresso_core.bigwig import open_bigwig
from xpresso_core.errors import InputError

Entry = tuple[str, int, int, float]
"""Chromosome, 0-based, half-open interval, value."""

BYTES_PER_ENTRY, BYTES_AT_LEAST = 24, 1 << 16
"""No bigWig takes more: 12 bytes an entry, 32 for each summary of ten or more, and indices."""


def write_bigwig(path: Path, entries: Iterable[Entry], count: int, sizes: Mapping[str, int]) -> None:
    """Write a bigWig.

    Parameters
    ----------
    path
        The file to make; on error nothing whole is left there.
    entries
        By chromosome in the order of `sizes`, then by start, apart from each other.
    count
        How many there are.
    sizes
        Bases of each chromosome; those without entries are not in the file.

    Raises
    ------
    InputError
        If not all entries are in the file in the end.
    OSError
        If there is no room, or the folder cannot be written to.
    """
    _require_room(path, BYTES_AT_LEAST + BYTES_PER_ENTRY * count)
    said = _write_entries(path, dict(sizes), entries)
    found = -1
    with suppress(InputError), open_bigwig(path) as written:
        found = sum(1 for chrom in written.chroms() for _ in written.records(chrom))
    if found != count:
        what = f"the bigWig could not be written whole{said and f' ({said})'}"
        raise InputError(what, where=path.name, remedy="Check the free space and try again")


def _write_entries(path: Path, sizes: dict[str, int], entries: Iterable[Entry]) -> str:
    """Write entries and return what the library says of a failure: past Python, on file descriptors 1 and 2.

    It goes on as if all were well, or panics with a class that it does not export. Of errors in `entries` it must not
    learn, since it would print them.
    """
    reading, writing = _Caught(), _Caught()

    def until_one_fails() -> Iterator[Entry]:
        with reading:
            yield from entries

    with tempfile.TemporaryFile() as aside:
        with _output_to(aside), writing:
            pybigtools.open(str(path), "w").write(sizes, until_one_fails())
        if reading.error is not None:
            raise reading.error
        if writing.error is not None and type(writing.error).__name__ != "PanicException":
            raise writing.error
        aside.seek(0)
        lines = aside.read().decode(errors="replace").splitlines()
    return next((line for line in lines if line and not line.startswith("thread ")), "")


@contextmanager
def _output_to(file: BinaryIO) -> Iterator[None]:
    """Send what is written past Python to a file."""
    streams = {1: sys.stdout, 2: sys.stderr}
    kept = {}
    for number, stream in streams.items():
        stream.flush()
        kept[number] = os.dup(number)
        os.dup2(file.fileno(), number)
    try:
        yield
    finally:
        for number, stream in streams.items():
            stream.flush()
            os.dup2(kept[number], number)
            os.close(kept[number])


class _Caught:
    """Ends what fails, and keeps the error."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, GeneratorExit):  # which is how a reader stops early
            self.error = error
        return self.error is not None


def _require_room(path: Path, size: int) -> None:
    """Fail with the system's own error, before anything is written, if there is no room for a file of a size."""
    with path.open("wb") as handle:
        try:
            os.posix_fallocate(handle.fileno(), 0, size)
        except OSError as error:
            raise OSError(error.errno, error.strerror, path.name) from error
    path.unlink()
