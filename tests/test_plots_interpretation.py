"""Figures of what networks have learned: what they say, how little they need, and what cannot be drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from figures import words
from test_classes import one_mode, two_modes

from xpresso_core.attribution import Method
from xpresso_core.classes import classes_of
from xpresso_core.errors import InputError
from xpresso_core.plots_interpretation import METHODS, agreement, classes, profiles

UNIT = "log10(RPKM + 0.1)"


def profile_rows(
    methods: tuple[str, ...] = ("elrp", "saliency"),
    groups: tuple[str, ...] = ("low", "medium", "high"),
    upstream: int = 3000,
    downstream: int = 1500,
) -> pd.DataFrame:
    position = np.arange(-upstream, downstream)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "method": method,
                    "group": group,
                    "genes": 1000 * (number + 1),
                    "position": position,
                    "difference": 0.0,
                    "smoothed": (number + 1) * np.exp(-((position / 300) ** 2)),
                }
            )
            for method in methods
            for number, group in enumerate(groups)
        ],
        ignore_index=True,
    )


def facts_of(
    *methods: str,
    pairs: tuple[tuple[str, str, float | None], ...] = (),
    folds: int = 1,
    networks: int = 2,
    silent: int = 12_345,
    **changes: Any,
) -> dict[str, Any]:
    found = {
        "peak": -1234,
        "core_share": 0.617,
        "core_width": 0.22,
        "single_networks": 0.31,
        "mean_networks": 0.87,
    }
    return {
        "silent": silent,
        "unit": UNIT,
        "folds": folds,
        "networks": networks,
        "methods": dict.fromkeys(methods or ("elrp", "saliency"), found | changes),
        "between_methods": [
            {"first": first, "second": second, "median": median} for first, second, median in pairs
        ],
    }


def text_of(path: Path) -> str:
    return " ".join(words(path).split())


def draw_profiles(path: Path, table: pd.DataFrame | None = None, **changes: Any) -> str:
    table = profile_rows() if table is None else table
    methods = dict.fromkeys(table["method"]) if "method" in table else ()
    profiles(table, facts_of(*methods, **changes), path, "Along the promoter")
    return text_of(path)


def test_all_methods_of_an_interpretation_have_a_name() -> None:
    assert set(METHODS) == {method for method in get_args(Method) if method != "ism"}
    assert len(set(METHODS.values())) == len(METHODS)


def test_profiles_are_drawn_method_by_method(tmp_path: Path) -> None:
    text = draw_profiles(tmp_path / "a.svg")
    assert (
        "By epsilon-LRP, the profile of the highest group is farthest from that of silent genes at -1,234 bases from"
        " the TSS; the bases within 500 of the TSS, 22 % of the promoter, have 62 % of its area. Groups are by"
        " predicted expression: silent ones, and three equal parts of the range above." in text
    )
    lines = words(tmp_path / "a.svg").split("\n")
    for word in (
        "epsilon-LRP", "saliency", "low (1,000 genes)", "medium (2,000 genes)", "high (3,000 genes)",
        "silent (12,345 genes)", f"mean score per base less that of silent genes ({UNIT})",
        "within 1,000 bases",
    ):  # fmt: skip
        assert lines.count(word) == 1, word
    assert lines.index("epsilon-LRP") < lines.index("saliency")
    assert lines.count("position relative to the TSS (bases)") == 2


def test_short_promoters_have_no_second_column(tmp_path: Path) -> None:
    text = draw_profiles(tmp_path / "a.svg", profile_rows(upstream=500, downstream=500), core_width=1.0)
    assert "within 1,000 bases" not in text
    assert "of its area" not in text
    assert text.count("position relative to the TSS (bases)") == 1


@pytest.mark.parametrize("methods", [("deeplift",), tuple(METHODS)])
def test_one_method_and_all(tmp_path: Path, methods: tuple[str, ...]) -> None:
    lines = draw_profiles(tmp_path / "a.svg", profile_rows(methods)) and words(tmp_path / "a.svg").split("\n")
    for method, name in METHODS.items():
        assert (name in lines) == (method in methods)


def test_a_group_without_genes_is_not_in_the_legend_and_others_keep_their_colours(tmp_path: Path) -> None:
    whole = draw_profiles(tmp_path / "a.svg")
    table = profile_rows()
    part = draw_profiles(tmp_path / "b.svg", table[table["group"] != "medium"])
    assert "medium (" in whole
    assert "medium (" not in part
    darkest = "#08264a"
    assert darkest in (tmp_path / "a.svg").read_text().lower()
    assert darkest in (tmp_path / "b.svg").read_text().lower()


def test_profiles_that_are_zero_have_no_share(tmp_path: Path) -> None:
    table = profile_rows().assign(smoothed=0.0)
    text = draw_profiles(tmp_path / "a.svg", table, core_share=None, peak=None)
    assert "By epsilon-LRP, no base of the promoter counts." in text
    assert "of its area" not in text
    assert "is farthest" not in text


@pytest.mark.parametrize(("silent", "few"), [(1, True), (29, True), (30, False)])
def test_few_silent_genes_are_told(tmp_path: Path, silent: int, few: bool) -> None:
    text = draw_profiles(tmp_path / "a.svg", silent=silent)
    told = (
        f". Only {silent} genes are silent: bumps that all curves share are theirs. Groups are by predicted"
    )
    assert (told in text) == few
    assert ("Only" in text) == few
    assert f"silent ({silent} genes)" in text


def test_profiles_of_the_papers_window_stay_small(tmp_path: Path) -> None:
    draw_profiles(tmp_path / "a.svg", profile_rows(tuple(METHODS), upstream=7000, downstream=3500))


@pytest.mark.parametrize("column", ["method", "group", "genes", "position", "smoothed"])
def test_profiles_without_a_column_are_refused(tmp_path: Path, column: str) -> None:
    with pytest.raises(InputError, match=f"profiles: the table has no column {column}"):
        draw_profiles(tmp_path / "a.svg", profile_rows().drop(columns=column))
    assert list(tmp_path.iterdir()) == []


def test_no_profiles_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="profiles: the table has no rows"):
        draw_profiles(tmp_path / "a.svg", profile_rows()[:0])
    assert list(tmp_path.iterdir()) == []


# classes ------------------------------------------------------------------------------------------------------


def draw_classes(path: Path, rule: Any = "mixture", made: Any = two_modes, shuffle: bool = False) -> str:
    predicted, observed = made()
    if shuffle:
        observed = np.random.default_rng(9).permutation(observed)
    names, facts = classes_of(predicted, observed, rule)
    table = pd.DataFrame({"predicted": predicted, "class": names})
    classes(table, facts, path, "Genes of low and high predicted expression", UNIT)
    return text_of(path)


def test_classes_by_the_mixture(tmp_path: Path) -> None:
    predicted, observed = two_modes()
    names, facts = classes_of(predicted, observed, "mixture")
    text = draw_classes(tmp_path / "a.svg")
    r = np.corrcoef(predicted, observed)[0, 1]
    assert (
        f"Predicted and measured expression have a correlation of {r:.2f} (r² = {r**2:.2f}). Predictions have two"
        f" modes (a valley between two peaks so deep: p = {facts['valley_p']:.2g})." in text
    )
    assert "Class A is below the threshold of the mixture, class B" in text
    lines = words(tmp_path / "a.svg").split("\n")
    for word in (
        f"class A ({(names == 'A').sum()} genes)", f"class B ({(names == 'B').sum()} genes)",
        "mixture of two normals", "where class B begins", f"predicted expression ({UNIT})", "genes",
    ):  # fmt: skip
        assert lines.count(word) == 1, word
    assert "no class (" not in text


def test_classes_by_thirds(tmp_path: Path) -> None:
    text = draw_classes(tmp_path / "a.svg", "thirds", one_mode)
    assert "There are no two modes beyond chance (a valley between two peaks so deep: p = " in text
    assert "Class A is the lowest third, class B the highest." in text
    for word in (
        "class A (133 genes)",
        "no class (134 genes)",
        "class B (133 genes)",
        "where class B begins",
    ):
        assert text.count(word) == 1


def test_no_classes_are_told_with_their_reason(tmp_path: Path) -> None:
    for name, arguments in (
        ("the predictions have no two modes beyond chance", {"made": one_mode}),
        ("the predictions do not follow the measured expression", {"shuffle": True}),
    ):
        text = draw_classes(tmp_path / "a.svg", **arguments)
        assert f"There are no classes: {name}." in text
        assert "no class (400 genes)" in text
        for word in ("class A (", "class B (", "where class B begins"):
            assert word not in text


def test_classes_that_a_file_left_empty(tmp_path: Path) -> None:
    predicted, observed = one_mode()
    facts = classes_of(predicted, observed, "mixture").facts
    table = pd.DataFrame({"predicted": predicted, "class": pd.Series(np.nan, range(len(predicted)), str)})
    classes(table, facts, tmp_path / "a.svg", "t", UNIT)
    assert "no class (400 genes)" in text_of(tmp_path / "a.svg")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"predicted": [0.1, np.nan, 0.3]}, "classes: 1 values are missing or infinite"),
        ({"predicted": [0.1, 0.2, np.inf]}, "classes: 1 values are missing or infinite"),
    ],
)
def test_classes_that_cannot_be_drawn(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    facts = classes_of(*two_modes(), "mixture").facts
    with pytest.raises(InputError, match=message):
        classes(pd.DataFrame({"class": list("ABB")} | change), facts, tmp_path / "a.svg", "t", UNIT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("column", ["predicted", "class"])
def test_classes_without_a_column_are_refused(tmp_path: Path, column: str) -> None:
    facts = classes_of(*two_modes(), "mixture").facts
    table = pd.DataFrame({"predicted": [0.5], "class": "A"}).drop(columns=column)
    with pytest.raises(InputError, match=f"classes: the table has no column {column}"):
        classes(table, facts, tmp_path / "a.svg", "t", UNIT)


# agreement ----------------------------------------------------------------------------------------------------


def correlations(*methods: str, networks: bool = True) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = [("methods", one, other) for one in methods for other in methods if one < other]
    rows += [("networks", method, "") for method in methods if networks]
    tables = [
        pd.DataFrame(
            {
                "gene_id": [f"g{gene}" for gene in range(50)],
                "between": between,
                "first": first,
                "second": second,
                "correlation": np.tanh(rng.normal(0.5, 0.3, 50)),
            }
        )
        for between, first, second in rows
    ]
    columns = ["gene_id", "between", "first", "second", "correlation"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def draw_agreement(path: Path, table: pd.DataFrame, facts: dict[str, Any]) -> str:
    agreement(table, facts, path, "How robust scores are")
    return text_of(path)


TWO = correlations("elrp", "saliency")


def test_agreement_of_methods_and_networks(tmp_path: Path) -> None:
    text = draw_agreement(tmp_path / "a.svg", TWO, facts_of(pairs=(("elrp", "saliency", 0.456),)))
    assert (
        "Scores of a single gene by saliency correlate by 0.31 between two networks; smoothed means over genes by 0.87"
        " between two networks: read means, not maps." in text
    )
    lines = words(tmp_path / "a.svg").split("\n")
    assert lines.count("0.46") == 2
    assert lines.count("1.00") >= 2
    for word in (
        "Between methods: correlation of a", "gene's scores, median over genes", "correlation of scores",
        "Between networks, trained alike", "single genes: middle half", "single genes: 5 to 95 %",
        "smoothed mean over genes",
    ):  # fmt: skip
        assert text.count(word) >= 1, word
    assert "single network," not in text
    assert "nothing to compare" not in text


def test_the_matrix_has_each_pair_at_both_sides_whatever_its_order(tmp_path: Path) -> None:
    pairs = (("saliency", "elrp", 0.11), ("deeplift", "elrp", 0.22), ("deeplift", "saliency", 0.33))
    names = ("saliency", "deeplift", "elrp")
    table = correlations(*names)
    for order in (pairs, pairs[::-1]):
        draw_agreement(tmp_path / "a.svg", table, facts_of(*names, pairs=order))
        numbers = [line for line in words(tmp_path / "a.svg").split("\n") if line in {"0.11", "0.22", "0.33"}]
        # rows in the order of METHODS: saliency, DeepLIFT, epsilon-LRP
        assert numbers == ["0.33", "0.11", "0.33", "0.22", "0.11", "0.22"]


def test_a_single_network_is_told(tmp_path: Path) -> None:
    facts = facts_of(
        pairs=(("elrp", "saliency", 0.456),), single_networks=None, mean_networks=None, networks=1
    )
    text = draw_agreement(tmp_path / "a.svg", correlations("elrp", "saliency", networks=False), facts)
    assert "The model is a single network, so how much its scores owe to the chance of its training" in text
    assert text.count("nothing to compare") == 1
    assert "middle half" not in text


def test_one_method_of_one_network_agrees_with_nothing(tmp_path: Path) -> None:
    facts = facts_of("saliency", single_networks=None, mean_networks=None, networks=1)
    text = draw_agreement(tmp_path / "a.svg", correlations(), facts)
    assert text.count("nothing to compare") == 1
    assert text.count("1.00") >= 1


def test_one_method_of_some_networks(tmp_path: Path) -> None:
    text = draw_agreement(tmp_path / "a.svg", correlations("deeplift"), facts_of("deeplift"))
    assert "Scores of a single gene by DeepLIFT correlate by 0.31" in text


@pytest.mark.parametrize("folds", [2, 10])
def test_folds_compare_sets_of_networks(tmp_path: Path, folds: int) -> None:
    text = draw_agreement(tmp_path / "a.svg", TWO, facts_of(folds=folds))
    assert (
        "Scores of a single gene by saliency correlate by 0.31 between two networks; smoothed means over genes by 0.87"
        f" between two sets of {folds} networks, one of each fold: read means, not maps." in text
    )


def test_networks_without_a_common_profile_are_compared_gene_by_gene(tmp_path: Path) -> None:
    text = draw_agreement(tmp_path / "a.svg", TWO, facts_of(mean_networks=None))
    assert "Scores of a single gene by saliency correlate by 0.31 between two networks." in text


@pytest.mark.parametrize("none", [("single_networks",), ("single_networks", "mean_networks")])
def test_several_networks_that_cannot_be_compared_are_told(tmp_path: Path, none: tuple[str, ...]) -> None:
    text = draw_agreement(tmp_path / "a.svg", TWO, facts_of(**dict.fromkeys(none)))
    assert text.count("By saliency, no two networks can be compared: all but one, or all, are constant.") == 1
    assert "single network," not in text


def test_methods_that_agree_on_no_gene_have_a_dash(tmp_path: Path) -> None:
    draw_agreement(tmp_path / "a.svg", TWO, facts_of(pairs=(("elrp", "saliency", None),)))
    assert words(tmp_path / "a.svg").split("\n").count("–") == 2


def test_missing_correlations_are_left_out(tmp_path: Path) -> None:
    table = TWO.assign(correlation=TWO["correlation"].where(TWO["first"] != "saliency"))
    draw_agreement(tmp_path / "a.svg", table, facts_of())


def test_all_methods_have_room(tmp_path: Path) -> None:
    lines = draw_agreement(tmp_path / "a.svg", correlations(*METHODS), facts_of(*METHODS))
    for name in METHODS.values():
        assert name in lines


@pytest.mark.parametrize("column", ["between", "first", "second", "correlation"])
def test_agreement_without_a_column_is_refused(tmp_path: Path, column: str) -> None:
    with pytest.raises(InputError, match=f"agreement: the table has no column {column}"):
        draw_agreement(tmp_path / "a.svg", TWO.drop(columns=column), facts_of())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "draw",
    [draw_profiles, draw_classes, lambda path: draw_agreement(path, TWO, facts_of())],
    ids=["profiles", "classes", "agreement"],
)
def test_same_input_same_bytes(tmp_path: Path, draw: Callable[[Path], str]) -> None:
    for name in ("a.svg", "b.svg"):
        draw(tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
