"""Configured values that become files, which arrive whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from Bio import bgzf
from loopback import Shelf, ftp_server, http_server

from xpresso_core.errors import ChecksumError, InputError
from xpresso_core.sources import Fetched, Source, fetch, resolve
from xpresso_core.sources_lock import LockedError, lock_key, read_lock
from xpresso_core.sources_registry import DATA_DIR_VARIABLE
from xpresso_core.unpack import BGZIP_END

CONTENT = b"".join(hashlib.sha256(bytes([turn % 256, turn // 256])).digest() for turn in range(8000))
DIGEST = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
KNOWN = f"sha256:{DIGEST}"
QUERY = "<Query>\n  <!-- which genes -->\n  <Dataset/>\n</Query>\n"
PEAKS = Source("peaks", "https://example.org/peaks.bb", licence="CC0", description="Peaks")


def bgzip(content: bytes) -> bytes:
    packed = io.BytesIO()
    writer = bgzf.BgzfWriter(fileobj=packed)
    for start in range(0, len(content), 60_000):  # a block holds 64 kB, compressed or not
        writer.write(content[start : start + 60_000])
        writer.flush()
    return packed.getvalue() + BGZIP_END


def get(source: Source, target: Path, lock: Path | None = None) -> Fetched:
    return fetch(source, target, lock=lock, retries=1, backoff=0.0, timeout=5.0)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def web() -> Iterator[Shelf]:
    with http_server() as shelf:
        shelf.files["/file.bin"] = CONTENT
        yield shelf


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


# --- resolve ----------------------------------------------------------------------------------------------


def test_id_address_and_path(tmp_path: Path) -> None:
    registry = {"peaks": PEAKS}
    assert resolve("peaks", registry) == registry["peaks"]
    remote = resolve("ftp://example.org/pub/genes.gtf.gz?x=1", registry)
    assert remote == Source("genes.gtf.gz", "ftp://example.org/pub/genes.gtf.gz?x=1")
    path = tmp_path / "genes.gtf"
    path.write_text("x")
    assert resolve(str(path), registry) == Source("genes.gtf", str(path))


def test_relative_path_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "genes.gtf").write_text("x")
    monkeypatch.chdir(tmp_path)
    assert resolve("genes.gtf", {}).url == str(tmp_path / "genes.gtf")


def test_data_folder_from_configuration_or_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = {"peaks": Source("peaks", "{data_dir}/mini/peaks.bb", "{data_dir}/old/peaks.bb")}
    monkeypatch.setenv(DATA_DIR_VARIABLE, "/environment")
    assert resolve("peaks", registry).url == "/environment/mini/peaks.bb"
    assert resolve("peaks", registry, "").fallback_url == "/environment/old/peaks.bb"
    assert resolve("peaks", registry, "/configured").url == "/configured/mini/peaks.bb"
    (tmp_path / "x.tsv").write_text("x")
    assert resolve("{data_dir}/x.tsv", {}, tmp_path).url == str(tmp_path / "x.tsv")


def test_data_folder_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_DIR_VARIABLE, raising=False)
    registry = {"peaks": Source("peaks", "{data_dir}/peaks.bb")}
    with pytest.raises(InputError, match=r"source peaks: .*not set\. Set data_dir .*XPRESSO_DATA"):
        resolve("peaks", registry)
    table = {"table": Source("table", "{data_dir}/x", citation="Doe 2020", description="RPKM by gene")}
    with pytest.raises(InputError, match=r"the file \(RPKM by gene; Doe 2020\) lies in the data folder"):
        resolve("table", table)


def test_unknown_id_gets_a_suggestion() -> None:
    registry = {"human_mini_genome": Source("human_mini_genome", "/x"), "peaks": PEAKS}
    with pytest.raises(InputError, match="Did you mean 'human_mini_genome'"):
        resolve("human_mini_genom", registry)
    with pytest.raises(InputError, match="Known ids: human_mini_genome, peaks"):
        resolve("zzzzzz", registry)


@pytest.mark.parametrize("value", ["", "s3://bucket/file", "missing/genome.fa", "/"])
def test_value_that_is_nothing(value: str) -> None:
    with pytest.raises(InputError, match="is no existing file, no http"):
        resolve(value, {})


# --- fetch ------------------------------------------------------------------------------------------------


def test_record_and_sidecar(web: Shelf, out: Path) -> None:
    url = web.address + "/file.bin"
    source = Source("file", url, checksum=KNOWN, release="7", licence="CC0", citation="Doe 2020")
    fetched = get(source, out / "a" / "file.bin")
    assert (fetched.release, fetched.licence, fetched.citation) == ("7", "CC0", "Doe 2020")
    assert (out / "a" / "file.bin").read_bytes() == CONTENT
    assert (fetched.url, fetched.sha256, fetched.size, fetched.verified) == (url, DIGEST, len(CONTENT), True)
    assert datetime.fromisoformat(fetched.fetched).utcoffset() == timedelta(0)
    sidecar = fetched.write_sidecar()
    assert sidecar == out / "a" / "file.bin.source.json"
    assert Fetched(**json.loads(sidecar.read_text())) == fetched
    assert names(out / "a") == {"file.bin", "file.bin.source.json"}


def test_unknown_checksum_is_recorded(web: Shelf, out: Path) -> None:
    fetched = get(Source("file", web.address + "/file.bin"), out / "file")
    assert (fetched.sha256, fetched.verified) == (DIGEST, False)


@pytest.mark.parametrize("digits", [MD5, MD5.upper()])
def test_md5_is_compared_and_sha256_recorded(web: Shelf, out: Path, digits: str) -> None:
    source = Source("file", web.address + "/file.bin", checksum=f"md5:{digits}")
    fetched = get(source, out / "file")
    assert (fetched.sha256, fetched.verified) == (DIGEST, True)
    web.files["/file.bin"] = CONTENT[1:]
    found = hashlib.md5(CONTENT[1:], usedforsecurity=False).hexdigest()
    with pytest.raises(ChecksumError, match=f"expected md5 {MD5}, found {found}"):
        get(source, out / "file")
    assert (out / "file").read_bytes() == CONTENT


def test_interrupted_run_is_continued_by_md5(web: Shelf, out: Path) -> None:
    out.mkdir()
    (out / "file.part").write_bytes(CONTENT[:7000])
    get(Source("file", web.address + "/file.bin", checksum=f"md5:{MD5}"), out / "file")
    assert web.requests == [("/file.bin", 7000)]
    assert (out / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("checksum", ["", DIGEST, "sha1:" + "0" * 40, "md5:" + "0" * 64])
def test_malformed_checksum_is_refused_before_anything_is_asked(web: Shelf, out: Path, checksum: str) -> None:
    with pytest.raises(InputError, match="source file: checksum .* is none of sha256"):
        get(Source("file", web.address + "/file.bin", checksum=checksum), out / "file")
    assert web.requests == []


def test_fetch_by_ftp(out: Path) -> None:
    with ftp_server() as shelf:
        shelf.files["/pub/file.bin"] = CONTENT
        shelf.cuts = [1000]
        fetched = get(Source("file", shelf.address + "/pub/file.bin", checksum=KNOWN), out / "file")
        assert shelf.requests == [("/pub/file.bin", 0), ("/pub/file.bin", 1000)]
    assert fetched.sha256 == DIGEST


def test_altered_byte_is_refused(web: Shelf, out: Path) -> None:
    altered = bytes([CONTENT[0] ^ 1]) + CONTENT[1:]
    web.files["/file.bin"] = altered
    with pytest.raises(ChecksumError) as caught:
        get(Source("file", web.address + "/file.bin", checksum=KNOWN), out / "file")
    assert DIGEST in str(caught.value)
    assert hashlib.sha256(altered).hexdigest() in str(caught.value)
    assert names(out) == set()
    assert len(web.requests) == 1


@pytest.mark.parametrize("announced", [True, False], ids=["broken off", "shorter file"])
def test_truncated_file_is_refused(web: Shelf, out: Path, announced: bool) -> None:
    web.ranges = False
    if announced:
        web.cuts = [5000] * 9
    else:
        web.files["/file.bin"] = CONTENT[:5000]
    with pytest.raises(ChecksumError, match=DIGEST) as caught:
        get(Source("file", web.address + "/file.bin", checksum=KNOWN), out / "file")
    assert hashlib.sha256(CONTENT[:5000]).hexdigest() in str(caught.value)
    assert names(out) == set()


def test_broken_off_without_checksum_leaves_nothing(web: Shelf, out: Path) -> None:
    web.cuts, web.ranges = [5000] * 9, False
    with pytest.raises(InputError, match="ended after 5,000 of 256,000 bytes"):
        get(Source("file", web.address + "/file.bin"), out / "file")
    assert names(out) == set()


def test_fallback_after_the_primary(web: Shelf, out: Path, caplog: pytest.LogCaptureFixture) -> None:
    fallback = web.address + "/file.bin"
    for primary in ("/missing", "/altered"):
        web.files["/altered"] = CONTENT[1:]
        fetched = get(Source("file", web.address + primary, fallback, checksum=KNOWN), out / "file")
        assert (fetched.url, fetched.sha256) == (fallback, DIGEST)
        problem = "404" if primary == "/missing" else "altered"
        assert problem in fetched.primary_problem
        assert f"file comes from its second address, {fallback}" in caplog.text
        assert problem in caplog.text


def test_fallback_does_not_continue_another_file(web: Shelf, out: Path) -> None:
    web.files["/other"] = CONTENT[::-1]
    web.cuts, web.ranges = [5000] * 3, False
    fetched = get(Source("file", web.address + "/other", web.address + "/file.bin"), out / "file")
    assert fetched.sha256 == DIGEST


def test_both_addresses_fail(web: Shelf, out: Path) -> None:
    web.files["/altered"] = CONTENT[1:]
    with pytest.raises(
        ChecksumError, match=r"source file: .*/altered: .*sha256.*; .*/missing: .*404"
    ) as caught:
        get(Source("file", web.address + "/altered", web.address + "/missing", checksum=KNOWN), out / "file")
    assert caught.value.remedy
    with pytest.raises(InputError, match=r"/no: .*404.*/missing: .*404"):
        get(Source("file", web.address + "/no", web.address + "/missing", checksum=KNOWN), out / "file")


def test_interrupted_run_is_continued(web: Shelf, out: Path) -> None:
    out.mkdir()
    (out / "file.part").write_bytes(CONTENT[:7000])
    get(Source("file", web.address + "/file.bin", checksum=KNOWN), out / "file")
    assert web.requests == [("/file.bin", 7000)]
    assert (out / "file").read_bytes() == CONTENT
    assert names(out) == {"file"}


def test_foreign_part_is_found_out_and_fetched_again(web: Shelf, out: Path) -> None:
    out.mkdir()
    (out / "file.part").write_bytes(b"x" * 7000)
    get(Source("file", web.address + "/file.bin", checksum=KNOWN), out / "file")
    assert web.requests == [("/file.bin", 7000), ("/file.bin", 0)]
    assert (out / "file").read_bytes() == CONTENT


def test_part_is_not_trusted_without_checksum(web: Shelf, out: Path) -> None:
    out.mkdir()
    (out / "file.part").write_bytes(CONTENT[:7000])
    get(Source("file", web.address + "/file.bin"), out / "file")
    assert web.requests == [("/file.bin", 0)]


def test_part_survives_a_server_that_is_away(web: Shelf, out: Path) -> None:
    out.mkdir()
    (out / "file.part").write_bytes(CONTENT[:7000])
    web.statuses = [503, 503]
    with pytest.raises(InputError, match="503"):
        get(Source("file", web.address + "/file.bin", checksum=KNOWN), out / "file")
    assert names(out) == {"file.part"}


def test_useless_part_goes_when_the_server_is_away(web: Shelf, out: Path) -> None:
    web.cuts, web.statuses = [7000], []

    class Away(list[tuple[str, int]]):
        def append(self, request: tuple[str, int]) -> None:
            super().append(request)
            web.statuses = [503] if len(self) > 1 else []

    web.requests = Away()
    with pytest.raises(InputError, match="503"):
        get(Source("file", web.address + "/file.bin"), out / "file")
    assert len(web.requests) == 3
    assert names(out) == set()


def test_failure_keeps_the_good_file_that_was_there(web: Shelf, out: Path) -> None:
    source = Source("file", web.address + "/file.bin", checksum=KNOWN)
    get(source, out / "file")
    web.files["/file.bin"] = b"changed"
    with pytest.raises(ChecksumError):
        get(source, out / "file")
    assert (out / "file").read_bytes() == CONTENT


def test_final_name_appears_only_when_whole(web: Shelf, out: Path) -> None:
    asked, go_on, seen = threading.Event(), threading.Event(), []

    class Slow(dict[str, bytes]):
        def __getitem__(self, path: str) -> bytes:
            asked.set()
            assert go_on.wait(10)
            return CONTENT

    web.files = Slow({"/file.bin": b""})
    web.cuts = [9000]

    def watch() -> None:
        assert asked.wait(10)
        seen.append((out / "file").exists())
        go_on.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    get(Source("file", web.address + "/file.bin", checksum=KNOWN), out / "file")
    watcher.join()
    assert seen == [False]
    assert (out / "file").read_bytes() == CONTENT


def test_local_file_is_copied_and_checked(tmp_path: Path, out: Path) -> None:
    original = tmp_path / "original"
    original.write_bytes(CONTENT)
    source = resolve(str(original), {})
    assert get(source, out / "file").sha256 == DIGEST
    original.write_bytes(b"edited later")
    assert (out / "file").read_bytes() == CONTENT
    with pytest.raises(ChecksumError, match=DIGEST):
        get(Source("file", str(original), checksum=KNOWN), out / "other")
    assert names(out) == {"file"}


def test_local_file_missing_on_fetch(tmp_path: Path, out: Path) -> None:
    with pytest.raises(InputError, match="cannot be read .*data folder"):
        get(Source("file", str(tmp_path / "none")), out / "file")


def test_file_that_a_user_supplies_is_described_where_it_is_missing(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "table.tsv"
    source = Source("table", str(path), citation="Doe 2020", description="RPKM by gene")
    with pytest.raises(InputError) as caught:
        get(source, out / "file")
    assert str(caught.value) == (
        "source table: the file (RPKM by gene; Doe 2020) is not there."
        f" Put it at {path}, or correct the data folder in the configuration"
    )
    path.write_bytes(CONTENT)
    assert get(source, out / "file").sha256 == DIGEST


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(CONTENT)[:-100], "damaged or cut short"),
        (gzip.compress(CONTENT)[:5000] + b"!" + gzip.compress(CONTENT)[5001:], "damaged"),
        (bgzip(CONTENT)[: -len(BGZIP_END)], "end mark is missing"),
        (b"<html>Please log in</html>", "no gzip content"),
    ],
    ids=["truncated", "altered", "bgzip block lost", "web page"],
)
def test_gzip_of_unknown_checksum_is_tested(web: Shelf, out: Path, content: bytes, message: str) -> None:
    web.files["/x.gz"] = content
    with pytest.raises(ChecksumError, match=message) as caught:
        get(Source("x", web.address + "/x.gz"), out / "x.gz")
    assert f"expected sha256 unknown, found {hashlib.sha256(content).hexdigest()}" in str(caught.value)
    assert names(out) == set()


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html>\n<title>Service unavailable</title>",
        b'\n<?xml version="1.0"?>\n<!-- x --><HTML lang="en">',
    ],
)
def test_web_page_instead_of_a_file_of_unknown_checksum(web: Shelf, out: Path, page: bytes) -> None:
    web.files |= {"/x.tsv": page, "/x.html": page}
    with pytest.raises(ChecksumError, match="a web page instead of the file"):
        get(Source("x", web.address + "/x.tsv"), out / "x.tsv")
    assert names(out) == set()
    get(Source("x", web.address + "/x.html"), out / "x.html")
    assert (out / "x.html").read_bytes() == page


def test_a_plain_file_may_get_a_final_name_of_gzip(web: Shelf, out: Path) -> None:
    """The workflow has one name for plain and compressed files; what they are is taken from the content."""
    get(Source("x", web.address + "/file.bin"), out / "x.gz")
    assert (out / "x.gz").read_bytes() == web.files["/file.bin"]


@pytest.mark.parametrize("content", [gzip.compress(CONTENT), bgzip(CONTENT)], ids=["gzip", "bgzip"])
def test_good_gzip_of_unknown_checksum(web: Shelf, out: Path, content: bytes) -> None:
    web.files["/x.gz"] = content
    get(Source("x", web.address + "/x.gz"), out / "x.gz")
    assert (out / "x.gz").read_bytes() == content


def test_nothing_is_printed_where_there_is_no_terminal(
    web: Shelf, out: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    web.files["/x.gz"] = gzip.compress(CONTENT)
    get(Source("x", web.address + "/x.gz"), out / "x.gz")
    assert capfd.readouterr() == ("", "")


# --- lock file --------------------------------------------------------------------------------------------


def test_first_fetch_locks_and_later_ones_are_held_to_it(web: Shelf, out: Path, tmp_path: Path) -> None:
    lock, url = tmp_path / "folder" / "lock.tsv", web.address + "/file.bin"
    web.modified = "Wed, 01 Jan 2020 00:00:00 GMT"
    first = get(Source("file", url), out / "file", lock=lock)
    entry = read_lock(lock)[url]
    assert (entry.sha256, entry.size, entry.id) == (DIGEST, len(CONTENT), "file")
    assert (entry.etag, entry.last_modified) == (f'"{MD5}"', web.modified)
    assert first.verified is False
    assert get(Source("other", url), out / "file", lock=lock).verified is True
    assert read_lock(lock) == {url: entry}
    changed = CONTENT[::-1]
    web.files["/file.bin"] = changed
    with pytest.raises(LockedError) as caught:
        get(Source("file", url), out / "file", lock=lock)
    assert str(caught.value) == (
        f"{url}: the file is altered or cut short; expected sha256 {DIGEST}, locked on {entry.first_seen} for"
        f" file (256,000 bytes), found {hashlib.sha256(changed).hexdigest()}. Fetch it again, or, if the"
        f" provider has released a new file, delete its line in {lock} to accept the new file"
    )
    assert (out / "file").read_bytes() == CONTENT
    assert names(out) == {"file"}
    lock.write_text(lock.read_text().splitlines()[0] + "\n")
    assert get(Source("file", url), out / "file", lock=lock).sha256 != DIGEST
    assert read_lock(lock)[url].sha256 == hashlib.sha256(changed).hexdigest()


def test_only_remote_addresses_of_unknown_checksum_are_locked(web: Shelf, out: Path, tmp_path: Path) -> None:
    lock, original = tmp_path / "lock.tsv", tmp_path / "original"
    original.write_bytes(CONTENT)
    get(Source("local", str(original)), out / "local", lock=lock)
    get(Source("known", web.address + "/file.bin", checksum=KNOWN), out / "known", lock=lock)
    assert read_lock(lock) == {}
    original.write_bytes(b"edited")
    get(Source("local", str(original)), out / "local", lock=lock)
    assert (out / "local").read_bytes() == b"edited"


def test_checksum_of_the_registry_outweighs_the_lock_file(web: Shelf, out: Path, tmp_path: Path) -> None:
    url, changed = web.address + "/file.bin", CONTENT[::-1]
    get(Source("file", url), out / "file", lock=tmp_path / "lock.tsv")
    web.files["/file.bin"] = changed
    known = f"sha256:{hashlib.sha256(changed).hexdigest()}"
    get(Source("file", url, checksum=known), out / "file", lock=tmp_path / "lock.tsv")
    assert (out / "file").read_bytes() == changed
    assert read_lock(tmp_path / "lock.tsv")[url].sha256 == DIGEST


def test_damaged_file_is_not_locked(web: Shelf, out: Path, tmp_path: Path) -> None:
    web.files["/x.gz"] = gzip.compress(CONTENT)[:-9]
    with pytest.raises(ChecksumError):
        get(Source("x", web.address + "/x.gz"), out / "x.gz", lock=tmp_path / "lock.tsv")
    assert read_lock(tmp_path / "lock.tsv") == {}


def test_interrupted_run_is_continued_where_the_address_is_locked(
    web: Shelf, out: Path, tmp_path: Path
) -> None:
    source = Source("file", web.address + "/file.bin")
    get(source, out / "first", lock=tmp_path / "lock.tsv")
    for begun in (CONTENT, b"x" * len(CONTENT)):
        web.requests.clear()
        (out / "file.part").write_bytes(begun[:7000])
        get(source, out / "file", lock=tmp_path / "lock.tsv")
        assert web.requests[0] == ("/file.bin", 7000)
        assert (out / "file").read_bytes() == CONTENT


def test_locked_file_that_broke_off_is_kept_to_be_continued(web: Shelf, out: Path, tmp_path: Path) -> None:
    source, lock = Source("file", web.address + "/file.bin"), tmp_path / "lock.tsv"
    get(source, out / "first", lock=lock)
    web.cuts, web.ranges = [5000] * 3, False
    with pytest.raises(InputError, match=r"ended after 5,000 .*Check the address") as caught:
        get(source, out / "file", lock=lock)
    assert not isinstance(caught.value, ChecksumError)
    assert names(out) == {"first", "file.part"}
    web.cuts, web.ranges = [], True
    get(source, out / "file", lock=lock)
    assert web.requests[-1] == ("/file.bin", 5000)
    assert (out / "file").read_bytes() == CONTENT


def test_changed_primary_is_not_replaced_by_a_fallback_that_nothing_vouches_for(
    web: Shelf, out: Path, tmp_path: Path
) -> None:
    web.files["/mirror"] = CONTENT
    lock, mirror = tmp_path / "lock.tsv", web.address + "/mirror"
    source = Source("file", web.address + "/file.bin", mirror)
    get(source, out / "file", lock=lock)
    web.files["/file.bin"] = CONTENT[1:]
    with pytest.raises(LockedError, match="locked on"):
        get(source, out / "file", lock=lock)
    get(Source("mirror", mirror), out / "mirror", lock=lock)  # locks the mirror too
    fetched = get(source, out / "file", lock=lock)
    assert (fetched.url, fetched.sha256) == (mirror, DIGEST)
    assert "locked on" in fetched.primary_problem


def test_remedy_of_a_changed_file_outlives_that_of_a_missing_mirror(
    web: Shelf, out: Path, tmp_path: Path
) -> None:
    lock, mirror = tmp_path / "lock.tsv", web.address + "/mirror"
    source = Source("file", web.address + "/file.bin", mirror)
    get(source, out / "file", lock=lock)
    web.files["/mirror"] = CONTENT
    get(Source("mirror", mirror), out / "mirror", lock=lock)
    del web.files["/mirror"]
    web.files["/file.bin"] = CONTENT[1:]
    with pytest.raises(
        LockedError, match=r"locked on .*/mirror: the server answers 404.* delete its line in"
    ):
        get(source, out / "file", lock=lock)


def test_fallback_is_locked_by_its_own_address(web: Shelf, out: Path, tmp_path: Path) -> None:
    lock, url = tmp_path / "lock.tsv", web.address + "/file.bin"
    get(Source("file", web.address + "/missing", url), out / "file", lock=lock)
    assert set(read_lock(lock)) == {url}


def test_malformed_lock_file_stops_before_anything_is_asked(web: Shelf, out: Path, tmp_path: Path) -> None:
    (tmp_path / "lock.tsv").write_text("something else\n")
    with pytest.raises(InputError, match=r"lock\.tsv, line 1: the header"):
        get(Source("file", web.address + "/file.bin"), out / "file", lock=tmp_path / "lock.tsv")
    assert web.requests == []


# --- BioMart ----------------------------------------------------------------------------------------------


def test_query_is_asked_and_its_stamp_cut_off(web: Shelf, out: Path, tmp_path: Path) -> None:
    table = b"Gene stable ID\tGene name\nENSG1\tA\n"
    web.files["/martservice"] = table + b"[success]\n"
    lock, url = tmp_path / "lock.tsv", web.address + "/martservice"
    source = Source("names", url, query=QUERY)
    fetched = get(source, out / "names", lock=lock)
    assert (out / "names").read_bytes() == table
    assert (fetched.url, fetched.query) == (url, QUERY)
    assert fetched.sha256 == hashlib.sha256(table).hexdigest()
    asked = parse_qs(urlsplit(web.requests[0][0]).query)
    assert asked == {"query": ["<Query><Dataset/></Query>"]}
    assert set(read_lock(lock)) == {lock_key(url, QUERY)}
    web.files["/martservice"] = table[:-1] + b"B\n[success]\n"
    get(Source("others", url, query=QUERY.replace("Dataset", "Other")), out / "others", lock=lock)
    with pytest.raises(LockedError, match="locked on .* for names"):
        get(source, out / "names", lock=lock)
    web.files["/martservice"] = b"Query ERROR: the database went away"
    with pytest.raises(InputError, match="went away"):
        get(source, out / "names", lock=lock)
    assert names(out) == {"names", "others"}


def test_error_of_a_service_is_told_without_the_query(web: Shelf, out: Path, tmp_path: Path) -> None:
    web.files["/martservice"] = b"Query ERROR: caught BioMart::Exception::Usage: Attribute x NOT FOUND\n"
    url = web.address + "/martservice"
    with pytest.raises(InputError, match="Attribute x NOT FOUND") as caught:
        get(Source("names", url, query=QUERY), out / "names", lock=tmp_path / "lock.tsv")
    assert caught.value.where == url
    web.statuses = [500, 500]
    with pytest.raises(InputError, match="the server answers 500") as caught:
        get(Source("names", url, query=QUERY), out / "names")
    assert "Dataset" not in str(caught.value)
    assert names(out) == set()
    assert read_lock(tmp_path / "lock.tsv") == {}


def test_mirror_of_a_service_is_asked_the_same(web: Shelf, out: Path) -> None:
    web.files |= {"/busy": b"<html>busy</html>", "/mirror": b"a\nb\n[success]\n"}
    source = Source("names", web.address + "/busy", web.address + "/mirror", query=QUERY)
    fetched = get(source, out / "names")
    assert (out / "names").read_bytes() == b"a\nb\n"
    assert "web page" in fetched.primary_problem
    assert [urlsplit(path).query for path, _ in web.requests][0] == urlsplit(web.requests[1][0]).query


def test_reply_of_a_service_is_never_continued_from_an_earlier_run(
    web: Shelf, out: Path, tmp_path: Path
) -> None:
    web.files["/martservice"] = b"a\nb\n[success]\n"
    source = Source("names", web.address + "/martservice", query=QUERY)
    for _ in range(2):  # the second time the checksum is locked
        out.mkdir(exist_ok=True)
        (out / "names.part").write_bytes(b"a\n")
        get(source, out / "names", lock=tmp_path / "lock.tsv")
    assert [start for _, start in web.requests] == [0, 0]
