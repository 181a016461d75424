"""What is wrong between an experiment or a search and the rest of a configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xpresso_core.architecture import ARCHITECTURES, Architecture, named_architecture
from xpresso_core.errors import ConfigError, nearest
from xpresso_core.genome import Window
from xpresso_core.search_space import largest_window

Row = Mapping[str, Any]


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
    stored = _stored_window(search["dataset"], config)
    if stored is not None and (needed.upstream > stored.upstream or needed.downstream > stored.downstream):
        yield (
            f"{where}.space: it reaches from -{needed.upstream} to +{needed.downstream}, but the species' window is "
            f"-{stored.upstream} to +{stored.downstream}; narrow upstream and downstream"
        )


def _stored_window(dataset: str, config: Row) -> Window | None:
    species = config["species"].get(config["datasets"][dataset]["species"])
    return None if species is None else Window(**species["window"])


def _window(where: str, experiment: Row, config: Row) -> Iterator[str]:
    """Yield where the network does not fit its window, or the window that of the species."""
    name = experiment["architecture"]
    named = named_architecture(name, config["architectures"]).to_dict()
    chosen = Architecture.from_dict({**named, **experiment.get("window", {})})
    positions = chosen.window.length
    for number, layer in enumerate(chosen.convolutions, start=1):
        positions //= layer.pool
        if not positions:
            place = f"{where}.window" if "window" in experiment else f"architectures.{name}.convolutions"
            yield f"{place}: pooling of layer {number} leaves no position"
            return
    needed, stored = chosen.needed_window, _stored_window(experiment["dataset"], config)
    if stored is None:
        return
    if needed.upstream > stored.upstream or needed.downstream > stored.downstream:
        yield (
            f"{where}.architecture: {name!r} with its jitter reads -{needed.upstream} to "
            f"+{needed.downstream}, but the species' window is -{stored.upstream} to "
            f"+{stored.downstream}"
        )


def _searched(where: str, experiment: Row, config: Row) -> Iterator[str]:
    search = config["searches"][experiment["architecture"]]
    if "record" not in search and not set(search["inputs"]) & {"promoter"}:
        yield f"{where}.architecture: the search {experiment['architecture']!r} reads no promoter"


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
        elif datasets[other]["species"] != own and other not in joined:
            yield (
                f"{where}: {other!r} is of another species; say genes: {{orthologs: ...}} with a comparison of "
                f"{experiment['dataset']!r} and {other!r}"
            )
