"""DREME's search: planted motifs, the plain way on random sequences, and the outputs of DREME itself."""

from __future__ import annotations

import itertools
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plain_dreme import Counts, Plain, log_tail, shuffled
from scipy import stats

from xpresso_core.dreme import DremeMotif, DremeResult, Options, find_motifs
from xpresso_core.dreme_fisher import Fisher
from xpresso_core.dreme_generalise import generalise
from xpresso_core.dreme_letters import (
    BASES_OF,
    COMPLEMENT_OF_RANK,
    MASK_OF_RANK,
    RANK_OF_MASK,
    RANKED,
    masks,
    pack,
    reverse_complement,
    unpack,
)
from xpresso_core.dreme_shuffle import shuffle_sequences
from xpresso_core.dreme_words import Pool, Table, count_matches, count_words, erase, reversed_keys
from xpresso_core.errors import InputError
from xpresso_core.sequence import Codes, decode, encode
from xpresso_core.threads import set_threads, thread_count


def coded(texts: list[str]) -> list[Codes]:
    return [encode(text) for text in texts]


def texts_of(numbers: random.Random, number: int, longest: int, letters: str = "ACGT") -> list[str]:
    return ["".join(numbers.choices(letters, k=numbers.randint(1, longest))) for _ in range(number)]


def plant(texts: list[str], word: str, numbers: random.Random, share: float) -> list[str]:
    """Put a word into a share of the texts that have room."""
    out = []
    for text in texts:
        room = len(text) - len(word)
        if room >= 0 and numbers.random() < share:
            at = numbers.randint(0, room)
            text = text[:at] + word + text[at + len(word) :]
        out.append(text)
    return out


def test_letters_are_packed_in_the_order_of_texts() -> None:
    numbers = random.Random(0)
    texts = ["".join(numbers.choices(RANKED, k=numbers.randint(1, 16))) for _ in range(500)]
    assert [unpack(pack(text)) for text in texts] == texts
    assert sorted(texts) == [unpack(key) for key in sorted(pack(text) for text in texts)]


def test_letters_complements_and_masks() -> None:
    assert reverse_complement("ACGTRYSWKMBDHVN") == "NBDHVKMWSRYACGT"
    for letter, bases in BASES_OF.items():
        assert [base for code, base in enumerate("ACGT") if masks(letter)[0] >> code & 1] == list(bases)
        rank = RANKED.index(letter) + 1
        assert RANK_OF_MASK[MASK_OF_RANK[rank]] == rank
        assert RANKED[COMPLEMENT_OF_RANK[rank] - 1] == reverse_complement(letter)
    keys = np.array([pack("ARC"), pack("NNT")], dtype=np.uint64)
    assert [unpack(int(key)) for key in reversed_keys(keys, 3)] == ["GYT", "ANN"]


def test_fisher_is_the_hypergeometric_tail() -> None:
    numbers = np.random.default_rng(0)
    for positives, negatives in ((18, 18), (904, 500), (400_000, 400_000), (3000, 100_000)):
        fisher = Fisher.of(positives, negatives)
        here = numbers.integers(0, positives + 1, 60)
        there = numbers.integers(0, negatives + 1, 60)
        here[:40], there[:40] = here[:40] % 40, there[:40] % 20
        ours = fisher.log_pvalues(here, there)
        expected = stats.hypergeom.logsf(here - 1, positives + negatives, here + there, positives)
        enriched = here * negatives > there * positives
        finite = np.isfinite(expected)
        assert enriched.sum() > 15
        assert (ours[~enriched] == 0).all()
        np.testing.assert_allclose(ours[enriched & finite], expected[enriched & finite], rtol=1e-7, atol=1e-7)


def test_fisher_by_hand() -> None:
    # All of 3 against none of 3: one of the 20 ways to choose 3 of 6.
    assert Fisher.of(3, 3).log_pvalues(np.array([3, 2, 1, 0]), np.array([0, 1, 1, 0])) == pytest.approx(
        [math.log(1 / 20), math.log(10 / 20), 0, 0]
    )
    assert log_tail(2, 1, 3, 3) == pytest.approx(math.log(0.5))


def test_words_count_once_per_sequence_in_the_order_in_which_they_are_seen() -> None:
    positives = coded(["CGACG", "TTNTA", "AC"])
    negatives = coded(["ACACAC", "GGGTC"])
    table = count_words(Pool.of(positives), Pool.of(negatives), [2, 3], True, Fisher.of(3, 2))
    rows = zip(
        (unpack(int(key)) for key in table.keys),
        table.positive.tolist(),
        table.negative.tolist(),
        strict=True,
    )
    assert list(rows) == [
        *(("CG", 1, 0), ("GA", 1, 1), ("AC", 2, 2), ("AA", 1, 0), ("TA", 1, 0)),
        *(("CGA", 1, 0), ("GAC", 1, 1), ("ACG", 1, 0)),
    ]


