"""The figures of microRNAs say what the files say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from figures import words
from test_mirna_analysis import STRONG, WEAK, analyse

from xpresso_core.files import read_json
from xpresso_core.report_mirnas import draw_abundance, draw_targets


def text_of(path: Path) -> str:
    return " ".join(words(path).split())


def test_the_most_abundant_families(tmp_path: Path) -> None:
    analyse(tmp_path)
    draw_abundance(tmp_path / "abundance.tsv", tmp_path / "a.svg", name="my analysis", cells="stem cells")
    text = text_of(tmp_path / "a.svg")
    assert "my analysis: the most abundant microRNA families of stem cells" in text
    for share in ("60.0 %", "30.0 %", "10.0 %"):
        assert share in text
    assert "The 3 most abundant families have 100 % of the reads; let-7 alone has 60 %." in text


def test_targets_and_residuals(tmp_path: Path) -> None:
    _, families, facts = analyse(tmp_path)
    draw_targets(tmp_path / "families.tsv", tmp_path / "facts.json", tmp_path / "t.svg", name="my cells")
    text = text_of(tmp_path / "t.svg")
    assert "my cells: microRNA targets and residuals" in text
    names = {family["seed"]: family["family"] for family in facts["abundant"]}
    assert f"Of 2 families, {names[STRONG]} has the highest correlation" in text
    assert f"{families['spearman'][0]:+.3f}, rank 1" in text
    assert names[WEAK] in text
    assert "families tested (n = 2)" in text
    assert "from here on: the highest 1" in text
    assert "1 more abundant family was not tested." in text


@pytest.mark.parametrize("changes", [{"taxon": 9606}, {"expressed": 10.0}])
def test_where_no_family_could_be_tested_the_figure_says_so(tmp_path: Path, changes: dict[str, Any]) -> None:
    analyse(tmp_path, **changes)
    draw_targets(tmp_path / "families.tsv", tmp_path / "facts.json", tmp_path / "t.svg", name="my cells")
    assert read_json(tmp_path / "facts.json")["top_tenth"]["note"] in text_of(tmp_path / "t.svg")


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    analyse(tmp_path)
    for name in "ab":
        draw_abundance(tmp_path / "abundance.tsv", tmp_path / f"{name}.svg", name="x", cells="y")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
