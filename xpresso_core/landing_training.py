"""The words of the first page about searches, families of experiments, baselines, and tests across datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from xpresso_core.baseline_names import LM, NETWORK, in_words
from xpresso_core.files import read_json, read_table
from xpresso_core.words import and_, plain


def search_words(searches: Mapping[str, Mapping[str, Any]], folder: Path) -> list[str]:
    """Say what each search found.

    Parameters
    ----------
    searches
        As configured, by name.
    folder
        Where ``<name>/best.json`` of each lies.
    """
    return [_search(name, row, read_json(folder / name / "best.json")) for name, row in searches.items()]


def _search(name: str, row: Mapping[str, Any], best: Mapping[str, Any]) -> str:
    how = "published record" if "record" in row else f"{row['algorithm']}, {row['epochs']} epochs each"
    found = best["parameters"]
    text = (
        f"**{plain(name)}** ({plain(how)}): the lowest validation error of {best['ok'] + best['failed']:,} trials is"
        f" {best['loss']:.4f}, at trial {best['trial']:,} (counted from 0), with a window of -{found['upstream']:,} to"
        f" +{found['downstream']:,}; {best['failed']:,} trials failed."
    )
    manual = best["manual"]
    if manual and manual["loss"] is not None:
        text += f" The architecture found by hand has {manual['loss']:.4f} after as many epochs."
    return text


def family_words(families: Sequence[str], folder: Path) -> list[str]:
    """Say for each family of experiments which settings did worst and best; ``<name>.tsv`` lie in the folder."""
    return [_family(name, read_table(folder / f"{name}.tsv")) for name in families]


def _family(name: str, table: pd.DataFrame) -> str:
    ordered = table.sort_values("r2", kind="stable")
    ends = [f"{row['r2']:.3f} ({plain(row['label'])})" for row in ordered.to_dict("records")]
    if len(ends) == 1:
        return f"**{plain(name)}**: one experiment, r² = {ends[0]}."
    return f"**{plain(name)}**: {len(ends):,} experiments, from r² = {ends[0]} to {ends[-1]}."


def baseline_words(baselines: Mapping[str, str], tables: Mapping[str, Path]) -> list[str]:
    """Say how the best simple models do beside a network.

    Parameters
    ----------
    baselines
        The network that each is compared with, by name.
    tables
        The table of `baseline_comparison.write_comparison` of each.
    """
    return [_baselines(name, network, read_table(tables[name])) for name, network in baselines.items()]


def _baselines(name: str, network: str, table: pd.DataFrame) -> str:
    simple = table[table["method"] != NETWORK].sort_values("r2", kind="stable")
    best, linear = simple.iloc[-1], simple[simple["method"] == LM]
    text = (
        f"**{plain(name)}**: the best of {len(simple)} simple models on the genes of {plain(network)},"
        f" {plain(in_words(best))}, has r² = {best['r2']:.3f}; the network's margin is {best['margin']:+.3f}"
        f" ({best['margin_ci_low']:+.3f} to {best['margin_ci_high']:+.3f})."
    )
    if len(linear):
        text += f" The best linear model has r² = {linear.iloc[-1]['r2']:.3f}: {plain(in_words(linear.iloc[-1]))}."
    return text


def across_words(
    comparisons: Mapping[str, Mapping[str, Any]], folder: Path, tested: Path | None, costs: Path | None
) -> list[str]:
    """Say what classifiers, tests on other datasets and the two kinds of split came to.

    Parameters
    ----------
    comparisons
        As configured, by name; those with a classifier have ``<name>.classifier.json`` in the folder.
    folder
        See above.
    tested, costs
        The tables of `report_training.draw_tested_on` and `report_training.draw_split_costs`, where they are.
    """
    lines = [
        _classifier(name, row["datasets"], read_json(folder / f"{name}.classifier.json"))
        for name, row in comparisons.items()
        if "classifier" in row
    ]
    lines += [] if tested is None else [_tested(rows) for _, rows in read_table(tested).groupby("tested_on")]
    lines += [] if costs is None else [_cost(row) for _, row in read_table(costs).iterrows()]
    return lines


def _classifier(name: str, datasets: Sequence[str], found: Mapping[str, Any]) -> str:
    if found["auc"] is None:
        return f"**{plain(name)}**: {plain(found['note'])}"
    return (
        f"**{plain(name)}**: the difference of predictions tells the {found['n_first']:,} genes that"
        f" {plain(datasets[0])} has much more of from the {found['n_second']:,} of {plain(datasets[1])} with an area"
        f" under the curve of {found['auc']:.2f} (CI {found['auc_ci_low']:.2f} to {found['auc_ci_high']:.2f})."
    )


def _tested(rows: pd.DataFrame) -> str:
    results = [
        f"{plain(row['experiment'])} {row['r2']:.3f}"
        for _, row in rows.sort_values("r2", ascending=False, kind="stable").iterrows()
    ]
    gains = [
        f"{row['own_gain']:+.3f} over {plain(row['experiment'])} (CI {row['own_gain_ci_low']:+.3f} to"
        f" {row['own_gain_ci_high']:+.3f})"
        for _, row in rows[rows["own_gain"].notna()].iterrows()
    ]
    text = f"**{plain(rows['tested_on'].iloc[0])}** is predicted with r² by {and_(results)}."
    return f"{text} On the same genes its own models gain {and_(gains)}." if gains else text


def _cost(row: pd.Series) -> str:
    return (
        f"**{plain(row['random'])}** reaches r² = {row['r2_random']:.3f} and **{plain(row['chromosomes'])}**"
        f" {row['r2_chromosomes']:.3f}: splitting by whole chromosomes changes r² by {row['difference']:+.3f}"
        f" (CI {row['difference_ci_low']:+.3f} to {row['difference_ci_high']:+.3f}). They train on"
        f" {row['n_train_random']:,} and {row['n_train_chromosomes']:,} genes a fold."
    )
