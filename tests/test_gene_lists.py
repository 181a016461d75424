"""Which genes a list means: by identifier, present, former and other names, and what is not found."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.files import read_table
from xpresso_core.gene_lists import AMBIGUOUS, CASES, UNKNOWN, GeneFinder, names_of, read_gene_list

LISTS = Path(__file__).resolve().parents[1] / "resources" / "gene_lists"

GENES = pd.DataFrame(
    [
        ("ENSG01", "ALPHA"),
        ("ENSG02", "TWIN"),
        ("ENSG03", "TWIN"),
        ("ENSG04", ""),
        ("ENSG05", "Delta"),
    ],
    columns=["gene_id", "gene_name"],
)
NAMES = pd.DataFrame(
    [
        ("ENSG01", "ALPHA1", "OLDA|SHARED", "SYN|ALSO", ""),
        ("ENSG02", "TWIN", "", "SYN2", ""),
        ("ENSG04", "GAMMA", "SHARED", "ALPHA|MANY", ""),
        ("ENSG06", "FAR", "OLDF", "MANY|OLDA", ""),
    ],
    columns=["gene_id", "gene_name", "previous", "synonyms", "entrez_id"],
)


def meant(*entries: str, ignore_case: bool = False) -> dict[str, tuple[str, list[str]]]:
    """Return how each entry was found, and the genes it means."""
    found = GeneFinder(GENES, NAMES, ignore_case=ignore_case).find(entries)
    assert list(found.columns) == ["entry", "case", "gene_id"]
    return {
        str(entry): (rows["case"].iloc[0], rows["gene_id"].tolist()) for entry, rows in found.groupby("entry")
    }


@pytest.mark.parametrize(
    ("entry", "case", "genes"),
    [
        ("ENSG01", "identifier", ["ENSG01"]),
        ("ENSG01.17", "identifier", ["ENSG01"]),
        ("ENSG01.17_2", "identifier", ["ENSG01"]),
        ("ENSG06", "identifier", ["ENSG06"]),
        ("ALPHA", "name", ["ENSG01"]),
        ("TWIN", "name", ["ENSG02", "ENSG03"]),
        ("ALPHA1", "official name", ["ENSG01"]),
        ("GAMMA", "official name", ["ENSG04"]),
        ("FAR", "official name", ["ENSG06"]),
        ("OLDF", "previous name", ["ENSG06"]),
        ("SHARED", AMBIGUOUS, [""]),
        ("SYN", "synonym", ["ENSG01"]),
        ("ALSO", "synonym", ["ENSG01"]),
        ("MANY", AMBIGUOUS, [""]),
        ("delta", UNKNOWN, [""]),
        ("SYN|ALSO", UNKNOWN, [""]),
        ("ALPH", UNKNOWN, [""]),
        ("ALPHA.1", UNKNOWN, [""]),
        ("", UNKNOWN, [""]),
        (" ALPHA ", "name", ["ENSG01"]),
    ],
)
def test_what_an_entry_means(entry: str, case: str, genes: list[str]) -> None:
    assert meant(entry) == {entry: (case, genes)}


def test_present_names_go_before_former_ones_and_those_before_synonyms() -> None:
    assert meant("ALPHA")["ALPHA"] == ("name", ["ENSG01"]), "though it is a synonym of ENSG04"
    assert meant("OLDA")["OLDA"] == ("previous name", ["ENSG01"]), "though it is a synonym of ENSG06"


def test_letter_case_counts_unless_it_is_to_be_ignored() -> None:
    entries = ("delta", "Alpha", "ensg01", "oldf", "Twin", "many")
    assert {case for case, _ in meant(*entries).values()} == {UNKNOWN}
    assert meant(*entries, ignore_case=True) == {
        "delta": ("name", ["ENSG05"]),
        "Alpha": ("name", ["ENSG01"]),
        "ensg01": ("identifier", ["ENSG01"]),
        "oldf": ("previous name", ["ENSG06"]),
        "Twin": ("name", ["ENSG02", "ENSG03"]),
        "many": (AMBIGUOUS, [""]),
    }


def test_versions_are_no_part_of_identifiers_in_small_letters() -> None:
    assert meant("ensg01.17", ignore_case=True) == {"ensg01.17": ("identifier", ["ENSG01"])}


def test_a_former_name_that_differs_in_case_becomes_ambiguous() -> None:
    names = pd.DataFrame({"gene_id": ["a", "b"], "gene_name": ["A", "B"], "previous": ["Old", "OLD"]})
    assert GeneFinder(None, names).find(["OLD"])["gene_id"].tolist() == ["b"]
    assert GeneFinder(None, names, ignore_case=True).find(["OLD"])["case"].tolist() == [AMBIGUOUS]


def test_rows_keep_the_order_of_entries_and_one_gene_may_be_meant_twice() -> None:
    found = GeneFinder(GENES, NAMES).find(["zzz", "TWIN", "SYN", "ALPHA"])
    assert found["entry"].tolist() == ["zzz", "TWIN", "TWIN", "SYN", "ALPHA"]
    assert found["gene_id"].tolist() == ["", "ENSG02", "ENSG03", "ENSG01", "ENSG01"]
    assert set(found["case"]) <= {*CASES, AMBIGUOUS, UNKNOWN}


def test_the_order_of_genes_does_not_matter() -> None:
    entries = ["TWIN", "SHARED", "OLDA", "SYN2", "ALPHA"]
    plain = GeneFinder(GENES, NAMES).find(entries)
    mixed = GeneFinder(GENES[::-1], NAMES.sample(frac=1, random_state=0)).find(entries)
    pd.testing.assert_frame_equal(plain, mixed)


def test_without_tables_nothing_is_known() -> None:
    assert GeneFinder(None, None).find(["A"]).to_dict("list") == {
        "entry": ["A"],
        "case": [UNKNOWN],
        "gene_id": [""],
    }
    assert GeneFinder(GENES, None).find([]).empty


def test_one_table_is_enough_and_missing_names_are_none() -> None:
    gaps = GENES.assign(gene_name=GENES["gene_name"].replace("", None))
    assert GeneFinder(gaps, None).find(["", "ALPHA", "ENSG04"])["gene_id"].tolist() == [
        "",
        "ENSG01",
        "ENSG04",
    ]
    own = NAMES[["gene_id", "gene_name"]]
    assert GeneFinder(None, own).find(["FAR", "OLDF"])["case"].tolist() == ["official name", UNKNOWN]


def test_a_gene_is_called_as_the_annotation_does_or_else_as_the_table_of_names() -> None:
    assert names_of(GENES, NAMES) == {
        "ENSG01": "ALPHA",
        "ENSG02": "TWIN",
        "ENSG03": "TWIN",
        "ENSG04": "GAMMA",
        "ENSG05": "Delta",
        "ENSG06": "FAR",
    }
    assert names_of(None, NAMES)["ENSG01"] == "ALPHA1"
    assert "ENSG04" not in names_of(GENES, None)
    assert names_of(None, None) == {}


@pytest.mark.parametrize(
    "data",
    [
        b"A\nB\n",
        b"A\nB",
        b"A\r\nB\r\n",
        b"\xef\xbb\xbfA\nB\n",
        b"# title\nA\tnote\n\n  \nB # said so\nA\n",
        b"  A  \n\tnothing\nB\tx\ty\n#A2\n",
        gzip.compress(b"A\nB\n", mtime=0),
    ],
)
def test_a_list_is_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "list").write_bytes(data)
    assert read_gene_list(tmp_path / "list") == ["A", "B"]


def test_a_list_in_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "lists.zip", "w") as archive:
        archive.writestr("first.txt", "A\r\nB\r\n")
    assert read_gene_list(tmp_path / "lists.zip") == ["A", "B"]
    with zipfile.ZipFile(tmp_path / "lists.zip", "a") as archive:
        archive.writestr("second.txt", "C\n")
    with pytest.raises(InputError, match=r"lists\.zip: holds 2 files.*first\.txt, second\.txt"):
        read_gene_list(tmp_path / "lists.zip")


def test_text_may_begin_with_the_letters_of_a_zip_archive(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("PKM\nGATA1\n")
    assert read_gene_list(tmp_path / "list.txt") == ["PKM", "GATA1"]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a title\n", "\tno symbol\n"])
def test_an_empty_list_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(InputError, match=r"list\.txt: the list holds no gene"):
        read_gene_list(tmp_path / "list.txt")


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.txt: cannot be read"):
        read_gene_list(tmp_path / "none.txt")


@pytest.mark.parametrize(("name", "number"), [("K562_enhancers", 16), ("mESC_enhancers", 27)])
def test_the_lists_of_the_project_are_read(name: str, number: int) -> None:
    entries = read_gene_list(LISTS / f"{name}.txt")
    assert len(entries) == number
    assert all(entry.isalnum() for entry in entries)


@pytest.mark.real
def test_published_lists(real_data: Path) -> None:
    polycomb, enhancers = (
        read_gene_list(real_data / "published" / f"{name}.txt")
        for name in ("Boyer_et_al_PCG_repressed", "Whyte_et_al_superenhancers")
    )
    assert (len(polycomb), len(enhancers)) == (512, 191)  # three of 194 lines are there twice
    names = read_table(real_data / "human_mini" / "gene_names.tsv", dtype={"gene_name": str})
    finder = GeneFinder(names, None)
    k562 = finder.find(read_gene_list(LISTS / "K562_enhancers.txt"))
    assert (k562["case"] == "name").all()
    assert k562["entry"].nunique() == 16
    for entries in (polycomb, enhancers):
        exact = finder.find(entries)
        alike = GeneFinder(names, None, ignore_case=True).find(entries)
        assert (exact["case"] == UNKNOWN).mean() > 0.9, "mouse symbols are not those of man"
        assert (alike["case"] == "name").mean() > 0.6, "but most differ in case only"
