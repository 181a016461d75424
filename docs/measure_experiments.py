"""Print the tables of docs/results.md on the experiments and searches of a finished run.

.venv/bin/python docs/measure_experiments.py human_mini
.venv/bin/python docs/measure_experiments.py demo
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from xpresso_core.files import read_json, read_table


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print a table in Markdown."""
    names = list(header)
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")
    print()


def interval(row: pd.Series, name: str) -> str:
    """Return a value with its interval."""
    return f"{row[name]:.3f} ({row[f'{name}_ci_low']:.3f} to {row[f'{name}_ci_high']:.3f})"


def experiments(folder: Path) -> None:
    """Print r² by best trial and by the mean of all, and what the intervals hold."""
    metrics = read_table(folder / "metrics.tsv").set_index("experiment")
    rows = []
    for _, row in read_table(folder / "ensembles.tsv").iterrows():
        if row["experiment"] not in metrics.index:
            continue
        pooled = metrics.loc[row["experiment"]]
        mean = "–" if pd.isna(row["r2_ensemble"]) else f"{row['r2_ensemble']:.3f}"
        counts = f"{row['live']:.1f}"
        shown = (f"`{row['experiment']}`", interval(pooled, "r2"), f"{row['r2_best']:.3f}", mean)
        covered = f"{100 * row['coverage']:.1f} %", f"{row['mean_width']:.2f}"
        rows.append(
            (*shown, f"{pooled['spearman']:.3f}", f"{pooled['mae']:.2f}", *covered, counts, pooled["n"])
        )
    names = (
        "experiment",
        "r² (95 % interval)",
        "best of trials",
        "mean of trials",
        "Spearman",
        "mean absolute error",
    )
    table((*names, "genes in 90 % interval", "its width", "live trials a fold", "genes"), rows)


def families(folder: Path) -> None:
    """Print the members of every family."""
    for path in sorted((folder / "families").glob("*.tsv")):
        rows = read_table(path)
        print(f"{path.stem}:\n")
        table(
            ("setting", "training genes", "r² (95 % interval)"),
            ((row["label"], row["training"], interval(row, "r2")) for _, row in rows.iterrows()),
        )


def across(folder: Path) -> None:
    """Print tests on other datasets, classifiers, and random beside chromosome splits."""
    if (folder / "tested_on.tsv").is_file():
        rows = read_table(folder / "tested_on.tsv").sort_values(["tested_on", "r2"], ascending=[True, False])
        table(
            ("tested on", "experiment", "trained on", "r² (95 % interval)", "gain of own models, same genes"),
            (
                (
                    row["tested_on"],
                    f"`{row['experiment']}`",
                    row["trained_on"],
                    interval(row, "r2"),
                    "–" if pd.isna(row["own_gain"]) else interval(row, "own_gain"),
                )
                for _, row in rows.iterrows()
            ),
        )
    for path in sorted((folder / "comparisons").glob("*.classifier.json")):
        found = read_json(path)
        if found["auc"] is None:
            print(f"{path.name.split('.')[0]}: {found['note']}\n")
            continue
        print(
            f"{path.name.split('.')[0]}: AUC {found['auc']:.3f} ({found['auc_ci_low']:.3f} to "
            f"{found['auc_ci_high']:.3f}),"
            f" {found['n_first']} and {found['n_second']} genes, P = {found['p']:.2g}\n"
        )
    if (folder / "split_costs.tsv").is_file():
        rows = read_table(folder / "split_costs.tsv")
        names = (
            "random split",
            "r²",
            "without genes that overlap",
            "chromosomes",
            "difference",
            "training genes",
        )
        table(
            names,
            (
                (
                    f"`{row['random']}`",
                    f"{row['r2_random']:.3f}",
                    f"{row['r2_without']:.3f} ({row['n_without']} of {row['n']} genes)",
                    f"{row['r2_chromosomes']:.3f}",
                    interval(row, "difference"),
                    f"{row['n_train_random']} and {row['n_train_chromosomes']}",
                )
                for _, row in rows.iterrows()
            ),
        )


def searches(folder: Path) -> None:
    """Print what every search found."""
    rows = []
    for path in sorted((folder / "searches").glob("*/best.json")):
        best = read_json(path)
        manual = (best["manual"] or {}).get("loss")
        found = ", ".join(f"{name} {value:.3g}" for name, value in best["parameters"].items())
        loss = f"{best['loss']:.4f} (trial {best['trial']})"
        shown = "–" if manual is None else f"{manual:.4f}"
        rows.append(
            (f"`{path.parent.name}`", best["ok"] + best["failed"], best["failed"], loss, shown, found)
        )
    if rows:
        table(("search", "trials", "failed", "lowest validation MSE", "manual network", "best network"), rows)


if __name__ == "__main__":
    run = Path("results") / sys.argv[1]
    for part in (experiments, families, across, searches):
        part(run)
