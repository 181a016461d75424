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
from xpresso_core.places import REPORTER_ENDINGS, SIMULATED, is_simulated, table_names, table_settings


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
    validator = _Validator(schema)
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
        for table in table_names(config, name):
            yield from _table_contradictions(name, table, config)
    for name, dataset in datasets.items():
        where = f"datasets.{name}"
        if dataset["species"] not in species:
            yield f"{where}.species: there is no {dataset['species']!r}{nearest(dataset['species'], species)}"
            continue
        tables = table_names(config, dataset["species"])
        if dataset["table"] not in tables:
            yield f"{where}.table: the species has no {dataset['table']!r}{nearest(dataset['table'], tables)}"
        if dataset.get("quantile_normalise") and "column" in dataset:
            yield f"{where}.quantile_normalise: goes with median_except, not with one column"
    for name, experiment in config["experiments"].items():
        yield from _experiment_contradictions(f"experiments.{name}", experiment, config)
    for name, comparison in config["comparisons"].items():
        yield from _comparison_contradictions(f"comparisons.{name}", comparison, config)
    for name, reporter in config["reporters"].items():
        yield from _reporter_contradictions(f"reporters.{name}", reporter, config)


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


def _table_contradictions(species: str, table: str, config: Mapping[str, Any]) -> Iterator[str]:
    settings = table_settings(config, species, table)
    where = f"species.{species}.tables.{table}"
    if settings["format"] == "encode" and "assembly" not in settings:
        yield f"{where}: the key 'assembly' is missing; the format encode needs it"
    for key in ("assembly", "genome_annotation"):
        if settings["format"] != "encode" and key in settings:
            yield f"{where}.{key}: belongs to the format encode"
    if settings["format"] == "encode" and settings["ids"] != "gene":
        yield f"{where}.ids: ENCODE's tables go by 'gene'"
    if settings["format"] == "encode" and "sample_names" in _whole_table(species, table, config):
        yield f"{where}.sample_names: ENCODE's samples have names already; leave it out"
    if settings["ids"] == "entrez" and config["species"][species].get("gene_names") == []:
        yield f"{where}.ids: Entrez ids need gene_names that hold them, and species.{species} has none"


def _whole_table(species: str, table: str, config: Mapping[str, Any]) -> Any:
    return config["species"][species].get("tables", {}).get(table, {})


def _comparison_contradictions(
    where: str, comparison: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[str]:
    unknown = [name for name in comparison["datasets"] if name not in config["datasets"]]
    for name in unknown:
        yield f"{where}.datasets: there is no {name!r}{nearest(name, config['datasets'])}"
    if unknown or any(
        config["datasets"][name]["species"] not in config["species"] for name in comparison["datasets"]
    ):
        return
    first, second = (config["datasets"][name]["species"] for name in comparison["datasets"])
    if first != second and comparison["orthologs"] is None:
        yield f"{where}.orthologs: the datasets are of two species, {first} and {second}: give a table of orthologs"
    elif first == second and comparison["orthologs"] is not None:
        yield f"{where}.orthologs: both datasets are of {first}: give null"
    yield from _simulated_contradictions(where, comparison, ["orthologs"], is_simulated(config, first))


def _reporter_contradictions(
    where: str, reporter: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[str]:
    datasets, experiments = config["datasets"], config["experiments"]
    if reporter["dataset"] not in datasets:
        yield f"{where}.dataset: there is no {reporter['dataset']!r}{nearest(reporter['dataset'], datasets)}"
        return
    species = datasets[reporter["dataset"]]["species"]
    if species in config["species"]:
        yield from _simulated_contradictions(where, reporter, REPORTER_ENDINGS, is_simulated(config, species))
    if reporter["format"] == "bigwig" and reporter["sample_around_center"] is None:
        yield f"{where}.sample_around_center: bigWigs need a number of bases"
    for key in ("sample_around_center", "chain", "annotation"):
        if reporter["format"] == "table" and reporter[key] is not None:
            yield f"{where}.{key}: a table is measured already; give null"
    if reporter["chain"] is None and reporter["annotation"] is not None:
        yield f"{where}.annotation: serves genes that a chain does not lift, and there is no chain; give null"
    predictions = reporter["predictions"]
    if predictions is not None and predictions not in experiments:
        yield f"{where}.predictions: there is no experiment {predictions!r}{nearest(predictions, experiments)}"
    elif predictions is not None and experiments[predictions]["dataset"] in datasets:
        other = datasets[experiments[predictions]["dataset"]]["species"]
        if other != species:
            yield f"{where}.predictions: {predictions!r} predicts genes of {other}, and the assay is of {species}"
    if reporter["plus"] == reporter["minus"] != SIMULATED:
        yield f"{where}.minus: is the same as plus; give the signal of each strand"


def _simulated_contradictions(
    where: str, row: Mapping[str, Any], keys: Iterable[str], simulated: bool
) -> Iterator[str]:
    """Files of a simulated species are its own, and only they are called 'simulated'."""
    for key in keys:
        if row[key] is not None and (row[key] == SIMULATED) is not simulated:
            remedy = f"give {SIMULATED!r}" if simulated else "give a source"
            yield f"{where}.{key}: the species is {'' if simulated else 'not '}simulated; {remedy}"
