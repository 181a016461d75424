"""One dataset: the promoters, half-life features and expression of the genes that have all of them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.errors import ConfigError, InputError
from xpresso_core.files import atomic_path, read_table, sha256, write_table
from xpresso_core.genome import Window
from xpresso_core.halflife import HALFLIFE_FEATURES
from xpresso_core.promoters import Promoters
from xpresso_core.provenance import source_checksums
from xpresso_core.sequence import Codes

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Dataset:
    """Genes with inputs and label, in the order of the annotation.

    Attributes
    ----------
    gene_id, chrom, strand
        ``[gene]`` of str.
    tss
        ``int64 [gene]``, 0-based position of the first transcribed base.
    codes
        ``uint8 [gene, window.length]``, the promoters in transcription direction.
    halflife
        ``float32 [gene, 8]`` raw features in the order of `HALFLIFE_FEATURES`; NaN where a UTR is missing.
    expression
        ``float32 [gene]``, log10(expression + 0.1).
    window
        What `codes` covers.
    attributes
        Species, assembly, units, source checksums: plain types.
    """

    gene_id: npt.NDArray[np.str_]
    chrom: npt.NDArray[np.str_]
    strand: npt.NDArray[np.str_]
    tss: npt.NDArray[np.int64]
    codes: Codes
    halflife: npt.NDArray[np.float32]
    expression: npt.NDArray[np.float32]
    window: Window
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of genes."""
        return len(self.gene_id)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write HDF5, atomically."""
        with atomic_path(path) as draft, h5py.File(draft, "w") as store:
            for name in ("gene_id", "chrom", "strand"):
                store.create_dataset(name, data=getattr(self, name).tolist(), dtype=h5py.string_dtype())
            for name in ("tss", "codes", "halflife", "expression"):
                store.create_dataset(name, data=getattr(self, name))
            store.attrs["format_version"] = FORMAT_VERSION
            store.attrs["upstream"] = self.window.upstream
            store.attrs["downstream"] = self.window.downstream
            store.attrs["feature_names"] = json.dumps(HALFLIFE_FEATURES)
            store.attrs["attributes"] = json.dumps(dict(self.attributes), sort_keys=True)

    @classmethod
    def open(cls, path: str | os.PathLike[str], window: Window | None = None) -> Self:
        """Read and validate a dataset.

        Parameters
        ----------
        path
            The HDF5 file.
        window
            Read only this much of the promoters; by default all that is stored.

        Raises
        ------
        InputError
            If the file is not such a dataset, or its arrays disagree.
        ConfigError
            If `window` reaches beyond what is stored.
        """
        try:
            with h5py.File(path, "r") as store:
                return cls._read(store, str(path), window)
        except (OSError, KeyError) as error:
            what = f"is not a dataset of this package ({' '.join(str(error).split())})"
            raise InputError(what, where=str(path), remedy="Make it with the workflow") from error

    @classmethod
    def _read(cls, store: h5py.File, where: str, window: Window | None) -> Self:
        if store.attrs["format_version"] != FORMAT_VERSION:
            what = f"has format {store.attrs['format_version']}, not {FORMAT_VERSION}"
            raise InputError(what, where=where, remedy="Make it again with the workflow")
        if tuple(json.loads(store.attrs["feature_names"])) != HALFLIFE_FEATURES:
            what = "has other half-life features"
            raise InputError(what, where=where, remedy="Make it again with the workflow")
        stored = Window(int(store.attrs["upstream"]), int(store.attrs["downstream"]))
        window = window or stored
        columns = inner_columns(stored, window, where)
        text = {name: np.array(store[name].asstr()[:], dtype=str) for name in ("gene_id", "chrom", "strand")}
        numbers = {name: store[name][:] for name in ("tss", "halflife", "expression")}
        attributes = json.loads(store.attrs["attributes"])
        dataset = cls(
            **text, **numbers, codes=store["codes"][:, columns], window=window, attributes=attributes
        )
        dataset._validate(where)
        return dataset

    def _validate(self, where: str) -> None:
        lengths = {name: len(getattr(self, name)) for name in ("codes", "halflife", "expression", "tss")}
        if set(lengths.values()) != {len(self)}:
            what = f"its arrays have different lengths ({len(self)} genes, {lengths})"
        elif len(np.unique(self.gene_id)) != len(self):
            what = "a gene occurs twice"
        elif not np.isfinite(self.expression).all():
            what = f"the expression of {self.gene_id[~np.isfinite(self.expression)][0]} is not a number"
        elif self.codes.size and self.codes.max() > 4:
            what = "a sequence holds a code above 4"
        else:
            return
        raise InputError(what, where=where, remedy="Make it again with the workflow")

    def checksum(self) -> str:
        """Return a SHA-256 over genes, sequences, features and labels: what a model was trained on."""
        digest = hashlib.sha256(repr((list(self.gene_id), self.window)).encode())
        for array in (self.codes, self.halflife, self.expression):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def genes(self) -> pd.DataFrame:
        """Return the table ``gene_id chrom strand tss``."""
        return pd.DataFrame(
            {"gene_id": self.gene_id, "chrom": self.chrom, "strand": self.strand, "tss": self.tss}
        )


def inner_columns(stored: Window, wanted: Window, where: str) -> slice:
    """Return the columns of a stored window that a smaller one covers.

    Raises
    ------
    ConfigError
        If `wanted` reaches beyond `stored`.
    """
    if wanted.upstream > stored.upstream or wanted.downstream > stored.downstream:
        what = (
            f"the stored promoters reach from -{stored.upstream} to +{stored.downstream}, "
            f"but -{wanted.upstream} to +{wanted.downstream} is needed"
        )
        raise ConfigError(what, where=where, remedy="Extract a larger window, or choose a smaller one")
    start = stored.upstream - wanted.upstream
    return slice(start, start + wanted.length)


def cropped(dataset: Dataset, window: Window) -> Dataset:
    """Return a dataset with less of its promoters; sequences are not copied.

    Raises
    ------
    ConfigError
        If `window` reaches beyond the dataset's.
    """
    columns = inner_columns(dataset.window, window, "dataset")
    return replace(dataset, codes=dataset.codes[:, columns], window=window)


def build_dataset(
    genes: pd.DataFrame, promoters: Promoters, expression: pd.DataFrame, attributes: Mapping[str, Any]
) -> tuple[Dataset, pd.DataFrame]:
    """Join genes, promoters and expression by gene.

    Parameters
    ----------
    genes
        The table ``genes.tsv``.
    promoters
        Their promoter sequences.
    expression
        ``gene_id`` and ``log10``: log10(expression + 0.1).
    attributes
        What to store about the origin.

    Returns
    -------
    dataset : Dataset
    dropped : pandas.DataFrame
        ``gene_id gene_name stage reason detail`` of the genes without expression.

    Raises
    ------
    InputError
        If no gene has an expression value.
    """
    label = expression.set_index("gene_id")["log10"]
    has_label = genes["gene_id"].isin(label.index).to_numpy()
    dropped = genes.loc[~has_label, ["gene_id", "gene_name"]].assign(
        stage="dataset", reason="no expression value", detail=""
    )
    kept = genes.loc[has_label].reset_index(drop=True)
    if kept.empty:
        example = f"{', '.join(genes['gene_id'][:3])} against {', '.join(label.index[:3])}"
        what = f"no gene of the annotation has an expression value ({example})"
        raise InputError(what, where="dataset", remedy="Use one kind of gene id in both")
    dataset = Dataset(
        gene_id=kept["gene_id"].to_numpy(dtype=str),
        chrom=kept["chrom"].to_numpy(dtype=str),
        strand=kept["strand"].to_numpy(dtype=str),
        tss=kept["tss"].to_numpy(dtype=np.int64),
        codes=promoters.rows(kept["gene_id"]),
        halflife=kept[list(HALFLIFE_FEATURES)].to_numpy(dtype=np.float32),
        expression=label.loc[kept["gene_id"]].to_numpy(dtype=np.float32),
        window=promoters.window,
        attributes=attributes,
    )
    dataset._validate("dataset")
    return dataset, dropped


def write_dataset(
    genes_path: Path,
    promoters_path: Path,
    expression_path: Path,
    dataset_path: Path,
    dropped_path: Path,
    *,
    records: Sequence[Path],
    name: str,
    units: str,
) -> None:
    """Make ``dataset.h5`` and the table of genes without expression from the files of the earlier stages.

    Parameters
    ----------
    genes_path, promoters_path, expression_path
        Of the earlier stages.
    dataset_path, dropped_path
        What to write.
    records
        Of where the expression table came from; see `provenance.source_checksums`.
    name, units
        Of the dataset, and of its expression values.
    """
    types = {"gene_id": str, "gene_name": str, "chrom": str}
    genes = read_table(genes_path, ["gene_id", "gene_name", "chrom", "strand", "tss"], types)
    expression = read_table(expression_path, ["gene_id", "log10"], types)
    promoters = Promoters.open(promoters_path)
    attributes = {
        **promoters.attributes,
        "dataset": name,
        "units": f"log10({units} + 0.1)",
        "sources": {**promoters.attributes["sources"], **source_checksums(records)},
        "sha256": {path.name: sha256(path) for path in (genes_path, promoters_path, expression_path)},
    }
    dataset, dropped = build_dataset(genes, promoters, expression, attributes)
    dataset.save(dataset_path)
    write_table(dropped, dropped_path)
