"""The figures of families of experiments."""

import numpy as np
import pandas as pd
import pytest
from figures import words

from xpresso_core.errors import InputError
from xpresso_core.plots_experiments import size_curve, variations, window_study


def text_of(path) -> str:
    return " ".join(words(path).split())


def sizes(means: dict[int, float], spread: float = 0.01) -> pd.DataFrame:
    """Return three draws of each size, whose mean r² is given and whose s.d. is the spread."""
    rows = [
        {"training": size, "draw": draw + 2, "r2": mean + spread * draw, "validation_mse": 1 - mean}
        for size, mean in means.items()
        for draw in (-1, 0, 1)
    ]
    return pd.DataFrame(rows)


def draw_sizes(table: pd.DataFrame, path) -> str:
    size_curve(table, path, "Sizes")
    return text_of(path)


CURVE = {2000: 0.30, 8000: 0.50, 16000: 0.51}


def test_the_last_gain_is_told_beside_the_greatest(tmp_path):
    text = draw_sizes(sizes(CURVE, spread=0.004), tmp_path / "a.svg")
    assert "From 8,000 to 16,000 training genes, r² rises by 0.010, to 0.510." in text
    assert "The greatest gain is from 2,000 to 8,000: 0.200." in text
    for word in (
        "Sizes",
        "Training genes",
        "r² of predicted and observed expression, test genes",
        "Lowest validation error (mean, squared z-scores)",
        "mean of 3 draws",
        "± 1 s.d. of the draws",
        "one draw",
    ):
        assert word in text


def test_a_gain_below_the_spread_of_draws_is_no_news(tmp_path):
    text = draw_sizes(sizes(CURVE, spread=0.02), tmp_path / "a.svg")
    assert "rises by 0.010, to 0.510, less than draws differ (s.d. 0.020)." in text


@pytest.mark.parametrize(
    ("last", "said"), [(0.45, "falls by 0.050, to 0.450"), (0.5, "does not change, to 0.500")]
)
def test_more_genes_may_not_help(tmp_path, last, said):
    assert f"r² {said}" in draw_sizes(sizes({2000: 0.5, 4000: last}), tmp_path / "a.svg")


def test_the_order_of_the_rows_says_nothing(tmp_path):
    for name, table in (("a.svg", sizes(CURVE)), ("b.svg", sizes(dict(reversed(CURVE.items()))))):
        draw_sizes(table.sort_values(["draw", "r2"], ascending=name == "a.svg"), tmp_path / name)
    assert words(tmp_path / "a.svg") == words(tmp_path / "b.svg")


def test_one_training(tmp_path):
    text = draw_sizes(sizes({4000: 0.5}).iloc[:1], tmp_path / "a.svg")
    assert "With 4,000 training genes, r² is 0.490." in text
    assert "s.d." not in text
    assert "mean of" not in text


def test_one_size_of_several_draws(tmp_path):
    text = draw_sizes(sizes({4000: 0.5}), tmp_path / "a.svg")
    assert "With 4,000 training genes, r² is 0.500, the mean of 3 draws." in text


def test_draws_may_differ_in_number(tmp_path):
    assert "mean of 1 to 3 draws" in draw_sizes(sizes(CURVE).iloc[2:], tmp_path / "a.svg")


@pytest.mark.parametrize("gone", ["column", "values"])
def test_without_validation_errors_one_panel_is_left(tmp_path, gone):
    table = sizes(CURVE).assign(validation_mse=np.nan)
    text = draw_sizes(table if gone == "values" else table.drop(columns="validation_mse"), tmp_path / "a.svg")
    assert "validation error" not in text
    assert text.count("Training genes") == 1


def test_collapsed_trainings_are_counted(tmp_path):
    table = sizes(CURVE).assign(constant=False)
    table.loc[0, ["r2", "constant"]] = [0.0, True]
    text = draw_sizes(table, tmp_path / "a.svg")
    assert "Collapsed to a constant: 1 of 9 trainings." in text


def test_of_many_sizes_some_are_named(tmp_path):
    text = draw_sizes(sizes({1000 * size: 1 - 1 / (size + 1) for size in range(1, 41)}), tmp_path / "a.svg")
    assert "From 39,000 to 40,000" in text
    lines = words(tmp_path / "a.svg").split("\n")
    ticks = [line for line in lines if line.endswith(",000") and " " not in line]
    assert sorted(ticks) == sorted(2 * ["5,000", "12,000", "19,000", "26,000", "33,000", "40,000"])


def test_sizes_too_close_to_name_get_an_even_axis(tmp_path):
    draw_sizes(sizes({100: 0.1, 200: 0.2, 400: 0.3, 25_000: 0.5}), tmp_path / "a.svg")
    lines = words(tmp_path / "a.svg").split("\n")
    assert "25,000" in lines
    assert "400" not in lines


WINDOWS = [(7000, 3500, 0.59), (0, 500, 0.40), (1500, 7500, 0.58), (1500, 1500, 0.57), (10000, 10000, 0.56)]


def windows(rows: list[tuple[int, int, float]] = WINDOWS, half: float = 0.03) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["upstream", "downstream", "r2"])
    return table.assign(r2_ci_low=table["r2"] - half, r2_ci_high=table["r2"] + half, n=1000, constant=False)


def draw_windows(table: pd.DataFrame, path) -> str:
    window_study(table, path, "Windows")
    return text_of(path)


