"""Print what the composition of promoters explains by itself, beside the shuffled controls of a finished run.

Each promoter is turned into its frequencies of bases or of dinucleotides, within the window of the control, and
expression is predicted from them over the control's own folds: by ridge regression, and by boosted trees.

    .venv/bin/python docs/measure_composition.py human_mini_median mini_shuffled-inputs
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from xpresso_core.bundle import load_bundle
from xpresso_core.dataset import Dataset
from xpresso_core.files import read_json, read_table
from xpresso_core.kmers import count_kmers
from xpresso_core.splits import fold_of_table


def frequencies(codes: npt.NDArray[np.uint8], length: int) -> npt.NDArray[np.float64]:
    """Return how often each word of one or two bases occurs, float64 ``[gene, word]``."""
    return count_kmers(codes, length) / (codes.shape[1] - length + 1)


def main(dataset_name: str, family: str) -> None:
    """Print a table of both controls and both models."""
    print("| control | network | ridge on its composition | boosted trees on it |\n|---|---|---|---|")
    for length, kind in ((1, "mono_shuffled"), (2, "di_shuffled")):
        folder = Path("results") / dataset_name / f"{family}_{kind}"
        dataset = Dataset.open(
            Path("results") / dataset_name / "dataset.h5", load_bundle(folder / "models" / "fold_1").window
        )
        split = read_table(folder / "split.tsv", dtype={"gene_id": str})
        features = frequencies(dataset.codes, length)
        scores = [read_json(folder / "metrics.json")["pooled"]["r2"]]
        for model in (
            make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 13))),
            HistGradientBoostingRegressor(max_iter=80, learning_rate=0.05, max_leaf_nodes=8, random_state=0),
        ):
            predicted = np.full(len(dataset), np.nan)
            for number in sorted(split["fold"].unique()):
                fold = fold_of_table(split, int(number), dataset.gene_id)
                rows = np.concatenate([fold.train, fold.validation])
                model.fit(features[rows], dataset.expression[rows])
                predicted[fold.test] = model.predict(features[fold.test])
            scores.append(float(np.corrcoef(predicted, dataset.expression)[0, 1] ** 2))
        print(f"| {kind} | {' | '.join(f'{score:.3f}' for score in scores)} |")


if __name__ == "__main__":
    main(*sys.argv[1:3])
