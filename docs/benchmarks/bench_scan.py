"""Time the scan of a genome against predicting each cut window with Keras.

A network of the paper's size with random weights runs along random sequence, every 100 bases on both strands: the way
of the package on a stretch, and `keras.Model.predict` on one-hot windows cut from a part of it. Both go in turns on the
same processors, and must agree. A second line sets the package's own plain way, each window by itself through the
stem, against Keras.

Usage: ``python docs/benchmarks/bench_scan.py [positions] [windows for Keras] [rounds] [threads]``
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from xpresso_core.architecture import PAPER
from xpresso_core.bundle import Bundle
from xpresso_core.device import choose_device
from xpresso_core.scan import Scanner
from xpresso_core.sequence import Codes, one_hot, reverse_complement

STEP, BATCH = 100, 128


def both_strands(scanner: Scanner, codes: Codes, windows: int) -> np.ndarray:
    """Return the predictions of both strands, ``float32 [strand, window]``, in the order of the + strand."""
    plus = scanner.predict(codes, windows)
    minus = scanner.predict(reverse_complement(codes), windows)
    return np.stack([plus, minus[::-1]])


def cut(codes: Codes, length: int) -> np.ndarray:
    """Return the windows of both strands, ``float32 [window, base, letter]``: first all of the + strand."""
    windows = np.lib.stride_tricks.sliding_window_view(codes, length)[::STEP]
    return one_hot(np.concatenate([windows, reverse_complement(windows)]))


def timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Return the seconds that a call takes, and what it returns."""
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def main() -> None:
    """Run all three in turns and print rates and ratios."""
    numbers = [int(word) for word in sys.argv[1:]]
    positions, sample, rounds, threads = [
        *numbers,
        *(20_000, 512, 5, len(os.sched_getaffinity(0)))[len(numbers) :],
    ]
    choose_device("cpu", threads)
    from threadpoolctl import threadpool_limits

    from xpresso_core.network import build

    threadpool_limits(threads, user_api="blas")
    names = tuple(f"feature_{number}" for number in range(8))
    model = build(PAPER, ("promoter", "halflife"), len(names))
    bundle = Bundle((model,), PAPER.window, ("promoter", "halflife"), None, names, "z-score")
    fast, plain = Scanner(bundle, STEP), Scanner(bundle, STEP, shared=False)
    length = PAPER.window.length
    codes = np.random.default_rng(0).integers(0, 4, (positions - 1) * STEP + length, dtype=np.uint8)
    part = codes[: (sample - 1) * STEP + length]
    windows, features = cut(part, length), np.zeros((2 * sample, len(names)), np.float32)

    def scan() -> np.ndarray:
        parts = [
            both_strands(fast, codes[start * STEP : (start + count - 1) * STEP + length], count)
            for start in range(0, positions, fast.chunk)
            for count in [min(fast.chunk, positions - start)]
        ]
        return np.concatenate(parts, axis=1)

    def keras_predict() -> np.ndarray:
        found = model.predict([windows, features], batch_size=BATCH, verbose=0)
        return np.asarray(found).reshape(2, sample)

    def each_by_itself() -> np.ndarray:
        return both_strands(plain, part, sample)

    for work in (scan, keras_predict, each_by_itself):
        work()
    rates: list[tuple[float, float, float]] = []
    for _ in range(rounds):
        shared_time, shared = timed(scan)
        keras_time, expected = timed(keras_predict)
        plain_time, alone = timed(each_by_itself)
        worst = max(np.abs(found - expected).max() for found in (shared[:, :sample], alone))
        if worst > 1e-5:
            sys.exit(f"bench_scan: predictions differ by {worst:g}")
        rates.append((2 * positions / shared_time, 2 * sample / keras_time, 2 * sample / plain_time))
    scanned, predicted, alone_rate = (statistics.median(column) for column in zip(*rates, strict=True))
    ratios = [one / other for one, other, _ in rates]
    print(
        f"scan, {threads} threads: {scanned:,.0f} windows/s, model.predict {predicted:,.0f}: "
        f"{statistics.median(ratios):.0f} x ({min(ratios):.0f}-{max(ratios):.0f}, {rounds} rounds); "
        f"each window by itself through the stem {alone_rate:,.0f}: {alone_rate / predicted:.1f} x"
    )


if __name__ == "__main__":
    main()
