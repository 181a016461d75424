"""The shipped registry of sources: complete, well formed, and with the terms of every source."""

from __future__ import annotations

import csv
import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from xpresso_core.sources_registry import STAGES, read_registry

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "config"
COLUMNS = [
    *("id", "url", "fallback_url", "query", "checksum"),
    *("release", "licence", "citation", "used_by", "description"),
]
STAR_METHODS = [
    *("ensembl90_genome_human", "ensembl90_genome_mouse"),
    *("ensembl90_annotation_human", "ensembl90_annotation_mouse"),
    *("human_cage_peaks_hg38", "mouse_cage_peaks_mm10"),
    *("ensembl90_gene_names_human", "ensembl90_gene_names_mouse", "hgnc_gene_names"),
    *("mouse_gene_models_mgi", "mouse_entrez_mgi"),
    *("human_expression_roadmap", "human_epigenomes_roadmap", "mouse_encode_metadata", "mouse_mesc_ouyang"),
    "ensembl90_orthologs_human_mouse",
    *("hg38_to_hg19_chain", "gencode27lift37", "sure_k562_plus", "sure_k562_minus"),
    *("jaspar2016_core_vertebrates", "human_genome_hg19"),
]
RESULTS = ["targetscan_mouse_71", "dihmm_domains"]
RELEASED = {
    "xpresso2020_human_median": "humanMedian_trainepoch.11-0.426.h5",
    "xpresso2020_k562": "K562_trainepoch.11-0.4917.h5",
    "xpresso2020_gm12878": "GM12878_trainepoch.06-0.5062.h5",
    "xpresso2020_mouse_median": "mouseMedian_trainepoch.05-0.278.h5",
    "xpresso2020_mesc": "mESC_trainepoch.10-0.3867.h5",
}
LOCAL = "{data_dir}/"


def rows() -> list[dict[str, str]]:
    with (CONFIG / "sources.tsv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


def ids(row: dict[str, str]) -> str:
    return row["id"]


each_row = pytest.mark.parametrize("row", rows(), ids=ids)
each_query = pytest.mark.parametrize("row", [row for row in rows() if row["query"]], ids=ids)


def test_the_package_reads_the_registry_as_it_stands() -> None:
    registry = read_registry(CONFIG / "sources.tsv")
    assert list(registry) == [row["id"] for row in rows()]
    assert "external_synonym" in registry["ensembl90_gene_names_human"].query


def test_ids_are_unique_and_columns_in_order() -> None:
    header = (CONFIG / "sources.tsv").read_text(encoding="utf-8").splitlines()[0]
    assert header.split("\t") == COLUMNS
    names = [row["id"] for row in rows()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", [*STAR_METHODS, *RESULTS, *RELEASED])
def test_the_sources_of_the_paper_are_there(name: str) -> None:
    assert name in {row["id"] for row in rows()}


@each_row
def test_no_cell_is_empty_that_may_not_be(row: dict[str, str]) -> None:
    assert None not in row.values()
    assert all(cell == cell.strip() for cell in row.values())
    assert [name for name in COLUMNS if not row[name] and name not in ("fallback_url", "query")] == []


@each_row
def test_addresses_are_encrypted_or_in_the_data_folder(row: dict[str, str]) -> None:
    """A fallback may be an older address of the same file."""
    assert row["url"].startswith(("https://", LOCAL))
    assert not row["fallback_url"] or urlsplit(row["fallback_url"]).scheme in {"https", "http", "ftp"}
    assert row["fallback_url"] != row["url"]


@each_row
def test_checksums_are_well_formed(row: dict[str, str]) -> None:
    assert re.fullmatch(r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}|unknown", row["checksum"])


@each_row
def test_terms_and_citation_are_told(row: dict[str, str]) -> None:
    assert "see the provider" not in row["licence"].lower()
    assert row["licence"] != "unknown"
    assert re.search(r"[A-Z].* (19|20)\d\d, .*\d", row["citation"])


@each_row
def test_stages_are_stages(row: dict[str, str]) -> None:
    stages = row["used_by"].split(",")
    assert set(stages) <= set(STAGES)
    assert len(set(stages)) == len(stages)


@each_query
def test_queries_ask_for_a_table_that_can_be_told_from_a_part(row: dict[str, str]) -> None:
    query = ElementTree.parse(CONFIG / row["query"]).getroot()
    asked = {name: query.get(name) for name in ("formatter", "header", "uniqueRows", "completionStamp")}
    assert asked == {"formatter": "TSV", "header": "1", "uniqueRows": "1", "completionStamp": "1"}
    assert query.get("datasetConfigVersion") == "0.6"
    attributes = [attribute.get("name") for attribute in query.findall("Dataset/Attribute")]
    assert attributes[0] == "ensembl_gene_id"
    assert query.find("Dataset/Filter") is None
    assert row["url"].endswith("/martservice")
    assert row["fallback_url"].endswith("/martservice")


def test_every_query_file_is_asked() -> None:
    asked = {(CONFIG / row["query"]).resolve() for row in rows() if row["query"]}
    assert asked == set((ROOT / "resources" / "biomart").glob("*.xml"))


def test_every_source_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    assert [row["id"] for row in rows() if f"`{row['id']}`" not in page] == []


def test_contents_of_the_docs_lead_to_sections() -> None:
    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", page, flags=re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) == anchors


@pytest.mark.real
@pytest.mark.parametrize("row", [row for row in rows() if row["checksum"].startswith("sha256:")], ids=ids)
def test_local_files_are_those_of_the_registry(row: dict[str, str], real_data: Path) -> None:
    path = real_data / row["url"].removeprefix(LOCAL)
    assert f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" == row["checksum"]


@pytest.mark.real
@pytest.mark.parametrize(("name", "file"), RELEASED.items())
def test_released_networks_have_the_recorded_md5(name: str, file: str, real_data: Path) -> None:
    row = next(row for row in rows() if row["id"] == name)
    assert file in row["url"]
    assert f"md5:{hashlib.md5((real_data / 'models' / file).read_bytes()).hexdigest()}" == row["checksum"]
