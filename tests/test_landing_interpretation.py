"""What the first page says about what networks have learned is what the files say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from xpresso_core.files import write_json, write_table
from xpresso_core.landing_interpretation import interpretation_words

FOUND = {
    "peak": -1234,
    "core_share": 0.616,
    "core_width": 0.1,
    "single_networks": 0.312,
    "mean_networks": 0.876,
}
OTHER = {"peak": 9, "core_share": 0.1, "core_width": 0.1, "single_networks": None, "mean_networks": None}
ROW: dict[str, Any] = {"experiment": "my_net", "methods": ["grad_input", "elrp"], "kmers": {}}
FACTS = {"reason": "", "control": 0}
KMERS = pd.DataFrame(
    {"motif": ["CG", "GATAAG"], "log10_e": [-1234.4, -7.0], "similar": ["", "GATA1 (E = 0.01)"]}
)


def told(
    folder: Path,
    row: dict[str, Any] = ROW,
    facts: dict[str, Any] = FACTS,
    kmers: pd.DataFrame = KMERS,
    **found: Any,
) -> str:
    methods = {"elrp": OTHER, "grad_input": FOUND | found}
    write_json({"methods": methods, "silent": 5, "unit": "z"}, folder / "profiles.json")
    if row["kmers"] is not None:
        write_json(facts, folder / "kmers" / "classes.json")
        write_table(kmers, folder / "kmers" / "classes.tsv")
    (line,) = interpretation_words({"my_name": row}, {"my_name": folder})
    return line


START = (
    "**my\\_name** (the networks of my\\_net): by grad\\_input, genes of high predicted expression differ most from"
    " silent ones at -1,234 bases from the TSS"
)
CORE = ", and 62 % of the difference lies within 500 bases of it"
NETWORKS = "; between two networks, scores of single genes correlate by 0.31 and their smoothed means by 0.88"
FOUND_KMERS = (
    " Of 2 k-mers in the stretches that stand out, CG comes first, with an E-value of 10 to the power of"
    " -1,234;"
)


def test_an_experiment_is_told_with_its_profile_its_networks_and_its_k_mers(tmp_path: Path) -> None:
    assert told(tmp_path) == f"{START}{CORE}{NETWORKS}.{FOUND_KMERS} none in shuffled ones."


def test_a_control_that_finds_something_is_told(tmp_path: Path) -> None:
    line = told(tmp_path, facts={"reason": "", "control": 1})
    assert line == f"{START}{CORE}{NETWORKS}.{FOUND_KMERS} 1 in shuffled ones."


def test_a_model_from_elsewhere_is_told_by_its_name(tmp_path: Path) -> None:
    row = {"model": "human*median", "dataset": "d", "methods": ["elrp"], "kmers": None}
    assert told(tmp_path, row) == (
        "**my\\_name** (human\\*median): by elrp, genes of high predicted expression differ most from silent ones at"
        " +9 bases from the TSS, and 10 % of the difference lies within 500 bases of it."
    )


def test_one_network_has_nothing_to_compare(tmp_path: Path) -> None:
    line = told(tmp_path, ROW | {"kmers": None}, single_networks=None, mean_networks=None)
    assert line == f"{START}{CORE}."


@pytest.mark.parametrize("change", [{"core_share": None}, {"core_width": 1.0}])
def test_a_share_that_tells_nothing_is_left_out(tmp_path: Path, change: dict[str, Any]) -> None:
    assert told(tmp_path, ROW | {"kmers": None}, **change) == f"{START}{NETWORKS}."


def test_no_k_mers_are_told(tmp_path: Path) -> None:
    line = told(tmp_path, kmers=KMERS[:0])
    assert line == f"{START}{CORE}{NETWORKS}. DREME finds no k-mer in the stretches that stand out."


def test_the_reason_of_no_search_is_told(tmp_path: Path) -> None:
    line = told(tmp_path, facts={"reason": "there are no classes", "control": None}, kmers=KMERS[:0])
    assert line == f"{START}{CORE}{NETWORKS}. No k-mers were looked for: there are no classes."


def test_the_first_method_counts_and_names_are_escaped(tmp_path: Path) -> None:
    line = told(tmp_path, ROW | {"experiment": "a`b{{c}}_", "methods": ["elrp", "grad_input"], "kmers": None})
    assert "(the networks of a\\`b\\{\\{c\\}\\}\\_): by elrp," in line
    assert "+9 bases" in line


def test_interpretations_stand_in_their_order(tmp_path: Path) -> None:
    rows = {name: ROW | {"experiment": name, "kmers": None} for name in ("two", "one")}
    for number, name in enumerate(rows):
        write_json({"methods": {"grad_input": FOUND | {"peak": number}}}, tmp_path / name / "profiles.json")
    lines = interpretation_words(rows, {name: tmp_path / name for name in ("one", "two")})
    assert [line.split()[0] for line in lines] == ["**two**", "**one**"]
    assert ["+0 bases" in lines[0], "+1 bases" in lines[1]] == [True, True]
    assert interpretation_words({}, {}) == []
