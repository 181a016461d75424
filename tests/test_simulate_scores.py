"""Scores of simulated genes: features and their transformation on toys, and reasons to drop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xpresso_core.sequence import encode
from xpresso_core.simulate import SimulationSettings
from xpresso_core.simulate_genes import Locus, Transcript
from xpresso_core.simulate_scores import halflife_features, reason_to_drop, transform

RNA = Transcript(((0, 9), (12, 24)), (3, 18), "T1")
TOY = Locus("kept", (RNA,), 0.5, 0, (0.5, 0.5), chrom="chr1", origin=3)


def test_transform_takes_logarithms_of_lengths_only_and_fills_the_average() -> None:
    frame = pd.DataFrame({"utr5_len": [0.9, 99.9, np.nan, 9.9], "utr5_gc": [0.2, 0.4, np.nan, 9.0]})
    z = transform(frame, np.array([True, True, True, False]))
    assert z["utr5_len"].tolist() == pytest.approx([-1, 1, 0, 0])
    assert z["utr5_gc"].tolist() == pytest.approx([-1, 1, 0, 87])


def test_features_of_a_toy() -> None:
    chromosome = encode("TTT" + "GGA" + "ATGCCC" + "gtg" + "AAACCG" + "TAA" + "CTT" + "TTT")
    assert halflife_features(TOY, chromosome) == pytest.approx(
        {
            "utr5_len": 3,
            "cds_len": 12,
            "intron_len": 3,
            "utr3_len": 3,
            "utr5_gc": 2 / 3,
            "cds_gc": 7 / 12,
            "utr3_gc": 1 / 3,
            "orf_exon_density": 1000 / 12,
        }
    )


@pytest.mark.parametrize(
    ("strand", "origin", "reason"),
    [
        ("+", 3000, ""),
        ("+", 2999, "window beyond the chromosome end"),
        ("+", 10_000 - 1500, ""),
        ("+", 10_000 - 1499, "window beyond the chromosome end"),
        ("-", 10_000 - 3001, ""),
        ("-", 10_000 - 3000, "window beyond the chromosome end"),
        ("-", 1499, ""),
        ("-", 1498, "window beyond the chromosome end"),
    ],
)
def test_window_must_fit(strand: str, origin: int, reason: str) -> None:
    locus = replace(TOY, strand=strand, origin=origin)
    assert reason_to_drop(locus, SimulationSettings(), 10_000) == reason


@pytest.mark.parametrize(
    ("role", "chrom", "reason"),
    [
        ("histone", "chr1", "histone gene"),
        ("unmeasured", "chr1", "no expression value"),
        ("chrY", "chrY", "on chrY"),
        ("chrM", "chrM", "on chrM"),
        ("edge", "chr1", ""),
    ],
)
def test_other_reasons(role: str, chrom: str, reason: str) -> None:
    locus = replace(TOY, role=role, chrom=chrom, origin=5000)
    assert reason_to_drop(locus, SimulationSettings(), 10_000) == reason
