"""Moving bytes from an http(s) or ftp address or a local path into a file, through broken connections."""

from __future__ import annotations

import ftplib
import http
import http.client
import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from tqdm import tqdm

from xpresso_core import __version__
from xpresso_core.errors import InputError
from xpresso_core.room import room_for

REMOTE_SCHEMES = ("http", "https", "ftp")
BLOCK = 1 << 20
LONGEST_WAIT = 60.0
REMEDY_REMOTE = (
    "Check the address and the connection, or fetch it by hand and give its path in the configuration"
)
REMEDY_LOCAL = "Check the path and the data folder in the configuration"
NETWORK_ERRORS = (OSError, EOFError, http.client.HTTPException, ftplib.Error)
HEADERS = {"User-Agent": f"xpresso-core/{__version__}", "Accept-Encoding": "identity"}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PASSING_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


class CutShortError(InputError):
    """A transfer began and, however often it was continued, never reached the announced size."""


class Patience(NamedTuple):
    """How long to insist.

    Attributes
    ----------
    retries
        Further attempts after one that brought nothing new.
    backoff
        Seconds before the first further attempt; doubled each time, at most a minute.
    timeout
        Seconds until a silent server is given up.
    """

    retries: int = 3
    backoff: float = 1.0
    timeout: float = 60.0


class Transfer(NamedTuple):
    """What a server told of a file that has arrived.

    Attributes
    ----------
    pieced
        Whether the file was put together from more than one reply.
    etag, last_modified
        The HTTP headers of these names; empty where there was none.
    """

    pieced: bool
    etag: str = ""
    last_modified: str = ""


class _Refused(Exception):
    """The other side says no; asking again will not help."""


class _Broken(Exception):
    """The connection failed; asking again may help."""


class _Readable(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class _Reply(NamedTuple):
    """An open source, standing at byte `offset` of `total`; ETag or date tell versions apart."""

    stream: _Readable
    offset: int
    total: int | None
    etag: str = ""
    last_modified: str = ""

    @property
    def validator(self) -> str:
        # A weak ETag may stand for other bytes, so that If-Range (RFC 9110, section 13.1.5) does not take it.
        return self.etag if self.etag and not self.etag.startswith("W/") else self.last_modified


def is_remote(url: str) -> bool:
    """Say whether `url` is an http(s) or ftp address."""
    return url.lower().startswith(tuple(f"{scheme}://" for scheme in REMOTE_SCHEMES))


def download(
    url: str,
    part: Path,
    *,
    label: str,
    query: str = "",
    resume: bool = False,
    patience: Patience | None = None,
) -> Transfer:
    """Fill a file from an address.

    A broken transfer is continued (HTTP ``Range`` with ``If-Range``, FTP ``REST``) where the server's ETag or
    date proves that the file is still the same, or where `resume` allows it; otherwise it starts again.

    Parameters
    ----------
    url
        An http(s) or ftp address, or a local path.
    part
        The file to fill. Bytes that it holds already are continued if `resume` is set, else overwritten.
    label
        Name beside the progress bar, which shows after two seconds and only on a terminal.
    query
        What follows the ``?`` of the address, encoded; left out of messages, for it may be long.
    resume
        Whether bytes may be joined without the server's proof, because the caller checks the result.
    patience
        Retries and waiting times.

    Returns
    -------
    Transfer
        How it arrived.

    Raises
    ------
    NoRoomError
        If there is no room for the file; what has come so far is in `part`.
    CutShortError
        If the announced size is never reached; what has come so far is in `part`.
    InputError
        If the address gives nothing; `part` is as far as it was.
    """
    patience = patience or Patience()
    remedy = REMEDY_REMOTE if is_remote(url) else REMEDY_LOCAL
    address = f"{url}?{query}" if query else url
    most, failures, validator = _size(part), 0, ""
    while True:
        start = _size(part) if validator or resume else 0
        begun = False
        try:
            with _open(address, start, validator, patience.timeout) as reply:
                validator, begun = reply.validator, True
                with room_for(part, f"what {url} sends"):
                    _copy(reply, part, label)
                return Transfer(reply.offset > 0, reply.etag, reply.last_modified)
        except _Refused as error:
            raise InputError(str(error), where=url, remedy=remedy) from error
        except _Broken as error:
            failures = 0 if _size(part) > most else failures + 1
            most = max(most, _size(part))
            if failures > patience.retries:
                kind = CutShortError if begun else InputError
                what = f"{error} (given up after {failures} attempts)"
                raise kind(what, where=url, remedy=remedy) from error
        time.sleep(min(LONGEST_WAIT, patience.backoff * 2 ** max(0, failures - 1)))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _copy(reply: _Reply, part: Path, label: str) -> None:
    bar = tqdm(
        total=reply.total,
        initial=reply.offset,
        desc=label,
        unit="B",
        unit_scale=True,
        delay=2,
        disable=None,
    )
    with bar, part.open("ab" if reply.offset else "wb") as out:
        for block in _blocks(reply):
            out.write(block)
            bar.update(len(block))
    if reply.total is not None and _size(part) != reply.total:
        message = f"the transfer ended after {_size(part):,} of {reply.total:,} bytes"
        raise _Broken(message)


def _blocks(reply: _Reply) -> Iterator[bytes]:
    # Only reading is guarded: an error on the writing side, such as a full disk, is not the network's.
    # What has come is passed on at once, so that a connection that fails next does not take it along.
    while True:
        try:
            block = reply.stream.read1(BLOCK)
        except http.client.IncompleteRead as error:
            if reply.total is None:
                message = "the transfer broke off before its end"
                raise _Broken(message) from error
            return  # the size says the same, as it does where Python does not
        except NETWORK_ERRORS as error:
            raise _Broken(reason(error)) from error
        if not block:
            return
        yield block


def reason(error: BaseException) -> str:
    """Say in one line why a connection failed."""
    inner = getattr(error, "reason", None)
    if isinstance(inner, BaseException):
        return reason(inner)
    return f"the connection failed ({' '.join(str(error).split()) or type(error).__name__})"


def answer(error: urllib.error.HTTPError) -> str:
    """Say in one line what a server answers that does not give the file."""
    if error.code in REDIRECTS:
        return f"the server answers {error.code} and redirects without end, or to nowhere"
    return f"the server answers {error.code} {' '.join(str(error.reason).split())}".rstrip()


def is_usable(url: str) -> bool:
    """Say whether an http(s) or ftp address names a server."""
    try:
        return bool(urlsplit(url).hostname) and urlsplit(url).port != 0
    except ValueError:
        return False


@contextmanager
def _open(url: str, start: int, validator: str, timeout: float) -> Iterator[_Reply]:
    if not is_remote(url):
        with _open_local(url) as reply:
            yield reply
        return
    if not is_usable(url):
        message = "is not a usable address"
        raise _Refused(message)
    if urlsplit(url).scheme == "ftp":
        with _open_ftp(url, start, timeout) as reply:
            yield reply
    else:
        with _request(url, start, validator, timeout) as response:
            yield _http_reply(response, start)


@contextmanager
def _open_local(path: str) -> Iterator[_Reply]:
    try:
        handle = Path(path).open("rb")
    except OSError as error:
        message = f"cannot be read ({error.strerror})"
        raise _Refused(message) from error
    with handle:
        yield _Reply(handle, 0, Path(path).stat().st_size)


def _request(url: str, start: int, validator: str, timeout: float) -> http.client.HTTPResponse:
    headers = dict(HEADERS)
    if start:
        headers["Range"] = f"bytes={start}-"
        if validator:
            headers["If-Range"] = validator
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=timeout
        )
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return _request(url, 0, "", timeout)
        raise (_Broken if error.code in PASSING_STATUS else _Refused)(answer(error)) from error
    except (http.client.InvalidURL, ValueError) as error:
        message = f"is not a usable address ({error})"
        raise _Refused(message) from error
    except NETWORK_ERRORS as error:
        raise _Broken(reason(error)) from error
    if not start or response.status != http.HTTPStatus.PARTIAL_CONTENT or _range_start(response) == start:
        return response
    response.close()  # another piece than the one asked for is of no use
    return _request(url, 0, "", timeout)


