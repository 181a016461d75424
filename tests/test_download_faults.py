"""Faults of servers, networks and disks, each with a real fetch: the right file under its name, or none."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Shelf, ftp_server, http_server

from xpresso_core.download import Patience
from xpresso_core.errors import ChecksumError, InputError
from xpresso_core.sources import Fetched, Source, fetch
from xpresso_core.sources_lock import read_lock

ROOT = Path(__file__).resolve().parents[1]
CONTENT = b"".join(hashlib.sha256(turn.to_bytes(2, "big")).digest() for turn in range(32_768))  # 1 MiB
DIGEST = hashlib.sha256(CONTENT).hexdigest()
KNOWN = f"sha256:{DIGEST}"
QUICK = Patience(retries=2, backoff=0.0, timeout=5.0)
# What the adapters of the workflow do: one function, and an expected error as one line.
SCRIPT = """
import json, resource, sys
from xpresso_core import reference
from xpresso_core.errors import XpressoError

function, description, target, lock, largest = sys.argv[1:]
if largest:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest), int(largest)))
try:
    getattr(reference, function)(json.loads(description), target, None, lock_path=lock)
except XpressoError as error:
    raise SystemExit(f"error: {error}") from None
"""


@pytest.fixture(params=[http_server, ftp_server], ids=["http", "ftp"])
def shelf(request: pytest.FixtureRequest) -> Iterator[Shelf]:
    with request.param() as served:
        served.files["/file.bin"] = CONTENT
        yield served


@pytest.fixture
def web() -> Iterator[Shelf]:
    with http_server() as served:
        served.files["/file.bin"] = CONTENT
        yield served


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "lock.tsv"


@pytest.fixture(params=["disk", "largest file"])
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Give a folder with little room, and the largest size that the process may write there, if any."""
    folder = tmp_path / "small"
    folder.mkdir()
    if request.param == "largest file":
        yield folder, str(256 * 1024)
        return
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be mounted by root; the largest size of a file stands for it")
    yield folder, ""
    subprocess.run(["umount", str(folder)], check=True)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def get(source: Source, target: Path, lock: Path | None = None, patience: Patience = QUICK) -> Fetched:
    return fetch(source, target, lock=lock, **patience._asdict())


def refused(source: Source, target: Path, lock: Path | None = None, patience: Patience = QUICK) -> str:
    """Fetch what cannot be had; return the message, which is one line with the address and a remedy."""
    with pytest.raises(InputError) as caught:
        get(source, target, lock, patience)
    message = str(caught.value)
    assert message.startswith(f"{source.url}: ")
    assert message.count(source.url) == 1
    assert caught.value.remedy
    assert message.endswith(caught.value.remedy)
    assert "\n" not in message
    assert not target.exists()
    assert not lock or not read_lock(lock)
    return message


def command(description: dict[str, str], target: Path, lock: Path, *options: str) -> list[str]:
    function, largest = options or ("fetch_described", "")
    script = ["-c", SCRIPT, function, json.dumps(description), str(target), str(lock), largest]
    return [sys.executable, *script]


def run(description: dict[str, str], target: Path, lock: Path, *options: str) -> tuple[int, str]:
    """Fetch in a process of its own; return its exit status and what it says."""
    done = subprocess.run(
        command(description, target, lock, *options),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


# --- answers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("checksum", ["unknown", KNOWN])
def test_file_that_is_not_there(shelf: Shelf, out: Path, lock: Path, checksum: str) -> None:
    source = Source("x", shelf.address + "/none", checksum=checksum)
    assert "the server answers " in refused(source, out / "x", lock)
    assert names(out) == set()
    assert shelf.requests == [("/none", 0)]


def test_status_of_a_process_that_finds_no_file(web: Shelf, out: Path, lock: Path) -> None:
    url = web.address + "/none"
    status, message = run({"id": url}, out / "x", lock)
    assert status == 1
    assert message == (
        f"error: {url}: the server answers 404 Not Found. Check the address and the connection,"
        " or fetch it by hand and give its path in the configuration\n"
    )
    assert names(out) == set()


def test_server_that_stumbles_twice(web: Shelf, out: Path, lock: Path) -> None:
    web.statuses = [500, 500]
    assert get(Source("x", web.address + "/file.bin"), out / "x", lock).sha256 == DIGEST
    assert (out / "x").read_bytes() == CONTENT
    assert len(web.requests) == 3


@pytest.mark.parametrize("checksum", ["unknown", KNOWN])
@pytest.mark.parametrize("pieces", [True, False], ids=["with pieces", "without"])
def test_connection_cut_in_the_middle(shelf: Shelf, out: Path, checksum: str, pieces: bool) -> None:
    shelf.cuts, shelf.ranges = [400_000], pieces
    get(Source("x", shelf.address + "/file.bin", checksum=checksum), out / "x")
    assert (out / "x").read_bytes() == CONTENT
    assert names(out) == {"x"}
    starts = [start for _, start in shelf.requests]
    by_http = shelf.address.startswith("http")
    if by_http:  # what FTP leaves out, its next answer shows
        assert starts == [0, 400_000]
    elif checksum == KNOWN and pieces:
        assert starts == [0, 400_000]
    else:
        assert starts == [0, 0]


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT[::-1], b""], ids=["short", "other", "empty"])
def test_wrong_checksum(shelf: Shelf, out: Path, content: bytes) -> None:
    shelf.files["/file.bin"] = content
    message = refused(Source("x", shelf.address + "/file.bin", checksum=KNOWN), out / "x")
    found = hashlib.sha256(content).hexdigest()
    assert f"expected sha256 {DIGEST}, found {found}" in message
    assert names(out) == set()


