"""Codes and letters, strands, placing, FASTA."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from xpresso_core import sequence
from xpresso_core.errors import InputError
from xpresso_core.sequence import decode, encode, one_hot, place, read_fasta, reverse_complement


def test_letters_become_codes_and_come_back() -> None:
    assert encode("ACGTNacgtuRy").tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 3, 4, 4]
    assert decode(encode("ACGTNacgtuRy")) == "ACGTNACGTTNN"


@pytest.mark.parametrize("bad", ["AC-T", "AC T", "ACé", "AC1"])
def test_what_is_not_dna_is_named_with_its_position(bad: str) -> None:
    with pytest.raises(InputError, match=r"position 3 is not a DNA letter"):
        encode(bad, where="record 'x'")


def test_reverse_complement_is_its_own_inverse() -> None:
    codes = np.random.default_rng(1).integers(0, 5, size=(3, 101)).astype(np.uint8)
    assert decode(reverse_complement(encode("AACGTN"))) == "NACGTT"
    np.testing.assert_array_equal(reverse_complement(reverse_complement(codes)), codes)


def test_one_hot_of_the_reverse_complement_is_the_flip_of_both_axes() -> None:
    codes = encode("ACGTNNGATTACA")
    np.testing.assert_array_equal(one_hot(reverse_complement(codes)), one_hot(codes)[::-1, ::-1])
    assert one_hot(encode("N")).sum() == 0


@pytest.mark.parametrize(
    ("text", "tss", "expected"),
    [
        ("ACGT", 2, "NACGTNNN"),
        ("ACGTACGTACGT", 6, "TACGTACG"),
        ("ACGT", 20, "NNNNNNNN"),
        ("ACGT", -9, "NNNNNNNN"),
        ("ACGTA", 0, "NNNACGTA"),
    ],
)
def test_place_puts_the_tss_on_its_index(text: str, tss: int, expected: str) -> None:
    assert decode(place(encode(text), tss, upstream=3, downstream=5)) == expected


def test_fasta_is_read_plain_and_compressed(tmp_path: Path) -> None:
    text = ">a one two\nACGT\nacgt\n\n>b\nNNNN\r\n"
    (tmp_path / "x.fa").write_text(text)
    with gzip.open(tmp_path / "x.fa.gz", "wt") as handle:
        handle.write(text)
    for name in ("x.fa", "x.fa.gz"):
        records = [(name, decode(codes)) for name, codes in read_fasta(tmp_path / name)]
        assert records == [("a", "ACGTACGT"), ("b", "NNNN")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no sequence"),
        ("ACGT\n", "comes before the first '>'"),
        (">\nACGT\n", "line 1 has no name"),
        (">a\nAC\n>a\nAC\n", "'a' occurs twice"),
        (">a\n>b\nAC\n", "has no sequence"),
        (">a\nAC!T\n", "position 3 is not a DNA letter"),
    ],
)
def test_bad_fasta_gets_one_clear_message(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.fa").write_text(text)
    with pytest.raises(InputError, match=message):
        list(read_fasta(tmp_path / "x.fa"))


def test_a_truncated_gzip_is_refused(tmp_path: Path) -> None:
    data = gzip.compress(b">a\n" + bytes(np.random.default_rng(0).choice(list(b"ACGT"), 5000)) + b"\n")
    (tmp_path / "x.fa.gz").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="damaged or cut short"):
        list(read_fasta(tmp_path / "x.fa.gz"))


@pytest.mark.parametrize("block", [1, 2, 7, 64, 1 << 17])
def test_blocks_and_line_ends_change_nothing(
    tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines of any length, N and lower case among them, CRLF, blank lines, no newline at the end."""
    monkeypatch.setattr(sequence, "_BLOCK", block)
    random = np.random.default_rng(block)
    records, text = [], "\n\n"
    for number in range(40):
        letters = "".join(random.choice(list("ACGTacgtNn"), size=random.integers(1, 300)))
        width, end = int(random.integers(1, 90)), str(random.choice(["\n", "\r\n", " \n", "\n\n"]))
        lines = [letters[start : start + width] for start in range(0, len(letters), width)]
        text += f">r{number} of > one{end}" + "".join(line + end for line in lines)
        records.append((f"r{number}", decode(encode(letters))))
    (tmp_path / "x.fa").write_text(text.rstrip())
    assert [(name, decode(codes)) for name, codes in read_fasta(tmp_path / "x.fa")] == records
    (tmp_path / "y.fa").write_text(text + ">r3\nA\n")
    with pytest.raises(InputError, match=f"'r3' occurs twice \\(line {1 + text.count(chr(10))}\\)"):
        list(read_fasta(tmp_path / "y.fa"))


def test_codes_may_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "x.fa").write_text(">a\nACGT\n")
    for codes in (encode("ACGT"), encode(b"ACGT"), next(read_fasta(tmp_path / "x.fa"))[1]):
        codes[0] = 3
        assert decode(codes) == "TCGT"


def test_records_may_be_empty_where_that_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "x.fa").write_text(">a\n>b\nAC\n>c two words\n\n\n>d\nGT\n>e")
    records = [(name, decode(codes)) for name, codes in read_fasta(tmp_path / "x.fa", empty=True)]
    assert records == [("a", ""), ("b", "AC"), ("c", ""), ("d", "GT"), ("e", "")]
    with pytest.raises(InputError, match=r"record 'a': the record has no sequence"):
        list(read_fasta(tmp_path / "x.fa"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no sequence"),
        ("\n\n", "holds no sequence"),
        (">a\n>\n", "line 2 has no name"),
        (">a\n>a\n", r"'a' occurs twice \(line 2\)"),
        (">a\n>b\n!\n", "position 1 is not a DNA letter"),
    ],
)
def test_nothing_else_is_allowed_with_empty_records(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.fa").write_text(text)
    with pytest.raises(InputError, match=message):
        list(read_fasta(tmp_path / "x.fa", empty=True))
