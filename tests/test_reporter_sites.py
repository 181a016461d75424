"""TSSs of genes on the assembly of a reporter assay."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.files import write_table
from xpresso_core.gtf import read_gtf
from xpresso_core.liftover import read_chains
from xpresso_core.reporter_sites import HALF_WINDOW, read_sites, reporter_sites, write_sites

# chr1 of 100 kb moves by +500; chr2 is turned round; chr3 is not in the new assembly.
CHAINS = """chain 1000 chr1 100000 + 0 100000 chr1 100500 + 500 100500 1
100000

chain 900 chr2 60000 + 0 60000 chr2 60000 - 0 60000 2
60000

"""
GENES = pd.DataFrame(
    {
        "gene_id": ["A", "B", "C", "D"],
        "chrom": ["1", "1", "2", "3"],
        "strand": ["+", "-", "+", "-"],
        "tss": [30_000, 2_000, 25_000, 20_000],
    }
)
GTF = """\
chr9	x	gene	5001	6000	.	+	.	gene_id "D.1_2"; gene_name "D"; gene_type "protein_coding";
chr9	x	transcript	5001	6000	.	+	.	gene_id "D.1_2"; transcript_id "D1"; gene_type "protein_coding";
chr9	x	exon	5001	6000	.	+	.	gene_id "D.1_2"; transcript_id "D1"; gene_type "protein_coding";
chr9	x	CDS	5101	5400	.	+	0	gene_id "D.1_2"; transcript_id "D1"; gene_type "protein_coding";
chr1	x	gene	1	60000	.	-	.	gene_id "A"; gene_name "A"; gene_type "protein_coding";
chr1	x	transcript	1	60000	.	-	.	gene_id "A"; transcript_id "A1"; gene_type "protein_coding";
chr1	x	exon	1	60000	.	-	.	gene_id "A"; transcript_id "A1"; gene_type "protein_coding";
chr1	x	CDS	101	400	.	-	0	gene_id "A"; transcript_id "A1"; gene_type "protein_coding";
"""


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    path = tmp_path / "a.chain"
    path.write_text(CHAINS)
    return path


def ensembl(text: str) -> str:
    """Give the made-up genes identifiers whose versions are cut."""
    for letter in "AD":
        text = text.replace(f'gene_id "{letter}', f'gene_id "ENSG0000000000{ord(letter)}')
    return text


def test_one_assembly_keeps_every_site() -> None:
    found = reporter_sites(GENES)
    assert list(found.sites["tss"]) == list(GENES["tss"])
    assert set(found.sites["origin"]) == {"same assembly"}
    assert list(found.sites["start"]) == [20_000, 0, 15_000, 10_000]
    assert list(found.sites["end"] - found.sites["tss"]) == [HALF_WINDOW, 2_000, HALF_WINDOW, HALF_WINDOW]
    assert found.unmapped.empty


def test_windows_lift_and_their_middle_is_the_new_site(chain: Path) -> None:
    found = reporter_sites(GENES, read_chains(chain))
    sites = found.sites.set_index("gene_id")
    assert list(sites.index) == ["A", "B", "C"]
    assert list(sites["tss"]) == [30_500, 2_500, 60_000 - 25_000]
    assert list(sites["strand"]) == ["+", "-", "-"]
    assert list(sites["chrom"]) == ["chr1", "chr1", "chr2"]
    assert found.unmapped[["gene_id", "reason"]].to_numpy().tolist() == [["D", "Deleted in new"]]


def test_what_does_not_lift_is_supplemented_and_nothing_else(chain: Path, tmp_path: Path) -> None:
    path = tmp_path / "new.gtf"
    path.write_text(ensembl(GTF))
    genes = GENES.replace(
        {"gene_id": {"A": "ENSG0000000000" + str(ord("A")), "D": "ENSG0000000000" + str(ord("D"))}}
    )
    sites = reporter_sites(genes, read_chains(chain), read_gtf(path)).sites.set_index("gene_id")
    assert len(sites) == 4
    added = sites.loc["ENSG0000000000" + str(ord("D"))]
    assert (added["tss"], added["chrom"], added["strand"], added["origin"]) == (
        5_000,
        "chr9",
        "+",
        "annotation",
    )
    assert sites.loc["ENSG0000000000" + str(ord("A")), "tss"] == 30_500


def test_no_shared_chromosome_shows_both_lists(chain: Path) -> None:
    with pytest.raises(InputError, match=r"no chromosome is shared: 9 against chr1, chr2"):
        reporter_sites(GENES.assign(chrom="9"), read_chains(chain))


def test_files_are_written_and_read_back(chain: Path, tmp_path: Path) -> None:
    write_table(GENES, tmp_path / "genes.tsv")
    write_sites(tmp_path / "genes.tsv", chain, None, tmp_path / "sites.tsv", tmp_path / "unmapped.bed")
    assert list(read_sites(tmp_path / "sites.tsv")["gene_id"]) == ["A", "B", "C"]
    assert (tmp_path / "unmapped.bed").read_text() == "#Deleted in new\n3\t10000\t30000\tD\t0\t-\n"
    doubled = pd.concat([read_sites(tmp_path / "sites.tsv")] * 2)
    write_table(doubled, tmp_path / "twice.tsv")
    with pytest.raises(InputError, match="the gene A has two sites"):
        read_sites(tmp_path / "twice.tsv")


@pytest.mark.real
def test_the_papers_windows_give_the_papers_sites(real_data: Path) -> None:
    """The published hg38 windows are lifted to the published hg19 ones, whose middles are the sites."""
    names = ["chrom", "start", "end", "gene_id", "score", "strand"]
    old, new = (
        pd.read_csv(real_data / "published" / f"human_promoters_20kb.{assembly}.bed", sep="\t", names=names)
        for assembly in ("hg38", "hg19")
    )
    genes = old.assign(tss=old["start"] + HALF_WINDOW)
    chains = read_chains(real_data / "oracles" / "liftover" / "hg38ToHg19.over.chain.gz")
    found = reporter_sites(genes, chains)
    columns = ["gene_id", "chrom", "strand", "start", "end"]
    pd.testing.assert_frame_equal(
        found.sites[columns], new[columns].reset_index(drop=True), check_dtype=False
    )
    assert found.unmapped["reason"].value_counts().to_dict() == {
        "Split in new": 26, "Partially deleted in new": 24, "Deleted in new": 1,
    }  # fmt: skip