def test_words_of_one_strand() -> None:
    table = count_words(Pool.of(coded(["CGACG", "TC"])), Pool.of(coded(["GA"])), [2], False, Fisher.of(2, 1))
    assert [unpack(int(key)) for key in table.keys] == ["CG", "GA", "AC", "TC"]
    assert table.positive.tolist() == [1, 1, 1, 1]
    assert table.negative.tolist() == [0, 1, 0, 0]


def test_matches_of_expressions() -> None:
    pool = Pool.of(coded(["AAGG", "CCTT", "AANG", "A", "GGN", "NAARG"]))
    expressions = ["AAGG", "ARG", "W", "N", "NNNNN", "AASGG", "CC"]
    assert count_matches(pool, expressions, True).tolist() == [2, 2, 5, 6, 0, 0, 3]
    assert count_matches(pool, expressions, False).tolist() == [1, 1, 5, 6, 0, 0, 1]


@pytest.mark.parametrize("both", [True, False])
def test_many_expressions_at_once_match_as_regular_expressions_do(both: bool) -> None:
    numbers = random.Random(1)
    texts = texts_of(numbers, 60, 40, "ACGTN")
    expressions = ["".join(numbers.choices(RANKED, k=numbers.randint(1, 9))) for _ in range(150)]
    plain = Plain(texts, texts, both_strands=both)
    expected = [plain.count(expression, texts, texts).positives for expression in expressions]
    assert count_matches(Pool.of(coded(texts)), expressions, both).tolist() == expected
    assert len(set(expected)) > 20


def test_erasing_goes_from_left_to_right_on_both_strands() -> None:
    pool = Pool.of(coded(["AAAAA", "GGTTTA", "TTAAT", "A", "ANA"]))
    letters = erase(pool, "WA", True)
    # AA AA, TT turned to AA and TA, TT and AA.
    assert [decode(pool.codes[a : b - 1]) for a, b in zip(pool.starts, pool.starts[1:], strict=False)] == [
        "NNNNA",
        "GGNNNN",
        "NNNNT",
        "A",
        "ANA",
    ]
    assert letters.tolist() == [[5, 0, 0, 1], [6, 0, 0, 0]]
    one = Pool.of(coded(["AAAAA", "GGTTTA"]))
    assert erase(one, "WA", False).tolist() == [[2, 0, 0, 1], [3, 0, 0, 0]]


def test_the_best_rows_keep_the_order_of_the_table() -> None:
    logs = np.array([0.0, -1, -3, -1, 0, -3, -1])
    table = Table(np.zeros(7, dtype=np.uint64), np.zeros(7, dtype=int), np.zeros(7, dtype=int), logs)
    assert table.best(4).tolist() == [2, 5, 1, 3]
    assert table.best(1).tolist() == [2]
    assert table.best(100).tolist() == [2, 5, 1, 3, 6, 0, 4]


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("ngen", [10, 30, 100])
def test_expressions_are_made_in_the_order_of_the_plain_way(both: bool, ngen: int) -> None:
    # So many sequences that halves are rounded, so many words that expressions are made in several ways.
    numbers, sizes = random.Random(4), (64, 48)
    plain = Plain(*(["A"] * size for size in sizes), ngen=ngen, maxk=5, both_strands=both)
    words: dict[str, Counts] = {}
    for width in (3, 4, 5):
        for letters in itertools.product("ACGT", repeat=width):
            if numbers.random() < 0.7:
                counts = numbers.randint(7, 12), numbers.randint(0, 2)
                words[plain.key("".join(letters))] = plain.test(*counts)
    table = Table(
        np.array([pack(word) for word in words], dtype=np.uint64),
        *(np.array(column) for column in zip(*words.values(), strict=True)),
    )
    made = generalise(table, 5, ngen, both, Fisher.of(*sizes))
    rows = zip(*(column.tolist() for column in made), strict=True)
    expected = plain.generalise(dict(words))
    assert [(unpack(key), *counts) for key, *counts, _ in rows] == [
        (text, *counts[:2]) for text, counts in expected.items()
    ]
    assert made.log_pvalues.tolist() == pytest.approx([counts.log_pvalue for counts in expected.values()])
    assert len(expected) > 20


