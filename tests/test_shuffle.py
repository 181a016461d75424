"""Shuffles keep their counts, and every sequence with these counts is equally likely."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import chisquare

from xpresso_core.errors import InputError
from xpresso_core.randomness import generator
from xpresso_core.sequence import Codes, decode, encode
from xpresso_core.shuffle import Shuffle, di_shuffle, mono_shuffle, shuffle_promoters

Shuffler = Callable[[Codes, np.random.Generator], Codes]
KINDS: tuple[Shuffle, ...] = ("mono_shuffled", "di_shuffled")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def pairs(text: str) -> Counter[str]:
    return Counter(text[at : at + 2] for at in range(len(text) - 1))


def reference(codes: Codes, rng: np.random.Generator) -> Codes:
    """Shuffle dinucleotides as Altschul and Erickson print it: draw last edges until they make a tree."""
    text = decode(codes)
    if len(text) < 3:
        return codes.copy()
    followers: dict[str, list[str]] = {}
    for one, other in itertools.pairwise(text):
        followers.setdefault(one, []).append(other)
    inner = [letter for letter in followers if letter != text[-1]]
    while True:
        last = {letter: int(rng.integers(len(followers[letter]))) for letter in inner}
        following = {letter: followers[letter][index] for letter, index in last.items()}
        if all(leads_to(letter, text[-1], following) for letter in inner):
            break
    for letter, letters in followers.items():
        final = [letters.pop(last[letter])] if letter in last else []
        letters[:] = [letters[index] for index in rng.permutation(len(letters))] + final
    walk = text[0]
    while followers.get(walk[-1]):
        walk += followers[walk[-1]].pop(0)
    return encode(walk)


def leads_to(letter: str, final: str, following: dict[str, str]) -> bool:
    for _ in range(5):
        letter = following.get(letter, letter)
    return letter == final


def same_pairs(text: str) -> list[str]:
    """Enumerate all sequences with the dinucleotides, the first and the last letter of ``text``."""
    middles = set(itertools.permutations(text[1:-1]))
    candidates = (text[0] + "".join(middle) + text[-1] for middle in middles)
    return sorted(one for one in candidates if pairs(one) == pairs(text))


def assert_uniform(shuffle: Shuffler, text: str, possible: list[str], draws: int) -> None:
    codes, rng = encode(text), np.random.default_rng(5)
    seen = Counter(decode(shuffle(codes, rng)) for _ in range(draws))
    assert set(seen) == set(possible)
    assert chisquare([seen[one] for one in possible]).pvalue > 0.01


@pytest.mark.parametrize("shuffle", [di_shuffle, reference])
@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("ACGTACGGA", 4),  # ends where it starts
        ("AACAGACTAC", 24),
        ("AAACACAGC", 18),  # a letter that follows itself
        ("CACACACGTC", 4),  # one rare edge is in every tree
        # Trees of unequal weight: here drawing letters instead of edges, or a tree letter by letter, is biased.
        ("ACNCANAC", 10),
        ("GTGCGTCTA", 10),
        ("ACNCATNANC", 28),
        ("AGATCAGTNC", 8),
    ],
)
def test_all_sequences_with_these_dinucleotides_are_equally_likely(
    shuffle: Shuffler, text: str, count: int
) -> None:
    possible = same_pairs(text)
    assert len(possible) == count
    assert_uniform(shuffle, text, possible, draws=200 * count)


def test_all_orders_of_letters_are_equally_likely() -> None:
    possible = sorted({"".join(order) for order in itertools.permutations("AACNT")})
    assert len(possible) == 60
    assert_uniform(mono_shuffle, "AACNT", possible, draws=3600)


@pytest.mark.parametrize("length", [3, 10, 500, 5000])
@pytest.mark.parametrize("letters", ["AC", "ACGT", "ACGTN", "AAAAAAAAAAAAACGT", "ACNNNNNNNNNNNNNN"])
def test_counts_are_kept_and_the_order_is_not(rng: np.random.Generator, letters: str, length: int) -> None:
    text = "".join(rng.choice(list(letters), length))
    mono, di, slow = (decode(shuffle(encode(text), rng)) for shuffle in (mono_shuffle, di_shuffle, reference))
    assert Counter(mono) == Counter(text)
    assert pairs(di) == pairs(slow) == pairs(text)
    assert di[0] + di[-1] == slow[0] + slow[-1] == text[0] + text[-1]
    if length >= 500:
        assert len({text, mono, di, slow}) == 4


def test_little_is_left_of_the_order(rng: np.random.Generator) -> None:
    """Two shuffles agree at a position as often as letters drawn with the same frequencies do."""
    text = encode("".join(rng.choice(list("ACGT"), 20_000, p=[0.1, 0.2, 0.3, 0.4])))
    by_chance = 0.1**2 + 0.2**2 + 0.3**2 + 0.4**2
    for shuffle in (mono_shuffle, di_shuffle):
        assert np.mean(shuffle(text, rng) == text) == pytest.approx(by_chance, abs=0.015)


@pytest.mark.parametrize("text", ["", "A", "AC", "NN", "ACG", "AAAAAAAA", "NNNNNN", "AAAACCCC", "ACGTN"])
def test_what_has_one_order_comes_back(rng: np.random.Generator, text: str) -> None:
    codes = encode(text)
    shuffled = di_shuffle(codes, rng)
    assert shuffled.dtype == np.uint8
    assert decode(shuffled) == text
    assert not np.shares_memory(shuffled, codes)
    assert Counter(decode(mono_shuffle(codes, rng))) == Counter(text)


def test_long_repeats_come_to_an_end(rng: np.random.Generator) -> None:
    """Drawing all last edges until they make a tree would take some 10^13 draws here."""
    text = "N" * 2600 + "A" * 2600 + "C" * 2600 + "G" * 2600 + "T"
    assert decode(di_shuffle(encode(text), rng)) == text


def promoters(rng: np.random.Generator, genes: int = 70, length: int = 300) -> tuple[Codes, np.ndarray]:
    return rng.integers(0, 5, (genes, length), np.uint8), np.array(
        [f"ENSG{gene:03}" for gene in range(genes)]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_gene_does_not_depend_on_the_others(rng: np.random.Generator, kind: Shuffle) -> None:
    codes, gene_id = promoters(rng)
    shuffled = shuffle_promoters(codes, gene_id, kind, seed=1)
    np.testing.assert_array_equal(shuffle_promoters(codes, gene_id, kind, seed=1), shuffled)
    some = rng.permutation(len(codes))[:20]
    np.testing.assert_array_equal(shuffle_promoters(codes[some], gene_id[some], kind, seed=1), shuffled[some])
    shuffle = mono_shuffle if kind == "mono_shuffled" else di_shuffle
    np.testing.assert_array_equal(shuffle(codes[7], generator(1, kind, "ENSG007")), shuffled[7])
    assert (shuffle_promoters(codes, gene_id, kind, seed=2) != shuffled).any(axis=1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_each_gene_has_its_own_order(rng: np.random.Generator, kind: Shuffle) -> None:
    codes, gene_id = promoters(rng)
    same = np.repeat(codes[:1], len(codes), axis=0)
    shuffled = shuffle_promoters(same, gene_id, kind, seed=1)
    assert len(np.unique(shuffled, axis=0)) == len(codes)
    for row in shuffled:
        assert Counter(decode(row)) == Counter(decode(codes[0]))
        assert kind == "mono_shuffled" or pairs(decode(row)) == pairs(decode(codes[0]))


@pytest.mark.parametrize("kind", KINDS)
def test_input_is_left_alone(rng: np.random.Generator, kind: Shuffle) -> None:
    codes, gene_id = promoters(rng, genes=3)
    before = codes.copy()
    window = codes[:, 10:200]
    window.flags.writeable = False
    shuffled = shuffle_promoters(window, gene_id, kind, seed=1)
    np.testing.assert_array_equal(codes, before)
    assert shuffled.shape == (3, 190)
    assert (shuffled != window).any(axis=1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_shuffle(kind: Shuffle) -> None:
    ids = np.array(["a", "b"])
    assert shuffle_promoters(np.zeros((0, 9), np.uint8), ids[:0], kind, seed=1).shape == (0, 9)
    assert shuffle_promoters(np.zeros((2, 0), np.uint8), ids, kind, seed=1).shape == (2, 0)


@pytest.mark.parametrize("shuffle", [mono_shuffle, di_shuffle])
def test_refuses_what_are_no_codes(rng: np.random.Generator, shuffle: Shuffler) -> None:
    with pytest.raises(InputError, match="code 5 stands for no letter"):
        shuffle(np.array([0, 5, 1, 2], np.uint8), rng)
    with pytest.raises(InputError, match=r"int64 with 1 axes, not uint8 \[position\]"):
        shuffle(np.zeros(4, np.int64), rng)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"uint8 with 2 axes, not uint8 \[position\]"):
        shuffle(np.zeros((4, 4), np.uint8), rng)


def test_refuses_what_are_no_promoters() -> None:
    codes, gene_id = np.zeros((2, 8), np.uint8), np.array(["a", "b"])
    with pytest.raises(InputError, match="'tri_shuffled'. Choose mono_shuffled or di_shuffled"):
        shuffle_promoters(codes, gene_id, "tri_shuffled", seed=1)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="2 promoters have 1 gene ids"):
        shuffle_promoters(codes, gene_id[:1], "di_shuffled", seed=1)
    with pytest.raises(InputError, match=r"not uint8 \[gene, position\]"):
        shuffle_promoters(codes[0], gene_id, "di_shuffled", seed=1)
