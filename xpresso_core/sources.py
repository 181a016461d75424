"""Where input files come from: a registry of sources, and files that arrive whole or not at all.

A source is a local path or an http(s) or ftp address. The bytes are copied to ``<target>.part``, checked, and
only then renamed. Local files are copied too, not linked: a copy keeps the checksum that was recorded for it
when somebody edits or moves the original, and any computer that sees the results sees it too.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from xpresso_core.biomart import accept_reply, encode
from xpresso_core.download import CutShortError, Patience, Transfer, download, is_remote
from xpresso_core.errors import ChecksumError, InputError
from xpresso_core.files import sha256, write_json
from xpresso_core.room import NoRoomError, room_for
from xpresso_core.sources_lock import Locked, LockedError, add_to_lock, lock_key, read_lock, refusal
from xpresso_core.sources_registry import (
    UNKNOWN,
    Source,
    checksum_of,
    checksum_problem,
    expand_place,
    read_registry,
)
from xpresso_core.unpack import check_gzip, is_web_page

__all__ = [
    "UNKNOWN",
    "Fetched",
    "Source",
    "fetch",
    "read_registry",
    "resolve",
]

log = logging.getLogger(__name__)

GZIP_ENDINGS = (".gz", ".bgz")
WEB_PAGE_ENDINGS = (".htm", ".html")


@dataclass(frozen=True)
class Fetched:
    """What arrived: the provenance of one fetched file.

    Attributes
    ----------
    id, release, licence, citation
        As in the `Source`.
    path, url
        Where the file is now, and the address (primary or fallback) that gave it.
    sha256, size
        Checksum as found, also where another kind was compared, and size in bytes.
    verified
        Whether the registry or the lock file knew a checksum, so that it was compared and not just recorded.
    fetched
        When, in UTC, ISO 8601.
    primary_problem
        Why the primary address was of no use, where the fallback was taken.
    query
        What a BioMart service was asked.
    """

    id: str
    release: str
    licence: str
    citation: str
    path: str
    url: str
    sha256: str
    size: int
    verified: bool
    fetched: str
    primary_problem: str = ""
    query: str = ""

    def write_sidecar(self) -> Path:
        """Write this record as JSON to ``<path>.source.json`` and return that path."""
        sidecar = Path(f"{self.path}.source.json")
        write_json(asdict(self), sidecar)
        return sidecar


def resolve(
    value: str,
    registry: Mapping[str, Source],
    data_dir: str | os.PathLike[str] | None = None,
    *,
    where: str = "",
) -> Source:
    """Turn a configured value into a source that `fetch` can take.

    Parameters
    ----------
    value
        A registry id, an http(s) or ftp address, or a local path, which may hold ``{data_dir}``.
    registry
        From `read_registry`.
    data_dir
        The data folder; where empty, the environment variable ``XPRESSO_DATA`` counts.
    where
        The configuration key, for the message.

    Raises
    ------
    InputError
        If the value is none of the three, or the data folder is needed and not set.
    """
    if value in registry:
        known = registry[value]
        url, fallback = (
            expand_place(text, data_dir, where or f"source {value}", _about(known))
            for text in (known.url, known.fallback_url)
        )
        return replace(known, url=url, fallback_url=fallback)
    if is_remote(value):
        return Source(Path(urlsplit(value).path).name or value, value)
    path = Path(expand_place(value, data_dir, where or f"source {value}")).expanduser().absolute()
    if value and path.is_file():
        return Source(path.name, str(path))
    near = get_close_matches(value, registry, n=1)
    remedy = f"Did you mean {near[0]!r}?" if near else f"Known ids: {', '.join(sorted(registry)) or 'none'}"
    what = f"{value!r} is no existing file, no http(s) or ftp address and no id of the registry"
    raise InputError(what, where=where or "source", remedy=remedy)


def _about(source: Source) -> str:
    return f"the file ({source.description}; {source.citation})" if source.description else "it"


class _Arrival(NamedTuple):
    """A file as it came: what the server told, its SHA-256, and its checksum of the kind that is expected."""

    transfer: Transfer
    sha256: str
    checksum: str


class _Judge(NamedTuple):
    """What the bytes from one address must be: a checksum of the registry, or else one of the lock file."""

    checksum: str
    locked: Locked | None = None
    lock: Path | None = None

    @property
    def known(self) -> bool:
        return self.checksum != UNKNOWN

    def fits(self, arrival: _Arrival) -> bool:
        return self.checksum == arrival.checksum

    def refuse(self, url: str, part: Path, problem: str) -> ChecksumError:
        """Return the error for a bad file, and remove it."""
        kind, _, expected = (self.checksum if self.known else f"sha256:{UNKNOWN}").partition(":")
        found = checksum_of(part, kind).partition(":")[2]
        part.unlink()
        if self.locked and self.lock:
            return refusal(self.locked, self.lock, problem, found)
        what = f"{problem}; expected {kind} {expected}, found {found}"
        again = "or correct the checksum in the registry if the provider has released a new file"
        remedy = f"Fetch it again, {again if self.known else 'or check the address'}"
        return ChecksumError(what, where=url, remedy=remedy)


def _judge(source: Source, url: str, lock: Path | None, locks: Mapping[str, Locked]) -> _Judge:
    locked = locks.get(lock_key(url, source.query))
    if source.checksum == UNKNOWN and locked and is_remote(url):
        return _Judge(f"sha256:{locked.sha256}", locked, lock)
    return _Judge(source.checksum.lower())


def fetch(
    source: Source,
    target: str | os.PathLike[str],
    *,
    lock: str | os.PathLike[str] | None = None,
    retries: int = 3,
    backoff: float = 1.0,
    timeout: float = 60.0,
) -> Fetched:
    """Bring a source to its final name, or raise and leave nothing new under that name.

    Bytes on their way lie in ``<target>.part``. A part that an earlier run left is continued only where the
    checksum is known and so will judge the result. After the primary address the fallback is tried.

    Parameters
    ----------
    source
        From `resolve`.
    target
        Final path; a file that is there is replaced only by a good one.
    lock
        The lock file (`xpresso_core.sources_lock`). An address of unknown checksum is recorded there when it
        first gives a file, and held to that from then on. Local paths are not.
    retries, backoff, timeout
        As in `xpresso_core.download.Patience`.

    Raises
    ------
    ChecksumError
        If the bytes are not the expected ones, or a file of unknown checksum is a damaged gzip file or a web
        page.
    InputError
        If no address gives the file, there is no room for it, or the lock file is malformed.
    """
    malformed = checksum_problem(source.checksum)
    if malformed:
        raise InputError(malformed, where=f"source {source.id}", remedy="Correct it")
    target, lock = Path(target), Path(lock) if lock else None
    locks = read_lock(lock) if lock else {}
    problems: list[InputError] = []
    with room_for(target, f"source {source.id}"):
        target.parent.mkdir(parents=True, exist_ok=True)
        for url in filter(None, (source.url, source.fallback_url)):
            judge = _judge(source, url, lock, locks)
            if not judge.known and any(isinstance(problem, LockedError) for problem in problems):
                break  # nothing would vouch that this is the file that the first address gave before
            try:
                fetched = _obtain(source, url, target, judge, Patience(retries, backoff, timeout), lock)
            except NoRoomError:
                raise
            except InputError as error:
                problems.append(error)
                continue
            reasons = "; ".join(problem.what for problem in problems)
            if reasons:
                log.warning("%s comes from its second address, %s: %s", source.id, url, reasons)
            return replace(fetched, primary_problem=reasons)
    if len(problems) == 1:
        raise problems[0]
    # A file that is not the expected one matters more than an address that gives none.
    worst = next((problem for problem in problems if isinstance(problem, ChecksumError)), problems[-1])
    what = "; ".join(f"{problem.where}: {problem.what}" for problem in problems)
    raise type(worst)(what, where=f"source {source.id}", remedy=worst.remedy)


def _obtain(
    source: Source, url: str, target: Path, judge: _Judge, patience: Patience, lock: Path | None
) -> Fetched:
    """Bring the file from one address to its final name after all checks; a bad part is removed."""
    part = target.with_name(target.name + ".part")
    resume = judge.known and not source.query
    if not resume:
        part.unlink(missing_ok=True)  # nothing would tell that it began as another file
    try:
        (_, etag, last_modified), found, _ = _checked(source, url, part, judge, patience)
        size = part.stat().st_size
        if lock and source.checksum == UNKNOWN and is_remote(url):
            key = lock_key(url, source.query)
            add_to_lock(lock, Locked(key, found, size, etag, last_modified, _now(), source.id))
    except InputError:
        if not resume:
            part.unlink(missing_ok=True)
        raise
    part.replace(target)
    return Fetched(
        id=source.id,
        release=source.release,
        licence=source.licence,
        citation=source.citation,
        path=str(target),
        url=url,
        sha256=found,
        size=size,
        verified=judge.known,
        fetched=_now(),
        query=source.query,
    )


def _checked(source: Source, url: str, part: Path, judge: _Judge, patience: Patience) -> _Arrival:
    """Fill `part` from one address and check it."""
    if not is_remote(url) and source.description and not Path(url).is_file():
        what = f"{_about(source)} is not there"
        remedy = f"Put it at {url}, or correct the data folder in the configuration"
        raise InputError(what, where=f"source {source.id}", remedy=remedy)
    try:
        arrival = _arrive(source, url, part, judge, patience)
        if arrival.transfer.pieced and judge.known and not judge.fits(arrival):
            part.unlink()  # a piece may have been of another version: once more from the start
            arrival = _arrive(source, url, part, judge, patience)
    except CutShortError as error:
        if judge.known and not judge.locked:
            raise judge.refuse(url, part, error.what) from error
        raise
    if not judge.known:
        _check_content(source, url, part, judge)
    elif not judge.fits(arrival):
        raise judge.refuse(url, part, "the file is altered or cut short")
    return arrival


def _arrive(source: Source, url: str, part: Path, judge: _Judge, patience: Patience) -> _Arrival:
    if source.query:
        transfer = download(url, part, label=source.id, query=encode(source.query), patience=patience)
        accept_reply(part, url)
    else:
        transfer = download(url, part, label=source.id, resume=judge.known, patience=patience)
    found = sha256(part)
    kind = judge.checksum.partition(":")[0]
    return _Arrival(transfer, found, checksum_of(part, kind) if kind == "md5" else f"sha256:{found}")


def _check_content(source: Source, url: str, part: Path, judge: _Judge) -> None:
    """Check what a file of unknown checksum tells about itself."""
    names = [urlsplit(url).path.lower(), url.lower()]
    if any(name.endswith(GZIP_ENDINGS) for name in names):
        try:
            check_gzip(part, f"checking {source.id}")
        except InputError as error:
            raise judge.refuse(url, part, error.what) from error
    if is_remote(url) and is_web_page(part) and not any(name.endswith(WEB_PAGE_ENDINGS) for name in names):
        raise judge.refuse(url, part, "the server sends a web page instead of the file")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
