"""The figures that set models side by side."""

import numpy as np
import pandas as pd
import pytest
from figures import words

from xpresso_core import plots_ensembles
from xpresso_core.errors import InputError


def text_of(path) -> str:
    return " ".join(words(path).split())


def interval(name: str, value: float | None, half: float = 0.03) -> dict[str, float | None]:
    low, high = (None, None) if value is None else (value - half, value + half)
    return {name: value, f"{name}_ci_low": low, f"{name}_ci_high": high}


def experiment(
    name: str, best: float, mean: float | None, covered: float | None = 0.9, live: float = 10.0
) -> dict[str, object]:
    facts = {"experiment": name, "n": 1000, "live": live, "level": 0.9}
    width = None if covered is None else 2.31
    return {
        **facts,
        **interval("r2_best", best),
        **interval("r2_ensemble", mean),
        **interval("coverage", covered, 0.018),
        "mean_width": width,
    }


def draw(rows: list[dict[str, object]] | pd.DataFrame, path) -> str:
    plots_ensembles.ensembles(pd.DataFrame(rows), path, "Trials")
    return text_of(path)


def test_best_mean_and_coverage_are_told(tmp_path):
    rows = [experiment("human", 0.55, 0.57), experiment("mouse", 0.70, 0.69, covered=0.88, live=9.6)]
    text = draw(rows, tmp_path / "a.svg")
    assert (
        "a higher r² than the best of them in 1 of 2 experiments; on average an r² higher by 0.005." in text
    )
    assert (
        "Intervals made for 90 % of the genes hold 88 to 90 %; in 1 of 2 experiments the bar misses" in text
    )
    for word in (
        "0.550 → 0.570 (+0.020) n = 1,000; 10 live trials",
        "0.700 → 0.690 (-0.010) n = 1,000; 9.6 live trials",
        "88.0 % width 2.31",
        "best of the trials",
        "mean of the live trials",
        "share aimed at (90 %)",
        "95 % bootstrap interval",
        "mean width, log10 units",
    ):
        assert word in text


def test_one_experiment(tmp_path):
    text = draw([experiment("human", 0.57, 0.55)], tmp_path / "a.svg")
    assert "The mean of the trials has an r² lower by 0.020 than the best of them." in text
    assert "Intervals made for 90 % of the genes hold 90 %." in text


def test_no_difference_is_no_gain(tmp_path):
    text = draw([experiment("human", 0.57, 0.57)], tmp_path / "a.svg")
    assert "The mean of the trials has no other r² than the best of them." in text


def test_one_live_trial_has_no_mean(tmp_path):
    text = draw(
        [experiment("human", 0.55, 0.57), experiment("single", 0.5, None, live=1.0)], tmp_path / "a.svg"
    )
    assert "0.500; nothing to average n = 1,000; 1 live trial " in text
    assert "The mean of the trials has an r² higher by 0.020" in text
    text = draw([experiment("single", 0.5, None, live=1.0)], tmp_path / "b.svg")
    assert "No experiment has several live trials." in text


@pytest.mark.parametrize("width", [None, np.inf])
def test_too_few_validation_genes_give_no_coverage(tmp_path, width):
    endless = {**experiment("few", 0.5, 0.51, covered=1.0), "mean_width": width}
    text = draw([experiment("human", 0.55, 0.57), endless], tmp_path / "a.svg")
    assert "too few validation genes" in text
    assert "hold 90 %." in text
    text = draw([endless], tmp_path / "b.svg")
    assert "There are too few validation genes for intervals." in text


def test_no_coverage_at_all(tmp_path):
    text = draw([experiment("few", 0.5, None, covered=None, live=1.0)], tmp_path / "a.svg")
    assert "No experiment has several live trials. There are too few validation genes for intervals." in text


def test_coverage_off_now_and_then_is_chance(tmp_path):
    rows = [experiment(f"e{i}", 0.5, 0.51, covered=0.9 if i else 0.95) for i in range(20)]
    text = draw(rows, tmp_path / "a.svg")
    assert "in 1 of 20 experiments the bar misses the dashed line, as chance has it in one of 20." in text


def test_many_experiments_with_long_names_keep_their_order(tmp_path):
    names = [f"human_inputs-inputs_mono_shuffled_halflife_{i:02d}" for i in range(60)]
    rows = [experiment(name, 0.5, 0.51 if i % 3 else None) for i, name in enumerate(names)]
    text = draw(rows, tmp_path / "a.svg").replace(" ", "")
    places = [text.index(name) for name in names]
    assert places == sorted(places)


ROWS = [
    ("median_folds", "median", "K562", False, 0.48, 18_377),
    ("K562_folds", "K562", "K562", False, 0.51, 18_377),
    ("median_folds", "median", "GM12878", False, 0.47, 18_377),
    ("GM12878_folds", "GM12878", "GM12878", False, 0.52, 18_377),
    ("human_orthologs", "median", "mouse", True, 0.60, 1000),
    ("mouse_orthologs", "mouse", "mouse", True, 0.59, 1000),
]


