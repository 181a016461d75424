"""Motif files of the MEME Suite: what people have, damaged in every way, and what pymemesuite makes of it."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymemesuite.common import MotifFile

from xpresso_core.errors import InputError
from xpresso_core.meme_format import Motif, format_motifs, parse_motifs, write_motifs

ONE = [[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0]]
TWO = [[0, 0.5, 0.5, 0]]

MINIMAL = """\
MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.25 C 0.25 G 0.25 T 0.25

MOTIF M1 first
letter-probability matrix: alength= 4 w= 2 nsites= 12 E= 1.2e-3
 0.1  0.2  0.3  0.4
 1    0    0    0

MOTIF M2
letter-probability matrix: alength= 4 w= 1 nsites= 7.5 E= 0
0\t0.5\t0.5\t0
URL http://example.org/0.1
"""

WHOLE = """\
********************************************************************************
MEME - Motif discovery tool
********************************************************************************
MEME version 4.12.0 (Release date: Tue Jun 27 16:22:50 2017 -0700)

ALPHABET "DNA" DNA-LIKE
A "Adenine" CC0000 ~ T "Thymine" 008000
C "Cytosine" 0000CC ~ G "Guanine" FFB300
N "Any base" = ACGT
END ALPHABET

Letter frequencies in dataset:
A 0.25 C 0.25 G 0.25 T 0.25

********************************************************************************
MOTIF M1 first\twidth =   2  sites =  12  llr = 30  E-value = 1.2e-3
********************************************************************************
\tMotif M1 first Description
Simplified        A  1:
pos.-specific     C  ::

\tMotif M1 position-specific scoring matrix
log-odds matrix: alength= 4 w= 2 n= 500 bayes= 5.0 E= 1.2e-3
  -132    -32     26     68
   200  -1000  -1000  -1000

\tMotif M1 position-specific probability matrix
--------------------------------------------------------------------------------
letter-probability matrix: alength= 4 w= 2 nsites= 12 E= 1.2e-3
 0.100000  0.200000  0.300000  0.400000
 1.000000  0.000000  0.000000  0.000000
--------------------------------------------------------------------------------

MOTIF  M2 width =   1   sites =  7.5   llr = 3   E-value = 1
letter-probability matrix: alength= 4 w= 1 nsites= 7.5 E= 1
 0.000000  0.500000  0.500000  0.000000
"""

MEME_XML = """\
<?xml version='1.0' encoding='UTF-8' standalone='yes'?>
<!DOCTYPE MEME[
<!ELEMENT MEME (training_set, motifs)>
]>
<MEME version="4.10.0">
<training_set><alphabet id="nucleotide" length="4"><letter id="letter_A" symbol="A"/></alphabet></training_set>
<motifs>
<motif id="motif_1" name="M1" alt="first" width="2" sites="12" e_value="1.2e-3">
<scores><alphabet_matrix>
<alphabet_array><value letter_id="letter_A">-132</value><value letter_id="letter_C">-32</value>
<value letter_id="letter_G">26</value><value letter_id="letter_T">68</value></alphabet_array>
</alphabet_matrix></scores>
<probabilities><alphabet_matrix>
<alphabet_array><value letter_id="letter_A">0.1</value><value letter_id="letter_C">0.2</value>
<value letter_id="letter_G">0.3</value><value letter_id="letter_T">0.4</value></alphabet_array>
<alphabet_array><value letter_id="letter_A">1</value><value letter_id="letter_C">0</value>
<value letter_id="letter_G">0</value><value letter_id="letter_T">0</value></alphabet_array>
</alphabet_matrix></probabilities>
</motif>
<motif id="motif_2" name="M2" width="1" sites="7.5">
<probabilities><alphabet_matrix>
<alphabet_array><value letter_id="letter_A">0</value><value letter_id="letter_C">0.5</value>
<value letter_id="letter_G">0.5</value><value letter_id="letter_T">0</value></alphabet_array>
</alphabet_matrix></probabilities>
</motif>
</motifs>
</MEME>
"""

DREME_XML = """\
<dreme version="4.12.0" release="Tue Jun 27 16:22:50 2017 -0700">
  <motifs>
    <motif id="m01" alt="first" seq="M1" length="2" nsites="12" p="10" n="1" pvalue="1e-5" evalue="1.2e-3">
      <pos A="0.1" C="0.2" G="0.3" T="0.4"/>
      <pos A="1" C="0" G="0" T="0"/>
      <match seq="AA" p="4" n="0" pvalue="1e-3" evalue="4"/>
    </motif>
    <motif id="m02" seq="M2" length="1" nsites="7.5">
      <pos A="0" C="0.5" G="0.5" T="0"/>
    </motif>
  </motifs>
