"""Reading and writing files so that nothing half-written is ever left behind."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import json
import lzma
import os
import shutil
import sys
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xpresso_core.errors import InputError

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")  # with files, empty


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path` that takes its place on success and vanishes on error.

    Works for files and for folders; an existing folder of that name is replaced by a folder only. A symbolic link
    keeps pointing to where it did, and what is neither file nor folder, such as ``/dev/null``, is written into.

    Parameters
    ----------
    path
        The final name. Its parent folder is made if needed.

    Yields
    ------
    pathlib.Path
        A name in the same folder, with the same suffixes, at which nothing exists yet.
    """
    final = Path(path).resolve() if Path(path).is_symlink() else Path(path)
    special = final.exists() and not (final.is_file() or final.is_dir())
    final.parent.mkdir(parents=True, exist_ok=True)
    place = None if special else final.parent
    with tempfile.TemporaryDirectory(dir=place, prefix=".partial-") as folder:
        draft = Path(folder) / final.name
        yield draft
        if special:
            with draft.open("rb") as written, final.open("wb") as device:
                shutil.copyfileobj(written, device)
            return
        if draft.is_file() and final.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if draft.is_dir() and final.is_dir():
            shutil.rmtree(final)
        draft.replace(final)


def sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 checksum of a file as 64 hexadecimal digits."""
    with Path(path).open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@contextmanager
def open_binary(path: str | os.PathLike[str], member: str | None = None) -> Iterator[BinaryIO]:
    """Open a plain, gzip, bgzip or zip file for reading bytes; ``-`` is standard input.

    The kind is taken from the content, never from the name.

    Parameters
    ----------
    path
        The file.
    member
        The file within a zip archive; None where the archive holds one file only.

    Raises
    ------
    InputError
        If the file does not exist, is a folder, or its compression is damaged; if a zip archive lacks the member,
        or holds several files and none is named.
    """
    name = str(path)
    try:
        with sys.stdin.buffer if name == "-" else Path(name).open("rb") as handle:
            peek = cast("Any", handle).peek(4)[:4]
            if peek in ZIP_MAGICS:
                if name == "-":
                    what = "a zip archive cannot be read from standard input"
                    raise InputError(what, where="standard input", remedy="Unpack it, or name the file")
                with zipfile.ZipFile(handle) as archive:
                    yield _opened_member(archive, name, member)
            elif member is not None:
                what = f"is no zip archive, and {member} is to be read from one"
                raise InputError(what, where=name, remedy="Give the archive, or no member")
            else:
                packed = peek[:2] == GZIP_MAGIC
                yield cast("BinaryIO", gzip.GzipFile(fileobj=handle)) if packed else handle
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        what = f"cannot be read ({error.strerror})"
        raise InputError(what, where=name, remedy="Check the path") from error
    except (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        what = f"the compressed file is damaged or cut short ({error})"
        raise InputError(what, where=name, remedy="Fetch or compress it again") from error


def _opened_member(archive: zipfile.ZipFile, path: str, member: str | None) -> BinaryIO:
    chosen = _member_of(archive, path, member)
    try:
        return cast("BinaryIO", archive.open(chosen))
    except (RuntimeError, NotImplementedError) as error:
        what = f"{chosen} is encrypted, or packed in an unusual way ({error})"
        raise InputError(what, where=path, remedy="Unpack it first") from error


def _member_of(archive: zipfile.ZipFile, path: str, member: str | None) -> str:
    """Return the file of an archive that is meant; what a Mac adds to archives is none."""
    there = [
        name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")
    ]
    if member in there:
        return str(member)
    if member is None and len(there) == 1:
        return there[0]
    what = f"holds {len(there)} files" if member is None else f"holds no file {member}"
    listed = f"{', '.join(there[:10])}{', ...' if len(there) > 10 else ''}"
    remedy = f"Name the member, one of: {listed}" if there else "Fetch the archive again"
    raise InputError(what, where=path, remedy=remedy)


@contextmanager
def open_text(path: str | os.PathLike[str], member: str | None = None) -> Iterator[TextIO]:
    """Open a plain, gzip, bgzip or zip file for reading UTF-8 text, as `open_binary`."""
    with open_binary(path, member) as handle:
        text = io.TextIOWrapper(handle, encoding="utf-8-sig", errors="replace")
        try:
            yield text
        finally:
            text.detach()


def write_table(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a tab-separated table with a header and no index, atomically; missing values are empty."""
    with atomic_path(path) as draft:
        frame.to_csv(draft, sep="\t", index=False, na_rep="")


