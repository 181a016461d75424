"""Whether the sources of a registry are there, and are what they were, without fetching them."""

from __future__ import annotations

import ftplib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pandas as pd
from tqdm import tqdm

from xpresso_core.download import HEADERS, NETWORK_ERRORS, answer, ftp_login, is_remote, is_usable, reason
from xpresso_core.errors import InputError
from xpresso_core.files import write_table
from xpresso_core.sources_lock import Locked, lock_key, read_lock
from xpresso_core.sources_registry import (
    DATA_DIR,
    UNKNOWN,
    Source,
    checksum_of,
    data_folder,
    expand_place,
    read_registry,
)

COLUMNS = ("id", "status", "detail", "url")
REACHABLE, CHANGED, MISSING = "reachable", "changed", "missing"
UNREACHABLE, UNKNOWN_FOLDER = "unreachable", "unknown data folder"
AT_ONCE = 8
GONE = frozenset({404, 410})
HEAD_REFUSED = frozenset({403, 405, 501})
NO_QUERY = 400  # what a BioMart service may say when it is asked nothing
SIZE_NOT_TOLD = ("500", "502", "504")  # FTP: the command is not known (RFC 959)


class _Finding(NamedTuple):
    """What asking one address gave; empty texts and no size where the server tells nothing."""

    status: str
    detail: str
    size: int | None = None
    etag: str = ""
    last_modified: str = ""


def check_sources(
    registry: Mapping[str, Source],
    *,
    data_dir: str | os.PathLike[str] | None = None,
    lock: str | os.PathLike[str] | None = None,
    ids: Iterable[str] | None = None,
    timeout: float = 20.0,
) -> pd.DataFrame:
    """Ask for every source whether it is there and what it was, several at once.

    Servers are asked for the headers only (HTTP HEAD, or GET without reading where that is refused; FTP SIZE),
    BioMart services without their query. Where the primary address fails, the fallback is asked.

    Parameters
    ----------
    registry
        From `read_registry`.
    data_dir
        The data folder; where empty, the environment variable ``XPRESSO_DATA`` counts.
    lock
        The lock file to compare size, ETag and date with.
    ids
        The sources to check; all where not given.
    timeout
        Seconds until a silent server is given up.

    Returns
    -------
    pandas.DataFrame
        Columns ``id``, ``status``, ``detail``, ``url`` (all str), one row for each source, in the order of
        the registry. The status is ``reachable``; ``changed``: size, ETag or date are not those of the lock
        file, or the checksum of a local file is not that of the registry; ``missing``: the server knows no
        such file, or there is no such local file; ``unreachable``: no answer, or one that tells nothing; or
        ``unknown data folder``.

    Raises
    ------
    InputError
        If an id is not in the registry, or the lock file is malformed. The state of a source raises nothing.
    """
    wanted = set(registry) if ids is None else set(ids)
    for name in sorted(wanted - set(registry)):
        near = get_close_matches(name, registry, n=1)
        remedy = f"Did you mean {near[0]!r}?" if near else f"Known ids: {', '.join(sorted(registry))}"
        what = f"{name!r} is no id of the registry"
        raise InputError(what, where="source", remedy=remedy)
    sources = [source for name, source in registry.items() if name in wanted]
    check = partial(_check, data_dir=data_dir, locks=read_lock(lock) if lock else {}, timeout=timeout)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = pool.map(check, sources)
        rows = list(tqdm(results, "sources", len(sources), unit="", delay=2, disable=None))
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=str)


def write_check(
    registry_path: str | os.PathLike[str],
    ids: Iterable[str] | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    lock: str | os.PathLike[str] | None = None,
    *,
    path: str | os.PathLike[str],
) -> None:
    """Check the sources of a registry and write the table of `check_sources`, tab-separated."""
    table = check_sources(read_registry(registry_path), data_dir=data_dir, lock=lock, ids=ids)
    write_table(table, path)


def _check(
    source: Source, data_dir: str | os.PathLike[str] | None, locks: Mapping[str, Locked], timeout: float
) -> tuple[str, str, str, str]:
    first = _ask(source, source.url, data_dir, locks, timeout)
    if first.status in (REACHABLE, CHANGED) or not source.fallback_url:
        return source.id, first.status, first.detail, source.url
    second = _ask(source, source.fallback_url, data_dir, locks, timeout)
    if second.status in (REACHABLE, CHANGED):
        detail = f"fallback: {second.detail}; the primary {source.url}: {first.detail}"
        return source.id, second.status, detail, source.fallback_url
    detail = f"{first.detail}; the fallback {source.fallback_url}: {second.detail}"
    return source.id, first.status, detail, source.url


