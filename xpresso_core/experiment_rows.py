"""The experiments of a configuration as rows: one of them, or a whole family that varies some settings."""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from xpresso_core.errors import ConfigError

Row = dict[str, Any]


class Variation(NamedTuple):
    """One member of a family.

    Attributes
    ----------
    name
        Of the experiment: the family's name and what is varied, as in ``sizes-training_2000-draw_1``.
    values
        The varied settings by their dotted keys, as in ``split.training``.
    row
        The experiment, in the form that a single one has.
    """

    name: str
    values: dict[str, Any]
    row: Row


def expand(experiments: Mapping[str, Mapping[str, Any]]) -> dict[str, Row]:
    """Return all experiments by name, those with ``vary`` replaced by their variations.

    Raises
    ------
    ConfigError
        If two experiments get the same name.
    """
    expanded: dict[str, Row] = {}
    for family, row in experiments.items():
        for variation in variations(family, row):
            if variation.name in expanded:
                what = f"two experiments are called {variation.name!r}"
                raise ConfigError(
                    what, where=f"experiments.{family}", remedy="Rename one, or vary each value once"
                )
            expanded[variation.name] = variation.row
    return expanded


def variations(family: str, row: Mapping[str, Any]) -> Iterator[Variation]:
    """Yield the members of a family in the order of its lists, the last key fastest; itself if nothing varies."""
    varied = row.get("vary", {})
    plain = {key: value for key, value in row.items() if key != "vary"}
    for values in itertools.product(*varied.values()):
        chosen = dict(zip(varied, values, strict=True))
        member = copy.deepcopy(plain)
        for key, value in chosen.items():
            _set(member, key.split("."), value)
        yield Variation("-".join([family, *itertools.starmap(_label, chosen.items())]), chosen, member)


def families(experiments: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Variation]]:
    """Return the variations of every experiment that has ``vary``."""
    return {name: list(variations(name, row)) for name, row in experiments.items() if "vary" in row}


def split_pairs(experiments: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return the experiments that differ in nothing but a random split against one by chromosomes.

    Returns
    -------
    list of (str, str)
        The names of both, the random one first; of several random ones, that with most folds. Those that train on
        fewer genes than they could are left out.
    """
    alike: dict[str, dict[str, list[str]]] = {}
    for name, row in experiments.items():
        if "training" in row["split"]:
            continue
        rest = repr(sorted((key, value) for key, value in row.items() if key not in {"split", "tested_on"}))
        kind = "chromosomes" if row["split"]["kind"] == "chromosomes" else "random"
        alike.setdefault(rest, {}).setdefault(kind, []).append(name)
    return [
        (max(kinds["random"], key=lambda name: experiments[name]["split"].get("folds", 1)), chromosomes)
        for kinds in alike.values()
        if "random" in kinds
        for chromosomes in kinds.get("chromosomes", [])
    ]


def analysed_dataset(row: Mapping[str, Any], experiments: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the dataset whose genes an analysis is about; of its experiment, or its own."""
    return str(experiments[row["experiment"]]["dataset"] if "experiment" in row else row["dataset"])


def tracked_species(
    row: Mapping[str, Any],
    experiments: Mapping[str, Mapping[str, Any]],
    datasets: Mapping[str, Mapping[str, Any]],
) -> str:
    """Return the species whose genome a track runs along; of its experiment's dataset, or its own."""
    if "species" in row:
        return str(row["species"])
    return str(datasets[experiments[row["experiment"]]["dataset"]]["species"])


def comparable(experiments: Mapping[str, Mapping[str, Any]], name: str) -> list[str]:
    """Return the experiments that test the same genes of the same dataset in the same folds, `name` first."""
    keys = ("dataset", "split", "genes")

    def test(row: Mapping[str, Any]) -> list[Any]:
        return [row.get(key) for key in keys]

    others = [other for other, row in experiments.items() if test(row) == test(experiments[name])]
    return [name, *(other for other in others if other != name)]


def hosts(experiments: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the experiments on whose dataset another one is tested that differs from them in the dataset alone."""
    visits = [(other, _alike(row)) for row in experiments.values() for other in row.get("tested_on", [])]
    return [name for name, row in experiments.items() if (row["dataset"], _alike(row)) in visits]


def own_experiment(experiments: Mapping[str, Mapping[str, Any]], visitor: str, dataset: str) -> str | None:
    """Return the experiment on a dataset that differs from a visiting one in nothing else, if there is one."""
    alike = _alike(experiments[visitor])
    found = (name for name, row in experiments.items() if row["dataset"] == dataset and _alike(row) == alike)
    return next(found, None)


def with_hosts(experiments: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the experiments that are tested on other datasets, and their `hosts`."""
    staying = hosts(experiments)
    return {name: row for name, row in experiments.items() if name in staying or row.get("tested_on")}


def _alike(row: Mapping[str, Any]) -> str:
    return repr(sorted((key, value) for key, value in row.items() if key not in {"dataset", "tested_on"}))


def _set(row: Row, path: list[str], value: Any) -> None:
    *parents, last = path
    for parent in parents:
        row = row.setdefault(parent, {})
    row[last] = copy.deepcopy(value)


def _label(key: str, value: Any) -> str:
    """Return what a varied setting adds to the name, in characters that a name may have."""
    values = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else [value]
    return re.sub(r"[^A-Za-z0-9_]", "_", "_".join(map(str, [key.split(".")[-1], *values])))
