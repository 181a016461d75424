"""The files of DREME: by hand, read back, and those of DREME itself."""

from __future__ import annotations

import math
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from pymemesuite.common import MotifFile

from xpresso_core.dreme import DremeResult, Options, find_motifs
from xpresso_core.dreme_folder import write_dreme
from xpresso_core.dreme_format import Run, Source, date, format_log, format_text, format_xml
from xpresso_core.dreme_page import format_page
from xpresso_core.errors import InputError
from xpresso_core.meme_format import parse_motifs
from xpresso_core.motifs import read_motifs
from xpresso_core.sequence import encode, read_fasta

RUN = Run("dreme -p a_b.fa", Source("in/a_b.fa", "then"), Source("<n>.fa", "before"), "here", "now", 1, 2.345)


@pytest.fixture(scope="module")
def result() -> DremeResult:
    """Return a search of two motifs, one of them its own reverse complement."""
    positives = [encode(text) for text in ["TTGATTACATT", "CCTGTATTCCC"] * 20 + ["TACGTT"] * 20]
    negatives = [encode("TCTCTCTC")] * 60
    return find_motifs(positives, negatives, Options(mink=4, maxk=7, most_motifs=2))


def test_logarithms_are_printed_with_two_digits() -> None:
    for number, text in (
        *((1.0, "1.0e+000"), (0.05, "5.0e-002"), (12.34, "1.2e+001"), (0.0996, "1.0e-001")),
        *((0.0994, "9.9e-002"), (3e5, "3.0e+005"), (1.8e-71, "1.8e-071")),
    ):
        assert format_log(math.log(number)) == text
    assert format_log(math.log(4.9) - 5418 * math.log(10)) == "4.9e-5418"


def test_text(result: DremeResult) -> None:
    lines = format_text(result, RUN).splitlines()
    assert lines[:7] == [
        "# DREME 4.12.0",
        "#     command: dreme -p a_b.fa",
        "#   positives: 60 from in/a_b.fa (then)",
        "#   negatives: 60 from <n>.fa (before)",
        "#        host: here",
        "#        when: now",
        "",
    ]
    assert lines[-2:] == ["# Stopping reason: target motif count reached", "#    Running time: 2.35 seconds"]
    assert "strands: + -" in lines
    first = result.motifs[0]
    start = lines.index(f"MOTIF {first.expression} DREME-1")
    assert lines[start + 2] == "#             Word    RC Word        Pos        Neg    P-value    E-value"
    assert lines[start + 3].split()[:6] == [
        *("#", "BEST", first.expression, first.rows[0].reverse_complement),
        *(str(first.positives), str(first.negatives)),
    ]
    one = format_text(result._replace(options=Options(both_strands=False), shuffled=True), RUN)
    assert "\nstrands: +\n" in one
    shuffled = format_text(result, RUN._replace(negatives=None))
    assert "\n#   negatives: 60 from shuffled positives\n" in shuffled


def test_xml(result: DremeResult) -> None:
    text = format_xml(result, RUN)
    root = ElementTree.fromstring(text)
    assert root.find("model/positives").attrib["name"] == "a b"  # type: ignore[union-attr]
    assert root.find("model/negatives").attrib["file"] == "<n>.fa"  # type: ignore[union-attr]
    assert root.find("model/stop").attrib == {"evalue": "0.05", "count": "2"}  # type: ignore[union-attr]
    assert [node.get("id") for node in root.iter("motif")] == ["m01", "m02"]
    assert "<strands>both</strands>" in text
    given = format_xml(result._replace(options=Options(both_strands=False)), RUN)
    assert "<strands>given</strands>" in given
    assert '<stop evalue="0.05"/>' in given


