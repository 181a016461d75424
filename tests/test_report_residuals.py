"""The figures of residuals say what the files say, and why there is nothing to draw."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from figures import words
from test_residual_analyses import IDS, RESIDUAL, halflives, list_groups, name_files, residual_file

from xpresso_core.errors import InputError
from xpresso_core.files import read_json
from xpresso_core.gene_groups import Group
from xpresso_core.report_residuals import draw_groups, draw_halflives, draw_residuals
from xpresso_core.residual_analyses import write_groups
from xpresso_core.residual_tests import write_tests

ROWS = [(f"GENE{number}", 2.0**number) for number in range(1, 12)]


def text_of(path: Path) -> str:
    return " ".join(words(path).split())


def scatter(folder: Path, labelled: Sequence[str] | None) -> str:
    if labelled is not None:
        (folder / "labelled.txt").write_text("\n".join(labelled))
    draw_residuals(
        residual_file(folder),
        name_files(folder),
        None if labelled is None else folder / "labelled.txt",
        folder / "scatter.svg",
        name="my cells",
        units="RPKM",
    )
    return text_of(folder / "scatter.svg")


def groups_of(folder: Path, **lists: tuple[Sequence[str], dict[str, Any]]) -> str:
    list_groups(folder, **lists)
    write_tests({"my_set": folder / "lists.json"}, {}, None, folder / "tests.tsv")
    draw_groups(
        folder / "residuals.tsv",
        folder / "lists.genes.tsv",
        folder / "lists.json",
        folder / "tests.tsv",
        folder / "groups.svg",
        name="my cells",
        gene_set="my_set",
    )
    return text_of(folder / "groups.svg")


def boxes(folder: Path, rows: Sequence[tuple[str, float]], unit: str = "h") -> str:
    halflives(folder, "symbol\thours\n" + "".join(f"{gene}\t{value}\n" for gene, value in rows))
    write_tests({}, {"measured": folder / "halflives.json"}, None, folder / "tests.tsv")
    draw_halflives(
        folder / "halflives.tsv",
        folder / "halflives.json",
        folder / "tests.tsv",
        folder / "boxes.svg",
        name="my cells",
        halflives="measured",
        unit=unit,
    )
    return text_of(folder / "boxes.svg")


def test_listed_genes_are_marked_and_the_rest_told(tmp_path: Path) -> None:
    text = scatter(tmp_path, ["GENE1", f"{IDS[0]}.4", "OLD3", "GENE12", "nothing"])
    assert "my cells: what the model explains, and what not" in text
    assert "2 marked genes" in text
    assert "Observed log10(RPKM + 0.1)" in text
    assert "Without a residual: GENE12, nothing." in text
    lines = words(tmp_path / "scatter.svg").split("\n")
    assert IDS[0] in lines
    assert IDS[2] in lines


def test_without_a_list_the_genes_that_fit_worst_are_named(tmp_path: Path) -> None:
    text = scatter(tmp_path, None)
    assert "the 3 farthest above and 3 farthest below the line" in text
    assert IDS[10] in words(tmp_path / "scatter.svg").split("\n")
    assert "Without a residual" not in text


def test_a_list_of_unknown_genes_marks_none(tmp_path: Path) -> None:
    text = scatter(tmp_path, ["x", "y"])
    assert "n = 11 genes" in text
    assert "marked" not in text
    assert "Without a residual: x, y." in text
    with pytest.raises(InputError, match=r"labelled\.txt: the list holds no gene"):
        scatter(tmp_path, [])


def test_groups_and_all_others(tmp_path: Path) -> None:
    text = groups_of(
        tmp_path,
        high=(["GENE8", "GENE9", "GENE10", "GENE11"], {"expect": "higher"}),
        none=(["x"], {"expect": "lower"}),
    )
    high, none = read_json(tmp_path / "lists.json")["tests"]
    assert "my cells, my_set: residuals of gene groups" in text
    assert f"4 genes, median {high['median']:+.2f}" in text
    assert f"7 genes, median {high['others_median']:+.2f}" in text
    assert f"expected higher: P = {high['p']:.2g}, corrected {high['p']:.2g}" in text
    assert none["p"] is None
    assert "None: no gene has a residual." in text


def test_a_shared_gene_is_on_no_curve(tmp_path: Path) -> None:
    text = groups_of(
        tmp_path,
        one=(["GENE1", "GENE2", "GENE3"], {"expect": "lower"}),
        two=(["GENE3", "GENE4"], {"expect": "lower"}),
    )
    assert "2 genes, median -0.90" in text
    assert "1 gene, median -0.40" in text
    assert "7 genes, median +0.40" in text


def test_where_all_genes_are_in_groups_the_figure_says_so(tmp_path: Path) -> None:
    text = groups_of(
        tmp_path, everything=([f"GENE{number}" for number in range(1, 12)], {"expect": "higher"})
    )
    assert "Every gene with a residual is in a group, so there is nothing to compare with." in text
    assert "my cells, my_set" in text


def test_where_no_gene_has_a_place_the_figure_says_so(tmp_path: Path) -> None:
    groups = [Group("low", "lower", {IDS[0]})]
    paths = tmp_path / "d.genes.tsv", tmp_path / "d.json"
    write_groups(residual_file(tmp_path), groups, *paths, facts={"absent_states": {}}, placed={"elsewhere"})
    write_tests({"domains": paths[1]}, {}, None, tmp_path / "tests.tsv")
    files = (tmp_path / "residuals.tsv", *paths, tmp_path / "tests.tsv", tmp_path / "g.svg")
    draw_groups(*files, name="my cells", gene_set="domains")
    text = text_of(tmp_path / "g.svg")
    assert "No gene with a residual is in the annotation of the domains." in text
    assert "my cells, domains" in text


def test_boxes_of_half_lives(tmp_path: Path) -> None:
    text = boxes(tmp_path, ROWS)
    assert "my cells, measured: residuals by mRNA half-life" in text
    assert "Pearson 1.00" in text
    assert "Spearman 1.00" in text
    assert "n = 11 genes" in text
    for word in ("shortest fifth", "longest fifth", "2.0-8.0 h", "512-2048 h"):
        assert word in text, word
    assert text.count("n = 2") == 4
    assert text.count("n = 3") == 1


def test_minutes_are_drawn_as_hours(tmp_path: Path) -> None:
    rows = [(gene, value) for (gene, _), (_, value) in zip(ROWS, [*ROWS[3:], *ROWS[:3]], strict=True)]
    hours = boxes(tmp_path, rows)
    minutes = boxes(tmp_path, [(gene, 60 * value) for gene, value in rows], unit="min")
    assert minutes == hours


@pytest.mark.parametrize("count", [1, 2, 4])
def test_few_half_lives(tmp_path: Path, count: int) -> None:
    text = boxes(tmp_path, ROWS[:count])
    assert f"n = {count} gene" in text
    assert ("No correlation of half-lives and residuals can be taken" in text) == (count < 3)


def test_equal_half_lives_have_one_box(tmp_path: Path) -> None:
    text = boxes(tmp_path, [(gene, 3.7) for gene, _ in ROWS])
    assert "half-lives are tied: 1 group instead of five" in text
    assert "No correlation of half-lives and residuals can be taken (n = 11 genes)." in text


def test_no_half_life_of_a_gene_with_a_residual(tmp_path: Path) -> None:
    text = boxes(tmp_path, [("GONE", 2.0), ("GENE12", 3.0)])
    assert "No gene has both a half-life and a residual." in text
    assert "my cells, measured" in text


def test_constant_residuals_are_drawn(tmp_path: Path) -> None:
    residual_file(tmp_path, [0.0] * len(RESIDUAL))
    rows = "".join(f"{gene}\t{value}\n" for gene, value in ROWS)
    halflives(tmp_path, f"symbol\thours\n{rows}", tmp_path / "residuals.tsv")
    write_tests({}, {"measured": tmp_path / "halflives.json"}, None, tmp_path / "tests.tsv")
    paths = [tmp_path / name for name in ("halflives.tsv", "halflives.json", "tests.tsv", "b.svg")]
    draw_halflives(*paths, name="x", halflives="measured", unit="h")
    assert "No correlation of half-lives" in text_of(tmp_path / "b.svg")
