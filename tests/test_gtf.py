"""GTF files of every dialect give the same table."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from xpresso_core.errors import InputError
from xpresso_core.gtf import read_gtf
from xpresso_core.identifiers import strip_version

DATA = Path(__file__).parent / "data" / "gtf"
EXON = 'chr1\tx\texon\t101\t600\t.\t+\t.\tgene_id "A"; transcript_id "T";\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "genes.gtf"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("dialect", "gene", "transcript", "chrom", "biotype"),
    [
        ("ensembl", "ENSG00000000001", "ENST00000000001", "1", "protein_coding"),
        ("gencode", "ENSG00000000001", "ENST00000000001", "chr1", "protein_coding"),
        ("refseq", "ALPHA", "NM_000001.2", "NC_000001.11", "protein_coding"),
        ("ucsc", "ALPHA", "NM_000001", "chr1", ""),
    ],
)
def test_every_dialect_gives_its_one_coding_gene(
    dialect: str, gene: str, transcript: str, chrom: str, biotype: str
) -> None:
    frame = read_gtf(DATA / f"{dialect}.gtf")
    assert set(frame["gene_id"]) == {gene}
    assert set(frame["gene_name"]) == {"ALPHA"}
    assert set(frame["biotype"]) == {biotype}
    assert set(frame["chrom"]) == {chrom}
    assert set(frame["strand"]) == {"+"}
    parts = frame[frame["feature"] != "gene"]
    assert set(parts["transcript_id"]) == {transcript}
    exons = parts.loc[parts["feature"] == "exon", ["start", "end"]]
    assert exons.to_numpy().tolist() == [[100, 200], [300, 400], [500, 600]]
    coding = parts.loc[parts["feature"].isin(["CDS", "stop_codon"]), ["start", "end"]]
    assert coding.to_numpy().tolist() == [[150, 200], [300, 400], [500, 548], [548, 551]]


def test_rows_keep_their_order_and_only_known_features() -> None:
    frame = read_gtf(DATA / "ensembl.gtf")
    order = "gene transcript exon exon exon CDS CDS CDS stop_codon five_prime_utr three_prime_utr"
    assert list(frame["feature"]) == order.split()
    names = "gene_id gene_name transcript_id biotype feature chrom start end strand"
    assert list(frame.columns) == names.split()
    assert frame["transcript_id"][0] == ""


def test_compression_line_ends_and_blank_lines_change_nothing(tmp_path: Path) -> None:
    text = (DATA / "ensembl.gtf").read_text()
    packed = tmp_path / "genes.gtf.gz"
    packed.write_bytes(gzip.compress(text.replace("\n", "\r\n").encode() + b"\r\n"))
    assert read_gtf(DATA / "ensembl.gtf").equals(read_gtf(packed))


def test_versions_can_be_kept() -> None:
    frame = read_gtf(DATA / "gencode.gtf", strip_versions=False)
    assert set(frame["gene_id"]) == {"ENSG00000000001.7"}


def test_two_versions_of_one_gene_are_one_gene(tmp_path: Path) -> None:
    text = (DATA / "gencode.gtf").read_text()
    again = text.replace("ENSG00000000001.7", "ENSG00000000001.8").replace("00001.3", "00009.1")
    frame = read_gtf(write(tmp_path, text + again))
    assert set(frame["gene_id"]) == {"ENSG00000000001"}
    assert set(frame.loc[frame["feature"] == "exon", "transcript_id"]) == {
        "ENST00000000001",
        "ENST00000000009",
    }


@pytest.mark.parametrize(
    ("identifier", "bare"),
    [
        ("ENSG00000141510.17", "ENSG00000141510"),
        ("ENSMUST00000001.2", "ENSMUST00000001"),
        ("ENSG00000182378.15_PAR_Y", "ENSG00000182378_PAR_Y"),
        ("NM_000546.6", "NM_000546.6"),
        ("Y74C9A.3", "Y74C9A.3"),  # a worm gene, not a version
    ],
)
def test_only_ensembl_versions_are_stripped(identifier: str, bare: str) -> None:
    assert strip_version(identifier) == bare


def test_attributes_with_similar_keys_are_not_confused(tmp_path: Path) -> None:
    line = EXON.replace('gene_id "A"', 'ref_gene_id "WRONG"; ref_gene_name "WRONG"; gene_id "A"')
    frame = read_gtf(write(tmp_path, line + line.replace("exon", "CDS")))
    assert set(frame["gene_id"]) == {"A"}
    assert set(frame["gene_name"]) == {"A"}, "a gene without a name is named by its gene_id"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (EXON.replace("\t.\t+", " . +"), "7 columns instead of 9"),
        (EXON.replace("\t101\t", "\tx\t"), "columns 4 and 5 are no interval ('x' to '600')"),
        (EXON.replace("\t101\t", "\t601\t"), "columns 4 and 5"),
        (EXON.replace("\t101\t", "\t0\t"), "columns 4 and 5"),
        (EXON.replace("\t+\t", "\t1\t"), "column 7 is no strand ('1')"),
        (EXON.replace('gene_id "A"', "ID=A"), "column 9 has no gene_id"),
        (EXON.replace('"T"', '""'), "column 9 has no transcript_id"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: str, fault: str) -> None:
    path = write(tmp_path, "#comment\n" + EXON + line)
    with pytest.raises(InputError) as caught:
        read_gtf(path)
    assert caught.value.where == f"{path}, line 3"
    assert fault in caught.value.what


def test_a_file_without_coding_genes_is_refused(tmp_path: Path) -> None:
    text = (DATA / "ensembl.gtf").read_text().replace("protein_coding", "lncRNA")
    with pytest.raises(InputError, match=r"no protein-coding gene .* types lncRNA"):
        read_gtf(write(tmp_path, text))
    with pytest.raises(InputError, match="none given"):
        read_gtf(write(tmp_path, "# nothing\n"))
