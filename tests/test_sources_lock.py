"""The lock file, alone and with several processes at once."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from xpresso_core.errors import ChecksumError, InputError
from xpresso_core.sources_lock import COLUMNS, Locked, LockedError, add_to_lock, lock_key, read_lock

ENTRY = Locked("https://example.org/b", "0" * 64, 1234, '"x"', "", "2026-01-01T00:00:00+00:00", "b")
LINE = f'https://example.org/b\t{"0" * 64}\t1234\t"x"\t\t2026-01-01T00:00:00+00:00\tb'


def wait_for_all(barrier: Barrier) -> None:
    barrier.wait(60)


def add_many(path: Path, process: int) -> None:
    for turn in range(25):
        add_to_lock(path, replace(ENTRY, url=f"https://example.org/{process}/{turn}"))


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["\t".join(COLUMNS), *lines]) + "\n")
    return path


def test_columns() -> None:
    assert " ".join(COLUMNS) == "url sha256 size etag last_modified first_seen id"


def test_no_file_locks_nothing(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "none.tsv") == {}


def test_lines_are_added_in_order(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock.tsv"
    add_to_lock(path, ENTRY)
    assert path.read_text() == "\t".join(COLUMNS) + "\n" + LINE + "\n"
    add_to_lock(path, replace(ENTRY, url="https://example.org/a", size=0))
    assert [line.partition("\t")[0][-1] for line in path.read_text().splitlines()] == ["l", "a", "b"]
    assert read_lock(path) == {
        "https://example.org/a": replace(ENTRY, url="https://example.org/a", size=0),
        "https://example.org/b": ENTRY,
    }


def test_what_was_seen_first_stays(tmp_path: Path) -> None:
    add_to_lock(tmp_path / "lock.tsv", ENTRY)
    add_to_lock(tmp_path / "lock.tsv", replace(ENTRY, first_seen="later", id="other", etag="other"))
    assert read_lock(tmp_path / "lock.tsv") == {ENTRY.url: ENTRY}


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lock.tsv"
    add_to_lock(path, ENTRY)
    with pytest.raises(LockedError) as caught:
        add_to_lock(path, replace(ENTRY, sha256="f" * 64, first_seen="later"))
    assert isinstance(caught.value, ChecksumError)
    assert caught.value.where == ENTRY.url
    for part in ("0" * 64, "f" * 64, "locked on 2026-01-01", "1,234 bytes", f"delete its line in {path}"):
        assert part in str(caught.value)
    assert read_lock(path) == {ENTRY.url: ENTRY}


def test_header_of_a_server_cannot_break_the_table(tmp_path: Path) -> None:
    add_to_lock(tmp_path / "lock.tsv", replace(ENTRY, etag='"a\tb\x85\u2028c"'))
    assert read_lock(tmp_path / "lock.tsv")[ENTRY.url].etag == '"abc"'


def test_query_has_a_key_of_its_own_whatever_its_layout() -> None:
    url = "https://example.org/martservice"
    assert lock_key(url) == url
    first = lock_key(url, "<Query><Dataset/></Query>")
    assert first.startswith(f"{url}#query-")
    assert lock_key(url, "<Query>\n  <!-- x --><Dataset/>\n</Query>\n") == first
    assert lock_key(url, "<Query><Other/></Query>") != first


@pytest.mark.parametrize(
    ("lines", "number", "message"),
    [
        (["a\tb"], 2, "2 columns instead of 7"),
        (["", LINE], 2, "1 columns instead of 7"),
        ([LINE, "<<<<<<< HEAD"], 3, "1 columns"),
        ([LINE, LINE], 3, "url 'https://example.org/b' occurs twice"),
        ([LINE.replace("0" * 64, "0" * 63)], 2, "sha256 '0+' is not 64"),
        ([LINE.replace("0" * 64, "A" * 64)], 2, "is not 64 lower-case"),
        ([LINE.replace("1234", "-1")], 2, "size '-1' is not a number of bytes"),
        ([LINE.replace("1234", "")], 2, "size '' is not"),
        ([LINE.replace("https://example.org/b", "")], 2, "url is empty"),
    ],
)
def test_malformed_line_is_named(tmp_path: Path, lines: list[str], number: int, message: str) -> None:
    path = write(tmp_path / "lock.tsv", *lines)
    with pytest.raises(InputError, match=message) as caught:
        read_lock(path)
    assert caught.value.where == f"{path}, line {number}"
    with pytest.raises(InputError, match=message):
        add_to_lock(path, ENTRY)


@pytest.mark.parametrize("content", [b"", b"url\tsha256\n", b"\xff\xfe\x00"])
def test_file_that_is_no_lock_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "lock.tsv").write_bytes(content)
    with pytest.raises(InputError, match="lock file") as caught:
        add_to_lock(tmp_path / "lock.tsv", ENTRY)
    assert caught.value.where.startswith(str(tmp_path / "lock.tsv"))
    assert (tmp_path / "lock.tsv").read_bytes() == content


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="the lock file cannot be written"):
        add_to_lock(tmp_path / "file" / "lock.tsv", ENTRY)


def test_processes_at_once_lose_no_line(tmp_path: Path) -> None:
    path = tmp_path / "lock.tsv"
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, context, wait_for_all, (context.Barrier(3),)) as pool:
        list(pool.map(add_many, [path] * 3, range(3)))
    expected = sorted(f"https://example.org/{process}/{turn}" for process in range(3) for turn in range(25))
    assert list(read_lock(path)) == expected
    assert {file.name for file in tmp_path.iterdir()} == {"lock.tsv", ".lock.tsv.guard"}
