"""HTTP and FTP servers on the loopback interface that can misbehave on request."""

from __future__ import annotations

import hashlib
import http.server
import re
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Shelf:
    """What a server offers, and how it fails.

    Attributes
    ----------
    files
        Content by path.
    cuts
        Bytes after which the next replies break off, one entry used per reply.
    statuses
        HTTP error codes of the next replies, one used per reply.
    stalls
        Bytes after which the next replies stop until `go_on` is set, one entry used per reply; `paused` is set
        when that happens. When the server closes, they go on.
    bite, pause
        A reply goes out in so many bytes at a time, with so many seconds between; 0 for all at once.
    redirects
        Status and new address by path.
    ranges, etags
        Whether pieces (HTTP Range, FTP REST) and ETags are offered.
    modified
        The Last-Modified header of every reply, if any.
    head_status
        What HEAD is answered with; 200 for what GET would be.
    announce
        Whether the length of a reply (Content-Length, SIZE) is told.
    requests
        What was asked: ``(path, first byte)``.
    heads
        The paths that HEAD asked for.
    agents
        The User-Agent of every HTTP request.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    stalls: list[int] = field(default_factory=list)
    paused: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    bite: int = 0
    pause: float = 0.0
    redirects: dict[str, tuple[int, str]] = field(default_factory=dict)
    modified: str = ""
    head_status: int = 200
    ranges: bool = True
    etags: bool = True
    announce: bool = True
    requests: list[tuple[str, int]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    address: str = ""

    def cut(self, content: bytes) -> bytes:
        """Return as much of a reply as goes out."""
        return content[: self.cuts.pop(0)] if self.cuts else content

    def send(self, write: Callable[[bytes], object], content: bytes) -> None:
        """Send a reply at the pace that is asked for."""
        stop = self.stalls.pop(0) if self.stalls else len(content)
        step = self.bite or max(1, stop)
        for start in range(0, stop, step):
            write(content[start : min(start + step, stop)])
            time.sleep(self.pause)
        if stop < len(content):
            self.paused.set()
            self.go_on.wait()
            write(content[stop:])


class _Threads(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    shelf: Shelf

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a reader that went away
            super().handle_error(request, client_address)


class _Http(http.server.BaseHTTPRequestHandler):
    server: _Threads

    def do_GET(self) -> None:
        shelf = self.server.shelf
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        if self.command != "HEAD":
            shelf.requests.append((self.path, start))
        shelf.agents.append(self.headers.get("User-Agent", ""))
        if shelf.statuses:
            return self.send_error(shelf.statuses.pop(0))
        if self.path in shelf.redirects:
            return self._redirect(*shelf.redirects[self.path])
        path = self.path if self.path in shelf.files else self.path.partition("?")[0]
        if path not in shelf.files:
            return self.send_error(404)
        content = shelf.files[path]
        etag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
        if not shelf.ranges or self.headers.get("If-Range", etag) != etag:
            start = 0
        if start and start >= len(content):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if shelf.etags:
            self.send_header("ETag", etag)
        if shelf.modified:
            self.send_header("Last-Modified", shelf.modified)
        if shelf.announce:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if self.command != "HEAD":
            shelf.send(self.wfile.write, shelf.cut(content[start:]))
        return None

    def do_HEAD(self) -> None:
        shelf = self.server.shelf
        shelf.heads.append(self.path)
        if shelf.head_status != 200:
            return self.send_error(shelf.head_status)
        return self.do_GET()

    def _redirect(self, status: int, address: str) -> None:
        self.send_response(status)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Ftp(socketserver.StreamRequestHandler):
    """As much of RFC 959 and 3659 as an anonymous reader needs."""

    server: _Threads

    def handle(self) -> None:
        self.start = 0
        self.data: socket.socket | None = None
        try:
            self._converse()
        finally:
            self._close()

    def _close(self) -> None:
        if self.data:
            self.data.close()

    def _converse(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline().decode().strip():
            verb, _, argument = line.partition(" ")
            if verb == "QUIT":
                return self._say("221 bye")
            getattr(self, f"_{verb.lower()}", self._unknown)(argument)
        return None

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def _unknown(self, _: str) -> None:
        self._say("502 not known")

    def _user(self, _: str) -> None:
        self._say("331 password please")

    def _pass(self, _: str) -> None:
        self._say("230 welcome")

    def _type(self, _: str) -> None:
        self._say("200 binary")

    def _size(self, path: str) -> None:
        shelf = self.server.shelf
        known = path in shelf.files and shelf.announce
        self._say(f"213 {len(shelf.files[path])}" if known else "550 not told")

    def _pasv(self, _: str) -> None:
        self._close()
        self.data = socket.create_server(("127.0.0.1", 0))
        high, low = divmod(self.data.getsockname()[1], 256)
        self._say(f"227 entering passive mode (127,0,0,1,{high},{low})")

    def _rest(self, offset: str) -> None:
        if self.server.shelf.ranges:
            self.start = int(offset)
            self._say("350 from there")
        else:
            self._say("502 not known")

    def _retr(self, path: str) -> None:
        shelf, start, self.start = self.server.shelf, self.start, 0
        shelf.requests.append((path, start))
        if path not in shelf.files or not self.data:
            return self._say("550 no such file")
        self._say("150 here it comes")
        connection, _ = self.data.accept()
        whole = shelf.files[path][start:]
        sent = shelf.cut(whole)
        with connection:
            shelf.send(connection.sendall, sent)
        return self._say("226 done" if sent == whole else "426 broken off")


@contextmanager
def _serving(handler: type[socketserver.BaseRequestHandler], scheme: str) -> Iterator[Shelf]:
    with _Threads(("127.0.0.1", 0), handler) as server:
        server.shelf = Shelf(address=f"{scheme}://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.shelf
        finally:
            server.shelf.go_on.set()
            server.shutdown()
            thread.join()


def http_server() -> Any:
    """Serve HTTP/1.0 (every reply ends with the connection) while the context is open."""
    return _serving(_Http, "http")


def ftp_server() -> Any:
    """Serve FTP while the context is open."""
    return _serving(_Ftp, "ftp")