def test_status_of_a_process_that_finds_another_file(web: Shelf, out: Path, lock: Path) -> None:
    url = web.address + "/file.bin"
    assert run({"id": url}, out / "x", lock) == (0, "")
    web.files["/file.bin"] = CONTENT[::-1]
    status, message = run({"id": url}, out / "y", lock)
    assert status == 1
    assert message.startswith(f"error: {url}: the file is altered or cut short; expected sha256 {DIGEST}")
    assert message.endswith(f"delete its line in {lock} to accept the new file\n")
    assert message.count("\n") == 1
    assert names(out) == {"x", "x.source.json"}


@pytest.mark.parametrize("lost", [1, 8, 100_000])
def test_gzip_that_ends_early(shelf: Shelf, out: Path, lock: Path, lost: int) -> None:
    shelf.files["/x.gz"] = gzip.compress(CONTENT)[:-lost]
    source = Source("x", shelf.address + "/x.gz")
    assert "the compressed file is damaged or cut short" in refused(source, out / "x.gz", lock)
    assert names(out) == set()


# --- redirects --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_followed_and_the_configured_address_recorded(
    web: Shelf, out: Path, lock: Path, status: int
) -> None:
    web.redirects = {"/old": (status, "/new/file"), "/new/file": (status, web.address + "/file.bin")}
    web.cuts = [400_000]
    url = web.address + "/old"
    assert get(Source("x", url), out / "x", lock).url == url
    assert (out / "x").read_bytes() == CONTENT
    assert set(read_lock(lock)) == {url}
    assert web.requests[-1] == ("/file.bin", 400_000)


@pytest.mark.parametrize("target", ["/old", "/new", "ftp://127.0.0.1:1/x", "file:///etc/hosts", "/none"])
def test_redirect_that_leads_nowhere(web: Shelf, out: Path, lock: Path, target: str) -> None:
    web.redirects = {"/old": (302, target), "/new": (302, "/old")}
    message = refused(Source("x", web.address + "/old"), out / "x", lock)
    assert "answers 302 and redirects" in message or "refused" in message or "answers 404" in message
    assert names(out) == set()


# --- slow and silent --------------------------------------------------------------------------------------


@pytest.mark.parametrize("checksum", ["unknown", KNOWN])
def test_slow_trickle_is_waited_for(shelf: Shelf, out: Path, checksum: str) -> None:
    """The whole takes longer than the timeout, which is only for silence."""
    shelf.files["/file.bin"], shelf.bite, shelf.pause = CONTENT[:60], 4, 0.05
    if checksum != "unknown":
        checksum = "sha256:" + hashlib.sha256(CONTENT[:60]).hexdigest()
    source = Source("x", shelf.address + "/file.bin", checksum=checksum)
    get(source, out / "x", patience=Patience(0, 0.0, 0.4))
    assert (out / "x").read_bytes() == CONTENT[:60]
    assert len(shelf.requests) == 1


def test_server_that_stalls_once(shelf: Shelf, out: Path) -> None:
    shelf.stalls = [400_000]
    get(Source("x", shelf.address + "/file.bin", checksum=KNOWN), out / "x", patience=Patience(1, 0.0, 1.0))
    assert (out / "x").read_bytes() == CONTENT
    assert shelf.requests == [("/file.bin", 0), ("/file.bin", 400_000)]


