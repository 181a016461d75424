"""Which genes train, which validate, which test; and a count of the test genes that are not quite strangers."""

from __future__ import annotations

import hashlib
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.errors import ConfigError
from xpresso_core.files import require_columns
from xpresso_core.randomness import generator

Indices = npt.NDArray[np.int64]
Kind = Literal["holdout", "folds", "chromosomes"]
LEAKAGE_LEVELS = {"any": 0.0, "quarter": 0.25, "half": 0.5}
"""Columns of the leakage summary, and the share of the test gene's window from which each counts."""

PARTS = ("train", "validation", "test")
UNUSED = "unused"
"""The part of genes that a thinned training set leaves out."""

MIN_GROUP = 10
"""Fewest genes that may validate or test a fold of chromosomes."""


class Fold(NamedTuple):
    """Row numbers of the genes of each part."""

    train: Indices
    validation: Indices
    test: Indices


def make_folds(
    kind: Kind,
    chrom: npt.NDArray[np.str_],
    *,
    seed: int,
    folds: int = 1,
    validation: int = 0,
    test: int = 0,
    training: int | None = None,
    draw: int = 1,
) -> list[Fold]:
    """Partition genes for training, validation and test.

    Parameters
    ----------
    kind
        ``holdout``: one random hold-out of `validation` and `test` genes, as in Figure 2B of the paper.
        ``folds``: nested cross-validation; each of `folds` random, equally sized bins is tested once, and
        `validation` of the other genes, drawn anew for each fold, are kept for model selection.
        ``chromosomes``: whole chromosomes are dealt to `folds` groups of similar size; each group is tested
        once. `validation` of the other genes are kept for model selection; without it, the next group is.
    chrom
        ``[gene]``, the chromosome of each gene.
    seed
        The seed of the run.
    training
        Train on so many of the training genes, at random; by default on all.
    draw
        The number of this random choice, to repeat it with other genes.

    Returns
    -------
    list of Fold
        Sorted row numbers; the three parts are disjoint and, without `training`, cover all genes.

    Raises
    ------
    ConfigError
        If there are too few genes or chromosomes for what is asked.
    """
    genes = len(chrom)
    if kind == "chromosomes":
        groups = _chromosome_groups(chrom, folds)
        bins = [np.flatnonzero(groups == group) for group in range(folds)]
        parts = [
            (
                _draw(np.arange(genes), chosen, validation, seed, group)
                if validation
                else bins[(group + 1) % folds],
                chosen,
            )
            for group, chosen in enumerate(bins)
        ]
    elif kind == "folds":
        _need(genes >= folds + validation + 1, f"{folds} folds and {validation} validation genes", genes)
        order = generator(seed, "folds").permutation(genes)
        bins = np.array_split(order, folds)
        parts = [(_draw(order, chosen, validation, seed, fold), chosen) for fold, chosen in enumerate(bins)]
    else:
        _need(genes > validation + test, f"{validation} validation and {test} test genes", genes)
        order = generator(seed, "holdout").permutation(genes)
        parts = [(order[:validation], order[validation : validation + test])]
    whole = [_fold(genes, validating, testing) for validating, testing in parts]
    if training is None:
        return whole
    return [_thinned(fold, training, seed, number, draw) for number, fold in enumerate(whole)]


def _thinned(fold: Fold, training: int, seed: int, number: int, draw: int) -> Fold:
    """Keep some of the training genes; a larger number of the same draw keeps them all, and others."""
    _need(training <= len(fold.train), f"{training} training genes", len(fold.train), "training genes")
    order = generator(seed, "training", number, draw).permutation(fold.train)
    return fold._replace(train=np.sort(order[:training]))


def _fold(genes: int, validation: Indices, test: Indices) -> Fold:
    train = np.setdiff1d(np.arange(genes), np.concatenate([validation, test]))
    return Fold(train, np.sort(validation), np.sort(test))


def _draw(order: Indices, test: Indices, validation: int, seed: int, fold: int) -> Indices:
    """Draw the validation genes of a fold from the genes that it does not test."""
    rest = np.setdiff1d(order, test)
    _need(validation < len(rest), f"{validation} validation genes of a fold", len(rest), "genes for it")
    return generator(seed, "validation", fold).permutation(rest)[:validation]


