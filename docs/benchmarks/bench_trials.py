"""Time several trials of one fold in one process: genes that stay on the device against the usual ways.

``one-hot DNA`` hands `model.fit` one-hot float32 arrays. ``codes`` sends codes batch by batch to a one-hot layer
in front of the network, ``stem`` to the stem (where it runs: TensorFlow without a GPU). ``resident`` uploads the
genes once, sends row numbers, and compiles once for all trials; also in lower precision. All train the same
network on the same simulated genes with the same seeds, the ways taking turns, on whatever device is visible.

The first trial pays for compiling. Genes per second are those trained on in the epochs after the first, whose
time includes the validation. The validation error is the lowest of each trial in squared z-scores, as its own
way computes it, and r2 is that of the plain float32 network with the last weights; means over the trials.
Usage: ``python docs/benchmarks/bench_trials.py [--genes N] [--bases N] [--trials N] [--epochs N] ...``.
"""

from __future__ import annotations

import argparse
import dataclasses
import logging
import os
import statistics
import time
from typing import Any, NamedTuple, get_args

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from xpresso_core.architecture import ARCHITECTURES, Architecture, Input
from xpresso_core.batches import Arrays, Batches
from xpresso_core.device import choose_device
from xpresso_core.genome import Window
from xpresso_core.network import build
from xpresso_core.resident import Precision, ResidentGenes
from xpresso_core.sequence import one_hot
from xpresso_core.stem_layer import codes_model, supports_stem
from xpresso_core.trial import LIVE_SD

FEATURES = 8
INPUTS: tuple[Input, ...] = ("promoter", "halflife")


class Trial(NamedTuple):
    """What one trial took and reached."""

    seconds: float
    rate: float
    error: float
    r2: float


