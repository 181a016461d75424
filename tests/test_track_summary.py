"""What a track says: toys with exact answers, mirrored genomes, swapped strands, files, and bad input."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from xpresso_core.classifier import auc_interval
from xpresso_core.cpg_islands import in_islands
from xpresso_core.errors import InputError
from xpresso_core.peaks import NO_SITE, Peaks, call_peaks, nearest_sites, peaks_frame
from xpresso_core.precision_recall import PRECISION_COLUMNS
from xpresso_core.track_sites import STRANDS, Track, masks_of
from xpresso_core.track_summary import Auc, SummaryFiles, TrackSummary, summarise, write_summary

NAN = float("nan")
STEP = 100
SIZE = 100_000
NO_ISLANDS = pd.DataFrame(columns=["chrom", "start", "end"])
NO_PEAKS = peaks_frame({}, {}, step=STEP, threshold=0)


def sites(*rows: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["chrom", "strand", "tss"])


TSS = sites(("c", "+", 5_049), ("c", "+", 30_000), ("c", "-", 60_050), ("c", "-", 80_000))


def flat(plus: dict[int, float] | None = None, minus: dict[int, float] | None = None) -> Track:
    """Make a track of zeros with some values, on positions 100, 200 ... 99,900."""
    positions = np.arange(STEP, SIZE, STEP)
    track = Track(positions, np.zeros(positions.size), np.zeros(positions.size))
    for values, chosen in ((track.plus, plus), (track.minus, minus)):
        for position, value in (chosen or {}).items():
            values[position // STEP - 1] = value
    return track


def table(plus: list[int], minus: list[int], size: int = SIZE) -> pd.DataFrame:
    peaks = {
        ("c", strand): Peaks(np.array(places, dtype=np.int64), np.ones(len(places)))
        for strand, places in (("+", plus), ("-", minus))
    }
    return peaks_frame(peaks, {"c": size}, step=STEP, threshold=0)


def summary(
    track: Track, tss: pd.DataFrame = TSS, peaks: pd.DataFrame = NO_PEAKS, **more: object
) -> TrackSummary:
    settings = {"islands": NO_ISLANDS, "step": STEP, "seed": 1, **more}
    return summarise({"c": track}, tss=tss, peaks=peaks, **settings)  # type: ignore[arg-type]


def auc(found: TrackSummary, tss: str = "all", random: str = "all", score: str = "prediction") -> Auc:
    (row,) = (row for row in found.aucs if (row.score, row.tss, row.random) == (score, tss, random))
    return row


def test_a_perfect_track_ranks_all_but_the_sites_themselves_below() -> None:
    """Four of the 1,998 positions drawn (all there are) are the sites' own bins, which are equal."""
    found = summary(flat({5000: 2, 30_000: 2}, {60_100: 2, 80_000: 2}))
    row = auc(found)
    assert (row.n_tss, row.n_random) == (4, 1998)
    assert row.auc == pytest.approx(1 - 2 / 1998)
    assert row.auc_ci_low is not None
    assert row.auc_ci_low < row.auc
    assert found.counts["values"] == 1998


def test_values_on_the_wrong_strand_or_in_the_next_bin_do_not_count() -> None:
    """All sites are 0 then, as are all but four of the random positions."""
    opposite = summary(flat({60_100: 2, 80_000: 2}, {5000: 2, 30_000: 2}))
    beside = summary(flat({5100: 2, 30_100: 2}, {60_000: 2, 79_900: 2}))
    for found in (opposite, beside):
        assert auc(found).auc == pytest.approx((1994 / 2) / 1998)


def test_a_constant_track_tells_nothing() -> None:
    found = summary(flat())
    assert auc(found).auc == 0.5
    choice = found.strands
    assert (choice.n, choice.higher, choice.equal, choice.bins) == (4, 0, 4, 999)
    assert (choice.share, choice.p, choice.correlation) == (None, None, None)


