"""The words of the report's first page about what networks have learned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from xpresso_core.files import read_json, read_table
from xpresso_core.words import plain


def interpretation_words(
    interpretations: Mapping[str, Mapping[str, Any]], folders: Mapping[str, Path]
) -> list[str]:
    """Say where along the promoter networks look, and which k-mers come first.

    Parameters
    ----------
    interpretations
        As configured, by name.
    folders
        Of the results of each.
    """
    return [_interpretation(name, row, folders[name]) for name, row in interpretations.items()]


def _interpretation(name: str, row: Mapping[str, Any], folder: Path) -> str:
    method = row["methods"][0]
    found = read_json(folder / "profiles.json")["methods"][method]
    what = f"the networks of {plain(row['experiment'])}" if "experiment" in row else plain(row["model"])
    text = (
        f"**{plain(name)}** ({what}): by {plain(method)}, genes of high predicted expression differ most from"
        f" silent ones at {found['peak']:+,} bases from the TSS"
    )
    if found["core_share"] is not None and found["core_width"] < 1:
        text += f", and {100 * found['core_share']:.0f} % of the difference lies within 500 bases of it"
    if found["mean_networks"] is not None:
        text += (
            f"; between two networks, scores of single genes correlate by {found['single_networks']:.2f} and their"
            f" smoothed means by {found['mean_networks']:.2f}"
        )
    return f"{text}. {_kmers(folder)}" if row["kmers"] is not None else f"{text}."


def _kmers(folder: Path) -> str:
    facts = read_json(folder / "kmers" / "classes.json")
    if facts["reason"]:
        return f"No k-mers were looked for: {plain(facts['reason'])}."
    table: pd.DataFrame = read_table(folder / "kmers" / "classes.tsv", dtype={"motif": str, "similar": str})
    if table.empty:
        return "DREME finds no k-mer in the stretches that stand out."
    first = table.iloc[0]
    return (
        f"Of {len(table)} k-mers in the stretches that stand out, {plain(first['motif'])} comes first, with an E-value"
        f" of 10 to the power of {first['log10_e']:,.0f}; {facts['control'] or 'none'} in shuffled ones."
    )
