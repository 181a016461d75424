"""The search for hyperparameters: networks that earlier results suggest, trained briefly and compared.

The suggestion of trial *i* uses exactly the results of trials 0 to *i - workers*. So it depends on the seed,
the algorithm and the number of workers that the plan names, and never on who was faster or interrupted.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self, get_args

from tqdm import tqdm

from xpresso_core.architecture import MANUAL, Architecture, check_fits
from xpresso_core.batches import scaled_arrays
from xpresso_core.dataset import Dataset, cropped
from xpresso_core.errors import ConfigError, InputError
from xpresso_core.files import write_json
from xpresso_core.plan import network_inputs, with_control
from xpresso_core.provenance import code_hash
from xpresso_core.randomness import generator
from xpresso_core.resident import resident_genes
from xpresso_core.scaling import Protocol
from xpresso_core.search_record import record_best, write_trials
from xpresso_core.search_space import (
    Parameters,
    decode,
    encode,
    largest_window,
    space,
    to_architecture,
)
from xpresso_core.search_trials import Record, TrialStore
from xpresso_core.splits import Fold, make_folds
from xpresso_core.trial import fit, is_out_of_memory

log = logging.getLogger(__name__)

Algorithm = Literal["tpe", "anneal", "random"]


@dataclass(frozen=True)
class SearchPlan:
    """What is searched, and how.

    Attributes
    ----------
    inputs
        What the networks read: as for `plan.Plan`.
    split
        The hold-out, as keywords of `splits.make_folds`; its validation genes are the objective.
    algorithm
        ``tpe``, tree of Parzen estimators, as in the paper; ``anneal``, simulated annealing; ``random``.
    trials
        How many networks to try; raising it later continues the search.
    workers
        By how many trials a suggestion lags behind: so many workers are never idle.
    epochs
        Of each trial; 10 in the paper.
    protocol
        Which genes scale the label and the features.
    space
        Limits within Table 1: see `search_space.space`.
    seed
        The seed of the run.

    Raises
    ------
    ConfigError
        If a setting makes no sense.
    """

    inputs: tuple[str, ...]
    split: Mapping[str, Any]
    algorithm: Algorithm = "tpe"
    trials: int = 1000
    workers: int = 1
    epochs: int = 10
    protocol: Protocol = "strict"
    space: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        largest_window(self.space)
        checks = {
            "algorithm": self.algorithm in get_args(Algorithm),
            "split": self.split.get("kind") == "holdout",
            **{name: getattr(self, name) >= 1 for name in ("trials", "workers", "epochs")},
        }
        wrong = [f"{name} is {getattr(self, name)!r}" for name, good in checks.items() if not good]
        if wrong:
            remedy = "Give tpe, anneal or random; a split of kind holdout; 1 trial, worker and epoch or more"
            raise ConfigError(", ".join(wrong), where="search", remedy=remedy)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the plan that plain types describe."""
        return cls(**{**data, "inputs": tuple(data["inputs"])})


def suggest(history: Sequence[Mapping[str, Any]], number: int, plan: SearchPlan) -> Parameters:
    """Suggest the network of a trial.

    Parameters
    ----------
    history
        Records of the finished trials to learn from, in order; the failed ones count as such.
    number
        Of the trial, from 0.
    plan
        Of the search.

    Returns
    -------
    dict
        See `search_space.decode`. The same arguments always give the same.
    """
    from hyperopt import STATUS_FAIL, STATUS_OK, Trials, anneal, rand, tpe
    from hyperopt.base import JOB_STATE_DONE, Domain

    quiet = partial(tpe.suggest, verbose=False)
    algorithms = {"tpe": quiet, "anneal": anneal.suggest, "random": rand.suggest}
    domain = Domain(None, space(plan.space))  # it never calls the objective
    trials = Trials()
    for record in history:
        tid, vals = record["trial"], encode(record["parameters"], plan.space)
        misc = {
            "tid": tid,
            "cmd": domain.cmd,
            "idxs": {label: [tid] if label in vals else [] for label in domain.params},
            "vals": {label: [vals[label]] if label in vals else [] for label in domain.params},
        }
        ok = record["status"] == "ok"
        result = {"status": STATUS_OK, "loss": record["loss"]} if ok else {"status": STATUS_FAIL}
        [document] = trials.new_trial_docs([tid], [None], [result], [misc])
        trials.insert_trial_doc({**document, "state": JOB_STATE_DONE})
    trials.refresh()
    seed = int(generator(plan.seed, "search", number).integers(2**31))
    [found] = algorithms[plan.algorithm]([number], domain, trials, seed)
    drawn = found["misc"]["vals"].items()
    return decode({label: values[0] for label, values in drawn if values}, plan.space)


