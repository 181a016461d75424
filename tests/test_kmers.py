"""Counting k-mers: exact small cases, a plain counter, strands and threads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from xpresso_core.errors import InputError
from xpresso_core.kmers import MAX_K, complements, count_kmers, kmer_names, merge_strands
from xpresso_core.sequence import Codes, decode, encode, reverse_complement
from xpresso_core.threads import set_threads, thread_count


@pytest.fixture
def threads() -> Iterator[None]:
    """Put the number of threads back afterwards."""
    before = thread_count()
    yield
    set_threads(before)


def random_codes(sequences: int, length: int, seed: int = 0, unknown: float = 0.05) -> Codes:
    """Return random letters, some of them N."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (sequences, length)).astype(np.uint8)
    codes[rng.random(codes.shape) < unknown] = 4
    return codes


def counted(text: str, k: int) -> dict[str, int]:
    """Count one sequence, and return the words that it has."""
    counts = count_kmers(encode(text)[None], k)[0]
    return {word: int(count) for word, count in zip(kmer_names(k), counts, strict=True) if count}


def test_names_are_in_alphabetical_order() -> None:
    assert kmer_names(1) == ("A", "C", "G", "T")
    assert kmer_names(2)[:5] == ("AA", "AC", "AG", "AT", "CA")
    assert list(kmer_names(4)) == sorted(set(kmer_names(4)))
    assert len(kmer_names(4)) == 256


@pytest.mark.parametrize(
    ("text", "k", "expected"),
    [
        ("ACGT", 1, {"A": 1, "C": 1, "G": 1, "T": 1}),
        ("AAAA", 2, {"AA": 3}),
        ("ACGTAC", 2, {"AC": 2, "CG": 1, "GT": 1, "TA": 1}),
        ("GATTACA", 3, {"GAT": 1, "ATT": 1, "TTA": 1, "TAC": 1, "ACA": 1}),
        ("ACGT", 4, {"ACGT": 1}),
        ("ACG", 4, {}),
        ("", 1, {}),
        ("TTTTTTTT", 8, {"TTTTTTTT": 1}),
    ],
)
def test_small_cases(text: str, k: int, expected: dict[str, int]) -> None:
    assert counted(text, k) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ACNGT", {"AC": 1, "GT": 1}),
        ("NACGTN", {"AC": 1, "CG": 1, "GT": 1}),
        ("ANCNG", {}),
        ("ACNNNNAC", {"AC": 2}),
        ("NNNN", {}),
        ("acryGT", {"AC": 1, "GT": 1}),
    ],
)
def test_a_word_with_n_is_no_word(text: str, expected: dict[str, int]) -> None:
    assert counted(text, 2) == expected


@pytest.mark.parametrize("k", range(1, 7))
def test_against_a_plain_counter(k: int) -> None:
    codes = random_codes(7, 400, seed=k)
    counts = count_kmers(codes, k)
    assert counts.dtype == np.uint32
    assert counts.shape == (7, 4**k)
    for row, found in zip(codes, counts, strict=True):
        text = decode(row)
        words = Counter(text[start : start + k] for start in range(len(text) - k + 1))
        assert found.tolist() == [words[name] for name in kmer_names(k)]


@pytest.mark.parametrize("k", [1, 3, MAX_K])
def test_as_many_words_as_windows(k: int) -> None:
    codes = random_codes(3, 100, unknown=0)
    assert (count_kmers(codes, k).sum(axis=1) == 100 - k + 1).all()
    codes[:, 50] = 4  # every window over it is lost
    assert (count_kmers(codes, k).sum(axis=1) == 100 - k + 1 - k).all()


def test_no_sequences() -> None:
    assert count_kmers(np.zeros((0, 10), np.uint8), 2).shape == (0, 16)


@pytest.mark.parametrize("k", [-1, 0, MAX_K + 1])
def test_k_out_of_range(k: int) -> None:
    with pytest.raises(InputError, match=f"k: k-mers of {k} letters cannot be counted. Take 1 to 8"):
        count_kmers(random_codes(1, 20), k)


@pytest.mark.parametrize("k", range(1, 6))
def test_complements(k: int) -> None:
    names, partner = kmer_names(k), complements(k)
    assert [names[other] for other in partner] == [decode(reverse_complement(encode(name))) for name in names]
    assert (partner[partner] == np.arange(4**k)).all()


@pytest.mark.parametrize("k", [1, 2, 5, 6])
def test_the_other_strand_has_the_complements(k: int) -> None:
    codes = random_codes(4, 300, seed=10 + k)
    counts = count_kmers(codes, k)
    np.testing.assert_array_equal(count_kmers(reverse_complement(codes), k), counts[:, complements(k)])


def test_merged_strands_of_two_letters() -> None:
    # ACGTAC: AC 2, CG 1, GT 1, TA 1. AC and GT are partners; CG and TA are palindromes and count once.
    names, merged = merge_strands(count_kmers(encode("ACGTAC")[None], 2), 2)
    assert names == ("AA", "AC", "AG", "AT", "CA", "CC", "CG", "GA", "GC", "TA")
    assert dict(zip(names, merged[0].tolist(), strict=True)) == {
        **dict.fromkeys(names, 0),
        **{"AC": 3, "CG": 1, "TA": 1},
    }


@pytest.mark.parametrize(("k", "columns"), [(1, 2), (2, 10), (3, 32), (4, 136), (6, 2080)])
def test_merged_strands(k: int, columns: int) -> None:
    codes = random_codes(5, 300, seed=20 + k)
    counts = count_kmers(codes, k)
    names, merged = merge_strands(counts, k)
    # 4^k / 2 pairs, and each palindrome (of an even k) is half a pair more.
    assert len(names) == columns == merged.shape[1]
    assert merged.dtype == np.uint32
    # No word is lost or counted twice, and both strands give the same.
    np.testing.assert_array_equal(merged.sum(axis=1), counts.sum(axis=1))
    np.testing.assert_array_equal(merge_strands(count_kmers(reverse_complement(codes), k), k)[1], merged)
    for row, found in zip(codes, merged, strict=True):
        text = decode(row)
        words = Counter(text[start : start + k] for start in range(len(text) - k + 1))
        for name, count in zip(names, found, strict=True):
            other = decode(reverse_complement(encode(name)))
            assert name <= other
            assert count == sum(words[word] for word in {name, other})


@pytest.mark.usefixtures("threads")
def test_threads_do_not_matter() -> None:
    codes = random_codes(1500, 60)  # three blocks
    found = []
    for count in (1, 4):
        set_threads(count)
        found.append(count_kmers(codes, 4))
    np.testing.assert_array_equal(*found)
    np.testing.assert_array_equal(found[0][1100:], count_kmers(codes[1100:], 4))
    assert found[0].any(axis=1).all()
