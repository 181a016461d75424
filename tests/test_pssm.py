"""Scoring matrices: FIMO's arithmetic step by step, and p-values against all words."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest

from xpresso_core.background import NRDB, UNIFORM, Frequencies
from xpresso_core.errors import InputError
from xpresso_core.meme_format import Motif
from xpresso_core.pssm import RANGE, Pssm, pssms, score_pvalues

SKEWED = np.array([0.4, 0.1, 0.2, 0.3])


def random_motif(width: int, seed: int = 0, sites: float = 30.0) -> Motif:
    """Return a motif of random frequencies."""
    rng = np.random.default_rng(seed)
    return Motif(f"M{seed}", "", rng.dirichlet(np.full(4, 0.5), size=width), sites)


def complement(motif: Motif) -> Motif:
    """Return the reverse complement."""
    return Motif(motif.identifier, motif.name, motif.frequencies[::-1, ::-1], motif.sites)


def one(motif: Motif, background: Frequencies = UNIFORM, threshold: float = 0.9, **settings: float) -> Pssm:
    """Return the matrix of the + strand alone."""
    return pssms([motif], background, threshold=threshold, both_strands=False, **settings)[0]


def all_words(scores: npt.NDArray[np.int32], chances: Frequencies) -> dict[int, float]:
    """Add up the chances of all words by their sum."""
    by_sum: dict[int, float] = {}
    for word in itertools.product(range(4), repeat=len(scores)):
        total = int(sum(row[letter] for row, letter in zip(scores, word, strict=True)))
        by_sum[total] = by_sum.get(total, 0.0) + math.prod(chances[letter] for letter in word)
    return by_sum


@pytest.mark.parametrize("width", [1, 2, 4, 6])
@pytest.mark.parametrize("background", [UNIFORM, SKEWED, NRDB])
def test_pvalues_are_the_chances_of_all_words(width: int, background: Frequencies) -> None:
    matrix = one(random_motif(width, seed=width))
    pvalues = score_pvalues(matrix.scores, background)
    assert pvalues.shape == (RANGE * width + 1,)
    assert (np.diff(pvalues) <= 0).all()
    by_sum = all_words(matrix.scores, background)
    assert pvalues[0] == pytest.approx(1, abs=1e-12)
    for total in by_sum:
        at_least = sum(chance for other, chance in by_sum.items() if other >= total)
        assert pvalues[total] == pytest.approx(at_least, rel=1e-9)
    best = max(by_sum)
    assert pvalues[best] > 0
    assert (pvalues[best + 1 :] == 0).all()


def test_a_matrix_by_hand() -> None:
    # One position, no pseudocount: log2(f / 0.25) = 1, -1, 0, -inf would be; here all are there.
    motif = Motif("M", "", np.array([[0.5, 0.125, 0.25, 0.125]]))
    matrix = one(motif, pseudocount=0)
    # FIMO's constant for 1 / ln 2 makes the lowest -0.9999999994, whose floor is still -1: 500 points a bit.
    assert (matrix.offset, matrix.scale) == (-1.0, 500.0)
    assert matrix.scores.tolist() == [[1000, 0, 500, 0]]
    assert matrix.scores.dtype == np.int32
    assert matrix.width == motif.width == 1
    assert matrix.lowest == 1  # a sum of 0 has the p-value 1
    assert matrix.of_sum(1000) == (1.0, 0.25)
    assert matrix.of_sum(500) == (0.0, 0.5)
    assert matrix.of_sum(501) == (pytest.approx(0.002), 0.25)


def test_fimos_constant_for_the_logarithm() -> None:
    # Bits of 1, 0.5 and -2, and 333 points a bit: 0.5 gets 832.49999994 points, and 832.5 with 1 / ln 2.
    shares = [0.5, 2**-1.5, 0.0625]
    motif = Motif("M", "", np.array([[*shares, 1 - sum(shares)]]))
    matrix = one(motif, pseudocount=0)
    assert (matrix.offset, matrix.scale) == (-2.0, 333.0)
    assert matrix.scores[0, :3].tolist() == [999, 832, 0]


def test_a_matrix_step_by_step() -> None:
    motif = random_motif(7, seed=3, sites=12)
    plus, minus = pssms([motif], SKEWED, pseudocount=0.5)
    prior = (SKEWED + 5e-7) / (1 + 2e-6)
    for matrix, reverse in ((plus, False), (minus, True)):
        bits = np.zeros((7, 4))
        for position, letter in np.ndindex(7, 4):
            share = (motif.frequencies[position, letter] * 12 + 0.5 * prior[letter]) / 12.5
            chance = (prior[letter] + prior[3 - letter]) / 2
            place = (6 - position, 3 - letter) if reverse else (position, letter)
            bits[place] = math.log(share / chance) * 1.44269504
        offset = math.floor(bits.min())
        scale = math.floor(1000 / (bits.max() - offset))
        assert (matrix.offset, matrix.scale) == (offset, scale)
        expected = [[math.floor((bit - offset) * scale + 0.5) for bit in row] for row in bits]
        assert matrix.scores.tolist() == expected
        total = int(matrix.scores.max(axis=1).sum())
        printed, _ = matrix.of_sum(total)
        assert printed == pytest.approx(bits.max(axis=1).sum(), abs=7 / scale)


def test_pseudocounts_weigh_against_sites() -> None:
    frequencies = random_motif(5).frequencies
    few, many = (one(Motif("M", "", frequencies, sites), pseudocount=1.0) for sites in (10.0, 1000.0))
    same = one(Motif("M", "", frequencies, 100.0), pseudocount=10.0)
    np.testing.assert_array_equal(few.scores, same.scores)
    assert (few.scores != many.scores).any()


def test_the_background_is_smoothed_before_it_scores() -> None:
    motif = Motif("M", "", np.array([[0.0, 0.0, 0.0, 1.0], [0.0, 0.5, 0.5, 0.0]]), 20.0)
    rare = np.array([1e-6, 0.4, 0.3, 0.299999])
    smoothed = (rare + 5e-7) / (1 + 2e-6)
    matrix = one(motif, rare, threshold=0.5)
    # A never occurs, so its share is the pseudocount alone and cancels the letter's chance.
    assert matrix.offset == math.floor(math.log(0.1 / 20.1) * 1.44269504)
    # The best word is T and the rarer of C and G.
    best = int(matrix.scores.max(axis=1).sum())
    assert matrix.of_sum(best)[1] == pytest.approx(smoothed[3] * smoothed[2], rel=1e-12)


@pytest.mark.parametrize("background", [UNIFORM, SKEWED])
def test_the_minus_matrix_is_that_of_the_reverse_complement(background: Frequencies) -> None:
    # Their pseudocounts mirror each other only if the background does.
    mirrored = background[::-1]
    motif = random_motif(9)
    _, minus = pssms([motif], background, threshold=0.01)
    plus, back = pssms([complement(motif)], mirrored, threshold=0.01)
    np.testing.assert_array_equal(minus.scores, plus.scores)
    np.testing.assert_allclose(minus.pvalues, plus.pvalues, rtol=1e-9)
    assert (minus.scale, minus.offset, minus.lowest) == (plus.scale, plus.offset, plus.lowest)
    np.testing.assert_array_equal(back.scores, pssms([motif], background)[0].scores)


def test_matrices_come_by_turns() -> None:
    motifs = [random_motif(width, seed=width) for width in (5, 9, 7)]
    both = pssms(motifs, SKEWED)
    assert [matrix.width for matrix in both] == [5, 5, 9, 9, 7, 7]
    alone = pssms(motifs, SKEWED, both_strands=False)
    assert [matrix.width for matrix in alone] == [5, 9, 7]
    # For one strand the letters' chances are not averaged.
    assert (alone[0].scores != both[0].scores).any()
    np.testing.assert_array_equal(
        pssms(motifs, UNIFORM)[0].scores, pssms(motifs, UNIFORM, both_strands=False)[0].scores
    )
    assert pssms([], UNIFORM) == []


def test_the_threshold_is_inclusive() -> None:
    motif = random_motif(4)
    words = sorted(set(score_pvalues(one(motif).scores, UNIFORM)))
    exact = float(words[len(words) // 2])
    hit = one(motif, threshold=exact)
    assert hit.pvalues[0] == exact
    below = one(motif, threshold=np.nextafter(exact, 0))
    assert below.lowest > hit.lowest
    assert below.pvalues[0] < exact
    above = one(motif, threshold=np.nextafter(exact, 1))
    assert above.lowest == hit.lowest


def test_lowest_is_the_smallest_sum_of_a_hit() -> None:
    for seed in range(5):
        motif = random_motif(8, seed=seed)
        matrix = one(motif, SKEWED, threshold=1e-3)
        every = score_pvalues(matrix.scores, (SKEWED + 5e-7) / (1 + 2e-6))
        assert every[matrix.lowest] <= 1e-3 < every[matrix.lowest - 1]
        np.testing.assert_array_equal(matrix.pvalues, every[matrix.lowest :])


def test_a_threshold_that_no_word_reaches() -> None:
    matrix = one(random_motif(2), threshold=1e-5)
    # The best word of two letters has a chance of 1/16; only sums that no word has are rarer.
    best = matrix.scores.max(axis=1).sum()
    assert matrix.lowest > best
    assert (matrix.pvalues == 0).all()


def test_zero_frequencies_without_pseudocount() -> None:
    motif = Motif("M", "", np.array([[1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]]))
    matrix = one(motif, threshold=0.1, pseudocount=0)
    # The logarithm of 0 is -1e10, and no scale is left: all sums are 0 and none a hit.
    assert matrix.scale == 0
    assert (matrix.scores == 0).all()
    assert matrix.lowest == 1
    assert not matrix.pvalues.any()
    # With pseudocounts there is a scale.
    assert one(motif).scale > 0


@pytest.mark.parametrize("sites", [1.0, 1000.0])
def test_a_uniform_motif_has_no_hits(sites: float) -> None:
    motif = Motif("M", "", np.full((3, 4), 0.25), sites)
    for matrix in pssms([motif], UNIFORM, threshold=0.99):
        # The smallest score is set one below the largest, which is 0.
        assert (matrix.offset, matrix.scale) == (-1.0, 1000.0)
        assert (matrix.scores == 1000).all()
        assert len(matrix.pvalues) == 0
        assert matrix.lowest == 3001


@pytest.mark.parametrize("threshold", [0.0, 1.0, -1e-4, 2.0, math.nan])
def test_bad_thresholds(threshold: float) -> None:
    with pytest.raises(
        InputError, match=r"threshold: .* is no p-value of a threshold\. Give one between 0 and 1"
    ):
        pssms([random_motif(4)], UNIFORM, threshold=threshold)


@pytest.mark.parametrize("pseudocount", [-0.1, math.inf, math.nan])
def test_bad_pseudocounts(pseudocount: float) -> None:
    with pytest.raises(InputError, match=r"pseudocount: .* is no pseudocount\. Give 0 or more sites"):
        pssms([random_motif(4)], UNIFORM, pseudocount=pseudocount)
