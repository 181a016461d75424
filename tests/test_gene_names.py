"""Names of genes from the files of Ensembl, HGNC and MGI."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from xpresso_core.errors import InputError
from xpresso_core.gene_names import COLUMNS, read_gene_names, write_gene_names

DATA = Path(__file__).parent / "data"
HUMAN, HGNC = DATA / "biomart_gene_names_human.tsv", DATA / "hgnc.tsv"
MOUSE = DATA / "biomart_gene_names_mouse.tsv"
MODELS, MARKERS = DATA / "MGI_Gene_Model_Coord.rpt", DATA / "MGI_EntrezGene.rpt"


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def rows(table: pd.DataFrame) -> dict[str, list[str]]:
    """Return name, previous names, synonyms and Entrez ids by the last two digits of the gene's id."""
    assert list(table.columns) == COLUMNS
    assert table["gene_id"].is_unique
    return {gene[-2:]: fields for gene, *fields in table.to_numpy().tolist()}


def test_our_own_table_may_lack_all_but_the_name(tmp_path: Path) -> None:
    path = write(tmp_path / "names.tsv", "gene_id\tgene_name\tchromosome", "G1\tNA\t1", "G2\t\t1")
    assert read_gene_names([path]).to_numpy().tolist() == [["G1", "NA", "", "", ""], ["G2", "", "", "", ""]]
    write(path, "gene_id\tgene_name\tsynonyms\tentrez_id", "ENSG01.4\tA\tC|B|A|C\t7", "ENSG02.1\tD\t\t")
    assert read_gene_names([path]).to_numpy().tolist() == [
        ["ENSG01", "A", "", "B|C", "7"],
        ["ENSG02", "D", "", "", ""],
    ]


def test_biomart_has_a_row_for_each_synonym() -> None:
    table = rows(read_gene_names([HUMAN]))
    assert len(table) == 13, "without the copy on a haplotype"
    assert table["01"] == ["ALPHA1", "", "ALF1|SHARED1", ""]
    assert table["02"] == ["BETA2", "", "GAMMA3|SHARED1", ""]
    assert table["12"] == ["MU12", "", "MUX", ""]
    assert table["13"] == ["", "", "", ""]


def test_older_and_newer_headings_of_biomart(tmp_path: Path) -> None:
    old = write(
        tmp_path / "old.txt",
        "Ensembl Gene ID\tAssociated Gene Name\tEntrezGene ID",
        "ENSG00000000001\tA\t11",
        "ENSG00000000001\tA\t5",
    )
    new = write(
        tmp_path / "new.txt",
        "Gene stable ID version\tGene name\tGene synonym\tNCBI gene (formerly Entrezgene) ID",
        "ENSG00000000001.7\tA\t\t5",
        "ENSG00000000001.7\tA\t\t11",
    )
    expected = [["ENSG00000000001", "A", "", "", "11|5"]]
    assert read_gene_names([old]).to_numpy().tolist() == expected
    assert read_gene_names([new]).to_numpy().tolist() == expected


def test_the_complete_set_of_hgnc() -> None:
    table = rows(read_gene_names([HGNC]))
    assert len(table) == 12
    assert table["01"] == ["ALPHA1", "OLDALPHA1", "ALF1|ALFA", "80001"]
    assert table["04"] == ["DELTA4", "C1orf904|FAM904A", "DLT4", "80004"]
    assert table["07"] == ["H1-1", "H1F1|HIST1H1A", "H1.1|H1a", "80007"]


def test_a_custom_download_of_hgnc(tmp_path: Path) -> None:
    path = write(
        tmp_path / "custom.txt",
        "HGNC ID\tApproved symbol\tPrevious symbols\tAlias symbols\tEnsembl gene ID\tNCBI Gene ID"
        "\tEnsembl ID(supplied by Ensembl)",
        "HGNC:1\tH1-1\tH1F1, HIST1H1A\tH1.1, H1a\tENSG00000000007\t3024\tENSG00000000008",
        "HGNC:2\tMU12\t\t\t\t\tENSG00000000012",
        "HGNC:3\tNU14\tOLD\t\t\t9\t",
    )
    assert read_gene_names([path]).to_numpy().tolist() == [
        ["ENSG00000000007", "H1-1", "H1F1|HIST1H1A", "H1.1|H1a", "3024"],
        ["ENSG00000000012", "MU12", "", "", ""],
    ]
    heading = path.read_text().replace("Alias symbols", "Synonyms")
    path.write_text(heading)
    assert read_gene_names([path])["synonyms"][0] == "H1.1|H1a"


def test_the_first_file_that_names_a_gene_decides() -> None:
    first, second = (rows(read_gene_names(order)) for order in ([HUMAN, HGNC], [HGNC, HUMAN]))
    assert first["07"] == ["HIST1H1A", "H1-1|H1F1", "H1.1|H1a", "80007"]
    assert second["07"] == ["H1-1", "H1F1|HIST1H1A", "H1.1|H1a", "80007"]
    assert (first["09"][:2], second["09"][:2]) == (["IOTA9", "IOTA9B"], ["IOTA9B", "IOTA9"])
    assert first["05"] == second["05"] == ["EPSILON5", "KAPPA10", "EPS", "80005"]
    assert list(first)[-1] == list(second)[-1] == "13", "genes stand in the order of their first mention"