def _chromosome_groups(chrom: npt.NDArray[np.str_], folds: int) -> Indices:
    """Deal chromosomes, largest first, each to the smallest group so far."""
    names, counts = np.unique(chrom, return_counts=True)
    if len(names) < folds or folds < 3:
        what = f"{folds} folds of whole chromosomes are asked for, the genes lie on {len(names)} chromosomes"
        raise ConfigError(what, where="split", remedy="Take at least 3 folds and at most one per chromosome")
    sizes = np.zeros(folds, dtype=np.int64)
    group_of: dict[str, int] = {}
    for index in sorted(range(len(names)), key=lambda index: (-counts[index], names[index])):
        smallest = int(np.argmin(sizes))
        group_of[str(names[index])] = smallest
        sizes[smallest] += counts[index]
    if sizes.min() < MIN_GROUP:
        what = f"a group of chromosomes has {sizes.min()} genes, and at least {MIN_GROUP} are needed"
        raise ConfigError(what, where="split", remedy="Take fewer folds")
    return np.array([group_of[str(name)] for name in chrom], dtype=np.int64)


def _need(enough: bool, asked: str, there: int, of: str = "genes") -> None:  # noqa: FBT001
    if not enough:
        what = f"{asked} are asked for, but the dataset has {there} {of}"
        raise ConfigError(what, where="split", remedy="Ask for fewer, or give more genes")


def split_table(gene_id: npt.NDArray[np.str_], folds: list[Fold]) -> pd.DataFrame:
    """Return the table ``fold gene_id part``, folds counted from 1, genes in dataset order."""
    tables = []
    for number, fold in enumerate(folds, start=1):
        part = np.full(len(gene_id), UNUSED, dtype=object)
        for name, rows in zip(PARTS, fold, strict=True):
            part[rows] = name
        tables.append(pd.DataFrame({"fold": number, "gene_id": gene_id, "part": part}))
    return pd.concat(tables, ignore_index=True)


def fold_of_table(table: pd.DataFrame, fold: int, gene_id: npt.NDArray[np.str_]) -> Fold:
    """Return the row numbers of one fold of a split table for the genes of a dataset.

    Genes of the dataset that the split does not use are in no part.

    Raises
    ------
    ConfigError
        If the table has genes that the dataset lacks, or not this fold.
    """
    part = table.loc[table["fold"] == fold].set_index("gene_id")["part"]
    if part.empty or not part.index.isin(gene_id).all():
        what = f"fold {fold} of the split has genes that the dataset lacks"
        raise ConfigError(what, where="split", remedy="Make the split again from this dataset")
    ordered = part.reindex(gene_id.tolist()).to_numpy()
    return Fold(*(np.flatnonzero(ordered == name) for name in PARTS))


def split_hash(table: pd.DataFrame, fold: int) -> str:
    """Return the SHA-256 of one fold's genes and parts, independent of their order."""
    rows = table.loc[table["fold"] == fold, ["gene_id", "part"]].sort_values("gene_id")
    return hashlib.sha256("\n".join(rows["gene_id"] + "\t" + rows["part"]).encode()).hexdigest()


def leakage_shares(leakage: pd.DataFrame) -> pd.DataFrame:
    """Count, for each fold, the test genes whose window overlaps a training gene's window.

    Parameters
    ----------
    leakage
        One row per test gene with columns ``fold gene_id overlap_bp overlap_fraction``: the largest overlap
        with the window of any training gene, in bases and as a fraction of the window.

    Returns
    -------
    pandas.DataFrame
        ``fold test_genes any quarter half``; the last three are shares of the test genes (0..1) with an
        overlap of at least one base, 25 % and 50 %. The last row, fold ``all``, is the total.

    Raises
    ------
    InputError
        If a column is missing or there is no row.
    """
    require_columns(leakage, ("fold", "gene_id", "overlap_bp", "overlap_fraction"), "leakage audit")
    by_fold = [(str(fold), rows) for fold, rows in leakage.groupby("fold")]
    return pd.DataFrame([_leakage_row(fold, rows) for fold, rows in [*by_fold, ("all", leakage)]])


def _leakage_row(fold: str, rows: pd.DataFrame) -> dict[str, Any]:
    overlaps = rows["overlap_bp"].to_numpy() > 0
    fraction = rows["overlap_fraction"].to_numpy(dtype=np.float64)
    shares = {name: float((overlaps & (fraction >= level)).mean()) for name, level in LEAKAGE_LEVELS.items()}
    return {"fold": fold, "test_genes": len(rows), **shares}
