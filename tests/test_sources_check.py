"""What is said of sources that are there, changed, gone, or behind servers that do not answer."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from loopback import Shelf, ftp_server, http_server

from xpresso_core.errors import InputError
from xpresso_core.files import read_table
from xpresso_core.sources import Source, fetch
from xpresso_core.sources_check import COLUMNS, check_sources, write_check
from xpresso_core.sources_lock import Locked, add_to_lock, read_lock
from xpresso_core.sources_registry import COLUMNS as REGISTRY_COLUMNS
from xpresso_core.sources_registry import DATA_DIR_VARIABLE

CONTENT = bytes(range(256)) * 20
DIGEST = hashlib.sha256(CONTENT).hexdigest()
MODIFIED = "Wed, 01 Jan 2020 00:00:00 GMT"


@pytest.fixture
def web() -> Iterator[Shelf]:
    with http_server() as shelf:
        shelf.files["/file.bin"] = CONTENT
        shelf.modified = MODIFIED
        yield shelf


@pytest.fixture
def ftp() -> Iterator[Shelf]:
    with ftp_server() as shelf:
        shelf.files["/pub/file.bin"] = CONTENT
        yield shelf


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "lock.tsv"


def check(*sources: Source, **kwargs: object) -> pd.DataFrame:
    return check_sources({source.id: source for source in sources}, timeout=5.0, **kwargs)


def one(source: Source, **kwargs: object) -> tuple[str, str, str]:
    row = check(source, **kwargs).iloc[0]
    return row["status"], row["detail"], row["url"]


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_file_that_is_there_is_not_read(web: Shelf) -> None:
    url = web.address + "/file.bin"
    assert one(Source("x", url)) == ("reachable", "5,120 bytes", url)
    assert (web.heads, web.requests) == (["/file.bin"], [])


def test_file_by_ftp(ftp: Shelf) -> None:
    url = ftp.address + "/pub/file.bin"
    assert one(Source("x", url)) == ("reachable", "5,120 bytes", url)
    assert one(Source("x", ftp.address + "/none"))[:2] == ("missing", "the server answers 550 not told")
    assert ftp.requests == []


@pytest.mark.parametrize("status", [403, 405, 501])
def test_where_head_is_refused_get_asks(web: Shelf, status: int) -> None:
    web.head_status, web.files["/file.bin"] = status, CONTENT * 10_000
    web.stalls = [1]  # nobody waits for the rest
    assert one(Source("x", web.address + "/file.bin"))[:2] == ("reachable", "51,200,000 bytes")
    assert (web.heads, web.requests) == (["/file.bin"], [("/file.bin", 0)])
    assert one(Source("x", web.address + "/none"))[:2] == ("missing", "the server answers 404 Not Found")


@pytest.mark.parametrize(
    ("code", "status"),
    [(404, "missing"), (410, "missing"), (401, "unreachable"), (500, "unreachable"), (503, "unreachable")],
)
def test_answers_that_are_no(web: Shelf, code: int, status: str) -> None:
    web.head_status = code
    found, detail, _ = one(Source("x", web.address + "/file.bin"))
    assert found == status
    assert detail.startswith(f"the server answers {code} ")
    assert web.requests == []


def test_redirects_are_followed_but_not_for_ever(web: Shelf) -> None:
    web.redirects = {"/old": (301, "/file.bin"), "/round": (302, "/round")}
    assert one(Source("x", web.address + "/old")) == ("reachable", "5,120 bytes", web.address + "/old")
    status, detail, _ = one(Source("x", web.address + "/round"))
    assert status == "unreachable"
    assert detail == "the server answers 302 and redirects without end, or to nowhere"


@pytest.mark.parametrize("scheme", ["http", "ftp"])
def test_nobody_listens_or_answers(scheme: str) -> None:
    status, detail, _ = one(Source("x", f"{scheme}://127.0.0.1:{closed_port()}/x"))
    assert status == "unreachable"
    assert "refused" in detail
    with socket.create_server(("127.0.0.1", 0)) as silent:
        source = Source("x", f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/x")
        row = check_sources({"x": source}, timeout=0.2).iloc[0]
    assert row["status"] == "unreachable"
    assert "timed out" in row["detail"]


@pytest.mark.parametrize("url", ["http://", "http://127.0.0.1:port/x", "ftp:///x", "http://127.0.0.1/a b"])
def test_unusable_address(url: str) -> None:
    assert one(Source("x", url))[:2] == ("unreachable", "is not a usable address")


def test_file_as_locked(web: Shelf, ftp: Shelf, lock: Path, tmp_path: Path) -> None:
    sources = [Source("web", web.address + "/file.bin"), Source("ftp", ftp.address + "/pub/file.bin")]
    for source in sources:
        fetch(source, tmp_path / source.id, lock=lock)
    table = check(*sources, lock=lock)
    assert list(table["status"]) == ["reachable"] * 2
    assert all(", as on 20" in detail for detail in table["detail"])


def test_change_since_it_was_locked(web: Shelf, lock: Path, tmp_path: Path) -> None:
    source = Source("x", web.address + "/file.bin")
    fetch(source, tmp_path / "x", lock=lock)
    seen = read_lock(lock)[source.url].first_seen
    old = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    new = hashlib.md5(CONTENT[::-1], usedforsecurity=False).hexdigest()
    web.files["/file.bin"] = CONTENT[::-1]
    assert one(source, lock=lock) == ("changed", f'since {seen}: ETag "{old}" became "{new}"', source.url)
    web.etags, web.files["/file.bin"] = False, CONTENT[:-1]
    assert one(source, lock=lock)[:2] == ("changed", f"since {seen}: size 5120 became 5119")
    web.files["/file.bin"], web.modified = CONTENT, MODIFIED.replace("2020", "2021")
    assert one(source, lock=lock)[1] == f"since {seen}: Last-Modified {MODIFIED} became {web.modified}"
    web.modified = ""
    assert one(source, lock=lock)[0] == "reachable"  # what is not told is no difference
    known = replace(source, checksum="sha256:" + "0" * 64)
    web.files["/file.bin"] = b""
    assert one(known, lock=lock)[0] == "reachable"  # the registry's checksum counts, not the lock file


def test_change_of_a_file_by_ftp(ftp: Shelf, lock: Path, tmp_path: Path) -> None:
    source = Source("x", ftp.address + "/pub/file.bin")
    fetch(source, tmp_path / "x", lock=lock)
    ftp.files["/pub/file.bin"] = CONTENT * 2
    assert one(source, lock=lock)[0] == "changed"


def test_fallback_is_asked_and_told(web: Shelf) -> None:
    good, bad = web.address + "/file.bin", web.address + "/none"
    status, detail, url = one(Source("x", bad, good))
    assert (status, url) == ("reachable", good)
    assert detail == f"fallback: 5,120 bytes; the primary {bad}: the server answers 404 Not Found"
    web.heads.clear()
    assert one(Source("x", good, bad))[2] == good
    assert web.heads == ["/file.bin"]
    nowhere = f"http://127.0.0.1:{closed_port()}/x"
    status, detail, url = one(Source("x", bad, nowhere))
    assert (status, url) == ("missing", bad)
    assert "404" in detail
    assert f"the fallback {nowhere}: the connection failed" in detail


def test_biomart_service_is_asked_without_the_query(web: Shelf, lock: Path, tmp_path: Path) -> None:
    web.files["/martservice"] = b"a\nb\n[success]\n"
    source = Source("names", web.address + "/martservice", query="<Query/>")
    fetch(source, tmp_path / "names", lock=lock)
    web.files["/martservice"] = b"what it says when it is asked nothing"
    assert one(source, lock=lock) == ("reachable", "the service answers", source.url)
    assert web.heads == ["/martservice"]
    web.head_status = 400
    assert one(source)[0] == "reachable"
    assert one(replace(source, query=""))[0] == "unreachable"
    web.head_status = 503
    assert one(source)[:2] == ("unreachable", "the server answers 503 Service Unavailable")


def test_local_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_DIR_VARIABLE, raising=False)
    (tmp_path / "x").write_bytes(CONTENT)
    source = Source("x", "{data_dir}/x")
    md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    for checksum in ("unknown", f"sha256:{DIGEST}", f"md5:{md5}"):
        found = one(replace(source, checksum=checksum), data_dir=tmp_path)
        assert found == ("reachable", "5,120 bytes", "{data_dir}/x")
    wrong = "sha256:" + "0" * 64
    status, detail, _ = one(replace(source, checksum=wrong), data_dir=tmp_path)
    assert (status, detail) == ("changed", f"expected {wrong}, found sha256:{DIGEST}")
    status, detail, _ = one(Source("x", "{data_dir}/none"), data_dir=tmp_path)
    assert (status, detail) == ("missing", f"there is no file {tmp_path}/none")
    assert one(source)[:2] == ("unknown data folder", "data_dir is not set")
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path))
    assert one(source)[0] == "reachable"


def test_order_of_the_registry_whatever_answers_first(web: Shelf) -> None:
    web.redirects = {f"/{turn}": (302, "/file.bin") for turn in range(0, 20, 2)}
    sources = [Source(f"s{turn}", f"{web.address}/{turn}") for turn in range(20)]
    table = check(*sources)
    assert list(table.columns) == list(COLUMNS)
    assert list(table["id"]) == [source.id for source in sources]
    assert list(table["status"]) == ["reachable", "missing"] * 10
    assert list(check(*sources, ids=["s5", "s0"])["id"]) == ["s0", "s5"]
    assert check(*sources, ids=[]).empty


def test_what_cannot_be_asked(web: Shelf, lock: Path) -> None:
    source = Source("peaks", web.address + "/file.bin")
    with pytest.raises(InputError, match="'peak' is no id of the registry. Did you mean 'peaks'"):
        check(source, ids=["peak"])
    lock.write_text("something else\n")
    with pytest.raises(InputError, match="line 1"):
        check(source, lock=lock)
    assert web.heads == []


def test_table_is_written(web: Shelf, tmp_path: Path, lock: Path) -> None:
    rows = [
        ["a", web.address + "/file.bin", "", "", "unknown", "1", "CC0", "Doe", "reference", "A"],
        ["b", web.address + "/none", "", "", "unknown", "1", "CC0", "Doe", "reference", "B"],
    ]
    registry = tmp_path / "sources.tsv"
    registry.write_text("".join("\t".join(row) + "\n" for row in [REGISTRY_COLUMNS, *rows]))
    write_check(registry, ids=None, data_dir=None, lock=lock, path=tmp_path / "out" / "check.tsv")
    table = read_table(tmp_path / "out" / "check.tsv", COLUMNS)
    assert list(table["status"]) == ["reachable", "missing"]
    write_check(registry, ["b"], path=tmp_path / "out" / "check.tsv")
    assert list(read_table(tmp_path / "out" / "check.tsv")["id"]) == ["b"]
    assert not lock.exists()
    add_to_lock(lock, Locked(web.address + "/file.bin", DIGEST, 1, "", "", "2026-01-01", "a"))
    write_check(registry, ["a"], lock=lock, path=tmp_path / "out" / "check.tsv")
    assert list(read_table(tmp_path / "out" / "check.tsv")["status"]) == ["changed"]