def test_a_file_that_has_a_gene_without_a_name_does_not_decide(tmp_path: Path) -> None:
    path = write(tmp_path / "names.tsv", "gene_id\tgene_name", "ENSG00000900013\tXI13")
    assert rows(read_gene_names([HUMAN, path]))["13"] == ["XI13", "", "", ""]


def test_the_files_of_mgi_are_joined_by_accession() -> None:
    table = rows(read_gene_names([MODELS, MARKERS]))
    assert table == rows(read_gene_names([MODELS, MARKERS, MODELS]))
    assert set(table) == {"01", "02", "04", "05", "15", "06", "07", "08", "10", "12"}
    assert table["01"] == ["Alpha1", "Oldalpha1", "Alf1|Alfa", "90001"]
    assert table["04"] == ["Delta4", "2900004A01Rik", "", ""], "withdrawn and a synonym at once"
    assert table["07"] == ["H1f1", "Hist1h1a", "H1.1", "90007"]
    assert table["10"] == ["Kappa10", "Gm90011", "Kpa", "90010|90011"]
    assert (table["05"][3], table["15"][3]) == ("90005", "90005")
    other = rows(read_gene_names([MOUSE, MARKERS, MODELS]))
    assert other["07"] == ["Hist1h1a", "H1f1", "H1.1", "90007"]
    assert other["03"] == ["Gamma3", "", "", ""], "MGI knows no Ensembl id of it"


def test_only_symbols_that_became_a_gene_are_previous_names(tmp_path: Path) -> None:
    blank = "\t" * 9
    path = write(
        tmp_path / "markers.rpt",
        f"MGI:9000001\tkinky\tW\twithdrawn, allele of Alpha1\t1\t1{blank}",
        f"MGI:9000001\tOldie\tW\twithdrawn, = Alpha1\t1\t1{blank}",
        f"MGI:9999999\tNobody\tW\twithdrawn, = Nothing\t1\t1{blank}",
    )
    table = rows(read_gene_names([MODELS, path]))
    assert table["01"][1] == "Oldie"
    titled = write(tmp_path / "titled.rpt", f"MGI Marker Accession ID{blank}", *path.read_text().splitlines())
    assert rows(read_gene_names([MODELS, titled])) == table


def test_markers_of_mgi_need_the_gene_models() -> None:
    with pytest.raises(InputError, match=r"MGI_EntrezGene\.rpt: .*no Ensembl ids. Give MGI_Gene_Model_Coord"):
        read_gene_names([MOUSE, MARKERS])


def test_compression_line_ends_and_quotation_marks_do_not_matter(tmp_path: Path) -> None:
    text = HGNC.read_text()
    expected = read_gene_names([HGNC])
    packed = tmp_path / "hgnc.gz"
    packed.write_bytes(gzip.compress(text.replace("\n", "\r\n").encode()))
    assert read_gene_names([packed]).equals(expected)
    loose = tmp_path / "hgnc.txt"
    loose.write_text(text.replace("alpha gene 1", '5" alpha gene'))
    assert read_gene_names([loose]).equals(expected)


def test_the_order_of_rows_does_not_change_what_is_known_of_a_gene(tmp_path: Path) -> None:
    header, *lines = HUMAN.read_text().splitlines()
    back = write(tmp_path / "back.tsv", header, *lines[::-1])
    there = read_gene_names([HUMAN, HGNC]).set_index("gene_id")
    assert read_gene_names([back, HGNC]).set_index("gene_id").loc[there.index].equals(there)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "names.tsv"
    write_gene_names([HUMAN, HGNC], path)
    assert read_gene_names([path]).equals(read_gene_names([HUMAN, HGNC]))
    assert path.read_text().splitlines()[0].split("\t") == COLUMNS


def test_no_file_means_no_names() -> None:
    assert read_gene_names([]).shape == (0, 5)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("gene\tname\nG1\tA\n", ", line 1", r"of no known kind; it begins with 'gene, name'"),
        ("", ", line 1", "of no known kind"),
        ("hgnc_id\tsymbol\nHGNC:1\tA\n", ", line 1", "of no known kind"),
        ("gene_id\tgene_name\n", "", "is not a tab-separated table with rows"),
    ],
)
def test_faults_are_named(tmp_path: Path, text: str, where: str, what: str) -> None:
    path = tmp_path / "names.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match=what) as caught:
        read_gene_names([HUMAN, path])
    assert caught.value.where == f"{path}{where}"


def test_an_unknown_kind_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    path = write(tmp_path / "names.tsv", "a\tb")
    with pytest.raises(InputError) as caught:
        read_gene_names([path])
    kinds = ("gene_id, gene_name", "BioMart", "ensembl_gene_id", "Approved symbol", MODELS.name, MARKERS.name)
    for kind in kinds:
        assert kind in caught.value.remedy


@pytest.mark.real
def test_the_names_of_the_small_human_genome(real_data: Path) -> None:
    table = read_gene_names([real_data / "human_mini" / "gene_names.tsv"])
    assert len(table) == 19_795
    assert table.set_index("gene_id").loc["ENSG00000000419", "gene_name"] == "DPM1"
    assert (table[["previous", "synonyms", "entrez_id"]] == "").all(axis=None)
