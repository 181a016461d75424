"""The words of the report's first page about what models do not explain."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from xpresso_core.files import read_json, read_table
from xpresso_core.gene_lists import AMBIGUOUS, UNKNOWN
from xpresso_core.rank_tests import SIGNIFICANT
from xpresso_core.residual_tests import TEST_COLUMNS
from xpresso_core.words import listed, p_equals, p_text, plain


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
    if facts["unmeasured"]:
        text += f" {facts['unmeasured']:,} more are predicted and have no expression value."
    if facts["constant"]:
        text += " **The predictions are constant: residuals are distances from the mean.**"
    elif facts["pearson"] < 0:
        text += " **The predictions point the wrong way: the correlation is negative.**"
    groups = tests[tests["analysis"] == "genes"]
    parts = [
        _groups(
            groups[groups["set"] == gene_set], gene_set, read_json(folder / "groups" / f"{gene_set}.json")
        )
        for gene_set in groups["set"].unique()
    ]
    parts += [
        _halflife(test)
        for _, test in tests[(tests["analysis"] == "half-lives") & (tests["test"] == "Pearson")].iterrows()
    ]
    if row["mirnas"] is not None:
        parts += _mirnas(folder / "mirnas", tests, row["mirnas"]["cells"])
    return " ".join([text, *parts])


def _groups(tests: pd.DataFrame, gene_set: str, facts: Mapping[str, Any]) -> str:
    """Say of the groups of a set which differ, which do not, which could not be tested, and what was left out."""
    told = []
    for _, test in tests.iterrows():
        direction = str(test["test"]).rpartition(" ")[2]
        who = f"{plain(test['name'])} ({int(test['n']):,} genes)"
        if pd.isna(test["p"]):
            told.append(f"{who} could not be tested")
        else:
            differ = direction if test["p_adjusted"] < SIGNIFICANT else f"not {direction}"
            told.append(f"{who} {differ}, {_p(test['p'], test['p_adjusted'])}")
    return f"Residuals by {plain(gene_set)}: {'; '.join(told)}.{_left_out(facts)}"


def _left_out(facts: Mapping[str, Any]) -> str:
    """Say which entries of lists mean no one gene, which states are not there, and how many genes do not count."""
    told = []
    for name, cases in facts.get("entries", {}).items():
        if lost := cases.get(UNKNOWN, 0) + cases.get(AMBIGUOUS, 0):
            told.append(
                f"{lost:,} of {sum(cases.values()):,} entries of {plain(name)}, which mean no one gene"
            )
    for name, states in facts.get("absent_states", {}).items():
        if states:
            told.append(f"{plain(listed(states))} of {plain(name)}, which no segment has")
    if facts["shared"]:
        told.append(f"genes in several groups ({facts['shared']:,})")
    if facts["unplaced"]:
        told.append(f"genes that the annotation of the domains lacks ({facts['unplaced']:,})")
    return f" Not counted: {'; '.join(told)}." if told else ""


def _halflife(test: pd.Series) -> str:
    if pd.isna(test["p"]):
        return f"Half-lives {plain(test['name'])}: {int(test['n']):,} genes, too few or too much alike to correlate."
    chance = "" if test["p_adjusted"] < SIGNIFICANT else ", which may be chance"
    return (
        f"Half-lives {plain(test['name'])}: correlation {test['statistic']:.2f} with the residuals over"
        f" {int(test['n']):,} genes, {_p(test['p'], test['p_adjusted'])}{chance}."
    )


def _mirnas(folder: Path, tests: pd.DataFrame, cells: str) -> list[str]:
    facts = read_json(folder / "facts.json")
    names = [family["family"] for family in facts["abundant"]]
    text = (
        f"MicroRNAs of {plain(cells)}: the {len(names)} most abundant of {facts['families']:,} families have"
        f" {100 * facts['share_of_abundant']:.0f} % of the reads, {plain(names[0])} most."
    )
    if facts["top_tenth"] is None:
        return [text]
    families = read_table(folder / "families.tsv", dtype={"seed": str, "family": str})
    tested = families[families["spearman"].notna()]
    if tested.empty:
        return [f"{text} {plain(facts['top_tenth']['note'])}"]
    if facts["unknown_symbols"]:
        text += (
            f" {facts['unknown_symbols']:,} of {facts['target_symbols']:,} target symbols mean no one gene."
        )
    first = tested.iloc[0]
    text += f" Of {len(tested):,} families tested in {facts['expressed']:,} expressed genes,"
    if first["spearman"] > 0:
        text += (
            f" the predicted targets of {plain(first['family'])} ({plain(first['seed'])}) go most with low residuals:"
            f" Spearman's correlation is {first['spearman']:.3f}, {_p(first['p'], first['p_adjusted'])}."
        )
    else:
        text += " none has predicted targets that go with low residuals."
    tenth = facts["top_tenth"]
    if tenth["p"] is None:
        return [f"{text} {plain(tenth['note'])}"]
    corrected = tests.loc[tests["analysis"] == "microRNAs", "p_adjusted"].iloc[0]
    return [
        f"{text} {tenth['a']} of {tenth['a'] + tenth['c']} abundant families are among the highest"
        f" {tenth['a'] + tenth['b']}: {_p(tenth['p'], corrected)}."
    ]


def _p(raw: float, corrected: float) -> str:
    return f"{p_equals(raw)}, corrected {p_text(corrected)}"
