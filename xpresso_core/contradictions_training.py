"""What is wrong between an experiment or a search and the rest of a configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xpresso_core.architecture import ARCHITECTURES, CONTROLS, Architecture, check_fits, named_architecture
from xpresso_core.errors import ConfigError, nearest
from xpresso_core.genome import Window
from xpresso_core.search_space import TABLE_1, largest_window

Row = Mapping[str, Any]

SMALLEST_POOL = TABLE_1["pool"].low


def experiment_contradictions(where: str, experiment: Row, config: Row) -> Iterator[str]:
    """Yield what is wrong with an experiment, given the rest of the configuration."""
    datasets, architecture = config["datasets"], experiment["architecture"]
    if experiment["dataset"] not in datasets:
        yield f"{where}.dataset: there is no {experiment['dataset']!r}{nearest(experiment['dataset'], datasets)}"
        return
    if architecture in config["searches"]:
        yield from _searched(where, experiment, config)
    elif architecture in config["architectures"] or architecture in ARCHITECTURES:
        yield from _window(where, experiment, config)
    else:
        known = [*ARCHITECTURES, *config["architectures"], *config["searches"]]
        yield f"{where}.architecture: there is no {architecture!r}{nearest(architecture, known)}"
        return
    yield from list(_genes(f"{where}.genes", experiment, config)) or _tested_on(
        f"{where}.tested_on", experiment, config
    )


def search_contradictions(where: str, search: Row, config: Row) -> Iterator[str]:
    """Yield what is wrong with a search, given the rest of the configuration."""
    if "record" in search:
        return
    datasets = config["datasets"]
    if search["dataset"] not in datasets:
        yield f"{where}.dataset: there is no {search['dataset']!r}{nearest(search['dataset'], datasets)}"
        return
    try:
        needed = largest_window(search["space"])
    except ConfigError as error:
        yield f"{where}.space: {error}"
        return
    if needed.length < SMALLEST_POOL:
        yield f"{where}.space: a window of at most {needed.length} bases is less than one pool; widen it"
    beyond = _beyond(needed, search["dataset"], config)
    if beyond:
        yield f"{where}.space: it reaches from {beyond}; narrow upstream and downstream"


def _stored_window(dataset: str, config: Row) -> Window | None:
    species = config["species"].get(config["datasets"][dataset]["species"])
    return None if species is None else Window(**species["window"])


def _window(where: str, experiment: Row, config: Row) -> Iterator[str]:
    """Yield where the network does not fit its window, or the window that of the species."""
    name = experiment["architecture"]
    chosen = _architecture(experiment, config)
    try:
        check_fits(chosen)
    except ConfigError as error:
        place = f"{where}.window" if "window" in experiment else f"architectures.{name}"
        yield f"{place}: {error.where}: {error.what}"
        return
    if chosen.recipe.jitter and set(experiment["inputs"]) & set(CONTROLS):
        yield f"{where}.inputs: a shuffled promoter cannot be shifted; take an architecture without jitter"
    beyond = _beyond(chosen.needed_window, experiment["dataset"], config)
    if beyond:
        yield f"{where}.architecture: {name!r} with its jitter reads {beyond}"


def _architecture(experiment: Row, config: Row) -> Architecture:
    named = named_architecture(experiment["architecture"], config["architectures"]).to_dict()
    return Architecture.from_dict({**named, **experiment.get("window", {})})


def least_window(experiment: Row, config: Row) -> Window | None:
    """Return the window that an experiment's network surely reads, without jitter; None where a search finds it."""
    if experiment["architecture"] not in config["searches"]:
        return _architecture(experiment, config).window
    return Window(**experiment["window"]) if "window" in experiment else None


def _read_window(experiment: Row, config: Row) -> Window | None:
    """Return the largest window that an experiment's network may read; None where a record says it."""
    if experiment["architecture"] not in config["searches"]:
        return _architecture(experiment, config).needed_window
    if "window" in experiment:
        return Window(**experiment["window"])
    search = config["searches"][experiment["architecture"]]
    return None if "record" in search else largest_window(search["space"])


