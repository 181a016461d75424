"""The registry of sources, checked as it is read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from xpresso_core.errors import InputError
from xpresso_core.sources import fetch, resolve
from xpresso_core.sources_registry import COLUMNS, STAGES, UNKNOWN, Source, checksum_of, read_registry

ROOT = Path(__file__).resolve().parents[1]
DIGEST = hashlib.sha256(b"x").hexdigest()
ROW = {
    "id": "peaks",
    "url": "https://example.org/peaks.bb",
    "fallback_url": "",
    "query": "",
    "checksum": UNKNOWN,
    "release": "1",
    "licence": "CC0",
    "citation": "Doe 2020",
    "used_by": "reference",
    "description": "Peaks",
}
QUERY = """\
<Query completionStamp="1" formatter="TSV" header="1">
  <Dataset name="d"><Attribute name="a"/></Dataset>
</Query>
"""


def write_registry(path: Path, *rows: dict[str, str], header: tuple[str, ...] = COLUMNS) -> Path:
    lines = ["\t".join(header), *("\t".join((ROW | row).values()) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_columns() -> None:
    assert " ".join(COLUMNS) == (
        "id url fallback_url query checksum release licence citation used_by description"
    )


def test_registry_is_read(tmp_path: Path) -> None:
    md5 = "A" * 32
    path = write_registry(
        tmp_path / "s.tsv",
        {},
        {"id": "b", "checksum": "sha256:" + DIGEST.upper(), "url": "{data_dir}/b"},
        {"id": "c", "checksum": "md5:" + md5, "used_by": ", ".join(STAGES)},
    )
    registry = read_registry(path)
    assert list(registry) == ["peaks", "b", "c"]
    assert registry["peaks"] == Source(**ROW)
    assert registry["b"].checksum == "sha256:" + DIGEST
    assert registry["c"].checksum == "md5:" + md5.lower()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": ""}, "id is empty"),
        ({"licence": " "}, "licence is empty"),
        ({"citation": ""}, "citation is empty"),
        ({"used_by": ""}, "used_by is empty"),
        ({"id": "two words"}, "may hold only letters"),
        ({"id": "peaks"}, "id 'peaks' occurs twice"),
        ({"checksum": "abc"}, "checksum 'abc' is none of"),
        ({"checksum": DIGEST}, "is none of sha256:<64 hexadecimal digits>, md5:<32> and 'unknown'"),
        ({"checksum": "sha256:" + "g" * 64}, "is none of"),
        ({"checksum": "md5:" + DIGEST}, "is none of"),
        ({"url": "s3://bucket/x"}, "url 's3://bucket/x' is no"),
        ({"url": "relative/x"}, "url 'relative/x' is no"),
        ({"url": "{folder}/x"}, "is no http"),
        ({"fallback_url": "nowhere"}, "fallback_url 'nowhere' is no"),
        (
            {"query": "q.xml", "url": "ftp://example.org/x"},
            r"url 'ftp://example.org/x' is no http\(s\) address",
        ),
        ({"query": "q.xml", "url": "https://example.org/m?type=x"}, "BioMart service, which may not hold"),
        ({"query": "q.xml", "fallback_url": "{data_dir}/x"}, "fallback_url .* is no .* BioMart service"),
        ({"used_by": "reference,promotors"}, "'promotors', which is no stage .did you mean 'promoters'"),
        ({"used_by": "reference,"}, "names '', which is no stage .stages are reference, promoters"),
        ({"description": "a\tb"}, "11 columns instead of 10"),
    ],
)
def test_registry_error_names_file_and_line(tmp_path: Path, row: dict[str, str], message: str) -> None:
    path = write_registry(tmp_path / "s.tsv", {}, {"id": "other"} | row)
    with pytest.raises(InputError, match=message) as caught:
        read_registry(path)
    assert caught.value.where == f"{path}, line 3"
    assert "fallback_url" in caught.value.remedy


def test_query_is_read_from_the_registrys_folder(tmp_path: Path) -> None:
    (tmp_path / "biomart").mkdir()
    (tmp_path / "biomart" / "q.xml").write_text(QUERY)
    path = write_registry(tmp_path / "s.tsv", {"query": "biomart/q.xml"})
    assert read_registry(path)["peaks"].query == QUERY


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (None, "q.xml", "the query cannot be read .No such file"),
        ("<Query>\n<a>\n</Query>", "q.xml, line 3", "the query is not XML"),
        (QUERY.replace('header="1"', ""), "q.xml", "needs header"),
    ],
)
def test_query_error_names_both_files(tmp_path: Path, text: str | None, place: str, message: str) -> None:
    if text is not None:
        (tmp_path / "q.xml").write_text(text)
    path = write_registry(tmp_path / "s.tsv", {}, {"id": "names", "query": "q.xml"})
    with pytest.raises(InputError, match=message) as caught:
        read_registry(path)
    assert caught.value.where == f"{path}, line 3, query {tmp_path}/{place}"
    assert caught.value.remedy


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


def test_checksums_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    assert checksum_of(tmp_path / "x", "sha256") == f"sha256:{DIGEST}"
    assert checksum_of(tmp_path / "x", "md5") == "md5:9dd4e461268c8034f5c8564e155c67a6"  # md5sum


def test_shipped_registry_is_valid() -> None:
    registry = read_registry(ROOT / "config" / "sources.tsv")
    mini = [source for name, source in registry.items() if name.startswith("human_mini_")]
    assert mini
    assert all(source.url.startswith("{data_dir}/") and source.checksum != UNKNOWN for source in mini)


@pytest.mark.real
def test_shipped_checksums_are_those_of_the_real_data(real_data: Path, tmp_path: Path) -> None:
    registry = read_registry(ROOT / "config" / "sources.tsv")
    for name in (name for name in registry if name.startswith("human_mini_")):
        fetched = fetch(resolve(name, registry, real_data), tmp_path / name)
        assert fetched.verified
        assert f"sha256:{fetched.sha256}" == registry[name].checksum
        assert fetched.size == Path(fetched.url).stat().st_size
