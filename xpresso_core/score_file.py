"""What is kept of the scores of bases of one fold, and correlations of such scores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

import h5py
import numpy as np
import numpy.typing as npt

from xpresso_core.errors import InputError
from xpresso_core.files import atomic_path
from xpresso_core.genome import Window

Floats = npt.NDArray[np.float32]

FORMAT_VERSION = 1
REMEDY = "Make it again with the workflow"
BETWEEN_METHODS, BETWEEN_NETWORKS = "methods", "networks"


class Scores(NamedTuple):
    """What is kept of one fold.

    Attributes
    ----------
    gene_id
        ``[gene]`` of str.
    scores
        float32 ``[gene, position]`` of the kept method, on average over the members of the model.
    untrained
        The same of the members with their weights shuffled within each array: what networks of this kind react to
        that have learned nothing.
    sums
        ``float64 [method, network, group, position]``: members first, then the trials that were not chosen.
    counts
        ``int64 [group]``: how many genes there are.
    methods
        Names.
    members
        How many of the networks are members.
    window
        What the positions cover.
    unit
        Of scores.
    """

    gene_id: npt.NDArray[np.str_]
    scores: Floats
    untrained: Floats
    sums: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    methods: tuple[str, ...]
    members: int
    window: Window
    unit: str

    def save(self, path: Path) -> None:
        """Write HDF5, atomically."""
        with atomic_path(path) as draft, h5py.File(draft, "w") as store:
            store.create_dataset("gene_id", data=self.gene_id.tolist(), dtype=h5py.string_dtype())
            packed = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
            store.create_dataset("scores", data=self.scores, **packed)
            store.create_dataset("untrained", data=self.untrained, **packed)
            store.create_dataset("sums", data=self.sums)
            store.create_dataset("counts", data=self.counts)
            store.attrs["format_version"] = FORMAT_VERSION
            store.attrs["methods"] = list(self.methods)
            store.attrs["members"] = self.members
            store.attrs["window"] = self.window
            store.attrs["unit"] = self.unit

    @classmethod
    def open(cls, path: Path, *, with_genes: bool = True) -> Self:
        """Read what `save` wrote; without the genes' own scores, these are empty.

        Raises
        ------
        InputError
            If the file is none such.
        """
        with open_scores(path) as store:
            return cls(
                np.array(store["gene_id"].asstr()[:], dtype=str),
                store["scores"][:] if with_genes else store["scores"][:0],
                store["untrained"][:] if with_genes else store["untrained"][:0],
                store["sums"][:],
                store["counts"][:],
                tuple(store.attrs["methods"]),
                int(store.attrs["members"]),
                Window(*(int(side) for side in store.attrs["window"])),
                str(store.attrs["unit"]),
            )


@contextmanager
def open_scores(path: Path) -> Iterator[h5py.File]:
    """Give a file that `Scores.save` wrote, to read parts of it.

    Raises
    ------
    InputError
        If it is none such.
    """
    try:
        store = h5py.File(path, "r")
    except OSError as error:
        what = f"holds no scores of genes ({' '.join(str(error).split())})"
        raise InputError(what, where=str(path), remedy=REMEDY) from error
    with store:
        missing = {"gene_id", "scores", "untrained", "sums", "counts"} - set(store)
        version = store.attrs.get("format_version")
        if missing or version != FORMAT_VERSION:
            problem = f"it lacks {', '.join(sorted(missing))}" if missing else f"format {version}"
            what = f"holds no scores of genes ({problem})"
            raise InputError(what, where=str(path), remedy=REMEDY)
        yield store


def row_correlations(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the Pearson correlation of each row of two tables; NaN where a row does not vary."""
    parts = [rows - rows.mean(axis=1, keepdims=True, dtype=np.float64) for rows in (one, other)]
    product = (parts[0] * parts[1]).sum(axis=1)
    size = np.sqrt((parts[0] ** 2).sum(axis=1) * (parts[1] ** 2).sum(axis=1))
    # A mean that is rounded leaves dust of a constant row.
    largest = np.abs(one).max(axis=1) * np.abs(other).max(axis=1) * one.shape[1]
    found = np.full(len(product), np.nan)
    np.divide(product, size, out=found, where=size > 1e-12 * largest)
    return found
