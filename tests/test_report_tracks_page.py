"""Figures and the page of a scan, from the files that the other steps write."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pyBigWig
import pytest
from figures import words
from test_track_comparison import PEAKS, SIZES, summarised

from xpresso_core.errors import InputError
from xpresso_core.igv import OWN_FILES
from xpresso_core.report_locus import draw_locus, read_states, with_sites
from xpresso_core.report_track import draw_track
from xpresso_core.report_tracks_page import write_tracks_page
from xpresso_core.track_summary import SummaryFiles

GTF = "".join(
    f"{chrom[3:]}\ttoy\t{feature}\t{at + 1 if strand == '+' else at - 999}\t{at + 1000 if strand == '+' else at + 1}"
    f'\t.\t{strand}\t{phase}\tgene_id "g{number}"; transcript_id "t{number}"; gene_name "GENE{number}";'
    ' gene_biotype "protein_coding"; transcript_biotype "protein_coding";\n'
    for number, ((chrom, strand), at) in enumerate(PEAKS.items())
    for feature, phase in (("gene", "."), ("transcript", "."), ("exon", "."), ("CDS", "0"))
)
"""One gene at each peak; the annotation spells chromosomes without ``chr``."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, SummaryFiles]:
    folder = tmp_path_factory.mktemp("tracks")
    prefix, files = summarised(folder)
    (folder / "genes.gtf").write_text(GTF)
    return folder, prefix, files


def text_of(path: Path) -> str:
    return " ".join(words(path).split())


def test_the_summary_is_drawn(results: tuple[Path, Path, SummaryFiles], tmp_path: Path) -> None:
    _, prefix, files = results
    draw_track(prefix, files, tmp_path / "summary.svg", name="toy")
    text = text_of(tmp_path / "summary.svg")
    assert "toy: start sites and peaks along chr2, chr1" in text
    assert "z-score" in text
    facts = json.loads(files.summary.read_text())
    everywhere = next(auc["auc"] for auc in facts["aucs"] if auc["tss"] == auc["random"] == "all")
    assert f"AUROC of {everywhere:.2f}" in text


def test_a_locus_is_drawn_with_all_that_is_given(
    results: tuple[Path, Path, SummaryFiles], tmp_path: Path
) -> None:
    folder, prefix, _ = results
    (tmp_path / "states.bed").write_text("chr2\t4000\t6000\t1_TssA\nchr2\t6000\t9000\tQuies\n")
    for strand in "+-":
        with pyBigWig.open(str(tmp_path / f"{strand}.bw"), "w") as bigwig:
            bigwig.addHeader([("2", SIZES["chr2"])])
            bigwig.addEntries(["2"], [5000], ends=[5100], values=[30.0 if strand == "+" else -3.0])
    inputs = [folder / name for name in ("genes.gtf", "genes.tsv", "g.fa", "islands.bed")]
    draw_locus(
        prefix,
        "2:1-15,000",
        *inputs,
        tmp_path / "locus.svg",
        states={"K562": tmp_path / "states.bed"},
        cage={strand: tmp_path / f"{strand}.bw" for strand in "+-"},
        name="toy",
    )
    text = text_of(tmp_path / "locus.svg")
    for word in ("toy: predicted expression along chr2:1-15,000", "GENE0", "GENE1", "K562", "CpG islands"):
        assert word in text, word
    assert "CAGE" in text
    draw_locus(prefix, "2:1-15,000", *inputs, tmp_path / "plain.svg", states={}, cage=None, name="toy")
    text = text_of(tmp_path / "plain.svg")
    assert "CAGE" not in text
    assert "K562" not in text


def test_a_locus_off_the_genome_is_refused(results: tuple[Path, Path, SummaryFiles], tmp_path: Path) -> None:
    folder, prefix, _ = results
    inputs = [folder / name for name in ("genes.gtf", "genes.tsv", "g.fa", "islands.bed")]
    with pytest.raises(InputError, match="the region ends at 31,000, but chr2 has 30,000 bases"):
        draw_locus(prefix, "2:1-31,000", *inputs, tmp_path / "l.svg", states={}, cage=None, name="toy")
    assert not list(tmp_path.iterdir())


class _Scripts(HTMLParser):
    """Takes the first script of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found.append(data)
            self._inside = False


def page(results: tuple[Path, Path, SummaryFiles], folder: Path, **changes: Any) -> dict[str, Any]:
    """Write the page with a stand-in for igv.js; return what it holds."""
    inputs, prefix, _ = results
    (folder / "igv").mkdir()
    for name in OWN_FILES:
        (folder / "igv" / name).write_text("const igv = 0;", encoding="utf-8")
    settings: dict[str, Any] = {"name": "toy", "assembly": "toy1", "page": None, "loci": []}
    files = [inputs / name for name in ("genes.gtf", "g.fa", "islands.bed", "peaks.bed")]
    write_tracks_page(prefix, *files, folder / "igv", folder / "tracks.html", **(settings | changes))
    held: dict[str, Any] = json.loads(_Scripts((folder / "tracks.html").read_text()).found[0])
    return held


def test_the_page_holds_all_that_was_scanned(
    results: tuple[Path, Path, SummaryFiles], tmp_path: Path
) -> None:
    held = page(results, tmp_path)
    assert held["sizes"] == SIZES
    assert held["locus"] == "chr2:1-30,000"
    names = [track["name"] for track in held["tracks"]]
    assert names == [
        "Predicted expression, + strand (z-score)",
        "Predicted expression, - strand (z-score)",
        "Genes",
        "Predicted peaks",
        "CpG islands",
    ]
    assert held["tracks"][2]["searchable"]
    assert [(row[0], row[3]) for row in held["tracks"][2]["rows"]] == [
        ("chr2", "GENE0"),
        ("chr2", "GENE1"),
        ("chr1", "GENE2"),
    ]


def test_the_page_may_hold_a_part(results: tuple[Path, Path, SummaryFiles], tmp_path: Path) -> None:
    held = page(results, tmp_path, page="chr1:1-10,000", loci=["chr1:201-5,000"])
    assert held["sizes"] == {"chr1": SIZES["chr1"]}
    assert held["locus"] == "chr1:201-5,000"
    assert [row[3] for row in held["tracks"][2]["rows"]] == ["GENE2"]


def test_features_beyond_the_part_are_not_on_the_page(
    results: tuple[Path, Path, SummaryFiles], tmp_path: Path
) -> None:
    held = page(results, tmp_path, page="chr2:4,001-9,000")
    assert held["locus"] == "chr2:4,001-9,000"
    genes, peaks, islands = held["tracks"][2:]
    assert [row[3] for row in genes["rows"]] == ["GENE0"]
    assert all(4_000 <= row[1] < 9_000 for row in peaks["rows"])
    assert len(islands["rows"]) == 1


def test_sites_are_those_of_the_genes_where_they_are_known() -> None:
    models = pd.DataFrame(
        {"gene_id": ["a", "b", "c"], "strand": ["+", "-", "-"], "start": [10, 20, 30], "end": [15, 25, 35]}
    )
    genes = pd.DataFrame({"gene_id": ["b"], "tss": [22]})
    assert with_sites(models, genes)["tss"].tolist() == [10, 22, 34]


def test_states_need_a_name(tmp_path: Path) -> None:
    (tmp_path / "s.bed").write_text("chr1\t0\t10\n")
    with pytest.raises(InputError, match=r"s\.bed, line 1"):
        read_states(tmp_path / "s.bed")