def test_shuffling_is_that_of_the_plain_way() -> None:
    numbers = random.Random(2)
    texts = [*texts_of(numbers, 200, 60, "ACGTN"), *texts_of(numbers, 50, 4), "NNNN", "AC", "", "G"]
    for seed in (0, 1, 12345, 2**40):
        assert [decode(codes) for codes in shuffle_sequences(coded(texts), seed)] == shuffled(texts, seed)


def test_shuffling_keeps_pairs() -> None:
    text = "".join(random.Random(3).choices("ACGTN", weights=[4, 1, 2, 3, 1], k=400))
    (codes,) = shuffle_sequences(coded([text]), 7)
    other = decode(codes)
    assert other != text
    assert sorted(zip(other, other[1:], strict=False)) == sorted(zip(text, text[1:], strict=False))


def assert_as_plain(result: DremeResult, plain: Plain, most: int | None = None) -> int:
    expected = []
    for found in plain.motifs():
        expected.append(found)
        if len(expected) == most:
            break
    assert [motif.expression for motif in result.motifs] == [found.expression for found in expected]
    for motif, found in zip(result.motifs, expected, strict=True):
        assert (motif.positives, motif.negatives, motif.sites) == (
            found.positives,
            found.negatives,
            found.sites,
        )
        for name in ("log_pvalue", "log_evalue", "unerased_log_evalue"):
            assert getattr(motif, name) == pytest.approx(getattr(found, name), rel=1e-9, abs=1e-9)
        np.testing.assert_allclose(motif.frequencies, found.frequencies, atol=1e-12)
        assert [word[:3] for word in motif.words] == [row[:3] for row in found.words]
        assert [word.log_pvalue for word in motif.words] == pytest.approx([row[3] for row in found.words])
    return len(expected)


@pytest.mark.parametrize("seed", range(6))
def test_all_is_as_in_the_plain_way(seed: int) -> None:
    numbers = random.Random(seed)
    alphabet = "ACGT" if seed % 2 else "AACCGGTTN"
    positives, negatives = (texts_of(numbers, size, 30, alphabet) for size in (150, 130))
    for word in ("GATTACA", "GATTGCA", "CCGCC", "CG"):
        positives = plant(positives, word, numbers, 0.25)
    settings: dict[str, Any] = {
        **{"mink": 2 + seed % 2, "maxk": 6 + seed % 3, "evalue": 1e6},
        **{"ngen": (100, 7, 30)[seed % 3], "both_strands": seed != 4},
    }
    result = find_motifs(coded(positives), coded(negatives), Options(**settings, most_motifs=6))
    assert assert_as_plain(result, Plain(positives, negatives, **settings), 6) == 6
    assert any(set(motif.expression) - set("ACGT") for motif in result.motifs)


def test_to_the_end_where_every_motif_will_do() -> None:
    # Also p-values of 1, palindromes, and the last word.
    numbers = random.Random(8)
    positives, negatives = texts_of(numbers, 12, 9), texts_of(numbers, 11, 9)
    settings: dict[str, Any] = {"mink": 1, "maxk": 4, "evalue": 1e9}
    result = find_motifs(coded(positives), coded(negatives), Options(**settings))
    assert assert_as_plain(result, Plain(positives, negatives, **settings)) >= 4
    assert result.stop == "evalue"


@pytest.mark.parametrize("both", [True, False])
def test_a_planted_motif_is_found_first(both: bool) -> None:
    numbers = random.Random(5)
    positives, negatives = (["".join(numbers.choices("ACGT", k=100)) for _ in range(300)] for _ in range(2))
    positives = plant(plant(positives, "TGACTCA", numbers, 0.2), "TGAGTCA", numbers, 0.2)
    result = find_motifs(coded(positives), coded(negatives), Options(both_strands=both))
    first = result.motifs[0]
    # The two words are the two strands of one, of which the first in the alphabet is taken.
    assert first.expression == ("TGACTCA" if both else "TGASTCA")
    assert first.frequencies[0].tolist() == [0, 0, 0, 1]
    assert {word.letters for word in first.words} == ({"TGACTCA"} if both else {"TGACTCA", "TGAGTCA"})
    assert (result.positives, result.negatives, result.shuffled) == (300, 300, False)


def test_a_motif_of_the_other_strand_needs_both_strands() -> None:
    numbers = random.Random(6)
    negatives, positives = (["".join(numbers.choices("ACGT", k=60)) for _ in range(200)] for _ in range(2))
    half = len(positives) // 2
    positives = [
        *plant(positives[:half], "AGGTCAT", numbers, 0.4),
        *plant(positives[half:], "ATGACCT", numbers, 0.4),
    ]
    both = find_motifs(coded(positives), coded(negatives)).motifs[0]
    one = find_motifs(coded(positives), coded(negatives), Options(both_strands=False)).motifs[0]
    assert both.expression == "AGGTCAT"
    assert both.positives > 60
    assert one.positives < both.positives


