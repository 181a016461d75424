"""What is wrong between the analyses of residuals of a configuration and its other parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from xpresso_core.errors import nearest
from xpresso_core.experiment_rows import expand
from xpresso_core.gene_groups import OTHER, SHARED
from xpresso_core.places_residuals import (
    SHIPPED_LISTS,
    SIMULATED_PREFIX,
    SIMULATED_REGULATION,
    residual_values,
    species_of_residuals,
)


def residual_contradictions(where: str, name: str, config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with one entry of ``residuals``."""
    row, experiments = config["residuals"][name], expand(config["experiments"])
    if "experiment" in row and row["experiment"] not in experiments:
        yield f"{where}.experiment: there is no {row['experiment']!r}{nearest(row['experiment'], experiments)}"
        return
    dataset = row["dataset"] if "dataset" in row else experiments[row["experiment"]]["dataset"]
    if dataset not in config["datasets"]:
        if "dataset" in row:
            yield f"{where}.dataset: there is no {dataset!r}{nearest(dataset, config['datasets'])}"
        return
    if config["datasets"][dataset]["species"] in config["species"]:
        yield from _values(where, name, config)
    for table, settings in row["halflives"].items():
        if settings["gene"] == settings["value"]:
            yield f"{where}.halflives.{table}: genes and half-lives cannot both be in the column {settings['gene']!r}"
    for gene_set, settings in row["groups"].items():
        yield from _groups(f"{where}.groups.{gene_set}", settings)
        others = (other["groups"].get(gene_set, settings) for other in config["residuals"].values())
        if any(("lists" in other) is not ("lists" in settings) for other in others):
            yield f"{where}.groups.{gene_set}: has lists here and segments elsewhere; choose another name"


def _values(where: str, name: str, config: Mapping[str, Any]) -> Iterator[str]:
    """Yield files of a simulated species that it does not make, or that another species is to have."""
    species = species_of_residuals(config, name)
    simulated = "simulate" in config["species"][species]
    known = [f"{SIMULATED_PREFIX}{file}" for file in SIMULATED_REGULATION]
    for key, value, ending in residual_values(config["residuals"][name]):
        place = f"{where}.{'.'.join(key)}"
        if value.startswith(SIMULATED_PREFIX) and not simulated:
            yield f"{place}: {species} is not simulated; give a source"
        elif value.startswith(SIMULATED_PREFIX) and value not in known:
            yield f"{place}: the simulated species has no {value!r}{nearest(value, known)}"
        elif value in known and Path(_made(value)).suffix != Path(ending).suffix:
            yield f"{place}: {value!r} is a file of another kind"
        elif simulated and value not in SHIPPED_LISTS and not value.startswith(SIMULATED_PREFIX):
            yield f"{place}: {species} is simulated; give one of {', '.join(known)}"


def _made(value: str) -> str:
    return SIMULATED_REGULATION[value.removeprefix(SIMULATED_PREFIX)]


def _groups(where: str, settings: Mapping[str, Any]) -> Iterator[str]:
    kind = "lists" if "lists" in settings else "domains"
    for name in sorted({OTHER, SHARED} & set(settings[kind])):
        yield f"{where}.{kind}: the name {name!r} is taken; choose another"
    used = [row["genes"] for row in settings.get("lists", {}).values()]
    used += [state for row in settings.get("domains", {}).values() for state in row["states"]]
    for value in sorted({value for value in used if used.count(value) > 1}):
        yield f"{where}.{kind}: {value!r} is in two groups, and genes of two groups count in neither"
    if kind == "lists":
        for key in sorted({"member", "annotation"} & set(settings)):
            yield f"{where}.{key}: goes with segments, not with lists"
