"""The configuration of a run: checked as a whole before anything is computed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from xpresso_core.architecture import named_architecture
from xpresso_core.contradictions import contradictions
from xpresso_core.errors import ConfigError, nearest
from xpresso_core.experiment_rows import expand

SCHEMA = Path(__file__).parents[1] / "workflow" / "schemas" / "config.schema.yaml"
"""Part of the project, not of the package: configurations belong to the workflow."""


def _is_whole(_: object, value: object) -> bool:
    """Say whether a value is a whole number; to JSON schema, 4.0 is one, and to Python it is not."""
    return isinstance(value, int) and not isinstance(value, bool)


_Draft = jsonschema.Draft202012Validator
_Validator = jsonschema.validators.extend(
    _Draft, type_checker=_Draft.TYPE_CHECKER.redefine("integer", _is_whole)
)


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
    problems = _violations(config, schema)
    if not problems:
        if all("vary" in row for row in config["experiments"].values()):
            problems = ["experiments: all of them vary something; add one that does not, to compare with"]
        config = expanded(config)
        problems = problems or _violations(config, schema) or list(contradictions(config))
    if problems:
        what = problems[0] if len(problems) == 1 else "\n  ".join([f"{len(problems)} problems", *problems])
        raise ConfigError(what, where="configuration", remedy="See config/README.md for all keys")


def expanded(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration in which every experiment is a single one (`experiment_rows.expand`)."""
    return {**config, "experiments": expand(config["experiments"])}


def load_config(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read and check a configuration; its experiments are expanded.

    Raises
    ------
    ConfigError
        If the file cannot be read, is not YAML, or is wrong (`check_config`).
    """
    try:
        config = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise ConfigError(what, where=str(path), remedy="Check the path") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        what = f"is not YAML ({' '.join(str(error).split())})"
        raise ConfigError(what, where=str(path), remedy="Correct it there") from error
    if not isinstance(config, dict):
        what = "holds no keys"
        raise ConfigError(what, where=str(path), remedy="See config/README.md for all keys")
    if not SCHEMA.is_file():
        what = "the schema of configurations is not there"
        raise ConfigError(what, where=str(SCHEMA), remedy="Run this from a clone of the project")
    check_config(config, SCHEMA)
    return expanded(config)


def _violations(config: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Say in what a configuration violates its schema."""
    found = _Validator(schema).iter_errors(dict(config))
    errors = sorted(found, key=lambda error: [str(key) for key in error.path])
    return [line for error in errors for line in _in_words(error)]


def experiment_plan(config: Mapping[str, Any], experiment: str) -> dict[str, Any]:
    """Return all settings that an experiment's training depends on, as plain types.

    Parameters
    ----------
    config
        The configuration, expanded.
    experiment
        The name of one.

    Returns
    -------
    dict
        What `plan.Plan.from_dict` takes. The architecture is None where a search is to find it.
    """
    row = config["experiments"][experiment]
    searched = row["architecture"] in config["searches"]
    return {
        "inputs": list(row["inputs"]),
        "architecture": None
        if searched
        else named_architecture(row["architecture"], config["architectures"]).to_dict(),
        "window": row.get("window"),
        "protocol": row["protocol"],
        "trials": row["trials"],
        "ensemble": row["ensemble"],
        "seed": config["seed"],
        "precision": config.get("precision", "float32"),
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
