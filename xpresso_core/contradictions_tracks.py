"""What is wrong between the tracks of a configuration and its other parts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from xpresso_core.errors import InputError, nearest
from xpresso_core.experiment_rows import expand, tracked_species
from xpresso_core.genome import canonical_name
from xpresso_core.regions import region_of_text

_Place = tuple[str, float, float]
"""Chromosome, as names meet, and an interval; infinite for the end of the chromosome."""


def track_contradictions(where: str, row: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with one entry of ``tracks``, as far as it shows without the genome."""
    experiments = expand(config["experiments"])
    if "experiment" in row:
        yield from _experiment(where, row, experiments)
    elif row["species"] not in config["species"]:
        yield f"{where}.species: there is no {row['species']!r}{nearest(row['species'], config['species'])}"
    if "model" in row and row["units"] != "z":
        yield f"{where}.units: released networks know no unit but z"
    yield from _places(where, row)
    if row["islands"] or row["states"] or row["cage"]:
        yield from _files_of_simulated(where, row, experiments, config)


def _experiment(where: str, row: Mapping[str, Any], experiments: Mapping[str, Any]) -> Iterator[str]:
    name = row["experiment"]
    if name not in experiments:
        yield f"{where}.experiment: there is no {name!r}{nearest(name, experiments)}"
        return
    if "promoter" not in experiments[name]["inputs"]:
        yield f"{where}.experiment: {name} does not read promoters as they are"
    folds = experiments[name]["split"].get("folds", 1)
    if row["fold"] > folds:
        yield f"{where}.fold: {name} has {folds} folds; choose one of them"


def _places(where: str, row: Mapping[str, Any]) -> Iterator[str]:
    """Yield regions that are none, and what is to be shown outside of them."""
    found: dict[str, list[_Place]] = {"regions": [], "loci": [], "page": []}
    pages = [] if row["page"] is None else [row["page"]]
    for key, texts in (("regions", row["regions"]), ("loci", row["loci"]), ("page", pages)):
        for text in texts:
            try:
                chrom, start, end = region_of_text(text)
            except InputError as error:
                yield f"{where}.{key}: {error}"
                return
            found[key].append((canonical_name(chrom), start, math.inf if end is None else end))
    for key in ("loci", "page"):
        for place in found[key]:
            if not any(_holds(region, place) for region in found["regions"]):
                yield f"{where}.{key}: {place[0]} from base {place[1] + 1:,} on is not within a region that is scanned"
                return
    if found["loci"] and found["page"] and not _holds(found["page"][0], found["loci"][0]):
        yield f"{where}.page: the first locus, which is shown first, is not on it"


def _holds(region: _Place, place: _Place) -> bool:
    return region[0] == place[0] and region[1] <= place[1] and place[2] <= region[2]


def _files_of_simulated(
    where: str, row: Mapping[str, Any], experiments: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[str]:
    try:
        species = tracked_species(row, experiments, config["datasets"])
    except KeyError:
        return  # told already
    if "simulate" in config["species"].get(species, {}):
        yield f"{where}: {species} is simulated, and has no islands, states or CAGE signal of its own; leave them out"