def run_worker(dataset_path: Path, plan: Mapping[str, Any], *, folder: Path, device: str) -> int:
    """Run trials of a search, beside any number of other workers, until none is left to begin.

    Parameters
    ----------
    dataset_path
        The dataset.
    plan
        The plain form of `SearchPlan`.
    folder
        Where finished trials are kept: see `search_trials.TrialStore`. Workers on several nodes may share it.
    device
        The device in use, for the record.

    Returns
    -------
    int
        Number of trials that this worker ran. A trial whose network fits no window, needs more memory than
        there is, or diverges is recorded as failed.

    Raises
    ------
    XpressoError
        If the dataset is smaller than the space, the trials on disk are damaged, or the label does not vary.
    OSError
        If a trial cannot be written; it is then run again by the next worker.
    """
    search = _Search.open(dataset_path, SearchPlan.from_dict(plan))
    count = 0
    with TrialStore(folder, search.fingerprint) as store:
        if store.claim_reference():
            store.save_reference({**search.reference(dataset_path), "device": device})
        with tqdm(total=search.plan.trials, desc="search, trials", disable=None) as bar:
            while (claimed := store.next_trial(search.plan.trials, search.plan.workers)) is not None:
                number, finished = claimed
                bar.update(len(finished) - bar.n)
                history = [finished[earlier] for earlier in range(number - search.plan.workers + 1)]
                record = search.trial(number, history)
                store.append({**record, "device": device})
                log.info("trial %d: %s", number, _in_words(record))
                count += 1
            bar.update(len(store.finished()) - bar.n)
    return count


def gather(
    dataset_path: Path, plan: Mapping[str, Any], *, folder: Path, trials_path: Path, best_path: Path
) -> None:
    """Write the trials of a complete search, and the best network.

    Parameters
    ----------
    dataset_path, plan, folder
        As for `run_worker`.
    trials_path
        Lines of JSON, one per trial, in order: see `search_trials.FIELDS`.
    best_path
        JSON: ``trial`` (from 0), ``loss`` and ``parameters`` of the best trial, its ``architecture`` with the
        paper's recipe for full training (the found batch size, at most 100 epochs, patience 7), the numbers of
        ``ok`` and ``failed`` trials, and ``manual``: the record of the paper's manual architecture, trained on
        the same genes for as many epochs.

    Raises
    ------
    InputError
        If trials are missing.
    TrainingError
        If all trials failed.
    """
    search = _Search.open(dataset_path, SearchPlan.from_dict(plan))
    with TrialStore(folder, search.fingerprint) as store:
        finished, manual = store.finished(), store.reference()
    missing = [str(number) for number in range(search.plan.trials) if number not in finished]
    missing += ["the manual reference"] if manual is None else []
    if missing:
        shown = ", ".join(missing[:10]) + (", ..." if len(missing) > 10 else "")
        what = f"{len(missing)} of {search.plan.trials} trials and 1 reference are missing: {shown}"
        raise InputError(what, where=str(store.path), remedy="Run the workers of this search again")
    records = [finished[number] for number in range(search.plan.trials)]
    best = record_best(records)
    write_trials(records, trials_path)
    write_json({**best, "manual": manual}, best_path)


