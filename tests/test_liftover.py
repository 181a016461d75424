"""Lifting over: exact answers, the plain rule record by record, the published pair, and bad input."""

from __future__ import annotations

import gzip
import io
import struct
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from xpresso_core.errors import InputError
from xpresso_core.liftover import REASONS, Chains, LiftCounts, lift_bed, lift_intervals, read_chains

DELETED, PARTIAL, SPLIT, DUPLICATED = REASONS

# Old chr1: 100-200 and 250-300 go to chrA:1000 with gaps of 50 and 7; 400-500 is on the reverse strand of
# chrB (size 800) at 300-400, so forward 400-500; 600-700 is in two chains; 500-510 begins a third to chrC.
TOY = """\
##matrix=16
chain 9 chr1 1000 + 100 300 chrA 5000 + 1000 1157 1
100\t50\t7
50

chain 8 chr1 1000 + 400 500 chrB 800 - 300 400 2
100

chain 7 chr1 1000 + 600 700 chrA 5000 + 2000 2100 3
100

chain 6 chr1 1000 + 600 700 chrB 800 + 0 100 4
100

chain 5 chr1 1000 + 500 510 chrC 99 + 5 15
10
"""


class PlainChain(NamedTuple):
    """A chain of the plain rule; each block is its start on the old assembly, on the new one, and its size."""

    target: str
    chrom: str
    size: int
    reverse: bool
    blocks: list[tuple[int, int, int]]


def plain_chains(text: str) -> list[PlainChain]:
    """Read chains as simply as possible."""
    chains: list[PlainChain] = []
    for line in text.splitlines():
        fields = line.split()
        if line.startswith("chain"):
            old, new = int(fields[5]), int(fields[10])
            chains.append(PlainChain(fields[2], fields[7], int(fields[8]), fields[9] == "-", []))
        elif fields and not line.startswith("#"):
            size, old_gap, new_gap = (*map(int, fields), 0, 0)[:3]
            chains[-1].blocks.append((old, new, size))
            old, new = old + size + old_gap, new + size + new_gap
    return chains


class Meeting(NamedTuple):
    """An interval clipped to the blocks of a chain: covered bases, and where the first and the last go."""

    chain: PlainChain
    cover: int
    start: int
    end: int


def meetings(chains: list[PlainChain], start: int, end: int) -> list[Meeting]:
    """Clip the blocks of each chain to an interval, base counts and all; chains without a common base are out."""
    found = []
    for chain in chains:
        if chain.blocks[0][0] >= end or sum(chain.blocks[-1][::2]) <= start:
            continue
        clipped = [
            (max(old, start), min(old + size, end), new - old)
            for old, new, size in chain.blocks
            if max(old, start) < min(old + size, end)
        ]
        if clipped:
            cover = sum(high - low for low, high, _ in clipped)
            found.append(
                Meeting(chain, cover, clipped[0][0] + clipped[0][2], clipped[-1][1] + clipped[-1][2])
            )
    return found


Answer = tuple[str, int, int, str, str]


def plain_rule(met: list[Meeting], start: int, end: int, strand: str, min_match: float) -> Answer:
    """Decide as liftOver does, from the chains that an interval meets (its next base, if it has none)."""
    (share,) = struct.unpack("f", struct.pack("f", min_match))
    hits = [meeting for meeting in met if meeting.cover >= share * (max(end, start + 1) - start)]
    if len(hits) != 1:
        reason = DUPLICATED if hits else (DELETED, PARTIAL, SPLIT)[min(len(met), 2)]
        return "", -1, -1, "", reason
    chain, _, left, right = hits[0]
    if chain.reverse:
        left, right = chain.size - right, chain.size - left
        strand = {"+": "-", "-": "+", ".": "."}[strand]
    return chain.chrom, left, left if start == end else right, strand, ""


Record = tuple[str, int, int, str]


def compare(chains: Chains, plain: list[PlainChain], records: list[Record], *shares: float) -> Counter[str]:
    """Lift with both, demand the same, and count the reasons."""
    counts: Counter[str] = Counter()
    by_target: dict[str, list[PlainChain]] = {}
    for chain in plain:
        by_target.setdefault(chain.target, []).append(chain)
    met = [meetings(by_target.get(c, []), s, max(e, s + 1)) for c, s, e, _ in records]
    chrom, start, end, strand = zip(*records, strict=True)
    for share in shares:
        lifted = lift_intervals(chains, chrom, start, end, strand, min_match=share)
        got = list(zip(*(column.tolist() for column in lifted), strict=True))
        expected = [plain_rule(m, s, e, sign, share) for m, (_, s, e, sign) in zip(met, records, strict=True)]
        assert got == expected
        counts.update(lifted.reason.tolist())
    return counts


