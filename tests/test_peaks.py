"""Peaks of a predicted track: a slow plain form, toys with exact answers, mirrored tracks, files, and bad input."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.peaks import (
    PEAK_COLUMNS,
    Peaks,
    call_peaks,
    default_threshold,
    peak_positions,
    peaks_frame,
    read_peaks,
    write_bed6,
)

NAN = float("nan")
STEP = 100
Pairs = list[tuple[int, float]]


def called(values: list[float], *, threshold: float = 0, distance: int = 0, gap_before: int = -1) -> Pairs:
    """Call peaks of values 100 bases apart; before one of them, if told, the grid jumps by a kilobase."""
    positions = np.arange(len(values)) * STEP
    if gap_before >= 0:
        positions[gap_before:] += 1000
    return pairs(call_peaks(positions, values, threshold=threshold, distance=distance, step=STEP))


def pairs(peaks: Peaks) -> Pairs:
    return list(zip(peaks.position.tolist(), peaks.value.tolist(), strict=True))


def plain_peaks(positions: list[int], values: list[float], threshold: float, distance: int) -> Pairs:
    """Walk over plateaus, then keep maxima from the highest on."""
    stretches: list[Pairs] = []
    for position, value in zip(positions, values, strict=True):
        if np.isnan(value):
            continue
        if not stretches or position - stretches[-1][-1][0] != STEP:
            stretches.append([])
        stretches[-1].append((position, value))
    maxima: Pairs = []
    for stretch in stretches:
        first = 0
        while first < len(stretch):
            last, value = first, stretch[first][1]
            while last + 1 < len(stretch) and stretch[last + 1][1] == value:
                last += 1
            around = [stretch[i][1] for i in (first - 1, last + 1) if 0 <= i < len(stretch)]
            if value >= threshold and all(value > other for other in around):
                maxima.append(stretch[(first + last) // 2])
            first = last + 1
    kept: Pairs = []
    for position, value in sorted(maxima, key=lambda peak: (-peak[1], peak[0])):
        if all(abs(position - other) >= distance for other, _ in kept):
            kept.append((position, value))
    return sorted(kept)


def rough(seed: int, number: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Make a track with equal neighbours, NaN and jumps."""
    rng = np.random.default_rng(seed)
    positions = np.cumsum(np.where(rng.random(number) < 0.05, 7, 1)) * STEP
    values = np.round(rng.normal(size=number) * 2) / 2
    values[rng.random(number) < 0.05] = NAN
    return positions, values


@pytest.mark.parametrize("distance", [0, 100, 201, 500, 5000])
@pytest.mark.parametrize("seed", range(4))
def test_peaks_agree_with_a_plain_form(seed: int, distance: int) -> None:
    positions, values = rough(seed)
    found = pairs(call_peaks(positions, values, threshold=0.5, distance=distance, step=STEP))
    assert len(found) > 5
    assert found == plain_peaks(positions.tolist(), values.tolist(), 0.5, distance)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1, 0], [(100, 1)]),
        ([3, 1, 2], [(0, 3), (200, 2)]),
        ([0, 1, 1, 1, 0], [(200, 1)]),
        ([0, 1, 1, 0], [(100, 1)]),
        ([1, 1, 2, 2], [(200, 2)]),
        ([2, 2, 2, 2, 2], [(200, 2)]),
        ([5], [(0, 5)]),
        ([1, NAN, 2], [(0, 1), (200, 2)]),
        ([1, 2, NAN, 2, 3], [(100, 2), (400, 3)]),
        ([NAN, NAN], []),
        ([-1, -2, -1], []),
        ([], []),
    ],
)
def test_toys_have_exact_peaks(values: list[float], expected: Pairs) -> None:
    assert called(values) == expected


def test_a_jump_ends_a_stretch() -> None:
    assert called([1, 2, 3, 4]) == [(300, 4)]
    assert called([1, 2, 3, 4], gap_before=2) == [(100, 2), (1300, 4)]


def test_a_maximum_at_the_threshold_is_a_peak() -> None:
    assert called([0, 1.5, 0], threshold=1.5) == [(100, 1.5)]
    assert called([0, 1.5, 0], threshold=np.nextafter(1.5, 2)) == []


