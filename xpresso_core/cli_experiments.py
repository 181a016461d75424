"""The subcommand on what a configuration trains: ``xpresso experiments``."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from xpresso_core.cli_command import Command, say
from xpresso_core.errors import DeviceError

if TYPE_CHECKING:
    from xpresso_core.estimate import Speed
    from xpresso_core.trainings import Work

GENES = 18_377
"""Genes of the paper's human data set."""

COLUMNS = (
    "name", "kind", "dataset", "split", "inputs", "architecture", "training_genes", "folds", "trials",
    "trainings", "epochs", "seconds_per_training", "hours", "basis",
)  # fmt: skip

_EPILOG = """\
what comes out
  One line per experiment (a family with vary gives one for each of its members) and per search, as its kind says.
  training_genes is the mean over the folds; trainings = folds x trials; hours = trainings x seconds / 3600 / W.
  basis says where the times come from. "measured here": the network was trained for some batches of random data.
  "former trials": those of the same network that the results hold, wherever they ran. "epochs assumed": no former
  trial tells how early trainings stop. "about": the networks are not known yet, and the paper's stands for them.
  The total is told on standard error. Starting the jobs, and what is no training, comes on top; so does what W
  trainings take from each other, as they share the memory of a machine. Measure while the machine is idle.

examples
  xpresso experiments config/paper.yaml > experiments.tsv
  xpresso experiments config/paper.yaml --no-times | cut -f 1,4,10
  xpresso experiments config/paper.yaml --workers 100
"""


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        message = f"{text!r} is no whole number above 0"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "config", metavar="CONFIG", help="the configuration of a run, such as config/paper.yaml"
    )
    parser.add_argument(
        "--results",
        metavar="FOLDER",
        type=Path,
        default=Path("results"),
        help="results of former runs, to count genes and to learn from former trials (default: results)",
    )
    parser.add_argument(
        "--genes",
        metavar="N",
        type=_positive,
        help=f"genes of datasets that were not made yet (default: those simulated, or {GENES:,})",
    )
    parser.add_argument(
        "--epochs",
        metavar="E",
        type=_positive,
        default=30,
        help="epochs of a training where no former trial tells (default: 30, or the recipe's if fewer)",
    )
    parser.add_argument("--no-times", action="store_true", help="count only, at once, without measuring")
    parser.add_argument(
        "--workers",
        metavar="W",
        type=_positive,
        help="trainings side by side (default: one per processor, or per GPU)",
    )


def _run(arguments: argparse.Namespace) -> None:
    from xpresso_core.configuration import load_config
    from xpresso_core.trainings import GeneCounts, works

    config = load_config(arguments.config)
    counts = GeneCounts(config, arguments.results, arguments.genes, GENES)
    found = list(works(config, counts, arguments.epochs))
    for guess, datasets in counts.guesses.items():
        say(f"not made yet in {arguments.results}, counted with {guess} (--genes): {', '.join(datasets)}")
    if choosing := [work.name for work in found if work.at_most]:
        say(f"these choose among the genes, and may train on fewer than counted: {', '.join(choosing)}")
    numbers = {
        "experiment": len(config["experiments"]),
        "search": len(config["searches"]),
        "training": sum(work.trainings for work in found),
    }
    total = ", ".join(_number(number, what) for what, number in numbers.items())
    if arguments.no_times:
        _print(found)
    else:
        times = _times(found, config["device"], arguments.workers)
        _print(found, times)
        hours = sum(times.hours(work) for work in found)
        shown = f"{hours:,.1f}" if hours >= 10 else f"{hours:.2g}"
        total += f"; about {shown} hours with {times.workers:,} side by side, as fast as here{times.device}"
    say(total)


def _number(number: int, what: str) -> str:
    """Return ``1 search`` or ``2 searches``."""
    ending = "" if number == 1 else "es" if what.endswith("ch") else "s"
    return f"{number:,} {what}{ending}"


class _Times(NamedTuple):
    """How long trainings take: the measured speeds, the number of trainings side by side, and the device."""

    speeds: Mapping[Any, Speed]
    workers: int
    device: str

    def seconds(self, work: Work) -> float:
        """Return the seconds of one training."""
        if work.seconds is not None or work.to_measure is None:
            return work.seconds or 0.0
        return self.speeds[work.to_measure].seconds(work.genes, work.validation, work.epochs)

    def hours(self, work: Work) -> float:
        """Return the hours of all trainings of an experiment or a search."""
        return work.trainings * self.seconds(work) / self.workers / 3600


def _times(works: Sequence[Work], device: Any, given: int | None) -> _Times:
    """Measure each network once, as the workflow trains it: on one thread."""
    from xpresso_core.threads import thread_count

    workers = given or thread_count()
    networks = list(dict.fromkeys(work.to_measure for work in works if work.to_measure is not None))
    if not networks:
        return _Times({}, workers, "")
    used = _start(device)
    if used.startswith("gpu"):
        import keras

        workers = given or len(keras.distribution.list_devices("gpu"))
    from tqdm import tqdm

    from xpresso_core.estimate import measure

    bar = tqdm(networks, desc="measuring networks", disable=None)
    return _Times({network: measure(*network) for network in bar}, workers, f" on {used}")


def _start(device: Any) -> str:
    """Load the network library and set up the device; return which it is."""
    from xpresso_core.keras_start import quiet_start

    try:
        with quiet_start():
            from xpresso_core.device import choose_device

            used = choose_device(device, 1)
    except ModuleNotFoundError as error:
        what = f"the library {error.name} is not installed"
        remedy = "Install it: pip install 'xpresso-core[cpu]', or count without times: --no-times"
        raise DeviceError(what, remedy=remedy) from error
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # advice for programmers
    return used


def _print(works: Sequence[Work], times: _Times | None = None) -> None:
    """Print the table."""
    sys.stdout.write("\t".join(COLUMNS) + "\n")
    for work in works:
        sys.stdout.write("\t".join(_cells(work, times)) + "\n")


def _cells(work: Work, times: _Times | None) -> list[str]:
    """Return the cells of one line; what is not known, or makes no sense, is empty."""
    basis = [work.basis]
    trained: list[str] = [""] * 7
    if work.trainings:
        numbers = (work.genes, work.folds, work.trials, work.trainings, work.epochs)
        trained = [*(f"{number:.0f}" for number in numbers), "", ""]
        if times is not None:
            trained[-2:] = [f"{times.seconds(work):.1f}", f"{times.hours(work):.3f}"]
            if work.seconds is None:
                basis = ["measured here", *basis, "about: the paper's network" if work.about else ""]
    words = [work.name, work.kind, work.dataset, work.split, ", ".join(work.inputs), work.architecture]
    return [*words, *trained, ", ".join(filter(None, basis))]


EXPERIMENTS_COMMANDS = (
    Command(
        "experiments",
        "list what a configuration trains, and estimate how long that takes on this machine",
        _EPILOG,
        _arguments,
        _run,
    ),
)
