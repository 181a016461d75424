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

REMOTE_SCHEMES = ("http", "https", "ftp")
BLOCK = 1 << 20
LONGEST_WAIT = 60.0
REMEDY_REMOTE = (
    "Check the address and the connection, or fetch it by hand and give its path in the configuration"
)
REMEDY_LOCAL = "Check the path and the data folder in the configuration"
NETWORK_ERRORS = (OSError, EOFError, http.client.HTTPException, ftplib.Error)
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


class _Refused(Exception):
    """The other side says no; asking again will not help."""


class _Broken(Exception):
    """The connection failed; asking again may help."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Reply(NamedTuple):
    """An open source, standing at byte `offset` of `total`; `validator` tells versions apart."""

    stream: _Readable
    offset: int
    total: int | None
    validator: str = ""


def is_remote(url: str) -> bool:
    """Say whether `url` is an http(s) or ftp address."""
    return url.lower().startswith(tuple(f"{scheme}://" for scheme in REMOTE_SCHEMES))


def download(
    url: str, part: Path, *, label: str, resume: bool = False, patience: Patience | None = None
) -> bool:
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
    resume
        Whether bytes may be joined without the server's proof, because the caller checks the result.
    patience
        Retries and waiting times.

    Returns
    -------
    bool
        Whether the file was put together from more than one reply.

    Raises
    ------
    CutShortError
        If the announced size is never reached; what has come so far is in `part`.
    InputError
        If the address gives nothing; `part` is as far as it was.
    """
    patience = patience or Patience()
    remedy = REMEDY_REMOTE if is_remote(url) else REMEDY_LOCAL
    most, failures, validator = _size(part), 0, ""
    while True:
        start = _size(part) if validator or resume else 0
        begun = False
        try:
            with _open(url, start, validator, patience.timeout) as reply:
                validator, begun = reply.validator, True
                _copy(reply, part, label)
                return reply.offset > 0
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
        for block in _blocks(reply.stream):
            out.write(block)
            bar.update(len(block))
    if reply.total is not None and _size(part) != reply.total:
        message = f"the transfer ended after {_size(part):,} of {reply.total:,} bytes"
        raise _Broken(message)


def _blocks(stream: _Readable) -> Iterator[bytes]:
    # Only reading is guarded: an error on the writing side, such as a full disk, is not the network's.
    while True:
        try:
            block = stream.read(BLOCK)
        except NETWORK_ERRORS as error:
            raise _Broken(_reason(error)) from error
        if not block:
            return
        yield block


def _reason(error: BaseException) -> str:
    inner = getattr(error, "reason", None)
    if isinstance(inner, BaseException):
        return _reason(inner)
    return f"the connection failed ({str(error) or type(error).__name__})"


@contextmanager
def _open(url: str, start: int, validator: str, timeout: float) -> Iterator[_Reply]:
    if not is_remote(url):
        with _open_local(url) as reply:
            yield reply
        return
    try:
        usable = bool(urlsplit(url).hostname) and urlsplit(url).port != 0
    except ValueError:
        usable = False
    if not usable:
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
    headers = {"User-Agent": f"xpresso-core/{__version__}", "Accept-Encoding": "identity"}
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
        message = f"the server answers {error.code} {error.reason}"
        raise (_Broken if error.code in PASSING_STATUS else _Refused)(message) from error
    except (http.client.InvalidURL, ValueError) as error:
        message = f"is not a usable address ({error})"
        raise _Refused(message) from error
    except NETWORK_ERRORS as error:
        raise _Broken(_reason(error)) from error
    if not start or response.status != http.HTTPStatus.PARTIAL_CONTENT or _range_start(response) == start:
        return response
    response.close()  # another piece than the one asked for is of no use
    return _request(url, 0, "", timeout)


def _range_start(response: http.client.HTTPResponse) -> int | None:
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _http_reply(response: http.client.HTTPResponse, start: int) -> _Reply:
    # A weak ETag may stand for other bytes, so that If-Range (RFC 9110, section 13.1.5) does not take it.
    etag = response.headers.get("ETag", "")
    validator = etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified", "")
    offset = start if response.status == http.HTTPStatus.PARTIAL_CONTENT else 0
    length = response.headers.get("Content-Length", "")
    return _Reply(response, offset, offset + int(length) if length.isdecimal() else None, validator)


@contextmanager
def _open_ftp(url: str, start: int, timeout: float) -> Iterator[_Reply]:
    # urllib speaks FTP too, but cannot continue a transfer.
    with closing(ftplib.FTP(timeout=timeout)) as ftp:
        try:
            data, offset, total = _ftp_retrieve(ftp, url, start)
        except (ftplib.error_perm, ValueError) as error:
            message = f"the server answers {str(error).rstrip('.')}"
            raise _Refused(message) from error
        except NETWORK_ERRORS as error:
            raise _Broken(_reason(error)) from error
        with data, data.makefile("rb") as stream:
            yield _Reply(stream, offset, total)
        try:
            ftp.voidresp()  # where the size was not told, only this says that all has come
        except NETWORK_ERRORS as error:
            raise _Broken(_reason(error)) from error


def _ftp_retrieve(ftp: ftplib.FTP, url: str, start: int) -> tuple[socket.socket, int, int | None]:
    parts = urlsplit(url)
    path = unquote(parts.path)
    ftp.connect(parts.hostname or "", parts.port or ftplib.FTP_PORT)
    ftp.login(unquote(parts.username or ""), unquote(parts.password or ""))
    ftp.voidcmd("TYPE I")
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
