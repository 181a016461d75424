"""The figure of a scanned chromosome: what it says, what its curves are, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figures import words
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from test_plots_tracks import figures, overlapping

from xpresso_core.errors import InputError
from xpresso_core.plots_track_summary import FARTHEST, NEAREST, RANDOM, TSS, summary

__all__ = ["figures"]

UNIT = "log10(RPKM + 0.1)"


def inputs(**changes: Any) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    inside = rng.random(90) < 0.6
    draw = np.where(rng.random(800) < 0.1, "inside", "outside")
    value = np.where(inside, 1.0, -0.2) + rng.normal(0, 0.3, 90)
    plus = rng.gamma(2, 0.3, 3000) - 1
    minus = plus + rng.normal(0, 0.1, 3000)
    minus[:100] = np.nan
    thresholds = np.linspace(-0.5, 1.5, 11)
    given = {
        "at_tss": pd.DataFrame({"value": value, "opposite": value - 0.05, "in_island": inside}),
        "at_random": pd.concat(
            [
                pd.DataFrame({"value": rng.normal(-0.5, 0.4, 800), "drawn_from": draw}),
                # Values of no curve.
                pd.DataFrame({"value": np.full(300, 7.0), "drawn_from": "all"}),
            ],
            ignore_index=True,
        ),
        "auroc": {"all": (0.912, 0.89, 0.93), "inside": (0.7, 0.61, 0.79), "outside": (0.6, 0.5, 0.7)},
        "islands_alone": (0.789, 0.76, 0.83),
        "peak_distances": np.array([0.0, 50.0, 1000.0, 2e5, np.inf]),
        "random_distances": np.array([900.0, 44_444.0, 3e6]),
        "precision_recall": pd.DataFrame(
            {
                "threshold": thresholds,
                "peaks": np.arange(110, 0, -10),
                "precision": np.linspace(0.1, 0.9, 11),
                "recall": np.linspace(0.8, 0.2, 11),
            }
        ),
        "random_precision": 0.023,
        "strands": (plus, minus),
        "pearson": 0.937,
        "unit": UNIT,
    }
    return given | changes


def draw(path: Path, **changes: Any) -> str:
    summary(path, "How well predictions find TSSs", **inputs(**changes))
    return " ".join(words(path).split())


def panel(figure: Figure, letter: str) -> Axes:
    (axes,) = [axes for axes in figure.axes if axes.get_title(loc="left").startswith(f"({letter})")]
    return axes


def clashes(figure: Figure) -> list[tuple[str, str]]:
    """Return the texts that overlap, measured anew: saving left some of their places in another resolution."""
    figure.draw_without_rendering()
    return overlapping(figure)


def curves(axes: Axes, colour: str) -> list[tuple[Any, Any]]:
    found = [line for line in axes.lines if line.get_color() == colour]
    return [(np.asarray(line.get_xdata()), np.asarray(line.get_ydata())) for line in found]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Figure, bytes]:
    """Return the figure of the inputs as they are, and its bytes."""
    path, found = tmp_path_factory.mktemp("plain") / "a.svg", list[Figure]()
    with pytest.MonkeyPatch.context() as patch:
        save = Figure.savefig
        patch.setattr(
            Figure, "savefig", lambda figure, *a, **b: (found.append(figure), save(figure, *a, **b))
        )
        draw(path)
    return found[0], path.read_bytes()


def test_the_message_and_the_panels(tmp_path: Path, figures: list[Figure]) -> None:
    text = draw(tmp_path / "a.svg", tolerance=500)
    assert (
        "Predictions tell annotated TSSs from random positions with an AUROC of 0.91 (0.89 to 0.93); being in a CpG"
        " island alone gives 0.79 (0.76 to 0.83). The AUROC of predictions is 0.70 (0.61 to 0.79) in CpG islands and"
        " 0.60 (0.50 to 0.70) outside. Half the peaks lie within 1 kb of a TSS; half the random positions lie within"
        " 44 kb of a TSS. The strands' predictions have a correlation of 0.94." in text
    )
    given = inputs()
    inside = int(given["at_tss"]["in_island"].sum())
    island = int((given["at_random"]["drawn_from"] == "inside").sum())
    lines = words(tmp_path / "a.svg").split("\n")
    for word in (
        "(a) Predictions at TSSs, on their strand", "(b) How near peaks are to TSSs",
        "(c) Peaks and TSSs within 500 bp",
        "(d) All 2,900 bins: r = 0.94", "(e) Own strand higher at 100 % of TSSs", f"predicted expression, {UNIT}",
        "in CpG islands: AUROC 0.70 (0.61 to 0.79)", "outside CpG islands: AUROC 0.60 (0.50 to 0.70)",
        "everywhere: AUROC 0.91 (0.89 to 0.93)", "being in an island alone: AUROC 0.79 (0.76 to 0.83)",
        f"annotated TSSs (n = {inside})", f"random positions (n = {island})",
        f"annotated TSSs (n = {90 - inside})", f"random positions (n = {800 - island})", "peaks (n = 5)",
        "random positions (n = 3)", "random positions (2.3 %)", "threshold", "bins per hexagon",
        "recall: TSSs with a peak (%)", "precision: peaks with a TSS (%)", f"+ strand, {UNIT}", "− strand",
        f"own strand, {UNIT}", "opposite strand", "100 bp", "1 kb", "1 Mb",
        f"in CpG islands (n = {inside})", f"outside CpG islands (n = {90 - inside})",
    ):  # fmt: skip
        assert lines.count(word) == 1, word
    assert clashes(figures[0]) == []


def side(axes: Axes) -> list[Any]:
    """Return the places of a panel's vertical labels: its own, and its colour bar's."""
    return [part.yaxis.label.get_window_extent() for part in (axes, *axes.child_axes)]


def test_labels_are_no_longer_than_their_panels_and_apart(tmp_path: Path, figures: list[Figure]) -> None:
    draw(tmp_path / "a.svg", unit=f"z-score of {UNIT}")
    assert clashes(figures[0]) == []
    for letter in "abcde":
        axes = panel(figures[0], letter)
        place = axes.get_window_extent()
        below = axes.xaxis.label.get_window_extent()
        assert below.width <= place.width, letter
        assert max(label.height for label in side(axes)) <= place.height, letter
        # Of three panels in a row none is wider than a third of the figure, nor much less.
        assert place.width > figures[0].bbox.width / 5, letter
    for left, right in ("cd", "de"):
        last, first = side(panel(figures[0], left))[-1], side(panel(figures[0], right))[0]
        assert last.x1 < first.x0
        assert last.y0 > first.y1 or first.x0 - last.x1 > 2 * first.width, (left, right)


def test_cumulative_shares_of_predictions(plain: tuple[Figure, bytes]) -> None:
    given = inputs()
    axes = panel(plain[0], "a")
    tss, chance = given["at_tss"], given["at_random"]
    for table, colour, parts in (
        (tss, TSS, (tss["in_island"], ~tss["in_island"])),
        (chance, RANDOM, [chance["drawn_from"] == name for name in ("inside", "outside")]),
    ):
        for (x, y), part in zip(curves(axes, colour), parts, strict=True):
            values = table["value"][part].to_numpy()
            assert (x[0], x[-1]) == (values.min(), values.max())
            assert (y[0], y[-1]) == (0, 100)
            middle = np.searchsorted(y, 50)
            assert 100 * (values <= x[middle]).mean() >= 50
            assert 100 * (values < x[middle]).mean() <= 51


def test_cumulative_shares_of_distances_count_peaks_without_a_tss(plain: tuple[Figure, bytes]) -> None:
    axes = panel(plain[0], "b")
    ((x, y),), ((_, chance),) = curves(axes, TSS), curves(axes, RANDOM)
    assert (round(x[0]), round(x[-1])) == (NEAREST, FARTHEST)
    assert y[0] == pytest.approx(40), "0 and 50 bases"
    assert np.unique(y.round()).tolist() == [40, 60, 80]
    assert np.diff(y)[x[1:] <= 999].max() == 0
    assert np.unique(chance.round()).tolist() == [0, 33, 67]


def test_missing_distances_are_those_without_a_tss(tmp_path: Path, plain: tuple[Figure, bytes]) -> None:
    draw(tmp_path / "a.svg", peak_distances=pd.Series([0, 50, 1000, 200_000, None], dtype="Int64"))
    assert (tmp_path / "a.svg").read_bytes() == plain[1]


def test_precision_and_recall_are_percentages(tmp_path: Path, figures: list[Figure]) -> None:
    table = inputs()["precision_recall"].sample(frac=1, random_state=1)
    table.loc[table["threshold"] == 1.5, "precision"] = np.nan
    draw(tmp_path / "a.svg", precision_recall=table)
    axes = panel(figures[0], "c")
    ((x, y),) = curves(axes, RANDOM)
    assert y == pytest.approx(100 * np.linspace(0.1, 0.9, 11)[:-1])
    assert x == pytest.approx(100 * np.linspace(0.8, 0.2, 11)[:-1])
    assert axes.collections[0].get_array().tolist() == pytest.approx(np.linspace(-0.5, 1.5, 11)[:-1])
    (dashed,) = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert np.asarray(dashed.get_ydata()).tolist() == pytest.approx([2.3, 2.3])


@pytest.mark.parametrize(
    ("peaks", "drawn"),
    [
        ([40, 10, 9, 1], [0, 1]),
        # Only one is left, or none: then all are drawn.
        ([40, 9, 2, 1], [0, 1, 2, 3]),
        ([4, 3, 2, 1], [0, 1, 2, 3]),
    ],
)
def test_a_precision_of_few_peaks_is_not_drawn_beside_others(
    tmp_path: Path, figures: list[Figure], peaks: list[int], drawn: list[int]
) -> None:
    threshold, precision, recall = (
        np.arange(4.0),
        np.array([0.2, 0.4, 1.0, 0.0]),
        np.array([0.5, 0.4, 0.1, 0]),
    )
    table = {"threshold": threshold, "peaks": peaks, "precision": precision, "recall": recall}
    draw(tmp_path / "a.svg", precision_recall=pd.DataFrame(table))
    axes = panel(figures[0], "c")
    ((x, y),) = curves(axes, RANDOM)
    assert x == pytest.approx(100 * recall[drawn])
    assert y == pytest.approx(100 * precision[drawn])
    assert axes.collections[0].get_array().tolist() == drawn


def test_both_strands_have_one_scale(plain: tuple[Figure, bytes]) -> None:
    plus, minus = inputs()["strands"]
    axes = panel(plain[0], "d")
    assert axes.collections[0].get_array().sum() == 2900
    assert axes.get_xlim() == axes.get_ylim()
    low, high = axes.get_xlim()
    assert low < min(plus[100:].min(), minus[100:].min())
    assert high > max(plus[100:].max(), minus[100:].max())


def test_own_and_opposite_strand(tmp_path: Path, figures: list[Figure]) -> None:
    """Of 90 TSSs 60 are equal, which is no choice, 20 are higher on their own strand and 10 lower."""
    table = inputs()["at_tss"]
    higher = np.repeat([0, 0.1, -0.1], [60, 20, 10])
    draw(tmp_path / "a.svg", at_tss=table.assign(opposite=table["value"] - higher))
    axes = panel(figures[0], "e")
    assert axes.get_title(loc="left") == "(e) Own strand higher at 67 % of TSSs"
    outside, inside = (np.asarray(points.get_offsets()) for points in axes.collections)
    assert inside[:, 0].tolist() == table["value"][table["in_island"]].tolist()
    assert len(outside) == (~table["in_island"]).sum()


def test_a_site_without_an_opposite_strand_is_in_the_first_panel_only(
    tmp_path: Path, figures: list[Figure], plain: tuple[Figure, bytes]
) -> None:
    table = inputs()["at_tss"]
    gone = table["in_island"] & (table["value"] > table["value"].median())
    text = draw(tmp_path / "a.svg", at_tss=table.assign(opposite=table["opposite"].mask(gone)))
    inside = int(table["in_island"].sum())
    assert f"annotated TSSs (n = {inside})" in text
    assert f"in CpG islands (n = {inside - int(gone.sum())})" in text
    assert f"outside CpG islands (n = {90 - inside})" in text
    for found, before in zip(
        curves(panel(figures[0], "a"), TSS), curves(panel(plain[0], "a"), TSS), strict=True
    ):
        np.testing.assert_array_equal(found, before)
    axes = panel(figures[0], "e")
    points = np.concatenate([np.asarray(dots.get_offsets()) for dots in axes.collections])
    assert sorted(points[:, 0]) == sorted(table["value"][~gone])
    assert axes.get_title(loc="left") == "(e) Own strand higher at 100 % of TSSs"


def test_no_site_with_an_opposite_strand(tmp_path: Path, figures: list[Figure]) -> None:
    text = draw(tmp_path / "a.svg", at_tss=inputs()["at_tss"].assign(opposite=np.nan))
    assert "(e) Own strand higher at no TSS" in text
    assert "in CpG islands (n = 0)" in text
    assert clashes(figures[0]) == []


def test_a_negative_correlation_has_a_minus_sign(tmp_path: Path) -> None:
    text = draw(tmp_path / "a.svg", pearson=-0.256)
    assert "have a correlation of −0.26." in text
    assert "bins: r = −0.26" in text


def test_flags_from_a_file_are_words(tmp_path: Path, plain: tuple[Figure, bytes]) -> None:
    table = inputs()["at_tss"]
    draw(tmp_path / "a.svg", at_tss=table.assign(in_island=table["in_island"].astype(str)))
    assert (tmp_path / "a.svg").read_bytes() == plain[1]


@pytest.mark.parametrize("unknown", [None, float("nan")])
def test_what_is_unknown_is_said_to_be(tmp_path: Path, figures: list[Figure], unknown: float | None) -> None:
    given = inputs()
    none = (unknown, unknown, unknown)
    text = draw(
        tmp_path / "a.svg",
        at_tss=given["at_tss"].assign(in_island=False),
        at_random=given["at_random"].assign(drawn_from="outside"),
        islands_alone=none,
        auroc={"all": (0.6, 0.5, 0.7), "inside": none, "outside": (0.6, unknown, unknown)},
        peak_distances=np.zeros(0),
        precision_recall=given["precision_recall"].assign(precision=np.nan, peaks=0),
        pearson=unknown,
    )
    assert (
        "AUROC of 0.60 (0.50 to 0.70); what being in a CpG island alone gives is unknown. The AUROC of predictions is"
        " unknown in CpG islands and 0.60 outside. The correlation" in text
    )
    assert "being in an island alone: AUROC unknown" in text
    assert "have a correlation of unknown" not in text
    assert "The correlation of the strands' predictions is unknown." in text
    assert "Half the peaks" not in text
    for word in (
        *("no peak at any threshold", "peaks (n = 0)", "annotated TSSs (n = 0)", "random positions (n = 0)"),
        "r = unknown",
    ):
        assert word in text
    assert panel(figures[0], "c").child_axes == []
    assert clashes(figures[0]) == []


def test_half_the_peaks_without_a_tss_are_at_no_distance(tmp_path: Path) -> None:
    text = draw(tmp_path / "a.svg", peak_distances=np.array([np.inf, np.inf, 5.0]))
    assert (
        "Half the peaks have no TSS on their chromosome; half the random positions lie within 44 kb" in text
    )


def test_constant_predictions_can_be_drawn(tmp_path: Path) -> None:
    given = inputs()
    text = draw(
        tmp_path / "a.svg",
        strands=(np.zeros(50), np.zeros(50)),
        at_tss=given["at_tss"].assign(value=0.0, opposite=0.0),
        at_random=given["at_random"].assign(value=0.0),
        pearson=-0.004,
    )
    assert "have a correlation of 0.00." in text
    assert "(e) Own strand higher at no TSS" in text


def test_a_whole_chromosome_makes_a_small_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    tss, chance = 2000, 10_000
    strands = rng.normal(size=(2, 500_000))
    draw(
        tmp_path / "a.svg",  # checks the size
        at_tss=pd.DataFrame(rng.normal(size=(tss, 2)), columns=["value", "opposite"]).assign(
            in_island=rng.random(tss) < 0.5
        ),
        at_random=pd.DataFrame(
            {
                "value": rng.normal(size=3 * chance),
                "drawn_from": np.repeat(["all", "inside", "outside"], chance),
            }
        ),
        strands=(strands[0], strands[1]),
        peak_distances=10 ** rng.normal(4, 1, 5000),
        random_distances=10 ** rng.normal(5, 1, chance),
    )


def test_same_input_same_bytes(tmp_path: Path, plain: tuple[Figure, bytes]) -> None:
    draw(tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_bytes() == plain[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"at_tss": pd.DataFrame()}, "annotated TSSs: the table has no column value, opposite, in_island"),
        ({"at_tss": inputs()["at_tss"][:0]}, "annotated TSSs: the table has no rows"),
        ({"at_tss": inputs()["at_tss"].assign(value=np.nan)}, "annotated TSSs: 90 values are missing or infinite"),
        ({"at_tss": inputs()["at_tss"].assign(opposite=np.inf)}, "annotated TSSs, opposite strand: 90 values"),
        ({"at_random": inputs()["at_random"].drop(columns="drawn_from")}, "random positions: .* no column drawn_from"),
        ({"at_random": inputs()["at_random"].assign(drawn_from="near")}, "positions are drawn from near"),
        ({"at_random": inputs()["at_random"].assign(value=np.nan)}, "random positions: 1100 values are missing"),
        ({"auroc": {"all": (0.5, 0.4, 0.6)}}, "there is no AUROC for inside, outside"),
        ({"peak_distances": np.array([-1.0])}, "distances to TSSs: a distance is below 0"),
        ({"precision_recall": pd.DataFrame({"threshold": [1.0]})}, "no column peaks, precision, recall"),
        ({"strands": (np.zeros(5), np.full(5, np.nan))}, "no bin has a prediction on both strands"),
        ({"strands": (np.zeros(5), np.zeros(4))}, "the strands have 5 and 4 bins"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw(tmp_path / "a.svg", **change)
    assert list(tmp_path.iterdir()) == []