def _ask(
    source: Source,
    url: str,
    data_dir: str | os.PathLike[str] | None,
    locks: Mapping[str, Locked],
    timeout: float,
) -> _Finding:
    if not is_remote(url):
        if DATA_DIR in url and data_folder(data_dir) is None:
            return _Finding(UNKNOWN_FOLDER, "data_dir is not set")
        return _local(Path(expand_place(url, data_dir, source.id)), source.checksum)
    if not is_usable(url):
        return _Finding(UNREACHABLE, "is not a usable address")
    if source.query:
        finding = _http(url, timeout, fine=frozenset({NO_QUERY}))
        return finding._replace(detail="the service answers") if finding.status == REACHABLE else finding
    finding = _ftp(url, timeout) if urlsplit(url).scheme == "ftp" else _http(url, timeout)
    locked = locks.get(lock_key(url)) if source.checksum == UNKNOWN else None
    return _compare(finding, locked) if finding.status == REACHABLE and locked else finding


def _local(path: Path, checksum: str) -> _Finding:
    try:
        if not path.is_file():
            return _Finding(MISSING, f"there is no file {path}")
        found = checksum_of(path, checksum.partition(":")[0]) if checksum != UNKNOWN else UNKNOWN
        size = path.stat().st_size
    except OSError as error:
        return _Finding(UNREACHABLE, f"{path} cannot be read ({error.strerror})")
    if found != checksum.lower():
        return _Finding(CHANGED, f"expected {checksum}, found {found}", size)
    return _Finding(REACHABLE, _told(size), size)


def _http(url: str, timeout: float, fine: frozenset[int] = frozenset()) -> _Finding:
    """Ask for the headers; a GET is closed before its content is read. Some errors may be `fine`."""
    failure = _Finding(UNREACHABLE, "")
    for method in ("HEAD", "GET"):
        request = urllib.request.Request(url, headers=HEADERS, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                headers = response.headers
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in fine:
                return _Finding(REACHABLE, answer(error))
            failure = _Finding(MISSING if error.code in GONE else UNREACHABLE, answer(error))
            if error.code not in HEAD_REFUSED:
                break
        except (http.client.InvalidURL, ValueError):
            return _Finding(UNREACHABLE, "is not a usable address")
        except NETWORK_ERRORS as error:
            return _Finding(UNREACHABLE, reason(error))
        else:
            length = headers.get("Content-Length", "")
            size = int(length) if length.isdecimal() else None
            tags = headers.get("ETag", ""), headers.get("Last-Modified", "")
            return _Finding(REACHABLE, _told(size), size, *tags)
    return failure


def _ftp(url: str, timeout: float) -> _Finding:
    with closing(ftplib.FTP(timeout=timeout)) as ftp:
        try:
            path = ftp_login(ftp, url)
        except (*NETWORK_ERRORS, ValueError) as error:
            return _Finding(UNREACHABLE, reason(error))
        try:
            size = ftp.size(path)
        except ftplib.error_perm as error:
            if str(error).startswith(SIZE_NOT_TOLD):
                return _Finding(REACHABLE, "the server answers, and does not tell sizes")
            status = MISSING if str(error).startswith("550") else UNREACHABLE
            return _Finding(status, f"the server answers {' '.join(str(error).split())}")
        except (*NETWORK_ERRORS, ValueError) as error:
            return _Finding(UNREACHABLE, reason(error))
    return _Finding(REACHABLE, _told(size), size)


def _compare(finding: _Finding, locked: Locked) -> _Finding:
    """Hold what a server tells against the lock file; what either does not tell is no difference."""
    pairs = {
        "size": (str(locked.size), "" if finding.size is None else str(finding.size)),
        "ETag": (locked.etag, finding.etag),
        "Last-Modified": (locked.last_modified, finding.last_modified),
    }
    changes = [
        f"{name} {old} became {new}" for name, (old, new) in pairs.items() if old and new and old != new
    ]
    if changes:
        return finding._replace(status=CHANGED, detail=f"since {locked.first_seen}: {', '.join(changes)}")
    return finding._replace(detail=f"{finding.detail}, as on {locked.first_seen}")


def _told(size: int | None) -> str:
    return "size not told" if size is None else f"{size:,} bytes"
