"""The lock file: what an address of unknown checksum gave when it was first asked, so that it is held to that.

It is a tab-separated table, one line for each address, sorted. Several processes may add to it at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from xpresso_core.biomart import compact
from xpresso_core.errors import ChecksumError, InputError
from xpresso_core.files import atomic_path
from xpresso_core.room import room_for

DIGITS_OF_QUERY = 16


class LockedError(ChecksumError):
    """An address gives another file than the one that it was locked to."""


@dataclass(frozen=True)
class Locked:
    """One line of the lock file: what an address gave at first.

    Attributes
    ----------
    url
        The address as configured, from `lock_key`.
    sha256, size
        Checksum, 64 lower-case hexadecimal digits, and size in bytes.
    etag, last_modified
        The HTTP headers of these names, to see a change without fetching; empty where there was none.
    first_seen
        When, in UTC, ISO 8601.
    id
        The source that it was fetched for.
    """

    url: str
    sha256: str
    size: int
    etag: str
    last_modified: str
    first_seen: str
    id: str


COLUMNS = tuple(field.name for field in fields(Locked))


def lock_key(url: str, query: str = "") -> str:
    """Return what an address is called in the lock file.

    For a BioMart service that is the address with a hash of the query: each query gives a table of its own.
    """
    if not query:
        return url
    return f"{url}#query-{hashlib.sha256(compact(query).encode()).hexdigest()[:DIGITS_OF_QUERY]}"


def read_lock(path: str | os.PathLike[str]) -> dict[str, Locked]:
    """Read a lock file, by address; a file that does not exist yet locks nothing.

    Raises
    ------
    InputError
        If a line is not what this module writes; the message names the file and the line.
    """
    if not Path(path).exists():
        return {}
    remedy = "Correct that line, or delete it to lock what the address gives next"
    try:
        lines = Path(path).read_text(encoding="utf-8").rstrip("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        what = f"the lock file cannot be read ({error})"
        raise InputError(what, where=str(path), remedy="Give a UTF-8 text file, or delete it") from error
    if tuple(lines[0].split("\t")) != COLUMNS:
        what = f"the header of the lock file is not: {' '.join(COLUMNS)}"
        raise InputError(what, where=f"{path}, line 1", remedy="Correct it, or delete the file")
    found: dict[str, Locked] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        problem = _line_problem(cells, found)
        if problem:
            raise InputError(problem, where=f"{path}, line {number}", remedy=remedy)
        url, sha256, size, *others = cells
        found[url] = Locked(url, sha256, int(size), *others)
    return found


def _line_problem(cells: list[str], found: dict[str, Locked]) -> str:
    if len(cells) != len(COLUMNS):
        return f"{len(cells)} columns instead of {len(COLUMNS)}"
    url, sha256, size = cells[:3]
    if not url:
        return "url is empty"
    if url in found:
        return f"url {url!r} occurs twice"
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        return f"sha256 {sha256!r} is not 64 lower-case hexadecimal digits"
    if not re.fullmatch(r"[0-9]+", size):
        return f"size {size!r} is not a number of bytes"
    return ""


def add_to_lock(path: str | os.PathLike[str], entry: Locked) -> None:
    """Record what an address gave first; where another process was faster, hold it to what that one saw.

    Raises
    ------
    LockedError
        If the lock file holds another checksum for the address.
    InputError
        If the lock file is malformed or cannot be written.
    """
    path = Path(path)
    with _alone(path):
        known = read_lock(path)
        if entry.url in known:
            if known[entry.url].sha256 != entry.sha256:
                problem = "the file is altered or cut short"
                raise refusal(known[entry.url], path, problem, entry.sha256)
            return
        entries = known | {entry.url: entry}
        rows = [COLUMNS, *(map(_cell, astuple(entries[url])) for url in sorted(entries))]
        with atomic_path(path) as draft:
            draft.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")


def refusal(entry: Locked, path: str | os.PathLike[str], problem: str, found: str) -> LockedError:
    """Return the error for a file that is not the locked one.

    Parameters
    ----------
    entry, path
        The line of the lock file, and the lock file.
    problem
        What is wrong with the file.
    found
        The SHA-256 that it has.
    """
    what = (
        f"{problem}; expected sha256 {entry.sha256}, locked on {entry.first_seen} for {entry.id}"
        f" ({entry.size:,} bytes), found {found}"
    )
    remedy = (
        "Fetch it again, or, if the provider has released a new file,"
        f" delete its line in {path} to accept the new file"
    )
    return LockedError(what, where=entry.url, remedy=remedy)


def _cell(value: object) -> str:
    # A server's header may hold what would break a line of the table.
    return "".join(letter for letter in str(value) if letter.isprintable())


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from the lock file, by a lock on a file beside it that is never replaced."""
    try:
        with room_for(path, "the lock file"):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.with_name(f".{path.name}.guard").open("a") as guard:
                fcntl.flock(guard, fcntl.LOCK_EX)
                yield
    except OSError as error:
        what = f"the lock file cannot be written ({error.strerror})"
        raise InputError(what, where=str(path), remedy="Check the folder and its permissions") from error
