"""Training one fold: independent trials, resumed where they were left, and the choice among them."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import pandas as pd
from tqdm import tqdm

from xpresso_core.batches import scaled_arrays
from xpresso_core.bundle import Bundle, save_bundle
from xpresso_core.dataset import Dataset
from xpresso_core.errors import TrainingError
from xpresso_core.files import read_json, read_table, write_table
from xpresso_core.plan import Plan, network_inputs, with_control
from xpresso_core.provenance import code_hash, versions
from xpresso_core.randomness import generator
from xpresso_core.resident import resident_genes
from xpresso_core.splits import Fold, fold_of_table, split_hash
from xpresso_core.trial import finished_trial, run_trial

log = logging.getLogger(__name__)


def train_fold(
    dataset: Dataset,
    fold: Fold,
    number: int,
    plan: Plan,
    *,
    trials_folder: Path,
    bundle_folder: Path,
    description: Mapping[str, Any],
    device: str,
) -> pd.DataFrame:
    """Train the trials of one fold and save the chosen model.

    A trial that was finished before with the same data, split, settings and code is not trained again; so a
    killed run goes on at the first unfinished trial.

    Parameters
    ----------
    dataset
        Opened with the `needed_window` of the architecture.
    fold, number
        The rows of its parts, and its number, from 1.
    plan
        What to train.
    trials_folder
        Where finished trials are kept: ``trial_<n>/model.keras`` and ``trial.json``.
    bundle_folder
        Where the chosen model is saved.
    description
        Facts for the model card: experiment, split hash and the like; plain types.
    device
        The device in use, for the record.

    Returns
    -------
    pandas.DataFrame
        One row per trial: ``fold trial status best_epoch best_validation_mse chosen seed seconds``.

    Raises
    ------
    XpressoError
        If features or label do not vary, the network does not fit the window, or all trials diverge.
    """
    inputs = network_inputs(plan.inputs)
    data = with_control(dataset, plan.inputs, plan.seed)
    scaler, train, validation = scaled_arrays(data, fold, inputs, plan.architecture, plan.protocol)
    fingerprint = _fingerprint(dataset, fold, plan)
    resident = resident_genes(inputs, train, validation, precision=plan.precision)
    results = []
    for trial in tqdm(range(1, plan.trials + 1), desc=f"fold {number}, trials", disable=None):
        folder = trials_folder / f"trial_{trial}"
        result = finished_trial(folder, fingerprint)
        if result is None:
            seed = int(generator(plan.seed, "trial", number, trial).integers(2**31))
            result = run_trial(
                train,
                validation,
                plan.architecture,
                inputs,
                seed=seed,
                folder=folder,
                resident=resident,
                record={"fingerprint": fingerprint, "device": device, "versions": versions()},
            )
        log.info("fold %d, trial %d: %s", number, trial, _in_words(result))
        results.append(result)
    chosen = choose(results, plan.ensemble)
    spare = [index for index, result in enumerate(results) if result["status"] == "live"]
    members, others = (
        tuple(
            keras.models.load_model(trials_folder / f"trial_{index + 1}" / "model.keras", compile=False)
            for index in indices
        )
        for indices in (chosen, [index for index in spare if index not in chosen])
    )
    table = _trial_table(results, chosen, number)
    metadata = {
        **description,
        "fold": number,
        "dataset": dict(dataset.attributes),
        "dataset_sha256": dataset.checksum(),
        "genes": {part: len(rows) for part, rows in fold._asdict().items()},
        "architecture": plan.architecture.to_dict(),
        "inputs": list(plan.inputs),
        "protocol": plan.protocol,
        "ensemble": plan.ensemble,
        "precision": plan.precision,
        "seed": plan.seed,
        "trials": json.loads(table.to_json(orient="records")),
        "species": f"{dataset.attributes.get('species', 'unknown')}, {dataset.attributes.get('assembly', 'unknown')}",
        "training_data": f"{dataset.attributes.get('dataset', 'unknown')}: {len(fold.train)} genes",
        "metrics": {
            f"validation_mse_trial_{index + 1}": results[index]["best_validation_mse"] for index in chosen
        },
        "versions": results[chosen[0]]["versions"],
        "device": results[chosen[0]]["device"],
    }
    bundle = Bundle(
        members=members,
        window=plan.architecture.window,
        inputs=inputs,
        scaler=scaler,
        feature_names=scaler.features,
        unit=str(dataset.attributes["units"]),
        metadata=metadata,
        spare=others,
    )
    save_bundle(bundle, bundle_folder)
    return table


def train_experiment_fold(
    dataset_path: Path,
    split_path: Path,
    number: int,
    plan: Mapping[str, Any],
    *,
    name: str,
    trials_folder: Path,
    bundle_folder: Path,
    trials_path: Path,
    history_path: Path,
    device: str,
    best: Path | None = None,
) -> None:
    """Train one fold of an experiment from the files of the earlier stages.

    Parameters
    ----------
    dataset_path, split_path
        The dataset and the experiment's split table.
    number
        The fold, from 1.
    plan
        The plain form of `Plan`.
    name
        Of the experiment.
    trials_folder, bundle_folder
        See `train_fold`.
    trials_path, history_path
        Where the table of trials and the learning curves go.
    device
        The device in use.
    best
        The result of the search that found the architecture, if one did.
    """
    settings = Plan.from_dict(plan, best)
    dataset = Dataset.open(dataset_path, settings.architecture.needed_window)
    split = read_table(split_path, ["fold", "gene_id", "part"], {"gene_id": str})
    table = train_fold(
        dataset,
        fold_of_table(split, number, dataset.gene_id),
        number,
        settings,
        trials_folder=trials_folder,
        bundle_folder=bundle_folder,
        description={"name": f"{name}, fold {number}", "split_sha256": split_hash(split, number)},
        device=device,
    )
    write_fold_tables(table, trials_folder, trials_path, history_path)


def write_fold_tables(
    table: pd.DataFrame, trials_folder: Path, trials_path: Path, history_path: Path
) -> None:
    """Write a fold's table of trials and its learning curves ``fold trial epoch train_mse validation_mse``."""
    write_table(table, trials_path)
    curves = []
    for fold, trial in table[["fold", "trial"]].to_numpy().tolist():
        history = read_json(trials_folder / f"trial_{trial}" / "trial.json")["history"]
        curve = pd.DataFrame(history)
        curve.insert(0, "epoch", np.arange(1, len(curve) + 1))
        curve.insert(0, "trial", trial)
        curve.insert(0, "fold", fold)
        curves.append(curve)
    write_table(pd.concat(curves, ignore_index=True), history_path)


