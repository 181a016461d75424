"""TargetScan's table of targets, and the names of families."""

from __future__ import annotations

import gzip
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.targetscan import family_names, read_summary_counts

DATA = Path(__file__).parent / "data" / "targetscan_summary_counts.tsv"
A, C, G, U = "AAAAAAA", "CCCCCCC", "GGGGGGG", "UUUUUUU"


def changed(path: Path, old: str, new: str) -> Path:
    text = DATA.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    return path


def test_the_mouse_rows_of_the_miniature() -> None:
    found = read_summary_counts(DATA, 10090)
    assert found.table.to_numpy().tolist() == [
        ["Alpha1", "AAGUGCU", -0.473, "mmu-miR-291a-3p"],
        ["Alpha1", "AAGUGCU", -0.101, "mmu-miR-291a-3p"],
        ["Beta2", "AAGUGCU", -0.2, "mmu-miR-291a-3p"],
        ["Alpha1", "AAAGUGC", -0.064, "mmu-miR-17-5p"],
        ["Delta4", "AAAGUGC", 0.0, "mmu-miR-17-5p"],
        ["NA", "GAGGUAG", -0.998, "mmu-let-7a-5p"],
    ]
    assert found.table.columns.tolist() == ["symbol", "seed", "score", "representative"]
    assert found.table.dtypes.astype(str).tolist() == ["str", "str", "float64", "str"]
    assert found.without_score == 1


def test_another_species() -> None:
    found = read_summary_counts(DATA, 9606)
    assert found.table.to_numpy().tolist() == [["ALPHA1", "AAGUGCU", -0.48, "hsa-miR-302a-3p"]]
    assert found.without_score == 0, "the row without a score is of mouse"


def test_columns_are_found_by_name_in_any_order_and_spelling(tmp_path: Path) -> None:
    table = pd.read_csv(DATA, sep="\t", dtype=str, keep_default_na=False)
    table = table[table.columns[::-1]].rename(columns=lambda name: f" {name.upper()}")
    table.to_csv(tmp_path / "a.tsv", sep="\t", index=False)
    expected = read_summary_counts(DATA, 10090)
    found = read_summary_counts(tmp_path / "a.tsv", 10090)
    pd.testing.assert_frame_equal(found.table, expected.table)
    wanted = ("gene symbol", "family", "species", "cumulative", "representative")
    fewer = [name for name in table.columns if any(word in name.lower() for word in wanted)]
    assert len(fewer) == 5
    table[fewer].to_csv(tmp_path / "b.tsv", sep="\t", index=False)
    pd.testing.assert_frame_equal(read_summary_counts(tmp_path / "b.tsv", 10090).table, expected.table)


def test_gzip_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    text = "\ufeff" + DATA.read_text().replace("\n", "\r\n")
    (tmp_path / "a.gz").write_bytes(gzip.compress(text.encode()))
    found = read_summary_counts(tmp_path / "a.gz", 10090)
    pd.testing.assert_frame_equal(found.table, read_summary_counts(DATA, 10090).table)


def test_a_zip_archive_as_targetscan_serves_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(DATA, "Summary_Counts.default_predictions.txt")
    found = read_summary_counts(tmp_path / "a.zip", 10090)
    pd.testing.assert_frame_equal(found.table, read_summary_counts(DATA, 10090).table)


def test_a_taxon_that_is_not_there() -> None:
    with pytest.raises(InputError, match=r"no targets of taxon 9913\. It has the taxa: 9606, 10090, 10116"):
        read_summary_counts(DATA, 9913)


@pytest.mark.parametrize(
    ("old", "new", "row", "what"),
    [
        ("\t-0.473\t", "\tlow\t", 2, "Cumulative weighted context++ score is no number: 'low'"),
        ("\t-0.473\t", "\t\t", 2, "Cumulative weighted context++ score is no number: ''"),
        ("\t-0.473\t", "\t-inf\t", 2, "Cumulative weighted context++ score is no number: '-inf'"),
        ("\t-0.473\t", "\t0.1\t", 2, "Cumulative weighted context++ score is above 0: '0.1'"),
        ("GAGGUAG", "let-7", 8, "miRNA family is no seed: 'let-7'"),
        ("GAGGUAG", "GAGGTAG", 8, "miRNA family is no seed: 'GAGGTAG'"),
        ("\t10116\t", "\trat\t", 9, "Species ID is no number: 'rat'"),
    ],
)
def test_a_fault_is_told_with_its_row(tmp_path: Path, old: str, new: str, row: int, what: str) -> None:
    path = changed(tmp_path / "a.tsv", old, new)
    with pytest.raises(InputError) as caught:
        read_summary_counts(path, 10090)
    assert caught.value.where == f"{path}, row {row} below the header"
    assert caught.value.what == what


def test_a_row_that_was_cut_short_is_not_one_without_a_score(tmp_path: Path) -> None:
    text = DATA.read_text().splitlines()
    (tmp_path / "a.tsv").write_text("\n".join([*text[:8], text[8][:60]]))
    with pytest.raises(InputError, match="row 8 below the header"):
        read_summary_counts(tmp_path / "a.tsv", 10090)