@pytest.mark.parametrize("kind", ["txt", "xml", "html"])
def test_motifs_are_read_back(result: DremeResult, tmp_path: Path, kind: str) -> None:
    form = {"txt": format_text, "xml": format_xml, "html": format_page}[kind]
    path = tmp_path / f"dreme.{kind}"
    path.write_text(form(result, RUN))
    for motifs in (parse_motifs(path), read_motifs(path)):
        assert [motif.identifier for motif in motifs] == [motif.expression for motif in result.motifs]
        assert [motif.name for motif in motifs] == ["DREME-1", "DREME-2"]
        assert [motif.sites for motif in motifs] == [motif.sites for motif in result.motifs]
        for read, found in zip(motifs, result.motifs, strict=True):
            np.testing.assert_allclose(read.frequencies, found.frequencies, atol=1e-6)


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("kind", ["txt", "xml"])
def test_the_meme_suite_itself_reads_them(result: DremeResult, tmp_path: Path, kind: str, both: bool) -> None:
    """Pymemesuite is the library of the MEME Suite, made callable from Python."""
    options = result.options._replace(both_strands=both)
    write = format_text if kind == "txt" else format_xml
    path = tmp_path / f"dreme.{kind}"
    path.write_text(write(result._replace(options=options), RUN))
    with MotifFile(str(path)) as file:
        read = list(file)
    assert [motif.accession.decode() for motif in read] == [motif.expression for motif in result.motifs]
    for theirs, ours in zip(read, result.motifs, strict=True):
        rows = np.asarray(theirs.frequencies)  # with a pseudocount of a tenth of a site
        np.testing.assert_allclose(rows, ours.frequencies, atol=0.1 / ours.sites + 1e-6)


def test_no_motif(tmp_path: Path) -> None:
    nothing = find_motifs([encode("ACGTACGT")], [encode("ACGTACGT")])
    assert "MOTIF" not in format_text(nothing, RUN)
    assert ElementTree.fromstring(format_xml(nothing, RUN)).find("motifs") is not None
    assert "No motif" in format_page(nothing, RUN)
    (tmp_path / "dreme.txt").write_text(format_text(nothing, RUN))
    with pytest.raises(InputError, match="holds no motif"):
        parse_motifs(tmp_path / "dreme.txt")


def test_page(result: DremeResult) -> None:
    page = format_page(result, RUN)
    assert page.count("<svg") == 4
    assert page.count("<svg") == page.count("</svg>")
    assert "&lt;n&gt;.fa" in page
    assert "<n>" not in page
    assert not re.search(r"(src|href)=\"(?!#)", page), "needs nothing from elsewhere"
    identifiers = re.findall(r' id="([^"]+)"', page)
    # A logo that is drawn twice, as of a palindrome, is the same twice.
    assert len(set(identifiers)) >= len(identifiers) - 3
    for motif in result.motifs:
        for word in motif.rows:
            assert f">{word.letters}</td>" in page
        assert format_log(motif.unerased_log_evalue) in page
    assert format_page(result, RUN) == page
    one = format_page(result._replace(options=Options(both_strands=False)), RUN)
    assert one.count("<svg") == 2


