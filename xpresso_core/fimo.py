"""FIMO: motifs in FASTA, in its text format, row for row as versions 4.12 and 5.5 print them; or as BED."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TextIO

import numpy as np

from xpresso_core.background import NRDB, UNIFORM, Frequencies, read_background, sequence_background
from xpresso_core.errors import InputError, nearest
from xpresso_core.files import atomic_path
from xpresso_core.meme_format import Motif
from xpresso_core.motif_scan import Hits, gather, scan_in_parts
from xpresso_core.motifs import read_motifs
from xpresso_core.pssm import PSEUDOCOUNT, THRESHOLD, Pssm, pssms
from xpresso_core.sequence import Codes, decode, read_fasta, reverse_complement

HEADER = (
    *("# motif_id", "motif_alt_id", "sequence_name", "start", "stop"),
    *("strand", "score", "p-value", "q-value", "matched_sequence"),
)

BACKGROUNDS = ("nrdb", "uniform", "sequences")
"""What may stand in place of a background file."""


class Site(NamedTuple):
    """A hit.

    Attributes
    ----------
    motif, sequence
        The motif, and the number of the sequence.
    start, end, strand
        Where it lies: 0-based, half-open, on the forward strand; ``+`` or ``-``.
    bits, pvalue
        How well it fits.
    """

    motif: Motif
    sequence: int
    start: int
    end: int
    strand: str
    bits: float
    pvalue: float

    @property
    def phred(self) -> int:
        """Return -10 log10 of the p-value, 1000 at most, as the score of a line of BED."""
        return min(1000, round(-10 * math.log10(max(self.pvalue, 1e-100))))


class Sites(NamedTuple):
    """Hits of motifs.

    Attributes
    ----------
    motifs
        The motifs.
    matrices
        Their matrices: one each, or by turns those of the + and the - strand.
    hits
        The hits of the matrices, in FIMO's order: by motif, sequence, start, and + before -.
    """

    motifs: Sequence[Motif]
    matrices: Sequence[Pssm]
    hits: Hits

    @property
    def strands(self) -> int:
        """Return the number of strands that were scanned: 1 or 2."""
        return len(self.matrices) // len(self.motifs)

    def rows(self) -> Iterator[Site]:
        """Yield the hits one by one."""
        for number, sequence, start, score in self.hits.one_by_one():
            matrix = self.matrices[number]
            motif, minus = divmod(number, self.strands)
            bits, pvalue = matrix.of_sum(score)
            yield Site(self.motifs[motif], sequence, start, start + matrix.width, "+-"[minus], bits, pvalue)


def find_sites(
    motifs: Sequence[Motif],
    sequences: Sequence[Codes],
    background: Frequencies,
    *,
    threshold: float = THRESHOLD,
    pseudocount: float = PSEUDOCOUNT,
    both_strands: bool = True,
) -> Sites:
    """Find all hits of motifs.

    Parameters
    ----------
    motifs, background, threshold, pseudocount, both_strands
        See `pssm.pssms`.
    sequences
        Codes ``uint8 [length]`` each.
    """
    matrices = pssms(
        motifs, background, threshold=threshold, pseudocount=pseudocount, both_strands=both_strands
    )
    found = gather(scan_in_parts(matrices, sequences))
    strands = len(matrices) // len(motifs)
    order = np.lexsort((found.matrix, found.start, found.sequence, found.matrix // strands))
    return Sites(motifs, matrices, found.take(order))


def background_frequencies(name: str | os.PathLike[str], sequences: Iterable[Codes]) -> Frequencies:
    """Return the background that a name or file stands for; see `BACKGROUNDS`."""
    if name == "sequences":
        return sequence_background(sequences)
    return {"nrdb": NRDB, "uniform": UNIFORM}[str(name)] if name in BACKGROUNDS else read_background(name)


def format_sites(sites: Sites, names: Sequence[str], sequences: Sequence[Codes] | None) -> Iterator[str]:
    """Yield FIMO's lines, the header first.

    Parameters
    ----------
    sites
        The hits.
    names
        Of the sequences.
    sequences
        To print what matched, in upper case; None leaves it out, as ``--skip-matched-sequence`` does.
    """
    yield "\t".join(HEADER)
    for row in sites.rows():
        motif = f"{row.motif.identifier}\t{row.motif.name}"
        place = f"{names[row.sequence]}\t{row.start + 1}\t{row.end}\t{row.strand}"
        matched = "" if sequences is None else _matched(sequences[row.sequence], row)
        yield f"{motif}\t{place}\t{row.bits:.6g}\t{row.pvalue:.3g}\t\t{matched}"


def format_bed(sites: Sites, names: Sequence[str]) -> Iterator[str]:
    """Yield hits as lines of BED6: 0-based; the score is -10 log10 of the p-value, 1000 at most."""
    for row in sites.rows():
        place = f"{names[row.sequence]}\t{row.start}\t{row.end}"
        yield f"{place}\t{row.motif.identifier}\t{row.phred}\t{row.strand}"


def _matched(codes: Codes, row: Site) -> str:
    window = codes[row.start : row.end]
    return decode(reverse_complement(window) if row.strand == "-" else window)


def write_fimo(
    motifs: str,
    fasta: str,
    output: str,
    *,
    background: str,
    threshold: float,
    pseudocount: float,
    both_strands: bool,
    matched: bool,
    bed: bool = False,
    only: Sequence[str] = (),
) -> int:
    """Scan a FASTA file and write FIMO's text.

    Parameters
    ----------
    motifs
        See `motifs.read_motifs`.
    fasta
        Plain or gzip; ``-`` is standard input. Records may be empty.
    output
        Where to write; ``-`` is standard output.
    background
        One of `BACKGROUNDS`, or a file.
    threshold, pseudocount, both_strands
        See `pssm.pssms`.
    matched
        Whether to print what matched.
    bed
        Write BED instead; see `format_bed`.
    only
        Identifiers of the motifs to scan for; by default all.

    Returns
    -------
    int
        The number of hits.
    """
    wanted = choose_motifs(read_motifs(motifs), only, motifs)
    names, sequences = zip(*read_fasta(fasta, empty=True), strict=True)
    sites = find_sites(
        wanted,
        sequences,
        background_frequencies(background, sequences),
        threshold=threshold,
        pseudocount=pseudocount,
        both_strands=both_strands,
    )
    lines = format_bed(sites, names) if bed else format_sites(sites, names, sequences if matched else None)
    if output == "-":
        _write_lines(lines, sys.stdout)
    else:
        with atomic_path(output) as draft, draft.open("w", encoding="utf-8") as handle:
            _write_lines(lines, handle)
    return len(sites.hits.start)


def choose_motifs(motifs: Sequence[Motif], only: Sequence[str], where: str) -> Sequence[Motif]:
    """Return the motifs of these identifiers, in the order of the file; all if there are none.

    Raises
    ------
    InputError
        If there is no such motif.
    """
    known = [motif.identifier for motif in motifs]
    for name in only:
        if name not in known:
            what = f"there is no motif {name!r}{nearest(name, known)}"
            raise InputError(what, where=where, remedy="Give identifiers as in the lines MOTIF")
    return [motif for motif in motifs if motif.identifier in only] if only else motifs


def _write_lines(lines: Iterable[str], handle: TextIO) -> None:
    handle.writelines(f"{line}\n" for line in lines)