@pytest.fixture
def toy(tmp_path: Path) -> Chains:
    path = tmp_path / "toy.chain"
    path.write_text(TOY)
    return read_chains(path)


def one(chains: Chains, chrom: str, start: int, end: int, strand: str = "+", share: float = 0.95) -> Answer:
    """Lift one interval."""
    lifted = lift_intervals(chains, [chrom], [start], [end], [strand], min_match=share)
    return next(zip(*(column.tolist() for column in lifted), strict=True))


def test_positions_within_a_block_are_shifted(toy: Chains) -> None:
    assert one(toy, "chr1", 100, 200) == ("chrA", 1000, 1100, "+", "")
    assert one(toy, "chr1", 130, 131, "-") == ("chrA", 1030, 1031, "-", "")
    assert one(toy, "chr1", 250, 300, ".") == ("chrA", 1107, 1157, ".", "")


def test_gaps_are_bridged_and_hanging_ends_cut(toy: Chains) -> None:
    assert one(toy, "chr1", 190, 260, share=0.2) == ("chrA", 1090, 1117, "+", ""), "70 bases become 27"
    assert one(toy, "chr1", 96, 196) == ("chrA", 1000, 1096, "+", "")
    assert one(toy, "chr1", 150, 202) == ("chrA", 1050, 1100, "+", "")
    assert one(toy, "chr1", 230, 270, share=0.5) == ("chrA", 1107, 1127, "+", "")


def test_a_reversed_chain_turns_interval_and_strand(toy: Chains) -> None:
    assert one(toy, "chr1", 400, 410, "+") == ("chrB", 490, 500, "-", "")
    assert one(toy, "chr1", 480, 500, "-") == ("chrB", 400, 420, "+", "")
    assert one(toy, "chr1", 480, 500, ".") == ("chrB", 400, 420, ".", "")


def test_each_reason(toy: Chains) -> None:
    assert one(toy, "chr1", 210, 240) == ("", -1, -1, "", DELETED), "in a gap"
    assert one(toy, "chr1", 0, 100)[-1] == DELETED, "before all chains"
    assert one(toy, "chr1", 700, 2000)[-1] == DELETED, "behind all chains"
    assert one(toy, "chr2", 100, 200)[-1] == DELETED, "on a chromosome of which the chains know nothing"
    assert one(toy, "chr1", 180, 250)[-1] == PARTIAL
    assert one(toy, "chr1", 0, 1000)[-1] == SPLIT
    assert one(toy, "chr1", 490, 510)[-1] == SPLIT
    assert one(toy, "chr1", 620, 630)[-1] == DUPLICATED


def test_the_least_share_is_inclusive_and_a_float(toy: Chains) -> None:
    assert one(toy, "chr1", 105, 205)[-1] == "", "95 of 100"
    assert one(toy, "chr1", 106, 206)[-1] == PARTIAL, "94 of 100"
    assert one(toy, "chr1", 199, 201, share=0.5)[-1] == ""
    assert one(toy, "chr1", 91, 101, share=0.1)[-1] == PARTIAL, "0.1 is more than a tenth in single precision"
    assert one(toy, "chr1", 91, 101, share=0.0999)[-1] == ""
    assert one(toy, "chr1", 100, 200, share=1)[-1] == ""
    assert one(toy, "chr1", 100, 201, share=1)[-1] == PARTIAL


def test_an_interval_without_a_base_is_lifted_like_its_next_base(toy: Chains) -> None:
    assert one(toy, "chr1", 100, 100) == ("chrA", 1000, 1000, "+", "")
    assert one(toy, "chr1", 199, 199) == ("chrA", 1099, 1099, "+", "")
    assert one(toy, "chr1", 200, 200)[-1] == DELETED
    assert one(toy, "chr1", 400, 400) == ("chrB", 499, 499, "-", "")
    assert one(toy, "chr1", 650, 650)[-1] == DUPLICATED