def test_the_best_window_and_the_shortest_that_reaches_it(tmp_path):
    text = draw_windows(windows(), tmp_path / "a.svg")
    assert "Highest: −7,000 to +3,500 of the TSS, r² = 0.590." in text
    assert "reads 3,000 instead of 10,500 bases: −1,500 to +1,500, r² = 0.570." in text
    for word in (
        "Bases read, relative to the TSS",
        "95 % bootstrap interval",
        "0.400 (0.370 to 0.430), n = 1,000",
    ):
        assert word in text
    order = [text.rindex(name) for name in ("0.590 (", "0.580 (", "0.570 (", "0.560 (", "0.400 (")]
    assert order == sorted(order)


def test_no_shorter_window_reaches_the_best(tmp_path):
    text = draw_windows(windows(half=0.001), tmp_path / "a.svg")
    assert "No shorter window's interval reaches that." in text


def test_nothing_is_said_of_shorter_windows_where_the_best_is_the_shortest(tmp_path):
    text = draw_windows(windows([(0, 500, 0.6), (500, 500, 0.59)]), tmp_path / "a.svg")
    assert "Highest: 0 to +500 of the TSS, r² = 0.600." in text
    assert "horte" not in text


def test_one_window(tmp_path):
    text = draw_windows(
        windows(WINDOWS[:1])[["upstream", "downstream", "r2", "r2_ci_low", "r2_ci_high"]], tmp_path / "a.svg"
    )
    assert "Bases read: −7,000 to +3,500 of the TSS, r² = 0.590." in text
    assert "n =" not in text


def test_a_collapsed_window_reaches_nothing(tmp_path):
    table = windows()
    table.loc[3, ["r2", "r2_ci_low", "r2_ci_high", "constant"]] = [0.0, 0.0, 0.9, True]
    text = draw_windows(table, tmp_path / "a.svg")
    assert "9,000 instead of 10,500 bases: −1,500 to +7,500" in text
    assert "collapsed to a constant, n = 1,000" in text
    text = draw_windows(windows().assign(constant="True"), tmp_path / "b.svg")
    assert "no window says anything about the genes" in text


def settings(labels: list[str]) -> pd.DataFrame:
    r2 = np.linspace(0.3, 0.6, len(labels))
    table = pd.DataFrame({"label": labels, "r2": r2, "r2_ci_low": r2 - 0.03, "r2_ci_high": r2 + 0.02})
    return table.assign(n=969, constant=False)


def draw_settings(table: pd.DataFrame, path, **options) -> str:
    variations(table, path, "Inputs", **options)
    return text_of(path)


def test_variations_keep_their_order(tmp_path):
    table = settings(["inputs halflife", "inputs promoter", "inputs both"]).iloc[[1, 2, 0]]
    text = draw_settings(table, tmp_path / "a.svg")
    assert "Highest: inputs both, r² = 0.600; lowest: inputs halflife, 0.300." in text
    assert "0.450 (0.420 to 0.470), n = 969" in text
    order = [text.rindex(name) for name in ("inputs promoter", "inputs both", "inputs halflife")]
    assert order == sorted(order)
    assert "Varied" not in text


def test_the_varied_settings_are_named(tmp_path):
    text = draw_settings(settings(["a", "b"]), tmp_path / "a.svg", keys=["inputs", "protocol"])
    assert "Varied: inputs, protocol. Highest: b" in text


def test_one_variation(tmp_path):
    assert "Inputs a: r² = 0.300." in draw_settings(settings(["a"]), tmp_path / "a.svg")


def test_collapsed_variations(tmp_path):
    table = settings(["a", "b"])
    table.loc[0, "constant"] = True
    assert "collapsed to a constant, n = 969" in draw_settings(table, tmp_path / "a.svg")
    text = draw_settings(table.assign(constant=True), tmp_path / "b.svg")
    assert "Every network collapsed to a constant" in text


def test_many_long_names_stay_whole(tmp_path):
    labels = [f"architecture of_a_very_long_name_{i}, inputs mono_shuffled + halflife" for i in range(40)]
    text = draw_settings(settings(labels), tmp_path / "a.svg").replace(" ", "")
    for label in labels:
        assert label.replace(" ", "") in text


def test_same_input_same_bytes(tmp_path):
    for name in ("a.svg", "b.svg"):
        draw_sizes(sizes(CURVE), tmp_path / f"sizes_{name}")
        draw_windows(windows(), tmp_path / f"windows_{name}")
        draw_settings(settings(["a", "b"]), tmp_path / f"settings_{name}")
    for kind in ("sizes", "windows", "settings"):
        assert (tmp_path / f"{kind}_a.svg").read_bytes() == (tmp_path / f"{kind}_b.svg").read_bytes()


@pytest.mark.parametrize(
    ("draw", "table", "message"),
    [
        (draw_sizes, sizes(CURVE).drop(columns="draw"), "by size: the table has no column draw"),
        (draw_sizes, sizes(CURVE).iloc[:0], "by size: the table has no rows"),
        (draw_sizes, sizes(CURVE).assign(r2=np.nan), "by size, column r2: 9 of 9 values.*first of row 1"),
        (draw_windows, windows().drop(columns="upstream"), "by window: the table has no column upstream"),
        (draw_windows, windows().assign(r2_ci_low=np.inf), "by window, column r2_ci_low: 5 of 5 values"),
        (draw_settings, settings(["a"]).drop(columns="label"), "by setting: the table has no column label"),
        (draw_settings, settings(["a", "b"]).replace({"r2": {0.6: np.nan}}), "column r2: 1 of 2.*first of b"),
        (draw_settings, settings(["a"]).assign(r2="many"), "column r2: 1 of 1 values"),
    ],
)
def test_tables_that_cannot_be_drawn(tmp_path, draw, table, message):
    with pytest.raises(InputError, match=message):
        draw(table, tmp_path / "a.svg")
    assert list(tmp_path.iterdir()) == []