@dataclass(frozen=True)
class _Search:
    """A search on its data.

    Attributes
    ----------
    plan, fold
        The settings, and the rows of the hold-out's parts.
    data
        The dataset in the largest window of the space.
    fingerprint
        Of all that a trial depends on but its number.
    """

    plan: SearchPlan
    fold: Fold
    data: Dataset
    fingerprint: str

    @classmethod
    def open(cls, dataset_path: Path, plan: SearchPlan) -> Self:
        dataset = Dataset.open(dataset_path, largest_window(plan.space))
        fold = make_folds(chrom=dataset.chrom, seed=plan.seed, **plan.split)[0]
        settings = asdict(plan)
        del settings["trials"]
        what = {
            "data": dataset.checksum(),
            "fold": [rows.tolist() for rows in fold],
            "plan": settings,
            "code": code_hash("plan", "search_space", "trial"),
        }
        fingerprint = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
        return cls(plan, fold, dataset, fingerprint)

    def trial(self, number: int, history: Sequence[Record]) -> Record:
        """Run one trial; return its record, but for the device."""
        parameters = suggest(history, number, self.plan)
        architecture = to_architecture(parameters, self.plan.epochs)
        found = {"trial": number, "algorithm": self.plan.algorithm, "parameters": parameters}
        return {**found, **self._trained(self.data, architecture, number)}

    def reference(self, dataset_path: Path) -> Record:
        """Train the paper's manual architecture; return its record, but for the device."""
        epochs = self.plan.epochs
        manual = replace(MANUAL, recipe=replace(MANUAL.recipe, epochs=epochs, patience=epochs))
        try:
            dataset = Dataset.open(dataset_path, manual.window)
        except ConfigError as error:
            trained = self._stamped("manual", _failed(str(error), 0.0))
        else:
            trained = self._trained(dataset, manual, "manual")
        return {"architecture": manual.to_dict(), **trained}

    def _trained(self, data: Dataset, architecture: Architecture, name: int | str) -> Record:
        inputs = network_inputs(self.plan.inputs)
        started = time.monotonic()
        try:
            if "promoter" in inputs:
                check_fits(architecture)
        except ConfigError as error:
            return self._stamped(name, _failed(f"{error.where}: {error.what}", time.monotonic() - started))
        try:
            data = with_control(cropped(data, architecture.window), self.plan.inputs, self.plan.seed)
            _, train, validation = scaled_arrays(data, self.fold, inputs, architecture, self.plan.protocol)
            resident = resident_genes(inputs, train, validation)
            fitted = fit(train, validation, architecture, inputs, seed=self._seed(name), resident=resident)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            return self._stamped(name, _failed("out of memory", time.monotonic() - started))
        curves = {"train_mse": fitted.train_mse, "validation_mse": fitted.validation_mse}
        if fitted.status == "diverged":
            return self._stamped(name, {**_failed("diverged", fitted.seconds), **curves})
        outcome = {
            "loss": fitted.best_validation_mse,
            "best_epoch": fitted.best_epoch,
            "seconds": fitted.seconds,
        }
        return self._stamped(name, {"status": "ok", "reason": None, **outcome, **curves})

    def _seed(self, name: int | str) -> int:
        return int(generator(self.plan.seed, "search", "training", name).integers(2**31))

    def _stamped(self, name: int | str, outcome: Record) -> Record:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return {**outcome, "fingerprint": self.fingerprint, "seed": self._seed(name), "time": now}


def _failed(reason: str, seconds: float) -> Record:
    outcome = {"status": "failed", "reason": reason, "loss": None, "best_epoch": None}
    return {**outcome, "train_mse": [], "validation_mse": [], "seconds": round(seconds, 1)}


def _in_words(record: Mapping[str, Any]) -> str:
    if record["status"] == "failed":
        return f"failed, {record['reason']}"
    return f"validation MSE {record['loss']:.4f} at epoch {record['best_epoch']}, {record['seconds']} s"