def test_strands_may_be_left_out_and_nothing_may_be_lifted(toy: Chains) -> None:
    lifted = lift_intervals(toy, np.array(["chr1", "chr1"]), np.array([100, 200]), np.array([110, 210]))
    assert [column.tolist() for column in lifted] == [
        ["chrA", ""],
        [1000, -1],
        [1010, -1],
        [".", ""],
        ["", DELETED],
    ]
    assert lifted.start.dtype == lifted.end.dtype == np.int64
    assert [len(column) for column in lift_intervals(toy, [], [], [])] == [0] * 5


def test_blocks_without_a_base_align_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.chain"
    path.write_text(
        "chain 1 chr1 100 + 10 60 chrA 100 + 0 50 1\n0 5 5\n10 5 0\n0 0 5\n20 5 5\n0 5 5\n0\n"
        "chain 1 chr1 100 + 70 80 chrA 100 + 70 80 2\n0 10 10\n0\n"
    )
    chains = read_chains(path)
    assert one(chains, "chr1", 12, 15)[-1] == DELETED
    assert one(chains, "chr1", 12, 28, share=0.5) == ("chrA", 5, 15, "+", "")
    assert one(chains, "chr1", 26, 60, share=0.5) == ("chrA", 20, 40, "+", "")
    assert one(chains, "chr1", 50, 58)[-1] == DELETED
    assert one(chains, "chr1", 70, 80)[-1] == DELETED


def made_up(random: np.random.Generator, chains: int) -> str:
    """Write chains that overlap each other at random on two small chromosomes, half of them reversed."""
    text = []
    for number in range(chains):
        blocks = int(random.integers(1, 12))
        rows = np.column_stack(
            [random.integers(1, 30, blocks), *random.choice([0, 0, 1, 5, 20], (2, blocks))]
        )
        rows[-1, 1:] = 0
        old, new = random.integers(0, 1200, 2)
        spans = rows[:, 0].sum() + rows[:, 1].sum(), rows[:, 0].sum() + rows[:, 2].sum()
        text.append(
            f"chain 1 chr{number % 2} 2000 + {old} {old + spans[0]} "
            f"new{number % 3} 2000 {'+-'[number % 4 // 2]} {new} {new + spans[1]} {number}\n"
        )
        text.extend(f"{size}\t{gap}\t{other}\n" for size, gap, other in rows[:-1])
        text.append(f"{rows[-1, 0]}\n\n")
    return "".join(text)


def adversaries(
    random: np.random.Generator, plain: list[PlainChain], count: int, longest: int
) -> list[Record]:
    """Draw intervals of all lengths, half of them beginning or ending within 20 bases of an end of a block."""
    ends = [(c.target, edge) for c in plain for edge in (c.blocks[0][0], sum(c.blocks[-1][::2]))]
    ends += [(c.target, old + size) for c in plain for old, _, size in c.blocks[:1]]
    records = []
    for number in range(count):
        chrom, place = ends[random.integers(len(ends))]
        length = int(random.integers(0, longest + 1) * random.random() ** 3) if number % 9 else 0
        place += random.integers(-20, 21) if number % 2 else random.integers(-longest, longest + 1)
        start = max(0, int(place) - (length if number % 4 == 1 else 0))
        records.append((chrom, start, start + length, "+-."[number % 3]))
    return records


