"""The arithmetic of the simulated labels, against closed forms and frequencies."""

from __future__ import annotations

import numpy as np
import pytest

from xpresso_core.randomness import generator
from xpresso_core.simulate import SimulationSettings
from xpresso_core.simulate_labels import balanced_noise, drifts, label_moments, share, silent_chance


def test_moments_far_above_the_pseudo_count_are_those_of_the_level() -> None:
    mean = np.array([6.0, 7.0])
    expected, variance = label_moments(mean, 0.3, np.zeros(2), -1.0)
    assert expected == pytest.approx(mean, abs=1e-6)
    assert variance == pytest.approx([0.09, 0.09], abs=1e-6)


def test_moments_without_noise_and_with_certain_silence() -> None:
    expected, variance = label_moments(np.ones(3), 0.0, np.array([0.0, 1.0, 0.25]), -0.9)
    active = np.log10(10.1)
    assert expected == pytest.approx([active, -0.9, 0.75 * active - 0.25 * 0.9])
    assert variance == pytest.approx([0, 0, 0.25 * 0.75 * (active + 0.9) ** 2], abs=1e-12)


def test_moments_are_those_of_draws() -> None:
    draws = np.log10(10 ** np.random.default_rng(0).normal(-0.8, 0.5, 400_000) + 0.1)
    expected, variance = label_moments(np.array([-0.8]), 0.5, np.array([0.0]), 0.0)
    assert expected[0] == pytest.approx(draws.mean(), abs=2e-3)
    assert variance[0] == pytest.approx(draws.var(), rel=0.01)


def test_noise_is_balanced_over_the_genes_kept() -> None:
    rng = generator(1, "test")
    parts, kept = [rng.normal(size=50), rng.normal(size=50)], np.arange(50) < 40
    noise = balanced_noise(rng, parts, kept)
    assert noise[kept].std() == pytest.approx(1)
    for part in parts:
        assert np.corrcoef(part[kept], noise[kept])[0, 1] == pytest.approx(0, abs=1e-12)
    assert len(set(noise.tolist())) == 50


def test_silence_falls_with_cpg_and_has_the_mean_asked_for() -> None:
    cpg, kept = np.linspace(-2, 2, 101), np.ones(101, dtype=bool)
    chance = silent_chance(cpg, kept, SimulationSettings(silent_share=0.3))
    assert (np.diff(chance) < 0).all()
    assert chance.mean() == pytest.approx(0.3)
    assert (chance > 0).all()
    assert (chance < 1).all()


def test_share_is_the_squared_correlation() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0])
    assert share(x, -2 * x + 1) == pytest.approx(1)
    assert share(x, np.array([1.0, -1.0, -1.0, 1.0])) == pytest.approx(0)


def test_only_genes_that_can_differ_tenfold_shift() -> None:
    level = np.linspace(-2, 3, 1000)
    silent, kept = np.arange(1000) % 3 == 0, np.arange(1000) % 5 != 0
    drift, shift = drifts(generator(1, "test"), level, silent, kept, SimulationSettings())
    assert drift.std() == pytest.approx(0.15, rel=0.1)
    shifted = shift != 0
    assert shifted.sum() == round(0.04 * kept.sum())
    assert not (shifted & (silent | ~kept)).any()
    assert (shift[shifted & (level < 0.75)] == 1.6).all()
    assert set(shift[shifted & (level > 0.75)]) == {-1.6, 1.6}
    change = np.log10(10 ** (level + shift) + 0.1) - np.log10(10**level + 0.1)
    assert (np.abs(change[shifted]) > 1.25).all()
