"""Scanning for motifs: tables against a naive double loop, at every edge of a sequence and of the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from xpresso_core import motif_scan
from xpresso_core.background import UNIFORM
from xpresso_core.meme_format import Motif
from xpresso_core.motif_kernel import COLUMNS, WORD, words
from xpresso_core.motif_scan import Hits, fits_table, make_tiles, scan, scan_in_parts
from xpresso_core.pssm import Pssm, pssms
from xpresso_core.sequence import Codes, encode, reverse_complement
from xpresso_core.threads import set_threads, thread_count

Rows = list[tuple[int, int, int, int]]


@pytest.fixture
def threads() -> Iterator[None]:
    """Put the number of threads back afterwards."""
    before = thread_count()
    yield
    set_threads(before)


def motif(width: int, seed: int = 0, concentration: float = 0.5) -> Motif:
    """Return a motif of random frequencies."""
    frequencies = np.random.default_rng((seed, width)).dirichlet(np.full(4, concentration), size=width)
    return Motif(f"M{seed}.{width}", "", frequencies, 50.0)


def exactly(text: str) -> Motif:
    """Return a motif that hardly is anything but one word."""
    return Motif(text, "", np.eye(4)[encode(text)], 100.0)


def naive(matrices: Sequence[Pssm], sequences: Sequence[Codes]) -> Rows:
    """Find hits window by window."""
    rows = []
    for number, matrix in enumerate(matrices):
        scores = matrix.scores.tolist()
        for index, codes in enumerate(sequences):
            letters = codes.tolist()
            for start in range(len(letters) - matrix.width + 1):
                window = letters[start : start + matrix.width]
                if 4 in window:
                    continue
                total = sum(row[letter] for row, letter in zip(scores, window, strict=True))
                if total >= matrix.lowest:
                    rows.append((number, index, start, total))
    return rows


def rows_of(hits: Hits) -> Rows:
    """Return hits as tuples."""
    assert all(column.dtype == np.int32 for column in hits)
    return list(zip(*(column.tolist() for column in hits), strict=True))


def random_sequences(lengths: Sequence[int], seed: int = 0, unknown: float = 0.01) -> list[Codes]:
    """Return random sequences with some N."""
    rng = np.random.default_rng(seed)
    made = [rng.integers(0, 4, length).astype(np.uint8) for length in lengths]
    for codes in made:
        codes[rng.random(len(codes)) < unknown] = 4
    return made


def compare(matrices: Sequence[Pssm], sequences: Sequence[Codes]) -> Rows:
    """Demand of scan, of its tables and of its plain way what the double loop finds, and return that."""
    expected = naive(matrices, sequences)
    assert rows_of(scan(matrices, sequences)) == expected
    chunk = motif_scan._Chunk(sequences, 0)
    plain = [
        row for number, matrix in enumerate(matrices) for row in rows_of(chunk.plain_hits(number, matrix))
    ]
    assert sorted(plain) == expected
    return expected


@pytest.mark.parametrize("width", range(1, 32))
def test_every_width(width: int) -> None:
    threshold = max(0.02, 0.3 * 4.0**-width)
    matrices = pssms([motif(width), motif(width, 1)], UNIFORM, threshold=min(threshold, 0.5))
    assert all(fits_table(matrix) for matrix in matrices)
    compare(matrices, random_sequences([300, 1, width, 0, width - 1, width + 1, 200], seed=width))


def test_widths_of_all_kinds_side_by_side() -> None:
    motifs = [motif(width, seed) for seed, width in enumerate([8, 1, 31, 12, 5, 6, 10, 20, 2, 15, 25, 11])]
    found = compare(pssms(motifs, UNIFORM, threshold=0.02), random_sequences([400, 0, 57, 400], seed=6))
    # Nearly all have hits, those of two letters at 1/16 or more have none.
    assert len({row[0] for row in found}) >= 18
    assert {row[1] for row in found} == {0, 2, 3}


def test_first_and_last_window() -> None:
    (matrix,) = pssms([exactly("GATTACA")], UNIFORM, both_strands=False)
    sequences = [
        encode(text)
        for text in ("GATTACA", "GATTACAC", "CGATTACA", "GATTACAGATTACA", "GATTAC", "ATTACA", "NGATTACAN")
    ]
    found = compare([matrix], sequences)
    assert [row[1:3] for row in found] == [(0, 0), (1, 0), (2, 1), (3, 0), (3, 7), (6, 1)]


def test_no_window_spans_two_sequences() -> None:
    matrices = pssms([exactly("GATTACA")], UNIFORM)
    assert compare(matrices, [encode("GATT"), encode("ACA"), encode("TGT"), encode("AATC")]) == []


def test_both_strands_and_palindromes() -> None:
    matrices = pssms([exactly("CACGTG"), exactly("AAACCC")], UNIFORM, threshold=1e-3)
    found = compare(matrices, [encode("TTCACGTGTT"), encode("AAACCCTGGGTTT")])
    assert [row[:3] for row in found] == [(0, 0, 2), (1, 0, 2), (2, 1, 0), (3, 1, 7)]


def test_mirror() -> None:
    matrices = pssms([motif(9), motif(14)], UNIFORM, threshold=0.01)
    sequences = random_sequences([150, 90, 300], seed=3)
    there = rows_of(scan(matrices, sequences))
    back = rows_of(scan(matrices, [reverse_complement(codes) for codes in sequences]))
    mirrored = [
        (number ^ 1, sequence, len(sequences[sequence]) - start - matrices[number].width, score)
        for number, sequence, start, score in back
    ]
    assert sorted(mirrored) == there
    assert there


def test_windows_with_n_are_passed_over() -> None:
    (matrix,) = pssms([exactly("AAAAAA")], UNIFORM, threshold=1e-3, both_strands=False)
    sequences = [encode(text) for text in ("AAAAAANAAAAAAA", "NNNNNNNNNN", "AAAAANAAAAA", "N" * 9 + "AAAAAA")]
    # N is scored as A inside, and must not give these hits.
    assert [row[1:3] for row in compare([matrix], sequences)] == [(0, 0), (0, 7), (0, 8), (3, 9)]


def test_lower_case_and_other_letters() -> None:
    matrices = pssms([exactly("GATTACA")], UNIFORM)
    assert [row[:3] for row in compare(matrices, [encode("ccgauuacagg"), encode("GATTRCAGATTACA")])] == [
        (0, 0, 2),
        (0, 1, 7),
    ]


def test_sequences_of_one_length_as_a_table() -> None:
    matrices = pssms([motif(8)], UNIFORM, threshold=0.01)
    table = np.random.default_rng(1).integers(0, 5, (6, 90)).astype(np.uint8)
    assert rows_of(scan(matrices, table)) == naive(matrices, list(table))


def test_nothing_to_find() -> None:
    matrices = pssms([motif(8)], UNIFORM)
    empty: Sequence[Codes]
    for empty in ([], [encode("")], [encode("")] * 3, [encode("ACG")], np.zeros((0, 9), np.uint8)):
        assert rows_of(scan(matrices, empty)) == []
    assert rows_of(scan([], random_sequences([50]))) == []
    assert list(scan_in_parts(matrices, [])) == []


def test_a_matrix_that_never_reaches_the_threshold() -> None:
    uniform = Motif("flat", "", np.full((6, 4), 0.25), 20.0)
    short = motif(2)  # its best word has a chance of 1/16
    matrices = pssms([uniform, short, motif(9)], UNIFORM, threshold=0.01)
    assert [len(matrix.pvalues) > 0 for matrix in matrices] == [False, False, True, True, True, True]
    found = compare(matrices, random_sequences([500]))
    assert {row[0] for row in found} == {4, 5}


@pytest.mark.parametrize("number", [COLUMNS - 1, COLUMNS, COLUMNS + 1, 150])
def test_more_matrices_than_a_tile_holds(number: int) -> None:
    motifs = [motif(8, seed) for seed in range(number)]
    matrices = pssms(motifs, UNIFORM, threshold=0.01, both_strands=False)
    tiles = list(make_tiles(matrices, range(number)))
    assert [len(tile.matrices) for tile in tiles] == [COLUMNS] * (number // COLUMNS) + [
        number % COLUMNS
    ] * bool(number % COLUMNS)
    found = compare(matrices, random_sequences([120, 60]))
    assert len({row[0] for row in found}) > number // 2


def test_tiles_share_pieces_and_miss_no_matrix() -> None:
    matrices = pssms([motif(width) for width in (12, 5, 6, 1, 10, 11)], UNIFORM, both_strands=False)
    tiles = list(make_tiles(matrices, range(6)))
    assert {tile.pieces: sorted(tile.matrices.tolist()) for tile in tiles} == {
        1: [1, 3],
        2: [2, 4],
        3: [0, 5],
    }
    for tile in tiles:
        assert len(tile.table) == tile.pieces * 4**WORD * COLUMNS
        assert tile.lowest.tolist() == [matrices[number].lowest for number in tile.matrices]


def test_more_hits_than_room_is_made_for(monkeypatch: pytest.MonkeyPatch) -> None:
    matrices = pssms([motif(6), motif(7)], UNIFORM, threshold=0.5)
    sequences = random_sequences([3000])
    found = naive(matrices, sequences)
    assert len(found) > motif_scan._HITS
    assert rows_of(scan(matrices, sequences)) == found
    # No hit is lost either where they just fit, or just do not.
    for room in (1, len(found) - 1, len(found), len(found) + 1):
        monkeypatch.setattr(motif_scan, "_HITS", room)
        assert rows_of(scan(matrices, sequences)) == found


@pytest.mark.parametrize("width", [45, 60])
@pytest.mark.parametrize("concentration", [0.05, 1.0, 30.0])
def test_wide_motifs(width: int, concentration: float) -> None:
    # From about 45 positions on, sums overflow 16 bits on their way.
    motifs = [motif(width, seed, concentration) for seed in range(3)]
    found = compare(
        pssms(motifs, UNIFORM, threshold=0.3), random_sequences([250, width, width - 1], 2, 0.002)
    )
    assert len({row[0] for row in found}) == 6


def test_a_motif_that_fits_no_table() -> None:
    (wide,) = pssms([motif(60, 1, 0.05)], UNIFORM, threshold=0.2, both_strands=False)
    narrow = pssms([motif(10)], UNIFORM, threshold=0.01)
    matrices = [narrow[0], wide, narrow[1]]
    assert [fits_table(matrix) for matrix in matrices] == [True, False, True]
    assert {row[0] for row in compare(matrices, random_sequences([400, 60, 59, 0], unknown=0))} == {0, 1, 2}


def test_what_fits_a_table() -> None:
    def matrix(scores: list[list[int]], lowest: int) -> Pssm:
        return Pssm(np.array(scores, dtype=np.int32), 1.0, 0.0, np.ones(1), lowest)

    row = [[1000, 0, 10, 20]]
    assert fits_table(matrix(row * 32, 0))
    assert not fits_table(matrix(row * 33, 0))
    assert fits_table(matrix(row * 33, 33_000 - 2**15 + 1))
    assert not fits_table(matrix(row * 33, 33_000 - 2**15))
    assert fits_table(matrix(row * 40, 2**15))
    assert not fits_table(matrix(row * 40, 2**15 + 1))
    assert fits_table(matrix([[1000, 500, 510, 520]] * 50, 37_000))


def test_words_and_known_letters() -> None:
    codes = encode("ACGTNTTTTTTG")
    found, known = np.empty(len(codes), np.int16), np.empty(len(codes), np.int32)
    words(codes, found, known)
    assert known.tolist() == [4, 3, 2, 1, 0, 7, 6, 5, 4, 3, 2, 1]
    # Letters of a word go from the highest digit down; N and what is beyond the end count as A.
    padded = [code if code < 4 else 0 for code in codes.tolist()] + [0] * WORD
    expected = [
        sum(padded[start + offset] * 4 ** (WORD - 1 - offset) for offset in range(WORD))
        for start in range(len(codes))
    ]
    # Tables are laid out the same way: the letters of word number `index`.
    letters = np.indices((4,) * WORD).reshape(WORD, -1)
    assert letters[:, expected[0]].tolist() == padded[:WORD]
    assert found.tolist() == expected


@pytest.mark.usefixtures("threads")
def test_threads_and_parts_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    matrices = pssms([motif(8), motif(13)], UNIFORM, threshold=0.01)
    sequences = random_sequences([200, 0, 5, 150, 199, 30] * 4, seed=9)
    expected = naive(matrices, sequences)
    for chunk in (1, 500, 1 << 18):
        monkeypatch.setattr(motif_scan, "_CHUNK", chunk)
        for count in (1, 4):
            set_threads(count)
            assert rows_of(scan(matrices, sequences)) == expected
            parts = [rows_of(part) for part in scan_in_parts(matrices, sequences)]
            assert len(parts) == {1: 24, 500: 12, 1 << 18: 1}[chunk]
            assert sorted(row for part in parts for row in part) == expected
            firsts = [min(row[1] for row in part) for part in parts if part]
            assert firsts == sorted(firsts)
