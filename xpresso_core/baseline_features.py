"""What baseline models see of a gene: k-mers, motifs, composition of the core promoter, half-life features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from xpresso_core.baseline_names import CORE, HALFLIFE, KMER, MOTIFS
from xpresso_core.dataset import Dataset, cropped
from xpresso_core.errors import InputError
from xpresso_core.genome import Window
from xpresso_core.halflife import HALFLIFE_FEATURES
from xpresso_core.kmers import count_kmers, kmer_names, merge_strands
from xpresso_core.motif_matrix import MotifMatrix
from xpresso_core.scaling import Protocol, Scaler

CORE_WINDOW = Window(500, 500)
"""Where CpG and G+C of the core promoter are counted."""

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Block(NamedTuple):
    """Columns that go together.

    Attributes
    ----------
    names
        Of the columns.
    values
        ``[gene, column]``.
    """

    names: tuple[str, ...]
    values: npt.NDArray[np.generic]


@dataclass(frozen=True)
class Features:
    """The features of a dataset's genes, made when they are asked for.

    Attributes
    ----------
    dataset
        Its promoters are the window that k-mers are counted in.
    matrix
        The motifs of the same genes.
    merge_strands
        Whether a k-mer and its reverse complement count as one.
    protocol
        How missing half-life features count; see `scaling.Scaler`.
    """

    dataset: Dataset
    matrix: MotifMatrix
    merge_strands: bool
    protocol: Protocol

    def __post_init__(self) -> None:
        """Refuse motifs of other genes."""
        if not np.array_equal(self.matrix.gene_id, self.dataset.gene_id):
            what = "the matrix of motifs is of other genes than the dataset"
            raise InputError(what, where="motifs", remedy="Make it again with the workflow")

    def block(self, name: str, fitting: Rows) -> Block:
        """Return the columns of a kind of feature, for all genes.

        Parameters
        ----------
        name
            `HALFLIFE`, `CORE`, `MOTIFS`, or as ``4mer``.
        fitting
            The genes that half-life features are scaled by.
        """
        if name == HALFLIFE:
            return self._halflife(fitting)
        if name == CORE:
            return self._core
        if name == MOTIFS:
            return Block(tuple(map(str, self.matrix.identifiers)), self.matrix.present)
        return self._kmers(int(name.removesuffix(KMER)))

    def design(self, blocks: Sequence[str], fitting: Rows) -> tuple[tuple[str, ...], Floats]:
        """Return names and ``float64 [gene, column]`` of several kinds of features."""
        found = [self.block(name, fitting) for name in blocks]
        names = tuple(name for block in found for name in block.names)
        columns = [np.zeros((len(self.dataset), 0)), *(block.values for block in found)]
        return names, np.concatenate(columns, axis=1, dtype=np.float64)

    def _halflife(self, fitting: Rows) -> Block:
        data = self.dataset
        scaler = Scaler.fit(
            data.expression[fitting], data.halflife[fitting], HALFLIFE_FEATURES, self.protocol
        )
        return Block(HALFLIFE_FEATURES, scaler.scale_features(data.halflife))

    @cached_property
    def _core(self) -> Block:
        window = self.dataset.window
        inner = Window(
            min(window.upstream, CORE_WINDOW.upstream), min(window.downstream, CORE_WINDOW.downstream)
        )
        codes = cropped(self.dataset, inner).codes
        letters, pairs = (count_kmers(codes, k).astype(np.float64) for k in (1, 2))
        known = np.maximum(letters.sum(axis=1), 1)
        cpg = pairs[:, kmer_names(2).index("CG")] / known
        return Block(("CpG", "G+C"), np.column_stack([cpg, letters[:, [1, 2]].sum(axis=1) / known]))

    def _kmers(self, k: int) -> Block:
        names, counts = kmer_names(k), count_kmers(self.dataset.codes, k)
        return Block(*merge_strands(counts, k)) if self.merge_strands else Block(names, counts)
