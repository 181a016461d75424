"""The analyses of residuals from files to files: numbers by hand, and what is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.files import read_json, read_table, write_table
from xpresso_core.gene_groups import OTHER, SHARED
from xpresso_core.residual_analyses import (
    NameFiles,
    write_halflives,
    write_list_groups,
    write_residuals,
)
from xpresso_core.residuals import RESIDUAL_COLUMNS, read_residuals

IDS = [f"ENSG{number:011d}" for number in range(1, 13)]
"""Twelve genes, called GENE1 to GENE12 in the annotation; the last has no residual."""

RESIDUAL = [-1.0, -0.8, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0]

PLAIN = ["gene_id", "predicted"]


def name_files(folder: Path) -> NameFiles:
    genes = pd.DataFrame({"gene_id": IDS, "gene_name": [f"GENE{number}" for number in range(1, 13)]})
    write_table(genes, folder / "genes.tsv")
    names = pd.DataFrame({"gene_id": IDS[:3], "gene_name": ["GENE1", "NEW2", "GENE3"]})
    names = names.assign(previous=["", "", "OLD3|OLD"], synonyms=["SAME", "SAME", ""], entrez_id="")
    write_table(names, folder / "names.tsv")
    return NameFiles(folder / "genes.tsv", folder / "names.tsv")


def residual_file(folder: Path, residual: Sequence[float] = RESIDUAL) -> Path:
    """Write residuals of the first genes."""
    table = pd.DataFrame({"gene_id": IDS[: len(residual)], "residual": residual})
    table = table.assign(gene_name="", observed=1.0, predicted=0.0, recalibrated=0.0, raw_residual=0.0)
    write_table(table[RESIDUAL_COLUMNS], folder / "residuals.tsv")
    return folder / "residuals.tsv"


def list_groups(
    folder: Path, residual: Path | None = None, **lists: tuple[Sequence[str], dict[str, Any]]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Compare lists of genes and return what was written."""
    for name, (entries, _) in lists.items():
        (folder / f"{name}.txt").write_text("\n".join(entries))
    write_list_groups(
        residual or residual_file(folder),
        name_files(folder),
        [folder / f"{name}.txt" for name in lists],
        groups={name: settings for name, (_, settings) in lists.items()},
        genes_path=folder / "lists.genes.tsv",
        facts_path=folder / "lists.json",
    )
    return read_table(folder / "lists.genes.tsv", dtype={"gene_id": str}), read_json(folder / "lists.json")


def halflives(folder: Path, text: str, residual: Path | None = None) -> tuple[pd.DataFrame, dict[str, Any]]:
    (folder / "half.tsv").write_text(text)
    write_halflives(
        residual or residual_file(folder),
        name_files(folder),
        folder / "half.tsv",
        gene="symbol",
        value="hours",
        table_path=folder / "halflives.tsv",
        facts_path=folder / "halflives.json",
    )
    return read_table(folder / "halflives.tsv"), read_json(folder / "halflives.json")


def take(folder: Path, predictions: Path, expression: Path | None, columns: Sequence[str] = PLAIN) -> Any:
    write_residuals(
        predictions,
        expression,
        name_files(folder),
        columns=columns,
        table_path=folder / "out" / "residuals.tsv",
        extremes_path=folder / "out" / "extremes.tsv",
        facts_path=folder / "out" / "residuals.json",
    )
    return read_json(folder / "out" / "residuals.json")


def test_residuals_of_an_experiment(tmp_path: Path) -> None:
    table = pd.DataFrame({"gene_id": IDS[:3], "observed": [2.0, 1.0, 6.0], "predicted": [0.0, 1.0, 2.0]})
    write_table(table.assign(predicted_sd=0.1, fold="1", member=1), tmp_path / "p.tsv")
    facts = take(tmp_path, tmp_path / "p.tsv", None)
    found = read_residuals(tmp_path / "out" / "residuals.tsv")
    assert found["residual"].tolist() == pytest.approx([1, -2, 1])
    assert found["gene_name"].tolist() == ["GENE1", "GENE2", "GENE3"]
    assert (facts["n"], facts["unmeasured"], facts["constant"]) == (3, 0, False)
    assert (facts["slope"], facts["intercept"]) == pytest.approx((2, 1))
    worst = read_table(tmp_path / "out" / "extremes.tsv")
    assert worst["gene_id"].tolist() == [IDS[0], IDS[2], IDS[1]]
    assert worst["rank"].tolist() == [1, 2, 1]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "extremes.tsv",
        "residuals.json",
        "residuals.tsv",
    ]


