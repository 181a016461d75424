"""CpG islands: a slow plain form on text, mirrored and shifted DNA, exact boundaries, and bad input."""

from __future__ import annotations

import gzip
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xpresso_core import cpg_islands
from xpresso_core.cpg_islands import IslandRule, call_islands, read_islands, write_islands
from xpresso_core.errors import InputError
from xpresso_core.sequence import Codes, N, decode, encode, read_fasta, reverse_complement

PAPER = (200, Fraction(1, 2), Fraction(3, 5))
SHORT = (20, Fraction(11, 20), Fraction(13, 20))
SHORT_RULE = IslandRule(length=20, gc=0.55, ratio=0.65)
Plain = tuple[int, Fraction, Fraction]
Pairs = list[tuple[int, int]]


def meets(text: str, rule: Plain) -> bool:
    c, g, cpg = text.count("C"), text.count("G"), text.count("CG")
    rich = Fraction(c + g, len(text)) > rule[1]
    return rich and c * g > 0 and Fraction(cpg * len(text), c * g) > rule[2]


def plain_windows(text: str, rule: Plain) -> list[int]:
    parts = [(start, text[start : start + rule[0]]) for start in range(len(text) - rule[0] + 1)]
    return [start for start, part in parts if "N" not in part and meets(part, rule)]


def plain_islands(text: str, rule: Plain, offset: int = 0) -> Pairs:
    """Call islands as `call_islands` tells, letter by letter."""
    covered = {base for start in plain_windows(text, rule) for base in range(start, start + rule[0])}
    found, base = [], 0
    while base < len(text):
        start = base
        while base in covered:
            base += 1
        if start < base:
            found += plain_stretch(text[start:base], rule, offset + start)
        base += 1
    return found


def plain_stretch(text: str, rule: Plain, offset: int) -> Pairs:
    first, last = 0, len(text)
    while last - first >= rule[0] and not meets(text[first:last], rule):
        first, last = first + 1, last - 1
    if last - first < rule[0]:
        starts = plain_windows(text, rule)
        cpgs = {start: text[start : start + rule[0]].count("CG") for start in starts}
        first = min(starts, key=lambda start: (abs(2 * start + rule[0] - len(text)), -cpgs[start], start))
        last = first + rule[0]
    left = plain_islands(text[:first], rule, offset)
    return [*left, (offset + first, offset + last), *plain_islands(text[last:], rule, offset + last)]


def mosaic(seed: int, length: int, mean: int) -> Codes:
    """Make DNA of pieces with G+C and CpG of their own, some of them rich, with a few N."""
    rng = np.random.default_rng(seed)
    pieces, size = [], 0
    while size < length:
        gc = rng.uniform(0.35, 0.75)
        skew = rng.choice([0.1, 0.5, 0.9])
        chances = [(1 - gc) / 2, gc * skew, gc * (1 - skew), (1 - gc) / 2]
        piece = rng.choice(4, size=int(rng.integers(1, 2 * mean)), p=chances).astype(np.uint8)
        follows = np.flatnonzero(piece[:-1] == 1) + 1
        piece[follows[rng.random(follows.size) < rng.uniform(-0.2, 0.4)]] = 2
        pieces.append(piece)
        size += piece.size
    codes = np.concatenate(pieces)[:length]
    codes[rng.integers(0, length, 2)] = N
    return codes


def halves(seed: int, number: int) -> Codes:
    """Make DNA of pieces that are by turns rich in C and in G: each may be an island, two together are none."""
    rng = np.random.default_rng(seed)
    pieces = []
    for turn in range(number):
        piece = rng.choice(4, size=int(rng.integers(16, 40)), p=[0.12, 0.7, 0.06, 0.12]).astype(np.uint8)
        piece[:2] = [1, 2]
        pieces.append(piece if turn % 2 else reverse_complement(piece))
    return np.concatenate(pieces)


def short_sequences() -> list[Codes]:
    return [
        *(mosaic(seed, 1500, 12) for seed in range(100, 112)),
        *(halves(seed, 60) for seed in range(200, 212)),
    ]


def pairs(islands: np.ndarray) -> Pairs:
    return [(int(start), int(end)) for start, end in islands]


@pytest.mark.parametrize("seed", range(6))
def test_the_papers_rule_agrees_with_a_plain_form(seed: int) -> None:
    codes = mosaic(seed, 3000, 200)
    expected = plain_islands(decode(codes), PAPER)
    assert len(expected) > 1
    assert pairs(call_islands(codes)) == expected