def test_sources_and_dates(tmp_path: Path) -> None:
    path = tmp_path / "my_own.seqs.fa"
    path.write_text(">a\nACGT\n")
    source = Source.of(path)
    assert source.name == "my own.seqs"
    assert source.date == date(path.stat().st_mtime)
    assert re.fullmatch(r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d \S+ \d{4}", Source.of("-").date)


ORACLES = [
    ("doc_example/dreme", "doc_example/Klf1.s", None, Options()),
    (
        "meme412_testsuite/basic",
        "meme412_testsuite/Klf1-200-100.s",
        "meme412_testsuite/Klf1-200-100-shuffled.s",
        Options(),
    ),
    (
        "meme412_testsuite/crp0/dreme",
        "meme412_testsuite/crp0/crp0.s",
        None,
        Options(evalue=100, most_motifs=3),
    ),
    (
        "synthetic/dreme",
        "synthetic/p5000.fa",
        "synthetic/n5000.fa",
        Options(mink=2, maxk=10, most_motifs=5),
    ),
]


def text_but_for_the_run(text: str) -> list[str]:
    """Drop what differs from run to run, and what older versions lacked: their number, and a motif's."""
    text = re.sub(r"DREME(-\d+)?(?=\n)|(?<=DREME )4\.1\d\.\d|(?<=MEME version )4\.1\d\.\d", "", text)
    text = re.sub(r" from \S+ \(.*\)", "", text)
    lines = text.splitlines()
    return [line for line in lines if not re.match(r"# +(command|host|when|Running time):", line)]


def xml_but_for_the_run(text: str) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return all elements in order, without what differs from run to run."""
    rows = []
    for node in ElementTree.fromstring(text).iter():
        told = (node.text or "").strip()
        if node.tag in ("command_line", "host", "when"):
            told = ""
        left_out = {
            "dreme": ("version", "release"),
            "positives": ("file", "last_mod_date"),
            "negatives": ("file", "last_mod_date"),
            "run_time": ("cpu", "real"),
            "motif": ("alt",),
        }.get(node.tag, ())
        rows.append((node.tag, told, [pair for pair in node.attrib.items() if pair[0] not in left_out]))
    return rows


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "positives", "negatives", "options"), ORACLES, ids=[row[0] for row in ORACLES]
)
def test_word_for_word(
    real_data: Path, name: str, positives: str, negatives: str | None, options: Options
) -> None:
    folder = real_data / "oracles" / "dreme"
    here = [codes for _, codes in read_fasta(folder / positives)]
    there = [codes for _, codes in read_fasta(folder / negatives)] if negatives else None
    result = find_motifs(here, there, options)
    source = Source.of(folder / negatives) if negatives else None
    run = RUN._replace(positives=Source.of(folder / positives), negatives=source)
    expected = xml_but_for_the_run((folder / f"{name}.xml").read_text())
    assert xml_but_for_the_run(format_xml(result, run)) == expected
    assert len(expected) > 45
    if (folder / f"{name}.txt").exists():
        lines = text_but_for_the_run((folder / f"{name}.txt").read_text())
        assert text_but_for_the_run(format_text(result, run)) == lines
        assert len(lines) > 50


@pytest.mark.real
@pytest.mark.parametrize("species", ["human", "mouse"])
def test_numbers_of_the_paper_are_printed_alike(real_data: Path, species: str) -> None:
    text = (real_data / "oracles" / "dreme" / "xpresso" / species / "dreme.txt").read_text()
    numbers = re.findall(r"\d\.\de[+-]\d+", text)
    for number in numbers:
        mantissa, exponent = number.split("e")
        assert format_log(math.log(float(mantissa)) + int(exponent) * math.log(10)) == number
    assert len(numbers) > 30


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return a folder with positive and negative sequences."""
    (tmp_path / "p.fa").write_text("".join(f">p{n}\nTTGATTACATT\n" for n in range(30)))
    (tmp_path / "n.fa").write_text("".join(f">n{n}\nTCTCTCTC\n" for n in range(30)))
    return tmp_path


def test_a_folder_is_made_whole(here: Path) -> None:
    result = write_dreme(str(here / "p.fa"), str(here / "n.fa"), here / "new" / "out", Options())
    assert sorted(path.name for path in (here / "new" / "out").iterdir()) == [
        *("dreme.html", "dreme.txt", "dreme.xml"),
    ]
    assert [path.name for path in (here / "new").iterdir()] == ["out"]
    assert [motif.identifier for motif in parse_motifs(here / "new/out/dreme.txt")] == [
        motif.expression for motif in result.motifs
    ]


def test_a_folder_that_exists_is_refused_or_written_into(here: Path) -> None:
    (here / "out").mkdir()
    (here / "out" / "mine.txt").write_text("mine")
    (here / "out" / "dreme.txt").write_text("old")
    arguments = (str(here / "p.fa"), str(here / "n.fa"), here / "out", Options())
    with pytest.raises(InputError, match=r"out: exists already.*-oc"):
        write_dreme(*arguments)
    assert (here / "out" / "dreme.txt").read_text() == "old"
    write_dreme(*arguments, replace=True)
    assert (here / "out" / "mine.txt").read_text() == "mine"
    assert (here / "out" / "dreme.txt").read_text().startswith("# DREME")
    with pytest.raises(InputError, match=r"p\.fa: is a file, and a folder"):
        write_dreme(*arguments[:2], here / "p.fa", Options(), replace=True)


def test_nothing_is_left_of_a_failure(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise OSError

    before = sorted(path.name for path in here.iterdir())
    monkeypatch.setattr("xpresso_core.dreme_folder.format_xml", broken)
    with pytest.raises(OSError, match=r"^$"):
        write_dreme(str(here / "p.fa"), None, here / "out", Options())
    assert sorted(path.name for path in here.iterdir()) == before