def test_nothing_is_found_in_two_halves_of_one_distribution() -> None:
    numbers = random.Random(7)
    texts = ["".join(numbers.choices("AACGTT", k=60)) for _ in range(400)]
    result = find_motifs(coded(texts[:200]), coded(texts[200:]))
    assert result.motifs == ()
    assert result.stop == "evalue"


def test_results_do_not_depend_on_run_threads_or_a_listener() -> None:
    numbers = random.Random(9)
    positives = plant(texts_of(numbers, 200, 50), "CACGTG", numbers, 0.3)
    before, told = thread_count(), list[DremeMotif]()
    results = []
    try:
        for threads in (1, 3):
            set_threads(threads)
            results.append(find_motifs(coded(positives), options=Options(most_motifs=2), told=told.append))
    finally:
        set_threads(before)
    for one, other in zip(results[0].motifs, results[1].motifs, strict=True):
        assert one[:7] == other[:7]
        assert one.words == other.words
    assert [motif.expression for motif in told] == [
        motif.expression for result in results for motif in result.motifs
    ]
    assert results[0].stop == "count" or len(results[0].motifs) < 2
    assert results[0].shuffled
    another = find_motifs(coded(positives), options=Options(most_motifs=2, seed=2))
    assert another.motifs[0].negatives != results[0].motifs[0].negatives or (
        another.motifs[0].log_evalue != results[0].motifs[0].log_evalue
    )


def test_inputs_are_left_as_they_are() -> None:
    texts = ["CACGTGCACGTG"] * 20
    codes = coded(texts)
    assert find_motifs(codes, coded(["ACACACAC"] * 20)).motifs
    assert [decode(one) for one in codes] == texts


def test_background_is_that_of_the_negatives_with_one_added() -> None:
    result = find_motifs(coded(["ACGT"]), coded(["AAN", "C"]))
    assert result.background.tolist() == [3 / 7, 2 / 7, 1 / 7, 1 / 7]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mink": 9}, "mink, maxk: words of 9 to 8 letters"),
        ({"mink": 0}, "words of 0 to 8 letters"),
        ({"maxk": 13}, "words of 3 to 13 letters cannot be counted.*<= 12"),
        ({"evalue": 0.0}, "evalue: 0 is no E-value"),
        ({"evalue": math.nan}, "evalue: nan is no E-value"),
        ({"evalue": -1.0}, "evalue: -1 is no E-value"),
        ({"most_motifs": 0}, "most_motifs: 0 motifs"),
        ({"ngen": 0}, "ngen: 0 expressions"),
        ({"seed": -1}, "seed: -1 is no seed"),
    ],
)
def test_options_out_of_range(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        find_motifs(coded(["ACGTACGT"]), coded(["ACGTACGT"]), Options(**settings))


@pytest.mark.parametrize(
    ("positives", "negatives", "message"),
    [
        ([], ["ACGT"], "there are no positive sequences"),
        (["ACGT"], [], "there are no negative sequences"),
        (["AC", "ANC", "NNNN"], ["ACGT"], "no word of 3 letters A, C, G and T"),
        (["", ""], None, "no word of 3 letters"),
    ],
)
def test_sequences_without_words(positives: list[str], negatives: list[str] | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        find_motifs(coded(positives), None if negatives is None else coded(negatives))


def test_sequences_that_are_too_short_count_as_having_no_motif() -> None:
    positives, negatives = ["GATTACA"] * 30 + ["GA"] * 10, ["C", "", "NN", *["TTTT"] * 30]
    (motif, *_) = find_motifs(coded(positives), coded(negatives)).motifs
    assert (motif.positives, motif.negatives) == (30, 0)
    assert_as_plain(find_motifs(coded(positives), coded(negatives)), Plain(positives, negatives))


@pytest.mark.real
@pytest.mark.parametrize("species", ["human", "mouse"])
def test_the_pvalues_of_the_paper(real_data: Path, species: str) -> None:
    from xpresso_core.dreme_format import format_log

    text = (real_data / "oracles" / "dreme" / "xpresso" / species / "dreme.txt").read_text()
    rows = [line.replace("# BEST", "#").split()[1:] for line in text.splitlines() if line.count("e-") == 2]
    rows = [row for row in rows if len(row) == 6]
    here, there = (np.array([int(row[column]) for row in rows]) for column in (2, 3))
    logs = Fisher.of(400_000, 400_000).log_pvalues(here, there)
    assert [format_log(log) for log in logs] == [row[4] for row in rows]
    assert len(rows) > 10
