"""Gene quantifications of RSEM."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from xpresso_core.errors import InputError
from xpresso_core.rsem import read_rsem

DATA = Path(__file__).parent / "data"


def write(path: Path, *rows: tuple[str, str]) -> Path:
    lines = ["gene_id\ttranscript_id(s)\tTPM\tFPKM\tpme_FPKM", *(f"{gene}\tT\t9\t{x}\t8" for gene, x in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_genes_lose_their_version_and_other_rows_are_counted(tmp_path: Path) -> None:
    path = write(
        tmp_path / "rsem.tsv",
        ("10904", "7"),
        ("ENSMUSG00000000001.4", "1.5"),
        ("ENSG00000182378.13", "0.00"),
        ("ENSG00000182378.13_PAR_Y", "3"),
        ("ENSGR0000182378.8", "3"),
        ("SIMG00000000002", "2"),
        ("gSpikein_ERCC-00002", "8000"),
        ("gSpikein_phiX174", "0.5"),
        ("ERCC-00003", "1"),
        ("Xist", "-1"),
    )
    found = read_rsem(path)
    assert found.to_dict() == {"ENSMUSG00000000001": 1.5, "ENSG00000182378": 0, "SIMG00000000002": 2}
    assert (found.name, found.index.name, found.dtype) == ("FPKM", "gene_id", np.float64)
    assert found.attrs["cases"] == [
        ("spike-ins", 3),
        ("tRNAs (numbers)", 1),
        ("copies of pseudoautosomal genes on Y", 2),
        ("others", 1),
    ]
    packed = tmp_path / "rsem.tsv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read_rsem(packed).equals(found)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("AAA", [1, 0, 10, 7, 2.5, 2.5, 0, 0.1, 5, 30, 0.4, 12]),
        ("AAB", [3, 0, 20, 9, 0.5, 4.5, 1, 0.2, 6, 10, 0.2, 12]),
        ("AAC", [2, 0, 90, 8, 1.5, 3.5, 0, 0.3, 7, 20, 0.3]),
    ],
)
def test_columns_are_found_by_name(name: str, values: list[float]) -> None:
    genes = [f"ENSMUSG000009000{number}" for number in "01 02 03 04 05 15 06 07 08 10 11 12".split()]
    found = read_rsem(DATA / f"encode_ENCFF900{name}.tsv")
    assert found.to_dict() == dict(zip(genes, values, strict=False))


@pytest.mark.parametrize(
    ("rows", "where", "what"),
    [
        ([("ENSG00000000001.1", "1"), ("ENSG00000000001.2", "1")], ", gene 'ENSG00000000001'", "there twice"),
        ([("ENSG00000000001.1", "NA")], ", gene 'ENSG00000000001.1'", "the FPKM 'NA' is not a number"),
        ([("ENSG00000000001.1", "-1")], ", gene 'ENSG00000000001.1'", "the FPKM '-1' is not a number"),
        ([("ENSG00000000001.1", "inf")], ", gene 'ENSG00000000001.1'", "the FPKM 'inf'"),
        ([("ENSG00000000001.1", "")], ", gene 'ENSG00000000001.1'", "the FPKM ''"),
        ([("10904", "1")], "", "none of its 1 rows has the identifier of a gene"),
    ],
)
def test_faults_are_named(tmp_path: Path, rows: list[tuple[str, str]], where: str, what: str) -> None:
    path = write(tmp_path / "rsem.tsv", *rows)
    with pytest.raises(InputError, match=what) as caught:
        read_rsem(path)
    assert caught.value.where == f"{path}{where}"


@pytest.mark.parametrize("text", ["gene_id\tTPM\nENSG00000000001\t1\n", "", "%PDF\n"])
def test_other_tables_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rsem.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match=r"rsem\.tsv: is no table of RSEM with the columns gene_id and FPKM"):
        read_rsem(path)