def test_residuals_of_predictions_made_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "p.tsv").write_text(
        "ID\tSCORE\n"
        + "".join(f"{gene}.7\t{value}\n" for gene, value in zip(IDS, [0, 1, 2, 5], strict=False))
    )
    write_table(pd.DataFrame({"gene_id": IDS[2::-1], "log10": [6.0, 1.0, 2.0]}), tmp_path / "e.tsv")
    facts = take(tmp_path, tmp_path / "p.tsv", tmp_path / "e.tsv", ["ID", "SCORE"])
    assert (facts["n"], facts["unmeasured"]) == (3, 1)
    found = read_residuals(tmp_path / "out" / "residuals.tsv")
    assert found["gene_id"].tolist() == IDS[:3]
    assert found["residual"].tolist() == pytest.approx([1, -2, 1])


def test_tables_without_their_columns_are_named(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"gene_id": IDS, "predicted": 1.0}), tmp_path / "p.tsv")
    with pytest.raises(InputError, match=r"p\.tsv: lacks the column observed"):
        take(tmp_path, tmp_path / "p.tsv", None)
    write_table(pd.DataFrame({"gene_id": IDS}), tmp_path / "e.tsv")
    with pytest.raises(InputError, match=r"e\.tsv: lacks the column log10"):
        take(tmp_path, tmp_path / "p.tsv", tmp_path / "e.tsv")
    with pytest.raises(InputError, match=r"p\.tsv: lacks the columns ID, SCORE\."):
        take(tmp_path, tmp_path / "p.tsv", tmp_path / "e.tsv", ["ID", "SCORE"])
    assert not (tmp_path / "out").exists()


def test_versions_of_identifiers_do_not_keep_tables_apart(tmp_path: Path) -> None:
    rows = "".join(f"{gene}.{at}\t{at * at}\t{at}\n" for at, gene in enumerate(IDS[:5]))
    (tmp_path / "p.tsv").write_text(f"gene_id\tobserved\tpredicted\n{rows}")
    assert take(tmp_path, tmp_path / "p.tsv", None)["n"] == 5
    assert read_residuals(tmp_path / "out" / "residuals.tsv")["gene_name"].tolist()[0] == "GENE1"
    (tmp_path / "e.tsv").write_text(f"gene_id\tlog10\tother\n{rows}")
    facts = take(tmp_path, tmp_path / "p.tsv", tmp_path / "e.tsv")
    assert (facts["n"], facts["unmeasured"]) == (5, 0)


def test_a_scale_of_their_own_is_for_predictions_made_elsewhere(tmp_path: Path) -> None:
    table = pd.DataFrame({"gene_id": IDS[:3], "observed": [2.0, 1.0, 6.0], "predicted": [0.0, 1e-6, 2e-6]})
    write_table(table, tmp_path / "p.tsv")
    write_table(table.rename(columns={"observed": "log10"}), tmp_path / "e.tsv")
    assert take(tmp_path, tmp_path / "p.tsv", None)["constant"]
    assert not take(tmp_path, tmp_path / "p.tsv", tmp_path / "e.tsv")["constant"]


def test_values_that_are_no_numbers_are_named_with_their_column_and_line(tmp_path: Path) -> None:
    rows = "".join(f"{gene}\t{at}\t{'NA' if at == 2 else at}\n" for at, gene in enumerate(IDS[:5]))
    (tmp_path / "p.tsv").write_text(f"gene_id\tobserved\tpredicted\n{rows}")
    with pytest.raises(InputError, match=r"p\.tsv, column predicted, line 4: .*NA"):
        take(tmp_path, tmp_path / "p.tsv", None)
    assert not (tmp_path / "out").exists()


def test_lists_are_compared_with_all_other_genes(tmp_path: Path) -> None:
    genes, facts = list_groups(
        tmp_path,
        up=(["GENE11", "GENE10", "GENE12", "nothing", "GENE5"], {"expect": "higher"}),
        down=(["gene1", "new2", f"{IDS[4]}.3"], {"expect": "lower", "ignore_case": True}),
    )
    expected = {IDS[10]: "up", IDS[9]: "up", IDS[4]: SHARED, IDS[0]: "down", IDS[1]: "down"}
    assert genes["gene_id"].tolist() == IDS[:11]
    assert genes["group"].tolist() == [expected.get(gene, OTHER) for gene in IDS[:11]]
    up, down = facts["tests"]
    assert (up["n"], up["unpredicted"], up["shared"], up["others"]) == (2, 1, 1, 6)
    assert (down["n"], down["unpredicted"], down["shared"], down["others"]) == (2, 0, 1, 6)
    assert (up["median"], up["others_median"], up["d"]) == pytest.approx((0.9, 0.1, 1.0))
    assert up["p"] == pytest.approx(math.exp(-2 * 2 * 6 / 8))
    assert down["p"] == pytest.approx(up["p"])
    assert facts["entries"] == {
        "up": {"name": 4, "unknown": 1},
        "down": {"name": 1, "official name": 1, "identifier": 1},
    }
    assert facts["unplaced"] == 0
    assert facts["shared"] == 1
    assert set(facts) == {"tests", "entries", "shared", "unplaced"}