def choose(results: list[dict[str, Any]], ensemble: Literal["best", "all"]) -> list[int]:
    """Choose among trials: a live one before a collapsed one, never a diverged one.

    Returns
    -------
    list of int
        Indices of the chosen trials, in order. Where no trial lives, the collapsed one of lowest validation
        error, whose status says what it is.

    Raises
    ------
    TrainingError
        If all trials diverged.
    """
    by_status = {
        status: [index for index, result in enumerate(results) if result["status"] == status]
        for status in ("live", "collapsed")
    }
    if by_status["live"] and ensemble == "all":
        return by_status["live"]
    candidates = by_status["live"] or by_status["collapsed"]
    if not candidates:
        what = f"all {len(results)} trials diverged: their weights are no numbers any more"
        raise TrainingError(what, where="training", remedy="Lower the learning rate of the architecture")
    return [min(candidates, key=lambda index: float(results[index]["best_validation_mse"]))]


def _fingerprint(dataset: Dataset, fold: Fold, plan: Plan) -> str:
    """Hash all that the outcome of a trial depends on, but its number."""
    settings = {
        "data": dataset.checksum(),
        "fold": [rows.tolist() for rows in fold],
        "inputs": plan.inputs,
        "architecture": plan.architecture.to_dict(),
        "protocol": plan.protocol,
        "precision": plan.precision,
        "seed": plan.seed,
        "code": code_hash("plan", "trial"),
    }
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _in_words(result: Mapping[str, Any]) -> str:
    return (
        f"{result['status']}, validation MSE {result['best_validation_mse']:.4f} "
        f"at epoch {result['best_epoch']} of {len(result['history']['train_mse'])}"
    )


def _trial_table(results: list[dict[str, Any]], chosen: list[int], number: int) -> pd.DataFrame:
    columns = ["status", "best_epoch", "best_validation_mse", "seed", "seconds"]
    table = pd.DataFrame([{name: result[name] for name in columns} for result in results])
    table.insert(0, "trial", np.arange(1, len(results) + 1))
    table.insert(0, "fold", number)
    table.insert(5, "chosen", [index in chosen for index in range(len(results))])
    return table
