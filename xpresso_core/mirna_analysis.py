"""MicroRNAs beside residuals, from files to tables (Figures 3G and 3H)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from xpresso_core.expression import log_expression
from xpresso_core.files import write_json, write_table
from xpresso_core.gene_lists import GeneFinder
from xpresso_core.mirna import (
    OTHER,
    abundant,
    correlate_families,
    read_mirna_counts,
    seed_families,
    top_tenth,
)
from xpresso_core.residual_analyses import NameFiles
from xpresso_core.residuals import read_residuals
from xpresso_core.targetscan import read_summary_counts

FAMILY_COLUMNS = "seed family share abundant targets spearman p p_adjusted tested".split()
"""Columns of the table of families, in their order."""


class MirnaFiles(NamedTuple):
    """What `write_mirnas` writes: the most abundant families, all families with their correlations, and facts."""

    abundance: Path
    families: Path
    facts: Path


def write_mirnas(
    residual_path: Path,
    names: NameFiles,
    counts: Path,
    targets: Path | None,
    *,
    columns: Sequence[str],
    taxon: int,
    expressed: float,
    files: MirnaFiles,
) -> None:
    """Sum microRNAs by seed, and correlate the predicted repression by each family with the residuals.

    Parameters
    ----------
    residual_path
        Of `residual_analyses.write_residuals`.
    names
        By which the symbols of target genes are found.
    counts, columns
        See `mirna.read_mirna_counts`.
    targets, taxon
        See `targetscan.read_summary_counts`; None where only abundances are known.
    expressed
        Genes whose observed value, without the logarithm, is above this are correlated.
    files
        Where to write.
    """
    families = seed_families(read_mirna_counts(counts, columns))
    shares = abundant(families)
    write_table(shares, files.abundance)
    seeds = shares.loc[shares["family"] != OTHER, "seed"].tolist()
    facts: dict[str, Any] = {
        "families": len(families),
        "abundant": dict(zip(seeds, shares["family"], strict=False)),
        "share_of_abundant": float(shares.loc[shares["family"] != OTHER, "share"].sum()),
        "expressed": 0,
        "top_tenth": None,
    }
    if targets is None:
        table = correlate_nothing()
    else:
        table, found = _correlations(read_residuals(residual_path), names.finder(), targets, taxon, expressed)
        tenth = top_tenth(table, seeds)
        facts |= found
        facts["top_tenth"] = {**tenth._asdict(), "n": sum((tenth.a, tenth.b, tenth.c, tenth.d))}
    known = families.set_index("seed")
    table = table.assign(
        family=table["seed"].map(known["family"]).fillna("not among the small RNAs"),
        share=table["seed"].map(known["share"]).fillna(0.0),
        abundant=table["seed"].isin(seeds),
    )
    write_table(table[FAMILY_COLUMNS], files.families)
    write_json(facts, files.facts)


def correlate_nothing() -> pd.DataFrame:
    """Return the table of correlations where there are no targets: no rows."""
    return pd.DataFrame(columns=["seed", "targets", "spearman", "p", "p_adjusted", "tested"])


def _correlations(
    residuals: pd.DataFrame, finder: GeneFinder, targets: Path, taxon: int, expressed: float
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the correlation of each family, and how many genes and targets it is of."""
    scores, without_score = read_summary_counts(targets, taxon)
    symbols = finder.find(scores["symbol"].unique())
    genes = symbols.loc[symbols["gene_id"] != "", ["entry", "gene_id"]]
    scores = scores.merge(genes, left_on="symbol", right_on="entry")
    used = residuals[residuals["observed"] > log_expression(expressed)]
    facts = {
        "expressed": len(used),
        "target_symbols": int(symbols["entry"].nunique()),
        "unknown_symbols": int((symbols["gene_id"] == "").sum()),
        "without_score": without_score,
    }
    table = correlate_families(used.set_index("gene_id")["residual"], scores[["gene_id", "seed", "score"]])
    return table, facts
