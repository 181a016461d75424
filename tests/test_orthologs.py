"""Orthologs: reading them, and what is one-to-one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.orthologs import one_to_one, read_orthologs

DATA = Path(__file__).parent / "data"
COLUMNS = ["gene_id", "ortholog_id", "kind"]
ONE = "ortholog_one2one"


def write(path: Path, *rows: tuple[str, ...]) -> Path:
    path.write_text("".join("\t".join(row) + "\n" for row in rows))
    return path


def pairs(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def test_the_miniature_of_biomart() -> None:
    table = read_orthologs(DATA / "biomart_orthologs.tsv")
    assert list(table.columns) == COLUMNS
    assert len(table) == 16
    assert table.iloc[6].tolist() == ["ENSG00000900006", "", ""]
    found = one_to_one(table)
    assert [gene[-2:] for gene in found.pairs["gene_id"]] == ["01", "02", "03", "04", "10", "12"]
    assert (found.pairs["ortholog_id"].str[-2:] == found.pairs["gene_id"].str[-2:]).all()
    assert found.cases.to_numpy().tolist() == [
        ["rows of the table", 16],
        ["gene without an ortholog", 3],
        ["row without a gene", 0],
        ["repeated row", 1],
        ["another kind than one-to-one", 4],
        ["one-to-one, but the gene has several orthologs", 0],
        ["one-to-one, but the ortholog has several genes", 2],
        ["pairs kept", 6],
    ]


def test_columns_are_found_by_name_whatever_the_species(tmp_path: Path) -> None:
    path = write(
        tmp_path / "orthologs.txt",
        ("Gene name", "Zebra Finch homology type", "Gene stable ID", "Zebra Finch gene stable ID", "x"),
        ("A", ONE, "ENSG00000000001.3", "ENSTGUG00000000001.2", "1"),
        ("B", "", "ENSG00000000002.1", "", ""),
    )
    assert read_orthologs(path).to_numpy().tolist() == [
        ["ENSG00000000001", "ENSTGUG00000000001", ONE],
        ["ENSG00000000002", "", ""],
    ]


def test_three_columns_need_no_header(tmp_path: Path) -> None:
    path = write(tmp_path / "orthologs.txt", ("G1", "M1", ONE), ("G2", "", ""))
    assert read_orthologs(path).to_numpy().tolist() == [["G1", "M1", ONE], ["G2", "", ""]]


def test_pairs_must_be_unique_in_both_directions() -> None:
    table = pairs(
        ("A", "a", ONE), ("B", "b", ONE), ("B", "c", ONE), ("C", "d", ONE), ("D", "d", ONE), ("E", "e", ONE)
    )
    found = one_to_one(table)
    assert found.pairs.to_numpy().tolist() == [["A", "a"], ["E", "e"]]
    cases = dict(found.cases.to_numpy().tolist())
    assert cases["one-to-one, but the gene has several orthologs"] == 2
    assert cases["one-to-one, but the ortholog has several genes"] == 2
    mirror = table.rename(columns={"gene_id": "ortholog_id", "ortholog_id": "gene_id"})
    back = one_to_one(mirror).pairs
    assert back[["ortholog_id", "gene_id"]].to_numpy().tolist() == found.pairs.to_numpy().tolist()


def test_every_row_is_counted_once_in_any_order() -> None:
    table = pd.concat(
        [read_orthologs(DATA / "biomart_orthologs.tsv"), pairs(("A", "b", ONE), ("A", "c", ONE))]
    )
    there, back = one_to_one(table.reset_index(drop=True)), one_to_one(table[::-1].reset_index(drop=True))
    assert there.cases.equals(back.cases)
    assert set(there.pairs["gene_id"]) == set(back.pairs["gene_id"])
    first, *others = there.cases["count"]
    assert first == sum(others)


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([("gene", "ortholog", "kind"), ("A", "a", ONE)], "no column 'Gene stable ID'"),
        ([("Gene stable ID", "Mouse gene stable ID"), ("A", "a")], "no column '... gene stable ID' with its"),
        (
            [
                (
                    "Gene stable ID",
                    *(f"{x} {y}" for x in ("Mouse", "Rat") for y in ("gene stable ID", "homology type")),
                )
            ],
            "orthologs of 2 species",
        ),
        ([("Gene stable ID", "Mouse gene stable ID", "Mouse homology type")], "is not a tab-separated table"),
        ([], "no column 'Gene stable ID'"),
    ],
)
def test_other_tables_are_refused(tmp_path: Path, rows: list[tuple[str, ...]], what: str) -> None:
    path = write(tmp_path / "orthologs.txt", *rows)
    with pytest.raises(InputError, match=what) as caught:
        read_orthologs(path)
    assert caught.value.where.startswith(str(path))


def test_a_table_without_pairs_is_refused() -> None:
    with pytest.raises(InputError, match="none of the 1 rows is a pair of one-to-one orthologs"):
        one_to_one(pairs(("A", "a", "ortholog_one2many")))


@pytest.mark.real
def test_the_orthologs_of_the_paper(real_data: Path) -> None:
    table = read_orthologs(real_data / "published" / "human2mouse_one2one_orthologs.txt")
    found = one_to_one(table)
    assert len(found.pairs) == 16_806
    assert found.cases.set_index("case").loc["rows of the table", "count"] == 16_806
    assert found.pairs["gene_id"].str.match("ENSG0").all()
    assert found.pairs["ortholog_id"].str.match("ENSMUSG0").all()
    expressed = pd.read_csv(real_data / "published" / "1to1_orthologs_expression.txt", sep="\t", header=None)
    known = set(map(tuple, found.pairs.to_numpy()))
    assert len(expressed) == 15_348
    assert all(pair in known for pair in zip(expressed[0], expressed[1], strict=True))


def test_a_row_without_a_gene_is_no_pair() -> None:
    rows = [("", "M1", "ortholog_one2one"), ("A", "M2", "ortholog_one2one")]
    found = one_to_one(pd.DataFrame(rows, columns=["gene_id", "ortholog_id", "kind"]))
    assert found.pairs.to_numpy().tolist() == [["A", "M2"]]
    assert dict(found.cases.itertuples(index=False))["row without a gene"] == 1