</dreme>
"""

DATA = {
    "program": "MEME",
    "alphabet": {"name": "DNA", "symbols": [{"symbol": letter} for letter in "ACGT"]},
    "motifs": [
        {"db": 0, "id": "M1", "alt": "first", "len": 2, "nsites": 12, "evalue": "1.2e-3", "pwm": ONE},
        {"db": 0, "id": "M2", "len": 1, "nsites": 7.5, "pwm": TWO},
    ],
}


def html(data: object) -> str:
    """Return a page like MEME's."""
    return f"""\
<!DOCTYPE HTML>
<html>
  <head>
    <title>MEME</title>
    <script>
      // @JSON_VAR data
      var data = {json.dumps(data, indent=2)};
    </script>
    <script>var data2 = {{}}; function f() {{ var data, r; data = 1; }}</script>
  </head>
</html>
"""


FORMATS = {
    "minimal": MINIMAL,
    "whole": WHOLE,
    "meme.xml": MEME_XML,
    "dreme.xml": DREME_XML,
    "declared dreme.xml": "<?xml version='1.0' encoding='UTF-8'?>\n" + DREME_XML,
    "html": html(DATA),
    "html of another kind": html(DATA).replace("<!DOCTYPE HTML>\n", "\n"),
}


def parse(folder: Path, text: str) -> tuple[Motif, ...]:
    """Write a file and read its motifs."""
    path = folder / "motifs.txt"
    path.write_text(text, encoding="utf-8", newline="")
    return parse_motifs(path)


def assert_example(motifs: tuple[Motif, ...]) -> None:
    """Demand the two motifs that all the examples hold."""
    first, second = motifs
    assert (first.identifier, first.name, first.sites, first.width) == ("M1", "first", 12.0, 2)
    assert first.frequencies.tolist() == ONE
    assert (second.identifier, second.name, second.sites) == ("M2", "", 7.5)
    assert second.frequencies.tolist() == TWO
    assert first.frequencies.dtype == np.float64


@pytest.mark.parametrize("name", FORMATS)
def test_every_format(tmp_path: Path, name: str) -> None:
    assert_example(parse(tmp_path, FORMATS[name]))


@pytest.mark.parametrize("name", FORMATS)
def test_line_ends_of_windows_marks_and_gzip(tmp_path: Path, name: str) -> None:
    text = FORMATS[name]
    assert_example(parse(tmp_path, text.replace("\n", "\r\n")))
    path = tmp_path / "other"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert_example(parse_motifs(path))
    path.write_bytes(gzip.compress(text.encode()))
    assert_example(parse_motifs(path))


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(MINIMAL.encode())))
    monkeypatch.setattr(sys, "stdin", stream)
    assert_example(parse_motifs("-"))


@pytest.mark.parametrize("name", ["minimal", "whole"])
def test_pymemesuite_reads_the_same(tmp_path: Path, name: str) -> None:
    ours = parse(tmp_path, FORMATS[name])
    with MotifFile(io.BytesIO(FORMATS[name].encode()), pseudocount=0) as handle:
        theirs = list(handle)
    assert [motif.accession.decode() for motif in theirs] == [motif.identifier for motif in ours]
    for motif, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(np.array(other.frequencies)[:, :4], motif.frequencies)


def test_missing_sites_are_twenty(tmp_path: Path) -> None:
    text = MINIMAL.replace("nsites= 12 ", "").replace("nsites= 7.5 ", "")
    assert [motif.sites for motif in parse(tmp_path, text)] == [20.0, 20.0]
    for text in (DREME_XML.replace(' nsites="12"', ""), MEME_XML.replace(' sites="12"', "")):
        assert [motif.sites for motif in parse(tmp_path, text)] == [20.0, 7.5]


def test_missing_width(tmp_path: Path) -> None:
    assert_example(parse(tmp_path, MINIMAL.replace("w= 2 ", "").replace("w= 1 ", "")))
    # Then the matrix ends with the file, at an empty line, or at a word.
    assert_example(
        parse(tmp_path, MINIMAL.replace("w= 1 ", "").replace("\nURL http://example.org/0.1\n", ""))
    )
    assert_example(parse(tmp_path, WHOLE.replace(" w= 2 nsites", " nsites")))


