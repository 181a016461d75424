"""Transfers over real connections that break."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Shelf, ftp_server, http_server

from xpresso_core import __version__
from xpresso_core.download import CutShortError, Patience, download, is_remote
from xpresso_core.errors import InputError

CONTENT = bytes(range(256)) * 2000
QUICK = Patience(retries=2, backoff=0.0, timeout=5.0)


@pytest.fixture(params=[http_server, ftp_server], ids=["http", "ftp"])
def shelf(request: pytest.FixtureRequest) -> Iterator[Shelf]:
    with request.param() as served:
        served.files["/data/file.bin"] = CONTENT
        yield served


@pytest.fixture
def web() -> Iterator[Shelf]:
    with http_server() as served:
        served.files["/data/file.bin"] = CONTENT
        yield served


def get(shelf: Shelf, part: Path, path: str = "/data/file.bin", **kwargs: bool) -> bool:
    return download(shelf.address + path, part, label="file", patience=QUICK, **kwargs).pieced


def starts(shelf: Shelf) -> list[int]:
    return [start for _, start in shelf.requests]


def test_whole_file_in_one_reply(shelf: Shelf, tmp_path: Path) -> None:
    part = tmp_path / "file"
    assert get(shelf, part) is False
    assert part.read_bytes() == CONTENT
    assert starts(shelf) == [0]


def test_user_agent_names_the_program(web: Shelf, tmp_path: Path) -> None:
    get(web, tmp_path / "file")
    assert web.agents == [f"xpresso-core/{__version__}"]


def test_broken_transfer_is_continued_where_it_broke(shelf: Shelf, tmp_path: Path) -> None:
    part = tmp_path / "file"
    shelf.cuts = [100_000, 50_000]
    assert get(shelf, part, resume=True) is True
    assert part.read_bytes() == CONTENT
    assert starts(shelf) == [0, 100_000, 150_000]


def test_attempts_that_advance_do_not_count(shelf: Shelf, tmp_path: Path) -> None:
    part = tmp_path / "file"
    shelf.cuts = [1000] * 10
    assert get(shelf, part, resume=True)
    assert part.read_bytes() == CONTENT
    assert starts(shelf) == [1000 * turn for turn in range(11)]


def test_server_without_pieces_starts_again(shelf: Shelf, tmp_path: Path) -> None:
    part = tmp_path / "file"
    shelf.cuts, shelf.ranges = [100_000], False
    assert get(shelf, part, resume=True) is False
    assert part.read_bytes() == CONTENT


def test_etag_alone_allows_continuing(web: Shelf, tmp_path: Path) -> None:
    web.cuts = [100_000]
    assert get(web, tmp_path / "file") is True
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert starts(web) == [0, 100_000]


def test_without_etag_and_leave_it_starts_again(web: Shelf, tmp_path: Path) -> None:
    web.cuts, web.etags = [100_000], False
    assert get(web, tmp_path / "file") is False
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert starts(web) == [0, 0]


def test_file_that_changes_under_way_is_never_mixed(web: Shelf, tmp_path: Path) -> None:
    class Changing(dict[str, bytes]):
        def __getitem__(self, path: str) -> bytes:
            return CONTENT if len(web.requests) == 1 else CONTENT[::-1]

    web.files = Changing({"/data/file.bin": b""})
    web.cuts = [100_000]
    assert get(web, tmp_path / "file") is False
    assert (tmp_path / "file").read_bytes() == CONTENT[::-1]
    assert starts(web) == [0, 100_000]


def test_part_longer_than_the_file_starts_again(shelf: Shelf, tmp_path: Path) -> None:
    part = tmp_path / "file"
    part.write_bytes(CONTENT * 2)
    assert get(shelf, part, resume=True) is False
    assert part.read_bytes() == CONTENT


def test_old_part_is_overwritten_without_leave(shelf: Shelf, tmp_path: Path) -> None:
    part = tmp_path / "file"
    part.write_bytes(b"something else")
    assert get(shelf, part) is False
    assert part.read_bytes() == CONTENT


def test_unannounced_length_is_taken_as_it_comes(shelf: Shelf, tmp_path: Path) -> None:
    shelf.announce = False
    get(shelf, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_ftp_says_itself_that_an_unannounced_transfer_broke(tmp_path: Path) -> None:
    with ftp_server() as shelf:
        shelf.files["/data/file.bin"] = CONTENT
        shelf.announce, shelf.cuts = False, [1000]
        get(shelf, tmp_path / "file")
        assert len(shelf.requests) == 2
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_transfer_that_never_gets_through(shelf: Shelf, tmp_path: Path) -> None:
    shelf.cuts, shelf.ranges = [1000] * 9, False
    with pytest.raises(CutShortError, match=r"ended after 1,000 of 512,000 bytes .*3 attempts") as caught:
        get(shelf, tmp_path / "file", resume=True)
    assert caught.value.where == shelf.address + "/data/file.bin"
    assert len(shelf.requests) == 4  # one that advanced, three that did not


def test_missing_file_is_not_asked_for_twice(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"/nothing: the server answers (404|550).*Check the address"):
        get(shelf, tmp_path / "file", "/nothing")
    assert len(shelf.requests) == 1
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_trouble_is_sat_out(web: Shelf, tmp_path: Path, status: int) -> None:
    web.statuses = [status, status]
    get(web, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert len(web.requests) == 3


def test_lasting_trouble_is_reported(web: Shelf, tmp_path: Path) -> None:
    web.statuses = [503] * 9
    with pytest.raises(InputError, match=r"answers 503 Service Unavailable \(given up after 3 attempts\)"):
        get(web, tmp_path / "file")
    assert len(web.requests) == 3


def test_waiting_times_double(web: Shelf, tmp_path: Path) -> None:
    web.statuses = [503, 503]
    before = time.monotonic()
    download(web.address + "/data/file.bin", tmp_path / "file", label="file", patience=Patience(2, 0.1, 5.0))
    assert 0.3 <= time.monotonic() - before < 3


@pytest.mark.parametrize("scheme", ["http", "ftp"])
def test_nobody_listens(tmp_path: Path, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(InputError, match=r"connection failed .*refused.*3 attempts"):
        download(f"{scheme}://127.0.0.1:{port}/x", tmp_path / "file", label="x", patience=QUICK)


@pytest.mark.parametrize("scheme", ["http", "ftp"])
def test_silent_server_is_given_up(tmp_path: Path, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(InputError, match="timed out"):
            download(url, tmp_path / "file", label="x", patience=Patience(0, 0.0, 0.2))


@pytest.mark.parametrize("url", ["http://", "http://127.0.0.1:port/x", "ftp://127.0.0.1:port/x", "ftp:///x"])
def test_unusable_address(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match="is not a usable address"):
        download(url, tmp_path / "file", label="x", patience=QUICK)


def test_headers_that_tell_versions_apart_are_handed_on(web: Shelf, tmp_path: Path) -> None:
    web.modified = "Wed, 01 Jan 2020 00:00:00 GMT"
    web.cuts = [1000]
    transfer = download(web.address + "/data/file.bin", tmp_path / "file", label="x", patience=QUICK)
    etag = f'"{hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()}"'
    assert transfer == (True, etag, "Wed, 01 Jan 2020 00:00:00 GMT")


def test_query_is_asked_and_left_out_of_messages(web: Shelf, tmp_path: Path) -> None:
    download(web.address + "/data/file.bin", tmp_path / "file", label="x", query="q=%20a", patience=QUICK)
    assert web.requests == [("/data/file.bin?q=%20a", 0)]
    with pytest.raises(InputError) as caught:
        download(web.address + "/nothing", tmp_path / "file", label="x", query="q=%20a", patience=QUICK)
    assert caught.value.where == web.address + "/nothing"
    assert "q=" not in str(caught.value)


def test_what_came_before_a_connection_failed_is_kept(shelf: Shelf, tmp_path: Path) -> None:
    """Less than a block is in the file when the server stalls, and is not asked for again."""
    shelf.stalls = [300_000]
    url = shelf.address + "/data/file.bin"
    transfer = download(url, tmp_path / "file", label="x", resume=True, patience=Patience(1, 0.0, 1.0))
    assert transfer.pieced
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert starts(shelf) == [0, 300_000]


def test_chunks_that_break_off_are_noticed(tmp_path: Path) -> None:
    """Where no length is announced, the missing last chunk tells (RFC 9112, section 7.1)."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def reply() -> None:
            for _ in range(2):  # once with something new, once without
                with server.accept()[0] as connection:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                    connection.sendall(b"5\r\nhello\r\n7\r\nwor")

        thread = threading.Thread(target=reply, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        with pytest.raises(CutShortError, match="broke off before its end"):
            download(url, tmp_path / "file", label="x", patience=Patience(0, 0.0, 5.0))
        thread.join()
    assert (tmp_path / "file").read_bytes() == b"hellowor"


def test_local_file_is_copied(tmp_path: Path) -> None:
    original = tmp_path / "original"
    original.write_bytes(CONTENT)
    original.chmod(0o444)
    download(str(original), tmp_path / "file", label="x")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert not (tmp_path / "file").is_symlink()
    assert (tmp_path / "file").stat().st_mode & 0o200


def test_local_file_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none: cannot be read \(No such file.*Check the path"):
        download(str(tmp_path / "none"), tmp_path / "file", label="x")


def test_error_on_the_writing_side_is_not_retried(web: Shelf, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        get(web, tmp_path / "no folder" / "file")
    assert len(web.requests) == 1


def test_is_remote() -> None:
    assert all(map(is_remote, ("http://a/b", "HTTPS://a/b", "ftp://a/b")))
    assert not any(map(is_remote, ("", "/a/http://b", "file:///a", "s3://a/b", "a.fa.gz")))
