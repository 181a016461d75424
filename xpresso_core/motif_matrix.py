"""Which promoter has which motif: the binary matrix of the paper's baseline models, and the hits behind it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any, Literal, Self

import h5py
import numpy as np
import numpy.typing as npt

from xpresso_core.background import Frequencies, sequence_background
from xpresso_core.dataset import Dataset
from xpresso_core.errors import InputError
from xpresso_core.files import atomic_path, sha256, write_gzip
from xpresso_core.fimo import Sites, find_sites
from xpresso_core.genome import Window
from xpresso_core.meme_format import Motif
from xpresso_core.motif_scan import scan_in_parts
from xpresso_core.motifs import jaspar_of, read_motifs
from xpresso_core.pssm import pssms
from xpresso_core.sequence import Codes

Scanner = Literal["fimo", "pymemesuite"]


@dataclass(frozen=True)
class MotifMatrix:
    """Which gene's promoter has which motif.

    Attributes
    ----------
    gene_id
        ``[gene]`` of str.
    identifiers, names
        ``[motif]`` of str.
    present
        ``bool [gene, motif]``.
    attributes
        How it was made: plain types.
    """

    gene_id: npt.NDArray[np.str_]
    identifiers: npt.NDArray[np.str_]
    names: npt.NDArray[np.str_]
    present: npt.NDArray[np.bool_]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write HDF5, atomically."""
        with atomic_path(path) as draft, h5py.File(draft, "w") as store:
            for name in ("gene_id", "identifiers", "names"):
                store.create_dataset(name, data=getattr(self, name).tolist(), dtype=h5py.string_dtype())
            store.create_dataset("present", data=self.present, compression="gzip", shuffle=True)
            store.attrs["attributes"] = json.dumps(dict(self.attributes), sort_keys=True)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            If the file is no such matrix.
        """
        try:
            with h5py.File(path, "r") as store:
                text = {
                    name: np.array(store[name].asstr()[:], dtype=str)
                    for name in ("gene_id", "identifiers", "names")
                }
                return cls(
                    **text, present=store["present"][:], attributes=json.loads(store.attrs["attributes"])
                )
        except (OSError, KeyError) as error:
            what = f"is not a matrix of motifs ({' '.join(str(error).split())})"
            raise InputError(what, where=str(path), remedy="Make it with the workflow") from error


def present_motifs(
    motifs: Sequence[Motif],
    sequences: Sequence[Codes],
    background: Frequencies,
    *,
    threshold: float,
    scanner: Scanner = "fimo",
) -> npt.NDArray[np.bool_]:
    """Say which sequence has which motif, on either strand.

    Parameters
    ----------
    motifs, background, threshold
        See `pssm.pssms`.
    sequences
        Codes ``uint8 [length]`` each.
    scanner
        ``fimo``: exactly what FIMO finds. ``pymemesuite``: see `fimo_pymemesuite`.

    Returns
    -------
    numpy.ndarray
        ``bool [sequence, motif]``.
    """
    if scanner == "pymemesuite":
        from xpresso_core import fimo_pymemesuite

        return fimo_pymemesuite.present_motifs(motifs, sequences, background, threshold)
    present = np.zeros((len(sequences), len(motifs)), dtype=bool)
    for hits in scan_in_parts(pssms(motifs, background, threshold=threshold), sequences):
        present[hits.sequence, hits.matrix // 2] = True
    return present


def write_motif_matrix(
    dataset_path: Path, motifs: str, path: Path, *, window: Window, threshold: float, scanner: Scanner
) -> None:
    """Write the motifs of a dataset's promoters; the background is that of the promoters.

    Parameters
    ----------
    dataset_path
        The dataset.
    motifs
        See `motifs.read_motifs`.
    path
        What to write.
    window
        The part of the promoters to scan.
    threshold, scanner
        See `present_motifs`.
    """
    dataset, known = Dataset.open(dataset_path, window), read_motifs(motifs)
    background = sequence_background(dataset.codes)
    present = present_motifs(known, list(dataset.codes), background, threshold=threshold, scanner=scanner)
    identifiers = np.array([motif.identifier for motif in known], dtype=str)
    names = np.array([motif.name for motif in known], dtype=str)
    attributes = {
        "motifs": _origin(motifs),
        "window": window._asdict(),
        "background": dict(zip("ACGT", background.tolist(), strict=True)),
        "threshold": threshold,
        "scanner": scanner,
        "dataset": dict(dataset.attributes),
    }
    MotifMatrix(dataset.gene_id, identifiers, names, present, attributes).save(path)


def _origin(motifs: str) -> str:
    """Say which motifs these are: the checksum of their file, or the release of JASPAR and what holds it."""
    if jaspar_of(motifs) is None or Path(motifs).exists():
        return f"sha256:{sha256(motifs)}"
    return f"{motifs} in pyjaspar {version('pyjaspar')}"


def write_hits(
    dataset_path: Path, motifs: str, table_path: Path, bed_path: Path, *, window: Window, threshold: float
) -> None:
    """Write all hits of motifs in a dataset's promoters: a table by gene, and BED on the genome, both gzip.

    Parameters
    ----------
    dataset_path, motifs, window, threshold
        See `write_motif_matrix`.
    table_path
        ``gene_id motif_id motif_name start end strand score p_value``: start and end are 0-based, half-open,
        relative to the TSS (0) in transcription direction, the strand is relative to it; the score in bits.
    bed_path
        BED6 with ``motif_id`` as name and -10 log10 of the p-value, 1000 at most, as score.
    """
    dataset = Dataset.open(dataset_path, window)
    sites = find_sites(
        read_motifs(motifs), list(dataset.codes), sequence_background(dataset.codes), threshold=threshold
    )
    header = "gene_id\tmotif_id\tmotif_name\tstart\tend\tstrand\tscore\tp_value"
    write_gzip(chain([header], _table_lines(sites, dataset)), table_path)
    write_gzip(_bed_lines(sites, dataset), bed_path)


def _table_lines(sites: Sites, dataset: Dataset) -> Iterator[str]:
    for row in sites.rows():
        start, end = row.start - dataset.window.upstream, row.end - dataset.window.upstream
        motif = f"{row.motif.identifier}\t{row.motif.name}"
        gene = dataset.gene_id[row.sequence]
        yield f"{gene}\t{motif}\t{start}\t{end}\t{row.strand}\t{row.bits:.6g}\t{row.pvalue:.3g}"


def _bed_lines(sites: Sites, dataset: Dataset) -> Iterator[str]:
    for row in sites.rows():
        tss, strand = int(dataset.tss[row.sequence]), str(dataset.strand[row.sequence])
        start, end = row.start - dataset.window.upstream, row.end - dataset.window.upstream
        left, right = (tss + start, tss + end) if strand == "+" else (tss - end + 1, tss - start + 1)
        turned = strand if row.strand == "+" else "+-"[strand == "+"]
        chrom = dataset.chrom[row.sequence]
        yield f"{chrom}\t{left}\t{right}\t{row.motif.identifier}\t{row.phred}\t{turned}"
