"""Queries at the door, and replies checked to their last line."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs
from xml.etree import ElementTree

import pytest

from xpresso_core.biomart import accept_reply, compact, encode, read_query
from xpresso_core.errors import InputError

QUERY = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE Query>
<!-- Names of genes;
     asked for & read by the stage reference -->
<Query  virtualSchemaName="default" formatter="TSV"
        header="1" uniqueRows="1" completionStamp="1">
  <Dataset name="hsapiens_gene_ensembl" interface="default">
    <Filter name="biotype" value="protein_coding"/>
    <Attribute name="ensembl_gene_id"/>
    <Attribute name="external_gene_name"/>
  </Dataset>
</Query>
"""
SERVICE = "https://example.org/biomart/martservice"
TABLE = b"Gene stable ID\tGene name\nENSG1\tA\nENSG2\tB\n"


def outline(text: str) -> list[tuple[str, dict[str, str]]]:
    return [(element.tag, element.attrib) for element in ElementTree.fromstring(text).iter()]


def test_query_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "q.xml").write_text(QUERY)
    assert read_query(tmp_path / "q.xml") == QUERY


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('completionStamp="1"', "", 'needs completionStamp="1", which is missing'),
        ('completionStamp="1"', 'completionStamp="0"', "completionStamp=\"1\", which is '0'"),
        ('header="1"', 'header="0"', "header=\"1\", which is '0'"),
        ('formatter="TSV"', 'formatter="FASTA"', "formatter=\"TSV\", which is 'FASTA'"),
        ("Attribute", "Column", "asks for no Attribute"),
        ("Query ", "Question ", "not XML"),
        (QUERY, "<html></html>", "outermost element is 'html'"),
        (QUERY, "", "not XML"),
    ],
)
def test_query_that_could_not_be_trusted(tmp_path: Path, old: str, new: str, message: str) -> None:
    (tmp_path / "q.xml").write_text(QUERY.replace(old, new))
    with pytest.raises(InputError, match=message) as caught:
        read_query(tmp_path / "q.xml")
    assert caught.value.where.startswith(str(tmp_path / "q.xml"))
    assert "completionStamp" in caught.value.remedy


def test_line_of_bad_xml_is_told(tmp_path: Path) -> None:
    (tmp_path / "q.xml").write_text(QUERY.replace("</Dataset>", "</Data>"))
    with pytest.raises(InputError) as caught:
        read_query(tmp_path / "q.xml")
    assert caught.value.where == f"{tmp_path}/q.xml, line 11"


def test_compact_query_means_the_same() -> None:
    text = compact(QUERY)
    assert "\n" not in text
    assert "  " not in text
    assert "<!--" not in text
    assert outline(text) == outline(QUERY)
    assert compact(text) == text
    assert compact(QUERY.replace("\n", "\r\n    ")) == text


def test_encoded_query_is_one_parameter() -> None:
    assert set(encode(QUERY)).isdisjoint(' \n"<>&#?+')
    assert parse_qs(encode(QUERY), strict_parsing=True) == {"query": [compact(QUERY)]}


@pytest.mark.parametrize("end", [b"[success]\n", b"[success]", b"[success]\r\n", b"[success]\n\n"])
def test_stamp_is_cut_off(tmp_path: Path, end: bytes) -> None:
    (tmp_path / "x").write_bytes(TABLE + end)
    accept_reply(tmp_path / "x", SERVICE)
    assert (tmp_path / "x").read_bytes() == TABLE


def test_stamp_at_the_end_of_a_long_table(tmp_path: Path) -> None:
    table = TABLE + b"ENSG3\t[success]\n" * 10_000
    (tmp_path / "x").write_bytes(table + b"[success]\n")
    accept_reply(tmp_path / "x", SERVICE)
    assert (tmp_path / "x").read_bytes() == table


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (
            b"Query ERROR: caught BioMart::Exception::Usage:\n Attribute x NOT FOUND\n",
            "the service answers 'Query ERROR: caught BioMart::Exception::Usage:'",
        ),
        (b"Query ERROR: " + b"x" * 5000, r"x{187}\.\.\.'"),
        (b"\n<!DOCTYPE html>\n<title>Unavailable</title>\n", "with a web page instead of a table"),
        (b"<html><body>[success]\n", "with a web page instead of a table"),
        (TABLE, r"the reply of 41 bytes lacks its completion stamp; it ends with 'ENSG2 B'"),
        (TABLE + b"ENSG3\t[success]", "lacks its completion stamp"),
        (TABLE + b"[success]\nENSG3\tC\n", "lacks its completion stamp"),
        (TABLE + b"ERROR: the database went away\n", "ends with 'ERROR: the database went away'"),
        (b"", "the reply of 0 bytes lacks its completion stamp"),
        (b"[success]\n", "a table without rows"),
        (b"Gene stable ID\tGene name\n[success]\n", "a table without rows"),
    ],
    ids=[
        "error",
        "long error",
        "page",
        "page with stamp",
        "cut",
        "cut in row",
        "more",
        "late",
        "none",
        "bare",
        "empty",
    ],
)
def test_reply_that_is_no_table(tmp_path: Path, reply: bytes, message: str) -> None:
    (tmp_path / "x").write_bytes(reply)
    with pytest.raises(InputError, match=message) as caught:
        accept_reply(tmp_path / "x", SERVICE)
    assert caught.value.where == SERVICE
    assert "\n" not in str(caught.value)
    assert "Try again later" in str(caught.value)
    assert (tmp_path / "x").read_bytes() == reply


def test_every_cut_of_a_reply_is_noticed(tmp_path: Path) -> None:
    whole = TABLE + b"[success]\n"
    for length in range(len(whole) - 1):
        (tmp_path / "x").write_bytes(whole[:length])
        with pytest.raises(InputError, match="lacks its completion stamp"):
            accept_reply(tmp_path / "x", SERVICE)