def read_table(
    path: str | os.PathLike[str],
    columns: Iterable[str] = (),
    dtype: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Read a tab-separated table with a header.

    Parameters
    ----------
    path
        The file: plain, gzip, bgzip or zip.
    columns
        Names that must be there.
    dtype
        Types by column; ``gene_id`` and other names are best read as ``str``.

    Raises
    ------
    InputError
        If the file cannot be read as a table, or a required column is missing.
    """
    try:
        frame = _parsed(path, dtype)
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, ValueError) as error:
        what = f"is not a tab-separated table ({' '.join(str(error).split())})"
        where = f"{path}{_first_misfit(path, dtype or {}) if type(error) is ValueError and str(path) != '-' else ''}"
        raise InputError(what, where=where, remedy="Check its columns and their types") from error
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        what = f"lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
        remedy = f"It has: {', '.join(map(str, frame.columns))}"
        raise InputError(what, where=str(path), remedy=remedy)
    return frame


def _parsed(
    path: str | os.PathLike[str], dtype: Mapping[str, Any] | None, *, skip_blank_lines: bool = True
) -> pd.DataFrame:
    """Read a table: a tab at the end of lines that the header lacks is nothing, too many values are an error."""
    with open_text(path) as handle, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            handle,
            sep="\t",
            dtype=cast("Any", dtype),
            keep_default_na=False,
            na_values=[""],
            index_col=False,
            skip_blank_lines=skip_blank_lines,
        )


def _first_misfit(path: str | os.PathLike[str], dtype: Mapping[str, Any]) -> str:
    """Say in which column and line of a table the first value is that should be a number and is none."""
    table = _parsed(path, dict.fromkeys(dtype, str), skip_blank_lines=False)
    for column in (name for name, kind in dtype.items() if kind is not str and name in table):
        strange = pd.to_numeric(table[column], errors="coerce").isna() & table[column].notna()
        if strange.any():
            return f", column {column}, line {int(strange.to_numpy().argmax()) + 2}"
    return ""


def require_columns(frame: pd.DataFrame, columns: tuple[str, ...], what: str) -> None:
    """Raise `InputError` if a table, called `what` in the message, lacks a column or has no rows."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        message = f"the table has no column {', '.join(missing)}"
        raise InputError(message, where=what, remedy=f"It has: {', '.join(map(str, frame.columns))}")
    if frame.empty:
        message = "the table has no rows"
        raise InputError(message, where=what, remedy="Check the step that made it")


def flags(column: pd.Series) -> NDArray[np.bool_]:
    """Return a column of yes and no, which a file may hold as text, as ``bool [row]``."""
    yes: NDArray[np.bool_] = column.astype(str).str.lower().isin(("true", "1")).to_numpy(dtype=np.bool_)
    return yes


def write_gzip(lines: Iterable[str], path: str | os.PathLike[str]) -> None:
    """Write lines compressed, atomically; the bytes depend on nothing but the lines."""
    with atomic_path(path) as draft, draft.open("wb") as raw:
        with (
            gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed,
            io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as handle,
        ):
            handle.writelines(f"{line}\n" for line in lines)


def write_json(data: object, path: str | os.PathLike[str]) -> None:
    """Write indented JSON with sorted keys, atomically; NaN is refused."""
    with atomic_path(path) as draft:
        draft.write_text(json.dumps(data, indent=2, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read a JSON file.

    Raises
    ------
    InputError
        If the file is missing or not JSON.
    """
    try:
        with open_text(path) as handle:
            return json.load(handle)
    except json.JSONDecodeError as error:
        what = f"is not JSON (line {error.lineno}: {error.msg})"
        raise InputError(what, where=str(path), remedy="Make it again with the workflow") from error
