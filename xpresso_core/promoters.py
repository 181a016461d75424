"""The promoter sequences of all genes of a species, cut from its genome."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import h5py
import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.errors import InputError
from xpresso_core.files import atomic_path
from xpresso_core.genome import Genome, Window
from xpresso_core.sequence import Codes, N

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Promoters:
    """Promoter sequences in transcription direction.

    Attributes
    ----------
    gene_id
        ``[gene]`` of str.
    codes
        ``uint8 [gene, window.length]``.
    window
        What `codes` covers around the TSS.
    attributes
        Species, assembly and the like: plain types.
    """

    gene_id: npt.NDArray[np.str_]
    codes: Codes
    window: Window
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write HDF5, atomically."""
        with atomic_path(path) as draft, h5py.File(draft, "w") as store:
            store.create_dataset("gene_id", data=self.gene_id.tolist(), dtype=h5py.string_dtype())
            store.create_dataset("codes", data=self.codes)
            store.attrs["format_version"] = FORMAT_VERSION
            store.attrs["upstream"] = self.window.upstream
            store.attrs["downstream"] = self.window.downstream
            store.attrs["attributes"] = json.dumps(dict(self.attributes), sort_keys=True)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            If the file is not a set of promoters of this format.
        """
        try:
            with h5py.File(path, "r") as store:
                if store.attrs["format_version"] != FORMAT_VERSION:
                    what = f"has format {store.attrs['format_version']}, not {FORMAT_VERSION}"
                    raise InputError(what, where=str(path), remedy="Make it again with the workflow")
                return cls(
                    gene_id=np.array(store["gene_id"].asstr()[:], dtype=str),
                    codes=store["codes"][:],
                    window=Window(int(store.attrs["upstream"]), int(store.attrs["downstream"])),
                    attributes=json.loads(store.attrs["attributes"]),
                )
        except (OSError, KeyError) as error:
            what = f"is not a set of promoters of this package ({' '.join(str(error).split())})"
            raise InputError(what, where=str(path), remedy="Make it with the workflow") from error

    def rows(self, gene_ids: Iterable[str]) -> Codes:
        """Return the sequences of the given genes, in their order.

        Raises
        ------
        InputError
            If a gene has no sequence here.
        """
        row = {gene: index for index, gene in enumerate(self.gene_id)}
        wanted = list(gene_ids)
        missing = [gene for gene in wanted if gene not in row]
        if missing:
            what = f"{len(missing)} genes have no promoter sequence, the first is {missing[0]}"
            raise InputError(what, where="promoters", remedy="Make genes.tsv and promoters.h5 together")
        return self.codes[[row[gene] for gene in wanted]]


def extract_promoters(
    genes: pd.DataFrame,
    genome: Genome,
    window: Window,
    *,
    edges: Literal["drop", "pad"] = "drop",
    max_unknown: float = 0.5,
    attributes: Mapping[str, Any] | None = None,
) -> tuple[Promoters, pd.DataFrame]:
    """Cut the promoter of every gene.

    Parameters
    ----------
    genes
        ``gene_id gene_name chrom strand tss`` (0-based TSS).
    genome
        The genome of the same assembly.
    window
        How far to reach.
    edges
        What to do with a window that leaves its chromosome: drop the gene, or pad with N.
    max_unknown
        The largest share of N that a promoter may have.
    attributes
        What to store about the origin.

    Returns
    -------
    promoters : Promoters
        Of the genes that have one, in the order of `genes`.
    dropped : pandas.DataFrame
        ``gene_id gene_name stage reason detail`` of the others.
    """
    codes = np.empty((len(genes), window.length), dtype=np.uint8)
    reasons: dict[int, tuple[str, str]] = {}
    kept: list[int] = []
    columns = ["chrom", "tss", "strand"]
    for row, (chrom, tss, strand) in enumerate(genes[columns].to_numpy().tolist()):
        reason = _why_not(chrom, tss, strand, genome, window, edges)
        if not reason:
            promoter = genome.window(chrom, tss, strand, window, pad=edges == "pad")
            unknown = float(np.mean(promoter == N))
            if unknown > max_unknown:
                reason = ("sequence mostly unknown (N)", f"{unknown:.0%} N")
            else:
                codes[len(kept)] = promoter
                kept.append(row)
        if reason:
            reasons[row] = reason
    rows = list(reasons)
    dropped = genes.iloc[rows][["gene_id", "gene_name"]].assign(
        stage="promoters",
        reason=[reasons[row][0] for row in rows],
        detail=[reasons[row][1] for row in rows],
    )
    promoters = Promoters(
        gene_id=genes["gene_id"].to_numpy(dtype=str)[kept],
        codes=codes[: len(kept)],
        window=window,
        attributes=dict(attributes or {}),
    )
    return promoters, dropped


def _why_not(
    chrom: str, tss: int, strand: str, genome: Genome, window: Window, edges: str
) -> tuple[str, str] | None:
    """Return reason and detail if the genome cannot give this gene's promoter."""
    name = genome.name(chrom)
    if name is None:
        return "chromosome not in the genome", chrom
    start, end = window.interval(tss, strand)
    size = genome.sizes[name]
    if edges == "drop" and not (0 <= start and end <= size):
        return "window leaves the chromosome", f"{name}:{start}-{end} of {size} bases"
    if not 0 <= tss < size:
        return "TSS off the chromosome", f"{name}:{tss} of {size} bases"
    return None