@pytest.mark.parametrize("at", [0, 400_000])
def test_server_that_stalls_for_good(shelf: Shelf, out: Path, lock: Path, at: int) -> None:
    shelf.stalls, shelf.ranges = [at] * 9, False
    source = Source("x", shelf.address + "/file.bin")
    message = refused(source, out / "x", lock, Patience(1, 0.0, 0.2))
    assert "timed out) (given up after 2 attempts)" in message
    assert names(out) == set()


# --- disks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("checksum", ["unknown", KNOWN])
def test_full_disk(web: Shelf, lock: Path, small: tuple[Path, str], checksum: str) -> None:
    folder, largest = small
    url = web.address + "/file.bin"
    row = {"url": url, "fallback_url": url, "checksum": checksum}
    status, message = run({"id": "x", **row}, folder / "x", lock, "fetch_described", largest)
    assert status == 1
    assert message.startswith(f"error: {folder}/x.part: there is no room to write what {url} sends (")
    assert ". Free space on that disk" in message
    assert message.count("\n") == 1
    assert names(folder) <= ({"x.part"} if checksum == KNOWN else set())
    assert len(web.requests) == 1  # the fallback would not fit either
    assert read_lock(lock) == {}


def test_disk_with_room_for_the_packed_genome_only(web: Shelf, lock: Path, small: tuple[Path, str]) -> None:
    folder, largest = small
    web.files["/genome.fa.gz"] = gzip.compress(b">chr1\n" + b"A" * 60 * 10_000 + b"\n")
    description = {"id": web.address + "/genome.fa.gz"}
    status, message = run(description, folder / "genome.fa", lock, "fetch_genome", largest)
    assert status == 1
    assert message.startswith(f"error: {folder}/genome.fa: there is no room to write source http://127")
    assert ". Free space on that disk" in message
    assert message.count("\n") == 1
    assert names(folder) == set()


def test_room_again_after_a_full_disk(web: Shelf, out: Path, lock: Path) -> None:
    description = {"id": "x", "url": web.address + "/file.bin", "checksum": KNOWN}
    status, _ = run(description, out / "x", lock, "fetch_described", "300000")
    assert (status, names(out)) == (1, {"x.part"})
    assert run(description, out / "x", lock) == (0, "")
    assert (out / "x").read_bytes() == CONTENT
    assert web.requests == [("/file.bin", 0), ("/file.bin", 300_000)]


# --- killed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vouched", ["by nothing", "by the registry", "by the lock file"])
def test_process_killed_half_way(web: Shelf, out: Path, lock: Path, vouched: str) -> None:
    description = {"id": "x", "url": web.address + "/file.bin"}
    if vouched == "by the registry":
        description["checksum"] = KNOWN
    if vouched == "by the lock file":
        get(Source(**description), out / "x", lock)
        (out / "x").unlink()
    web.requests.clear()
    web.stalls = [600_000]
    with subprocess.Popen(command(description, out / "x", lock), cwd=ROOT) as process:
        assert web.paused.wait(60)
        while not (out / "x.part").exists() or (out / "x.part").stat().st_size < 500_000:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        assert process.wait(60) == -signal.SIGKILL
    assert names(out) == {"x.part"}
    locked = read_lock(lock)
    assert bool(locked) == (vouched == "by the lock file")
    assert run(description, out / "x", lock) == (0, "")
    assert (out / "x").read_bytes() == CONTENT
    assert names(out) == {"x", "x.source.json"}
    (_, first), (_, second) = web.requests
    assert first == 0
    assert second == 0 if vouched == "by nothing" else 500_000 <= second <= 600_000
    assert vouched == "by the registry" or read_lock(lock)[description["url"]].sha256 == DIGEST


def test_part_of_another_version_after_a_kill_is_found_out(web: Shelf, out: Path) -> None:
    out.mkdir()
    (out / "x.part").write_bytes(CONTENT[::-1][:400_000])
    get(Source("x", web.address + "/file.bin", checksum=KNOWN), out / "x")
    assert (out / "x").read_bytes() == CONTENT
    web.files["/file.bin"] = CONTENT[::-1]
    (out / "y.part").write_bytes(CONTENT[:400_000])
    with pytest.raises(ChecksumError):
        get(Source("y", web.address + "/file.bin", checksum=KNOWN), out / "y")
    assert names(out) == {"x"}
