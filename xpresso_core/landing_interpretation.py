"""The words of the report's first page about what networks have learned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from xpresso_core.files import read_json, read_table
from xpresso_core.words import networks_in_words, plain


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
    method, facts = row["methods"][0], read_json(folder / "profiles.json")
    what = f"the networks of {plain(row['experiment'])}" if "experiment" in row else plain(row["model"])
    text = f"**{plain(name)}** ({what}): {_profile(plain(method), facts['methods'][method], facts)}."
    return f"{text} {_kmers(folder)}" if row["kmers"] is not None else text


def _profile(method: str, found: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    if found["peak"] is None:
        return f"by {method}, no base of the promoter counts"
    text = (
        f"by {method}, genes of high predicted expression differ most from the {facts['silent']:,} silent ones at"
        f" {found['peak']:+,} bases from the TSS"
    )
    if found["core_share"] is not None and found["core_width"] < 1:
        text += (
            f", and {100 * found['core_share']:.0f} % of the area of this profile lies within 500 bases of it, in"
            f" {100 * found['core_width']:.0f} % of the promoter"
        )
    if found["single_networks"] is not None:
        text += f"; scores of a single gene correlate by {found['single_networks']:.2f} between two networks"
    if found["mean_networks"] is not None:
        text += (
            f"; smoothed means over genes by {found['mean_networks']:.2f} between {networks_in_words(facts)}"
        )
    return text


def _kmers(folder: Path) -> str:
    facts = read_json(folder / "kmers" / "classes.json")
    if facts["reason"]:
        reason = read_json(folder / "classes.json")["reason"] or facts["reason"]
        return f"No k-mers were looked for: {plain(reason)}."
    table: pd.DataFrame = read_table(folder / "kmers" / "classes.tsv", dtype={"motif": str, "similar": str})
    if table.empty:
        return "DREME finds no k-mer in the stretches that stand out."
    first, untrained = table.iloc[0], facts["untrained"]
    text = (
        f"The first k-mer in the stretches that stand out is {plain(first['motif'])}, with an E-value of 10 to the"
        f" power of {first['log10_e']:,.0f}; for networks with shuffled weights there is "
    )
    return text + (
        f"{plain(untrained['motif'])}, with 10 to the power of {untrained['log10_e']:,.0f}."
        if untrained
        else "none."
    )
