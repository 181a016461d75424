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
FACTS: dict[str, Any] = {"reason": "", "control": 0, "untrained": None}
PROFILES = {"silent": 4321, "unit": "z", "folds": 10, "networks": 2}
KMERS = pd.DataFrame(
    {"motif": ["CG", "GATAAG"], "log10_e": [-1234.4, -7.0], "similar": ["", "GATA1 (E = 0.01)"]}
)


def told(
    folder: Path,
    row: dict[str, Any] = ROW,
    facts: dict[str, Any] = FACTS,
    kmers: pd.DataFrame = KMERS,
    why: str = "",
    told_of: dict[str, Any] = PROFILES,
    **found: Any,
) -> str:
    methods = {"elrp": OTHER, "grad_input": FOUND | found}
    write_json({"methods": methods, **told_of}, folder / "profiles.json")
    write_json({"reason": why}, folder / "classes.json")
    if row["kmers"] is not None:
        write_json(facts, folder / "kmers" / "classes.json")
        write_table(kmers, folder / "kmers" / "classes.tsv")
    (line,) = interpretation_words({"my_name": row}, {"my_name": folder})
    return line


START = (
    "**my\\_name** (the networks of my\\_net): by grad\\_input, genes of high predicted expression differ most from"
    " the 4,321 silent ones at -1,234 bases from the TSS"
)
CORE = ", and 62 % of the area of this profile lies within 500 bases of it, in 10 % of the promoter"
SINGLE = "; scores of a single gene correlate by 0.31 between two networks"
MEANS = "; smoothed means over genes by 0.88 between two sets of 10 networks, one of each fold"
NETWORKS = SINGLE + MEANS
FOUND_KMERS = (
    " The first k-mer in the stretches that stand out is CG, with an E-value of 10 to the power of -1,234; for"
    " networks with shuffled weights there is "
)


def test_an_experiment_is_told_with_its_profile_its_networks_and_its_k_mers(tmp_path: Path) -> None:
    assert told(tmp_path) == f"{START}{CORE}{NETWORKS}.{FOUND_KMERS}none."


def test_the_first_k_mer_of_untrained_networks_is_told(tmp_path: Path) -> None:
    line = told(tmp_path, facts=FACTS | {"untrained": {"motif": "SS", "log10_e": -1010.6}})
    assert line == f"{START}{CORE}{NETWORKS}.{FOUND_KMERS}SS, with 10 to the power of -1,011."


def test_a_single_fold_compares_two_networks(tmp_path: Path) -> None:
    line = told(tmp_path, ROW | {"kmers": None}, told_of=PROFILES | {"folds": 1})
    assert line == f"{START}{CORE}{SINGLE}; smoothed means over genes by 0.88 between two networks."


@pytest.mark.parametrize(
    ("change", "words"), [({"single_networks": None}, MEANS), ({"mean_networks": None}, SINGLE)]
)
def test_what_of_two_networks_can_be_compared_is_told(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    assert told(tmp_path, ROW | {"kmers": None}, **change) == f"{START}{CORE}{words}."


def test_a_profile_that_is_zero_everywhere_is_told(tmp_path: Path) -> None:
    line = told(tmp_path, ROW | {"kmers": None}, peak=None, core_share=None, mean_networks=None)
    assert line == (
        "**my\\_name** (the networks of my\\_net): by grad\\_input, no base of the promoter counts."
    )


def test_a_model_from_elsewhere_is_told_by_its_name(tmp_path: Path) -> None:
    row = {"model": "human*median", "dataset": "d", "methods": ["elrp"], "kmers": None}
    assert told(tmp_path, row) == (
        "**my\\_name** (human\\*median): by elrp, genes of high predicted expression differ most from the 4,321"
        " silent ones at +9 bases from the TSS, and 10 % of the area of this profile lies within 500 bases of it, in"
        " 10 % of the promoter."
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
    given = {"facts": FACTS | {"reason": "there are no classes", "control": None}, "kmers": KMERS[:0]}
    told_line = f"{START}{CORE}{NETWORKS}. No k-mers were looked for: "
    assert told(tmp_path, **given) == f"{told_line}there are no classes."
    why = "the predictions have no two modes beyond chance"
    assert told(tmp_path, **given, why=why) == f"{told_line}{why}."


def test_the_first_method_counts_and_names_are_escaped(tmp_path: Path) -> None:
    line = told(tmp_path, ROW | {"experiment": "a`b{{c}}_", "methods": ["elrp", "grad_input"], "kmers": None})
    assert "(the networks of a\\`b\\{\\{c\\}\\}\\_): by elrp," in line
    assert "+9 bases" in line


def test_interpretations_stand_in_their_order(tmp_path: Path) -> None:
    rows = {name: ROW | {"experiment": name, "kmers": None} for name in ("two", "one")}
    for number, name in enumerate(rows):
        facts = {"methods": {"grad_input": FOUND | {"peak": number}}, **PROFILES}
        write_json(facts, tmp_path / name / "profiles.json")
    lines = interpretation_words(rows, {name: tmp_path / name for name in ("one", "two")})
    assert [line.split()[0] for line in lines] == ["**two**", "**one**"]
    assert ["+0 bases" in lines[0], "+1 bases" in lines[1]] == [True, True]
    assert interpretation_words({}, {}) == []