@pytest.mark.parametrize(
    ("values", "distance", "expected"),
    [
        ([1, 0, 2], 200, [(0, 1), (200, 2)]),
        ([1, 0, 2], 201, [(200, 2)]),
        ([2, 0, 2], 201, [(0, 2)]),
        # The middle one removes both others only if it stays.
        ([1, 0, 2, 0, 3], 201, [(0, 1), (400, 3)]),
        ([2, 0, 3, 0, 1], 201, [(200, 3)]),
        # Across a gap too.
        ([1, NAN, 2], 201, [(200, 2)]),
    ],
)
def test_of_two_near_peaks_the_higher_stays(values: list[float], distance: int, expected: Pairs) -> None:
    assert called(values, distance=distance) == expected


@pytest.mark.parametrize("seed", range(4))
def test_a_mirrored_track_has_mirrored_peaks(seed: int) -> None:
    """Without plateaus and equal heights, whose rules have a direction."""
    rng = np.random.default_rng(seed)
    positions, values = rough(seed)
    values = values + rng.uniform(0, 0.1, values.size)
    size = int(positions[-1]) + STEP
    there = call_peaks(positions, values, threshold=0, distance=450, step=STEP)
    back = call_peaks(size - positions[::-1], values[::-1], threshold=0, distance=450, step=STEP)
    assert pairs(back) == [(size - position, value) for position, value in reversed(pairs(there))]


def test_peaks_of_a_higher_threshold_are_among_those_of_a_lower() -> None:
    positions, values = rough(9)
    low, high = (pairs(call_peaks(positions, values, threshold=t, distance=300, step=STEP)) for t in (-1, 1))
    assert high == [peak for peak in low if peak[1] >= 1]
    assert 0 < len(high) < len(low)


def test_positions_and_values_have_their_types() -> None:
    peaks = call_peaks(
        np.arange(3, dtype=np.int32) * 50, np.float32([0, 1, 0]), threshold=0, distance=0, step=50
    )
    assert (peaks.position.dtype, peaks.value.dtype) == (np.int64, np.float64)


@pytest.mark.parametrize(
    ("positions", "values", "message"),
    [
        ([0, 100], [1], "not whole numbers in a row"),
        ([0.0, 100.0], [1, 2], "not whole numbers in a row"),
        ([100, 0], [1, 2], "not increasing multiples of the step, 100"),
        ([0, 0], [1, 2], "not increasing multiples"),
        ([0, 150], [1, 2], "not increasing multiples"),
        ([-100, 0], [1, 2], "not increasing multiples"),
        ([0, 100], [1, np.inf], "the value at 100 is infinite"),
    ],
)
def test_a_malformed_track_is_refused(positions: list[float], values: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call_peaks(positions, values, threshold=0, distance=0, step=STEP)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"threshold": NAN, "distance": 0, "step": 1}, "the threshold is nan"),
        ({"threshold": 0, "distance": -1, "step": 1}, "the distance -1"),
        ({"threshold": 0, "distance": 0, "step": 0}, "multiples of the step, 0"),
    ],
)
def test_senseless_settings_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call_peaks([0, 1], [1.0, 2.0], **settings)  # type: ignore[arg-type]


def test_the_default_threshold_leaves_one_percent_above() -> None:
    values = np.append(np.random.default_rng(1).permutation(1001.0 * np.arange(1001)), [NAN] * 49)
    threshold = default_threshold(values.reshape(3, -1))
    assert np.count_nonzero(values > threshold) == 10
    # Neither one monster nor the units matter.
    values[np.nanargmax(values)] = 1e12
    assert default_threshold(values) == threshold
    assert default_threshold(2 * values + 3) == pytest.approx(2 * threshold + 3)


@pytest.mark.parametrize("values", [[], [NAN], [1, np.inf]])
def test_no_default_threshold_without_values(values: list[float]) -> None:
    with pytest.raises(InputError, match="no value, or an infinite one"):
        default_threshold(values)


def toy_peaks() -> pd.DataFrame:
    peaks = {
        ("chr2", "+"): Peaks(np.array([0, 400]), np.array([2.0, 6.0])),
        ("chr1", "-"): Peaks(np.array([900]), np.array([3.0])),
        ("chr2", "-"): Peaks(np.array([400, 700]), np.array([4.5, 2.004])),
        ("chr1", "+"): Peaks(np.array([], dtype=np.int64), np.array([])),
    }
    return peaks_frame(peaks, {"chr1": 930, "chr2": 5000}, step=STEP, threshold=2.0)


