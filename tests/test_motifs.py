"""Motifs from JASPAR, and what tells a release from a file."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from pyjaspar import jaspardb

from xpresso_core.errors import InputError
from xpresso_core.meme_format import DEFAULT_SITES, Motif, format_motifs, write_motifs
from xpresso_core.motifs import TAXA, jaspar_motifs, read_motifs


@pytest.fixture(scope="module")
def jaspar2016() -> tuple[Motif, ...]:
    return read_motifs("JASPAR2016")


def test_a_motif() -> None:
    motif = Motif("M", "", np.full((7, 4), 0.25))
    assert motif.width == 7
    assert motif.sites == DEFAULT_SITES == 20


def test_jaspar2016_is_the_papers(jaspar2016: tuple[Motif, ...]) -> None:
    assert len(jaspar2016) == 519
    identifiers = [motif.identifier for motif in jaspar2016]
    assert identifiers == sorted(set(identifiers))
    assert identifiers[:3] == ["MA0002.2", "MA0003.3", "MA0004.1"]
    assert "MA0615.1" in identifiers  # missing in public copies
    first = jaspar2016[0]
    assert (first.name, first.sites, first.width) == ("RUNX1", 2000.0, 11)
    assert first.frequencies[0].tolist() == [0.1435, 0.248, 0.348, 0.2605]
    assert min(motif.width for motif in jaspar2016) >= 5


def test_frequencies_and_sites_are_those_of_the_counts(jaspar2016: tuple[Motif, ...]) -> None:
    counts = {motif.matrix_id: motif.counts for motif in jaspardb(release="JASPAR2016").fetch_motifs("CORE")}
    for motif in jaspar2016[::20]:
        table = np.array([counts[motif.identifier][base] for base in "ACGT"]).T
        totals = table.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(motif.frequencies, table / totals, rtol=0, atol=5.0000001e-7)
        np.testing.assert_allclose(motif.frequencies * 1e6, np.round(motif.frequencies * 1e6), atol=1e-6)
        assert motif.sites == float(f"{motif.sites:.0f}")
        assert abs(motif.sites - totals.mean()) <= 0.5


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("JASPAR2016:vertebrates", 519),
        ("JASPAR2016:plants", 227),
        ("JASPAR2014:fungi", 177),
        ("JASPAR2024", 879),
    ],
)
def test_other_releases_and_groups(source: str, number: int) -> None:
    motifs = read_motifs(source)
    assert len(motifs) == number
    assert all(
        motif.name and motif.sites > 0 and np.allclose(motif.frequencies.sum(axis=1), 1, atol=3e-6)
        for motif in motifs
    )


@pytest.mark.parametrize("taxon", TAXA)
def test_every_group_has_motifs(taxon: str) -> None:
    assert jaspar_motifs("JASPAR2018", taxon)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "JASPAR2061",
            r"motifs: JASPAR has no 'JASPAR2061', did you mean 'JASPAR20\d\d'\?.*It has: JASPAR2014, ",
        ),
        (
            "JASPAR2016:plant",
            r"motifs: JASPAR has no 'plant', did you mean 'plants'\?.*It has: fungi, insects, ",
        ),
        ("JASPAR2016:xyz", r"motifs: JASPAR has no 'xyz'\. It has: fungi, insects, nematodes, plants, "),
    ],
)
def test_unknown_releases_and_groups(source: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_motifs(source)


@pytest.mark.parametrize("source", ["jaspar2016", "JASPAR2016.meme", "./JASPAR2016", "JASPAR", "JASPAR2016:"])
def test_what_is_a_file(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"{re.escape(source)}: cannot be read"):
        read_motifs(source)


def test_a_file_called_like_a_release_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    motif = Motif("mine", "", np.array([[0.1, 0.2, 0.3, 0.4]]))
    write_motifs([motif], "JASPAR2016")
    assert [found.identifier for found in read_motifs("JASPAR2016")] == ["mine"]


def test_an_identifier_that_occurs_twice(tmp_path: Path) -> None:
    motif = Motif("mine", "", np.array([[0.1, 0.2, 0.3, 0.4]]))
    path = tmp_path / "twice.meme"
    write_motifs([motif, Motif("other", "", motif.frequencies), motif], path)
    message = rf"{path}: the motif 'mine' occurs twice\. Give every motif its own identifier"
    with pytest.raises(InputError, match=message):
        read_motifs(path)


@pytest.mark.real
def test_jaspar2016_is_the_meme_file(real_data: Path, jaspar2016: tuple[Motif, ...]) -> None:
    path = real_data / "oracles" / "fimo" / "JASPAR_CORE_2016_vertebrates.519.meme.gz"
    expected = read_motifs(path)
    assert len(expected) == 519
    for motif, other in zip(jaspar2016, expected, strict=True):
        assert (motif.identifier, motif.name, motif.sites) == (other.identifier, other.name, other.sites)
        np.testing.assert_array_equal(motif.frequencies, other.frequencies)
    assert format_motifs(jaspar2016) == format_motifs(expected)
