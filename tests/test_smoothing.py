"""Local regression against R's loess, and where the answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.smoothing import MIN_POINTS, points_in_span, smooth


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(2).normal(size=shape)


@pytest.mark.real
@pytest.mark.parametrize("span", [0.01, 0.05, 0.3, 0.75])
def test_smooths_as_r_does(real_data: Path, span: float) -> None:
    folder = real_data / "oracles" / "r_stats"
    values = pd.read_csv(folder / "loess_n10500_span0.01.tsv", sep="\t")["y"].to_numpy()
    expected = pd.read_csv(folder / f"loess_n10500_span{span}.tsv", sep="\t")["fit"].to_numpy()
    assert smooth(values, span) == pytest.approx(expected, abs=1e-9)


@pytest.mark.real
def test_missing_values_as_r_does(real_data: Path) -> None:
    path = real_data / "oracles" / "r_stats" / "loess_n8000_span0.01_NA_newdata.tsv"
    table = pd.read_csv(path, sep="\t")
    assert table["y"].isna().any()
    assert smooth(table["y"].to_numpy(), 0.01) == pytest.approx(
        table["fit"].to_numpy(), abs=1e-9, nan_ok=True
    )


def test_a_parabola_stays_as_it_is() -> None:
    x = np.arange(300.0)
    parabola = 3 - 0.2 * x + 0.01 * x**2
    assert smooth(parabola, 0.2) == pytest.approx(parabola, abs=1e-6)
    parabola[[7, 100, 101, 102, 250]] = np.nan
    assert smooth(parabola, 0.2) == pytest.approx(3 - 0.2 * x + 0.01 * x**2, abs=1e-6)


def test_constants_stay_constant() -> None:
    assert smooth(np.full(200, 4.5), 0.2) == pytest.approx(4.5)


def test_rows_are_smoothed_by_themselves() -> None:
    table = noise(3, 200)
    table[1, 50:60] = np.nan
    table[2] = np.nan
    smoothed = smooth(table, 0.2)
    for row in range(2):
        assert (smoothed[row] == smooth(table[row], 0.2)).all()
    assert np.isnan(smoothed[2]).all()


def test_there_is_nothing_beyond_the_values_there_are() -> None:
    values = noise(200)
    values[:3] = values[-2:] = np.nan
    smoothed = smooth(values, 0.2)
    assert np.flatnonzero(np.isnan(smoothed)).tolist() == [0, 1, 2, 198, 199]


def test_mirror_and_linear_changes_go_along() -> None:
    values = noise(385)  # halved again and again, these give mirrored cells
    plain = smooth(values, 0.1)
    assert smooth(values[::-1], 0.1) == pytest.approx(plain[::-1], abs=1e-9)
    assert smooth(3 * values - 2, 0.1) == pytest.approx(3 * plain - 2, abs=1e-9)
    assert plain.std() < values.std() / 2


def test_input_is_left_alone() -> None:
    values = noise(100)
    before = values.copy()
    smooth(values, 0.5)
    assert (values == before).all()


@pytest.mark.parametrize("number", [21, 22, 40, 128, 150, 256, 257, 511, 513, 3000])
def test_the_smallest_span_works_for_every_number(number: int, capfd: pytest.CaptureFixture[str]) -> None:
    span = MIN_POINTS / number
    assert points_in_span(number, span) == MIN_POINTS
    assert np.isfinite(smooth(noise(number), span)).all()
    assert capfd.readouterr() == ("", "")


def test_the_smallest_span_works_with_gaps() -> None:
    rng = np.random.default_rng(7)
    for _ in range(50):
        values = rng.normal(size=int(rng.integers(100, 800)))
        values[rng.random(values.size) < rng.uniform(0, 0.8)] = np.nan
        known = np.flatnonzero(~np.isnan(values))
        smoothed = smooth(values, min(1.0, MIN_POINTS / known.size))
        assert np.isfinite(smoothed[known[0] : known[-1] + 1]).all()


@pytest.mark.parametrize(
    ("values", "span", "message"),
    [
        (np.zeros(100), 0.02, "a span of 0.02 holds 2 of 100 values, too few .* at least 0.21"),
        (np.zeros(10), 1.0, "holds 10 of 10 .* Give at least 21 values"),
        (np.r_[np.zeros(20), np.full(80, np.nan)], 1.0, "holds 20 of 20"),
        (np.zeros(100), 0.0, "over a span of 0.0"),
        (np.zeros(100), 1.5, "over a span of 1.5"),
        (np.zeros(100), np.nan, "over a span of nan"),
        (np.zeros((2, 2, 2)), 0.5, r"shape \(2, 2, 2\)"),
        (np.append(np.zeros(50), np.inf), 0.5, "1 values are infinite"),
    ],
)
def test_what_cannot_be_smoothed(
    values: np.ndarray, span: float, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match=message):
        smooth(values, span)
    assert capfd.readouterr() == ("", "")