def test_small_sets_of_overlapping_chains_agree_with_the_plain_rule(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    path = tmp_path / "made_up.chain"
    seen: Counter[str] = Counter()
    for chains in (1, 2, 5, 12, 30, 60):
        path.write_text(made_up(random, chains))
        plain = plain_chains(path.read_text())
        records = adversaries(random, plain, 700, 200)
        records += [("chr0", 0, 0, "+"), ("chr1", 0, 2000, "-"), ("chr9", 5, 6, ".")]
        seen += compare(read_chains(path), plain, records, 0.95, 0.5, 0.1)
    assert all(seen[reason] > 100 for reason in ("", *REASONS)), seen


def test_the_order_of_records_and_chains_does_not_matter(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    text = made_up(random, 40)
    records = adversaries(random, plain_chains(text), 500, 200)
    chrom, start, end, strand = map(np.array, zip(*records, strict=True))
    there, back = tmp_path / "there.chain", tmp_path / "back.chain"
    there.write_text(text)
    back.write_text("\n\n".join(text.strip().split("\n\n")[::-1]))
    lifted = lift_intervals(read_chains(there), chrom, start, end, strand, min_match=0.5)
    order = random.permutation(len(records))
    mixed = lift_intervals(
        read_chains(back), chrom[order], start[order], end[order], strand[order], min_match=0.5
    )
    for column, other in zip(lifted, mixed, strict=True):
        assert column[order].tolist() == other.tolist()


def test_chains_may_be_compressed_and_separated_by_spaces(tmp_path: Path, toy: Chains) -> None:
    for name, data in {
        "toy.chain": gzip.compress(TOY.encode()),  # told by content, not by name
        "spaces.gz": TOY.replace("\t", "  ").replace("\n\n", "\n").replace("\n", "\r\n").encode(),
    }.items():
        path = tmp_path / name
        path.write_bytes(data)
        again = read_chains(path)
        assert again.by_target.keys() == toy.by_target.keys()
        for column, other in zip(again[2:], toy[2:], strict=True):
            assert np.array_equal(column, other)


@pytest.fixture
def bed(tmp_path: Path, toy: Chains):
    def run(text: str | bytes, **options: float) -> tuple[str, str, LiftCounts]:
        path, mapped, unmapped = (tmp_path / name for name in ("a.bed", "mapped.bed", "unmapped.bed"))
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        counts = lift_bed(path, toy, mapped, unmapped, **options)
        return mapped.read_bytes().decode(), unmapped.read_bytes().decode(), counts

    return run


def test_other_columns_pass_unchanged(bed) -> None:
    text = (
        "chr1\t400\t410\tg 1\t0.50\t+\t401\t409\t255,0,0\t\n"
        "chr1\t0\t10\tg2\t\t-\t1\t9\tx\t\n"
        "chr1\t100\t110\t#é\t7\t.\t\t\t\t#\n"
    )
    mapped, unmapped, counts = bed(text)
    assert mapped == (
        "chrB\t490\t500\tg 1\t0.50\t-\t401\t409\t255,0,0\t\nchrA\t1000\t1010\t#é\t7\t.\t\t\t\t#\n"
    )
    assert unmapped == "#Deleted in new\nchr1\t0\t10\tg2\t\t-\t1\t9\tx\t\n"
    assert counts == LiftCounts(2, {DELETED: 1, PARTIAL: 0, SPLIT: 0, DUPLICATED: 0})


@pytest.mark.parametrize(
    ("more", "turned"),
    [("", ""), ("\tname", "\tname"), ("\tname\t-", "\tname\t-"), ("\tname\t-\t-", "\tname\t-\t+")],
)
def test_only_six_columns_have_a_strand(bed, more: str, turned: str) -> None:
    mapped, unmapped, _ = bed(f"chr1\t400\t410{more}\nchr1\t0\t1000{more}\n")
    assert mapped == f"chrB\t490\t500{turned}\n"
    assert unmapped == f"#Split in new\nchr1\t0\t1000{more}\n"


def test_bytes_that_are_no_text_pass_unchanged(tmp_path: Path, toy: Chains) -> None:
    path, mapped, unmapped = (tmp_path / name for name in ("a.bed", "m.bed", "u.bed"))
    path.write_bytes(b"chr1\t100\t110\tna\xefve\r\nchr1\t0\t10\tna\xefve")
    lift_bed(path, toy, mapped, unmapped)
    assert mapped.read_bytes() == b"chrA\t1000\t1010\tna\xefve\n"
    assert unmapped.read_bytes() == b"#Deleted in new\nchr1\t0\t10\tna\xefve\n"


def test_comments_and_browser_lines_are_passed_over(bed) -> None:
    text = "browser position chr1:1-9\ntrack name=a\n# chrom\n\nchr1\t620\t630\n  \nchr1\t100\t110\n"
    mapped, unmapped, counts = bed(text)
    assert mapped == "chrA\t1000\t1010\n"
    assert unmapped == "#Duplicated in new\nchr1\t620\t630\n"
    assert (counts.mapped, counts.unmapped[DUPLICATED]) == (1, 1)
    assert bed("# nothing\n") == ("", "", LiftCounts(0, dict.fromkeys(REASONS, 0)))


def test_compressed_bed_and_standard_input(
    bed, tmp_path: Path, toy: Chains, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b"chr1\t100\t110\nchr1\t0\t50\n"
    plain = bed(text)
    assert bed(gzip.compress(text)) == plain
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(text))))
    counts = lift_bed("-", toy, tmp_path / "m", tmp_path / "u")
    assert ((tmp_path / "m").read_text(), (tmp_path / "u").read_text(), counts) == plain


