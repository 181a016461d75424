"""Time attribution: integrated gradients and in-silico mutagenesis, against passes through the whole network.

Both on one thread, with a network of the paper's size and random weights, on random promoters of 10.5 kb.
Integrated gradients take 100 steps; the plain way is 100 passes of the Keras network, there and back, on the points
between background and one-hot promoter, of a few promoters. In-silico mutagenesis makes all 31,500 substitutions of a
promoter; the plain ways are one pass per mutant, of the Keras network on one-hot DNA, and of the same network
from codes through the stem, as ``Mutagenesis(use_stem=False)`` has it; they get a part of the mutants. That the ways
agree is checked first, which also has everything compiled; then they run in turns.

Usage: ``python docs/benchmarks/bench_attribution.py [promoters] [rounds]``.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from xpresso_core.architecture import PAPER
from xpresso_core.attribution import BACKGROUNDS, STEPS
from xpresso_core.explainer import Explainer
from xpresso_core.mutagenesis import Mutagenesis
from xpresso_core.network import build
from xpresso_core.path_gradients import PathGradients
from xpresso_core.sequence import Codes, one_hot
from xpresso_core.stem import codes_model
from xpresso_core.threads import set_threads

FEATURES = 8
PLAIN_PROMOTERS = 2
PLAIN_MUTANTS = 2048
ONE_HOT_BATCH, CODES_BATCH = 128, 1024
ALL_MUTANTS = 3 * PAPER.window.length

Floats = npt.NDArray[np.float32]


def network() -> keras.Model:
    """Return an untrained network of the paper's size, whose biases are random as well."""
    keras.utils.set_random_seed(1)
    model = build(PAPER, ("promoter", "halflife"), FEATURES)
    rng = np.random.default_rng(1)
    for weight in model.weights:
        if weight.name == "bias":
            weight.assign(rng.normal(0, 0.1, weight.shape))
    return model


def timed(work: Callable[[], object]) -> float:
    """Return the processor seconds that a call takes: all ways use one thread, and others may be busy."""
    start = time.process_time()
    work()
    return time.process_time() - start


def check(name: str, one: Floats, other: Floats, spared: float = 0) -> None:
    """Leave with a message if two ways differ by more than a hundred-thousandth of the largest value.

    Rounding decides on which side of a bend of the network a step of a path falls. So a share of the values may be
    ``spared``: they may differ by what one step contributes.
    """
    largest = np.abs(other).max()
    differences = np.abs(one - other).ravel() / largest
    allowed = 1 / STEPS if spared else 1e-5
    if not (differences.max() <= allowed and np.quantile(differences, 1 - spared) <= 1e-5):
        sys.exit(
            f"bench_attribution: {name}: the ways differ by {differences.max():.2g} of the largest value"
        )


def ratio(fast: list[float], slow: list[float]) -> str:
    """Return the median ratio of seconds, and its range."""
    ratios = [after / before for before, after in zip(fast, slow, strict=True)]
    return f"{statistics.median(ratios):.1f} x ({min(ratios):.1f}-{max(ratios):.1f})"


def integrated_gradients(model: keras.Model, codes: Codes, halflife: Floats, rounds: int) -> None:
    """Compare seconds per promoter, and print them as promoters per second."""
    background = np.array(BACKGROUNDS["ACGT"], np.float32)
    fast, plain = (PathGradients(Explainer(model, way), STEPS, background) for way in (True, False))
    few = slice(PLAIN_PROMOTERS)
    one, other = (way.mean(codes[few], halflife[few]) for way in (fast, plain))
    check("integrated gradients", one.promoter, other.promoter, spared=0.05)
    check("integrated gradients", one.halflife, other.halflife)
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        seconds[0].append(timed(lambda: fast.mean(codes, halflife)) / len(codes))
        seconds[1].append(timed(lambda: plain.mean(codes[few], halflife[few])) / PLAIN_PROMOTERS)
    per_second = [1 / statistics.median(side) for side in seconds]
    print(
        f"integrated gradients, {STEPS} steps, {codes.shape[1]:,} bases, one thread: {per_second[0]:.2f} promoters/s, "
        f"{STEPS} passes of the network {per_second[1]:.3f} promoters/s: {ratio(*seconds)}, {rounds} rounds"
    )


def mutants_of(codes: Codes, count: int) -> tuple[Codes, npt.NDArray[np.intp], Codes]:
    """Return mutants spread over a promoter, ``[mutant, position]``, their positions and their letters."""
    positions = np.linspace(0, len(codes) - 1, count).astype(np.intp)
    letters = (codes[positions] + 1 + np.arange(count, dtype=np.uint8) % 3) % 4
    mutants = np.repeat(codes[None], count, axis=0)
    mutants[np.arange(count), positions] = letters
    return mutants, positions, letters


def passes(model: keras.Model, mutants: Codes, halflife: Floats, batch: int, *, encode: bool) -> Floats:
    """Return the prediction of each mutant by a pass of its own."""
    predicted = []
    features = np.repeat(halflife, batch, axis=0)
    for first in range(0, len(mutants), batch):
        rows = mutants[first : first + batch]
        predicted.append(model.predict_on_batch([one_hot(rows) if encode else rows, features]).ravel())
    return np.concatenate(predicted)


def mutagenesis(model: keras.Model, codes: Codes, halflife: Floats, rounds: int) -> None:
    """Compare seconds per promoter with all its mutants, and print them."""
    fast, from_codes = Mutagenesis(model, True), codes_model(model, use_stem=True)
    mutants, positions, letters = mutants_of(codes[0], PLAIN_MUTANTS)

    def one_hot_passes() -> Floats:
        return passes(model, mutants, halflife, ONE_HOT_BATCH, encode=True)

    def codes_passes() -> Floats:
        return passes(from_codes, mutants, halflife, CODES_BATCH, encode=False)

    changes = fast.changes(codes, halflife)[0, positions, letters]
    before = model.predict_on_batch([one_hot(codes), halflife]).ravel()
    for way in (one_hot_passes, codes_passes):
        check("in-silico mutagenesis", before + changes, way())
    seconds: tuple[list[float], list[float], list[float]] = ([], [], [])
    share = PLAIN_MUTANTS / ALL_MUTANTS
    for _ in range(rounds):
        seconds[0].append(timed(lambda: fast.changes(codes, halflife)))
        seconds[1].append(timed(one_hot_passes) / share)
        seconds[2].append(timed(codes_passes) / share)
    took = [statistics.median(side) for side in seconds]
    print(
        f"in-silico mutagenesis, {ALL_MUTANTS:,} mutants, one thread: {took[0]:.2f} s, one pass each of the Keras "
        f"network {took[1]:.0f} s, from codes through the stem {took[2]:.0f} s "
        f"(scaled up from {PLAIN_MUTANTS:,}): {ratio(seconds[0], seconds[1])} and "
        f"{ratio(seconds[0], seconds[2])}, {rounds} rounds"
    )


def main() -> None:
    """Run the ways in turns and print the comparisons."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    set_threads(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 4, (max(number, PLAIN_PROMOTERS), PAPER.window.length), dtype=np.uint8)
    halflife = rng.normal(size=(len(codes), FEATURES)).astype(np.float32)
    model = network()
    integrated_gradients(model, codes, halflife, rounds)
    mutagenesis(model, codes[:1], halflife[:1], rounds)


if __name__ == "__main__":
    main()
