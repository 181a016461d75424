"""Where motifs of transcription factors come from: releases of JASPAR, or files of the MEME Suite."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from xpresso_core.errors import InputError, nearest
from xpresso_core.meme_format import Motif, parse_motifs

TAXA = ("vertebrates", "plants", "insects", "nematodes", "fungi", "urochordates")
"""The groups of species of JASPAR's CORE collection."""

RELEASES = ("JASPAR2026", "JASPAR2024", "JASPAR2022", "JASPAR2020", "JASPAR2018", "JASPAR2016", "JASPAR2014")
"""The releases of JASPAR that pyjaspar holds."""

_JASPAR = re.compile(r"(JASPAR\d{4})(?::(\w+))?")


def jaspar_of(source: str) -> tuple[str, str] | None:
    """Return release and taxon where a source is JASPAR: ``JASPAR2016``, ``JASPAR2016:plants``; None for a file."""
    named = _JASPAR.fullmatch(source)
    return (named[1], named[2] or TAXA[0]) if named else None


def read_motifs(source: str | os.PathLike[str]) -> tuple[Motif, ...]:
    """Read motifs.

    Parameters
    ----------
    source
        A file in the text, XML or HTML format of the MEME Suite, plain or gzip; ``-`` is standard input. Or a
        release of JASPAR, such as ``JASPAR2016`` (vertebrates) or ``JASPAR2024:plants``.

    Returns
    -------
    tuple of Motif
        In the order of the file; JASPAR's by identifier.

    Raises
    ------
    InputError
        If the source is not there or holds no motifs of DNA, or an identifier comes twice.
    """
    named = jaspar_of(str(source))
    if named and not Path(source).exists():
        return jaspar_motifs(*named)
    motifs = parse_motifs(source)
    twice = [name for name, count in Counter(motif.identifier for motif in motifs).items() if count > 1]
    if twice:
        what = f"the motif {twice[0]!r} occurs twice"
        raise InputError(what, where=str(source), remedy="Give every motif its own identifier")
    return motifs


def jaspar_motifs(release: str, taxon: str = TAXA[0]) -> tuple[Motif, ...]:
    """Return the CORE motifs of a release of JASPAR for one group of species, by identifier.

    They come from pyjaspar, which holds all releases. Frequencies have the six decimals of JASPAR's MEME files, and the
    number of sites is the rounded mean over the columns of the counts, as there.

    Raises
    ------
    InputError
        If there is no such release or group.
    """
    from pyjaspar import jaspardb

    for given, known in ((release, RELEASES), (taxon, TAXA)):
        if given not in known:
            what = f"JASPAR has no {given!r}{nearest(given, known)}"
            raise InputError(what, where="motifs", remedy=f"It has: {', '.join(sorted(known))}")
    found = jaspardb(release=release).fetch_motifs(collection="CORE", tax_group=[taxon])
    motifs = [
        _from_counts(motif.matrix_id, motif.name, [motif.counts[base] for base in "ACGT"]) for motif in found
    ]
    return tuple(sorted(motifs, key=lambda motif: motif.identifier))


def _from_counts(identifier: str, name: str, counts: Sequence[Sequence[float]]) -> Motif:
    table = np.array(counts, dtype=np.float64).T
    totals = table.sum(axis=1, keepdims=True)
    shares = [[float(f"{share:.6f}") for share in row] for row in table / totals]
    return Motif(identifier, name, np.array(shares), float(np.floor(totals.mean() + 0.5)))
