"""Figures of baselines from files, and a run's models beside published ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from figures import words
from test_plots_baselines import COEFFICIENTS, MODELS, MOTIFS, REFERENCE, folds_of, model_row, network

from xpresso_core.errors import InputError
from xpresso_core.files import read_table, write_json, write_table
from xpresso_core.report_baselines import draw_baselines, draw_folds, draw_published

SHIPPED = Path(__file__).resolve().parents[1] / "resources" / "published_r2.tsv"
RUN = {"name": REFERENCE, "dataset": "human_median", "species": "human"}


def text_of(path: Path) -> str:
    return " ".join(words(path).split())


def test_three_figures_from_three_tables(tmp_path: Path) -> None:
    for name, table in (("models", MODELS), ("halflife", COEFFICIENTS), ("motifs", MOTIFS)):
        write_table(table, tmp_path / f"{name}.tsv")
    figures = {name: tmp_path / f"{name}.svg" for name in ("comparison", "coefficients", "motifs")}
    draw_baselines(
        *(tmp_path / f"{name}.tsv" for name in ("models", "halflife", "motifs")), figures, reference=REFERENCE
    )
    assert "Networks beside simple models" in text_of(figures["comparison"])
    assert "The network human_network has r² = 0.600" in text_of(figures["comparison"])
    assert "half-life features only" in text_of(figures["comparison"])
    assert "2 of 2 features differ from zero" in text_of(figures["coefficients"])
    assert "2 of 2 motifs go with expression" in text_of(figures["motifs"])


def test_names_that_look_like_numbers_stay_names(tmp_path: Path) -> None:
    write_table(MODELS, tmp_path / "a.tsv")
    write_table(COEFFICIENTS, tmp_path / "b.tsv")
    motifs = MOTIFS.assign(motif_id=["0012", "1e5"], motif_name=["", "007"])
    write_table(motifs, tmp_path / "c.tsv")
    figures = {name: tmp_path / f"{name}.svg" for name in ("comparison", "coefficients", "motifs")}
    draw_baselines(*(tmp_path / f"{name}.tsv" for name in "abc"), figures, reference=REFERENCE)
    text = text_of(figures["motifs"])
    assert "007 (1e5, 10 %)" in text
    assert "0012 (10 %)" in text
    assert "nan" not in text


def test_folds_from_two_tables(tmp_path: Path) -> None:
    write_table(MODELS, tmp_path / "table.tsv")
    write_table(folds_of(MODELS), tmp_path / "folds.tsv")
    draw_folds(tmp_path / "table.tsv", tmp_path / "folds.tsv", tmp_path / "a.svg", reference=REFERENCE)
    text = text_of(tmp_path / "a.svg")
    assert "Fold by fold: the network and the best simple models" in text
    assert "trees, motifs + 2-mers + half-life" in text


def test_a_holdout_has_no_figure_of_folds(tmp_path: Path) -> None:
    tests = ["mean_fold_r2", "fold_difference", "t", "p", "p_corrected"]
    write_table(MODELS.drop(columns=tests), tmp_path / "table.tsv")
    write_table(folds_of(MODELS, 1), tmp_path / "folds.tsv")
    with pytest.raises(InputError, match="no column mean_fold_r2, fold_difference"):
        draw_folds(tmp_path / "table.tsv", tmp_path / "folds.tsv", tmp_path / "a.svg", reference=REFERENCE)
    assert not (tmp_path / "a.svg").exists()


def drawn(
    folder: Path,
    tables: list[pd.DataFrame],
    runs: list[dict[str, str]],
    experiments: dict[str, tuple[str, float]] | None = None,
    reporters: dict[str, Any] | None = None,
) -> tuple[pd.DataFrame, str]:
    compared = []
    for number, (table, run) in enumerate(zip(tables, runs, strict=True)):
        path = folder / f"models_{number}.tsv"
        write_table(table, path)
        compared.append({**run, "file": str(path)})
    others = []
    for name, (dataset, value) in (experiments or {}).items():
        write_json({"pooled": {"r2": value}}, folder / f"{name}.json")
        row = {"name": name, "dataset": dataset, "species": "human", "file": str(folder / f"{name}.json")}
        others.append(row)
    assays = []
    for name, metrics in (reporters or {}).items():
        write_json(metrics, folder / f"{name}.json")
        row = {
            "name": name,
            "dataset": "human_K562",
            "species": "human",
            "file": str(folder / f"{name}.json"),
        }
        assays.append(row)
    draw_published(SHIPPED, compared, others, assays, folder / "out.tsv", folder / "out.svg")
    return read_table(folder / "out.tsv"), text_of(folder / "out.svg")


def test_a_runs_network_and_best_baseline_stand_beside_published_results(tmp_path: Path) -> None:
    table, text = drawn(tmp_path, [MODELS], [RUN])
    known = read_table(SHIPPED)
    own, rest = table[table["ours"]], table[~table["ours"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest[list(known.columns)], known)
    best = MODELS[MODELS["method"] != "network"].sort_values("r2").iloc[-1]
    assert own[["model", "r2"]].to_numpy().tolist() == [
        [REFERENCE, 0.6],
        [f"best baseline of {REFERENCE} (trees, motifs + 2-mers + half-life)", pytest.approx(best["r2"])],
    ]
    common = ["category", "study", "species", "cell_type", "source"]
    assert (
        own[common].to_numpy().tolist()
        == [["Sequence alone", "this run", "human", "human_median", "this run"]] * 2
    )
    assert f"Sequence alone: the best of this run's models ({REFERENCE}) has r² = 0.600." in text
    assert "this run: human_network, human, human_median" in text


def test_several_comparisons(tmp_path: Path) -> None:
    other = pd.DataFrame([model_row("lm:4mer", 0.7), model_row("mean", 0.0), network("mouse_network", 0.65)])
    runs = [RUN, {"name": "mouse_network", "dataset": "mouse_median", "species": "mouse"}]
    table, text = drawn(tmp_path, [MODELS, other], runs)
    own = table[table["ours"]]
    assert own["model"].tolist()[2:] == [
        "mouse_network",
        "best baseline of mouse_network (least squares, 4-mers)",
    ]
    assert own["species"].tolist() == ["human", "human", "mouse", "mouse"]
    assert own["cell_type"].tolist() == ["human_median"] * 2 + ["mouse_median"] * 2
    assert "models (best baseline of mouse_network (least squares, 4-mers)) has r² = 0.700" in text


def test_no_comparison_leaves_what_is_published(tmp_path: Path) -> None:
    table, text = drawn(tmp_path, [], [])
    assert not table["ours"].any()
    assert "No model of this run is shown." in text


def test_two_comparisons_with_one_network_name_it_once(tmp_path: Path) -> None:
    table, _ = drawn(tmp_path, [MODELS, MODELS], [RUN, RUN])
    assert table["ours"].sum() == 2


def test_the_best_experiment_of_other_datasets_is_there(tmp_path: Path) -> None:
    experiments = {
        "first": ("human_K562", 0.3),
        "second": ("human_K562", 0.4),
        "third": ("human_GM12878", 0.2),
    }
    table, _ = drawn(tmp_path, [MODELS], [RUN], experiments)
    own = table[table["ours"]].set_index("model")["r2"]
    assert own[["second", "third"]].tolist() == [0.4, 0.2]
    assert "first" not in own.index


def test_reporter_assays_stand_in_their_category(tmp_path: Path) -> None:
    reporters = {"sure": {"r2": 0.5, "joint": {"r2_joint": 0.6}}, "lone": {"r2": 0.4, "joint": None}}
    table, text = drawn(tmp_path, [], [], reporters=reporters)
    own = table[table["ours"]]
    assert own["model"].tolist() == ["sure alone", "sure with predictions", "lone alone"]
    assert set(own["category"]) == {"Reporter assays"}
    assert {"Sequence alone", "Reporter assays"} <= set(read_table(SHIPPED)["category"])
    assert "this run: sure with predictions, human, human_K562" in text