def test_a_smaller_share_reaches_the_bed(bed) -> None:
    assert bed("chr1\t190\t260\n")[1] == "#Partially deleted in new\nchr1\t190\t260\n"
    assert bed("chr1\t190\t260\n", min_match=0.2)[0] == "chrA\t1090\t1117\n"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("chr1\t5", "lacks one of the first three columns"),
        ("chr1 5 6", r"lacks one of the first three columns \('chr1 5 6'\).*tabs"),
        ("\t5\t6\tx\t0\t+", "lacks one of the first three columns"),
        ("chr1\t5\t6\tx\t0", "has 5 columns, and those above have 6"),
        ("chr1\t5\t6\tx\t0\t+\ty", "has 7 columns, and those above have 6"),
        ("chr1\t5.0\t6\tx\t0\t+", r"start or end is not a whole number from 0 up \(5\.0, 6\)"),
        ("chr1\t5\t\tx\t0\t+", "start or end is not a whole number"),
        ("chr1\t5\t1_0\tx\t0\t+", "start or end is not a whole number"),
        ("chr1\t-5\t6\tx\t0\t+", r"start or end is not a whole number from 0 up \(-5, 6\)"),
        (f"chr1\t5\t{10**30}\tx\t0\t+", "start or end is not a whole number"),
        ("chr1\t7\t6\tx\t0\t+", r"the start lies behind the end \(7, 6\)"),
        ("chr1\t5\t6\tx\t0\t*", r"the strand in column 6 is '\*' instead of \+, - or \."),
        ("chr1\t5\t6\tx\t0\t", "the strand in column 6 is ''"),
    ],
)
def test_a_malformed_record_is_named_and_nothing_written(bed, tmp_path: Path, line: str, fault: str) -> None:
    with pytest.raises(InputError, match=rf"a\.bed, line 3: .*{fault}"):
        bed(f"chr1\t100\t110\tx\t0\t+\n# comment\n{line}\n")
    assert not (tmp_path / "mapped.bed").exists()
    assert not (tmp_path / "unmapped.bed").exists()


@pytest.mark.parametrize("share", [0, -0.1, 1.01, 95, float("nan"), 1e-60])
def test_a_share_out_of_range_is_refused(bed, tmp_path: Path, share: float) -> None:
    with pytest.raises(InputError, match="min_match: the least share of covered bases is .*above 0"):
        bed("chr1\t100\t110\n", min_match=share)
    assert not (tmp_path / "mapped.bed").exists()


def test_one_file_for_both_outputs_is_refused(tmp_path: Path, toy: Chains) -> None:
    path = tmp_path / "a.bed"
    path.write_text("chr1\t100\t110\n")
    with pytest.raises(InputError, match=r"out\.bed: mapped and unmapped .* the same file"):
        lift_bed(path, toy, tmp_path / "out.bed", tmp_path / "." / "out.bed")


@pytest.mark.parametrize(
    ("start", "end", "strand", "fault"),
    [
        ([5, -1], [6, 6], None, r"interval 1: chr1:-1-6"),
        ([5, 7], [6, 6], ["+", "-"], r"interval 1: chr1:7-6"),
        ([5, 5], [6, 6], ["+", "x"], r"interval 1: .*strand 'x'"),
        ([5, 5], [6], None, "2 chromosomes, 2 starts, 1 ends, 2 strands"),
        ([5, 5], [6, 6], ["+"], "2 chromosomes, 2 starts, 2 ends, 1 strands"),
    ],
)
def test_intervals_out_of_range_are_refused(
    toy: Chains, start: list[int], end: list[int], strand: list[str] | None, fault: str
) -> None:
    with pytest.raises(InputError, match=fault):
        lift_intervals(toy, ["chr1", "chr1"], start, end, strand)


