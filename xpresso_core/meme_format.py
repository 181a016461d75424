"""Motifs, and the files that the MEME Suite keeps them in: text (minimal or whole), XML and HTML.

They are read here and not by pymemesuite because that adds its own pseudocounts and keeps back the number of sites,
and by that number FIMO weighs the pseudocounts.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from xpresso_core.errors import InputError
from xpresso_core.files import atomic_path, open_text

DEFAULT_SITES = 20.0
"""What FIMO takes where a file does not say from how many sites a motif was made."""

_SUM_TOLERANCE = 1e-5  # beyond it FIMO divides a row by its sum
_MATRIX = "letter-probability matrix:"
_REMEDY = "Give a file of motifs in the text, XML or HTML format of the MEME Suite"


@dataclass(frozen=True)
class Motif:
    """A motif.

    Attributes
    ----------
    identifier, name
        As in ``MA0002.2`` and ``RUNX1``; the second may be empty.
    frequencies
        ``float64 [position, 4]`` of A, C, G and T, as written in the file: without pseudocounts.
    sites
        The number of sites that the motif was made from; weighs the pseudocount.
    """

    identifier: str
    name: str
    frequencies: npt.NDArray[np.float64]
    sites: float = DEFAULT_SITES

    @property
    def width(self) -> int:
        """Return the number of positions."""
        return len(self.frequencies)


def parse_motifs(path: str | os.PathLike[str]) -> tuple[Motif, ...]:
    """Read all motifs of a file, in its order.

    Parameters
    ----------
    path
        Text, XML or HTML of the MEME Suite, plain or gzip; ``-`` is standard input.

    Raises
    ------
    InputError
        If the file cannot be read, or holds no motif of DNA.
    """
    with open_text(path) as handle:
        text = handle.read()
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype html", "<html")):
        motifs = tuple(_html_motifs(text, str(path)))
    elif start.startswith("<"):  # DREME's XML has no declaration
        motifs = tuple(_xml_motifs(text, str(path)))
    else:
        motifs = tuple(_text_motifs(text.splitlines(), str(path)))
    if not motifs:
        what = "holds no motif with a letter-probability matrix"
        raise InputError(what, where=str(path), remedy=_REMEDY)
    return motifs


def write_motifs(motifs: Sequence[Motif], path: str | os.PathLike[str]) -> None:
    """Write motifs in the minimal text format of the MEME Suite, frequencies with six decimals."""
    with atomic_path(path) as draft:
        draft.write_text(format_motifs(motifs), encoding="utf-8")


def format_motifs(motifs: Iterable[Motif]) -> str:
    """Return motifs in the minimal text format of the MEME Suite."""
    parts = ["MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n"]
    for motif in motifs:
        header = f"alength= 4 w= {motif.width} nsites= {motif.sites:.10g} E= 0"
        rows = "\n".join("  ".join(f"{value:.6f}" for value in row) for row in motif.frequencies)
        parts.append(
            f"\nMOTIF {motif.identifier} {motif.name}".rstrip() + f"\n\n{_MATRIX} {header}\n{rows}\n"
        )
    return "".join(parts)


def _text_motifs(lines: Sequence[str], path: str) -> Iterator[Motif]:
    """Yield the motifs of a text file: a line MOTIF names the matrix that follows it."""
    identifier, name = "", ""
    for number, line in enumerate(lines):
        words = line.split()
        if words[:1] == ["MOTIF"] and len(words) > 1:
            identifier, name = words[1], words[2] if len(words) > 2 and words[2] != "width" else ""
        elif line.startswith("ALPHABET") and not _is_dna(line):
            what = f"line {number + 1}: the alphabet {line.partition('=')[2].strip() or line.strip()!r} is not DNA"
            raise InputError(what, where=path, remedy="Give motifs of DNA")
        elif line.startswith(_MATRIX):
            if not identifier:
                what = f"line {number + 1}: a matrix comes before the first MOTIF"
                raise InputError(what, where=path, remedy=_REMEDY)
            settings = dict(re.findall(r"(\w+)\s*=\s*(\S+)", line))
            rows = list(_numbers(lines[number + 1 :], settings.get("w")))
            where = f"{path}, line {number + 1}"
            yield _motif(identifier, name, rows, settings.get("nsites"), settings.get("w"), where)


def _is_dna(line: str) -> bool:
    return bool(re.match(r'ALPHABET\s*(=\s*(ACGT|ACGU)\b|"?(DNA|RNA))', line))


def _numbers(lines: Iterable[str], width: str | None) -> Iterator[list[float]]:
    """Yield the rows of a matrix: as many as its header says, or up to the first line of other words."""
    for position, line in enumerate(lines):
        try:
            row = [float(word) for word in line.split()]
        except ValueError:
            return
        if not row or str(position) == width:
            return
        yield row


def _xml_motifs(text: str, path: str) -> Iterator[Motif]:
    """Yield the motifs of MEME's or DREME's XML."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        what = f"is damaged XML ({error})"
        raise InputError(what, where=path, remedy=_REMEDY) from error
    for node in root.iter("motif"):
        rows = [
            [value.text for value in row.iter("value")]
            for row in node.iterfind("probabilities/alphabet_matrix/alphabet_array")
        ] or [[row.get(base) for base in "ACGT"] for row in node.iterfind("pos")]
        identifier = node.get("name") or node.get("seq") or node.get("id") or ""
        sites = node.get("sites") or node.get("nsites")
        yield _motif(identifier, node.get("alt", ""), rows, sites, None, f"{path}, motif {identifier!r}")