def table_of(rows: list[tuple[object, ...]] = ROWS) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["experiment", "trained_on", "tested_on", "orthologs", "r2", "n"])
    return table.assign(r2_ci_low=table["r2"] - 0.012, r2_ci_high=table["r2"] + 0.012)


def draw_tested(table: pd.DataFrame, path) -> str:
    plots_ensembles.tested_elsewhere(table, path, "Elsewhere")
    return text_of(path)


def test_own_models_are_compared_within_and_across_species(tmp_path):
    text = draw_tested(table_of(), tmp_path / "a.svg")
    assert (
        "own model is 0.040 higher than that of models of other datasets, on average of 2 comparisons;"
        in text
    )
    assert "and 0.010 lower than that of models of another species (orthologs)." in text
    assert "Where n differs" not in text
    for word in (
        "Tested on K562",
        "Tested on GM12878",
        "Tested on mouse",
        "trained on median",
        "filled: a model of its own",
        "hollow: of another dataset",
        "0.480 (0.468 to 0.492), n = 18,377",
        "0.600 (0.588 to 0.612), n = 1,000, orthologs",
    ):
        assert word in text


def test_own_models_stand_first_in_the_block_of_their_dataset(tmp_path):
    text = draw_tested(table_of(), tmp_path / "a.svg")
    numbers = ("0.510 (", "0.480 (", "0.520 (", "0.470 (", "0.590 (", "0.600 (")
    places = [text.index(number) for number in numbers]
    assert places == sorted(places)


def test_own_models_on_the_same_kind_of_genes_are_those_that_count(tmp_path):
    """An own model tested on all genes is no match for one of another species, which is tested on orthologs."""
    table = table_of([*ROWS, ("mouse_all", "mouse", "mouse", False, 0.9, 21_856)])
    text = draw_tested(table, tmp_path / "a.svg")
    assert "0.010 lower than that of models of another species" in text
    assert "Where n differs, so do the genes." in text
    text = draw_tested(
        table_of([ROWS[4], ("mouse_all", "mouse", "mouse", False, 0.9, 1000)]), tmp_path / "b.svg"
    )
    assert "0.300 higher than that of models of another species" in text


def test_flags_may_be_read_from_a_file(tmp_path):
    draw_tested(table_of(), tmp_path / "a.svg")
    draw_tested(table_of().astype({"orthologs": str}), tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_dataset_without_a_model_of_its_own(tmp_path):
    text = draw_tested(table_of(ROWS[:1]), tmp_path / "a.svg")
    assert "No dataset is tested both by a model of its own and by another's." in text


def test_many_datasets_with_long_names(tmp_path):
    names = [f"human_cell_type_number_{i}_of_a_long_name" for i in range(9)]
    rows = [(f"{a}_folds", a, b, False, 0.5 + 0.1 * (a == b), 9000) for b in names[:5] for a in names]
    text = draw_tested(table_of(rows), tmp_path / "a.svg")
    assert "0.100 higher than that of models of other datasets, on average of 40 comparisons." in text
    for name in names[:5]:
        assert f"Tested on {name}" in text


def test_every_dataset_has_a_look_of_its_own(tmp_path):
    rows = [("e", f"d{i:02d}", "x", False, 0.5, 9000) for i in range(30)]
    draw_tested(table_of(rows), tmp_path / "a.svg")
    assert len(set(plots_ensembles._looks(table_of(rows)["trained_on"]).values())) == 30


def test_same_input_same_bytes(tmp_path):
    for name in ("a.svg", "b.svg"):
        draw([experiment("human", 0.55, 0.57)], tmp_path / f"e_{name}")
        draw_tested(table_of(), tmp_path / f"t_{name}")
    for kind in "et":
        assert (tmp_path / f"{kind}_a.svg").read_bytes() == (tmp_path / f"{kind}_b.svg").read_bytes()


GOOD = pd.DataFrame([experiment("human", 0.55, 0.57)])


@pytest.mark.parametrize(
    ("function", "table", "message"),
    [
        (draw, GOOD.drop(columns="level"), "trials side by side: the table has no column level"),
        (draw, GOOD.iloc[:0], "trials side by side: the table has no rows"),
        (draw, GOOD.assign(r2_best=np.nan), "column r2_best: 1 of 1 values.*first of human"),
        (draw, GOOD.assign(r2_ensemble_ci_low=np.nan), "column r2_ensemble_ci_low: 1 of 1 values"),
        (draw, GOOD.assign(coverage_ci_low=np.nan), "column coverage_ci_low: 1 of 1 values"),
        (
            draw_tested,
            table_of().drop(columns="orthologs"),
            "tested elsewhere: the table has no column orthologs",
        ),
        (draw_tested, table_of().iloc[:0], "tested elsewhere: the table has no rows"),
        (draw_tested, table_of().assign(r2=np.inf), "column r2: 6 of 6 values.*first of median_folds"),
    ],
)
def test_tables_that_cannot_be_drawn(tmp_path, function, table, message):
    with pytest.raises(InputError, match=message):
        function(table, tmp_path / "a.svg")
    assert list(tmp_path.iterdir()) == []
