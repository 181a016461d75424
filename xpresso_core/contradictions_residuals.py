"""What is wrong between the analyses of residuals of a configuration and its other parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    for gene_set, settings in row["groups"].items():
        yield from _groups(f"{where}.groups.{gene_set}", settings)


def _values(where: str, name: str, config: Mapping[str, Any]) -> Iterator[str]:
    """Yield files of a simulated species that it does not make, or that another species is to have."""
    species = species_of_residuals(config, name)
    simulated = "simulate" in config["species"][species]
    known = [f"{SIMULATED_PREFIX}{file}" for file in SIMULATED_REGULATION]
    for key, value, _ in residual_values(config["residuals"][name]):
        place = f"{where}.{'.'.join(key)}"
        if value.startswith(SIMULATED_PREFIX) and not simulated:
            yield f"{place}: {species} is not simulated; give a source"
        elif value.startswith(SIMULATED_PREFIX) and value not in known:
            yield f"{place}: the simulated species has no {value!r}{nearest(value, known)}"
        elif simulated and value not in SHIPPED_LISTS and not value.startswith(SIMULATED_PREFIX):
            yield f"{place}: {species} is simulated; give one of {', '.join(known)}"


def _groups(where: str, settings: Mapping[str, Any]) -> Iterator[str]:
    kind = "lists" if "lists" in settings else "domains"
    for name in sorted({OTHER, SHARED} & set(settings[kind])):
        yield f"{where}.{kind}: the name {name!r} is taken; choose another"
    if kind == "lists":
        for key in sorted({"member", "annotation"} & set(settings)):
            yield f"{where}.{key}: goes with segments, not with lists"
