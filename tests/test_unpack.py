"""Compressed files, whole and damaged, and genomes from them."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pyfaidx
import pytest
from Bio import bgzf

from xpresso_core.errors import InputError
from xpresso_core.unpack import BGZIP_END, check_gzip, content, decompress_fasta, is_web_page

FASTA = b">chr1 first\nACGTACGTAC\nGTNN\n>chr2\nTTTT\n"
TEXT = bytes(range(256)) * 10_000


def bgzip(content: bytes) -> bytes:
    packed = io.BytesIO()
    writer = bgzf.BgzfWriter(fileobj=packed)
    for start in range(0, len(content), 60_000):  # a block holds 64 kB, compressed or not
        writer.write(content[start : start + 60_000])
        writer.flush()
    return packed.getvalue() + BGZIP_END


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bgzip], ids=["plain", "gzip", "bgzip"])
def test_content_in_blocks(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / "x").write_bytes(pack(TEXT))
    blocks = list(content(tmp_path / "x", "x"))
    assert b"".join(blocks) == TEXT
    assert len(blocks) > 1


def test_every_cut_of_a_bgzip_file_is_noticed(tmp_path: Path) -> None:
    packed = bgzip(FASTA)
    for length in range(2, len(packed)):
        (tmp_path / "x").write_bytes(packed[:length])
        with pytest.raises(InputError, match="cut short"):
            check_gzip(tmp_path / "x", "x")
    (tmp_path / "x").write_bytes(packed)
    check_gzip(tmp_path / "x", "x")


def test_gzip_whose_stored_name_looks_like_bgzip(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with gzip.GzipFile("abBC.txt", "wb", fileobj=packed) as handle:
        handle.write(TEXT)
    assert packed.getvalue()[12:14] == b"BC"
    (tmp_path / "x").write_bytes(packed.getvalue())
    check_gzip(tmp_path / "x", "x")


def test_gzip_in_name_only(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(b"<html>")
    with pytest.raises(InputError, match="no gzip content"):
        check_gzip(tmp_path / "x.gz", "x")


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b"<!DOCTYPE html>", True),
        (b"\xef\xbb\xbf\r\n <!doctype HTML PUBLIC", True),
        (b'<?xml version="1.0"?>\n<!-- a --><!-- b -->\n<html xmlns="x">', True),
        (b"<htmlish>", False),
        (b"<!-- x -->" * 200 + b"<html>", False),  # too far from the start
        (b'<?xml version="1.0"?><Query>', False),
        (b">chr1 <html>\nACGT", False),
        (b"", False),
        pytest.param(gzip.compress(b"<html>"), False, id="gzip"),  # a name without the time in it
    ],
)
def test_web_page(tmp_path: Path, start: bytes, expected: bool) -> None:
    (tmp_path / "x").write_bytes(start)
    assert is_web_page(tmp_path / "x") is expected


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bgzip], ids=["plain", "gzip", "bgzip"])
def test_fasta_is_decompressed_and_indexed(tmp_path: Path, out: Path, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / "source").write_bytes(pack(FASTA))
    decompress_fasta(tmp_path / "source", out / "genome.fa")
    assert names(out) == {"genome.fa", "genome.fa.fai"}
    assert (out / "genome.fa").read_bytes() == FASTA
    # name, length, offset of the first base, bases and bytes per line (samtools faidx)
    assert (out / "genome.fa.fai").read_text() == "chr1\t14\t12\t10\t11\nchr2\t4\t34\t4\t5\n"
    assert (out / "genome.fa.fai").stat().st_mtime_ns >= (out / "genome.fa").stat().st_mtime_ns
    with pyfaidx.Fasta(str(out / "genome.fa"), build_index=False) as genome:
        assert str(genome["chr1"][8:12]) == "ACGT"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(FASTA)[:-9], "damaged or cut short"),
        (bgzip(FASTA)[: -len(BGZIP_END)], "end mark is missing"),
        (b">a\nACGT\nAC\nACGT\n", "cannot|can be indexed"),
        (b">a\nACGT\n>a\nACGT\n", "Duplicate"),
        (b"ACGT\n", "not FASTA"),
        (b"", "no sequence|not FASTA"),
        (b"\x00\xff\xfe", "not FASTA"),
    ],
    ids=["gzip cut", "bgzip cut", "ragged", "twice", "no header", "empty", "binary"],
)
def test_bad_fasta_is_refused_whole(tmp_path: Path, out: Path, content: bytes, message: str) -> None:
    (tmp_path / "source.fa").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        decompress_fasta(tmp_path / "source.fa", out / "genome.fa")
    assert caught.value.where == str(tmp_path / "source.fa")
    assert names(out) == set()


def test_missing_fasta(tmp_path: Path, out: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        decompress_fasta(tmp_path / "none.fa", out / "genome.fa")
