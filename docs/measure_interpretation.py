"""Print what the networks of a finished run have learned, as tables in Markdown.

.venv/bin/python docs/measure_interpretation.py human_mini_median released_median
.venv/bin/python docs/measure_interpretation.py human_mini_median released_median --flanks 2 5 8 10 12 15
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import pandas as pd

from xpresso_core.enriched_kmers import write_kmers
from xpresso_core.files import read_json, read_table

TEXT = {"motif": str, "similar": str}
KMERS = {"subsample": 400_000, "mink": 2, "maxk": 10, "evalue": 0.05, "most": 5, "known": "JASPAR2016"}


def print_profiles(folder: Path) -> None:
    """Print where profiles peak, and how well networks agree."""
    facts = read_json(folder / "profiles.json")
    print("| method | peak | area within ±500 | two networks, single genes | their smoothed means |")
    print("|---|---|---|---|---|")
    for method, found in facts["methods"].items():
        share = "–" if found["core_share"] is None else f"{100 * found['core_share']:.0f} %"
        single, mean = (
            "–" if found[name] is None else f"{found[name]:.2f}"
            for name in ("single_networks", "mean_networks")
        )
        print(f"| {method} | {found['peak']:+,} | {share} | {single} | {mean} |")
    print("\n| method, within 100 bases | low | medium | high |\n|---|---|---|---|")
    table = read_table(folder / "profiles.tsv")
    near = table[table["position"].abs() <= 100].pivot_table("smoothed", "method", "group", sort=False)
    for method, row in near.iterrows():
        print(f"| {method} | {' | '.join(f'{row[group]:.4f}' for group in near.columns)} |")
    print("\n| two methods | correlation of a gene's scores, median |\n|---|---|")
    for pair in facts["between_methods"]:
        print(f"| {pair['first']}, {pair['second']} | {pair['median']:.3f} |")


def print_classes(folder: Path) -> None:
    """Print how genes are parted into classes."""
    facts = read_json(folder / "classes.json")
    groups = read_table(folder / "genes.tsv")["group"].value_counts().to_dict()
    print(f"\ngroups: {groups}; classes: {facts['genes']} by {facts['rule']}, threshold {facts['threshold']}")
    print(f"mixture: means {facts['means']}, s.d. {facts['sds']}, weights {facts['weights']}")
    print(f"two modes: {facts['bimodal']} (valley p = {facts['valley_p']:.2g}); r2 = {facts['r2']:.3f}")


def print_kmers(table: pd.DataFrame, facts: dict[str, object], what: str) -> None:
    """Print the k-mers of a contrast."""
    print(f"\n{what}: {facts}\n")
    print("| k-mer | in sub-sequences | in controls | log10 E | like |\n|---|---|---|---|---|")
    for row in table.fillna("").to_dict("records"):
        numbers = f"{row['positives']:,} | {row['negatives']:,} | {row['log10_e']:,.1f}"
        print(f"| {row['motif']} | {numbers} | {row['similar']} |")


def print_flanks(dataset: Path, folder: Path, flanks: list[int]) -> None:
    """Print the first k-mer by the bases taken along on both sides of a position."""
    print("\n| flank | mean length | first k-mer | log10 E | shuffled |\n|---|---|---|---|---|")
    scores = sorted((folder / "folds").glob("scores_*.h5"))
    for flank in flanks:
        with tempfile.TemporaryDirectory() as place:
            out, table, facts = (Path(place) / name for name in ("dreme", "table.tsv", "facts.json"))
            settings = {**KMERS, "flank": flank}
            files = (folder / "genes.tsv", scores, dataset, out, table, facts)
            write_kmers(*files, contrast="classes", settings=settings, seed=1)
            first, told = read_table(table, dtype=TEXT).iloc[0], read_json(facts)
        length = f"{told['mean_length']:.1f}"
        print(f"| {flank} | {length} | {first['motif']} | {first['log10_e']:,.1f} | {told['control']} |")


def main() -> None:
    """Print all tables of an interpretation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("interpretation")
    parser.add_argument("--flanks", type=int, nargs="*", default=[])
    arguments = parser.parse_args()
    results = Path("results") / arguments.dataset
    folder = results / "interpretations" / arguments.interpretation
    print_profiles(folder)
    print_classes(folder)
    for contrast in ("classes", "halves"):
        table = read_table(folder / "kmers" / f"{contrast}.tsv", dtype=TEXT)
        print_kmers(table, read_json(folder / "kmers" / f"{contrast}.json"), contrast)
    if arguments.flanks:
        print_flanks(results / "dataset.h5", folder, arguments.flanks)


if __name__ == "__main__":
    main()
