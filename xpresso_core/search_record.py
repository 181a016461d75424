"""What searches leave behind: their trials, read and checked, as tables and curves, and the best network.

The trials are lines of JSON that a search of ours wrote (`search.gather`), or those of the paper's own search of
2017, whose published record is turned into the same form.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xpresso_core.architecture import Recipe, check_fits
from xpresso_core.errors import ConfigError, InputError, TrainingError
from xpresso_core.files import atomic_path, open_text, read_json, write_json
from xpresso_core.search_space import (
    COMMON,
    LAYERS,
    MOST_LAYERS,
    TABLE_1,
    Parameters,
    decode,
    to_architecture,
)
from xpresso_core.search_trials import check_outcome, is_number

Trial = dict[str, Any]

RECORD_EPOCHS = 10
"""Epochs of each trial of the published search."""

RECORD_CENTRE = 10_000
"""Place of the TSS in the 20 kb that the published search cut its windows from, in bases from their start."""

RECORD_LABELS: Mapping[str, str] = {
    "batchsize": "batch_size",
    "leftpos": "upstream",
    "rightpos": "downstream",
    **{f"numFiltersConv{number}": f"filters_{number}" for number in range(1, 5)},
    **{f"filterLenConv{number}": f"width_{number}" for number in range(1, 5)},
    **{f"dilRate{number}": f"dilation_{number}" for number in range(1, 5)},
    **{f"maxPool{number}": f"pool_{number}" for number in range(1, 5)},
    **{f"dense{number}": f"units_{number}" for number in range(1, 3)},
    **{f"dropout{number}": f"dropout_{number}" for number in range(1, 3)},
    "numconvlayers": "convolutions_2",
    "numconvlayers1": "convolutions_3",
    "numconvlayers2": "convolutions_4",
    "numdenselayers": "dense_2",
}
"""Labels of the published search, and those of `search_space.space` for the same; the last four are choices
(0 or 1) whether another layer follows."""

KNOWN_STATUS = {"ok": "ok", "fail": "failed"}


def read_record(path: str | os.PathLike[str]) -> list[Trial]:
    """Read the published record of the search that found the paper's architecture (Table 1, Figure 1B).

    Parameters
    ----------
    path
        JSON whose ``trials`` are those of hyperopt: ``status loss vals book_time refresh_time``. In ``vals``,
        batch size, filters and units are exponents of two, ``leftpos`` and ``rightpos`` the first base and the
        base after the last of a window in 20 kb around the TSS.

    Returns
    -------
    list of dict
        In the form of `read_trials`, in the order of the file. A failed trial, whose loss the file gives as 1,
        has none. The file has no reasons; here the reason is that its network fits no window where the
        parameters show it, in the words of our own searches, else ``not recorded``. There are no seeds.

    Raises
    ------
    InputError
        If the file cannot be read, or a trial is none of the search space of Table 1.
    """
    data = read_json(path)
    entries = data.get("trials") if isinstance(data, dict) else None
    if not isinstance(entries, list) or not entries:
        what = "is not the record of a search: it has no list of trials"
        raise InputError(what, where=str(path), remedy="Fetch the published record again")
    return [_recorded(entry, number, f"{path}, trial {number}") for number, entry in enumerate(entries)]


def read_trials(path: str | os.PathLike[str]) -> list[Trial]:
    """Read the trials of a search.

    Parameters
    ----------
    path
        One JSON object a line: ``trial`` (from 0), ``status`` (``ok`` or ``failed``), ``loss`` (squared
        z-scores; null where failed), ``reason`` (null where ok), ``parameters`` (`search_space`), ``seconds``,
        ``seed`` (or null), and anything else.

    Returns
    -------
    list of dict
        The objects, ordered by trial.

    Raises
    ------
    InputError
        If there is no trial, a line is none, or one occurs twice.
    """
    found: dict[int, Trial] = {}
    with open_text(path) as handle:
        for number, line in enumerate(handle, start=1):
            try:
                trial = _checked(json.loads(line))
                if trial["trial"] in found:
                    message = f"trial {trial['trial']} occurs twice"
                    raise ValueError(message)
            except ValueError as error:
                what = f"is not a trial of a search ({error})"
                remedy = "Make the file again with the workflow"
                raise InputError(what, where=f"{path}, line {number}", remedy=remedy) from error
            found[trial["trial"]] = trial
    if not found:
        what = "has no trials"
        raise InputError(what, where=str(path), remedy="Run the search")
    return [found[number] for number in sorted(found)]


def trials_table(trials: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return trials as a table.

    Parameters
    ----------
    trials
        As from `read_trials`.

    Returns
    -------
    pandas.DataFrame
        ``trial status loss seconds reason``, the numbers of layers ``convolutions dense``, then every parameter
        that any trial has, in the order of Table 1. Missing where a trial has no such layer. Whole numbers are
        Int64, errors, seconds and dropout rates float64.
    """
    columns: dict[str, Any] = {
        "trial": pd.array([trial["trial"] for trial in trials], dtype="Int64"),
        "status": [trial["status"] for trial in trials],
        "loss": np.array([trial["loss"] for trial in trials], dtype=np.float64),
        "seconds": np.array([trial["seconds"] for trial in trials], dtype=np.float64),
        "reason": [trial["reason"] for trial in trials],
    }
    for kind in LAYERS:
        columns[kind] = pd.array([_depth(trial["parameters"], kind) for trial in trials], dtype="Int64")
    for name in _names({kind: max(columns[kind], default=0) for kind in LAYERS}):
        values = [trial["parameters"].get(name) for trial in trials]
        columns[name] = (
            np.array(values, dtype=np.float64) if _is_share(name) else pd.array(values, dtype="Int64")
        )
    return pd.DataFrame(columns)


