"""What is wrong between the tracks of a configuration and its other parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xpresso_core.errors import nearest
from xpresso_core.experiment_rows import expand


def track_contradictions(where: str, row: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with one entry of ``tracks``; regions are checked once the genome is there."""
    if "experiment" in row:
        yield from _experiment(where, row, expand(config["experiments"]))
    elif row["species"] not in config["species"]:
        yield f"{where}.species: there is no {row['species']!r}{nearest(row['species'], config['species'])}"
    if "model" in row and row["units"] != "z":
        yield f"{where}.units: released networks know no unit but z"


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
