"""Print what residuals say, as tables in Markdown.

.venv/bin/python docs/measure_residuals.py human_mini_K562 published_K562 mini_K562
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from xpresso_core.files import flags, read_json, read_table
from xpresso_core.residuals import read_residuals

TEXT = dict.fromkeys(("gene_id", "gene_name", "set", "name", "test", "family", "seed"), str)
SHOWN = 10


def number(value: float, form: str) -> str:
    """Return a number in a format, or a dash where there is none."""
    return "–" if pd.isna(value) else format(value, form)


def print_tests(folder: Path) -> None:
    """Print all tests of an analysis."""
    print("\n| | test | genes | statistic | P | corrected |\n|---|---|---|---|---|---|")
    for _, row in read_table(folder / "tests.tsv", dtype=TEXT).iterrows():
        name = row["name"] if row["name"] == row["set"] else f"{row['set']}: {row['name']}"
        values = f"{number(row['statistic'], '.3f')} | {number(row['p'], '.1e')} | {number(row['p_adjusted'], '.1e')}"
        print(f"| {name} | {row['test']} | {row['n']:,} | {values} |")


def print_groups(folder: Path) -> None:
    """Print the size and the residuals of each group."""
    columns = "group | genes | above the line | others | in several groups | without a residual"
    print(f"\n| {columns} | median | median of the others | difference |")
    print("|---|---|---|---|---|---|---|---|---|")
    residuals = read_residuals(folder / "residuals.tsv").set_index("gene_id")["residual"]
    for path in sorted((folder / "groups").glob("*.json")):
        genes = read_table(path.with_suffix(".genes.tsv"), dtype=TEXT).set_index("gene_id")["group"]
        for test in read_json(path)["tests"]:
            above = int((residuals[genes.index[genes == test["name"]]] > 0).sum())
            sizes = " | ".join(f"{test[key]:,}" for key in ("others", "shared", "unpredicted"))
            medians = " | ".join(
                "–" if test[key] is None else f"{test[key]:+.2f}" for key in ("median", "others_median")
            )
            middle = (test["median"], test["others_median"])
            fold = "–" if None in middle else f"{10 ** abs(middle[0] - middle[1]):.1f}-fold"
            print(
                f"| {path.stem}: {test['name']} | {test['n']:,} | {above:,} | {sizes} | {medians} | {fold} |"
            )


def print_extremes(folder: Path) -> None:
    """Print the genes that fit worst."""
    table = read_table(folder / "extremes.tsv", dtype=TEXT)
    for direction, rows in table.groupby("direction", sort=False):
        genes = (
            f"{row['gene_id'] if pd.isna(row['gene_name']) else row['gene_name']}"
            f" ({row['residual']:+.1f}, {row['fold']:,.0f}-fold)"
            for _, row in rows.head(SHOWN).iterrows()
        )
        print(f"\n{str(direction).capitalize()}: {', '.join(genes)}")


def print_families(folder: Path) -> None:
    """Print the most abundant microRNA families, and those whose targets have the lowest residuals."""
    if not (folder / "mirnas").is_dir():
        return
    abundance = read_table(folder / "mirnas" / "abundance.tsv", dtype=TEXT)
    print("\n" + ", ".join(f"{row['family']} {100 * row['share']:.1f} %" for _, row in abundance.iterrows()))
    families = read_table(folder / "mirnas" / "families.tsv", dtype=TEXT)
    families = families[flags(families["tested"])]
    if families.empty:
        return
    print(f"\n{read_json(folder / 'mirnas' / 'facts.json')['expressed']:,} expressed genes")
    print("\n| family | share | targets | Spearman | P | corrected |\n|---|---|---|---|---|---|")
    for _, row in families.head(SHOWN).iterrows():
        values = f"{number(row['spearman'], '.3f')} | {number(row['p'], '.1e')} | {number(row['p_adjusted'], '.1e')}"
        print(f"| {row['family']} | {100 * row['share']:.1f} % | {row['targets']} | {values} |")


def main() -> None:
    """Print the tables of the analyses that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset")
    parser.add_argument("analyses", nargs="+")
    parser.add_argument("--results", type=Path, default=Path("results"))
    arguments = parser.parse_args()
    for name in arguments.analyses:
        folder = arguments.results / arguments.dataset / "residuals" / name
        facts = read_json(folder / "residuals.json")
        line = f"observed = {facts['intercept']:.3f} + {facts['slope']:.3f} predicted"
        print(
            f"\n**{name}**: {facts['n']:,} genes, r² = {facts['r2']:.3f}, {line}; s.d. {facts['residual_sd']:.2f}"
        )
        print_tests(folder)
        print_groups(folder)
        print_extremes(folder)
        print_families(folder)


if __name__ == "__main__":
    main()
