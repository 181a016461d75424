"""Comparing the expression of the same genes in two datasets: two cell types, or orthologs of two species."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from xpresso_core.errors import InputError
from xpresso_core.files import require_columns, write_json, write_table
from xpresso_core.metrics import MIN_GENES

THRESHOLD = 1.0
"""A gene is called where it differs by more than this: 10-fold in log10 units, or one standard deviation of
z-scored labels."""

ROUNDING = 1e-6
"""Differences this close to `THRESHOLD` are equal to it, and not called: the labels of a dataset have 32 bits.
Values of three decimals meet it exactly: LIN28B has 0.93 RPKM in human and 0.003 in mouse, and 1.03 / 0.103 is
10."""

Floats = NDArray[np.float64]


class Comparison(NamedTuple):
    """Two datasets side by side.

    Attributes
    ----------
    table
        One row per gene: ``gene_id first second difference zscore_difference call``. `first` and `second`
        are log10(x + 0.1), `difference` is first - second, `zscore_difference` the same of the labels after
        each was z-scored over these genes (population s.d.), and `call` says where the gene is more than
        10-fold higher: ``first``, ``second``, or "".
    n
        Number of genes.
    pearson, r2, spearman
        Correlation of the two labels, its square, and their rank correlation.
    tenfold_first, tenfold_second
        Genes more than 10-fold higher in the first or the second (of x + 0.1).
    zscored_first, zscored_second
        Genes whose z-scored labels differ by more than 1.
    """

    table: pd.DataFrame
    n: int
    pearson: float
    r2: float
    spearman: float
    tenfold_first: int
    tenfold_second: int
    zscored_first: int
    zscored_second: int

    def as_dict(self) -> dict[str, Any]:
        """Return all but the table as plain types for JSON."""
        numbers = self._asdict()
        del numbers["table"]
        return numbers


def compare(first: pd.Series, second: pd.Series) -> Comparison:
    """Compare two labels gene by gene.

    From the paper's section on cell-type-specific mRNA levels and Figures 2F and 4B. Their counts are of two
    kinds: 584 orthologs by fold change, but 1,977 genes between K562 and GM12878 by z-scored labels.

    Parameters
    ----------
    first, second
        log10(x + 0.1), float64 ``[gene]``, with the same unique gene_ids in the same order as index.

    Raises
    ------
    InputError
        If the genes are not the same, there are fewer than three, or a label has missing values or is the
        same for all genes.
    """
    x, y = _checked(first, "first"), _checked(second, "second")
    if not x.index.equals(y.index):
        what = f"the {len(x)} genes of the first and the {len(y)} of the second dataset are not the same"
        raise InputError(what, where="comparison", remedy="Join them first (join_genes or join_orthologs)")
    difference, zscore_difference = x - y, _zscored(x) - _zscored(y)
    call, zscore_call = calls(difference), calls(zscore_difference)
    columns = {
        "gene_id": x.index,
        "first": x,
        "second": y,
        "difference": difference,
        "zscore_difference": zscore_difference,
        "call": call,
    }
    pearson = _correlation(x.to_numpy(), y.to_numpy())
    return Comparison(
        table=pd.DataFrame(columns).reset_index(drop=True),
        n=len(x),
        pearson=pearson,
        r2=pearson**2,
        spearman=_correlation(rankdata(x), rankdata(y)),
        tenfold_first=int((call == "first").sum()),
        tenfold_second=int((call == "second").sum()),
        zscored_first=int((zscore_call == "first").sum()),
        zscored_second=int((zscore_call == "second").sum()),
    )


def calls(difference: pd.Series) -> pd.Series:
    """Say for each gene which dataset has more by `THRESHOLD`: ``first``, ``second``, or "" for neither."""
    beyond = THRESHOLD + ROUNDING
    names = np.select([difference > beyond, difference < -beyond], ["first", "second"], "")
    return pd.Series(names, index=difference.index, dtype=str)


def spearman_matrix(matrix: pd.DataFrame) -> pd.DataFrame:
    """Correlate the ranks of the genes between all pairs of samples, as `scipy.stats.spearmanr`.

    Parameters
    ----------
    matrix
        Expression ``[gene, sample]``; any monotone scale gives the same.

    Returns
    -------
    pandas.DataFrame
        Spearman's rho, float64 ``[sample, sample]``, with ones on the diagonal.

    Raises
    ------
    InputError
        If there are fewer than two samples or three genes, or a sample has missing values or the same value
        for all genes.
    """
    if matrix.shape[1] < 2:
        what = f"correlations need at least two samples, and there is {matrix.shape[1]}"
        raise InputError(what, where="expression matrix", remedy="Give more columns")
    ranks = np.array([rankdata(_checked(matrix[name], str(name))) for name in matrix.columns])
    rho = np.clip(np.corrcoef(ranks), -1.0, 1.0)
    np.fill_diagonal(rho, 1.0)
    return pd.DataFrame(rho, index=matrix.columns, columns=matrix.columns)


def mean_correlation(correlations: pd.DataFrame) -> float:
    """Return the mean over all pairs of different samples of a matrix from `spearman_matrix`."""
    return float(pairs_of(correlations).mean())


def pairs_of(correlations: pd.DataFrame) -> Floats:
    """Return the correlations above the diagonal of a square matrix, float64 ``[pair]``."""
    above = np.triu_indices(len(correlations), 1)
    return np.asarray(correlations.to_numpy(dtype=np.float64)[above])


def join_genes(first: pd.Series, second: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Keep the genes that both labels have, in the order of the first.

    Raises
    ------
    InputError
        If they share none.
    """
    shared = first.index[first.index.isin(second.index)]
    if not len(shared):
        what = f"no gene is in both datasets ({_example(first)} and {_example(second)})"
        raise InputError(what, where="comparison", remedy="Datasets of two species need a table of orthologs")
    return first.loc[shared], second.loc[shared]


