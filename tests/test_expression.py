"""Expression tables: every layout, every fault, and the paper's label."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.expression import (
    NORMALISED,
    dataset_expression,
    log_expression,
    read_matrix,
    write_dataset_expression,
)
from xpresso_core.gene_names import read_gene_names

DATA = Path(__file__).parent / "data"
MATRIX = "gene_id\tE000\tE001\tE002\tE003\nG1\t9\t1\t2\t6\nG2\t0\t0\t0.4\t0.2\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "matrix.tsv"
    path.write_text(text)
    return path


def test_the_scale() -> None:
    assert log_expression([0.0, 0.9, 9.9]).tolist() == [-1.0, 0.0, 1.0]


def test_a_matrix_is_read_as_it_is(tmp_path: Path) -> None:
    frame = read_matrix(write(tmp_path, MATRIX))
    assert list(frame.columns) == ["E000", "E001", "E002", "E003"]
    assert list(frame.index) == ["G1", "G2"]
    assert frame.index.name == "gene_id"
    assert frame.to_numpy().tolist() == [[9, 1, 2, 6], [0, 0, 0.4, 0.2]]
    assert (frame.dtypes == np.float64).all()


@pytest.mark.parametrize(
    "text",
    [
        MATRIX.replace("\nG", "\t\nG").replace("0.2\n", "0.2\t\n").replace("E003\t\n", "E003\n"),  # Roadmap
        MATRIX.replace("\n", "\t\n"),
        MATRIX.replace("gene_id\t", ""),  # R's write.table
        MATRIX.replace("gene_id", ""),
        MATRIX.replace("gene_id", '"gene_id"').replace("E000", '"E000"').replace("G1", '"G1"'),
        MATRIX.replace("\n", "\r\n"),
        MATRIX.replace("\n", "\n\n"),
        MATRIX.rstrip("\n"),
    ],
)
def test_layouts_that_mean_the_same(tmp_path: Path, text: str) -> None:
    assert text != MATRIX
    expected = read_matrix(write(tmp_path, MATRIX))
    assert read_matrix(write(tmp_path, text)).equals(expected)
    packed = tmp_path / "matrix.tsv.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    assert read_matrix(packed).equals(expected)


def test_one_column_and_medians(tmp_path: Path) -> None:
    path = write(tmp_path, MATRIX)
    one = dataset_expression(path, "E002", units="FPKM")
    assert list(one.columns) == ["gene_id", "value", "log10"]
    assert one["gene_id"].tolist() == ["G1", "G2"]
    assert one["value"].tolist() == [2, 0.4]
    assert one["log10"].tolist() == np.log10([2.1, 0.5]).tolist()
    assert one.attrs.pop("cases") == [("rows of the table", 2), ("genes kept", 2)]
    assert one.attrs == {"source": "E002", "units": "FPKM"}
    median = dataset_expression(path, median_except=["E000"])
    assert median["value"].tolist() == [2, 0.2]
    assert (median.attrs["source"], median.attrs["units"]) == ("median of 3 columns", "RPKM")
    assert dataset_expression(path, median_except=[])["value"].tolist() == [4, 0.1]
    with pytest.raises(InputError, match="4 columns of values, and none of them is chosen"):
        dataset_expression(path)
    with pytest.raises(InputError, match="both one column and a median"):
        dataset_expression(path, "E001", ["E000"])
    with pytest.raises(InputError, match="no column is left for the median"):
        dataset_expression(path, median_except=["E000", "E001", "E002", "E003"])


@pytest.mark.parametrize(
    "text", ["G1\t2.5\nG2\t0\n", "gene_id\tx\nG1\t2.5\nG2\t0\n", "id\t2019\nG1\t2.5\nG2\t0"]
)
def test_two_columns_with_and_without_a_header(tmp_path: Path, text: str) -> None:
    frame = dataset_expression(write(tmp_path, text))
    assert frame["gene_id"].tolist() == ["G1", "G2"]
    assert frame["value"].tolist() == [2.5, 0]


def test_a_single_gene_is_a_table_too(tmp_path: Path) -> None:
    assert dataset_expression(write(tmp_path, "G1\t2.5"))["value"].tolist() == [2.5]


def test_versions_are_stripped_if_wanted(tmp_path: Path) -> None:
    path = write(tmp_path, "ENSG00000000003.14\t1\nENSG00000182378.15_PAR_Y\t2\n")
    assert dataset_expression(path)["gene_id"].tolist() == ["ENSG00000000003", "ENSG00000182378_PAR_Y"]
    assert dataset_expression(path, strip_versions=False)["gene_id"][0] == "ENSG00000000003.14"


def test_other_columns_may_hold_anything(tmp_path: Path) -> None:
    rsem = write(tmp_path, "gene_id\ttranscript_id(s)\tTPM\tFPKM\nG1\tT1,T2\tNA\t3.5\n10904\t10904\t-1\t0\n")
    assert dataset_expression(rsem, "FPKM")["value"].tolist() == [3.5, 0]
    with pytest.raises(InputError, match="column 'transcript_id\\(s\\)' is not a number"):
        read_matrix(rsem)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (MATRIX + "G1\t1\t1\t1\t1\n", "line 4", "the gene 'G1' was already in line 2"),
        (MATRIX + "G3\t1\t-1\t1\t1\n", "line 4, gene 'G3'", "column 'E001' is negative ('-1')"),
        (MATRIX + "G3\t1\t1\tx\t1\n", "line 4, gene 'G3'", "column 'E002' is not a number ('x')"),
        (MATRIX + "G3\t1\t1\t\t1\n", "line 4, gene 'G3'", "column 'E002' is missing ('')"),
        (MATRIX + "G3\t1\t1\tNA\t1\n", "line 4, gene 'G3'", "column 'E002' is missing ('NA')"),
        (MATRIX + "G3\t1\tnan\t1\t1\n", "line 4, gene 'G3'", "column 'E001' is missing ('nan')"),
        (MATRIX + "G3\t1\t1\tinf\t1\n", "line 4, gene 'G3'", "column 'E002' is infinite ('inf')"),
        (MATRIX + "G3\t1\t1\t1\n", "line 4", "the line has 4 columns instead of 5"),
        (MATRIX + "G3\t1\t1\t1\t1\t1\n", "line 4", "the line has 6 columns instead of 5"),
        (MATRIX + "\t1\t1\t1\t1\n", "line 4", "the gene has no identifier"),
        (MATRIX.replace("E002", "E001"), "line 1", "the column 'E001' is there twice"),
        ("G1\t1\t2\nG2\t1\t2\n", "line 1", "the first line already holds numbers"),
        ("gene_id\tE000\n", "", "no line of data"),
        ("gene_id E000\n", "", "no tab in its first line"),
        ("", "", "the table is empty"),
    ],
)
def test_faults_are_named_with_their_place(tmp_path: Path, text: str, where: str, what: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_matrix(path)
    assert caught.value.where == (f"{path}, {where}" if where else str(path))
    assert what in caught.value.what
    assert caught.value.remedy


def test_versions_of_one_gene_are_duplicates(tmp_path: Path) -> None:
    path = write(tmp_path, "ENSG00000000003.14\t1\nENSG00000000003.15\t2\n")
    with pytest.raises(InputError, match="line 2: the gene 'ENSG00000000003' was already in line 1"):
        dataset_expression(path)


def test_unknown_columns_show_the_nearest(tmp_path: Path) -> None:
    path = write(tmp_path, MATRIX)
    with pytest.raises(InputError, match="there is no column 'E02'.*E002"):
        dataset_expression(path, "E02")
    with pytest.raises(InputError, match="there is no column 'x'"):
        dataset_expression(path, median_except=["x"])


def test_samples_may_be_normalised_before_the_median(tmp_path: Path) -> None:
    text = "gene_id\tX\tY\tZ\tREF\nA\t5\t4\t3\tx\nB\t2\t1\t4\tx\nC\t3\t4\t6\tx\nD\t4\t2\t8\tx\n"
    path = write(tmp_path, text)
    plain = dataset_expression(path, median_except=["REF"])
    assert plain["value"].tolist() == [4, 2, 4, 4]
    found = dataset_expression(path, median_except=["REF"], quantile_normalise=True)
    assert found["value"].tolist() == pytest.approx([31 / 6, 2, 14 / 3, 14 / 3])
    assert found["log10"].tolist() == log_expression(found["value"]).tolist()
    *rows, (case, correlation) = found.attrs["cases"]
    assert rows == [("rows of the table", 4), ("genes kept", 4)]
    assert case == NORMALISED
    assert correlation == pytest.approx(np.corrcoef(plain["log10"], found["log10"])[0, 1], rel=1e-12)


def test_one_sample_is_not_normalised(tmp_path: Path) -> None:
    path = write(tmp_path, MATRIX)
    with pytest.raises(InputError, match="one column cannot be quantile-normalised"):
        dataset_expression(path, "E001", quantile_normalise=True)
    same = write(tmp_path, "G1\t2\nG2\t3\nG3\t3\n")
    found = dataset_expression(same, median_except=[], quantile_normalise=True)
    assert found["value"].tolist() == [2, 3, 3]


def test_entrez_ids_become_those_of_ensembl() -> None:
    files = ["biomart_gene_names_mouse.tsv", "MGI_Gene_Model_Coord.rpt", "MGI_EntrezGene.rpt"]
    names = read_gene_names([DATA / file for file in files])
    found = dataset_expression(DATA / "mesc_rpkm.tsv", "RPKM", ids="entrez", gene_names=names)
    assert found[["gene_id", "value"]].to_numpy().tolist() == [
        ["ENSMUSG00000900001", 12.5],
        ["ENSMUSG00000900002", 0],
        ["ENSMUSG00000900008", 0.7],
        ["ENSMUSG00000900012", 5.5],
    ]
    assert found.attrs["cases"] == [
        ("rows of the table", 11),
        ("genes kept", 4),
        ("Entrez id without an Ensembl gene", 3),
        ("Entrez id of several Ensembl genes", 1),
        ("Ensembl gene of several Entrez ids", 2),
        ("Entrez id in several rows with different values", 0),
        ("repeated row of an Entrez id, with the same value", 1),
    ]
    with pytest.raises(InputError, match=r"mesc_rpkm\.tsv: its Entrez ids need a table of gene names"):
        dataset_expression(DATA / "mesc_rpkm.tsv", "RPKM", ids="entrez")
    with pytest.raises(InputError, match="'90012' was already in line 9"):
        dataset_expression(DATA / "mesc_rpkm.tsv", "RPKM")


def test_values_and_cases_are_written(tmp_path: Path) -> None:
    table, cases = tmp_path / "out" / "values.tsv", tmp_path / "out" / "cases.tsv"
    settings = {"table": "epigenomes", "units": "RPKM", "median_except": ["E000"], "format": "matrix"}
    settings |= {"ids": "gene", "quantile_normalise": True}
    matrix = DATA / "epigenomes_rpkm.pc"
    write_dataset_expression(matrix, table, cases, settings=settings, gene_names_path=None)
    expected = dataset_expression(matrix, median_except=["E000"], quantile_normalise=True)
    written = pd.read_csv(table, sep="\t")
    assert written.equals(expected)
    lines = [line.split("\t") for line in cases.read_text().splitlines()]
    assert lines[:3] == [["case", "count"], ["rows of the table", str(len(written))],
                         ["genes kept", str(len(written))]]  # fmt: skip
    assert lines[3] == [NORMALISED, repr(expected.attrs["cases"][-1][1])]


def test_names_for_entrez_ids_are_read_from_the_joined_table(tmp_path: Path) -> None:
    names = tmp_path / "names.tsv"
    names.write_text("gene_id\tgene_name\tentrez_id\nENSG01\tA\t7\nENSG02\tB\t8|9\n")
    path = write(tmp_path, "id\tRPKM\n7\t1.5\n8\t2\n")
    settings = {"table": "mesc", "units": "RPKM", "column": "RPKM", "format": "matrix", "ids": "entrez"}
    out = tmp_path / "values.tsv"
    write_dataset_expression(path, out, tmp_path / "cases.tsv", settings=settings, gene_names_path=names)
    assert out.read_text().splitlines()[1].startswith("ENSG01\t1.5\t")
    assert "Ensembl gene of several Entrez ids\t1\n" in (tmp_path / "cases.tsv").read_text()


@pytest.fixture(scope="module")
def roadmap(real_data: Path) -> pd.DataFrame:
    """Return the matrix of the 18,377 genes of the paper."""
    folder = real_data / "human_mini"
    matrix = read_matrix(folder / "57epigenomes.RPKM.pc.gz")
    assert matrix.shape == (19_795, 57)
    names = pd.read_csv(folder / "gene_names.tsv", sep="\t", keep_default_na=False).set_index("gene_id")
    windows = pd.read_csv(real_data / "published" / "human_promoters_20kb.hg38.bed", sep="\t", header=None)
    matrix = matrix[matrix.index.isin(windows[3])]
    histones = names.loc[matrix.index, "gene_name"].str.contains("HIST")
    assert histones.sum() == 36
    return matrix[~histones.to_numpy()]


@pytest.mark.real
def test_the_label_of_the_paper(real_data: Path, roadmap: pd.DataFrame) -> None:
    label = dataset_expression(
        real_data / "human_mini" / "57epigenomes.RPKM.pc.gz", median_except=["E000"]
    ).set_index("gene_id")
    label = label.loc[roadmap.index, "log10"]
    assert len(label) == 18_377
    assert label.mean() == pytest.approx(0.33961437796, abs=1e-11)
    assert label.std(ddof=0) == pytest.approx(0.91552980557, abs=1e-11)


@pytest.mark.real
def test_normalisation_hardly_changes_the_label(real_data: Path) -> None:
    """As the paper says of its mouse, with a correlation of 0.9996."""
    path = real_data / "human_mini" / "57epigenomes.RPKM.pc.gz"
    found = dataset_expression(path, median_except=["E000"], quantile_normalise=True)
    assert found.attrs["cases"][-1] == (NORMALISED, pytest.approx(0.99815, abs=5e-6))


@pytest.mark.real
def test_cell_types_differ_as_in_the_paper(roadmap: pd.DataFrame) -> None:
    assert roadmap.loc["ENSG00000000419", "E123"] == 73.719
    logs = {name: log_expression(roadmap[name]) for name in ("E123", "E116")}
    scores = {name: (values - values.mean()) / values.std() for name, values in logs.items()}
    difference = scores["E123"] - scores["E116"]
    assert (difference > 1).sum() == 890
    assert (difference < -1).sum() == 1087
    assert (np.abs(logs["E123"] - logs["E116"]) > 1).sum() == 2106
