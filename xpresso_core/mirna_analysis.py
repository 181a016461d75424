"""MicroRNAs beside residuals, from files to tables (Figures 3G and 3H)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
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
        See `targetscan.read_summary_counts`; None where only abundances are known. A family that the small RNAs lack
        goes by the representative microRNA of this table.
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
        "abundant": [
            {"seed": seed, "family": family} for seed, family in zip(seeds, shares["family"], strict=False)
        ],
        "share_of_abundant": float(shares.loc[shares["family"] != OTHER, "share"].sum()),
        "expressed": 0,
        "top_tenth": None,
    }
    known = families.set_index("seed")
    if targets is None:
        table, named = _untested(families.loc[families["rpm"] > 0, "seed"]), known["family"]
    else:
        scores, found = _scores(targets, taxon, names.finder())
        residuals = read_residuals(residual_path)
        used = residuals[residuals["observed"] > log_expression(expressed)].set_index("gene_id")["residual"]
        table = correlate_families(used, scores) if len(used) else _untested(scores["seed"])
        tenth = top_tenth(table, seeds)
        facts |= {**found, "expressed": len(used)}
        facts["top_tenth"] = {**tenth._asdict(), "n": sum((tenth.a, tenth.b, tenth.c, tenth.d))}
        named = known["family"].combine_first(scores.groupby("seed")["representative"].first())
    table = table.assign(
        family=table["seed"].map(named),
        share=table["seed"].map(known["share"]).fillna(0.0),
        abundant=table["seed"].isin(seeds),
    )
    write_table(table[FAMILY_COLUMNS], files.families)
    write_json(facts, files.facts)


def _untested(seeds: pd.Series) -> pd.DataFrame:
    """Return the table of correlations of families of which none can be tested, in their order."""
    table = pd.DataFrame({"seed": seeds.drop_duplicates()}).reset_index(drop=True)
    return table.assign(targets=0, spearman=np.nan, p=np.nan, p_adjusted=np.nan, tested=False)


def _scores(targets: Path, taxon: int, finder: GeneFinder) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return ``gene_id seed score representative`` and how many symbols were found.

    Rows whose symbol means no gene stay, without one, so that no family is lost.
    """
    table, without_score = read_summary_counts(targets, taxon)
    symbols = finder.find(table["symbol"].unique())
    facts = {
        "target_symbols": int(symbols["entry"].nunique()),
        "unknown_symbols": int((symbols["gene_id"] == "").sum()),
        "without_score": without_score,
    }
    scores = table.merge(symbols[["entry", "gene_id"]], left_on="symbol", right_on="entry")
    return scores[["gene_id", "seed", "score", "representative"]], facts