def join_orthologs(first: pd.Series, second: pd.Series, pairs: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Keep the genes of the first species whose one ortholog is in the second.

    Parameters
    ----------
    first, second
        Labels of the two species, indexed by their own gene_ids.
    pairs
        ``gene_id ortholog_id``, one-to-one orthologs, the gene of the first species before that of the
        second.

    Returns
    -------
    tuple of pandas.Series
        The two labels in the order of `pairs`, both indexed by the first species' gene_id.

    Raises
    ------
    InputError
        If a column is missing, a gene is in two pairs, or no pair is in both datasets.
    """
    require_columns(pairs, ("gene_id", "ortholog_id"), "orthologs")
    for column in ("gene_id", "ortholog_id"):
        twice = pairs[column][pairs[column].duplicated()]
        if len(twice):
            what = f"{len(twice)} genes of the column {column} are in more than one pair"
            remedy = "Keep only one-to-one orthologs"
            raise InputError(what, where=f"orthologs, gene {twice.iloc[0]}", remedy=remedy)
    measured = pairs[pairs["gene_id"].isin(first.index) & pairs["ortholog_id"].isin(second.index)]
    if measured.empty:
        example = f"{pairs['gene_id'].iloc[0]} and {pairs['ortholog_id'].iloc[0]}"
        what = (
            f"no pair ({example}) has its gene in the first dataset ({_example(first)})"
            f" and its ortholog in the second ({_example(second)})"
        )
        raise InputError(what, where="orthologs", remedy="Give the gene of the first species first")
    aligned = second.loc[measured["ortholog_id"]].set_axis(pd.Index(measured["gene_id"], name="gene_id"))
    return first.loc[measured["gene_id"]], aligned


def write_comparison(
    first: pd.Series,
    second: pd.Series,
    table_path: str | os.PathLike[str],
    summary_path: str | os.PathLike[str],
    *,
    pairs: pd.DataFrame | None = None,
) -> Comparison:
    """Compare the genes that two labels share, and write the genes as TSV and the counts as JSON.

    Parameters
    ----------
    first, second
        log10(x + 0.1), ``[gene]``, indexed by gene_id.
    table_path
        Where to write `Comparison.table`; with `pairs` it also has ``ortholog_id``.
    summary_path
        Where to write the counts, with the number of genes of each dataset and the threshold.
    pairs
        One-to-one orthologs for two species, as for `join_orthologs`; without them, genes are joined by
        their gene_id.

    Raises
    ------
    InputError
        For what `compare`, `join_genes` and `join_orthologs` refuse.
    """
    joined = join_genes(first, second) if pairs is None else join_orthologs(first, second, pairs)
    comparison = compare(*joined)
    table = comparison.table
    if pairs is not None:
        orthologs = table["gene_id"].map(pairs.set_index("gene_id")["ortholog_id"])
        table = table.assign(ortholog_id=orthologs)
    write_table(table, table_path)
    sizes = {"genes_first": len(first), "genes_second": len(second), "threshold": THRESHOLD}
    write_json({**comparison.as_dict(), **sizes}, summary_path)
    return comparison


def _checked(label: pd.Series, name: str) -> pd.Series:
    """Return a label as float64 after making sure that it can be correlated."""
    values = label.astype(np.float64)
    where = f"dataset {name}"
    if label.index.has_duplicates:
        twice = label.index[label.index.duplicated()][0]
        what = "the gene is there twice"
        raise InputError(what, where=f"{where}, gene {twice}", remedy="Give every gene once")
    if len(values) < MIN_GENES:
        what = f"{len(values)} genes are too few for a correlation"
        raise InputError(what, where=where, remedy=f"Give at least {MIN_GENES}")
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        what = f"{bad.size} values are missing or infinite"
        remedy = "Give one finite value per gene"
        raise InputError(what, where=f"{where}, gene {values.index[bad[0]]}", remedy=remedy)
    if not np.ptp(values):
        what = "all genes have the same value, so nothing can be correlated"
        raise InputError(what, where=where, remedy="Check the expression table")
    return values


def _zscored(label: pd.Series) -> pd.Series:
    return (label - label.mean()) / label.std(ddof=0)


def _correlation(x: Floats, y: Floats) -> float:
    return float(np.clip(np.corrcoef(x, y)[0, 1], -1.0, 1.0))


def _example(label: pd.Series) -> str:
    return f"{label.index[0]}, ..." if len(label) else "which is empty"
