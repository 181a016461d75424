"""The arithmetic of the simulated labels, against closed forms and frequencies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xpresso_core.simulate_labels import expected_label, share, transform


def test_expected_label_far_above_the_pseudo_count_is_the_mean_itself() -> None:
    mean, silent = np.array([6.0, 7.0]), np.array([0.0, 0.0])
    assert expected_label(mean, 0.3, silent, -1.0) == pytest.approx(mean, abs=1e-6)


def test_expected_label_without_noise_and_with_certain_silence() -> None:
    mean = np.array([1.0, 1.0, 1.0])
    expected = expected_label(mean, 0.0, np.array([0.0, 1.0, 0.25]), -0.9)
    active = np.log10(10.1)
    assert expected == pytest.approx([active, -0.9, 0.75 * active - 0.25 * 0.9])


def test_expected_label_is_the_mean_of_draws() -> None:
    draws = np.random.default_rng(0).normal(-0.8, 0.5, 400_000)
    expected = expected_label(np.array([-0.8]), 0.5, np.array([0.0]), 0.0)
    assert expected[0] == pytest.approx(np.log10(10**draws + 0.1).mean(), abs=2e-3)


def test_share_is_the_squared_correlation() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0])
    assert share(x, -2 * x + 1) == pytest.approx(1)
    assert share(x, np.array([1.0, -1.0, -1.0, 1.0])) == pytest.approx(0)


def test_transform_takes_logarithms_of_lengths_only_and_fills_the_average() -> None:
    frame = pd.DataFrame({"utr5_len": [0.9, 99.9, np.nan, 9.9], "utr5_gc": [0.2, 0.4, np.nan, 9.0]})
    z = transform(frame, np.array([True, True, True, False]))
    assert z["utr5_len"].tolist() == pytest.approx([-1, 1, 0, 0])
    assert z["utr5_gc"].tolist() == pytest.approx([-1, 1, 0, 87])
