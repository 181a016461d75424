"""Mean scores along the promoter, less those of silent genes (Figures 6A and S6), and how robust they are.

With folds each gene is scored by the models that have not seen it, and all genes of a group are averaged together.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.errors import InputError
from xpresso_core.expression_groups import GROUP_NAMES
from xpresso_core.files import read_table, write_json, write_table
from xpresso_core.score_file import BETWEEN_METHODS, BETWEEN_NETWORKS, Scores, row_correlations
from xpresso_core.smoothing import MIN_POINTS, smooth

Floats = npt.NDArray[np.float64]

CORE = 500
"""Half the width of the region around the TSS, in bases, in which the paper found the profiles to peak."""


class Together(NamedTuple):
    """The scores of all folds, summed by group.

    Attributes
    ----------
    members
        ``float64 [method, group, position]``: the mean score, on average over the members of a model.
    networks
        ``float64 [method, network, group, position]``: the same of each network.
    counts
        ``int64 [group]``: how many genes there are.
    methods
        Names.
    upstream
        The index of the TSS base.
    unit
        Of scores.
    folds
        How many there are.
    """

    members: Floats
    networks: Floats
    counts: npt.NDArray[np.int64]
    methods: tuple[str, ...]
    upstream: int
    unit: str
    folds: int


def together(folds: Sequence[Scores]) -> Together:
    """Join the scores of all folds; networks are joined as far as every fold has them.

    Raises
    ------
    InputError
        If there is no fold, or they have other methods or windows.
    """
    if len({(fold.methods, fold.window) for fold in folds}) != 1:
        what = "the folds were scored by different methods, or on different windows"
        raise InputError(what, where="profiles", remedy="Make their scores again with the workflow")
    counts = np.sum([fold.counts for fold in folds], axis=0)
    networks = min(fold.sums.shape[1] for fold in folds)
    by_network = np.sum([fold.sums[:, :networks] for fold in folds], axis=0)
    members = np.sum([fold.sums[:, : fold.members].mean(axis=1) for fold in folds], axis=0)
    genes = np.where(counts > 0, counts, np.nan)[:, None]
    first = folds[0]
    return Together(
        members / genes,
        by_network / genes,
        counts,
        first.methods,
        first.window.upstream,
        first.unit,
        len(folds),
    )


def profile_table(scores: Together, resolution: int) -> pd.DataFrame:
    """Return the profile of each group that is not silent.

    Parameters
    ----------
    scores
        Of all folds.
    resolution
        The bases that curves are smoothed over.

    Returns
    -------
    pandas.DataFrame
        ``method group genes position difference smoothed``: the mean score less that of silent genes, and this
        smoothed. ``position`` is relative to the TSS, whose base is 0. Groups without genes have no rows.

    Raises
    ------
    InputError
        If the promoter is too short for the resolution.
    """
    length = scores.members.shape[-1]
    span = resolution / length
    if not MIN_POINTS <= resolution <= length:
        what = f"promoters of {length} bases cannot be smoothed over {resolution}"
        raise InputError(what, where="profiles", remedy=f"Smooth over {MIN_POINTS} to {length} bases")
    tables = []
    for number, method in enumerate(scores.methods):
        differences = scores.members[number, 1:] - scores.members[number, 0]
        for group, name in enumerate(GROUP_NAMES[1:]):
            if scores.counts[group + 1]:
                columns = {
                    "method": method,
                    "group": name,
                    "genes": int(scores.counts[group + 1]),
                    "position": np.arange(length) - scores.upstream,
                    "difference": differences[group],
                    "smoothed": smooth(differences[group], span),
                }
                tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def profile_facts(
    table: pd.DataFrame, scores: Together, agreement: pd.DataFrame, resolution: int
) -> dict[str, Any]:
    """Return what is told of profiles; parameters are those of `profile_table` and `write_profiles`.

    Returns
    -------
    dict
        By method: ``peak``, the position where the smoothed profile of the highest group is farthest from zero (None
        where it is zero everywhere); ``core_share``, the share of the area between it and zero that lies within
        `CORE` bases of the TSS, and ``core_width``, the share of the promoter that this is; ``single_networks``, the
        median over genes of the correlation of a gene's scores by two networks, and ``mean_networks``, that of the
        smoothed profiles of two networks or, with folds, of two sets of one network per fold; None where nothing can
        be compared. Also ``between_methods``, the median over genes for each two methods (None where no gene has
        one), ``silent``, the number of silent genes, ``unit``, that of scores, and the numbers of ``folds`` and of
        ``networks`` in each.
    """
    facts: dict[str, Any] = {"silent": int(scores.counts[0]), "unit": scores.unit, "methods": {}}
    facts |= {"folds": scores.folds, "networks": scores.networks.shape[1]}
    highest = [name for name in GROUP_NAMES if (table["group"] == name).any()][-1]
    networks = agreement[agreement["between"] == BETWEEN_NETWORKS]
    for number, method in enumerate(scores.methods):
        rows = table[(table["method"] == method) & (table["group"] == highest)]
        size, position = rows["smoothed"].abs().to_numpy(), rows["position"].to_numpy()
        inside = np.abs(position) <= CORE
        single = _median(networks.loc[networks["first"] == method, "correlation"])
        facts["methods"][method] = {
            "peak": int(position[size.argmax()]) if size.sum() > 0 else None,
            "core_share": float(size[inside].sum() / size.sum()) if size.sum() > 0 else None,
            "core_width": float(inside.mean()),
            "single_networks": single,
            "mean_networks": _mean_agreement(scores, number, GROUP_NAMES.index(highest), resolution),
        }
    methods = agreement[agreement["between"] == BETWEEN_METHODS]
    facts["between_methods"] = [
        {"first": first, "second": second, "median": _median(rows["correlation"])}
        for (first, second), rows in methods.groupby(["first", "second"], sort=False)
    ]
    return facts


def _median(correlations: pd.Series[float]) -> float | None:
    """Return the median of those that are known; None where none is."""
    median = float(correlations.median())
    return None if np.isnan(median) else median


def _mean_agreement(scores: Together, method: int, group: int, resolution: int) -> float | None:
    """Return the mean correlation of the smoothed profiles of two networks or, with folds, of one of each fold."""
    profiles = scores.networks[method, :, group] - scores.networks[method, :, 0]
    profiles = smooth(profiles, resolution / profiles.shape[1])
    pairs = [
        row_correlations(profiles[[one]], profiles[[other]])[0]
        for one, other in combinations(range(len(profiles)), 2)
    ]
    known = [pair for pair in pairs if np.isfinite(pair)]
    return float(np.mean(known)) if known else None


def write_profiles(
    scores: Sequence[Path],
    agreements: Sequence[Path],
    table: Path,
    agreement: Path,
    facts: Path,
    *,
    resolution: int,
) -> None:
    """Join the folds of an interpretation and write its profiles.

    Parameters
    ----------
    scores, agreements
        Of `attribution_scores.write_scores`, fold by fold.
    table, agreement, facts
        What to write: `profile_table`, the agreements of all folds, and `profile_facts` as JSON.
    resolution
        The bases that curves are smoothed over.
    """
    joined = together([Scores.open(path, with_genes=False) for path in scores])
    text = {"gene_id": str, "between": str, "first": str, "second": str}
    correlations = pd.concat([read_table(path, dtype=text) for path in agreements], ignore_index=True)
    profiles = profile_table(joined, resolution)
    write_table(profiles, table)
    write_table(correlations, agreement)
    write_json(profile_facts(profiles, joined, correlations, resolution), facts)
