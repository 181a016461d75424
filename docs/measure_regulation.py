"""Print the tables of docs/demo_species.md on variance shares and on planted regulation.

.venv/bin/python docs/measure_regulation.py        # seeds 0 to 9; the demo's is 1

A stand-in for networks, which learn a part of the motifs' effects: the best possible prediction less `UNLEARNED` times
the motif score where a gene is not silent, plus normal noise.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from xpresso_core.expression import log_expression
from xpresso_core.mirna import correlate_families
from xpresso_core.randomness import generator
from xpresso_core.rank_tests import ks_one_sided, pearson
from xpresso_core.simulate import SimulationSettings, Species, draw_species
from xpresso_core.simulate_labels import Unexplained
from xpresso_core.simulate_regulation_files import draw_all_targets, draw_half_lives, gene_lists

SEEDS, DEMO = range(10), 1
STAND_INS = 30
UNLEARNED, NOISE_SD = 0.85, 0.30
FAMILIES = ("first", "second", "third")

Floats = NDArray[np.float64]


class Planted(NamedTuple):
    """What residuals of a species are compared with, by row of its kept genes."""

    genes: pd.DataFrame
    groups: dict[str, NDArray[np.bool_]]
    half_lives: dict[str, pd.Series]
    scores: pd.DataFrame
    acting: list[str]


def planted(seed: int, species: Species) -> Planted:
    """Collect what was planted in a species."""
    hidden = Unexplained.of(species.labels)
    rows = np.arange(len(hidden.genes))
    groups = {
        name: np.isin(rows, chosen)
        for name, (_, chosen) in gene_lists(generator(seed, "gene lists"), hidden).items()
    }
    groups["domains"] = (hidden.genes["distal"] == "control").to_numpy()
    row_of = pd.Series(rows, index=hidden.genes["gene_name"])
    half_lives = {}
    for name, table in draw_half_lives(generator(seed, "half-lives"), hidden).items():
        known = table[table["transcript"].isin(row_of.index)].dropna(subset="mean_half_life")
        half_lives[name] = pd.Series(np.log2(known["mean_half_life"].to_numpy()), row_of[known["transcript"]])
    families = species.regulation.families
    acting = species.regulation.mirna_scores[:, species.scores.kept]
    targets = draw_all_targets(generator(seed, "predicted targets"), families, acting, hidden)
    scores = pd.concat(
        [
            pd.DataFrame({"gene_id": np.flatnonzero(values), "seed": name, "score": values[values != 0]})
            for name, values in targets.items()
        ]
    )
    return Planted(
        hidden.genes, groups, half_lives, scores, [family.seed for family in families[: len(FAMILIES)]]
    )


def residuals_of(genes: pd.DataFrame, rng: np.random.Generator) -> Floats:
    """Return the residuals of a stand-in for a model, recalibrated."""
    unlearned = UNLEARNED * genes["motif_score"] * (1 - genes["silent_probability"])
    predicted = genes["expected_log10_median"] - unlearned + rng.normal(0, NOISE_SD, len(genes))
    label = genes["log10_median"].to_numpy()
    slope, intercept = np.polyfit(predicted, label, 1)
    return np.asarray(label - intercept - slope * predicted, dtype=np.float64)


def measure(given: Planted, residual: Floats) -> dict[str, float]:
    """Return all statistics and P values of one stand-in."""
    groups = given.groups
    high, low = groups["super_enhancer"], groups["polycomb"]
    rest = ~(high | low)
    found = {
        "r2": 1 - residual.var() / given.genes["log10_median"].var(ddof=0),
        "sd of genes not silent": residual[(given.genes["silent"] == 0).to_numpy()].std(),
        "P enhancers": ks_one_sided(residual[high & ~low], residual[rest], "higher").p,
        "P silenced": ks_one_sided(residual[low & ~high], residual[rest], "lower").p,
        "known enhancer genes above 0": float((residual[groups["enhancer"]] > 0).sum()),
    }
    for name in ("control", "domains"):
        others = rest & ~groups[name]
        found[f"P control: {name}"] = ks_2samp(
            residual[groups[name]], residual[others], method="asymp"
        ).pvalue
    for name, log2 in given.half_lives.items():
        outcome = pearson(log2.to_numpy(), residual[log2.index])
        assert outcome is not None
        found |= {f"r {name}": outcome.statistic, f"P {name}": outcome.p}
    expressed = given.genes["log10_median"].to_numpy(dtype=np.float64) > log_expression(1.0)
    table = correlate_families(pd.Series(residual)[expressed], given.scores).set_index("seed")
    tested = table[table["tested"]]
    for name, family in zip(FAMILIES, given.acting, strict=True):
        found |= {f"rho {name}": tested.loc[family, "spearman"], f"P {name}": tested.loc[family, "p"]}
    idle = tested.drop(index=given.acting)
    found |= {
        "first is highest": float(tested.index[0] == given.acting[0]),
        "first below FDR 0.05": float(tested["p_adjusted"].to_dict()[given.acting[0]] < 0.05),
        "largest rho of idle families": idle["spearman"].abs().max(),
        "an idle one below FDR 0.05": float((idle["p_adjusted"] < 0.05).any()),
    }
    return found


def print_measured(table: pd.DataFrame, title: str) -> None:
    """Print medians, and how often P values are small or events happen."""
    print(
        f"\n{title}: {len(table)} stand-ins\n\n| | median | mean | below 0.001 | below 0.05 |\n|---|---|---|---|---|"
    )
    for name in table.columns.drop("seed"):
        values = table[name].to_numpy(dtype=np.float64)
        shares = [
            f"{100 * (values < bound).mean():.0f} %" if name.startswith("P ") else ""
            for bound in (0.001, 0.05)
        ]
        print(f"| {name} | {np.median(values):.2g} | {values.mean():.2g} | {' | '.join(shares)} |")


def main() -> None:
    """Print all tables."""
    rows: list[dict[str, float]] = []
    shares: list[dict[str, float]] = []
    for seed in SEEDS:
        species = draw_species(seed, SimulationSettings())
        shares.append(
            {**species.labels.model["variance_shares"], "reporter": species.reporter.model["r2_label"]}
        )
        given, rng = planted(seed, species), np.random.default_rng([seed, 6])
        rows += [{"seed": seed, **measure(given, residuals_of(given.genes, rng))} for _ in range(STAND_INS)]
    print("| share of the variance | mean | s.d. | the demo |\n|---|---|---|---|")
    for name in shares[0]:
        values = np.array([row[name] for row in shares])
        print(f"| {name} | {values.mean():.3f} | {values.std(ddof=1):.3f} | {values[DEMO]:.3f} |")
    table = pd.DataFrame(rows)
    print_measured(table, "All seeds")
    print_measured(table[table["seed"] == DEMO], "The demo's seed")


if __name__ == "__main__":
    main()
