"""The figures of what models do not explain, from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from xpresso_core.files import read_json, read_table
from xpresso_core.gene_groups import OTHER, curves
from xpresso_core.gene_lists import read_gene_list
from xpresso_core.plots import canvas
from xpresso_core.plots_residual_groups import GroupCurve, plot_group_ecdf
from xpresso_core.plots_residual_halflife import HalflifeFacts, plot_halflife_boxes
from xpresso_core.plots_residuals import plot_labelled_residuals
from xpresso_core.residual_analyses import NameFiles
from xpresso_core.residual_tests import TEST_COLUMNS
from xpresso_core.residuals import read_residuals

MINUTES_PER_HOUR = 60


def draw_residuals(
    residual_path: Path, names: NameFiles, labelled: Path | None, output: Path, *, name: str, units: str
) -> None:
    """Draw observed against recalibrated expression, with the names of some genes.

    Parameters
    ----------
    residual_path
        Of `residual_analyses.write_residuals`.
    names
        By which entries of the list are found.
    labelled
        A list of genes to name; None names those that fit worst.
    output
        The figure.
    name, units
        Of the analysis, and of the expression values.
    """
    table = read_residuals(residual_path)
    genes: list[str] | None = None
    missing: list[str] = []
    if labelled is not None:
        found = names.finder().find(read_gene_list(labelled))
        there = found["gene_id"].isin(table["gene_id"])
        genes = list(dict.fromkeys(found.loc[there, "gene_id"]))
        known = set(found.loc[there, "entry"])
        missing = [entry for entry in found["entry"].unique() if entry not in known]
    plot_labelled_residuals(
        output,
        f"{name}: what the model explains, and what not",
        table,
        genes,
        units=f"log10({units} + 0.1)",
        missing=missing,
    )


def draw_groups(
    residual_path: Path,
    genes_path: Path,
    facts_path: Path,
    tests_path: Path,
    output: Path,
    *,
    name: str,
    gene_set: str,
) -> None:
    """Draw the cumulative distributions of the residuals of a set of gene groups.

    Parameters
    ----------
    residual_path, genes_path, facts_path, tests_path
        Of `residual_analyses`.
    output
        The figure.
    name, gene_set
        Of the analysis and of the set.
    """
    members = read_table(genes_path, ["gene_id", "group"], {"gene_id": str, "group": str})
    table = read_residuals(residual_path).merge(members, on="gene_id", validate="one_to_one")
    values = curves(table, table["group"])
    adjusted = _tests(tests_path, "genes", gene_set).set_index("name")["p_adjusted"]
    groups = [
        GroupCurve(
            test["name"],
            values.get(test["name"], np.empty(0)),
            test["expect"],
            test["p"],
            None if test["p"] is None else float(adjusted[test["name"]]),
        )
        for test in read_json(facts_path)["tests"]
    ]
    title = f"{name}, {gene_set}: residuals of gene groups"
    if table.empty:
        _say(output, title, "No gene with a residual is in the annotation of the domains.")
        return
    if OTHER not in values:
        _say(output, title, "Every gene with a residual is in a group, so there is nothing to compare with.")
        return
    plot_group_ecdf(output, title, groups, values[OTHER])


def draw_halflives(
    table_path: Path,
    facts_path: Path,
    tests_path: Path,
    output: Path,
    *,
    name: str,
    halflives: str,
    unit: str,
) -> None:
    """Draw the residuals of fifths of half-lives.

    Parameters
    ----------
    table_path, facts_path, tests_path
        Of `residual_analyses`.
    output
        The figure.
    name, halflives, unit
        Of the analysis, of the table, and of its half-lives: ``h`` or ``min``.
    """
    table, facts = read_table(table_path, dtype={"gene_id": str}), read_json(facts_path)
    title = f"{name}, {halflives}: residuals by mRNA half-life"
    if table.empty:
        _say(output, title, "No gene has both a half-life and a residual.")
        return
    hours = 1.0 if unit == "h" else 1 / MINUTES_PER_HOUR
    tests = _tests(tests_path, "half-lives", halflives)
    adjusted = tests.loc[tests["test"] == "Pearson", "p_adjusted"].iloc[0]
    plot_halflife_boxes(
        output,
        title,
        table.assign(log2_halflife=table["log2_halflife"] + np.log2(hours)),
        HalflifeFacts(
            n=facts["n"],
            pearson=facts["pearson"],
            pearson_p=facts["pearson_p"],
            spearman=facts["spearman"],
            spearman_p=facts["spearman_p"],
            p_adjusted=None if pd.isna(adjusted) else float(adjusted),
            bounds=tuple(bound * hours for bound in facts["bounds"]),
        ),
    )


def _tests(path: Path, analysis: str, name: str) -> pd.DataFrame:
    table = read_table(path, TEST_COLUMNS, dict.fromkeys(("analysis", "set", "name", "test"), str))
    return table[(table["analysis"] == analysis) & (table["set"] == name)]


def _say(output: Path, title: str, text: str) -> None:
    """Draw a figure that says why there is none."""
    with canvas(output, 6.6, 0.6, title) as figure:
        figure.text(0.02, 0.3, text, va="center")
