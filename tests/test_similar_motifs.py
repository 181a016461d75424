"""Motifs of JASPAR find themselves, on either strand; made-up ones only by chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xpresso_core.errors import InputError
from xpresso_core.meme_format import Motif
from xpresso_core.motifs import read_motifs
from xpresso_core.similar_motifs import similar_motifs


@pytest.fixture(scope="module")
def known() -> tuple[Motif, ...]:
    return read_motifs("JASPAR2016")


def motif(identifier: str, letters: str) -> Motif:
    return Motif(identifier, "", np.array([np.eye(4)["ACGT".index(letter)] for letter in letters]))


def part(whole: Motif, first: int, last: int) -> Motif:
    return replace(whole, frequencies=whole.frequencies[first:last])


def turned(whole: Motif) -> Motif:
    return replace(whole, frequencies=whole.frequencies[::-1, ::-1])


def test_motifs_find_themselves_first(known):
    some = known[::25]
    rows = similar_motifs(some, known)
    for one in some:
        hits = [row for row in rows if row.found == one.identifier]
        best = hits[0]
        assert (best.known, best.known_name) == (one.identifier, one.name)
        assert (best.strand, best.offset, best.overlap) == ("+", 0, one.width)
        assert best.p_value < 1e-10
        assert best.e_value == pytest.approx(best.p_value * len(known))
        assert best.q_value < 1e-8
        assert [hit.p_value for hit in hits] == sorted(hit.p_value for hit in hits)
        assert all(hit.e_value <= 1 for hit in hits)
        assert all(hit.p_value <= hit.q_value <= 1 for hit in hits)
    assert list(dict.fromkeys(row.found for row in rows)) == [one.identifier for one in some]


def test_the_other_strand_finds_the_same(known):
    some = known[3::40]
    ours, theirs = (
        {(row.found, row.known): row for row in similar_motifs(motifs, known)}
        for motifs in (some, [turned(one) for one in some])
    )
    assert ours.keys() == theirs.keys()
    for pair, row in ours.items():
        assert theirs[pair].p_value == pytest.approx(row.p_value, rel=1e-6)
        assert theirs[pair].overlap == row.overlap
    for one in some:
        palindrome = np.abs(one.frequencies - turned(one).frequencies).max() < 0.2
        assert palindrome or theirs[one.identifier, one.identifier].strand == "-"
        assert theirs[one.identifier, one.identifier].p_value < 1e-10


def test_offset_is_the_column_of_the_known_motif(known):
    whole = next(one for one in known if one.identifier == "MA0139.1")  # CTCF, 19 columns
    inner = similar_motifs([part(whole, 4, 16)], known)[0]
    assert (inner.known, inner.offset, inner.overlap, inner.strand) == ("MA0139.1", 4, 12, "+")
    flank = np.full((3, 4), 0.25)
    wider = replace(whole, frequencies=np.concatenate([flank, whole.frequencies]))
    outer = similar_motifs([wider], known)[0]
    assert (outer.known, outer.offset, outer.overlap) == ("MA0139.1", -3, 19)
    mirrored = similar_motifs([turned(part(whole, 4, 16))], known)[0]
    # On the other strand the known motif begins with its last column.
    assert (mirrored.known, mirrored.offset, mirrored.strand) == ("MA0139.1", whole.width - 16, "-")


@pytest.mark.parametrize(
    ("consensus", "name"),
    [
        ("CCACGTGG", "MAX::MYC"),
        ("CCGGAAGT", "ELK1"),
        ("GATAAG", "Gata1"),
        ("TGACTCA", "JUND"),
        ("GGGCGGGG", "SP1"),
    ],
)
def test_a_consensus_finds_its_factor(known, consensus, name):
    rows = similar_motifs([motif(consensus, consensus)], known)
    assert name in {row.known_name for row in rows}


def test_two_letters_are_like_nothing_in_particular(known):
    assert similar_motifs([motif("CG", "CG")], known) == []
    rows = similar_motifs([motif("CG", "CG")], known, max_e_value=1e9)
    assert len(rows) == len(known)
    assert min(row.q_value for row in rows) > 0.05
    assert {row.overlap for row in rows} <= {1, 2}


def test_scrambled_motifs_match_about_as_often_as_they_should(known):
    rng = np.random.default_rng(0)
    scrambled = [
        replace(one, frequencies=one.frequencies[rng.permutation(one.width)][:, rng.permutation(4)])
        for one in known[::4]
    ]
    p_values = np.array([row.p_value for row in similar_motifs(scrambled, known, max_e_value=1e9)])
    assert p_values.size == len(scrambled) * len(known)
    for level in (0.01, 0.1):
        assert (p_values <= level).mean() == pytest.approx(level, rel=0.6)


def test_a_column_alone_and_one_without_information(known):
    rows = similar_motifs([motif("C", "C"), Motif("none", "", np.full((4, 4), 0.25))], known, 1e9)
    assert all(0 <= row.p_value <= 1 for row in rows)


def test_nothing_found_is_like_nothing(known):
    assert similar_motifs([], known) == []


def test_a_few_known_motifs_are_warned_of(known):
    with pytest.warns(UserWarning, match="3 target motifs"):
        rows = similar_motifs(known[:1], known[:3])
    assert rows[0].known == known[0].identifier


@pytest.mark.parametrize(
    ("frequencies", "message"),
    [
        (np.zeros((0, 4)), r"motif bad: frequencies of shape \(0, 4\)"),
        (np.full((3, 4), np.nan), "motif bad"),
        (np.full((3, 5), 0.2), r"shape \(3, 5\)"),
    ],
)
def test_what_cannot_be_compared(known, frequencies, message):
    bad = Motif("bad", "", frequencies)
    for found, against in (([bad], known), (known[:1], [bad])):
        with pytest.raises(InputError, match=message):
            similar_motifs(found, against)


def test_no_known_motifs(known):
    with pytest.raises(InputError, match="there are no known motifs"):
        similar_motifs(known[:1], [])
