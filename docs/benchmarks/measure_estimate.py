"""Compare the estimate of `xpresso experiments` with trainings of the same size.

Estimates how long a training takes from some batches, as the command does, then trains on random data, as the
workflow does (on one thread), and prints real / estimated time. Every part has a process of its own. On a machine
that is busy otherwise, read the processor time: what others do there hardly changes it.

With --workers W, W trainings run side by side: so much do they slow each other down.

    .venv/bin/python docs/benchmarks/measure_estimate.py [--architecture paper] [--genes 2000] [--epochs 3] ...
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from xpresso_core.architecture import ARCHITECTURES, Input
from xpresso_core.device import choose_device
from xpresso_core.estimate import seconds_per_training
from xpresso_core.halflife import HALFLIFE_FEATURES

INPUTS: dict[str, tuple[Input, ...]] = {
    "both": ("promoter", "halflife"),
    "promoter": ("promoter",),
    "halflife": ("halflife",),
}
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}


class Size(NamedTuple):
    """What is trained: names of architecture and inputs, numbers of genes and epochs."""

    architecture: str
    inputs: str
    genes: int
    validation: int
    epochs: int


def start() -> None:
    """Set up a process in the way of the workflow's."""
    choose_device("auto", 1)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def estimate(size: Size, clock: str) -> float:
    """Return the estimated seconds by one of the clocks."""
    start()
    return seconds_per_training(
        ARCHITECTURES[size.architecture],
        INPUTS[size.inputs],
        size.genes,
        size.epochs,
        validation=size.validation,
        clock=CLOCKS[clock],
    )


def train(size: Size, seed: int) -> dict[str, float]:
    """Train once on random data; return the seconds by both clocks."""
    start()
    from xpresso_core.batches import Arrays
    from xpresso_core.trial import fit

    network = ARCHITECTURES[size.architecture]
    network = replace(network, recipe=replace(network.recipe, epochs=size.epochs, patience=size.epochs))
    rng = np.random.default_rng(seed)

    def genes(number: int) -> Arrays:
        length = network.needed_window.length
        return Arrays(
            codes=rng.integers(0, 4, (number, length), dtype=np.uint8),
            rows=np.arange(number),
            halflife=rng.normal(size=(number, len(HALFLIFE_FEATURES))).astype(np.float32),
            label=rng.normal(size=number).astype(np.float32),
            margin=network.recipe.jitter,
        )

    training, validation = genes(size.genes), genes(size.validation)
    before = {name: clock() for name, clock in CLOCKS.items()}
    fit(training, validation, network, INPUTS[size.inputs], seed=seed)
    return {name: clock() - before[name] for name, clock in CLOCKS.items()}


def main() -> None:
    """Print both times and their ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--architecture", choices=sorted(ARCHITECTURES), default="paper")
    parser.add_argument("--inputs", choices=sorted(INPUTS), default="both")
    parser.add_argument("--genes", type=int, default=2000, help="training genes")
    parser.add_argument("--validation", type=int, default=500, help="validation genes")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1, help="trainings side by side")
    options = parser.parse_args()
    size = Size(options.architecture, options.inputs, options.genes, options.validation, options.epochs)
    spawn = multiprocessing.get_context("spawn")
    expected = {}
    for clock in CLOCKS:
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            expected[clock] = pool.submit(estimate, size, clock).result()
    with ProcessPoolExecutor(options.workers, mp_context=spawn) as pool:
        trained = list(pool.map(train, [size] * options.workers, range(options.workers)))
    print(
        f"{size.architecture}, {size.inputs}: {size.genes:,} + {size.validation:,} genes, {size.epochs} epochs, "
        f"{options.workers} side by side on {os.cpu_count()} cores"
    )
    print(f"{'time':12}{'estimated s':>12}{'trained s':>12}{'ratio':>8}")
    for clock, seconds in expected.items():
        real = sum(one[clock] for one in trained) / len(trained)
        print(f"{clock:12}{seconds:12.1f}{real:12.1f}{real / seconds:8.2f}")


if __name__ == "__main__":
    main()