def test_entries_are_told_by_how_they_were_found(tmp_path: Path) -> None:
    _, facts = list_groups(tmp_path, one=(["OLD3", "SAME", "GENE1"], {"expect": "higher"}))
    assert facts["entries"]["one"] == {"previous name": 1, "several genes": 1, "name": 1}
    assert facts["tests"][0]["n"] == 2


def test_a_list_of_unknown_genes_has_no_test(tmp_path: Path) -> None:
    _, facts = list_groups(
        tmp_path, none=(["x", "y"], {"expect": "lower"}), one=(["GENE1"], {"expect": "lower"})
    )
    none, one = facts["tests"]
    assert (none["n"], none["p"], none["median"]) == (0, None, None)
    assert one["p"] is not None


def test_an_empty_list_is_refused_and_nothing_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"one\.txt: the list holds no gene"):
        list_groups(tmp_path, one=(["# none"], {"expect": "lower"}))
    assert not (tmp_path / "lists.json").exists()


def test_with_every_gene_in_a_group_there_is_no_test(tmp_path: Path) -> None:
    genes, facts = list_groups(
        tmp_path,
        one=([f"GENE{number}" for number in range(1, 6)], {"expect": "lower"}),
        two=([f"GENE{number}" for number in range(6, 12)], {"expect": "higher"}),
    )
    assert set(genes["group"]) == {"one", "two"}
    assert [test["p"] for test in facts["tests"]] == [None, None]


def test_a_table_of_names_may_be_missing(tmp_path: Path) -> None:
    files = name_files(tmp_path)
    genes, names = NameFiles(files.genes, None).tables()
    assert names is None
    assert genes["gene_id"].tolist() == IDS
    assert NameFiles(files.genes, None).finder().find(["NEW2"])["case"].tolist() == ["unknown"]
    assert files.finder().find(["NEW2"])["gene_id"].tolist() == [IDS[1]]
    assert files.finder(ignore_case=True).find(["new2"])["gene_id"].tolist() == [IDS[1]]


def test_half_lives_go_with_residuals(tmp_path: Path) -> None:
    rows = "".join(f"GENE{number}\t{2.0**number}\n" for number in range(1, 12))
    table, facts = halflives(tmp_path, f"symbol\thours\n{rows}GENE12\t5\nGONE\t7\nGENE1\t\n")
    assert table["gene_id"].tolist() == IDS[:11]
    assert (facts["n"], facts["measured"]) == (11, 13)
    assert facts["pearson"] == pytest.approx(1)
    assert facts["spearman"] == pytest.approx(1)
    assert np.log2(facts["bounds"]).tolist() == pytest.approx([1, 3, 5, 7, 9, 11])
    assert table["quintile"].tolist() == [1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    turned, negative = halflives(
        tmp_path, f"symbol\thours\n{rows}", residual_file(tmp_path, [-value for value in RESIDUAL])
    )
    assert negative["pearson"] == pytest.approx(-1)
    assert turned["quintile"].tolist() == table["quintile"].tolist()


def test_half_lives_of_no_known_gene(tmp_path: Path) -> None:
    table, facts = halflives(tmp_path, "symbol\thours\nGONE\t5\n")
    assert table.empty
    assert facts == {
        "n": 0,
        "bounds": [],
        "measured": 1,
        "pearson": None,
        "pearson_p": None,
        "spearman": None,
        "spearman_p": None,
    }


@pytest.mark.parametrize("count", [1, 2, 4])
def test_half_lives_of_few_genes(tmp_path: Path, count: int) -> None:
    rows = "".join(f"GENE{number}\t{number}\n" for number in range(1, count + 1))
    _, facts = halflives(tmp_path, f"symbol\thours\n{rows}")
    assert facts["n"] == count
    assert facts["spearman"] is None
    assert (facts["pearson"] is None) == (count < 3)


def test_renaming_groups_changes_names_only(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"expect": "higher"}
    _, first = list_groups(tmp_path, up=(["GENE11", "GENE2"], settings))
    _, second = list_groups(tmp_path, renamed=(["GENE2", "GENE11"], settings))
    assert second["tests"] == [test | {"name": "renamed"} for test in first["tests"]]