def test_islands_divide_sites_and_random_positions() -> None:
    """Sites are 3 and others 2 inside islands, 1 and 0 outside: islands explain much of the first number only."""
    islands = pd.DataFrame(
        {"chrom": ["1"] * 3, "start": [80_000, 2_000, 3_000], "end": [80_001, 9_000, 4_000]}
    )
    track = flat()
    inside = (track.positions >= 2000) & (track.positions < 9000) | (track.positions == 80_000)
    for values in (track.plus, track.minus):
        values[inside] = 2
    for strand, position in (("+", 5000), ("+", 30_000), ("-", 60_100), ("-", 80_000)):
        values = track.plus if strand == "+" else track.minus
        values[position // STEP - 1] += 1
    found = summarise({"chr1": track}, TSS.assign(chrom="1"), islands, NO_PEAKS, step=STEP, seed=0)
    assert found.counts["tss_inside_islands"] == 2
    assert found.counts["values_inside_islands"] == 142
    within = 142 / 1998
    assert auc(found, "inside", "inside").auc == pytest.approx(1 - 1 / 142)
    assert auc(found, "outside", "outside").auc == pytest.approx(1 - 1 / 1856)
    assert auc(found, "inside", "all").auc == pytest.approx(1 - 1 / 1998)
    assert auc(found, "outside", "all").auc == pytest.approx(1 - within - 1 / 1998)
    assert auc(found, score="cpg_island").auc == pytest.approx(0.5 + (0.5 - within) / 2)
    assert auc(found, score="cpg_island").n_tss == 4


def test_without_islands_there_is_nothing_inside() -> None:
    row = auc(summary(flat()), "inside", "inside")
    assert (row.n_tss, row.n_random, row.auc, row.auc_ci_low) == (0, 0, None, None)


def test_the_interval_is_that_of_delong() -> None:
    rng = np.random.default_rng(2)
    positions = np.arange(0, SIZE, STEP)
    track = Track(positions, rng.normal(size=1000), rng.normal(size=1000))
    row = auc(summary(track))
    own = [track.plus[50], track.plus[300], track.minus[601], track.minus[800]]
    assert (row.auc, row.auc_ci_low, row.auc_ci_high) == auc_interval(own, np.r_[track.plus, track.minus])


def test_random_positions_are_drawn_once_each_and_by_the_seed() -> None:
    rng = np.random.default_rng(3)
    track = Track(np.arange(0, SIZE, STEP), rng.normal(size=1000), rng.normal(size=1000))
    track.plus[:500] = NAN
    peaks = table(list(range(50_000, SIZE, STEP)), list(range(0, SIZE, STEP)))
    one, two = (summary(track, peaks=peaks, seed=seed, random_positions=50) for seed in (1, 2))
    again = summary(track, peaks=peaks, seed=1, random_positions=50)
    assert one.aucs == again.aucs != two.aucs
    assert auc(one).n_random == 50
    # As many as there are peaks, which here are all positions with a value.
    drawn = one.distances[one.distances["kind"] == "random"]
    assert len(drawn) == 1500 == len(drawn.drop_duplicates(["strand", "position"]))
    assert not (drawn["value"].isna()).any()
    assert not ((drawn["strand"] == "+") & (drawn["position"] < 50_000)).any()


def test_strands_are_compared_at_sites_and_along_the_track() -> None:
    track = flat({5000: 1, 30_000: 1, 60_100: 3}, {5000: 2, 60_100: 4})
    found = summary(track).strands
    assert (found.n, found.higher, found.equal) == (4, 2, 1)
    assert found.share == pytest.approx(2 / 3)
    assert found.p == binomtest(2, 3).pvalue
    assert found.correlation == pytest.approx(np.corrcoef(track.plus, track.minus)[0, 1])
    assert summary(track._replace(minus=track.plus * 2 + 1)).strands.correlation == pytest.approx(1)


def test_unknown_values_are_left_out_and_counted() -> None:
    track = flat({5000: NAN, 200: NAN}, {30_000: NAN})
    tss = pd.concat([TSS, TSS.iloc[:1], sites(("c", "+", 99_999), ("d", "-", 5))])
    found = summary(track, tss)
    counts = found.counts
    assert (counts["tss"], counts["tss_with_value"], counts["tss_elsewhere"]) == (5, 3, 1)
    assert counts["values"] == 1995
    assert (found.strands.n, found.strands.bins) == (2, 996)


def test_values_at_sites_and_random_positions_are_there_to_draw() -> None:
    islands = pd.DataFrame({"chrom": ["c"], "start": [30_000], "end": [30_001]})
    found = summary(flat({5000: 3, 80_000: 7}, {5000: 1, 30_000: NAN, 60_100: 2}), islands=islands)
    assert found.at_tss.fillna(-1).to_numpy(dtype=object).tolist() == [
        ["c", "+", 5049, 3, 1, False],
        ["c", "+", 30_000, 0, -1, True],
        ["c", "-", 60_050, 2, 0, False],
        ["c", "-", 80_000, 0, 7, False],
    ]
    assert list(found.at_tss.columns) == ["chrom", "strand", "tss", "value", "opposite", "in_island"]
    assert list(found.at_random.columns) == [
        *("drawn_from", "chrom", "strand", "position", "value", "in_island")
    ]
    draws = {name: rows.drop(columns="drawn_from") for name, rows in found.at_random.groupby("drawn_from")}
    # All that there are: 1,997 positions, of which one is inside, on the strand that has a value there.
    assert {name: len(rows) for name, rows in draws.items()} == {"all": 1997, "inside": 1, "outside": 1996}
    assert draws["inside"].to_numpy(dtype=object).tolist() == [["c", "+", 30_000, 0, True]]
    assert draws["all"].loc[draws["all"]["in_island"], "position"].tolist() == [30_000]
    assert draws["all"]["value"].sum() == draws["outside"]["value"].sum() == 13
    assert not draws["outside"]["in_island"].any()


def test_the_random_positions_that_are_told_are_those_of_the_areas() -> None:
    track, tss, islands = rough(4)
    found = summary(track, tss, islands=islands, random_positions=200)
    places = {"all": found.at_tss}
    places["inside"], places["outside"] = (
        found.at_tss[found.at_tss["in_island"] == inside] for inside in (True, False)
    )
    draws = {name: rows.reset_index(drop=True) for name, rows in found.at_random.groupby("drawn_from")}
    assert draws["inside"]["in_island"].all()
    assert not draws["outside"]["in_island"].any()
    assert 0 < draws["all"]["in_island"].mean() < 1
    assert len(found.aucs) == 6
    for row in found.aucs:
        own, other = places[row.tss], draws[row.random]
        column = "value" if row.score == "prediction" else "in_island"
        assert (row.n_tss, row.n_random) == (len(own), len(other)) == (len(own), 200)
        assert row[5:] == auc_interval(own[column].astype(float), other[column].astype(float))


def test_peaks_have_exact_distances_on_both_strands() -> None:
    found = summary(flat(), peaks=table([5000, 30_200, 70_000], [100, 60_000]))
    rows = found.distances[found.distances["kind"] == "peak"]
    columns = ["strand", "position", "signed", "distance", "signed_same", "distance_same"]
    assert rows[columns].to_numpy(dtype=object).tolist() == [
        ["-", 100, -4949, 4949, 59_950, 59_950],
        ["+", 5000, -49, 49, -49, 49],
        ["+", 30_200, 200, 200, 200, 200],
        ["-", 60_000, 50, 50, 50, 50],
        ["+", 70_000, -9950, 9950, 40_000, 40_000],
    ]


def test_a_strand_without_sites_has_no_distances() -> None:
    found = summary(flat(), TSS.iloc[:2], table([], [5000]))
    row = found.distances.iloc[0]
    assert row["distance"] == 49
    assert pd.isna(row["distance_same"])
    middle = found.as_dict()["distances"]["peak"]
    assert (middle["median_distance_same"], middle["within_tolerance_same"]) == (None, 0)


@pytest.mark.parametrize(
    ("strand", "tss", "expected"),
    [
        # The same strand first, then downstream of the site.
        ("+", [(90, "+"), (110, "-")], (10, 10)),
        ("+", [(90, "-"), (110, "+")], (-10, -10)),
        ("+", [(90, "+"), (110, "+")], (10, 10)),
        ("-", [(90, "-"), (110, "-")], (10, 10)),
        ("+", [(90, "-"), (110, "-")], (10, None)),
        ("+", [(99, "-"), (120, "+")], (-1, -20)),
        ("-", [(100, "+"), (100, "-")], (0, 0)),
    ],
)
def test_of_sites_equally_near_the_rule_chooses(
    strand: str, tss: list[tuple[int, str]], expected: tuple[int, int | None]
) -> None:
    where, which = np.array([at for at, _ in tss]), np.array([name == "+" for _, name in tss])
    found = nearest_sites(np.array([100]), np.array([strand == "+"]), where, which)
    assert found[:, 0].tolist() == [NO_SITE if value is None else value for value in expected]


def random_sites(seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    position, tss = rng.integers(0, 400, 150), rng.integers(0, 400, 25)
    return position, rng.random(150) < 0.5, tss, rng.random(25) < 0.5


@pytest.mark.parametrize("seed", range(4))
def test_nearest_sites_agree_with_a_plain_form(seed: int) -> None:
    position, plus, tss, tss_plus = random_sites(seed)
    expected = []
    for x, own in zip(position, plus, strict=True):
        every = [
            (abs(x - at), side != own, (x - at) * (1 if side else -1) < 0, (x - at) * (1 if side else -1))
            for at, side in zip(tss, tss_plus, strict=True)
        ]
        expected.append([min(every)[3], min(row for row in every if not row[1])[3]])
    np.testing.assert_array_equal(nearest_sites(position, plus, tss, tss_plus).T, expected)


@pytest.mark.parametrize("seed", range(4))
def test_a_mirrored_genome_and_swapped_names_of_strands_keep_the_distances(seed: int) -> None:
    position, plus, tss, tss_plus = random_sites(seed)
    there = nearest_sites(position, plus, tss, tss_plus)
    np.testing.assert_array_equal(nearest_sites(399 - position, ~plus, 399 - tss, ~tss_plus), there)
    swapped = nearest_sites(position, ~plus, tss, ~tss_plus)
    np.testing.assert_array_equal(np.abs(swapped[1]), np.abs(there[1]))


def test_precision_and_recall_at_each_threshold() -> None:
    """Peaks: 3 right, 2 right on the wrong strand, 1 wrong; the fourth site has none, and the last no value."""
    track = flat({5400: 3, 60_500: 2, 90_000: 1, 30_000: NAN, 79_000: 0.5})
    tss = pd.concat([TSS, sites(("c", "-", 30_400))])
    found = summary(track, tss, table([5400, 60_500, 90_000], []), tolerance=450)
    assert tuple(found.precision_recall.columns) == PRECISION_COLUMNS
    rows = found.precision_recall.iloc[:, :6].to_numpy().tolist()
    assert rows == [
        [1, 3, pytest.approx(2 / 3), pytest.approx(1 / 3), 0.5, 0.25],
        [2, 2, 1, 0.5, 0.5, 0.25],
        [3, 1, 1, 1, 0.25, 0.25],
    ]


def test_the_precision_of_random_positions_is_exact() -> None:
    """Six positions are within 250 bases of 60,050, five of each other site; one of these has no value."""
    track = flat({30_100: NAN})
    row = summary(track, peaks=table([100], []), tolerance=250).precision_recall.iloc[0]
    assert row["random_precision"] == pytest.approx((2 * 21 - 1) / 1997)
    assert row["random_precision_same"] == pytest.approx((21 - 1) / 1997)


def test_the_precision_of_random_positions_needs_no_peak() -> None:
    """Given above, with peaks: it is the same without, and the table is empty."""
    track = flat({30_100: NAN})
    for peaks in (NO_PEAKS, table([100], [])):
        found = summary(track, peaks=peaks, tolerance=250)
        assert len(found.precision_recall) == len(peaks)
        facts = found.as_dict()
        assert facts["random_precision"] == pytest.approx((2 * 21 - 1) / 1997)
        assert facts["random_precision_same"] == pytest.approx((21 - 1) / 1997)
    assert found.precision_recall["random_precision"].tolist() == [facts["random_precision"]]
    assert found.precision_recall["random_precision_same"].tolist() == [facts["random_precision_same"]]


def test_peaks_around_one_site_each_count_as_right_and_the_site_counts_once() -> None:
    found = summary(flat(), peaks=table([4900, 5100, 90_000], [5000])).precision_recall.iloc[0]
    assert (found["peaks"], found["precision"], found["recall"]) == (4, 3 / 4, 1 / 4)
    assert (found["precision_same"], found["recall_same"]) == (2 / 4, 1 / 4)


def test_thresholds_may_be_given_and_may_leave_no_peak() -> None:
    track = flat({5000: 1, 90_000: 2})
    found = summary(track, peaks=table([5000, 90_000], []), thresholds=[9, 1.5]).precision_recall
    assert found["threshold"].tolist() == [1.5, 9]
    assert found["peaks"].tolist() == [1, 0]
    assert found["precision"].iloc[0] == 0
    assert np.isnan(found["precision"].iloc[1])
    assert found["recall"].tolist() == [0, 0]


def test_the_default_thresholds_go_from_the_lowest_peak_to_the_highest() -> None:
    track = flat({position: position for position in range(STEP, 30_000, STEP)})
    found = summary(track, peaks=table(list(range(STEP, 30_000, STEP)), [])).precision_recall
    assert len(found) == 51
    assert found["threshold"].is_monotonic_increasing
    assert (found["peaks"].iloc[0], found["peaks"].iloc[-1]) == (299, 1)
    assert (np.diff(found["recall"]) <= 0).all()


def test_without_peaks_the_rest_is_told() -> None:
    found = summary(flat({5000: 1}))
    assert (len(found.distances), len(found.precision_recall), found.counts["peaks"]) == (0, 0, 0)
    assert found.as_dict()["distances"]["peak"]["n"] == 0


def rough(seed: int) -> tuple[Track, pd.DataFrame, pd.DataFrame]:
    """Make a track, sites and islands of chromosome c, all at random."""
    rng = np.random.default_rng(seed)
    positions = np.arange(STEP, SIZE, STEP)
    values = rng.normal(size=(2, positions.size))
    values[:, rng.integers(0, positions.size, 20)] = NAN
    strand = rng.choice(["+", "-"], 60)
    tss = pd.DataFrame({"chrom": "c", "strand": strand, "tss": rng.integers(200, SIZE - 200, 60)})
    start = rng.integers(0, SIZE - 2000, 15)
    islands = pd.DataFrame({"chrom": "c", "start": start, "end": start + rng.integers(50, 2000, 15)})
    return Track(positions, *values), tss, islands


def peaks_of(track: Track) -> pd.DataFrame:
    strands = {"+": track.plus, "-": track.minus}
    called = {
        ("c", name): call_peaks(track.positions, values, threshold=1, distance=500, step=STEP)
        for name, values in strands.items()
    }
    return peaks_frame(called, {"c": SIZE}, step=STEP, threshold=1)


@pytest.mark.parametrize("seed", range(3))
def test_a_mirrored_genome_says_the_same(seed: int) -> None:
    """Bins are mirrored onto bins, but a position is the first base of the right half of its bin.

    So distances move by one base. No site is near enough to the tolerance for that to matter, and no position on
    a bound of an island.
    """
    track, tss, islands = rough(seed)
    tss = tss.assign(tss=tss["tss"] // 100 * 100 + 31)
    islands = islands.assign(start=islands["start"] // 100 * 100 + 50, end=islands["end"] // 100 * 100 + 150)
    back = Track(SIZE - track.positions[::-1], track.minus[::-1], track.plus[::-1])
    turned = tss.assign(tss=SIZE - 1 - tss["tss"], strand=tss["strand"].map({"+": "-", "-": "+"}))
    mirrored = islands.assign(start=SIZE - islands["end"], end=SIZE - islands["start"])
    one = summary(track, tss, peaks_of(track), islands=islands)
    two = summary(back, turned, peaks_of(back), islands=mirrored)
    assert one.counts == two.counts
    assert one.counts["tss_inside_islands"] > 5
    for first, second in zip(one.aucs, two.aucs, strict=True):
        assert second[:5] == first[:5]
        assert second[5:] == pytest.approx(first[5:])
    assert two.strands._asdict() == pytest.approx(one.strands._asdict())
    pd.testing.assert_frame_equal(one.precision_recall, two.precision_recall)
    far = [
        found.distances.query("kind == 'peak'").sort_values("position", ascending=found is one)
        for found in (one, two)
    ]
    assert len(far[0]) > 50
    assert max(abs(a - b) for a, b in zip(far[0]["distance"], far[1]["distance"], strict=True)) <= 1


@pytest.mark.parametrize("seed", range(3))
def test_swapping_the_strands_of_all_says_the_same(seed: int) -> None:
    track, tss, islands = rough(seed)
    other = Track(track.positions, track.minus, track.plus)
    turned = tss.assign(strand=tss["strand"].map({"+": "-", "-": "+"}))
    one = summary(track, tss, peaks_of(track), islands=islands)
    two = summary(other, turned, peaks_of(other), islands=islands)
    assert one.counts == two.counts
    assert [row[:5] for row in one.aucs] == [row[:5] for row in two.aucs]
    assert auc(two).auc == pytest.approx(auc(one).auc)
    assert two.strands._asdict() == pytest.approx(one.strands._asdict())
    pd.testing.assert_frame_equal(one.precision_recall, two.precision_recall)


def test_places_are_in_islands_that_overlap_or_not() -> None:
    islands = pd.DataFrame({"chrom": ["a", "a", "a", "b"], "start": [50, 10, 12, 0], "end": [60, 40, 20, 5]})
    places = [("a", 9), ("a", 10), ("a", 30), ("a", 40), ("a", 59), ("a", 60), ("b", 4), ("b", 10), ("c", 10)]
    chrom, position = zip(*places, strict=True)
    expected = [False, True, True, False, True, False, True, False, False]
    assert in_islands(chrom, position, islands).tolist() == expected


def masks_at_random(size: int) -> tuple[dict[str, Track], pd.DataFrame]:
    """Make two chromosomes with gaps, and islands that overlap, leave the tracks, or lie on one of them only."""
    rng = np.random.default_rng(size)
    scan = {}
    for chrom in ("a", "b"):
        positions = np.sort(rng.choice(2 * size, size, replace=False)) * STEP
        values = rng.normal(size=(2, size))
        values[:, rng.random(size) < 0.1] = NAN
        scan[chrom] = Track(positions, *values)
    start = rng.integers(0, 2 * size * STEP, size // 20)
    islands = pd.DataFrame({"chrom": "a", "start": start, "end": start + rng.integers(1, 3000, start.size)})
    return scan, islands


def test_masks_are_those_of_islands_looked_up_one_place_at_a_time() -> None:
    scan, islands = masks_at_random(2000)
    masks = masks_of(scan, islands)
    for chrom, track in scan.items():
        inside = in_islands([chrom] * track.positions.size, track.positions, islands)
        assert inside.any() == (chrom == "a")
        for strand, values in zip(STRANDS, (track.plus, track.minus), strict=True):
            known = ~np.isnan(values)
            np.testing.assert_array_equal(masks["all"][chrom, strand], known)
            np.testing.assert_array_equal(masks["inside"][chrom, strand], known & inside)
            np.testing.assert_array_equal(masks["outside"][chrom, strand], known & ~inside)


def test_masks_of_a_genome_take_bytes_and_no_names() -> None:
    """Six masks of a byte per position stay, and a few more are needed on the way; a name would take eight."""
    scan, islands = masks_at_random(50_000)
    scan = {"a": scan["a"]}
    tracemalloc.start()
    try:
        masks_of(scan, islands)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 14 * 50_000


def test_a_summary_is_written(tmp_path: Path) -> None:
    track, tss, islands = rough(1)
    found = summary(track, tss, peaks_of(track), islands=islands)
    paths = SummaryFiles(*(tmp_path / name for name in SummaryFiles._fields))
    write_summary(found, paths, {"unit": "z-score"})
    expected = {"unit": "z-score", **json.loads(json.dumps(found.as_dict()))}
    assert json.loads(paths.summary.read_text()) == expected
    assert pd.read_csv(paths.at_tss, sep="\t")["value"].tolist() == found.at_tss["value"].tolist()
    drawn = pd.read_csv(paths.at_random, sep="\t")["drawn_from"]
    assert drawn.tolist() == found.at_random["drawn_from"].tolist()
    written = pd.read_csv(paths[1], sep="\t")
    pd.testing.assert_frame_equal(written, found.precision_recall)
    rows = pd.read_csv(paths[2], sep="\t")
    assert rows["signed"].tolist() == found.distances["signed"].tolist()
    assert rows["kind"].value_counts().tolist() == [found.counts["peaks"]] * 2


@pytest.mark.parametrize("what", ["no islands", "no peaks"])
def test_a_summary_without_some_parts_is_written(tmp_path: Path, what: str) -> None:
    track, tss, islands = rough(2)
    more = {"peaks": peaks_of(track)} if what == "no islands" else {"islands": islands}
    paths = SummaryFiles(*(tmp_path / name for name in SummaryFiles._fields))
    write_summary(summary(track, tss, **more), paths)  # type: ignore[arg-type]
    assert paths.distances.read_text().startswith("kind\tchrom\tstrand\tposition")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tss": TSS.drop(columns="tss")}, "TSSs: the table has no column tss"),
        ({"tss": TSS.iloc[:0]}, "TSSs: the table has no rows"),
        ({"tss": TSS.assign(chrom="other")}, "no chromosome is shared"),
        ({"tss": TSS.assign(strand=".")}, r"TSSs: the strand is '\.'"),
        ({"tss": TSS.assign(tss=1.5)}, "TSSs: tss is no whole number"),
        ({"tss": TSS.assign(tss=-1)}, "TSSs: tss is no whole number"),
        ({"tss": sites(("c", "+", 0))}, "none of the 1 TSSs on scanned chromosomes has a value"),
        (
            {"islands": pd.DataFrame({"chrom": ["c"], "start": [5], "end": [5]})},
            "CpG islands, row 0: the interval",
        ),
        ({"islands": pd.DataFrame({"chrom": ["c"], "start": [5]})}, "no column end"),
        ({"peaks": table([0], [])}, "peaks, peak_1: the tracks have no value at the peak"),
        ({"peaks": table([100], []).assign(end=170)}, "is no bin of positions 100 bases apart"),
        (
            {"peaks": pd.concat([table([100], []), table([100], []).assign(chrom="d")])},
            "1 peaks are on chromosomes that the tracks lack",
        ),
        ({"step": 70}, r"track of c, strand \+: the positions are not increasing multiples of the step, 70"),
        ({"random_positions": 0}, "0 random positions"),
        ({"tolerance": -1}, "a tolerance of -1"),
        ({"thresholds": [NAN]}, "make no sense"),
    ],
)
def test_bad_input_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        summary(flat(), **change)  # type: ignore[arg-type]


def test_an_infinite_value_is_refused() -> None:
    with pytest.raises(InputError, match="track of c, strand -: the value at 500 is infinite"):
        summary(flat(minus={500: np.inf}))