def test_headers_without_blanks_and_rows_beyond_the_width(tmp_path: Path) -> None:
    text = MINIMAL.replace("alength= 4 w= 2 nsites= 12", "alength=4 w=2 nsites=12")
    assert_example(parse(tmp_path, text.replace(" 1    0    0    0\n", " 1 0 0 0\n 0 1 0 0\n")))


def test_rows_are_divided_by_their_sums_only_where_these_are_off(tmp_path: Path) -> None:
    text = MINIMAL.replace(" 0.1  0.2  0.3  0.4", " 0.2 0.4 0.6 0.8").replace(
        " 1    0    0    0", " 0.333333 0.333333 0.333333 0"
    )
    first = parse(tmp_path, text)[0].frequencies.tolist()
    assert first == [[0.1, 0.2, 0.3, 0.4], [0.333333, 0.333333, 0.333333, 0]]
    (row,) = parse(tmp_path, MINIMAL.replace("0\t0.5\t0.5\t0", "0 0.5 0.49998 0"))[1].frequencies.tolist()
    assert row == [0, 0.5 / 0.99998, 0.49998 / 0.99998, 0]


@pytest.mark.parametrize(
    "alphabet",
    ["ALPHABET= ACGT", "ALPHABET=ACGT", "ALPHABET= ACGU", 'ALPHABET "RNA" RNA-LIKE', "ALPHABET DNA", ""],
)
def test_alphabets_of_nucleotides(tmp_path: Path, alphabet: str) -> None:
    assert_example(parse(tmp_path, MINIMAL.replace("ALPHABET= ACGT", alphabet)))


def test_format(tmp_path: Path) -> None:
    motif = Motif("M1", "first", np.array([[0.1, 0.2, 0.3, 0.4], [0.3333333, 0, 0, 0.6666667]]), 12.0)
    text = format_motifs([motif, Motif("M2", "", np.array(TWO), 7.5)])
    assert text == (
        "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n"
        "\nMOTIF M1 first\n\nletter-probability matrix: alength= 4 w= 2 nsites= 12 E= 0\n"
        "0.100000  0.200000  0.300000  0.400000\n0.333333  0.000000  0.000000  0.666667\n"
        "\nMOTIF M2\n\nletter-probability matrix: alength= 4 w= 1 nsites= 7.5 E= 0\n"
        "0.000000  0.500000  0.500000  0.000000\n"
    )
    write_motifs([motif], tmp_path / "new" / "motif.meme")
    assert (tmp_path / "new" / "motif.meme").read_text() == format_motifs([motif])
    with MotifFile(io.BytesIO(text.encode()), pseudocount=0) as handle:
        assert [found.accession for found in handle] == [b"M1", b"M2"]


