"""The motif file of a simulated species: what is planted first, and decoys that are none of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xpresso_core.meme_format import format_motifs, parse_motifs, write_motifs
from xpresso_core.sequence import encode
from xpresso_core.simulate_dna import IUPAC, Motif
from xpresso_core.simulate_motifs import CERTAINTY, DECOYS, simulated_motifs
from xpresso_core.simulate_scores import MOTIFS

COMPLEMENT = str.maketrans("ACGTRYWSKMBDHVN", "TGCAYRWSMKVHDBN")


def consensus(frequencies: np.ndarray) -> str:
    """Return IUPAC letters of the frequent bases."""
    letters = {bases: letter for letter, bases in IUPAC.items()}
    return "".join(
        letters["".join(base for base, share in zip("ACGT", row, strict=True) if share > 0.1)]
        for row in frequencies
    )


def motif(text: str, name: str = "planted") -> Motif:
    return Motif(name, text, 0.1, 0.5, (-10, 10))


def made(seed: int = 0) -> list[tuple[str, str, str]]:
    return [
        (one.identifier, one.name, consensus(one.frequencies))
        for one in simulated_motifs(MOTIFS, np.random.default_rng(seed))
    ]


def test_each_planted_motif_comes_before_its_decoys() -> None:
    found = iter(made())
    for number, planted in enumerate(MOTIFS, start=1):
        assert next(found) == (f"SIM{number}", planted.name, planted.consensus)
        for decoy in range(1, DECOYS + 1):
            identifier, name, letters = next(found)
            assert (identifier, name) == (f"DECOY{number}.{decoy}", f"{planted.name}-shuffled")
            assert sorted(letters) == sorted(planted.consensus)
    assert next(found, None) is None


@pytest.mark.parametrize("seed", range(20))
def test_decoys_are_neither_the_motif_nor_each_other_on_either_strand(seed: int) -> None:
    found = [letters for _, _, letters in made(seed)]
    strands = [{letters, letters.translate(COMPLEMENT)[::-1]} for letters in found]
    assert all(one.isdisjoint(other) for number, one in enumerate(strands) for other in strands[number + 1 :])


@pytest.mark.parametrize("letters", ["ACTG", "ACGT"])
def test_orders_of_few_letters_that_complement_each_other_are_not_both_taken(letters: str) -> None:
    for seed in range(50):
        found = [
            consensus(one.frequencies)
            for one in simulated_motifs([motif(letters)], np.random.default_rng(seed))
        ]
        assert len({min(one, one.translate(COMPLEMENT)[::-1]) for one in found}) == 1 + DECOYS


def test_frequencies_add_up_and_follow_the_consensus() -> None:
    (first, *_) = simulated_motifs([motif("ARBT" * 2)], np.random.default_rng(0))
    np.testing.assert_allclose(first.frequencies.sum(axis=1), 1, atol=1e-12)
    third, half, rest = CERTAINTY / 3, CERTAINTY / 2, 1 - CERTAINTY
    np.testing.assert_allclose(
        first.frequencies[:3],
        [
            [CERTAINTY, rest / 3, rest / 3, rest / 3],
            [half, rest / 2, half, rest / 2],
            [rest, third, third, third],
        ],
    )


def test_all_frequencies_add_up_to_one() -> None:
    for one in simulated_motifs(MOTIFS, np.random.default_rng(1)):
        np.testing.assert_allclose(one.frequencies.sum(axis=1), 1, atol=1e-12)
        assert (one.frequencies > 0).all()
        assert encode(consensus(one.frequencies)).size == one.width


def test_same_generator_same_file() -> None:
    texts = [format_motifs(simulated_motifs(MOTIFS, np.random.default_rng(seed))) for seed in (3, 3, 4)]
    assert texts[0] == texts[1] != texts[2]


def test_the_file_is_one_of_the_meme_suite(tmp_path: Path) -> None:
    written = simulated_motifs(MOTIFS, np.random.default_rng(0))
    write_motifs(written, tmp_path / "motifs.meme")
    found = parse_motifs(tmp_path / "motifs.meme")
    assert [(one.identifier, one.name) for one in found] == [(one.identifier, one.name) for one in written]
    for one, other in zip(found, written, strict=True):
        np.testing.assert_allclose(one.frequencies, other.frequencies, atol=1e-5)
