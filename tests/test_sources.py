"""The registry of sources, and files that arrive whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from Bio import bgzf
from loopback import Shelf, ftp_server, http_server

from xpresso_core.errors import ChecksumError, InputError
from xpresso_core.reference import describe, local_file
from xpresso_core.sources import (
    COLUMNS,
    DATA_DIR_VARIABLE,
    UNKNOWN,
    Fetched,
    Source,
    fetch,
    read_registry,
    resolve,
)
from xpresso_core.unpack import BGZIP_END

ROOT = Path(__file__).resolve().parents[1]
CONTENT = b"".join(hashlib.sha256(bytes([turn % 256, turn // 256])).digest() for turn in range(8000))
DIGEST = hashlib.sha256(CONTENT).hexdigest()
ROW = {
    "id": "peaks",
    "url": "https://example.org/peaks.bb",
    "fallback_url": "",
    "sha256": UNKNOWN,
    "release": "1",
    "licence": "CC0",
    "description": "Peaks",
}


def write_registry(path: Path, *rows: dict[str, str], header: tuple[str, ...] = COLUMNS) -> Path:
    lines = ["\t".join(header), *("\t".join((ROW | row).values()) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def bgzip(content: bytes) -> bytes:
    packed = io.BytesIO()
    writer = bgzf.BgzfWriter(fileobj=packed)
    for start in range(0, len(content), 60_000):  # a block holds 64 kB, compressed or not
        writer.write(content[start : start + 60_000])
        writer.flush()
    return packed.getvalue() + BGZIP_END


def get(source: Source, target: Path) -> Fetched:
    return fetch(source, target, retries=1, backoff=0.0, timeout=5.0)


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


# --- registry ---------------------------------------------------------------------------------------------


def test_registry_is_read(tmp_path: Path) -> None:
    path = write_registry(
        tmp_path / "s.tsv", {}, {"id": "b", "sha256": DIGEST.upper(), "url": "{data_dir}/b"}
    )
    registry = read_registry(path)
    assert list(registry) == ["peaks", "b"]
    assert registry["peaks"] == Source(**ROW)
    assert registry["b"].sha256 == DIGEST


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": ""}, "id is empty"),
        ({"licence": " "}, "licence is empty"),
        ({"id": "two words"}, "may hold only letters"),
        ({"id": "peaks"}, "id 'peaks' occurs twice"),
        ({"sha256": "abc"}, "sha256 'abc' is neither"),
        ({"sha256": "g" * 64}, "is neither"),
        ({"url": "s3://bucket/x"}, "url 's3://bucket/x' is no"),
        ({"url": "relative/x"}, "url 'relative/x' is no"),
        ({"url": "{folder}/x"}, "is no http"),
        ({"fallback_url": "nowhere"}, "fallback_url 'nowhere' is no"),
        ({"description": "a\tb"}, "8 columns instead of 7"),
    ],
)
def test_registry_error_names_file_and_line(tmp_path: Path, row: dict[str, str], message: str) -> None:
    path = write_registry(tmp_path / "s.tsv", {}, {"id": "other"} | row)
    with pytest.raises(InputError, match=message) as caught:
        read_registry(path)
    assert caught.value.where == f"{path}, line 3"
    assert "fallback_url" in caught.value.remedy


def test_registry_with_another_header(tmp_path: Path) -> None:
    path = write_registry(tmp_path / "s.tsv", {}, header=("id", "address"))
    with pytest.raises(InputError, match=r"line 1: the header reads 'id address'"):
        read_registry(path)


def test_registry_empty_or_missing(tmp_path: Path) -> None:
    assert read_registry(write_registry(tmp_path / "s.tsv")) == {}
    (tmp_path / "s.tsv").write_text("")
    with pytest.raises(InputError, match="line 1: the header reads ''"):
        read_registry(tmp_path / "s.tsv")
    with pytest.raises(InputError, match="cannot be read"):
        read_registry(tmp_path / "none.tsv")
    (tmp_path / "s.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        read_registry(tmp_path / "s.tsv")


def test_shipped_registry_is_valid() -> None:
    registry = read_registry(ROOT / "config" / "sources.tsv")
    local = {name for name, source in registry.items() if source.url.startswith("{data_dir}/human_mini/")}
    assert local == {name for name in registry if name.startswith("human_mini_")}
    assert all(registry[name].sha256 != UNKNOWN for name in local)


@pytest.mark.real
def test_shipped_checksums_are_those_of_the_real_data(real_data: Path, out: Path) -> None:
    registry = read_registry(ROOT / "config" / "sources.tsv")
    for name in (name for name in registry if name.startswith("human_mini_")):
        fetched = get(resolve(name, registry, real_data), out / name)
        assert fetched.verified
        assert fetched.sha256 == registry[name].sha256
        assert fetched.size == Path(fetched.url).stat().st_size


# --- resolve ----------------------------------------------------------------------------------------------


def test_id_address_and_path(tmp_path: Path) -> None:
    registry = {"peaks": Source(**ROW)}
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


def test_unknown_id_gets_a_suggestion() -> None:
    registry = {"human_mini_genome": Source("human_mini_genome", "/x"), "peaks": Source(**ROW)}
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
    fetched = get(Source("file", url, sha256=DIGEST, release="7", licence="CC0"), out / "a" / "file.bin")
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


def test_fetch_by_ftp(out: Path) -> None:
    with ftp_server() as shelf:
        shelf.files["/pub/file.bin"] = CONTENT
        shelf.cuts = [1000]
        fetched = get(Source("file", shelf.address + "/pub/file.bin", sha256=DIGEST), out / "file")
        assert shelf.requests == [("/pub/file.bin", 0), ("/pub/file.bin", 1000)]
    assert fetched.sha256 == DIGEST


def test_altered_byte_is_refused(web: Shelf, out: Path) -> None:
    altered = bytes([CONTENT[0] ^ 1]) + CONTENT[1:]
    web.files["/file.bin"] = altered
    with pytest.raises(ChecksumError) as caught:
        get(Source("file", web.address + "/file.bin", sha256=DIGEST), out / "file")
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
        get(Source("file", web.address + "/file.bin", sha256=DIGEST), out / "file")
    assert hashlib.sha256(CONTENT[:5000]).hexdigest() in str(caught.value)
    assert names(out) == set()


def test_broken_off_without_checksum_leaves_nothing(web: Shelf, out: Path) -> None:
    web.cuts, web.ranges = [5000] * 9, False
    with pytest.raises(InputError, match="ended after 5,000 of 256,000 bytes"):
        get(Source("file", web.address + "/file.bin"), out / "file")
    assert names(out) == set()


def test_fallback_after_the_primary(web: Shelf, out: Path) -> None:
    fallback = web.address + "/file.bin"
    for primary in ("/missing", "/altered"):
        web.files["/altered"] = CONTENT[1:]
        fetched = get(Source("file", web.address + primary, fallback, DIGEST), out / "file")
        assert (fetched.url, fetched.sha256) == (fallback, DIGEST)
        assert ("404" if primary == "/missing" else "altered") in fetched.primary_problem


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
        get(Source("file", web.address + "/altered", web.address + "/missing", DIGEST), out / "file")
    assert caught.value.remedy
    with pytest.raises(InputError, match=r"/no: .*404.*/missing: .*404"):
        get(Source("file", web.address + "/no", web.address + "/missing", DIGEST), out / "file")


def test_interrupted_run_is_continued(web: Shelf, out: Path) -> None:
    out.mkdir()
    (out / "file.part").write_bytes(CONTENT[:7000])
    get(Source("file", web.address + "/file.bin", sha256=DIGEST), out / "file")
    assert web.requests == [("/file.bin", 7000)]
    assert (out / "file").read_bytes() == CONTENT
    assert names(out) == {"file"}


def test_foreign_part_is_found_out_and_fetched_again(web: Shelf, out: Path) -> None:
    out.mkdir()
    (out / "file.part").write_bytes(b"x" * 7000)
    get(Source("file", web.address + "/file.bin", sha256=DIGEST), out / "file")
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
        get(Source("file", web.address + "/file.bin", sha256=DIGEST), out / "file")
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
    source = Source("file", web.address + "/file.bin", sha256=DIGEST)
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
    get(Source("file", web.address + "/file.bin", sha256=DIGEST), out / "file")
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
        get(Source("file", str(original), sha256=DIGEST), out / "other")
    assert names(out) == {"file"}


def test_local_file_missing_on_fetch(tmp_path: Path, out: Path) -> None:
    with pytest.raises(InputError, match="cannot be read .*data folder"):
        get(Source("file", str(tmp_path / "none")), out / "file")


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


def test_a_plain_file_may_get_a_final_name_of_gzip(web: Shelf, out: Path) -> None:
    """The workflow has one name for plain and compressed files; what they are is taken from the content."""
    get(Source("x", web.address + "/file.bin"), out / "x.gz")
    assert (out / "x.gz").read_bytes() == web.files["/file.bin"]


def test_an_edited_local_file_is_told_from_one_that_a_checksum_vouches_for(tmp_path: Path) -> None:
    registry = {
        "known": Source("known", "{data_dir}/a.gz", sha256="0" * 64),
        "unknown": Source("unknown", "{data_dir}/a.gz"),
    }
    assert local_file(describe("known", registry), tmp_path) is None
    assert local_file(describe("unknown", registry), tmp_path) == f"{tmp_path}/a.gz"
    assert local_file(describe("here/b.gz", registry), tmp_path) == "here/b.gz"
    assert local_file(describe("https://example.org/b.gz", registry), tmp_path) is None


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
