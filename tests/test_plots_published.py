"""The figure of published results, and the table of them that we ship."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figures import words

from xpresso_core.errors import InputError
from xpresso_core.files import read_table
from xpresso_core.plots_published import published

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "resources" / "published_r2.tsv"
COLUMNS = ["category", "study", "model", "species", "cell_type", "r2", "source"]


def row(study: str, r2: float | None = 0.5, **changed: Any) -> dict[str, Any]:
    facts = {"category": "Sequence alone", "study": study, "model": f"model of {study}", "species": "human"}
    return facts | {"cell_type": "K562", "r2": r2, "ours": False} | changed


def draw(rows: list[dict[str, Any]] | pd.DataFrame, path: Path) -> str:
    published(pd.DataFrame(rows), path, "Beside published results")
    return " ".join(words(path).split())


OWN = row("this run", 0.6123, model="my_network", ours=True)


def test_results_stand_by_category_the_best_first(tmp_path: Path) -> None:
    rows = [
        row("Second", 0.4),
        row("Other", 0.7, category="Histone marks"),
        OWN,
        row("First", 0.55, cell_type=None),
        row("Nobody", None, category="DNase"),
        row("Unsaid", None),
    ]
    text = draw(rows, tmp_path / "a.svg")
    order = [
        "this run: my_network, human, K562",
        "First: model of First, human",
        "Second: model of Second, human, K562",
    ]
    places = [text.index(name) for name in order]
    assert places == sorted(places)
    assert "First: model of First, human, K562" not in text
    assert "DNase: the paper's text has no number" in text
    assert "Histone marks: " not in text
    for absent in ("Nobody", "Unsaid", "nan", "None"):
        assert absent not in text
    for number in ("0.612", "0.40", "0.55", "0.70"):
        assert number in text
    assert "0.400" not in text
    assert ": the best of this run's models (my_network) has r² = 0.612. Compare within a species" in text


def test_the_best_of_several_of_ours_is_told(tmp_path: Path) -> None:
    rows = [OWN | {"model": "worse", "r2": 0.3}, OWN, OWN | {"model": "bad", "r2": 0.1}, row("A", 0.9)]
    assert "models (my_network) has r² = 0.612." in draw(rows, tmp_path / "a.svg")


def test_no_model_of_this_run(tmp_path: Path) -> None:
    assert "No model of this run is shown." in draw([row("A")], tmp_path / "a.svg")


def test_species_of_other_names(tmp_path: Path) -> None:
    rows = [OWN | {"species": "human_mini"}, row("A", species="zebrafish"), row("B", species=None)]
    lines = words_of(rows, tmp_path / "a.svg")
    assert [line for line in lines if line in {"human", "mouse", "other species"}] == [
        "human",
        "mouse",
        "other species",
    ]
    assert "other species" not in words_of([OWN, row("A", species="mouse")], tmp_path / "b.svg")


def words_of(rows: list[dict[str, Any]], path: Path) -> list[str]:
    draw(rows, path)
    return words(path).split("\n")


def test_colours_go_by_species(tmp_path: Path) -> None:
    """A row of a mouse is drawn as red as the legend's mouse, and no other."""
    drawn = {}
    for species in ("human", "human_mini", "mouse", "mouse_mini", "worm"):
        draw([row("A", species=species)], tmp_path / "a.svg")
        colours = re.findall(r"stroke: (#[0-9a-f]{6})", (tmp_path / "a.svg").read_text())
        drawn[species] = {colour: colours.count(colour) for colour in colours}
    assert drawn["human"] == drawn["human_mini"] != drawn["mouse"] == drawn["mouse_mini"]
    assert drawn["worm"] not in (drawn["human"], drawn["mouse"])


def test_flags_from_a_file_are_flags(tmp_path: Path) -> None:
    rows = pd.DataFrame([OWN, row("A")])
    text = rows.assign(ours=rows["ours"].astype(str))
    draw(rows, tmp_path / "a.svg")
    draw(text, tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_one_result_and_long_names(tmp_path: Path) -> None:
    name = "a_network_of_a_very_long_name_that_goes_on_and_on_and_on_for_more_than_one_line"
    text = draw([OWN | {"model": name}], tmp_path / "a.svg")
    assert name in text.replace(" ", "")


def test_same_input_same_bytes(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        draw([OWN, row("A"), row("B", None, category="DNase")], tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


GOOD = pd.DataFrame([OWN, row("A")])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (GOOD[:0], "published results: the table has no rows"),
        *((GOOD.drop(columns=name), f"no column {name}") for name in ("category", "cell_type", "ours", "r2")),
        (
            GOOD.assign(r2=[0.1, np.inf]),
            "published results, column r2: 1 of 2 values are missing or infinite",
        ),
        (GOOD.astype({"r2": object}).assign(r2=[0.1, "high"]), "published results, column r2: 1 of 2"),
    ],
)
def test_tables_that_cannot_be_drawn(tmp_path: Path, table: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw(table, tmp_path / "a.svg")
    assert list(tmp_path.iterdir()) == []


def test_every_shipped_result_has_a_source_and_r2_is_one() -> None:
    table = read_table(SHIPPED)
    assert list(table.columns) == COLUMNS
    assert table[["category", "study", "source"]].notna().all(axis=None)
    known = table[table["r2"].notna()]
    assert known["r2"].between(0, 1).all()
    assert known[["model", "species"]].notna().all(axis=None)
    assert set(known["species"]) == {"human", "mouse"}
    assert not table.duplicated(["category", "study", "model", "species", "cell_type"]).any()
    silent = table[table["r2"].isna()]
    assert silent["source"].str.contains("no number printed|see DNase").all()
    assert known["source"].str.startswith("Agarwal & Shendure 2020, ").all()
    assert not known["source"].str.contains("no number").any()


def test_shipped_results_can_be_drawn(tmp_path: Path) -> None:
    table = read_table(SHIPPED).assign(ours=False)
    text = draw(table, tmp_path / "a.svg")
    for category in table["category"].unique():
        assert category in text
    assert "Bessière" not in text


def digits(number: str) -> int:
    return len(number.partition(".")[2])


@pytest.mark.real
def test_shipped_results_are_those_of_the_published_table(real_data: Path) -> None:
    """Rows that give the table as their source, and the networks, agree with it to the digits given."""
    lines = (real_data / "published" / "model_comparison.txt").read_text().splitlines()
    rows = {cells[0]: (float(cells[1]), float(cells[2])) for cells in map(shlex.split, lines[1:])}
    names = {
        ("Xpresso", "human"): "Xpresso, Hyperparameter-tuned",
        ("Xpresso", "mouse"): "Xpresso, Hyperparameter-tuned, mouse",
        ("motifs + 4-mers + half-life, least squares", "human"): "JASPAR TFs+4mer",
        ("motifs + 5-mers + half-life, least squares", "mouse"): "JASPAR TFs+5mer, mouse",
    }
    shipped = pd.read_csv(SHIPPED, sep="\t", dtype=str)
    shipped = shipped[shipped["r2"].notna() & (shipped["cell_type"] == "median")]
    found = {(line["model"], line["species"]): line["r2"] for _, line in shipped.iterrows()}
    assert set(found) == set(names)
    for key, number in found.items():
        assert float(number) == pytest.approx(round(rows[names[key]][1], digits(number)), abs=1e-9)
    quoted = shipped[shipped["source"].str.contains("model_comparison.txt")]
    assert len(quoted) == 3
