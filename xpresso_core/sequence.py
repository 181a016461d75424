"""DNA as small integers: codes A, C, G, T, N = 0, 1, 2, 3, 4 in ``uint8`` arrays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from xpresso_core.errors import InputError
from xpresso_core.files import open_binary

Codes = npt.NDArray[np.uint8]

LETTERS = "ACGTN"
N = 4
_INVALID = 255
_LINE_END = 64
_NO_LETTER = 128
_BLOCK = 1 << 17  # small enough to stay in the processor's cache while it is cut and translated


def _code_table() -> Codes:
    """Map every byte to its code: ACGT and U in either case, other IUPAC letters to N."""
    table = np.full(256, _INVALID, dtype=np.uint8)
    for letter in "NRYSWKMBDHVX":
        table[[ord(letter), ord(letter.lower())]] = N
    for code, letter in enumerate("ACGT"):
        table[[ord(letter), ord(letter.lower())]] = code
    table[[ord("U"), ord("u")]] = LETTERS.index("T")
    return table


_CODE_TABLE = _code_table()
_CODE_OF_BYTE = _CODE_TABLE.tobytes()
# In lines of FASTA the bits tell apart codes, ends of lines (to be dropped) and bytes that are no letters.
_CODE_IN_LINES = _CODE_TABLE.copy()
_CODE_IN_LINES[[ord("\r"), ord("\n")]] = _LINE_END
_BYTE_OF_CODE = np.frombuffer(LETTERS.encode(), dtype=np.uint8)
_COMPLEMENT = np.array([3, 2, 1, 0, 4], dtype=np.uint8)
_ONE_HOT = np.eye(5, 4, dtype=np.float32)


def encode(text: str | bytes, *, where: str = "sequence") -> Codes:
    """Turn DNA letters into codes.

    Parameters
    ----------
    text
        Letters in either case. U counts as T; every other IUPAC letter becomes N.
    where
        What to name in an error: the record or file.

    Returns
    -------
    numpy.ndarray
        ``uint8 [length]``.

    Raises
    ------
    InputError
        If a character is no IUPAC nucleotide letter.
    """
    raw = text.encode("utf-8") if isinstance(text, str) else text
    # bytes.translate reads the table several times faster than indexing an array; a bytearray stays writable.
    codes: Codes = np.frombuffer(bytearray(raw).translate(_CODE_OF_BYTE), dtype=np.uint8)
    if codes.size and codes.max() == _INVALID:
        position = int(np.argmax(codes == _INVALID))
        what = f"{chr(raw[position])!r} at position {position + 1} is not a DNA letter"
        raise InputError(what, where=where, remedy="Only the IUPAC nucleotide letters are allowed")
    return codes


def decode(codes: Codes) -> str:
    """Turn codes ``uint8 [length]`` back into upper-case letters."""
    return _BYTE_OF_CODE[codes].tobytes().decode("ascii")


def reverse_complement(codes: Codes) -> Codes:
    """Return the other strand, read in its own direction, along the last axis of ``uint8 [..., length]``."""
    return np.ascontiguousarray(_COMPLEMENT[codes[..., ::-1]])


def one_hot(codes: Codes) -> npt.NDArray[np.float32]:
    """One-hot encode ``uint8 [..., length]`` as ``float32 [..., length, 4]``; N is a row of zeros."""
    return _ONE_HOT[codes]


def place(codes: Codes, tss: int, upstream: int, downstream: int) -> Codes:
    """Cut or pad a sequence so that its position `tss` lands on index `upstream`.

    Parameters
    ----------
    codes
        ``uint8 [length]`` in transcription direction.
    tss
        0-based position of the first transcribed base within `codes`.
    upstream, downstream
        Bases before the TSS, and from the TSS on.

    Returns
    -------
    numpy.ndarray
        ``uint8 [upstream + downstream]``; what `codes` does not reach is N.
    """
    window = np.full(upstream + downstream, N, dtype=np.uint8)
    shift = upstream - tss
    first, last = max(0, -shift), min(codes.size, window.size - shift)
    if first < last:
        window[first + shift : last + shift] = codes[first:last]
    return window


def read_fasta(path: str | os.PathLike[str], *, empty: bool = False) -> Iterator[tuple[str, Codes]]:
    """Read the records of a FASTA file one by one, in constant memory.

    Parameters
    ----------
    path
        Plain, gzip or bgzip; ``-`` is standard input.
    empty
        Whether a record may have no sequence.

    Yields
    ------
    tuple of (str, numpy.ndarray)
        The identifier (the header up to the first blank) and the codes ``uint8 [length]``.

    Raises
    ------
    InputError
        If the file does not begin with ``>``, a record is nameless, or empty where it may not be, a name
        occurs twice, or a character is not DNA.
    """
    seen: set[bytes] = set()
    with open_binary(path) as handle:
        texts = _raw_records(handle)
        before = next(texts)
        if before.strip():
            line = 1 + before[: -len(before.lstrip())].count(b"\n")
            what = f"line {line} comes before the first '>' header"
            raise InputError(what, where=str(path), remedy="Give a FASTA file")
        line = 1 + before.count(b"\n")
        for text in texts:
            end = (text.find(b"\n") + 1) or len(text)
            identifier = _name(text[:end], line, seen, path).decode(errors="replace")
            where = f"{path}, record {identifier!r}"
            codes, lines = _encode_lines(text, end, where)
            if not (codes.size or empty):
                what = "the record has no sequence"
                raise InputError(what, where=where, remedy="Remove it or give its sequence")
            yield identifier, codes
            line += 1 + lines
    if not seen:
        what = "holds no sequence"
        raise InputError(what, where=str(path), remedy="Give a FASTA file with at least one record")


def _raw_records(handle: BinaryIO) -> Iterator[bytes]:
    """Cut a FASTA file at its headers, reading by the block: lines are many and Python's loops slow.

    Yields what comes before the first header, then the text of each record from after its ``>``.
    """
    parts, last = list[bytes](), b"\n"
    while block := handle.read(_BLOCK):
        start = 0
        for at in _headers(block, last):
            yield b"".join([*parts, block[start:at]])
            parts, start = [], at + 1
        parts.append(block[start:])
        last = block[-1:]
    yield b"".join(parts)


def _headers(block: bytes, before: bytes) -> Iterator[int]:
    """Yield where a ``>`` follows the end of a line; `before` is the byte before the block."""
    at = block.find(b">")
    while at >= 0:
        if (block[at - 1 : at] if at else before) == b"\n":
            yield at
        at = block.find(b">", at + 1)


def _name(header: bytes, number: int, seen: set[bytes], path: str | os.PathLike[str]) -> bytes:
    words = header.split(maxsplit=1)
    if not words:
        what = f"the header in line {number} has no name"
        raise InputError(what, where=str(path), remedy="Name every record")
    if words[0] in seen:
        what = f"the record {words[0].decode(errors='replace')!r} occurs twice (line {number})"
        raise InputError(what, where=str(path), remedy="Give every record its own name")
    seen.add(words[0])
    return words[0]


def _encode_lines(text: bytes, start: int, where: str) -> tuple[Codes, int]:
    """Encode the lines of a record from `start` on; give their number too."""
    from xpresso_core.fasta_kernel import compact

    codes: Codes = np.empty(len(text) - start, dtype=np.uint8)
    count, union, lines = compact(np.frombuffer(text, dtype=np.uint8), start, _CODE_IN_LINES, codes)
    codes = codes[:count]
    if union >= _NO_LETTER:
        codes = encode(b"".join(line.strip() for line in text[start:].split(b"\n")), where=where)
    return codes, lines