def _beyond(needed: Window, dataset: str, config: Row) -> str:
    """Say how a window is larger than what is stored of a dataset's species; empty where it is not."""
    stored = _stored_window(dataset, config)
    if stored is None or (needed.upstream <= stored.upstream and needed.downstream <= stored.downstream):
        return ""
    return (
        f"-{needed.upstream} to +{needed.downstream}, but the species' window is -{stored.upstream} to "
        f"+{stored.downstream}"
    )


def _searched(where: str, experiment: Row, config: Row) -> Iterator[str]:
    """Yield where the genes that chose a network may be those that test it, or the network may not fit."""
    name = experiment["architecture"]
    search = config["searches"][name]
    if "window" in experiment and _beyond(Window(**experiment["window"]), experiment["dataset"], config):
        yield f"{where}.window: reads {_beyond(Window(**experiment['window']), experiment['dataset'], config)}"
    if "record" in search:
        return
    own = {key: value for key, value in experiment["split"].items() if key not in {"training", "draw"}}
    if experiment["dataset"] != search["dataset"] or own != search["split"] or "genes" in experiment:
        yield (
            f"{where}.architecture: genes that chose the network of the search {name!r} would test it; take the "
            f"search's dataset, all its genes, and its split"
        )


def _genes(where: str, experiment: Row, config: Row) -> Iterator[str]:
    genes = experiment.get("genes")
    if genes is None:
        return
    if "silent_share_of" in genes:
        other = genes["silent_share_of"]
        if other not in config["datasets"]:
            yield f"{where}.silent_share_of: there is no {other!r}{nearest(other, config['datasets'])}"
        elif other == experiment["dataset"]:
            yield f"{where}.silent_share_of: is the dataset itself; give another"
        return
    name, comparisons = genes["orthologs"], config["comparisons"]
    if name not in comparisons:
        yield f"{where}.orthologs: there is no comparison {name!r}{nearest(name, comparisons)}"
        return
    comparison = comparisons[name]
    if not _is_sound(comparison, config):
        return
    if comparison["orthologs"] is None:
        yield f"{where}.orthologs: {name!r} compares two datasets of one species"
    elif experiment["dataset"] not in comparison["datasets"]:
        yield f"{where}.orthologs: {name!r} does not compare {experiment['dataset']!r}"
    elif experiment["split"]["kind"] == "chromosomes":
        yield f"{where}.orthologs: chromosomes of two species do not match; split at random"


def _is_sound(comparison: Row, config: Row) -> bool:
    """Say whether a comparison is not wrong itself, which is told once, where it is."""
    known = [config["datasets"].get(name, {}).get("species") for name in comparison["datasets"]]
    return None not in known and (known[0] == known[1]) is (comparison["orthologs"] is None)


def _tested_on(where: str, experiment: Row, config: Row) -> Iterator[str]:
    datasets = config["datasets"]
    own = datasets[experiment["dataset"]]["species"]
    comparison = config["comparisons"].get(experiment.get("genes", {}).get("orthologs"))
    if comparison is not None and not _is_sound(comparison, config):
        return
    joined = [] if comparison is None else comparison["datasets"]
    for other in experiment.get("tested_on", []):
        if other not in datasets:
            yield f"{where}: there is no {other!r}{nearest(other, datasets)}"
        elif other == experiment["dataset"]:
            yield f"{where}: {other!r} is what it is trained on; its test genes are predicted anyway"
        elif own in config["species"] and datasets[other]["species"] != own and other not in joined:
            yield (
                f"{where}: {other!r} is of another species; say genes: {{orthologs: ...}} with a comparison of "
                f"{experiment['dataset']!r} and {other!r}"
            )
        elif (window := _read_window(experiment, config)) and _beyond(window, other, config):
            yield f"{where}: on {other!r} the network reads {_beyond(window, other, config)}"
