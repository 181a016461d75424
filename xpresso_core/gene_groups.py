"""Whether the residuals of a group of genes are higher or lower than those of all other genes (Figures 3B, 3E, S3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xpresso_core.errors import InputError
from xpresso_core.rank_tests import Expect, ks_one_sided

OTHER, SHARED = "other", "several groups"
"""What genes of no group, and genes of more than one, are called beside the groups' names."""


class Group(NamedTuple):
    """Genes that are expected to have higher, or lower, residuals than others."""

    name: str
    expect: Expect
    genes: Collection[str]


class GroupTest(NamedTuple):
    """One group against all genes in no group.

    Attributes
    ----------
    name, expect
        Of the group.
    n
        Its genes that have a residual and are in no other group.
    unpredicted
        Its genes that have no residual.
    shared
        Its genes that are in another group too, and count in neither.
    others
        Genes in no group.
    median, others_median
        Median residuals in log10 units; None where there is no gene.
    d, p
        Of the one-sided Kolmogorov-Smirnov test, see `rank_tests.ks_one_sided`; None where one side has no gene.
    """

    name: str
    expect: Expect
    n: int
    unpredicted: int
    shared: int
    others: int
    median: float | None
    others_median: float | None
    d: float | None
    p: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain types for JSON."""
        return self._asdict()


def memberships(genes: pd.Series, groups: Sequence[Group]) -> pd.Series:
    """Say for each gene in which group it is.

    Parameters
    ----------
    genes
        Identifiers, as the groups have them.
    groups
        With different names.

    Returns
    -------
    pandas.Series
        The group's name, `SHARED` or `OTHER`, str ``[gene]``, indexed as `genes`.

    Raises
    ------
    InputError
        If two groups have one name, or a group is called `OTHER` or `SHARED`.
    """
    taken = Counter([OTHER, SHARED, *(group.name for group in groups)])
    if twice := [name for name, count in taken.items() if count > 1]:
        what = f"the name {twice[0]!r} is taken"
        raise InputError(what, where="gene groups", remedy="Give every group a name of its own")
    found = np.full(len(genes), OTHER, dtype=object)
    count = np.zeros(len(genes), dtype=np.int64)
    for group in groups:
        here = genes.isin(list(group.genes)).to_numpy()
        found[here] = group.name
        count += here
    found[count > 1] = SHARED
    return pd.Series(found, index=genes.index, dtype=str)


def compare_groups(residuals: pd.DataFrame, groups: Sequence[Group]) -> list[GroupTest]:
    """Test each group of genes against all genes that are in no group.

    The paper: "ignoring those that happen to overlap with both"; its published code counts such genes among the
    others, here they count nowhere.

    Parameters
    ----------
    residuals
        ``gene_id residual``, each gene once.
    groups
        See `memberships`.
    """
    group_of = memberships(residuals["gene_id"], groups)
    values = residuals["residual"].to_numpy(dtype=np.float64)
    predicted = set(residuals["gene_id"])
    others = values[(group_of == OTHER).to_numpy()]
    return [
        _test(group, values[(group_of == group.name).to_numpy()], others, _sizes(group, groups, predicted))
        for group in groups
    ]


def curves(residuals: pd.DataFrame, group_of: pd.Series) -> Mapping[str, NDArray[np.float64]]:
    """Return the residuals of each group and of all others, float64 ``[gene]``, by name."""
    return {
        str(name): rows.to_numpy(dtype=np.float64)
        for name, rows in residuals["residual"].groupby(group_of.to_numpy())
    }


def _sizes(group: Group, groups: Sequence[Group], predicted: Collection[str]) -> tuple[int, int]:
    """Return how many genes of a group have no residual, and how many of the rest are in another group."""
    genes = set(group.genes)
    there = genes & set(predicted)
    elsewhere = {gene for other in groups if other is not group for gene in other.genes}
    return len(genes - there), len(there & elsewhere)


def _test(
    group: Group, values: NDArray[np.float64], others: NDArray[np.float64], sizes: tuple[int, int]
) -> GroupTest:
    outcome = ks_one_sided(values, others, group.expect) if values.size and others.size else None
    return GroupTest(
        name=group.name,
        expect=group.expect,
        n=values.size,
        unpredicted=sizes[0],
        shared=sizes[1],
        others=others.size,
        median=float(np.median(values)) if values.size else None,
        others_median=float(np.median(others)) if others.size else None,
        d=None if outcome is None else outcome.statistic,
        p=None if outcome is None else outcome.p,
    )
