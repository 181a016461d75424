"""All tests of an analysis of residuals side by side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from xpresso_core.files import read_json, write_table
from xpresso_core.rank_tests import adjusted

TEST_COLUMNS = "analysis set name test n statistic p p_adjusted".split()
"""Columns of the table of all tests of an entry: `analysis` is ``genes``, ``half-lives`` or ``microRNAs``."""


def write_tests(
    groups: Mapping[str, Path], halflives: Mapping[str, Path], mirnas: Path | None, output: Path
) -> None:
    """Put all tests of an entry of ``residuals`` side by side, and correct the P values of each kind.

    Parameters
    ----------
    groups, halflives
        The facts of each set of gene groups and of each table of half-lives, by name.
    mirnas
        Those of microRNAs, if there are any. The correlations of single families are corrected in their own table.
    output
        Where to write `TEST_COLUMNS`; a test that could not be made has no P value. One family of tests are all gene
        groups, one the Pearson and one the Spearman correlations of all half-lives; Fisher's test stands alone.
    """
    rows: list[dict[str, Any]] = []
    for name, path in groups.items():
        for test in read_json(path)["tests"]:
            rows.append(
                _row("genes", name, test["name"], f"K-S, {test['expect']}", test["n"], test["d"], test["p"])
            )
    for name, path in halflives.items():
        facts = read_json(path)
        for kind in ("pearson", "spearman"):
            rows.append(
                _row("half-lives", name, name, kind.capitalize(), facts["n"], facts[kind], facts[f"{kind}_p"])
            )
    if mirnas is not None and (facts := read_json(mirnas)["top_tenth"]) is not None:
        rows.append(
            _row(
                "microRNAs",
                "mirnas",
                "abundant families",
                "Fisher",
                facts["n"],
                facts["odds_ratio"],
                facts["p"],
            )
        )
    write_table(pd.DataFrame(_corrected(rows), columns=TEST_COLUMNS), output)


def _corrected(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add the P values corrected within each kind of test, in the order of the rows."""
    kinds = [(row["analysis"], row["test"].partition(",")[0]) for row in rows]
    for kind in dict.fromkeys(kinds):
        family = [row for row, own in zip(rows, kinds, strict=True) if own == kind]
        for row, p in zip(family, adjusted([row["p"] for row in family]), strict=True):
            row["p_adjusted"] = p
    return rows


def _row(
    analysis: str, group: str, name: str, test: str, n: int, statistic: float | None, p: float | None
) -> dict[str, Any]:
    return {
        "analysis": analysis,
        "set": group,
        "name": name,
        "test": test,
        "n": n,
        "statistic": statistic,
        "p": p,
    }
