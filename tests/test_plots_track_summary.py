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
    island = rng.random(800) < 0.1
    value = np.where(inside, 1.0, -0.2) + rng.normal(0, 0.3, 90)
    plus = rng.gamma(2, 0.3, 3000) - 1
    minus = plus + rng.normal(0, 0.1, 3000)
    minus[:100] = np.nan
    thresholds = np.linspace(-0.5, 1.5, 11)
    given = {
        "at_tss": pd.DataFrame({"value": value, "opposite": value - 0.05, "in_island": inside}),
        "at_random": pd.DataFrame({"value": rng.normal(-0.5, 0.4, 800), "in_island": island}),
        "auroc": {"all": (0.912, 0.89, 0.93), "inside": (0.7, 0.61, 0.79), "outside": (0.6, 0.5, 0.7)},
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
        "Predictions tell annotated TSSs from random positions with an AUROC of 0.91 (0.89 to 0.93); 0.70 (0.61 to"
        " 0.79) in CpG islands, 0.60 (0.50 to 0.70) outside. Half the peaks lie within 1 kb of a TSS; half the"
        " random positions lie within 44 kb of a TSS. The strands' predictions have a correlation of 0.94."
        in text
    )
    given = inputs()
    inside = int(given["at_tss"]["in_island"].sum())
    island = int(given["at_random"]["in_island"].sum())
    lines = words(tmp_path / "a.svg").split("\n")
    for word in (
        "(a) Predictions at TSSs, on their strand", "(b) How near peaks are to TSSs",
        "(c) Peaks and TSSs within 500 bp",
        "(d) All 2,900 bins: r = 0.94", "(e) Own strand higher at 100 % of TSSs", f"predicted expression, {UNIT}",
        "in CpG islands: AUROC 0.70 (0.61 to 0.79)", "outside CpG islands: AUROC 0.60 (0.50 to 0.70)",
        "everywhere: AUROC 0.91 (0.89 to 0.93)", f"annotated TSSs (n = {inside})", f"random positions (n = {island})",
        f"annotated TSSs (n = {90 - inside})", f"random positions (n = {800 - island})", "peaks (n = 5)",
        "random positions (n = 3)", "random positions (2.3 %)", f"threshold, {UNIT}", "bins per hexagon",
        "recall: TSSs with a peak (%)", "precision: peaks with a TSS (%)", f"+ strand, {UNIT}", f"− strand, {UNIT}",
        f"own strand, {UNIT}", f"opposite strand, {UNIT}", "100 bp", "1 kb", "1 Mb",
        f"in CpG islands (n = {inside})", f"outside CpG islands (n = {90 - inside})",
    ):  # fmt: skip
        assert lines.count(word) == 1, word
    assert overlapping(figures[0]) == []


def test_cumulative_shares_of_predictions(plain: tuple[Figure, bytes]) -> None:
    given = inputs()
    axes = panel(plain[0], "a")
    for table, colour in ((given["at_tss"], TSS), (given["at_random"], RANDOM)):
        inside, outside = curves(axes, colour)
        for (x, y), part in ((inside, table["in_island"]), (outside, ~table["in_island"])):
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


def test_both_strands_have_one_scale(plain: tuple[Figure, bytes]) -> None:
    plus, minus = inputs()["strands"]
    axes = panel(plain[0], "d")
    assert axes.collections[0].get_array().sum() == 2900
    assert axes.get_xlim() == axes.get_ylim()
    low, high = axes.get_xlim()
    assert low < min(plus[100:].min(), minus[100:].min())
    assert high > max(plus[100:].max(), minus[100:].max())


def test_own_and_opposite_strand(tmp_path: Path, figures: list[Figure]) -> None:
    table = inputs()["at_tss"]
    lower = np.arange(len(table)) < 27
    draw(tmp_path / "a.svg", at_tss=table.assign(opposite=table["value"] + np.where(lower, 0.1, -0.1)))
    axes = panel(figures[0], "e")
    assert axes.get_title(loc="left") == "(e) Own strand higher at 70 % of TSSs"
    outside, inside = (np.asarray(points.get_offsets()) for points in axes.collections)
    assert inside[:, 0].tolist() == table["value"][table["in_island"]].tolist()
    assert len(outside) == (~table["in_island"]).sum()


def test_flags_from_a_file_are_words(tmp_path: Path, plain: tuple[Figure, bytes]) -> None:
    tables = {name: inputs()[name] for name in ("at_tss", "at_random")}
    for name, table in tables.items():
        tables[name] = table.assign(in_island=table["in_island"].astype(str))
    draw(tmp_path / "a.svg", **tables)
    assert (tmp_path / "a.svg").read_bytes() == plain[1]


@pytest.mark.parametrize("unknown", [None, float("nan")])
def test_what_is_unknown_is_said_to_be(tmp_path: Path, figures: list[Figure], unknown: float | None) -> None:
    given = inputs()
    none = (unknown, unknown, unknown)
    text = draw(
        tmp_path / "a.svg",
        at_tss=given["at_tss"].assign(in_island=False),
        at_random=given["at_random"].assign(in_island=False),
        auroc={"all": (0.6, 0.5, 0.7), "inside": none, "outside": (0.6, unknown, unknown)},
        peak_distances=np.zeros(0),
        precision_recall=given["precision_recall"].assign(precision=np.nan, peaks=0),
        pearson=unknown,
    )
    assert "AUROC of 0.60 (0.50 to 0.70); unknown in CpG islands, 0.60 outside. The correlation" in text
    assert "have a correlation of unknown" not in text
    assert "The correlation of the strands' predictions is unknown." in text
    assert "Half the peaks" not in text
    for word in ("no peak at any threshold", "peaks (n = 0)", "annotated TSSs (n = 0)", "r = unknown"):
        assert word in text
    assert "threshold, " not in text
    assert overlapping(figures[0]) == []


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
    )
    assert "(e) Own strand higher at 0 % of TSSs" in text


def test_a_whole_chromosome_makes_a_small_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    tss, chance = 2000, 10_000
    strands = rng.normal(size=(2, 500_000))
    draw(
        tmp_path / "a.svg",  # checks the size
        at_tss=pd.DataFrame(rng.normal(size=(tss, 2)), columns=["value", "opposite"]).assign(
            in_island=rng.random(tss) < 0.5
        ),
        at_random=pd.DataFrame({"value": rng.normal(size=chance), "in_island": rng.random(chance) < 0.5}),
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
        ({"at_random": inputs()["at_random"].drop(columns="in_island")}, "random positions: .* no column in_island"),
        ({"at_random": inputs()["at_random"].assign(value=np.nan)}, "random positions: 800 values are missing"),
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
