"""The analyses of residuals, from files to tables: residuals, gene lists and half-lives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from xpresso_core.files import read_table, write_json, write_table
from xpresso_core.gene_groups import SHARED, Group, compare_groups, memberships
from xpresso_core.gene_lists import GeneFinder, names_of, read_gene_list
from xpresso_core.gene_names import COLUMNS
from xpresso_core.measured_halflives import halflife_effect, halflives_of_genes, read_halflives
from xpresso_core.residuals import (
    PREDICTION_COLUMNS,
    extremes,
    join_expression,
    read_expression,
    read_observed,
    read_predictions,
    read_residuals,
    residuals,
)

_NAMES = {"gene_id": str, "gene_name": str}


class NameFiles(NamedTuple):
    """What is known of the names of genes: ``genes.tsv`` and, where there is one, the table of names."""

    genes: Path
    names: Path | None

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame | None]:
        """Read both."""
        names = None if self.names is None else read_table(self.names, _NAMES, dict.fromkeys(COLUMNS, str))
        return read_table(self.genes, _NAMES, _NAMES), names

    def finder(self, *, ignore_case: bool = False) -> GeneFinder:
        """Return what finds genes by these names."""
        return GeneFinder(*self.tables(), ignore_case=ignore_case)


def write_residuals(
    predictions: Path,
    expression: Path | None,
    names: NameFiles,
    *,
    columns: Sequence[str] = PREDICTION_COLUMNS,
    table_path: Path,
    extremes_path: Path,
    facts_path: Path,
) -> None:
    """Write the residuals of a model.

    Parameters
    ----------
    predictions
        ``gene_id observed predicted`` of an experiment, or, with `expression`, predictions made elsewhere.
    expression
        ``gene_id log10`` of a dataset; None where the predictions have the observed values.
    names
        For the genes' names.
    columns
        Of predictions made elsewhere, see `residuals.read_predictions`.
    table_path, extremes_path, facts_path
        Where to write `residuals.Residuals` and `residuals.extremes`; with the facts comes how many predicted genes
        have no expression value.
    """
    if expression is None:
        found, unmeasured = read_observed(predictions), 0
    else:
        elsewhere = read_predictions(predictions, columns)
        found = join_expression(elsewhere, read_expression(expression))
        unmeasured = len(elsewhere) - len(found)
    result = residuals(found, names_of(*names.tables()), any_scale=expression is not None)
    write_table(result.table, table_path)
    write_table(extremes(result.table), extremes_path)
    write_json({**result.facts(), "unmeasured": unmeasured}, facts_path)


def write_list_groups(
    residual_path: Path,
    names: NameFiles,
    lists: Sequence[Path],
    *,
    groups: Mapping[str, Mapping[str, Any]],
    genes_path: Path,
    facts_path: Path,
) -> None:
    """Compare the genes of lists with all others.

    Parameters
    ----------
    residual_path
        Of `write_residuals`.
    names
        By which entries are found.
    lists
        One file for each group.
    groups
        ``expect`` and perhaps ``ignore_case`` of each, by name.
    genes_path, facts_path
        Where to write ``gene_id group``, and the tests with how many entries of each list were found in which way.
    """
    members, found = [], {}
    cased = {name: settings.get("ignore_case", False) for name, settings in groups.items()}
    finders = {ignore: names.finder(ignore_case=ignore) for ignore in set(cased.values())}
    for path, (name, settings) in zip(lists, groups.items(), strict=True):
        entries = finders[cased[name]].find(read_gene_list(path))
        members.append(Group(name, settings["expect"], set(entries["gene_id"]) - {""}))
        cases = entries.drop_duplicates("entry")["case"].value_counts()
        found[name] = {str(case): int(count) for case, count in cases.items()}
    write_groups(residual_path, members, genes_path, facts_path, facts={"entries": found})


def write_groups(
    residual_path: Path,
    groups: Sequence[Group],
    genes_path: Path,
    facts_path: Path,
    *,
    facts: Mapping[str, Any],
    placed: set[str] | None = None,
) -> None:
    """Compare groups of genes with all others, and write who is in which group and the tests.

    Parameters
    ----------
    residual_path, genes_path, facts_path
        See `write_list_groups`.
    groups
        The groups.
    facts
        What else is told of them beside the tests.
    placed
        Genes that could be in a group; others are left out. None: all.
    """
    table = read_residuals(residual_path)
    here = table if placed is None else table[table["gene_id"].isin(placed)]
    tests = compare_groups(here, groups)
    members = memberships(here["gene_id"], groups)
    write_table(here[["gene_id"]].assign(group=members), genes_path)
    told = {
        "tests": [test.as_dict() for test in tests],
        "shared": int((members == SHARED).sum()),
        "unplaced": len(table) - len(here),
    }
    write_json({**told, **facts}, facts_path)


def write_halflives(
    residual_path: Path,
    names: NameFiles,
    halflives: Path,
    *,
    gene: str,
    value: str,
    table_path: Path,
    facts_path: Path,
) -> None:
    """Correlate measured half-lives with residuals.

    Parameters
    ----------
    residual_path
        Of `write_residuals`.
    names
        By which genes are found.
    halflives, gene, value
        See `measured_halflives.read_halflives`.
    table_path, facts_path
        Where to write `measured_halflives.HalflifeEffect`; with the facts comes how many rows have a half-life.
    """
    measured = read_halflives(halflives, gene, value)
    effect = halflife_effect(
        read_residuals(residual_path)[["gene_id", "residual"]], halflives_of_genes(measured, names.finder())
    )
    write_table(effect.table, table_path)
    write_json({**effect.facts(), "measured": len(measured)}, facts_path)
