"""pymemesuite's FIMO: it agrees with ours but for what its module says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from xpresso_core.background import NRDB, UNIFORM, Frequencies
from xpresso_core.fimo import find_sites
from xpresso_core.fimo_pymemesuite import present_motifs
from xpresso_core.meme_format import Motif
from xpresso_core.motifs import read_motifs
from xpresso_core.sequence import Codes, encode, read_fasta

Present = npt.NDArray[np.bool_]

PAIRED = np.array([0.3, 0.2, 0.2, 0.3])


def exactly(text: str) -> Motif:
    """Return a motif that hardly is anything but one word."""
    return Motif(text, "", np.eye(4)[encode(text)], 100.0)


def ours(
    motifs: Sequence[Motif], sequences: Sequence[Codes], background: Frequencies, threshold: float
) -> Present:
    """Say which sequence has which motif by our own FIMO."""
    sites = find_sites(motifs, sequences, background, threshold=threshold)
    present = np.zeros((len(sequences), len(motifs)), dtype=bool)
    present[sites.hits.sequence, sites.hits.matrix // sites.strands] = True
    return present


def theirs(motif: Motif, *texts: str, threshold: float = 1e-3) -> list[bool]:
    """Say which sequence has a motif by pymemesuite."""
    present = present_motifs([motif], [encode(text) for text in texts], UNIFORM, threshold)
    return [bool(one) for one in present[:, 0]]


def random_sequences(number: int, length: int, seed: int = 0) -> list[Codes]:
    """Return random sequences that end with N: then no window that counts is the last."""
    codes = np.random.default_rng(seed).integers(0, 4, (number, length)).astype(np.uint8)
    codes[:, 40] = codes[:, -1] = 4
    return list(codes)


def random_motifs(number: int) -> list[Motif]:
    """Return motifs of so many sites that pseudocounts do not matter."""
    rng = np.random.default_rng(1)
    made = []
    for index in range(number):
        frequencies = np.round(0.9 * rng.dirichlet(np.full(4, 0.5), size=int(rng.integers(6, 16))) + 0.025, 6)
        made.append(Motif(f"M{index}", "", frequencies / frequencies.sum(axis=1, keepdims=True), 1e8))
    return made


@pytest.mark.parametrize("background", [UNIFORM, PAIRED])
@pytest.mark.parametrize("threshold", [1e-4, 1e-3])
def test_it_agrees_with_ours(background: Frequencies, threshold: float) -> None:
    motifs, sequences = random_motifs(40), random_sequences(60, 300)
    found = present_motifs(motifs, sequences, background, threshold)
    assert found.dtype == np.bool_
    np.testing.assert_array_equal(found, ours(motifs, sequences, background, threshold))
    assert 0.02 < found.mean() < 0.6


def test_both_strands_lower_case_and_unknown_letters() -> None:
    texts = ["GATTACAC", "TGTAATCC", "ccgattacac", "GATTRCAC", "NNNNNNNNN", "GATT", "", "GATTACAN"]
    assert theirs(exactly("GATTACA"), *texts) == [True, True, True, False, False, False, False, True]


def test_columns_are_motifs_and_rows_sequences() -> None:
    sequences = [encode("TTGATTACATT"), encode("TTTTTTTTT"), encode("TTCACGTGTGATTACATT")]
    present = present_motifs([exactly("GATTACA"), exactly("CACGTG")], sequences, UNIFORM, 1e-3)
    assert present.tolist() == [[True, False], [False, False], [True, True]]


def test_it_never_looks_at_the_last_window() -> None:
    texts = ["GATTACA", "CCGATTACA", "CCTGTAATC", "GATTACAC"]
    assert theirs(exactly("GATTACA"), *texts) == [False, False, False, True]
    assert ours([exactly("GATTACA")], [encode(text) for text in texts], UNIFORM, 1e-3).all()


def test_a_pvalue_that_equals_the_threshold_is_no_hit() -> None:
    motif, text = exactly("GATTACA"), "CCGATTACACC"
    rarest = 4.0**-7
    assert ours([motif], [encode(text)], UNIFORM, rarest).all()
    assert theirs(motif, text, threshold=rarest) == [False]
    assert theirs(motif, text, threshold=float(np.nextafter(rarest, 1))) == [True]


def test_pseudocounts_are_the_letters_of_a_database() -> None:
    # Of motifs of one site, pseudocounts make a tenth.
    rng = np.random.default_rng(3)
    motifs = [Motif(f"M{index}", "", np.eye(4)[rng.integers(0, 4, 8)], 1.0) for index in range(100)]
    sequences = random_sequences(40, 300)
    found = present_motifs(motifs, sequences, PAIRED, 1e-3)
    assert (found != ours(motifs, sequences, PAIRED, 1e-3)).any()
    # With pseudocounts put into the frequencies beforehand, those that remain do not matter.
    mixed = [
        Motif(motif.identifier, "", np.round((motif.frequencies + 0.1 * NRDB) / 1.1, 6), 1e8)
        for motif in motifs
    ]
    assert (found == ours(mixed, sequences, PAIRED, 1e-3)).mean() > 0.999


def test_the_strands_of_the_background_are_not_averaged() -> None:
    motifs, sequences = random_motifs(40), random_sequences(60, 300)
    skewed = np.array([0.4, 0.1, 0.2, 0.3])
    averaged = (skewed + skewed[::-1]) / 2
    expected = ours(motifs, sequences, skewed, 1e-4)
    assert (present_motifs(motifs, sequences, skewed, 1e-4) != expected).sum() > 50
    np.testing.assert_array_equal(present_motifs(motifs, sequences, averaged, 1e-4), expected)


def test_no_hit_is_forgotten_among_many() -> None:
    # Its own default is to keep 100,000 hits of a motif.
    many, one = encode("GATTACACC" * 60_000), encode("CCTGTAATCCC")
    assert present_motifs([exactly("GATTACA")], [many, many, one], UNIFORM, 1e-3).all()


@pytest.mark.real
def test_it_nearly_agrees_on_promoters(real_data: Path) -> None:
    folder = real_data / "oracles" / "fimo" / "synthetic"
    sequences = [codes for _, codes in read_fasta(folder / "prom200.fa")][:20]
    motifs = read_motifs("JASPAR2016")[::20]
    background = np.array([0.2683, 0.2317, 0.2317, 0.2683])
    found = present_motifs(motifs, sequences, background, 1e-4)
    expected = ours(motifs, sequences, background, 1e-4)
    assert (found == expected).mean() > 0.98
    assert expected.mean() > 0.1
