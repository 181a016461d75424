"""What a configuration trains: each experiment and search, with its genes, folds, trials and epochs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from xpresso_core.architecture import PAPER, Architecture, Input, Recipe, check_fits
from xpresso_core.configuration import experiment_plan
from xpresso_core.dataset import Dataset
from xpresso_core.errors import ConfigError
from xpresso_core.estimate import former_trials, measured_as
from xpresso_core.genome import Window
from xpresso_core.plan import Plan, network_inputs
from xpresso_core.search_record import read_trials

if TYPE_CHECKING:
    from xpresso_core.resident import Precision


class Work(NamedTuple):
    """An experiment or a search, and what is known of its trainings.

    Attributes
    ----------
    name, kind, dataset
        ``experiment`` or ``search``.
    split, architecture
        In words.
    inputs
        As configured.
    network
        What is trained; None where nothing is.
    genes, validation
        Numbers of training and validation genes of a fold, on average.
    folds, trials, epochs
        How many trials of how many epochs.
    seconds
        What a training took in former trials; None where that is not known.
    basis
        Where `epochs` and `seconds` come from, in words.
    about
        Whether `network` stands for networks that are not known yet.
    at_most
        Whether fewer genes may train: the experiment chooses among them.
    precision
        What the network computes in while it trains.
    """

    name: str
    kind: str
    dataset: str = ""
    split: str = ""
    inputs: tuple[str, ...] = ()
    architecture: str = ""
    network: Architecture | None = None
    genes: float = 0
    validation: float = 0
    folds: int = 0
    trials: int = 0
    epochs: float = 0
    seconds: float | None = None
    basis: str = ""
    about: bool = False
    at_most: bool = False
    precision: Precision = "float32"

    @property
    def trainings(self) -> int:
        """Number of trainings."""
        return self.folds * self.trials

    @property
    def to_measure(self) -> tuple[Architecture, tuple[Input, ...], Precision] | None:
        """Arguments of `estimate.measure`, the same for all works that take equally long per epoch; or None."""
        if self.network is None or self.seconds is not None:
            return None
        inputs = network_inputs(self.inputs)
        return measured_as(self.network, inputs), inputs, self.precision


@dataclass
class GeneCounts:
    """How many genes the datasets of a configuration have.

    Parameters
    ----------
    config
        The configuration.
    results
        The folder of results, with the datasets that were made already.
    otherwise
        Genes of one that was not; None for those that are simulated, or `default`.
    default
        Genes of one of which nothing is known.

    Attributes
    ----------
    guesses
        Datasets by what was assumed of them, in words.
    """

    config: Mapping[str, Any]
    results: Path
    otherwise: int | None
    default: int
    guesses: dict[str, list[str]] = field(default_factory=dict)
    _known: dict[str, int] = field(default_factory=dict)

    def of(self, dataset: str) -> int:
        """Return the number of genes of a dataset.

        Raises
        ------
        InputError
            If its file is damaged.
        """
        if dataset not in self._known:
            self._known[dataset] = self._count(dataset)
        return self._known[dataset]

    def _count(self, dataset: str) -> int:
        path = self.results / dataset / "dataset.h5"
        if path.is_file():
            return len(Dataset.open(path, Window(0, 1)))
        species = self.config["species"][self.config["datasets"][dataset]["species"]]
        if self.otherwise is not None:
            number, why = self.otherwise, "as asked"
        elif "simulate" in species:
            number, why = int(species["simulate"]["genes"]), "as many as are simulated"
        else:
            number, why = self.default, "as in the paper's human data set"
        self.guesses.setdefault(f"{number:,} genes, {why}", []).append(dataset)
        return number


def works(config: Mapping[str, Any], counts: GeneCounts, epochs: int) -> Iterator[Work]:
    """Yield what a configuration trains, experiments first.

    Parameters
    ----------
    config
        The configuration, expanded.
    counts
        Of its datasets; in its folder of results former trials are looked for, too.
    epochs
        Of a training where no former trial tells and the recipe allows as many.

    Raises
    ------
    ConfigError
        If a split leaves too few genes to train on.
    InputError
        If a file of the former results is damaged.
    """
    for name in config["experiments"]:
        yield _experiment(config, name, counts, epochs)
    for name, row in config["searches"].items():
        if "record" in row:
            yield Work(name, "search", basis="a record: nothing is trained")
        else:
            yield _search(config, name, counts)


def _experiment(config: Mapping[str, Any], name: str, counts: GeneCounts, epochs: int) -> Work:
    row, plan = config["experiments"][name], experiment_plan(config, name)
    best = _search_folder(config, row["architecture"], counts) / "best.json"
    about = plan["architecture"] is None and not best.is_file()
    if about:
        stand_in = _stand_in(config, row["architecture"])
        full = replace(stand_in, recipe=Recipe(batch_size=stand_in.recipe.batch_size))
        plan["architecture"] = full.to_dict()
    network = Plan.from_dict(plan, best if plan["architecture"] is None else None).architecture
    genes, validation = genes_of_fold(row["split"], counts.of(row["dataset"]), f"experiments.{name}.split")
    folder = counts.results / row["dataset"] / name
    former = None if about else former_trials(folder, network, network_inputs(plan["inputs"]))
    work = Work(
        name=name,
        kind="experiment",
        dataset=row["dataset"],
        split=_split(row["split"]),
        inputs=tuple(plan["inputs"]),
        architecture=row["architecture"] + _window(row.get("window")),
        network=network,
        genes=genes,
        validation=validation,
        folds=row["split"].get("folds", 1),
        trials=plan["trials"],
        about=about,
        at_most="genes" in row,
        precision=plan["precision"],
    )
    if former is None:
        assumed = min(epochs, network.recipe.epochs)
        return work._replace(epochs=assumed, basis=f"{assumed} epochs assumed")
    if work.at_most and former.genes is not None:
        work = work._replace(genes=former.genes, at_most=False)
    if former.as_long_as(work.genes):
        return work._replace(epochs=former.epochs, seconds=former.seconds, basis="former trials")
    return work._replace(epochs=former.epochs, basis="epochs of former trials")


def _search(config: Mapping[str, Any], name: str, counts: GeneCounts) -> Work:
    row = config["searches"][name]
    genes, validation = genes_of_fold(row["split"], counts.of(row["dataset"]), f"searches.{name}.split")
    path = _search_folder(config, name, counts) / "trials.jsonl"
    former = [trial["seconds"] for trial in read_trials(path)] if path.is_file() else []
    return Work(
        name=name,
        kind="search",
        dataset=row["dataset"],
        split=_split(row["split"]),
        inputs=tuple(row["inputs"]),
        architecture=row["algorithm"],
        network=_stand_in(config, name),
        genes=genes,
        validation=validation,
        folds=1,
        trials=row["trials"],
        epochs=row["epochs"],
        seconds=sum(former) / len(former) if former else None,
        basis="former trials" if former else "",
        about=not former,
    )


def _search_folder(config: Mapping[str, Any], search: str, counts: GeneCounts) -> Path:
    return counts.results / str(config["name"]) / "searches" / search


def _stand_in(config: Mapping[str, Any], search: str) -> Architecture:
    """Return a network that stands for those of a search."""
    row = config["searches"][search]
    if "record" in row:
        return PAPER
    try:
        return typical(row["space"], row["epochs"])
    except ConfigError as error:
        raise ConfigError(error.what, where=f"searches.{search}.space", remedy=error.remedy) from error


def genes_of_fold(split: Mapping[str, Any], genes: int, where: str) -> tuple[float, float]:
    """Return how many genes train and how many validate in a fold, on average.

    Parameters
    ----------
    split
        As configured.
    genes
        Number of genes of the dataset.
    where
        The key of the split in the configuration, for the message.

    Raises
    ------
    ConfigError
        If the split leaves too few genes to train on.
    """
    validation = float(split.get("validation", 0))
    if split["kind"] == "holdout":
        tested = float(split["test"])
    else:
        tested = genes / split["folds"]
        # Without a number of its own, the next group of chromosomes validates.
        validation = validation or tested
    left = genes - tested - validation
    training = float(split.get("training", left))
    if left < 1 or ("training" in split and training > int(left)):
        asked = f"{training:,.0f} training genes are asked for, but " if left >= 1 else ""
        what = f"{asked}the split leaves {max(int(left), 0):,} of {genes:,} genes to train on"
        raise ConfigError(what, where=where, remedy="Ask for fewer, or give the number of genes (--genes)")
    return training, validation


def typical(space: Mapping[str, Any], epochs: int) -> Architecture:
    """Return the paper's network, as far as a search space has it, trained for so many epochs.

    Parameters
    ----------
    space
        The limits within Table 1, as configured.
    epochs
        Of every trial of the search.

    Raises
    ------
    ConfigError
        If no network of so few bases, with such poolings, fits.
    """

    def within(name: str, value: float) -> Any:
        low, high = space.get(name, (value, value))
        return min(max(value, low), high)

    layers = [
        layer._replace(
            **{name: within(name, getattr(layer, name)) for name in ("filters", "width", "pool", "dilation")}
        )
        for layer in PAPER.convolutions[: space.get("convolutions")]
    ]
    recipe = PAPER.recipe
    network = Architecture(
        window=Window(
            within("upstream", PAPER.window.upstream), within("downstream", PAPER.window.downstream)
        ),
        convolutions=tuple(layers),
        dense=tuple(
            layer._replace(units=within("units", layer.units), dropout=within("dropout", layer.dropout))
            for layer in PAPER.dense[: space.get("dense")]
        ),
        recipe=replace(
            recipe, batch_size=within("batch_size", recipe.batch_size), epochs=epochs, patience=epochs
        ),
    )
    check_fits(network)
    return network


def _split(split: Mapping[str, Any]) -> str:
    """Return a split in words."""
    words = {
        "holdout": "hold-out {validation}+{test}",
        "folds": "{folds} folds",
        "chromosomes": "{folds} groups of chromosomes",
    }[split["kind"]].format(**split)
    if "training" in split:
        words += f", {split['training']} to train on"
    return words + (f", draw {split['draw']}" if "draw" in split else "")


def _window(window: Mapping[str, int] | None) -> str:
    return f", window {window['upstream']}+{window['downstream']}" if window else ""
