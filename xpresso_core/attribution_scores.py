"""Scores per base of the genes of one fold, summed by group, and how well methods and networks agree on them.

A score is the sum of what the four letters of a position contribute, as the paper takes it. Scores of single genes are
kept for one method only; of the others, sums over groups of genes and correlations are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm import tqdm

from xpresso_core.attribution import Attributor, Method
from xpresso_core.bundle import Bundle, load_bundle
from xpresso_core.classes import read_genes
from xpresso_core.errors import InputError
from xpresso_core.expression_groups import GROUP_NAMES
from xpresso_core.files import write_table
from xpresso_core.model_windows import dataset_on, rows_of
from xpresso_core.randomness import generator
from xpresso_core.score_file import BETWEEN_METHODS, BETWEEN_NETWORKS, Scores, row_correlations
from xpresso_core.sequence import Codes

Floats = npt.NDArray[np.float32]

BATCH = 64


def score_genes(
    bundle: Bundle,
    codes: Codes,
    halflife: npt.NDArray[Any] | None,
    groups: npt.NDArray[np.intp],
    gene_id: npt.NDArray[np.str_],
    *,
    methods: Sequence[Method],
    kept: Method,
    background: str,
    steps: int,
    rng: np.random.Generator,
) -> tuple[Scores, pd.DataFrame]:
    """Score the bases of some promoters by every method and network.

    Parameters
    ----------
    bundle
        The model, with the trials that were not chosen.
    codes, halflife
        As `Bundle.predict` takes them.
    groups
        ``int [gene]``: numbers of `GROUP_NAMES`.
    gene_id
        ``[gene]``.
    methods, kept
        The methods, and the one of which the scores of genes are kept.
    background, steps
        See `attribution.Attributor`.
    rng
        Shuffles the weights of the untrained networks.

    Returns
    -------
    scores : Scores
    agreement : pandas.DataFrame
        ``gene_id between first second correlation``: of the scores of a gene between two methods, or for the method
        ``first`` on average between two networks, those that are constant around the gene left out. Empty where there
        are no such two.
    """
    attributors = [Attributor(bundle, method, background=background, steps=steps) for method in methods]
    untrained = Attributor(untrained_bundle(bundle, rng), kept, background=background, steps=steps)
    networks = (*bundle.members, *bundle.spare)
    length = codes.shape[1]
    sums = np.zeros((len(methods), len(networks), len(GROUP_NAMES), length))
    scores, of_untrained = np.empty(codes.shape, np.float32), np.empty(codes.shape, np.float32)
    agreement = []
    for first in tqdm(range(0, len(codes), BATCH), unit=" batches", disable=None, leave=False):
        rows = slice(first, first + BATCH)
        features = None if halflife is None else halflife[rows]
        maps = np.stack(
            [
                [
                    one.attribute_network(network, codes[rows], features).promoter.sum(axis=2)
                    for network in networks
                ]
                for one in attributors
            ]
        )
        for group in range(len(GROUP_NAMES)):
            sums[:, :, group] += maps[:, :, groups[rows] == group].sum(axis=2, dtype=np.float64)
        of_members = maps[:, : len(bundle.members)].mean(axis=1)
        scores[rows] = of_members[methods.index(kept)]
        of_untrained[rows] = untrained.attribute(codes[rows], features).promoter.sum(axis=2)
        agreement.append(_agreement(maps, of_members, methods, gene_id[rows]))
    found = Scores(
        gene_id,
        scores,
        of_untrained,
        sums,
        np.bincount(groups, minlength=len(GROUP_NAMES)).astype(np.int64),
        tuple(methods),
        len(bundle.members),
        bundle.window,
        bundle.unit,
    )
    return found, pd.concat(agreement, ignore_index=True)


def _agreement(
    maps: Floats, of_members: Floats, methods: Sequence[str], gene_id: npt.NDArray[np.str_]
) -> pd.DataFrame:
    rows = []
    for one, other in combinations(range(len(methods)), 2):
        values = row_correlations(of_members[one], of_members[other])
        rows.append((BETWEEN_METHODS, methods[one], methods[other], values))
    for number, method in enumerate(methods):
        pairs = [row_correlations(*pair) for pair in combinations(maps[number], 2)]
        if pairs:
            rows.append((BETWEEN_NETWORKS, method, "", _mean_of_known(np.array(pairs))))
    tables = [
        pd.DataFrame(
            {"gene_id": gene_id, "between": between, "first": first, "second": second, "correlation": values}
        )
        for between, first, second, values in rows
    ]
    columns = ["gene_id", "between", "first", "second", "correlation"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def _mean_of_known(pairs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean over the first axis, NaN being left out; NaN where there is nothing else."""
    known = np.isfinite(pairs)
    count = known.sum(axis=0)
    mean = np.full(count.shape, np.nan)
    np.divide(np.where(known, pairs, 0).sum(axis=0), count, out=mean, where=count > 0)
    return mean


def untrained_bundle(bundle: Bundle, rng: np.random.Generator) -> Bundle:
    """Return the same networks with the numbers of each array of weights shuffled (Adebayo et al. 2018)."""
    members = []
    for model in bundle.members:
        twin = keras.models.clone_model(model)
        twin.set_weights(
            [rng.permutation(weights.ravel()).reshape(weights.shape) for weights in model.get_weights()]
        )
        members.append(twin)
    return replace(bundle, members=tuple(members), spare=(), checksums={})


def write_scores(
    model: Path,
    dataset_path: Path,
    genes_path: Path,
    scores_path: Path,
    agreement_path: Path,
    *,
    fold: int,
    settings: Mapping[str, Any],
    seed: int,
) -> None:
    """Score the promoters of the genes of one fold.

    Parameters
    ----------
    model
        The model of the fold, which has not seen these genes; or one that was trained elsewhere, perhaps on these genes
        too, which is given average half-life features.
    dataset_path
        The dataset.
    genes_path
        Of `interpreted_genes.write_genes`.
    scores_path, agreement_path
        What to write.
    fold
        The fold.
    settings
        ``methods``, ``kept``, ``background`` and ``steps``, and ``own``: whether the model was trained here.
    seed
        The seed of the run.
    """
    bundle = load_bundle(model, spare=model.is_dir())
    table = read_genes(genes_path)
    table = table[table["fold"] == fold]
    if table.empty:
        what = f"fold {fold} has no genes"
        raise InputError(what, where=str(genes_path), remedy="Make it again with the workflow")
    data = dataset_on(dataset_path, bundle.window)
    rows = rows_of(data, table["gene_id"].tolist(), dataset_path)
    takes_features = settings["own"] and "halflife" in bundle.inputs
    scores, agreement = score_genes(
        bundle,
        data.codes[rows],
        data.halflife[rows] if takes_features else None,
        np.array([GROUP_NAMES.index(group) for group in table["group"]], dtype=np.intp),
        data.gene_id[rows],
        methods=settings["methods"],
        kept=settings["kept"],
        background=settings["background"],
        steps=settings["steps"],
        rng=generator(seed, f"untrained networks of fold {fold}"),
    )
    scores.save(scores_path)
    write_table(agreement, agreement_path)
