"""What samples are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from xpresso_core.errors import InputError
from xpresso_core.sample_names import read_sample_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("sample\tname\nS1\tliver\nS2\tbrain\n", {"S1": "liver", "S2": "brain"}),
        ("E000\tReference\nE003\tH1_Cell_Line\n", {"E000": "Reference", "E003": "H1 Cell Line"}),
        (
            "Comments\tEpigenome ID (EID)\tORDER\tEpigenome Mnemonic\n\t\t\t\n-\tE123\t1\tBLD.K562.CNCR\nshort\n",
            {"E123": "BLD.K562.CNCR"},
        ),
        ("accession\tbiosample\tsha256\tpath\nENCFF1\tliver\tx\ty\n", {"ENCFF1": "liver"}),
    ],
    ids=["own", "Roadmap's list", "Roadmap's metadata", "ENCODE"],
)
def test_known_tables(tmp_path: Path, text: str, names: dict[str, str]) -> None:
    (tmp_path / "names.tsv").write_text(text)
    assert read_sample_names(tmp_path / "names.tsv") == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no known kind"),
        ("a\tb\tc\n1\t2\t3\n", r"no known kind.*Roadmap"),
        ("S1\tliver\nS1\tbrain\n", "the sample S1 is there twice"),
    ],
)
def test_other_tables_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "names.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_sample_names(tmp_path / "names.tsv")


@pytest.mark.real
def test_the_epigenomes_of_roadmap(real_data: Path) -> None:
    names = read_sample_names(real_data / "human_mini" / "epigenomes.tsv")
    assert len(names) == 127
    assert names["E123"] == "BLD.K562.CNCR"