@pytest.mark.parametrize("number", range(24))
def test_another_rule_agrees_with_a_plain_form(number: int) -> None:
    codes = short_sequences()[number]
    expected = plain_islands(decode(codes), SHORT)
    assert len(expected) > 3
    assert pairs(call_islands(codes, SHORT_RULE)) == expected


def test_the_sequences_above_take_every_step() -> None:
    """Stretches are cut, hold one window in place of a middle, and split."""
    cut = window = split = 0
    for codes in short_sequences():
        text = decode(codes)
        covered = np.zeros(len(text) + 2, dtype=int)
        for start in plain_windows(text, SHORT):
            covered[start + 1 : start + 21] = 1
        for start, end in np.flatnonzero(np.diff(covered)).reshape(-1, 2):
            islands = plain_stretch(text[start:end], SHORT, 0)
            middle = [island for island in islands if sum(island) == end - start]
            split += len(islands) > 1
            cut += bool(middle) and middle[0] != (0, end - start)
            window += not middle
    assert min(cut, window, split) > 3


@pytest.mark.parametrize("chunk", [1, 37, 499])
def test_chunks_make_no_difference(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    codes = mosaic(7, 4000, 15)
    expected = pairs(call_islands(codes, SHORT_RULE))
    monkeypatch.setattr(cpg_islands, "_CHUNK", chunk)
    assert pairs(call_islands(codes, SHORT_RULE)) == expected


@pytest.mark.parametrize("seed", range(4))
def test_the_other_strand_has_mirrored_islands(seed: int) -> None:
    codes = mosaic(seed, 30_000, 200)
    mirrored = [(codes.size - end, codes.size - start) for start, end in call_islands(codes)[::-1]]
    assert pairs(call_islands(reverse_complement(codes))) == mirrored
    assert len(mirrored) > 10


@pytest.mark.parametrize("shift", [1, 200, 131_071])
def test_islands_move_with_the_sequence(shift: int) -> None:
    codes = mosaic(3, 5000, 200)
    unknown = np.full(shift, N, dtype=np.uint8)
    moved = call_islands(np.concatenate([unknown, codes, unknown]))
    assert pairs(moved - shift) == pairs(call_islands(codes))


def test_a_and_t_may_change_places() -> None:
    codes = mosaic(4, 5000, 200)
    swapped = np.array([3, 1, 2, 0, 4], dtype=np.uint8)[codes]
    assert pairs(call_islands(swapped)) == pairs(call_islands(codes))


@pytest.mark.parametrize("seed", range(3))
def test_every_island_meets_the_rule_and_none_overlap(seed: int) -> None:
    codes = mosaic(20 + seed, 30_000, 150)
    islands = call_islands(codes)
    assert islands.dtype == np.int64
    assert (islands[1:, 0] >= islands[:-1, 1]).all()
    assert (islands[:, 1] - islands[:, 0] >= 200).all()
    texts = [decode(codes[start:end]) for start, end in islands]
    assert all("N" not in text and meets(text, PAPER) for text in texts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CG" * 50 + "AT" * 50, []),
        ("CG" * 50 + "C" + "AT" * 49 + "A", [(0, 200)]),
        # 60 C and 50 G: nine CpGs are exactly 0.6 of what is expected.
        ("CG" * 9 + "G" * 41 + "A" * 90 + "C" * 51, []),
        ("CG" * 10 + "G" * 40 + "A" * 90 + "C" * 50, [(0, 200)]),
        ("CG" * 99 + "C", []),
        ("CG" * 100, [(0, 200)]),
        ("C" * 300, []),
        ("CG" * 50 + "N" + "CG" * 50, []),
        ("CG" * 100 + "N" + "CG" * 100, [(0, 200), (201, 401)]),
        # Windows reach from end to end; as a whole, 110 of 290 bases are too few, and 110 of 218 are enough.
        ("AT" * 45 + "CG" * 55 + "AT" * 45, [(36, 254)]),
        ("", []),
    ],
)
def test_boundaries_are_exact(text: str, expected: Pairs) -> None:
    assert pairs(call_islands(encode(text))) == expected


def test_no_rounding_lifts_a_share_above_the_limit() -> None:
    """In floating-point numbers 0.57 * 100 is below 57."""
    text = "CG" * 28 + "C" + "A" * 43
    assert pairs(call_islands(encode(text), IslandRule(100, 0.57))) == []
    assert pairs(call_islands(encode(text), IslandRule(100, 0.56))) == [(0, 100)]


