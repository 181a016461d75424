"""The words of the report's first page about what models do not explain."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from xpresso_core.files import read_json, read_table
from xpresso_core.residual_tests import TEST_COLUMNS
from xpresso_core.words import plain

SIGNIFICANT = 0.05
"""A corrected P value below this is told as a difference."""


def residual_words(analyses: Mapping[str, Mapping[str, Any]], folders: Mapping[str, Path]) -> list[str]:
    """Say what goes with the residuals of each analysis, and what does not.

    Parameters
    ----------
    analyses
        As configured, by name.
    folders
        Of the results of each.
    """
    return [_analysis(name, row, folders[name]) for name, row in analyses.items()]


def _analysis(name: str, row: Mapping[str, Any], folder: Path) -> str:
    facts = read_json(folder / "residuals.json")
    tests = read_table(folder / "tests.tsv", TEST_COLUMNS, dict.fromkeys(("set", "name", "test"), str))
    origin = row["experiment"] if "experiment" in row else f"{row['predictions']} against {row['dataset']}"
    text = (
        f"**{plain(name)}** ({plain(origin)}): {facts['n']:,} genes, r² = {facts['r2']:.3f}; residuals have a standard"
        f" deviation of {facts['residual_sd']:.2f} log10 units."
    )
    if facts["constant"]:
        text += " **The predictions are constant: residuals are distances from the mean.**"
    elif facts["pearson"] < 0:
        text += " **The predictions point the wrong way: the correlation is negative.**"
    groups = tests[tests["analysis"] == "genes"]
    parts = [_groups(groups[groups["set"] == gene_set], gene_set) for gene_set in groups["set"].unique()]
    parts += [
        _halflife(test)
        for _, test in tests[(tests["analysis"] == "half-lives") & (tests["test"] == "Pearson")].iterrows()
    ]
    if row["mirnas"] is not None:
        parts += _mirnas(folder / "mirnas", tests)
    return " ".join([text, *parts])


def _groups(tests: pd.DataFrame, gene_set: str) -> str:
    """Say of the groups of a set which differ, which do not, and which could not be tested."""
    told = []
    for _, test in tests.iterrows():
        direction = str(test["test"]).rpartition(" ")[2]
        who = f"{plain(test['name'])} ({int(test['n']):,} genes)"
        if pd.isna(test["p"]):
            told.append(f"{who} could not be tested")
        elif test["p_adjusted"] < SIGNIFICANT:
            told.append(f"residuals of {who} are {direction}, P = {test['p']:.1e}")
        else:
            told.append(f"those of {who} are not {direction}, P = {test['p']:.2g}")
    return f"{plain(gene_set)}: {'; '.join(told)}."


def _halflife(test: pd.Series) -> str:
    if pd.isna(test["p"]):
        return f"Half-lives {plain(test['name'])}: {int(test['n']):,} genes, too few or too much alike to correlate."
    differs = "" if test["p_adjusted"] < SIGNIFICANT else ", which may be chance"
    return (
        f"Half-lives {plain(test['name'])}: correlation {test['statistic']:.2f} with the residuals over"
        f" {int(test['n']):,} genes, P = {test['p']:.1e}{differs}."
    )


def _mirnas(folder: Path, tests: pd.DataFrame) -> list[str]:
    facts = read_json(folder / "facts.json")
    names = list(facts["abundant"].values())
    text = (
        f"MicroRNAs: the {len(names)} most abundant of {facts['families']:,} families have"
        f" {100 * facts['share_of_abundant']:.0f} % of the reads, {plain(names[0])} most."
    )
    if facts["top_tenth"] is None:
        return [text]
    families = read_table(folder / "families.tsv", dtype={"seed": str, "family": str})
    tested = families[families["spearman"].notna()]
    if tested.empty:
        return [f"{text} {plain(facts['top_tenth']['note'])}"]
    first = tested.iloc[0]
    text += (
        f" The targets of {plain(first['family'])} ({plain(first['seed'])}) have the lowest residuals of"
        f" {len(tested):,} families tested in {facts['expressed']:,} expressed genes: Spearman's correlation"
        f" {first['spearman']:.3f}, P = {first['p']:.1e}, corrected {first['p_adjusted']:.1e}."
    )
    tenth = facts["top_tenth"]
    if tenth["p"] is None:
        return [f"{text} {plain(tenth['note'])}"]
    corrected = tests.loc[tests["analysis"] == "microRNAs", "p_adjusted"].iloc[0]
    return [
        f"{text} {tenth['a']} of {tenth['a'] + tenth['c']} abundant families are among the highest"
        f" {tenth['a'] + tenth['b']}: P = {tenth['p']:.1e}, corrected {corrected:.1e}."
    ]