def _html_motifs(text: str, path: str) -> Iterator[Motif]:
    """Yield the motifs of MEME's, STREME's or DREME's HTML, which holds its data as JSON."""
    found = re.search(r"var data\s*=\s*", text)
    if not found:
        what = "is HTML without data of the MEME Suite"
        raise InputError(what, where=path, remedy=_REMEDY)
    try:
        data: dict[str, Any] = json.JSONDecoder().raw_decode(text, found.end())[0]
    except json.JSONDecodeError as error:
        what = f"is damaged HTML ({error.msg})"
        raise InputError(what, where=path, remedy=_REMEDY) from error
    for row in data.get("motifs", []):
        identifier = str(row.get("id", ""))
        where = f"{path}, motif {identifier!r}"
        yield _motif(identifier, str(row.get("alt", "")), row.get("pwm", []), row.get("nsites"), None, where)


def _motif(
    identifier: str,
    name: str,
    values: Sequence[Sequence[Any]],
    sites: Any,
    width: str | None,
    where: str,
) -> Motif:
    """Check a matrix and make a motif of it."""
    what = ""
    try:
        rows = [[float(value) for value in row] for row in values]
    except (TypeError, ValueError):
        rows = []
    if not rows or any(len(row) != 4 for row in rows) or (width is not None and width != str(len(rows))):
        stated = f" of {width} positions" if width else ""
        what = f"the motif {identifier!r} has no matrix{stated} with four numbers in a row"
    elif not (np.isfinite(rows).all() and np.min(rows) >= 0 and np.min(np.sum(rows, axis=1)) > 0):
        what = f"the matrix of the motif {identifier!r} has a value that is no frequency"
    if what:
        raise InputError(what, where=where, remedy=_REMEDY)
    frequencies = np.array(rows, dtype=np.float64)
    totals = frequencies.sum(axis=1, keepdims=True)
    frequencies = np.where(np.abs(totals - 1) > _SUM_TOLERANCE, frequencies / totals, frequencies)
    try:
        number = DEFAULT_SITES if sites is None else float(sites)
    except ValueError:
        number = -1.0
    if not 0 < number < np.inf:
        what = f"the motif {identifier!r} is made from {sites!r} sites"
        raise InputError(what, where=where, remedy="Give a positive number")
    return Motif(identifier, name, frequencies, number)
