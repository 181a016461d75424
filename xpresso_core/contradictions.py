"""What is wrong between the parts of a configuration, each of which fits the schema."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from xpresso_core.architecture import ARCHITECTURES
from xpresso_core.contradictions_baselines import baseline_contradictions
from xpresso_core.contradictions_interpretations import interpretation_contradictions
from xpresso_core.contradictions_residuals import residual_contradictions
from xpresso_core.contradictions_tracks import track_contradictions
from xpresso_core.contradictions_training import experiment_contradictions, search_contradictions
from xpresso_core.errors import nearest
from xpresso_core.places import (
    MODELS,
    REPORTER_ENDINGS,
    SEARCHES,
    SIMULATED,
    is_simulated,
    table_names,
    table_settings,
)


def contradictions(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong between the parts of a configuration that fits its schema."""
    species, datasets = config["species"], config["datasets"]
    for name in sorted({SEARCHES, MODELS} & set(species)):
        yield f"species.{name}: the name is taken by {name} that others made; choose another"
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
    for name in sorted(set(config["searches"]) & {*ARCHITECTURES, *config["architectures"]}):
        yield f"searches.{name}: there is an architecture of this name; choose another"
    for name, search in config["searches"].items():
        yield from search_contradictions(f"searches.{name}", search, config)
    for name, experiment in config["experiments"].items():
        yield from experiment_contradictions(f"experiments.{name}", experiment, config)
    for name, comparison in config["comparisons"].items():
        yield from _comparison_contradictions(f"comparisons.{name}", comparison, config)
    for name, row in config["baselines"].items():
        yield from baseline_contradictions(f"baselines.{name}", row, config)
    for name, row in config["interpretations"].items():
        yield from interpretation_contradictions(f"interpretations.{name}", row, config)
    for name, row in config["tracks"].items():
        yield from track_contradictions(f"tracks.{name}", row, config)
    for name in config["residuals"]:
        yield from residual_contradictions(f"residuals.{name}", name, config)
    for name, reporter in config["reporters"].items():
        yield from _reporter_contradictions(f"reporters.{name}", reporter, config)


def _bad_patterns(where: str, patterns: Iterable[str]) -> Iterator[str]:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            yield f"{where}: {pattern!r} is not a regular expression ({error})"


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
    yield from _classifier_contradictions(f"{where}.classifier", comparison, config)


def _classifier_contradictions(
    where: str, comparison: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[str]:
    named = comparison.get("classifier", {}).get("experiments", [])
    for name, dataset in zip(named, comparison["datasets"], strict=False):
        if name not in config["experiments"]:
            yield f"{where}.experiments: there is no {name!r}{nearest(name, config['experiments'])}"
        elif config["experiments"][name]["split"]["kind"] == "holdout":
            yield f"{where}.experiments: {name!r} tests some of the genes only; give experiments with folds"
        elif config["experiments"][name]["dataset"] != dataset:
            yield f"{where}.experiments: {name!r} is not trained on {dataset!r}; give one experiment of each dataset"


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