def search_curve(trials: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the lowest error so far by trial (Figure 1B).

    Returns
    -------
    pandas.DataFrame
        ``trial status loss best_so_far``; errors in squared z-scores. The loss of a failed trial is missing, and
        so is the best before the first that is ok.
    """
    table = trials_table(trials)[["trial", "status", "loss"]]
    return table.assign(best_so_far=table["loss"].cummin().ffill())


def best_trial(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the trial of lowest error; the first of those that share it.

    Raises
    ------
    TrainingError
        If all trials failed.
    """
    ok = [trial for trial in trials if trial["status"] == "ok"]
    if not ok:
        reasons = Counter(trial["reason"] for trial in trials).most_common(3)
        what = f"all {len(trials)} trials failed ({'; '.join(f'{count} x {why}' for why, count in reasons)})"
        raise TrainingError(what, where="search", remedy="Change the space of the search")
    return dict(min(ok, key=lambda trial: (trial["loss"], trial["trial"])))


def record_best(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a search found, in the form of `search.gather`.

    Returns
    -------
    dict
        ``trial loss parameters`` of the best trial, its ``architecture`` with the paper's recipe for full
        training (the found batch size, at most 100 epochs, patience 7), the numbers of ``ok`` and ``failed``
        trials, and ``manual``, null: a record has no manual architecture trained beside it.

    Raises
    ------
    TrainingError
        If all trials failed.
    """
    best = best_trial(trials)
    architecture = to_architecture(best["parameters"], RECORD_EPOCHS)
    full = replace(architecture, recipe=Recipe(batch_size=architecture.recipe.batch_size))
    ok = sum(trial["status"] == "ok" for trial in trials)
    found = {name: best[name] for name in ("trial", "loss", "parameters")}
    return {
        **found,
        "architecture": full.to_dict(),
        "ok": ok,
        "failed": len(trials) - ok,
        "manual": None,
    }


def write_record(record_path: Path, trials_path: Path, best_path: Path) -> None:
    """Turn the published record into what a search of ours leaves: its trials as lines of JSON, and the best.

    Parameters
    ----------
    record_path
        See `read_record`.
    trials_path, best_path
        See `read_trials` and `record_best`.
    """
    trials = read_record(record_path)
    best = record_best(trials)
    write_trials(trials, trials_path)
    write_json(best, best_path)


def write_trials(trials: Sequence[Mapping[str, Any]], path: str | os.PathLike[str]) -> None:
    """Write trials as lines of JSON, atomically."""
    with atomic_path(path) as draft:
        draft.write_text("".join(f"{json.dumps(trial)}\n" for trial in trials), encoding="utf-8")


def _recorded(entry: Any, number: int, where: str) -> Trial:
    """Return a trial of the published record in our form."""
    remedy = "Fetch the published record again"
    try:
        parameters = _recorded_parameters(dict(entry["vals"]))
        status = KNOWN_STATUS[entry["status"]]
        loss = float(entry["loss"]) if status == "ok" else None
        begun, ended = (datetime.fromisoformat(entry[name]) for name in ("book_time", "refresh_time"))
        trial = {
            "trial": number,
            "status": status,
            "loss": loss,
            "parameters": parameters,
            "seconds": (ended - begun).total_seconds(),
            "seed": None,
            "reason": _derived_reason(parameters) if status == "failed" else None,
        }
        return _checked(trial)
    except KeyError as error:
        what = f"is not a trial of the published search ({error} is missing or unknown)"
        raise InputError(what, where=where, remedy=remedy) from error
    except (TypeError, ValueError, OverflowError) as error:
        what = f"is not a trial of the published search ({error})"
        raise InputError(what, where=where, remedy=remedy) from error


def _recorded_parameters(vals: Mapping[str, float]) -> Parameters:
    ours = {RECORD_LABELS[label]: value for label, value in vals.items()}
    ours["upstream"] = RECORD_CENTRE - ours["upstream"]
    ours["downstream"] -= RECORD_CENTRE
    parameters = decode(ours)
    outside = [name for name, value in parameters.items() if not TABLE_1[_kind(name)].holds(value)]
    if outside:
        message = f"{outside[0]} {parameters[outside[0]]} is outside Table 1"
        raise ValueError(message)
    return parameters


def _derived_reason(parameters: Parameters) -> str:
    try:
        check_fits(to_architecture(parameters, RECORD_EPOCHS))
    except ConfigError as error:
        return f"{error.where}: {error.what}"
    return "not recorded"


def _checked(trial: Any) -> Trial:
    """Return a trial whose fields are there and go together; else ValueError."""
    fields = ("trial", "status", "loss", "reason", "parameters", "seconds", "seed")
    missing = [name for name in fields if name not in trial] if isinstance(trial, dict) else fields
    if missing:
        message = f"it lacks {', '.join(missing)}"
        raise ValueError(message)
    check_outcome(trial)
    whole = isinstance(trial["trial"], int) and not isinstance(trial["trial"], bool)
    checks = {
        f"trial {trial['trial']!r} is no number from 0": whole and trial["trial"] >= 0,
        f"seconds are {trial['seconds']!r}": is_number(trial["seconds"]) and trial["seconds"] >= 0,
        f"seed is {trial['seed']!r}": trial["seed"] is None or isinstance(trial["seed"], int),
        "the parameters are those of no network": _are_parameters(trial["parameters"]),
    }
    wrong = [what for what, good in checks.items() if not good]
    if wrong:
        raise ValueError(wrong[0])
    return dict(trial)


def _are_parameters(parameters: Any) -> bool:
    """Say whether the names are those of whole layers, and the values numbers, whole ones but for dropout."""
    if not isinstance(parameters, dict):
        return False
    depths = {kind: _depth(parameters, kind) for kind in LAYERS}
    named = set(parameters) == set(_names(depths)) and all(map(depths.get, LAYERS))
    return named and all(
        is_number(value) and (_is_share(name) or value == round(value)) for name, value in parameters.items()
    )


def _is_share(name: str) -> bool:
    return _kind(name) == "dropout"


def _kind(name: str) -> str:
    """Return the name of a parameter's range in Table 1."""
    return re.sub(r"_\d$", "", name)


def _depth(parameters: Mapping[str, Any], kind: str) -> int:
    """Return the number of layers of a kind that a network has."""
    return sum(1 for number in range(1, MOST_LAYERS[kind] + 1) if f"{LAYERS[kind][0]}_{number}" in parameters)


def _names(depths: Mapping[str, int]) -> Iterator[str]:
    """Give the names of all parameters of a network in the order of Table 1."""
    yield from COMMON
    for kind, names in LAYERS.items():
        yield from (f"{name}_{number}" for number in range(1, depths[kind] + 1) for name in names)
