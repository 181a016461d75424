"""The writers of the simulated species, on toys."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpresso_core.sequence import encode
from xpresso_core.simulate_files import (
    ensembl_name,
    write_biomart_names,
    write_expression,
    write_genome,
    write_gtf,
)
from xpresso_core.simulate_genes import Locus, Transcript
from xpresso_core.simulate_names import Known


def test_genome_lines(tmp_path: Path) -> None:
    text = "ACGTN" * 26
    chromosomes = {"chr1": encode(text), "chr2": encode(text[:120])}
    write_genome(chromosomes, tmp_path / "genome.fa", np.random.default_rng(0))
    lines = (tmp_path / "genome.fa").read_text().split("\n")
    assert [len(line) for line in lines if not line.startswith(">")] == [60, 60, 10, 60, 60, 0]
    assert "".join(lines[1:4]).upper() == text


def test_ensembl_names() -> None:
    assert [ensembl_name(name) for name in ("chr1", "chrX", "chrM")] == ["1", "X", "MT"]


def test_matrix_lines_and_a_compressed_file_without_a_date(tmp_path: Path) -> None:
    matrix = pd.DataFrame([[0.0, 12.3456]], index=["G1"], columns=["E000", "E001"])
    write_expression(matrix, tmp_path / "a.tsv.gz")
    raw = (tmp_path / "a.tsv.gz").read_bytes()
    assert gzip.decompress(raw) == b"gene_id\tE000\tE001\nG1\t0.000\t12.346\t\n"
    assert raw[4:8] == bytes(4)


@pytest.mark.parametrize(
    ("strand", "origin", "cds", "stop"),
    [("+", 100, (106, 117), (118, 120)), ("-", 199, (184, 195), (181, 183))],
)
def test_gtf_rows(
    tmp_path: Path, strand: str, origin: int, cds: tuple[int, int], stop: tuple[int, int]
) -> None:
    transcript = Transcript(((0, 40),), (5, 20), "T1")
    locus = Locus("kept", (transcript,), 0.5, 0, (0.5, 0.5), strand=strand, chrom="chrM", origin=origin,
                  gene_id="G1", gene_name="N1")  # fmt: skip
    write_gtf([locus], tmp_path / "genes.gtf.gz")
    rows = [line.split("\t") for line in gzip.open(tmp_path / "genes.gtf.gz", "rt").read().splitlines()[2:]]
    assert [row[2] for row in rows] == [
        "gene", "transcript", "exon", "five_prime_utr", "CDS", "stop_codon", "three_prime_utr"]  # fmt: skip
    assert {row[0] for row in rows} == {"MT"}
    found = {row[2]: (int(row[3]), int(row[4])) for row in rows}
    assert found["CDS"] == cds
    assert found["stop_codon"] == stop
    assert 'gene_id "G1"; gene_version "1"; gene_name "N1"; gene_source "simulated";' in rows[0][8]


def test_gtf_of_another_assembly_may_keep_the_names_of_chromosomes(tmp_path: Path) -> None:
    locus = Locus(
        "kept", (Transcript(((0, 40),), None, "T1"),), 0.5, 0, (0.5, 0.5), chrom="chr2", gene_id="G1"
    )
    write_gtf([locus], tmp_path / "a.gtf.gz", assembly="sim0", chromosome_name=str)
    lines = gzip.open(tmp_path / "a.gtf.gz", "rt").read().splitlines()
    assert lines[0] == "#!genome-build sim0"
    assert {line.split("\t")[0] for line in lines[2:]} == {"chr2"}


def test_names_in_the_shape_of_biomart(tmp_path: Path) -> None:
    known = [Known("G2", "B", ["OLD"], ["S2", "S1"], ["S3"], [7]), Known("G1", "A")]
    write_biomart_names(known, tmp_path / "names.tsv")
    assert (tmp_path / "names.tsv").read_text().splitlines() == [
        "Gene stable ID\tGene name\tGene Synonym",
        "G1\tA\t",
        "G2\tB\tS1",
        "G2\tB\tS2",
    ]