def test_halves_that_do_not_go_together_leave_one_window_or_more() -> None:
    """Many C and few G on the left, the reverse on the right: together they expect far more CpGs."""
    left = "CG" * 2 + "C" * 120 + "A" * 76
    right = decode(reverse_complement(encode(left)))
    apart = call_islands(encode(left + "N" + right))
    # A window that starts one or two bases later also has few G, so the parts are a little longer than 200.
    assert pairs(apart) == plain_islands(left + "N" + right, PAPER)
    assert len(apart) == 2
    # Joined, the two windows nearest the middle are equal in all, and the first is kept.
    assert pairs(call_islands(encode(left + right))) == [(2, 202)]


@pytest.mark.parametrize(
    "codes",
    [np.array([0, 5], dtype=np.uint8), np.zeros((2, 300), dtype=np.uint8), np.zeros(300, dtype=np.int64)],
    ids=["not a code", "two rows", "not uint8"],
)
def test_what_is_no_row_of_codes_is_refused(codes: np.ndarray) -> None:
    with pytest.raises(InputError, match="not a row of the codes"):
        call_islands(codes)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"length": 1}, r"length is 1\. Give a whole number from 2 to 100,000"),
        ({"length": 200.5}, r"length is 200\.5"),
        ({"gc": 50}, r"gc is 50\. Give a number from 0 to 1$"),
        ({"gc": float("nan")}, "gc is nan"),
        ({"ratio": -0.1}, r"ratio is -0\.1"),
    ],
)
def test_a_rule_out_of_bounds_is_refused(setting: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        IslandRule(**setting)  # type: ignore[arg-type]


def test_islands_survive_a_file(tmp_path: Path) -> None:
    frame = pd.DataFrame({"chrom": ["chr2", "1"], "start": [5, 0], "end": [300, 200]})
    write_islands(frame.assign(more="x"), tmp_path / "a.bed")
    assert (tmp_path / "a.bed").read_text() == "chr2\t5\t300\n1\t0\t200\n"
    pd.testing.assert_frame_equal(read_islands(tmp_path / "a.bed"), frame)


def test_no_islands_survive_a_file(tmp_path: Path) -> None:
    write_islands(pd.DataFrame(), tmp_path / "a.bed")
    assert (tmp_path / "a.bed").read_bytes() == b""
    frame = read_islands(tmp_path / "a.bed")
    assert list(frame.columns) == ["chrom", "start", "end"]
    assert len(frame) == 0


def test_a_table_without_a_column_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column end"):
        write_islands(pd.DataFrame({"chrom": ["a"], "start": [1]}), tmp_path / "a.bed")
    assert not list(tmp_path.iterdir())


def test_what_is_meant_for_a_browser_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.bed.gz"
    lines = ["browser position chr1", 'track name="x"', "# words", "", "chr1\t1\t9\tCpG: 3\t0", "track1 2 8"]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    assert read_islands(path).to_numpy(dtype=object).tolist() == [["chr1", 1, 9], ["track1", 2, 8]]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chr1\t5", "the line has 2 columns"),
        ("chr1\tfive\t9", "five and 9 are no start and end"),
        ("chr1\t-5\t9", "-5 and 9 are no start and end"),
        ("chr1\t9\t9", "the interval 9-9 has no bases"),
    ],
)
def test_a_malformed_line_is_refused(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "a.bed"
    path.write_text(f"chr1\t1\t2\n{line}\n")
    with pytest.raises(InputError, match=rf"a\.bed, line 2: {message}"):
        read_islands(path)


@pytest.mark.real
def test_promoters_of_chromosome_21_lie_in_islands_and_most_dna_does_not(real_data: Path) -> None:
    records = read_fasta(real_data / "human_mini" / "genome.fa.gz")
    codes = next(codes for name, codes in records if name == "chr21")
    islands = call_islands(codes)
    inside = np.zeros(codes.size, dtype=bool)
    for start, end in islands:
        inside[start:end] = True
    published = pd.read_csv(real_data / "published" / "human_promoters_20kb.hg19.bed", sep="\t", header=None)
    windows = published[published[0].isin(["chr21", "21"])]
    tss = (windows[1] + windows[2]).to_numpy() // 2
    assert len(tss) > 100
    assert inside[tss].mean() > 0.4
    assert inside[tss].mean() > 10 * inside.mean()