class Clock(keras.callbacks.Callback):
    """The seconds of each epoch, and its validation error."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self.errors: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start."""
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop."""
        self.seconds.append(time.perf_counter() - self.started)
        self.errors.append(logs["val_loss"])


def simulate(genes: int, validation: int, bases: int) -> tuple[Arrays, Arrays]:
    """Return genes whose label follows the share of C and G near the TSS and the first feature, with noise."""
    rng = np.random.default_rng(0)
    total = genes + validation
    codes = rng.integers(0, 4, (total, bases), np.uint8)
    core = slice(bases // 2 - 100, bases // 2 + 100)
    strong = rng.random((total, 200)) < rng.uniform(0.2, 0.8, total)[:, None]
    codes[:, core] = np.where(strong, rng.integers(1, 3, strong.shape), 3 * rng.integers(0, 2, strong.shape))
    halflife = rng.normal(size=(total, FEATURES)).astype(np.float32)
    share = strong.mean(axis=1)
    label = (share - share.mean()) / share.std() + 0.7 * halflife[:, 0] + rng.normal(0, 0.7, total)
    label = ((label - label.mean()) / label.std()).astype(np.float32)
    train, held_out = (
        Arrays(codes, rows, halflife[rows], label[rows], margin=0)
        for rows in np.split(np.arange(total), [genes])
    )
    return train, held_out


def trial(
    way: str, data: tuple[Arrays, Arrays], seed: int, resident: ResidentGenes | None, settings: Any
) -> Trial:
    """Train one network from scratch in one way."""
    started = time.perf_counter()
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    architecture, recipe = settings.network, settings.network.recipe
    plain = build(architecture, INPUTS, FEATURES)
    optimizer = keras.optimizers.Adam(recipe.learning_rate)
    train, validation = data
    batches = (
        Batches(train, INPUTS, recipe.batch_size, np.random.default_rng(seed)),
        Batches(validation, INPUTS, recipe.batch_size),
    )
    clock = Clock()

    def fit(model: keras.Model, given: Any, check: Any, **more: Any) -> None:
        model.fit(
            given,
            validation_data=check,
            epochs=settings.epochs,
            callbacks=[clock],
            verbose=0,
            shuffle=False,
            **more,
        )

    if resident is not None:
        with resident.training(plain, optimizer) as trained:
            fit(trained, *map(resident.batches, batches))
    elif way == "one-hot DNA":
        arrays = [([one_hot(part.codes[part.rows]), part.halflife], part.label) for part in data]
        plain.compile(optimizer, "mean_squared_error")
        fit(plain, arrays[0][0], arrays[1], y=arrays[0][1], batch_size=recipe.batch_size)
    else:
        trained = codes_model(plain, use_stem=way == "stem")
        trained.compile(optimizer, "mean_squared_error")
        fit(trained, *batches)
    seconds = time.perf_counter() - started
    predicted = plain.predict(
        [one_hot(validation.codes[validation.rows]), validation.halflife], recipe.batch_size, verbose=0
    )
    later = statistics.median(clock.seconds[1:] or clock.seconds)
    # A network may collapse to a constant, which correlates with nothing.
    alive = float(np.std(predicted)) >= LIVE_SD
    r2 = float(np.corrcoef(np.ravel(predicted), validation.label)[0, 1] ** 2) if alive else 0.0
    return Trial(seconds, len(train.label) / later, min(clock.errors), r2)


def network(name: str, bases: int) -> Architecture:
    """Return a shipped architecture for another window, without jitter."""
    chosen = ARCHITECTURES[name]
    window = Window(bases // 2, bases - bases // 2)
    return dataclasses.replace(chosen, window=window, recipe=dataclasses.replace(chosen.recipe, jitter=0))


def main() -> None:
    """Let the ways take turns and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genes", type=int, default=512, help="genes to train on")
    parser.add_argument("--validation", type=int, default=256, help="genes to validate with")
    parser.add_argument("--bases", type=int, default=2000, help="bases of the window; the paper's is 10500")
    parser.add_argument("--trials", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--architecture", choices=sorted(ARCHITECTURES), default="compact")
    parser.add_argument("--device", choices=["auto", "cpu", "gpu"], default="auto")
    parser.add_argument(
        "--precisions", nargs="+", choices=get_args(Precision), default=["float32", "mixed_bfloat16"]
    )
    settings = parser.parse_args()
    # It warns of each new network's graph, which is what is timed here.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    device = choose_device(settings.device)
    settings.network = network(settings.architecture, settings.bases)
    data = simulate(settings.genes, settings.validation, settings.bases)
    stem = ["stem"] if supports_stem(build(settings.network, INPUTS, FEATURES)) else []
    resident: dict[str, ResidentGenes | None] = dict.fromkeys(["one-hot DNA", "codes", *stem])
    for precision in settings.precisions:
        started = time.perf_counter()
        resident[f"resident {precision}"] = ResidentGenes(INPUTS, *data, precision=precision)
        uploading = time.perf_counter() - started
    print(
        f"{device}, backend {keras.backend.backend()}, Keras {keras.__version__}; upload {uploading:.2f} s; "
        f"{settings.genes:,} + {settings.validation:,} genes of {settings.bases:,} bp, {settings.trials} trials "
        f"of {settings.epochs} epochs, {settings.architecture}, batch {settings.network.recipe.batch_size}"
    )
    found: dict[str, list[Trial]] = {way: [] for way in resident}
    for seed in range(1, settings.trials + 1):
        for way, genes in resident.items():
            found[way].append(trial(way, data, seed, genes, settings))
    print(
        f"{'':26}{'trial 1, s':>11}{'later, s':>10}{'genes/s':>10}{'x one-hot':>11}{'val. MSE':>10}{'r2':>7}"
    )
    base = statistics.median(one.rate for one in found["one-hot DNA"])
    for way, trials in found.items():
        rate = statistics.median(one.rate for one in trials)
        later = statistics.median([one.seconds for one in trials[1:]] or [float("nan")])
        error, r2 = (statistics.mean(getattr(one, name) for one in trials) for name in ("error", "r2"))
        print(
            f"{way:26}{trials[0].seconds:11.1f}{later:10.1f}{rate:10.0f}{rate / base:11.2f}{error:10.3f}{r2:7.3f}"
        )


if __name__ == "__main__":
    main()
