"""Print what baselines and networks of a finished run reach, as tables in Markdown.

.venv/bin/python docs/measure_baselines.py human_mini_median mini_baselines
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from xpresso_core.baseline_names import METHODS, NETWORK, features_in_words, in_words
from xpresso_core.files import read_table

TEXT = {"model": str, "features": str}


def main(dataset: str, name: str) -> None:
    """Print r² by features and method, networks, tests over folds, half-life features and motifs."""
    folder = Path("results") / dataset / "baselines" / name
    table = read_table(folder / "comparison.tsv", dtype=TEXT)
    print_models(table)
    print_networks(table[table["method"] == NETWORK])
    if "p" in table.columns:
        print_tests(table[table["method"] != NETWORK])
    print_coefficients(read_table(folder / "coefficients.tsv"))
    print_motifs(read_table(folder / "motifs.tsv"))


def print_models(table: pd.DataFrame) -> None:
    """Print r² of every baseline, without and with half-life features."""
    print(f"| features | {' | '.join(METHODS)} |\n|{'---|' * (len(METHODS) + 1)}")
    simple = table[table["method"].isin(METHODS)].assign(features=lambda rows: rows["features"].fillna(""))
    r2 = simple.set_index(["features", "method", "halflife"])["r2"]
    for features in dict.fromkeys(simple["features"]):
        cells = [
            " / ".join(
                f"{r2[features, method, halflife]:.3f}" if (features, method, halflife) in r2.index else "–"
                for halflife in (False, True)
            )
            for method in METHODS
        ]
        print(f"| {features_in_words(features)} | {' | '.join(cells)} |")


def print_networks(networks: pd.DataFrame) -> None:
    """Print r² of the networks."""
    print("\n| network | r² (95 % interval) | behind the first by |\n|---|---|---|")
    for row in networks.to_dict("records"):
        interval = f"{row['r2']:.3f} ({row['r2_ci_low']:.3f} to {row['r2_ci_high']:.3f})"
        print(f"| `{row['model']}` | {interval} | {margin(row)} |")


def print_tests(simple: pd.DataFrame) -> None:
    """Print the paired t-tests of the three best models of each method."""
    print(
        "\n| baseline | r² | margin of the network | mean over folds | p | corrected p |\n|---|---|---|---|---|---|"
    )
    for method in METHODS:
        best = simple[simple["method"] == method].sort_values("r2", ascending=False).head(3)
        for _, row in best.iterrows():
            cells = f"{row['fold_difference']:+.3f} | {row['p']:.2g} | {row['p_corrected']:.2g}"
            print(f"| {in_words(row)} | {row['r2']:.3f} | {margin(row)} | {cells} |")


def margin(row: dict[str, float] | pd.Series) -> str:
    """Write the margin of the first network with its interval."""
    return f"{row['margin']:+.3f} ({row['margin_ci_low']:+.3f} to {row['margin_ci_high']:+.3f})"


def print_coefficients(table: pd.DataFrame) -> None:
    """Print the coefficients of half-life features."""
    print("\n| half-life feature | coefficient (95 % interval) | p |\n|---|---|---|")
    for row in table.sort_values("coefficient", ascending=False).to_dict("records"):
        interval = f"{row['coefficient']:+.3f} ({row['ci_low']:+.3f} to {row['ci_high']:+.3f})"
        print(f"| {row['name']} | {interval} | {row['p']:.2g} |")


def print_motifs(table: pd.DataFrame) -> None:
    """Print how many motifs are significant, and the first ten."""
    alone, joint = ((table[f"{kind}_q"] < 0.05).sum() for kind in ("alone", "joint"))
    print(f"\n{len(table)} motifs; q < 0.05: {alone} by themselves, {joint} with all others.\n")
    print("| motif | genes | alone | q | with all others | q |\n|---|---|---|---|---|---|")
    for row in table.head(10).to_dict("records"):
        cells = [f"{row[kind]:+.2f} | {row[f'{kind}_q']:.2g}" for kind in ("alone", "joint")]
        print(f"| {row['motif_name']} ({row['motif_id']}) | {row['genes']} | {' | '.join(cells)} |")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