def test_round_trip(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    motifs = []
    for number in range(20):
        millionths = rng.multinomial(1_000_000, [0.4, 0.1, 0.2, 0.3], size=int(rng.integers(1, 40)))
        sites = float(rng.choice([1, 12.5, 20, 464_497, 1_816_073]))
        motifs.append(Motif(f"M{number}", "name" * (number % 2), millionths / 1e6, sites))
    back = parse(tmp_path, format_motifs(motifs))
    for motif, other in zip(motifs, back, strict=True):
        assert (motif.identifier, motif.name, motif.sites) == (other.identifier, other.name, other.sites)
        np.testing.assert_array_equal(motif.frequencies, other.frequencies)
    assert format_motifs(back) == format_motifs(motifs)


REMEDY = "Give a file of motifs in the text, XML or HTML format of the MEME Suite"
NO_MATRIX = "line 11: the motif 'M1' has no matrix of 2 positions with four numbers in a row. " + REMEDY
NO_FREQUENCY = "line 11: the matrix of the motif 'M1' has a value that is no frequency. " + REMEDY
NO_MOTIF = "motifs.txt: holds no motif with a letter-probability matrix. " + REMEDY
NO_ROW = " 1    0    0    0\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (MINIMAL, "", NO_MOTIF),
        (MINIMAL, "\n\n", NO_MOTIF),
        (MINIMAL, ">seq\nACGT\n", NO_MOTIF),
        (MINIMAL, "MEME version 4\n\nMOTIF M1 first\n", NO_MOTIF),
        (
            "ALPHABET= ACGT",
            "ALPHABET= ACDEFGHIKLMNPQRSTVWY",
            "line 3: the alphabet 'ACDEFGHIKLMNPQRSTVWY' is not DNA",
        ),
        ("ALPHABET= ACGT", 'ALPHABET "Protein" PROTEIN-LIKE', 'line 3: the alphabet \'ALPHABET "Protein" '),
        ("ALPHABET= ACGT", "ALPHABET= ACGTX", "is not DNA. Give motifs of DNA"),
        ("MOTIF M1 first\n", "\n", "line 11: a matrix comes before the first MOTIF. " + REMEDY),
        ("MOTIF M1 first\n", "MOTIF\n", "line 11: a matrix comes before the first MOTIF. "),
        (NO_ROW, "", NO_MATRIX),
        (NO_ROW, " 1 0 0\n", NO_MATRIX),
        (NO_ROW, " 1 0 0 0 0\n", NO_MATRIX),
        (NO_ROW, " 1 0 0 none\n", NO_MATRIX),
        ("w= 2", "w= 3", NO_MATRIX.replace("of 2", "of 3")),
        ("w= 2", "w= two", NO_MATRIX.replace("of 2", "of two")),
        (" 0.1  0.2  0.3  0.4", "\n 0.1 0.2 0.3 0.4", NO_MATRIX),
        (NO_ROW, " 1 0 0 -0.1\n", NO_FREQUENCY),
        (NO_ROW, " 1 0 0 nan\n", NO_FREQUENCY),
        (NO_ROW, " inf 0 0 1\n", NO_FREQUENCY),
        (NO_ROW, " 0 0 0 0\n", NO_FREQUENCY),
        ("nsites= 12", "nsites= 0", "line 11: the motif 'M1' is made from '0' sites. Give a positive number"),
        ("nsites= 12", "nsites= -3", "line 11: the motif 'M1' is made from '-3' sites"),
        ("nsites= 12", "nsites= many", "line 11: the motif 'M1' is made from 'many' sites"),
        ("nsites= 12", "nsites= nan", "line 11: the motif 'M1' is made from 'nan' sites"),
        ("nsites= 7.5", "nsites= inf", "line 16: the motif 'M2' is made from 'inf' sites"),
    ],
)
def test_bad_text(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert MINIMAL.count(old) == 1
    with pytest.raises(InputError) as raised:
        parse(tmp_path, MINIMAL.replace(old, new))
    assert str(raised.value).startswith(str(tmp_path / "motifs.txt"))
    assert message in str(raised.value)


VALUE = '<value letter_id="letter_T">0.4</value>'


@pytest.mark.parametrize(
    ("text", "old", "new", "message"),
    [
        (MEME_XML, "</MEME>", "", "motifs.txt: is damaged XML ("),
        (DREME_XML, DREME_XML[300:], "", "motifs.txt: is damaged XML ("),
        (MEME_XML, VALUE, "", "motif 'M1': the motif 'M1' has no matrix with four numbers in a row"),
        (MEME_XML, VALUE, VALUE * 2, "motif 'M1': the motif 'M1' has no matrix with four numbers in a row"),
        (MEME_XML, VALUE, VALUE.replace("0.4", ""), "has no matrix with four numbers in a row"),
        (MEME_XML, VALUE, VALUE.replace("0.4", "many"), "has no matrix with four numbers in a row"),
        (
            MEME_XML,
            VALUE,
            VALUE.replace("0.4", "-0.4"),
            "the matrix of the motif 'M1' has a value that is no freq",
        ),
        (MEME_XML, 'sites="12"', 'sites="0"', "motif 'M1': the motif 'M1' is made from '0' sites"),
        (DREME_XML, ' T="0.4"', "", "motif 'M1': the motif 'M1' has no matrix with four numbers in a row"),
        (
            DREME_XML,
            ' T="0.4"',
            ' T="x"',
            "motif 'M1': the motif 'M1' has no matrix with four numbers in a row",
        ),
        (DREME_XML, ' T="0.4"', ' T="nan"', "the matrix of the motif 'M1' has a value that is no frequency"),
        (DREME_XML, '<pos A="0" C="0.5" G="0.5" T="0"/>', "", "motif 'M2': the motif 'M2' has no matrix"),
        (DREME_XML, DREME_XML, "<dreme><motifs/></dreme>", NO_MOTIF),
    ],
)
def test_bad_xml(tmp_path: Path, text: str, old: str, new: str, message: str) -> None:
    assert text.count(old) == 1
    with pytest.raises(InputError) as raised:
        parse(tmp_path, text.replace(old, new))
    assert message in str(raised.value)
    assert str(raised.value).endswith((REMEDY, "Give a positive number"))


def changed(**changes: Any) -> str:
    """Return a page whose first motif is another."""
    return html(DATA | {"motifs": [DATA["motifs"][0] | changes, DATA["motifs"][1]]})  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<html><body>MEME</body></html>", "motifs.txt: is HTML without data of the MEME Suite. " + REMEDY),
        (html(DATA)[:400], "motifs.txt: is damaged HTML ("),
        (
            html(DATA).replace('"motifs":', '"motifs"'),
            "motifs.txt: is damaged HTML (Expecting ':' delimiter)",
        ),
        (html(DATA | {"motifs": []}), NO_MOTIF),
        (html({"program": "MEME"}), NO_MOTIF),
        (changed(pwm=[]), "motif 'M1': the motif 'M1' has no matrix with four numbers in a row. " + REMEDY),
        (changed(pwm=[[0.1] * 20]), "motif 'M1': the motif 'M1' has no matrix with four numbers in a row"),
        (changed(pwm=[[1, 0, 0, 0], [1, 0, 0]]), "the motif 'M1' has no matrix with four numbers in a row"),
        (changed(pwm=[["a", 0, 0, 1]]), "the motif 'M1' has no matrix with four numbers in a row"),
        (changed(pwm=[0.1, 0.2, 0.3, 0.4]), "the motif 'M1' has no matrix with four numbers in a row"),
        (
            changed(pwm=[[2, 0, 0, -1]]),
            "motif 'M1': the matrix of the motif 'M1' has a value that is no frequency",
        ),
        (changed(nsites=0), "motif 'M1': the motif 'M1' is made from 0 sites. Give a positive number"),
    ],
)
def test_bad_html(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        parse(tmp_path, text)
    assert str(raised.value).startswith(str(tmp_path / "motifs.txt"))
    assert message in str(raised.value)


def test_no_file_and_damaged_gzip(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.meme: cannot be read"):
        parse_motifs(tmp_path / "none.meme")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(MINIMAL.encode())[:-20])
    with pytest.raises(InputError, match=r"cut\.gz: the compressed file is damaged"):
        parse_motifs(tmp_path / "cut.gz")


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "number", "first"),
    [
        ("fimo/meme412_testsuite/MCM1.meme.html", 1, ("TTTCCYDWTTBGGAAATW", "MEME-1", 29.0)),
        ("fimo/meme412_testsuite/crp0.meme.xml", 3, ("TKTGANCNABNTCACAHWT", "MEME-1", 18.0)),
        ("fimo/meme412_testsuite/GCN4.meme.txt", 1, ("MA0303.1", "GCN4", 998.0)),
        ("dreme/meme412_testsuite/basic.xml", 2, ("ACRCCC", "DREME-1", 71.0)),
        ("dreme/doc_example/dreme.txt", 15, ("CCMCRCCC", "DREME-1", 454.0)),
        ("dreme/xpresso/mouse/dreme.xml", 5, ("CG", "DREME-1", 419330.0)),
    ],
)
def test_published_files_are_read_as_pymemesuite_reads_them(
    real_data: Path, name: str, number: int, first: tuple[str, str, float]
) -> None:
    path = real_data / "oracles" / name
    ours = parse_motifs(path)
    assert len(ours) == number
    assert (ours[0].identifier, ours[0].name, ours[0].sites) == first
    with MotifFile(str(path), pseudocount=0) as handle:
        theirs = list(handle)
    for motif, other in zip(ours, theirs, strict=True):
        assert (motif.identifier, motif.name) == (other.accession.decode(), other.name.decode())
        np.testing.assert_array_equal(np.array(other.frequencies)[:, :4], motif.frequencies)


@pytest.mark.real
@pytest.mark.parametrize("name", ["doc_example", "xpresso/human", "xpresso/mouse"])
def test_text_and_xml_of_dreme_hold_the_same(real_data: Path, name: str) -> None:
    folder = real_data / "oracles" / "dreme" / name
    text, xml = parse_motifs(folder / "dreme.txt"), parse_motifs(folder / "dreme.xml")
    for motif, other in zip(text, xml, strict=True):
        assert (motif.identifier, motif.name, motif.sites) == (other.identifier, other.name, other.sites)
        np.testing.assert_array_equal(motif.frequencies, other.frequencies)
