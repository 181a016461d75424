"""Time and weigh training and prediction from DNA codes against the plain Keras network on one-hot DNA.

All ways run the paper's network (10,500 bp, 8 half-life features) with the same weights, fed from the same
file of codes: ``plain`` reads it, encodes it to one-hot float32 and calls ``model.fit``; ``one_hot_layer``
encodes each batch inside the model; ``stem`` never encodes. Each measurement has its own process, the ways
take turns, and medians are compared. Memory is the peak of the process; prediction includes reading (and
encoding) the file.
Usage: ``python docs/benchmarks/bench_stem.py [--genes N] [--predicted N] [--rounds N]``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

WAYS = ("plain", "one_hot_layer", "stem")
LENGTH = 10_500
FEATURES = 8
BATCH = 128


def peak() -> float:
    """Return the largest memory that this process has held, in MiB."""
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kib / 1024 if sys.platform == "linux" else kib / 1024**2


def measure(way: str, act: str, path: Path) -> dict[str, float]:
    """Train one epoch, or predict, in this process and return the rate and the memory."""
    import keras

    from xpresso_core.architecture import PAPER
    from xpresso_core.network import build
    from xpresso_core.sequence import one_hot
    from xpresso_core.stem import codes_model

    keras.utils.set_random_seed(1)
    model = build(PAPER, ("promoter", "halflife"), FEATURES)
    if way != "plain":
        model = codes_model(model, use_stem=way == "stem")
    model.compile(keras.optimizers.SGD(5e-4, momentum=0.9), "mean_squared_error")
    few = np.zeros((2 * BATCH, LENGTH), np.uint8)
    rng = np.random.default_rng(1)

    def inputs(codes: np.ndarray) -> list[np.ndarray]:
        halflife = rng.normal(size=(len(codes), FEATURES)).astype(np.float32)
        return [one_hot(codes) if way == "plain" else codes, halflife]

    imported = peak()
    label = rng.normal(size=(10**6, 1)).astype(np.float32)
    # Graphs and kernels are compiled before the clock starts.
    if act == "train":
        model.fit(inputs(few), label[: len(few)], batch_size=BATCH, verbose=0)
        data = inputs(np.load(path))
        count = len(data[0])
        start, processor = time.perf_counter(), time.process_time()
        model.fit(data, label[:count], batch_size=BATCH, verbose=0)
    else:
        model.predict(inputs(few), batch_size=BATCH, verbose=0)
        start, processor = time.perf_counter(), time.process_time()
        count = len(model.predict(inputs(np.load(path)), batch_size=BATCH, verbose=0))
    return {
        "rate": count / (time.perf_counter() - start),
        "processor_ms": (time.process_time() - processor) / count * 1000,
        "peak": peak(),
        "growth": peak() - imported,
    }


def in_own_process(way: str, act: str, path: Path) -> dict[str, float]:
    """Run `measure` in a fresh interpreter."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, __file__, "--measure", way, act, str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def compare(act: str, genes: int, rounds: int, folder: Path) -> None:
    """Let all ways take turns and print their medians, and the ratios to the plain one."""
    path = folder / f"{act}.npy"
    np.save(path, np.random.default_rng(0).integers(0, 4, (genes, LENGTH), np.uint8))
    results: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            results[way].append(in_own_process(way, act, path))
    print(
        f"\n{act}: {genes:,} genes of {LENGTH:,} bp, batch {BATCH}, {os.cpu_count()} cores, {rounds} rounds"
    )
    print(f"{'':14}{'genes/s':>9}{'x plain':>9}{'(range)':>13}{'CPU ms/gene':>13}{'x less':>8}", end="")
    print(f"{'peak MiB':>10}{'x less':>8}{'above import':>14}{'x less':>8}")
    middle = {
        way: {key: statistics.median(one[key] for one in results[way]) for key in results[way][0]}
        for way in WAYS
    }
    plain = middle["plain"]
    for way in WAYS:
        own = middle[way]
        ratios = [
            one["rate"] / base["rate"] for one, base in zip(results[way], results["plain"], strict=True)
        ]
        spread = f"({min(ratios):.1f}-{max(ratios):.1f})"
        print(
            f"{way:14}{own['rate']:9.0f}{statistics.median(ratios):9.2f}{spread:>13}"
            f"{own['processor_ms']:13.2f}{plain['processor_ms'] / own['processor_ms']:8.2f}"
            f"{own['peak']:10.0f}{plain['peak'] / own['peak']:8.2f}"
            f"{own['growth']:14.0f}{plain['growth'] / own['growth']:8.2f}"
        )


def main() -> None:
    """Compare training and prediction."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genes", type=int, default=2048, help="genes in one epoch of training")
    parser.add_argument("--predicted", type=int, default=2048, help="genes to predict")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", nargs=3, metavar=("WAY", "ACT", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        way, act, file = options.measure
        print(json.dumps(measure(way, act, Path(file))))
        return
    with tempfile.TemporaryDirectory() as folder:
        compare("train", options.genes, options.rounds, Path(folder))
        compare("predict", options.predicted, options.rounds, Path(folder))


if __name__ == "__main__":
    main()