def test_faults_of_other_species_do_not_matter(tmp_path: Path) -> None:
    path = changed(tmp_path / "a.tsv", "\t-0.480\t", "\tlow\t")
    assert len(read_summary_counts(path, 10090).table) == 6


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "lacks the columns gene symbol, mirna family"),
        (b"miRNA\tgene\n", "this one has: miRNA, gene"),
        (DATA.read_bytes().split(b"\n")[0] + b"\n", "is not a tab-separated table with rows"),
    ],
    ids=["empty", "another table", "header only"],
)
def test_files_that_are_no_summary_counts(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_summary_counts(tmp_path / "a.txt", 10090)


@pytest.mark.parametrize("column", ["Cumulative weighted context++ score", "Representative miRNA"])
def test_one_missing_column(tmp_path: Path, column: str) -> None:
    path = changed(tmp_path / "a.tsv", column, "Something else")
    with pytest.raises(InputError, match=f"lacks the column {re.escape(column.lower())}"):
        read_summary_counts(path, 10090)


def name_of(seed: str, *rows: tuple[str, str, float]) -> str:
    return str(family_names(pd.DataFrame(rows, columns=["mirna", "seed", "rpm"]))[seed])


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        # Ordered by number, letters dropped: no other family has one of them.
        ([("mmu-miR-93-5p", A, 9), ("mmu-miR-20b-5p", A, 9), ("mmu-miR-20a-5p", A, 9)], "miR-20/93"),
        # Another family has a c on this arm; on the other arm it would not matter.
        ([("hsa-miR-302b-3p", A, 9), ("hsa-miR-302a-3p", A, 9), ("hsa-miR-302c-3p", C, 9)], "miR-302ab"),
        ([("hsa-miR-302b-3p", A, 9), ("hsa-miR-302c-5p", C, 0)], "miR-302"),
        # An arm is written below 0.85 of both arms' reads.
        ([("miR-1-3p", A, 85), ("miR-1-5p", C, 15)], "miR-1"),
        ([("miR-1-3p", A, 84), ("miR-1-5p", C, 16)], "miR-1-3p"),
        ([("miR-1a-3p", A, 84), ("miR-1b-5p", C, 16), ("miR-2-3p", A, 1)], "miR-1-3p/2"),
        ([("miR-1-3p", A, 10), ("miR-1-5p", A, 10)], "miR-1-3p/1-5p"),
        # Members without reads are not named, unless none has any.
        ([("miR-1-3p", A, 10), ("miR-2-3p", A, 0)], "miR-1"),
        ([("miR-1-3p", A, 0), ("miR-2", A, 0), ("miR-9", C, 1)], "miR-1-3p/2"),
        # Other kinds.
        ([("mmu-let-7a-5p", A, 9), ("mmu-let-7i-5p", A, 9), ("mmu-miR-98-5p", A, 9)], "let-7/98"),
        ([("miR-3-5p", A, 9), ("let-7a-5p", A, 9)], "miR-3/let-7"),
        ([("cel-lin-4-5p", A, 9), ("cel-miR-237-5p", A, 9)], "lin-4/237"),
        # Copies.
        ([("let-7a-1-3p", A, 9), ("let-7a-2-3p", C, 9), ("let-7b-3p", A, 9)], "let-7a-1/7b"),
        ([("let-7a-1-3p", A, 9), ("let-7a-2-3p", A, 9), ("let-7b-3p", C, 9)], "let-7a"),
        ([("miR-16-1-3p", A, 9), ("miR-16-2-3p", C, 9)], "miR-16-1"),
        ([("miR-7", A, 9), ("miR-7a", A, 9), ("miR-7b", C, 9)], "miR-7/7a"),
        # Names of another make.
        ([("mmu-miR-3102-5p.2-5p", A, 9), ("mmu-miR-12-5p", A, 9)], "miR-12/3102-5p.2-5p"),
        ([("mmu-miR-17*", A, 9)], "miR-17*"),
        ([("novel_5", A, 9), ("mmu-miR-17-5p", A, 9)], "miR-17/novel_5"),
        ([("novel_5", A, 9)], "novel_5"),
    ],
)  # fmt: skip
def test_names_of_families(rows: list[tuple[str, str, float]], name: str) -> None:
    assert name_of(A, *rows) == name
    assert name_of(A, *rows[::-1]) == name


def test_two_arms_never_have_one_name() -> None:
    rows = [("miR-1a-3p", A, 90.0), ("miR-1b-5p", C, 90.0), ("miR-2-5p", G, 0.0), ("miR-2-3p", U, 0.0)]
    names = family_names(pd.DataFrame(rows, columns=["mirna", "seed", "rpm"]))
    assert names.to_dict() == {A: "miR-1-3p", C: "miR-1-5p", G: "miR-2-5p", U: "miR-2-3p"}
    assert (names.name, names.index.name) == ("family", "seed")


def test_names_of_nothing() -> None:
    with pytest.raises(InputError, match="has no rows"):
        family_names(pd.DataFrame({"mirna": [], "seed": [], "rpm": []}))
