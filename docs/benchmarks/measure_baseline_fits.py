"""Measure the largest baselines at the paper's size: 6-mers of 17,377 training promoters of 3 kb, random.

Prints seconds of each method on one thread, one after the other, and the largest memory of the process so far.

Usage: ``OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python docs/benchmarks/measure_baseline_fits.py [genes] [k]``.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from xpresso_core.baseline_names import METHODS
from xpresso_core.baselines import fit
from xpresso_core.kmers import count_kmers, kmer_names

LENGTH = 3000


def main(genes: int = 17_377, k: int = 6) -> None:
    """Fit each method once."""
    rng = np.random.default_rng(0)
    counts = count_kmers(rng.integers(0, 4, (genes, LENGTH)).astype(np.uint8), k).astype(np.float64)
    label = counts[:, :8] @ rng.normal(size=8) + rng.normal(size=genes)
    print(f"{genes:,} promoters, {k}-mers: {counts.shape[1]:,} columns, {counts.nbytes / 1e6:,.0f} MB")
    for method in METHODS:
        start = time.perf_counter()
        fit(method, counts, label, kmer_names(k), seed=1)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"{method:>6} {time.perf_counter() - start:6.0f} s, {peak:.1f} GB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