HEADER = "chain 1 chr1 1000 + 100 300 chrA 5000 + 1000 1157 1"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", ": the file holds no chain"),
        ("# comment\n\n", ": the file holds no chain"),
        ("chr1\t5\t6\n", r"line 1: expected the header of a chain, not 'chr1\\t5\\t6'"),
        (f"{TOY}\n5 6 7\n", "line 18: expected the header of a chain"),
        (f"{HEADER} 5\n100 50 7\n50\n", "line 1: the header of the chain has 14 fields instead of 12 or 13"),
        (f"{HEADER[:-7]}\n100 50 7\n50\n", "line 1: the header of the chain has 11 fields"),
        (f"{HEADER.replace('300', '3e2')}\n200\n", r"line 1: .*not a whole number \(1000 100 3e2 5000"),
        (f"{HEADER.replace(' 100 ', ' -100 ')}\n200\n", "line 1: .*not a whole number"),
        (f"{HEADER.replace('+', '-', 1)}\n200\n", r"line 1: the strands of the chain are - and \+"),
        (f"{HEADER.replace('5000 +', '5000 .')}\n200\n", r"line 1: the strands of the chain are \+ and \."),
        (f"{HEADER.replace('300', '1001')}\n200\n", "line 1: a range of the chain .* leaves its chromosome"),
        (f"{HEADER.replace('300', '100')}\n200\n", "line 1: a range of the chain is empty"),
        (f"{HEADER.replace('1157', '5001')}\n200\n", "line 1: a range of the chain"),
        (f"{HEADER}\n100 50 7\n51\n", "line 1: the blocks end at 301 on the target, and the header says 300"),
        (
            f"{HEADER}\n100 50 8\n50\n",
            "line 1: the blocks end at 1158 on the query, and the header says 1157",
        ),
        (f"{TOY}\n{HEADER}\n100 50 7\n5\n", "line 18: the blocks end at 255 on the target"),
        (f"{TOY}\n{HEADER}\n", "line 18: the file ends within this chain"),
        (f"{HEADER}\n100 50 7\n", "line 1: the file ends within this chain"),
        (f"{HEADER}\n100 50\n50\n", "line 2: expected a block of a chain .*, not '100 50'"),
        (f"{HEADER}\n100 50 7 1\n50\n", "line 2: expected a block of a chain"),
        (f"{HEADER}\n100 -50 7\n50\n", "line 2: expected a block of a chain"),
        (f"{HEADER}\n100 50.0 7\n50\n", "line 2: expected a block of a chain"),
        (f"{HEADER}\n100 50 7\n\n50\n", "line 3: expected a block of a chain .*, not ''"),
        (f"{HEADER}\n100 50 7\n{HEADER}\n50\n", "line 3: expected a block of a chain .*, not 'chain 1"),
        (f"{HEADER}\n{10**20} 50 7\n50\n", "line 2: expected a block of a chain"),
    ],
)
def test_a_malformed_chain_file_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "a.chain"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"a\.chain.*{fault}.*Give a whole chain file"):
        read_chains(path)


def test_a_damaged_or_missing_chain_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.chain.gz"
    path.write_bytes(gzip.compress(TOY.encode())[:-20])
    with pytest.raises(InputError, match=r"a\.chain\.gz: the compressed file is damaged or cut short"):
        read_chains(path)
    with pytest.raises(InputError, match=r"b\.chain: cannot be read"):
        read_chains(tmp_path / "b.chain")


@pytest.fixture(scope="module")
def hg38(real_data: Path) -> tuple[Chains, list[PlainChain]]:
    path = real_data / "oracles" / "liftover" / "hg38ToHg19.over.chain.gz"
    with gzip.open(path, "rt") as handle:
        return read_chains(path), plain_chains(handle.read())


@pytest.mark.real
def test_the_published_promoters_are_lifted_byte_for_byte(
    real_data: Path, hg38: tuple[Chains, list[PlainChain]], tmp_path: Path
) -> None:
    folder = real_data / "oracles" / "liftover"
    mapped, unmapped = tmp_path / "mapped.bed", tmp_path / "unmapped.bed"
    source = folder / "hg38_promoters_cage_corrected_withChr.bed"
    counts = lift_bed(source, hg38[0], mapped, unmapped)
    expected = folder / "hg19_promoters_cage_corrected_withChr.expected.bed"
    assert mapped.read_bytes() == expected.read_bytes()
    assert unmapped.read_bytes() == (folder / "hg38_promoters.unmapped.kent492").read_bytes()
    assert counts == LiftCounts(18_362, {DELETED: 1, PARTIAL: 24, SPLIT: 26, DUPLICATED: 0})


@pytest.mark.real
def test_random_records_of_the_human_genome_agree_with_the_plain_rule(
    hg38: tuple[Chains, list[PlainChain]],
) -> None:
    chains, plain = hg38
    records = adversaries(np.random.default_rng(5), plain, 2500, 1_000_000)
    counts = compare(chains, plain, records, 0.95, 0.5, 0.1)
    assert all(counts[reason] > 0 for reason in ("", DELETED, PARTIAL, SPLIT)), counts
