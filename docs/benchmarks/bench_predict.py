"""Time predictions: `xpresso predict` from a FASTA file, against ``model.predict`` on one-hot arrays.

Ours reads the file, places the windows, predicts and writes the table; the plain way is handed its input
ready made in memory. Both use the released human model where it is found, else an untrained one of the same
shape, and run in turns; loading TensorFlow and the model counts for neither. Peak memory is that of a process
of its own each.

Usage: ``python docs/benchmarks/bench_predict.py [promoters] [rounds]``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import numpy.typing as npt

from xpresso_core.architecture import PAPER
from xpresso_core.bundle import BATCH, Bundle, load_bundle
from xpresso_core.network import build
from xpresso_core.prediction import predict_promoters, write_predictions
from xpresso_core.prediction_inputs import fasta_promoters
from xpresso_core.sequence import decode, one_hot

LENGTH = 20_000
LINE = 60
RELEASED = "models/humanMedian_trainepoch.11-0.426.h5"


def model() -> Bundle:
    """Return the released human model, or one like it."""
    data = Path(os.environ.get("XPRESSO_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    if (data / RELEASED).is_file():
        return load_bundle(data / RELEASED)
    features = tuple(f"halflife_{number}" for number in range(1, 7))
    window = PAPER.window
    network = build(PAPER, ("promoter", "halflife"), len(features))
    return Bundle((network,), window, ("promoter", "halflife"), None, features, "z-score")


def promoters(count: int) -> npt.NDArray[np.uint8]:
    """Return random DNA, ``uint8 [promoter, base]``."""
    return np.random.default_rng(1).integers(0, 4, (count, LENGTH), dtype=np.uint8)


def write_fasta(path: Path, codes: npt.NDArray[np.uint8]) -> None:
    """Write records of 20 kb in lines of 60 bases."""
    with path.open("w") as handle:
        for number, row in enumerate(codes):
            text = decode(row)
            lines = (text[start : start + LINE] for start in range(0, LENGTH, LINE))
            handle.write(f">gene{number}\n" + "\n".join(lines) + "\n")


def central(bundle: Bundle, codes: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.float32]]:
    """Return the inputs of ``model.predict``, ready in memory: 336 MB for 2,000 promoters."""
    start = LENGTH // 2 - bundle.window.upstream
    return [
        one_hot(codes[:, start : start + bundle.window.length]),
        np.zeros((len(codes), len(bundle.feature_names)), np.float32),
    ]


def stream(bundle: Bundle, fasta: Path, output: Path) -> None:
    """Predict as the command does."""
    rows = predict_promoters(bundle, fasta_promoters(fasta, bundle.window))
    write_predictions(rows, str(output), progress=False)


def plain(bundle: Bundle, inputs: list[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    """Predict as everybody would."""
    predicted: npt.NDArray[np.float32] = bundle.members[0].predict(inputs, batch_size=BATCH, verbose=0)
    return predicted[:, 0]


def peak() -> float:
    """Return this process's peak memory in MB; ``ru_maxrss`` would count its parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def peak_memory(way: str, fasta: Path, count: int) -> tuple[float, float]:
    """Return the peak memory in MB of a process that predicts in one way: once loaded, and at the end."""
    command = [sys.executable, __file__, "--peak", way, str(fasta), str(count)]
    words = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(words[-2]), float(words[-1])


def report_peak(way: str, fasta: Path, count: int) -> None:
    """Predict in one way and print this process's peak memory before and after."""
    bundle = model()
    before = peak()
    if way == "stream":
        stream(bundle, fasta, fasta.with_suffix(".tsv"))
    else:
        plain(bundle, central(bundle, promoters(count)))
    print(before, peak())


def timed(work: Any, *arguments: Any) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def main() -> None:
    """Run both in turns and print the comparison."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    bundle, codes = model(), promoters(count)
    with tempfile.TemporaryDirectory() as folder:
        fasta, output = Path(folder) / "promoters.fa", Path(folder) / "out.tsv"
        write_fasta(fasta, codes)
        inputs = central(bundle, codes)
        stream(bundle, fasta, output)
        ours = np.loadtxt(output, skiprows=1, usecols=1)
        if not np.allclose(ours, plain(bundle, inputs), atol=5e-6):
            sys.exit("bench_predict: the two ways give different predictions")
        pairs = [(timed(stream, bundle, fasta, output), timed(plain, bundle, inputs)) for _ in range(rounds)]
        fast, slow = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratios = [after / before for before, after in pairs]
        print(
            f"predict {count:,} promoters from FASTA: {count / fast:.0f} per second, model.predict on "
            f"one-hot arrays {count / slow:.0f}: {statistics.median(ratios):.2f} x "
            f"({min(ratios):.2f}-{max(ratios):.2f}, {rounds} rounds)"
        )
        for way, name in (("stream", "xpresso predict"), ("plain", "model.predict")):
            before, after = peak_memory(way, fasta, count)
            print(f"  peak memory of {name}: {after:.0f} MB, {after - before:.0f} MB of it for predicting")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        report_peak(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
