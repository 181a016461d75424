"""The stage that fetches: what a workflow calls."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import Shelf, http_server

from xpresso_core.errors import InputError
from xpresso_core.reference import check_places, describe, fetch_described, fetch_genome, local_file
from xpresso_core.sources_lock import read_lock
from xpresso_core.sources_registry import DATA_DIR_VARIABLE, Source

FASTA = b">chr1\nACGTACGTAC\nGTNN\n"
REGISTRY = {
    "known": Source("known", "{data_dir}/a.gz", checksum="sha256:" + "0" * 64),
    "supplied": Source("supplied", "{data_dir}/a.gz", citation="Doe 2020", description="RPKM by gene"),
    "names": Source("names", "https://example.org/m", query="<Query/>", used_by="reference,promoters"),
}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def web() -> Iterator[Shelf]:
    with http_server() as shelf:
        yield shelf


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_description_is_plain_and_makes_the_source_again() -> None:
    description = describe("names", REGISTRY)
    assert json.loads(json.dumps(description)) == description
    assert description["query"] == "<Query/>"
    row = REGISTRY["names"]
    assert Source(**description) == Source(row.id, row.url, row.fallback_url, row.query, row.checksum)
    assert describe("here/b.gz", REGISTRY) == {"id": "here/b.gz"}


def test_corrected_words_do_not_change_what_is_fetched_and_other_bytes_do() -> None:
    words = {"used_by": "reference", "licence": "CC0", "citation": "Roe 2021", "description": "Other words"}
    assert describe("names", {"names": replace(REGISTRY["names"], **words)}) == describe("names", REGISTRY)
    other = {"names": replace(REGISTRY["names"], checksum="md5:" + "0" * 32)}
    assert describe("names", other) != describe("names", REGISTRY)


def test_the_record_has_the_words_of_the_registry(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"a"))
    fetch_described(describe("supplied", REGISTRY), tmp_path / "x", tmp_path, registry=REGISTRY)
    record = json.loads((tmp_path / "x.source.json").read_text())
    assert (record["citation"], record["licence"]) == (
        REGISTRY["supplied"].citation,
        REGISTRY["supplied"].licence,
    )


def test_an_edited_local_file_is_told_from_one_that_a_checksum_vouches_for(tmp_path: Path) -> None:
    (tmp_path / "a.gz").touch()
    assert local_file(describe("known", REGISTRY), tmp_path) is None
    assert local_file(describe("supplied", REGISTRY), tmp_path) == f"{tmp_path}/a.gz"
    assert local_file(describe("names", REGISTRY), tmp_path) is None
    assert local_file(describe("here/b.gz", REGISTRY), tmp_path) == "here/b.gz"
    assert local_file(describe("{data_dir}/b.gz", REGISTRY), tmp_path) == f"{tmp_path}/b.gz"
    assert local_file(describe("https://example.org/b.gz", REGISTRY), tmp_path) is None


def test_planning_needs_neither_the_data_folder_nor_a_supplied_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(DATA_DIR_VARIABLE, raising=False)
    supplied = describe("supplied", REGISTRY)
    assert local_file(supplied, None) is None
    assert local_file(supplied, tmp_path) is None
    with pytest.raises(InputError, match="data folder, and that is not set"):
        local_file(describe("{data_dir}/b.gz", REGISTRY), None)
    with pytest.raises(InputError, match=r"RPKM by gene; Doe 2020.* that is not set\. Set data_dir"):
        fetch_described(supplied, tmp_path / "out" / "x", None, registry=REGISTRY)
    with pytest.raises(InputError, match=rf"RPKM by gene; Doe 2020.*Put it at {tmp_path}/a\.gz"):
        fetch_described(supplied, tmp_path / "out" / "x", tmp_path, registry=REGISTRY)
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path))
    (tmp_path / "a.gz").touch()
    assert local_file(supplied, None) == f"{tmp_path}/a.gz"


def test_places_are_checked_by_their_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_DIR_VARIABLE, raising=False)
    (tmp_path / "genome.fa").touch()
    good = {
        "species.human.genome": str(tmp_path / "genome.fa"),
        "species.human.annotation": "https://example.org/genes.gtf.gz",
        "species.human.tables.own": "supplied",
    }
    check_places(good, REGISTRY, None)
    with pytest.raises(InputError, match="'supplid' is no .*Did you mean 'supplied'") as caught:
        check_places(good | {"species.human.tables.own": "supplid"}, REGISTRY, None)
    assert caught.value.where == "species.human.tables.own"
    with pytest.raises(InputError, match="that is not set") as caught:
        check_places({"reporters.sure.signal": "{data_dir}/x.bw"}, REGISTRY, None)
    assert caught.value.where == "reporters.sure.signal"


def test_file_and_record(web: Shelf, out: Path, tmp_path: Path) -> None:
    web.files["/x.tsv"] = b"a\tb\n"
    url = web.address + "/x.tsv"
    fetch_described({"id": url}, out / "x.tsv", None, lock_path=tmp_path / "lock.tsv")
    assert names(out) == {"x.tsv", "x.tsv.source.json"}
    record = json.loads((out / "x.tsv.source.json").read_text())
    assert (record["url"], record["sha256"]) == (url, read_lock(tmp_path / "lock.tsv")[url].sha256)


def test_genome_is_unpacked_and_its_lock_is_that_of_the_packed_file(
    web: Shelf, out: Path, tmp_path: Path
) -> None:
    web.files["/genome.fa.gz"] = gzip.compress(FASTA)
    url = web.address + "/genome.fa.gz"
    fetch_genome({"id": url}, out / "genome.fa", None, lock_path=tmp_path / "lock.tsv")
    assert (out / "genome.fa").read_bytes() == FASTA
    assert names(out) == {"genome.fa", "genome.fa.fai", "genome.fa.source.json"}
    assert read_lock(tmp_path / "lock.tsv")[url].size == len(web.files["/genome.fa.gz"])
    assert json.loads((out / "genome.fa.source.json").read_text())["path"] == str(out / "genome.fa")


def test_genome_that_is_none_leaves_nothing(web: Shelf, out: Path) -> None:
    web.files["/genome.fa.gz"] = gzip.compress(b"ACGT\n")
    with pytest.raises(InputError, match="not FASTA"):
        fetch_genome({"id": web.address + "/genome.fa.gz"}, out / "genome.fa", None)
    assert names(out) == set()
