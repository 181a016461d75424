"""The configuration of a run: checked as a whole before anything is computed."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from xpresso_core.architecture import ARCHITECTURES, named_architecture
from xpresso_core.errors import ConfigError

SIMULATED_TABLE = "expression"


def check_config(config: Mapping[str, Any], schema_path: str | os.PathLike[str]) -> None:
    """Check a configuration against its schema, then its parts against each other.

    Parameters
    ----------
    config
        The configuration.
    schema_path
        The JSON schema (2020-12), as YAML.

    Raises
    ------
    ConfigError
        With all that is wrong, one line each, naming the key and, for an unknown one, the nearest valid key.
    """
    schema = yaml.safe_load(Path(schema_path).read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    errors = sorted(validator.iter_errors(dict(config)), key=lambda error: [str(key) for key in error.path])
    problems = [line for error in errors for line in _in_words(error)] or list(_contradictions(config))
    if problems:
        what = problems[0] if len(problems) == 1 else "\n  ".join([f"{len(problems)} problems", *problems])
        raise ConfigError(what, where="configuration", remedy="See config/README.md for all keys")


def experiment_plan(config: Mapping[str, Any], experiment: str) -> dict[str, Any]:
    """Return all settings that an experiment's training depends on, as plain types."""
    row = config["experiments"][experiment]
    return {
        "inputs": list(row["inputs"]),
        "architecture": named_architecture(row["architecture"], config["architectures"]).to_dict(),
        "protocol": row["protocol"],
        "trials": row["trials"],
        "ensemble": row["ensemble"],
        "seed": config["seed"],
    }


def _in_words(error: jsonschema.ValidationError) -> Iterator[str]:
    """Say what one violation of the schema is."""
    if error.validator == "oneOf":
        best = _closest_branch(error)
        if best is not None:
            for inner in best:
                yield from _in_words(inner)
            return
    where = ".".join(map(str, error.absolute_path)) or "top level"
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        for key in sorted(set(error.instance) - set(known)):
            yield f"{where}: unknown key {key!r}{nearest(key, known)}"
    elif error.validator == "required":
        key = error.message.split("'")[1]
        yield f"{where}: the key {key!r} is missing"
    elif error.validator == "oneOf":
        yield f"{where}: {_alternatives(error)}"
    elif error.validator == "enum":
        yield f"{where}: {error.instance!r} is none of {error.validator_value}{_near_value(error)}"
    else:
        yield f"{where}: {error.message}"


def _closest_branch(error: jsonschema.ValidationError) -> list[jsonschema.ValidationError] | None:
    """Return the violations of the alternative that is meant: the one whose ``kind`` fits."""
    branches: dict[Any, list[jsonschema.ValidationError]] = {}
    for inner in error.context or []:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    fitting = [
        errors
        for errors in branches.values()
        if not any(inner.validator == "const" for inner in errors)
        and any(inner.absolute_path or inner.validator != "not" for inner in errors)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _alternatives(error: jsonschema.ValidationError) -> str:
    """Say what one of several alternatives would be: another kind, or one key of several."""
    kinds = [
        branch["properties"]["kind"]["const"] for branch in error.validator_value if "properties" in branch
    ]
    if kinds:
        kind = error.instance.get("kind") if isinstance(error.instance, dict) else error.instance
        return f"the kind {kind!r} is none of {kinds}{nearest(str(kind), kinds)}"
    keys = [" and ".join(branch["required"]) for branch in error.validator_value]
    return f"give either {', or '.join(keys)}, and not both"


def _near_value(error: jsonschema.ValidationError) -> str:
    options = [value for value in error.validator_value if isinstance(value, str)]
    return nearest(str(error.instance), options) if isinstance(error.instance, str) else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``, did you mean '...'?`` if a known word is near, else an empty string."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f", did you mean {near[0]!r}?" if near else ""


def _contradictions(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong between the parts of a configuration that fits its schema."""
    species, datasets = config["species"], config["datasets"]
    for name in sorted(set(species) & set(datasets)):
        yield f"datasets.{name}: a species has the same name; their results would share a folder"
    if config["name"] in datasets:
        yield f"name: the dataset {config['name']!r} has the same name; their results would share a folder"
    for name in sorted(set(config["architectures"]) & set(ARCHITECTURES)):
        yield f"architectures.{name}: there is a shipped architecture of this name; choose another"
    for name, row in species.items():
        yield from _bad_patterns(f"species.{name}.drop_gene_names", row["drop_gene_names"])
    for name, dataset in datasets.items():
        where = f"datasets.{name}"
        if dataset["species"] not in species:
            yield f"{where}.species: there is no {dataset['species']!r}{nearest(dataset['species'], species)}"
            continue
        tables = species[dataset["species"]].get("tables", {SIMULATED_TABLE: ""})
        if dataset["table"] not in tables:
            yield f"{where}.table: the species has no {dataset['table']!r}{nearest(dataset['table'], tables)}"
    for name, experiment in config["experiments"].items():
        yield from _experiment_contradictions(f"experiments.{name}", experiment, config)


def _bad_patterns(where: str, patterns: Iterable[str]) -> Iterator[str]:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            yield f"{where}: {pattern!r} is not a regular expression ({error})"


def _experiment_contradictions(
    where: str, experiment: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[str]:
    datasets, own = config["datasets"], config["architectures"]
    if experiment["dataset"] not in datasets:
        yield f"{where}.dataset: there is no {experiment['dataset']!r}{nearest(experiment['dataset'], datasets)}"
        return
    architecture = experiment["architecture"]
    if architecture not in own and architecture not in ARCHITECTURES:
        yield f"{where}.architecture: there is no {architecture!r}{nearest(architecture, [*ARCHITECTURES, *own])}"
        return
    species = config["species"].get(datasets[experiment["dataset"]]["species"])
    if species is None:
        return
    chosen = named_architecture(architecture, own)
    positions = chosen.window.length
    for number, layer in enumerate(chosen.convolutions, start=1):
        positions //= layer.pool
        if not positions:
            yield f"architectures.{architecture}.convolutions: pooling of layer {number} leaves no position"
            return
    needed = chosen.needed_window
    if needed.upstream > species["window"]["upstream"] or needed.downstream > species["window"]["downstream"]:
        yield (
            f"{where}.architecture: {architecture!r} with its jitter reads -{needed.upstream} to "
            f"+{needed.downstream}, but the species' window is -{species['window']['upstream']} to "
            f"+{species['window']['downstream']}"
        )
