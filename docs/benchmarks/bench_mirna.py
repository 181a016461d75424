"""Time the correlation of microRNA targets with residuals: ours against scipy's `spearmanr` family by family.

As many families and expressed genes as the paper has, with scores for a twentieth of the genes each, simulated. Both
run in turns and must agree; one line gives the times and their ratio.

Usage: ``python docs/benchmarks/bench_mirna.py [families] [genes] [rounds]``.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from xpresso_core.mirna import correlate_families
from xpresso_core.threads import set_threads

SHARE = 0.05


def simulated(families: int, genes: int) -> tuple[pd.Series, pd.DataFrame]:
    """Return residuals by gene_id, and ``gene_id seed score`` of every family."""
    random = np.random.default_rng(1)
    names = np.array([f"gene{number}" for number in range(genes)])
    residuals = pd.Series(random.normal(size=genes), index=names)
    targets = [random.choice(genes, int(SHARE * genes), replace=False) for _ in range(families)]
    seeds = np.repeat([f"seed{number}" for number in range(families)], int(SHARE * genes))
    scores = -random.uniform(0.01, 1, len(seeds))
    return residuals, pd.DataFrame(
        {"gene_id": names[np.concatenate(targets)], "seed": seeds, "score": scores}
    )


def plain(residuals: pd.Series, scores: pd.DataFrame) -> pd.Series:
    """Correlate family by family, with a zero for every other gene."""
    found = {}
    for seed, rows in scores.groupby("seed"):
        of_genes = rows.set_index("gene_id")["score"].reindex(residuals.index, fill_value=0.0)
        found[seed] = float(spearmanr(of_genes, residuals).statistic)
    return pd.Series(found)


def main() -> None:
    """Run both in turns."""
    families, genes, rounds = (
        int(text) for text in [*sys.argv[1:], *["222", "15000", "5"][len(sys.argv) - 1 :]]
    )
    set_threads(1)
    residuals, scores = simulated(families, genes)
    times: dict[str, list[float]] = {"ours": [], "plain": []}
    for _ in range(rounds):
        start = time.perf_counter()
        ours = correlate_families(residuals, scores).set_index("seed")["spearman"]
        middle = time.perf_counter()
        other = plain(residuals, scores)
        times["ours"].append(middle - start)
        times["plain"].append(time.perf_counter() - middle)
        np.testing.assert_allclose(ours.loc[other.index], other, atol=1e-12)
    ratios = [b / a for a, b in zip(times["ours"], times["plain"], strict=True)]
    print(
        f"correlate {families} families over {genes:,} genes: {statistics.median(times['ours']):.2f} s,"
        f" spearmanr {statistics.median(times['plain']):.2f} s:"
        f" {statistics.median(ratios):.1f} x ({min(ratios):.1f}-{max(ratios):.1f}, {rounds} rounds)"
    )


if __name__ == "__main__":
    main()
