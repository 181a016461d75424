"""ENCODE: the paper's conditions, fetching, and the matrix of samples."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpresso_core.encode import AUDITS, encode_matrix, fetch_files, select_files, write_matrix
from xpresso_core.errors import ChecksumError, InputError
from xpresso_core.expression import dataset_expression, read_matrix
from xpresso_core.files import sha256
from xpresso_core.sources import Source, fetch

DATA = Path(__file__).parent / "data"
METADATA = DATA / "encode_metadata.tsv"
SAMPLES = ("AAA", "AAB", "AAC")


def metadata(*rows: dict[str, str]) -> pd.DataFrame:
    """Return a table of files that are fit but for what the rows say."""
    fit = {
        "File accession": "ENCFF001AAA",
        "File format": "tsv",
        "Output type": "gene quantifications",
        "File assembly": "mm10",
        "Experiment accession": "ENCSR001AAA",
        "Assay": "polyA plus RNA-seq",
        "Biosample term name": "liver",
        "Biosample treatments": "",
        "Biological replicate(s)": "1",
        "Technical replicate(s)": "1_1",
        "md5sum": "0" * 32,
        "File download URL": "/files/ENCFF001AAA/@@download/ENCFF001AAA.tsv",
        "File Status": "released",
        "Audit WARNING": "",
    }
    fit_row = fit | {"File accession": "ENCFF000ZZZ"}
    others = [fit | {"File accession": f"ENCFF{number:03d}BBB"} | row for number, row in enumerate(rows)]
    return pd.DataFrame([fit_row, *others])


def excluded(table: pd.DataFrame) -> dict[str, int]:
    counts = select_files(table).counts
    return {case: count for case, count in counts.to_numpy().tolist()[1:-1] if count}


def test_the_miniature_is_selected_by_the_conditions_of_the_paper() -> None:
    found = select_files(METADATA)
    assert found.files.drop(columns=["md5", "url"]).to_numpy().tolist() == [
        ["ENCFF900AAA", "ENCSR900AAA", "polyA plus RNA-seq", "limb", "1"],
        ["ENCFF900AAB", "ENCSR900AAB", "total RNA-seq", "liver", "1"],
        ["ENCFF900AAC", "ENCSR900AAC", "total RNA-seq", "MEL", "1"],
    ]
    url = "https://www.encodeproject.org/files/ENCFF900AAA/@@download/ENCFF900AAA.tsv"
    assert found.files["url"][0] == url
    assert found.counts.to_numpy().tolist() == [
        ["files of the table", 18],
        ["another assay", 1],
        ["another assembly", 2],
        ["no tsv", 1],
        ["no gene quantifications", 1],
        ["treated biosample", 3],
        *([f"audit: {audit}", 1] for audit in AUDITS),
        ["not released", 1],
        ["another replicate", 2],
        ["files kept", 3],
    ]
    counts = found.counts["count"].tolist()
    assert counts[0] == sum(counts[1:])


@pytest.mark.parametrize(
    ("fault", "case"),
    [
        ({"Assay": "polyA minus RNA-seq"}, "another assay"),
        ({"Assay": "small RNA-seq"}, "another assay"),
        ({"File assembly": "mm10-minimal"}, "another assembly"),
        ({"File format": "bam"}, "no tsv"),
        ({"Output type": "transcript quantifications"}, "no gene quantifications"),
        ({"Biosample treatments": "DMS"}, "treated biosample"),
        ({"Biosample treatments": "dimethyl sulfoxide"}, "treated biosample"),
        ({"Biosample treatments": "interleukin-4, LPS"}, "treated biosample"),
        ({"Biosample treatments": "lipopolysaccharide"}, "treated biosample"),
        ({"Biosample treatments": "β-estradiol"}, "treated biosample"),
        ({"Biosample treatments": "17\ufffd\ufffd-estradiol"}, "treated biosample"),
        ({"Audit WARNING": "missing documents, low read depth"}, "audit: low read depth"),
        ({"Audit WARNING": "extremely low read depth"}, "audit: low read depth"),
        ({"Audit ERROR": "Insufficient read length"}, "audit: insufficient read length"),
        ({"File Status": "archived"}, "not released"),
        ({"Biological replicate(s)": "2", "Technical replicate(s)": "2_1"}, "another replicate"),
        ({"Biological replicate(s)": "1, 2", "Technical replicate(s)": "1_1, 2_1"}, "another replicate"),
        ({"Technical replicate(s)": "1_2"}, "another replicate"),
        ({"Technical replicate(s)": "1_11"}, "another replicate"),
    ],
)
def test_one_fault_excludes_a_file(fault: dict[str, str], case: str) -> None:
    assert excluded(metadata(fault)) == {case: 1}
    assert excluded(metadata(fault | {"Assay": "ChIP-seq"})) == {"another assay": 1}, "the first fault counts"


@pytest.mark.parametrize(
    "virtue",
    [
        {"Assay": "total RNA-seq"},
        {"Assay": "polyA mRNA RNA-seq"},
        {"Biosample treatments": "retinoic acid"},
        {"Biosample treatments": "dmsomething"},
        {"Audit WARNING": "mixed read lengths, extremely low spot score", "Audit ERROR": "inconsistent sex"},
        {"Technical replicate(s)": "1_1, 1_2"},
        {"Technical replicate(s)": "1"},
        {"Technical replicate(s)": ""},
        {"Experiment accession": "ENCSR009AAA"},
    ],
)
def test_what_excludes_no_file(virtue: dict[str, str]) -> None:
    assert excluded(metadata(virtue)) == {}


def test_older_tables_have_other_headings() -> None:
    old = {
        "File assembly": "Assembly",
        "Biological replicate(s)": "Biological replicate",
        "Technical replicate(s)": "Technical replicate",
    }
    table = metadata({"File Status": "archived"}).rename(columns=old)
    assert excluded(table) == {"not released": 1}
    assert excluded(table.drop(columns="File Status")) == {}


@pytest.mark.parametrize("column", ["md5sum", "Biosample treatments", "Assay", "File assembly"])
def test_missing_columns_are_named(tmp_path: Path, column: str) -> None:
    path = tmp_path / "metadata.tsv"
    metadata().drop(columns=column).to_csv(path, sep="\t", index=False)
    with pytest.raises(InputError, match=rf"metadata\.tsv, line 1: .* no column '{column.lower()}'"):
        select_files(path)
    with pytest.raises(InputError, match=r"no column 'audit \.\.\.'"):
        select_files(metadata().drop(columns="Audit WARNING"))


def test_a_table_without_fit_files_is_refused() -> None:
    with pytest.raises(
        InputError, match="no file is left: 18 files of the table, 1 another assay, 17 another"
    ):
        select_files(METADATA, assembly="mm11")
    with pytest.raises(InputError, match="'ENCFF000ZZZ' is there twice"):
        select_files(metadata({"File accession": "ENCFF000ZZZ"}))
    with pytest.raises(InputError, match=r"'\.\./a' is none"):
        select_files(metadata({"File accession": "../a"}))


@pytest.fixture
def portal(tmp_path: Path) -> Path:
    """Return a table whose files lie beside it; two of them are fit and of the same genes."""
    folder = tmp_path / "portal"
    (folder / "files").mkdir(parents=True)
    rows = []
    for number, name in enumerate(SAMPLES[:2]):
        content = (DATA / f"encode_ENCFF900{name}.tsv").read_bytes()
        (folder / "files" / f"{name}.tsv").write_bytes(content)
        rows.append(
            {
                "File accession": f"ENCFF900{name}",
                "Biosample term name": ("limb", "liver")[number],
                "md5sum": hashlib.md5(content, usedforsecurity=False).hexdigest().upper(),
                "File download URL": f"files/{name}.tsv",
            }
        )
    metadata(*rows).iloc[1:].to_csv(folder / "metadata.tsv", sep="\t", index=False)
    return folder / "metadata.tsv"


def test_addresses_count_from_the_table_or_from_the_portal(portal: Path) -> None:
    assert select_files(portal).files["url"].tolist() == [
        str(portal.parent / "files" / f"{name}.tsv") for name in SAMPLES[:2]
    ]
    url = "https://www.encodeproject.org/files/ENCFF001AAA/@@download/ENCFF001AAA.tsv"
    assert select_files(metadata()).files["url"].tolist() == [url]


def test_files_are_fetched_once_and_listed(portal: Path, tmp_path: Path) -> None:
    folder, manifest, cases = tmp_path / "files", tmp_path / "manifest.tsv", tmp_path / "cases.tsv"
    asked: list[str] = []

    def note(source: Source, target: Path) -> object:
        asked.append(source.id)
        return fetch(source, target)

    def run() -> pd.DataFrame:
        asked.clear()
        found = fetch_files(portal, folder, manifest, assembly="mm10", cases_path=cases, fetch=note)
        assert pd.read_csv(cases, sep="\t").equals(found.counts)
        return pd.read_csv(manifest, sep="\t")

    table = run()
    assert asked == ["ENCFF900AAA", "ENCFF900AAB"]
    assert table.to_numpy().tolist() == [
        ["ENCFF900AAA", "limb", sha256(DATA / "encode_ENCFF900AAA.tsv"), "ENCFF900AAA.tsv"],
        ["ENCFF900AAB", "liver", sha256(DATA / "encode_ENCFF900AAB.tsv"), "ENCFF900AAB.tsv"],
    ]
    (folder / "ENCFF900AAB.tsv").write_text("cut short")
    assert run().equals(table)
    assert asked == ["ENCFF900AAB"], "the other one was there"


def test_a_file_with_another_checksum_leaves_no_manifest(portal: Path, tmp_path: Path) -> None:
    (portal.parent / "files" / "AAB.tsv").write_text("another version\n")
    manifest = tmp_path / "manifest.tsv"
    with pytest.raises(ChecksumError):
        fetch_files(portal, tmp_path / "files", manifest, assembly="mm10")
    assert not manifest.exists()
    assert [path.name for path in (tmp_path / "files").iterdir()] == ["ENCFF900AAA.tsv"]


def test_samples_stand_side_by_side(portal: Path, tmp_path: Path) -> None:
    folder, manifest = tmp_path / "files", tmp_path / "manifest.tsv"
    fetch_files(portal, folder, manifest, assembly="mm10")
    matrix, cases = encode_matrix(manifest, folder)
    assert list(matrix.columns) == ["ENCFF900AAA", "ENCFF900AAB"]
    assert matrix.loc["ENSMUSG00000900010"].tolist() == [30, 10]
    assert (matrix.shape, matrix.index.name) == ((12, 2), "gene_id")
    assert dict(cases.to_numpy().tolist()) == {
        "files": 2,
        "genes": 12,
        "rows left out of all files: spike-ins": 6,
        "rows left out of all files: tRNAs (numbers)": 4,
        "rows left out of all files: copies of pseudoautosomal genes on Y": 0,
        "rows left out of all files: others": 0,
    }
    table = tmp_path / "matrix.tsv"
    write_matrix(manifest, folder, table, tmp_path / "cases.tsv")
    assert read_matrix(table).equals(matrix)
    assert pd.read_csv(tmp_path / "cases.tsv", sep="\t").equals(cases)
    label = dataset_expression(table, median_except=[], units="FPKM").set_index("gene_id")
    assert label["value"].to_dict() == matrix.median(axis=1).to_dict()


def test_the_order_of_the_rows_of_a_file_does_not_matter(portal: Path, tmp_path: Path) -> None:
    folder, manifest = tmp_path / "files", tmp_path / "manifest.tsv"
    fetch_files(portal, folder, manifest, assembly="mm10")
    expected = encode_matrix(manifest, folder).matrix
    header, *lines = (folder / "ENCFF900AAB.tsv").read_text().splitlines()
    (folder / "ENCFF900AAB.tsv").write_text("\n".join([header, *lines[::-1]]) + "\n")
    with pytest.raises(ChecksumError, match=r"ENCFF900AAB\.tsv: .*not as it was fetched"):
        encode_matrix(manifest, folder)
    table = pd.read_csv(manifest, sep="\t")
    table["sha256"] = [sha256(folder / name) for name in table["path"]]
    table.to_csv(manifest, sep="\t", index=False)
    assert encode_matrix(manifest, folder).matrix.equals(expected)


def test_files_of_different_genes_are_refused(tmp_path: Path) -> None:
    names = [f"encode_ENCFF900{name}.tsv" for name in SAMPLES]
    rows = [(name[7:18], "x", sha256(DATA / name), name) for name in names]

    def manifest(*order: int) -> Path:
        path = tmp_path / "manifest.tsv"
        columns = ["accession", "biosample", "sha256", "path"]
        table = pd.DataFrame([rows[number] for number in order], columns=columns)
        table.to_csv(path, sep="\t", index=False)
        return path

    with pytest.raises(
        InputError, match="ENCFF900AAC lacks 1 of the genes of ENCFF900AAA, such as ENSMUSG00000900012"
    ):
        encode_matrix(manifest(0, 1, 2), DATA)
    with pytest.raises(
        InputError, match="ENCFF900AAA has genes that ENCFF900AAC lacks: 1, such as ENSMUSG00000900012"
    ):
        encode_matrix(manifest(2, 0), DATA)
    assert np.array_equal(encode_matrix(manifest(1), DATA).matrix["ENCFF900AAB"][:3], [3, 0, 20])
    with pytest.raises(InputError, match="the manifest names no file"):
        encode_matrix(manifest(), DATA)


def test_files_of_several_annotations_are_told_apart() -> None:
    table = pd.read_csv(DATA / "encode_metadata.tsv", sep="\t", dtype=str, keep_default_na=False)
    kept = select_files(table).files["accession"]
    column = next(name for name in table.columns if name.lower() == "genome annotation")
    mixed = table.copy()
    mixed.loc[mixed["File accession"] == kept.iloc[0], column] = "M99"
    with pytest.raises(InputError, match=r"several genome annotations.*1 of M99.*genome_annotation"):
        select_files(mixed)
    chosen = select_files(mixed, genome_annotation="M99")
    assert list(chosen.files["accession"]) == [kept.iloc[0]]
    assert dict(chosen.counts.itertuples(index=False))["another genome annotation"] == 4
    with pytest.raises(InputError, match="has no column 'genome annotation'"):
        select_files(table.drop(columns=column), genome_annotation="M99")


def test_a_table_without_rows_is_refused() -> None:
    table = pd.read_csv(METADATA, sep="\t", dtype=str, keep_default_na=False)
    with pytest.raises(InputError, match="the table of ENCODE's files has no rows"):
        select_files(table.iloc[:0])
