"""Figures of baselines: what they say, and tables that cannot be drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figures import words

from xpresso_core.baseline_names import METHODS, Baseline, baselines
from xpresso_core.errors import InputError
from xpresso_core.plots_baselines import (
    FEATURES,
    SHOWN_MOTIFS,
    all_models,
    best_row,
    coefficients,
    fold_by_fold,
    motif_effects,
)

REFERENCE = "human_network"


def interval(name: str, value: float, width: float = 0.02) -> dict[str, float]:
    return {name: value, f"{name}_ci_low": value - width, f"{name}_ci_high": value + width}


def model_row(name: str, r2: float, **facts: Any) -> dict[str, Any]:
    method, blocks = Baseline.of_name(name)
    own = {
        "model": name,
        "method": method,
        "features": "+".join(block for block in blocks if block != "halflife"),
        "halflife": "halflife" in blocks,
    }
    tests = {"mean_fold_r2": r2, "fold_difference": 0.6 - r2, "t": 3.0, "p": 0.0012, "p_corrected": 0.034}
    return own | facts | interval("r2", r2) | interval("margin", 0.6 - r2, 0.03) | tests


def network(name: str, r2: float) -> dict[str, Any]:
    return model_row(name, r2, method="network", features="promoter", halflife=True)


def models(methods: tuple[str, ...] = METHODS, kmers: tuple[int, ...] = (1, 2, 3)) -> pd.DataFrame:
    """Return a table in which every method and every further set of features does a little better."""
    simple = list(baselines(kmers, 2, methods))
    rows = [model_row(one.name, 0.01 * number) for number, one in enumerate(simple)]
    return pd.DataFrame([*rows, network(REFERENCE, 0.6), network("human_shuffled", 0.2)])


def folds_of(table: pd.DataFrame, folds: int = 4) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"model": row["model"], "fold": str(fold), "r2": row["mean_fold_r2"] + 0.01 * fold}
            for _, row in table.iterrows()
            for fold in range(1, folds + 1)
        ]
    )


def draw_models(table: pd.DataFrame, path: Path, reference: str = REFERENCE) -> str:
    all_models(table, path, "Networks and baselines", reference)
    return " ".join(words(path).split())


def draw_folds(table: pd.DataFrame, path: Path, folds: pd.DataFrame | None = None) -> str:
    fold_by_fold(table, folds_of(table) if folds is None else folds, path, "Fold by fold", REFERENCE)
    return " ".join(words(path).split())


def test_the_best_row_is_the_largest_and_the_last_of_equals() -> None:
    table = pd.DataFrame({"model": list("abcd"), "r2": [0.1, 0.5, 0.5, np.nan]})
    assert best_row(table.dropna(), "r2")["model"] == "c"


def test_all_models_are_set_beside_the_network(tmp_path: Path) -> None:
    text = draw_models(models(), tmp_path / "a.svg")
    assert (
        "The network human_network has r² = 0.600; the best linear model as in the paper 0.130 (least squares,"
        " motifs + 2-mers + half-life); the best of all simple models 0.390 (trees, motifs + 2-mers + half-life)."
        " The network's margin over that one is +0.210 (+0.180 to +0.240)." in text
    )
    for word in (
        "Networks and baselines", "Least squares, as in the paper", "Ridge regression", "Boosted trees",
        "half-life features only", "CpG and G+C of the core", "1-mers", "3-mers", "motifs + 2-mers",
        "its 95 % interval", "with half-life features", "without half-life features",
        "0.600 (0.580 to 0.620)", "0.200 (0.180 to 0.220)", "human_shuffled",
    ):  # fmt: skip
        assert word in text


def test_sets_of_features_stand_in_their_order_once(tmp_path: Path) -> None:
    text = draw_models(models(), tmp_path / "a.svg").split("half-life features only", 1)[1]
    places = [text.index(f" {name} ") for name in ("CpG and G+C of the core", "1-mers", "2-mers", "motifs")]
    assert places == sorted(places)
    assert text.count("CpG and G+C of the core") == 1


@pytest.mark.parametrize("method", METHODS)
def test_one_method_only(tmp_path: Path, method: str) -> None:
    text = draw_models(models((method,)), tmp_path / "a.svg")
    titles = {"lm": "Least squares, as in the paper", "ridge": "Ridge regression", "trees": "Boosted trees"}
    for name, title in titles.items():
        assert (title in text) == (name == method)
    assert ("the best linear model as in the paper" in text) == (method == "lm")
    assert "the best of all simple models 0.130" in text


def test_features_that_a_file_left_empty(tmp_path: Path) -> None:
    table = models()
    empty = table.assign(features=table["features"].replace("", np.nan))
    assert draw_models(empty, tmp_path / "a.svg") == draw_models(table, tmp_path / "b.svg")


def test_margins_may_be_left_out(tmp_path: Path) -> None:
    table = models().drop(columns=["margin", "margin_ci_low", "margin_ci_high"])
    assert "margin" not in draw_models(table, tmp_path / "a.svg")


def test_a_holdout_has_models_without_tests_over_folds(tmp_path: Path) -> None:
    tests = ["mean_fold_r2", "fold_difference", "t", "p", "p_corrected"]
    text = draw_models(models().drop(columns=tests), tmp_path / "a.svg")
    assert text == draw_models(models(), tmp_path / "b.svg")


def test_a_network_that_loses_and_one_that_collapsed(tmp_path: Path) -> None:
    table = pd.concat(
        [models(), pd.DataFrame([model_row("lm:8mer", 0.7), network("dead", 0.0)])], ignore_index=True
    )
    text = draw_models(table, tmp_path / "a.svg")
    assert "The network's margin over that one is -0.100 (-0.130 to -0.070)." in text
    assert "dead" in text


def test_many_networks_with_long_names(tmp_path: Path) -> None:
    names = [f"human_median_of_a_very_long_name_that_goes_on_and_on_{number:02d}" for number in range(12)]
    rows = [network(name, 0.5) for name in names]
    table = pd.concat([models(kmers=tuple(range(1, 9))), pd.DataFrame(rows)], ignore_index=True)
    text = draw_models(table, tmp_path / "a.svg").replace(" ", "")
    assert all(name in text for name in names)


MODELS = models(kmers=(1,))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (MODELS[:0], "baselines: the table has no rows"),
        (MODELS.drop(columns="halflife"), "no column halflife"),
        (MODELS.drop(columns="r2_ci_low"), "no column r2_ci_low"),
        (MODELS.assign(r2=np.nan), "column r2: "),
        (MODELS.assign(r2_ci_high=np.inf), "column r2_ci_high: "),
        (MODELS[MODELS["model"] != REFERENCE], "there is no row of 'human_network'"),
    ],
)
def test_models_that_cannot_be_drawn(tmp_path: Path, table: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw_models(table, tmp_path / "a.svg")
    assert list(tmp_path.iterdir()) == []


def test_fold_by_fold_the_network_and_the_best_of_each_method(tmp_path: Path) -> None:
    text = draw_folds(models(), tmp_path / "a.svg")
    assert (
        "human_network is better than 4 of 4 of the best simple models at p < 0.05 in a paired t-test over folds,"
        " corrected for what folds share." in text
    )
    order = [
        "least squares, 3-mers",
        "least squares, motifs",
        "ridge, motifs",
        "trees, motifs",
        "human_network",
    ]
    ticks = text[text.index(order[0]) :]
    places = [ticks.index(name) for name in order]
    assert places == sorted(places)
    assert text.count("p = 0.0012") == text.count("(0.034 corrected)") == 4


def test_only_a_network_that_is_surely_better_is_called_so(tmp_path: Path) -> None:
    table = models()
    unsure = table.assign(p_corrected=0.06)
    assert "better than 0 of 4" in draw_folds(unsure, tmp_path / "a.svg")
    worse = table.assign(fold_difference=-0.1)
    assert "better than 0 of 4" in draw_folds(worse, tmp_path / "b.svg")


@pytest.mark.parametrize(("method", "rivals"), [("lm", 2), ("ridge", 1), ("trees", 1)])
def test_folds_of_one_method_only(tmp_path: Path, method: str, rivals: int) -> None:
    text = draw_folds(models((method,)), tmp_path / "a.svg")
    assert f"better than {rivals} of {rivals} of" in text


def test_a_kmer_model_that_is_the_best_linear_one_stands_once(tmp_path: Path) -> None:
    best = pd.DataFrame([model_row("lm:halflife+6mer", 0.5)])
    text = draw_folds(pd.concat([models(("lm",)), best], ignore_index=True), tmp_path / "a.svg")
    assert "better than 1 of 1 of" in text
    assert text.count("6-mers") == 1


def test_folds_with_a_long_name_and_negative_numbers(tmp_path: Path) -> None:
    table = models()
    folds = folds_of(table)
    folds["r2"] -= 0.4
    assert "human_network" in draw_folds(table, tmp_path / "a.svg", folds)
    name = "a_network_of_a_very_long_name_that_goes_on_and_on"
    renamed = table.replace(REFERENCE, name)
    fold_by_fold(renamed, folds_of(renamed), tmp_path / "b.svg", "t", name)
    assert name in "".join(words(tmp_path / "b.svg").split())


FOLDS = folds_of(MODELS)


@pytest.mark.parametrize(
    ("table", "folds", "message"),
    [
        (
            MODELS.drop(columns=["p", "p_corrected"]),
            FOLDS,
            "baselines: the table has no column p, p_corrected",
        ),
        (MODELS.drop(columns="mean_fold_r2"), FOLDS, "no column mean_fold_r2"),
        (MODELS.drop(columns="fold_difference"), FOLDS, "no column fold_difference"),
        (MODELS, FOLDS.drop(columns="fold"), "folds of baselines: the table has no column fold"),
        (MODELS, FOLDS[:0], "folds of baselines: the table has no rows"),
        (MODELS, FOLDS.assign(r2=np.nan), "folds of baselines, column r2: "),
        (MODELS.assign(mean_fold_r2=np.inf), FOLDS, "baselines, column mean_fold_r2: "),
        (MODELS[MODELS["model"] != REFERENCE], FOLDS, "there is no row of 'human_network'"),
    ],
)
def test_folds_that_cannot_be_drawn(
    tmp_path: Path, table: pd.DataFrame, folds: pd.DataFrame, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        draw_folds(table, tmp_path / "a.svg", folds)
    assert list(tmp_path.iterdir()) == []


def feature_rows(values: dict[str, float], p: float = 0.001) -> pd.DataFrame:
    rows = [
        {"name": name, "coefficient": value, "ci_low": value - 0.05, "ci_high": value + 0.05, "p": p}
        for name, value in values.items()
    ]
    return pd.DataFrame(rows)


def draw_coefficients(table: pd.DataFrame, path: Path) -> str:
    coefficients(table, path, "Half-life features")
    return " ".join(words(path).split())


def test_coefficients_in_words_the_highest_first(tmp_path: Path) -> None:
    values = dict(zip(FEATURES, (0.1, -0.3, 0.05, -0.1, 0.2, 0.02, -0.05, 0.5), strict=True))
    table = feature_rows(values)
    table.loc[table["name"] == "orf_exon_density", "p"] = 0.2
    text = draw_coefficients(table, tmp_path / "a.svg")
    assert "7 of 8 features differ from zero at p < 0.05. The strongest is length of the ORF." in text
    lines = words(tmp_path / "a.svg").split("\n")
    order = [FEATURES[name] for name, _ in sorted(values.items(), key=lambda item: -item[1])]
    assert [line for line in lines if line in order] == order


def test_coefficients_of_which_none_is_sure(tmp_path: Path) -> None:
    text = draw_coefficients(feature_rows({"utr5_len": 0.01}, p=0.5), tmp_path / "a.svg")
    assert "0 of 1 features differ from zero at p < 0.05." in text
    assert "strongest" not in text


def test_features_without_words_keep_their_name(tmp_path: Path) -> None:
    text = draw_coefficients(feature_rows({"some_other_feature": 0.3}), tmp_path / "a.svg")
    assert "The strongest is some_other_feature." in text


COEFFICIENTS = feature_rows({"utr5_len": 0.1, "cds_len": 0.2})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (COEFFICIENTS[:0], "half-life features: the table has no rows"),
        (COEFFICIENTS.drop(columns="ci_low"), "no column ci_low"),
        (COEFFICIENTS.assign(p=np.nan), "half-life features, column p: 2 of 2 values are missing"),
        (COEFFICIENTS.assign(coefficient=[0.1, -np.inf]), "column coefficient: 1 of 2"),
    ],
)
def test_coefficients_that_cannot_be_drawn(tmp_path: Path, table: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw_coefficients(table, tmp_path / "a.svg")
    assert list(tmp_path.iterdir()) == []


def motif_row(number: int, alone: float, joint: float | None, q: float = 0.001) -> dict[str, Any]:
    row: dict[str, Any] = {
        "motif_id": f"MA{number:04d}.1",
        "motif_name": f"TF{number}",
        "genes": 10 * number,
        "share": 0.1,
    }
    row |= interval("alone", alone) | {"alone_p": q / 2, "alone_q": q}
    missing = {"joint": None, "joint_ci_low": None, "joint_ci_high": None, "joint_p": None, "joint_q": None}
    return row | (missing if joint is None else interval("joint", joint) | {"joint_p": q / 2, "joint_q": q})


def draw_motifs(rows: list[dict[str, Any]] | pd.DataFrame, path: Path) -> str:
    motif_effects(pd.DataFrame(rows), path, "Motifs")
    return " ".join(words(path).split())


def test_the_motifs_with_the_smallest_p_values_are_shown_by_effect(tmp_path: Path) -> None:
    rows = [motif_row(number, 0.3 - 0.01 * number, 0.1) for number in range(30)]
    rows += [motif_row(number, 0.0, None, q=0.5) for number in range(30, 35)]
    text = draw_motifs(rows, tmp_path / "a.svg")
    assert (
        "30 of 35 motifs go with expression at a false discovery rate of 5 %, each by itself; 30 do so beside all"
        " others, composition and half-life features. The 20 with the smallest p-values are shown." in text
    )
    names = [f"TF{number} (MA{number:04d}.1, 10 %)" for number in range(SHOWN_MOTIFS)]
    places = [text.index(name) for name in names]
    assert places == sorted(places)
    assert "TF20 " not in text
    assert "Each by itself" in text
    assert "All together, with composition and half-life" in text


def test_one_motif(tmp_path: Path) -> None:
    text = draw_motifs([motif_row(1, -0.2, 0.1)], tmp_path / "a.svg")
    assert "1 of 1 motifs go with expression" in text
    assert "The 1 with the smallest p-values" in text
    assert "TF1 (MA0001.1, 10 %)" in text


def test_no_motif_is_significant(tmp_path: Path) -> None:
    text = draw_motifs([motif_row(1, -0.2, 0.1, q=0.05), motif_row(2, 0.1, None, q=1.0)], tmp_path / "a.svg")
    assert "0 of 2 motifs go with expression" in text
    assert "; 0 do so beside all others" in text


def test_no_motif_was_tested(tmp_path: Path) -> None:
    row = motif_row(1, 0.1, None) | dict.fromkeys(
        ("alone", "alone_ci_low", "alone_ci_high", "alone_p", "alone_q"), np.nan
    )
    table = pd.DataFrame([row]).astype({"joint": float, "joint_q": float})
    text = draw_motifs(table, tmp_path / "a.svg")
    assert "The 0 with the smallest p-values are shown." in text
    assert "TF1" not in text


def test_motifs_of_long_names(tmp_path: Path) -> None:
    name = "a_very_long_name_of_a_motif::that_goes_on::and_on_and_on_for_more_than_two_lines"
    text = draw_motifs([motif_row(1, 0.1, 0.1) | {"motif_name": name}], tmp_path / "a.svg")
    assert name in text.replace(" ", "")


@pytest.mark.parametrize("name", ["", None, np.nan])
def test_a_motif_without_a_name_has_its_identifier(tmp_path: Path, name: object) -> None:
    text = draw_motifs([motif_row(1, 0.1, 0.1) | {"motif_name": name}], tmp_path / "a.svg")
    assert " MA0001.1 (10 %) " in text


MOTIFS = pd.DataFrame([motif_row(1, 0.1, 0.1), motif_row(2, 0.2, 0.2)])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (MOTIFS[:0], "motifs: the table has no rows"),
        *(
            (MOTIFS.drop(columns=name), f"motifs: the table has no column {name}")
            for name in (
                "motif_name",
                "share",
                "alone",
                "alone_q",
                "joint_q",
                "alone_ci_low",
                "joint_ci_high",
            )
        ),
        (MOTIFS.assign(alone=[0.1, np.inf]), "motifs, column alone: 1 of 2 values are missing or infinite"),
        (MOTIFS.assign(alone_ci_low=[0.1, np.nan]), "motifs, column alone_ci_low: 1 of 2"),
    ],
)
def test_motifs_that_cannot_be_drawn(tmp_path: Path, table: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw_motifs(table, tmp_path / "a.svg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "draw",
    [
        lambda path: draw_models(models(), path),
        lambda path: draw_folds(models(), path),
        lambda path: draw_coefficients(COEFFICIENTS, path),
        lambda path: draw_motifs(MOTIFS, path),
    ],
    ids=["models", "folds", "coefficients", "motifs"],
)
def test_same_input_same_bytes(tmp_path: Path, draw: Callable[[Path], str]) -> None:
    for name in ("a.svg", "b.svg"):
        draw(tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
