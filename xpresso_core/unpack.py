"""Opening what was compressed, and noticing where it is damaged or cut short."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pyfaidx
from tqdm import tqdm

from xpresso_core.errors import InputError
from xpresso_core.files import GZIP_MAGIC, atomic_path, open_binary

BLOCK = 1 << 20
# The empty block that ends every complete bgzip file (SAM specification, section 4.1.2)
BGZIP_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
WEB_PAGE = re.compile(
    rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--((?!-->).)*-->\s*)*<(!doctype\s+html|html)\b",
    re.DOTALL | re.IGNORECASE,
)
WEB_PAGE_START = 1024
AGAIN = "Fetch or compress it again"


def content(path: str | os.PathLike[str], label: str) -> Iterator[bytes]:
    """Yield a plain, gzip or bgzip file in blocks, decompressed; its kind is taken from its content.

    Parameters
    ----------
    path
        The file.
    label
        Name beside the progress bar, which shows after two seconds and only on a terminal.

    Raises
    ------
    InputError
        If the file cannot be read, is damaged, or is cut short, for bgzip even where a block ends.
    """
    bar = tqdm(desc=label, unit="B", unit_scale=True, delay=2, disable=None)
    try:
        with bar, open_binary(path) as handle:
            while block := handle.read(BLOCK):
                bar.update(len(block))
                yield block
    except zlib.error as error:
        what = f"the compressed file is damaged ({error})"
        raise InputError(what, where=str(path), remedy=AGAIN) from error
    with Path(path).open("rb") as raw:
        if not _is_bgzip(raw.read(18)):
            return
        raw.seek(max(0, Path(path).stat().st_size - len(BGZIP_END)))
        if raw.read() != BGZIP_END:
            what = "the bgzip file is cut short (its end mark is missing)"
            raise InputError(what, where=str(path), remedy=AGAIN)


def _is_bgzip(header: bytes) -> bool:
    return header[:2] == GZIP_MAGIC and bool(header[3] & 4) and header[12:14] == b"BC"


def check_gzip(path: str | os.PathLike[str], label: str) -> None:
    """Read a gzip or bgzip file to its end.

    Raises
    ------
    InputError
        If it is neither, is damaged, or is cut short.
    """
    with Path(path).open("rb") as handle:
        if handle.read(2) != GZIP_MAGIC:
            what = "the file has a gzip name and no gzip content"
            raise InputError(what, where=str(path), remedy="Check the address")
    for _ in content(path, label):
        pass


def is_web_page(path: str | os.PathLike[str]) -> bool:
    """Say whether a file begins as HTML does: what servers send with status 200 where they mean an error."""
    with Path(path).open("rb") as handle:
        return WEB_PAGE.match(handle.read(WEB_PAGE_START)) is not None


def decompress_fasta(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Write a plain, indexed FASTA file from a plain, gzip or bgzip one.

    Parameters
    ----------
    source
        The file as it was fetched; its kind is taken from its content.
    target
        The plain file, byte for byte as compressed; its index goes to ``<target>.fai``.

    Raises
    ------
    InputError
        If the file is damaged or cut short, or is not FASTA with lines of one length and unique names.
    """
    source, target = Path(source), Path(target)
    with atomic_path(target) as draft:
        with draft.open("wb") as out:
            for block in content(source, f"decompressing {source.name}"):
                out.write(block)
        with atomic_path(f"{target}.fai") as index:
            _index(draft, index, source)


def _index(fasta: Path, index: Path, source: Path) -> None:
    remedy = "Give a FASTA file of DNA with lines of one length and every name once"
    try:
        with pyfaidx.Faidx(str(fasta), indexname=str(index)) as faidx:
            empty = not faidx.index
    except (pyfaidx.FastaIndexingError, ValueError) as error:
        reason = " ".join(str(error).replace(str(fasta), "the file").split())
        what = f"is not FASTA that can be indexed ({reason})"
        raise InputError(what, where=str(source), remedy=remedy) from error
    if empty:
        what = "holds no sequence"
        raise InputError(what, where=str(source), remedy=remedy)