def _range_start(response: http.client.HTTPResponse) -> int | None:
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _http_reply(response: http.client.HTTPResponse, start: int) -> _Reply:
    headers, length = response.headers, response.headers.get("Content-Length", "")
    offset = start if response.status == http.HTTPStatus.PARTIAL_CONTENT else 0
    total = offset + int(length) if length.isdecimal() else None
    return _Reply(response, offset, total, headers.get("ETag", ""), headers.get("Last-Modified", ""))


@contextmanager
def _open_ftp(url: str, start: int, timeout: float) -> Iterator[_Reply]:
    # urllib speaks FTP too, but cannot continue a transfer.
    with closing(ftplib.FTP(timeout=timeout)) as ftp:
        try:
            data, offset, total = _ftp_retrieve(ftp, url, start)
        except (ftplib.error_perm, ValueError) as error:
            message = f"the server answers {' '.join(str(error).split()).rstrip('.')}"
            raise _Refused(message) from error
        except NETWORK_ERRORS as error:
            raise _Broken(reason(error)) from error
        with data, data.makefile("rb") as stream:
            yield _Reply(stream, offset, total)
        try:
            ftp.voidresp()  # where the size was not told, only this says that all has come
        except NETWORK_ERRORS as error:
            raise _Broken(reason(error)) from error


def _ftp_retrieve(ftp: ftplib.FTP, url: str, start: int) -> tuple[socket.socket, int, int | None]:
    path = ftp_login(ftp, url)
    try:
        total = ftp.size(path)
    except ftplib.error_perm:
        total = None  # SIZE is optional; whether the file exists shows in the next answer
    offset = start if total is not None and start < total else 0
    try:
        return ftp.transfercmd(f"RETR {path}", offset or None), offset, total
    except (ftplib.error_perm, ftplib.error_reply):
        if not offset:
            raise
        return ftp.transfercmd(f"RETR {path}"), 0, total  # a server without REST


def ftp_login(ftp: ftplib.FTP, url: str) -> str:
    """Connect to the server of an address for binary transfers, and return the path of the file there."""
    parts = urlsplit(url)
    ftp.connect(parts.hostname or "", parts.port or ftplib.FTP_PORT)
    ftp.login(unquote(parts.username or ""), unquote(parts.password or ""))
    ftp.voidcmd("TYPE I")
    return unquote(parts.path)