def test_a_table_has_bins_names_scores_and_order() -> None:
    table = toy_peaks()
    assert tuple(table.columns) == PEAK_COLUMNS
    assert table.to_numpy(dtype=object).tolist() == [
        ["chr2", 0, 50, "peak_1", 0, "+"],
        ["chr2", 350, 450, "peak_2", 1000, "+"],
        ["chr2", 350, 450, "peak_3", 625, "-"],
        ["chr2", 650, 750, "peak_4", 1, "-"],
        ["chr1", 850, 930, "peak_5", 250, "-"],
    ]


@pytest.mark.parametrize("values", [[7.0], [2.0], [3.0, 3.0]])
def test_the_highest_peak_has_the_whole_score(values: list[float]) -> None:
    peaks = {("c", "+"): Peaks(np.arange(len(values)) * 500, np.array(values))}
    table = peaks_frame(peaks, {"c": 1000}, step=STEP, threshold=2.0, prefix="p")
    assert table["score"].tolist() == [1000] * len(values)
    assert table["name"].iloc[0] == "p_1"


@pytest.mark.parametrize("step", [1, 7, 100])
def test_bins_tell_their_positions(step: int) -> None:
    size = 30 * step + 1
    position = np.arange(0, size, step)
    peaks = {("c", "+"): Peaks(position, np.ones(position.size))}
    table = peaks_frame(peaks, {"c": size}, step=step, threshold=0)
    np.testing.assert_array_equal(peak_positions(table, step), position)


@pytest.mark.parametrize(("start", "end"), [(0, 100), (355, 450), (350, 451), (350, 390)])
def test_what_is_no_bin_is_refused(start: int, end: int) -> None:
    table = toy_peaks().iloc[1:2].assign(start=start, end=end)
    with pytest.raises(InputError, match=rf"peak_2: {start}-{end} is no bin of positions 100 bases apart"):
        peak_positions(table, STEP)


@pytest.mark.parametrize(
    ("key", "position", "value", "message"),
    [
        (("c", "."), 0, 1.0, "the strand is not"),
        (("d", "+"), 0, 1.0, "the size of the chromosome is not known"),
        (("c", "+"), 1000, 1.0, "outside the chromosome"),
        (("c", "+"), -100, 1.0, "outside the chromosome"),
        (("c", "+"), 0, -0.1, "below the threshold"),
        (("c", "+"), 0, NAN, "below the threshold"),
    ],
)
def test_impossible_peaks_are_refused(
    key: tuple[str, str], position: int, value: float, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        peaks_frame(
            {key: Peaks(np.array([position]), np.array([value]))}, {"c": 1000}, step=STEP, threshold=0
        )


def test_peaks_survive_a_file(tmp_path: Path) -> None:
    write_bed6(toy_peaks().assign(more=1), tmp_path / "a.bed")
    assert (tmp_path / "a.bed").read_text().splitlines()[1] == "chr2\t350\t450\tpeak_2\t1000\t+"
    pd.testing.assert_frame_equal(read_peaks(tmp_path / "a.bed"), toy_peaks())


def test_no_peaks_survive_a_file(tmp_path: Path) -> None:
    none = peaks_frame({}, {}, step=STEP, threshold=0)
    write_bed6(none, tmp_path / "a.bed")
    assert (tmp_path / "a.bed").read_bytes() == b""
    pd.testing.assert_frame_equal(read_peaks(tmp_path / "a.bed"), none)
    assert len(peak_positions(none, STEP)) == 0


def test_peaks_go_to_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    write_bed6(toy_peaks().iloc[:1], "-")
    assert sys.stdout.getvalue() == "chr2\t0\t50\tpeak_1\t0\t+\n"  # type: ignore[attr-defined]


def test_a_table_without_a_column_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column strand"):
        write_bed6(toy_peaks().drop(columns="strand"), tmp_path / "a.bed")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("c 1 2 x 5", "the line has 5 columns"),
        ("c 1 2 x 5 + 7", "the line is no peak"),
        ("c 1 2 x 1001 +", r"the line is no peak \(x 1001 \+\)"),
        ("c 1 2 x 0.5 +", "the line is no peak"),
        ("c 1 2 x 5 .", "the line is no peak"),
        ("c 2 2 x 5 +", "the interval 2-2 has no bases"),
        ("c 1 2 first 5 +", r"the name 'first' was already in .*line 1"),
    ],
)
def test_a_malformed_line_is_refused(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "a.bed"
    path.write_text(f"c 0 1 first 0 -\n{line}\n")
    with pytest.raises(InputError, match=rf"a\.bed, line 2: {message}"):
        read_peaks(path)
