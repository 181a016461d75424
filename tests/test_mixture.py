"""The mixture against mixtools, and against values whose modes are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from xpresso_core.errors import InputError
from xpresso_core.mixture import MIN_VALUES, SMALLEST_SD, Start, fit_mixture

START = Start((0.5, 0.5), (-1.0, 1.0), (1.0, 1.0))
THRESHOLD = -0.39171725797755497
OPTIMUM = -2273.0167215562396


def pair(n: int, share: float = 0.45, seed: int = 0, sds: tuple[float, float] = (0.35, 0.5)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    low = int(share * n)
    values = np.concatenate([rng.normal(-1.3, sds[0], low), rng.normal(0.6, sds[1], n - low)])
    return rng.permutation(values)


@pytest.fixture
def oracle(real_data: Path) -> tuple[Path, np.ndarray]:
    folder = real_data / "oracles" / "r_stats"
    return folder, pd.read_csv(folder / "mix_data.tsv", sep="\t")["z"].to_numpy()


@pytest.mark.real
def test_the_iteration_of_mixtools(oracle):
    folder, values = oracle
    ours = fit_mixture(values, START)
    path = np.loadtxt(folder / "mix_all_loglik_fixed_init.txt")
    table = pd.read_csv(folder / "mix_posterior_init_l.5_mu-1,1_sd1.tsv", sep="\t")
    assert ours.iterations == len(path) - 1 == 56
    assert ours.log_likelihood == pytest.approx(path, abs=1e-9)
    assert ours.posteriors == pytest.approx(table[["comp.1", "comp.2"]].to_numpy(), abs=1e-9)
    assert ours.weights == pytest.approx([0.45037627063729779, 0.54962372936270221], abs=1e-9)
    assert ours.means == pytest.approx([-1.0172490302463644, 0.44369462641712692], abs=1e-9)
    assert ours.sds == pytest.approx([0.34823289848310335, 0.49504202716256329], abs=1e-9)
    assert ours.threshold == pytest.approx(THRESHOLD, abs=1e-12)
    assert ours.converged
    assert ours.bimodal


@pytest.mark.real
def test_its_own_start_finds_the_same_optimum_and_threshold(oracle):
    _, values = oracle
    ours = fit_mixture(values)
    assert ours.log_likelihood[-1] == pytest.approx(OPTIMUM, abs=1e-5)
    assert ours.threshold == pytest.approx(THRESHOLD, abs=1e-12)


@pytest.mark.real
def test_a_start_with_exchanged_components_gives_the_same(oracle):
    _, values = oracle
    ours, turned = fit_mixture(values, START), fit_mixture(values, Start((0.5, 0.5), (1.0, -1.0), (1.0, 1.0)))
    for name in ("weights", "means", "sds", "posteriors", "log_likelihood"):
        assert getattr(turned, name) == pytest.approx(getattr(ours, name), abs=1e-9), name
    assert turned.threshold == ours.threshold


@pytest.mark.parametrize("n", [400, 401])
def test_mirrored_values_give_mirrored_components(n):
    values = pair(n)
    ours, mirrored = fit_mixture(values), fit_mixture(-values)
    assert mirrored.means == pytest.approx(-ours.means[::-1], abs=1e-9)
    assert mirrored.sds == pytest.approx(ours.sds[::-1], abs=1e-9)
    assert mirrored.posteriors == pytest.approx(ours.posteriors[:, ::-1], abs=1e-9)
    # The class begins with the first value on its side, so the thresholds are neighbours among the values.
    ordered = np.sort(values)
    place = int(np.searchsorted(ordered, ours.threshold))
    assert -mirrored.threshold == pytest.approx(ordered[place - 1])


def test_order_does_not_matter_and_scale_goes_along():
    values = pair(500)
    ours, sorted_, scaled = fit_mixture(values), fit_mixture(np.sort(values)), fit_mixture(3 * values + 7)
    assert sorted_.means == pytest.approx(ours.means)
    assert sorted_.threshold == ours.threshold
    assert scaled.means == pytest.approx(3 * ours.means + 7, abs=1e-6)
    assert scaled.threshold == pytest.approx(3 * ours.threshold + 7)
    assert scaled.bimodal


def test_likelihood_never_falls_and_posteriors_are_those_of_bayes():
    values = pair(600)
    ours = fit_mixture(values, START)
    assert (np.diff(ours.log_likelihood) > -1e-9).all()
    density = ours.weights * stats.norm.pdf(values[:, None], ours.means, ours.sds)
    assert ours.posteriors == pytest.approx(density / density.sum(axis=1, keepdims=True), abs=1e-12)
    assert ours.log_likelihood[-1] == pytest.approx(np.log(density.sum(axis=1)).sum())
    assert ours.bic_two == pytest.approx(5 * np.log(600) - 2 * ours.log_likelihood[-1])
    one = stats.norm.logpdf(values, values.mean(), values.std()).sum()
    assert ours.bic_one == pytest.approx(2 * np.log(600) - 2 * one)


@pytest.mark.parametrize("share", [0.1, 0.45, 0.9])
def test_planted_components_are_found(share):
    ours = fit_mixture(pair(3000, share))
    assert ours.weights == pytest.approx([share, 1 - share], abs=0.02)
    assert ours.means == pytest.approx([-1.3, 0.6], abs=0.06)
    assert ours.sds == pytest.approx([0.35, 0.5], abs=0.06)
    assert ours.bimodal
    assert len(ours.modes) == 2
    assert -1.3 < ours.threshold < 0.6


def test_threshold_is_that_of_the_paper():
    values = pair(800, sds=(0.4, 0.4))
    ours = fit_mixture(values)
    low = ours.posteriors[:, 0]
    assert ours.threshold == values[low == low[low <= 0.5].max()][0]


@pytest.mark.parametrize("wide", ["low", "high"])
def test_threshold_lies_between_the_means_where_one_component_is_wide(wide):
    values = pair(6000, 0.5, sds=(0.9, 0.15))
    values = values if wide == "low" else -values
    ours = fit_mixture(values)
    low = ours.posteriors[:, 0]
    # The wide one takes over again beyond the narrow one.
    assert (low[values > ours.means[1]] > 0.5).any() == (wide == "low")
    assert (low[values < ours.means[0]] <= 0.5).any() == (wide == "high")
    assert ours.bimodal
    assert ours.means[0] < ours.threshold < ours.means[1]
    between = (values > ours.means[0]) & (values < ours.means[1])
    assert (low[between & (values < ours.threshold)] > 0.5).all()
    assert (low[between & (values >= ours.threshold)] <= 0.5).all()


SINGLE = {
    "normal": lambda rng, n: rng.normal(size=n),
    "uniform": lambda rng, n: rng.uniform(size=n),
    "gamma": lambda rng, n: rng.gamma(2.0, size=n),
    "minus gamma": lambda rng, n: -rng.gamma(2.0, size=n),
    "exponential": lambda rng, n: rng.exponential(size=n),
    "heavy tails": lambda rng, n: rng.standard_t(3, size=n),
}


@pytest.mark.parametrize("n", [100, 500])
@pytest.mark.parametrize("name", SINGLE)
def test_one_mode_is_not_made_two(name, n):
    rng = np.random.default_rng(3)
    fits = [fit_mixture(SINGLE[name](rng, n), max_iterations=200) for _ in range(15)]
    assert sum(fit.bimodal for fit in fits) <= 1
    assert all((fit.threshold is None) != fit.bimodal for fit in fits)


def test_two_modes_are_seen_mostly():
    assert sum(fit_mixture(pair(500, seed=seed)).bimodal for seed in range(20)) >= 18


def test_two_atoms_do_not_break_it():
    values = np.repeat([-1.0, 2.0], [40, 60])
    ours = fit_mixture(values)
    assert ours.bimodal
    assert ours.means == pytest.approx([-1, 2])
    assert ours.sds == pytest.approx(SMALLEST_SD * values.std())
    assert ours.weights == pytest.approx([0.4, 0.6])
    assert ours.threshold == 2


def test_a_largest_number_of_iterations():
    ours = fit_mixture(pair(200), START, max_iterations=3)
    assert ours.iterations == 3
    assert not ours.converged


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones(50), "all values are equal"),
        (np.arange(MIN_VALUES - 1.0), r"shape \(9,\) are too few"),
        (np.zeros((20, 2)), r"shape \(20, 2\)"),
        (np.append(pair(30), np.nan), r"1 values are missing or infinite, the first at 30"),
        (np.append(np.inf, pair(30)), r"the first at 0"),
    ],
)
def test_values_without_a_mixture(values, message):
    with pytest.raises(InputError, match=message):
        fit_mixture(values)


@pytest.mark.parametrize(
    "start",
    [Start((0, 1), (0, 1), (1, 1)), Start((0.5, 0.5), (0, 1), (1, -1)), START._replace(means=(0, np.nan))],
)
def test_a_start_that_is_none(start):
    with pytest.raises(InputError, match="is no start"):
        fit_mixture(pair(50), start)
