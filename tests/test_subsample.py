"""The choice of fasta-subsample, byte for byte, and beside plain Python."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from xpresso_core.errors import InputError
from xpresso_core.sequence import decode, read_fasta
from xpresso_core.subsample import subsample


def plain_subsample(number: int, count: int, seed: int) -> list[int]:
    """Shuffle all with drand48, one by one in exact integers, and keep the first."""
    places, state = list(range(number)), (seed << 16) + 0x330E
    for i in range(number):
        state = (state * 0x5DEECE66D + 0xB) % 2**48
        j = int(i + state / 2**48 * (number - i))
        places[i], places[j] = places[j], places[i]
    return places[:count]


@pytest.mark.real
@pytest.mark.parametrize(("count", "seed"), [(1000, 7), (300, 1)])
def test_the_choice_of_fasta_subsample(real_data: Path, count: int, seed: int) -> None:
    folder = real_data / "oracles" / "meme_utils"
    records = list(read_fasta(folder / "subsample_input.fa"))
    lines = []
    for place in subsample(len(records), count, seed):
        identifier, codes = records[place]
        text = decode(codes)
        lines += [f">{identifier}", *(text[start : start + 50] for start in range(0, len(text), 50))]
    expected = (folder / f"fasta_subsample_{count}_seed{seed}.fa").read_bytes()
    assert ("\n".join(lines) + "\n").encode() == expected


@pytest.mark.parametrize(("number", "count"), [(1, 1), (1, 0), (0, 0), (17, 17), (1000, 10), (5000, 4999)])
@pytest.mark.parametrize("seed", [0, 1, 7, 2**31 + 5, 2**32 - 1])
def test_equals_plain_python(number: int, count: int, seed: int) -> None:
    chosen = subsample(number, count, seed)
    assert chosen.dtype == np.intp
    assert chosen.tolist() == plain_subsample(number, count, seed)


def test_fewer_are_the_first_of_more() -> None:
    many = subsample(1000, 1000, 3)
    assert sorted(many) == list(range(1000))
    assert (subsample(1000, 100, 3) == many[:100]).all()
    assert (subsample(1000, 1000, 4) != many).any()


def test_a_million_takes_less_than_a_second() -> None:
    subsample(10, 10)
    start = time.process_time()
    chosen = subsample(1_000_000, 1_000_000)
    assert time.process_time() - start < 1
    assert np.bincount(chosen).max() == 1


@pytest.mark.parametrize(
    ("number", "count", "seed", "message"),
    [
        (5, 6, 1, "6 of 5 sequences cannot be chosen"),
        (5, -1, 1, "-1 of 5"),
        (5, 2, -1, "seed -1 is out of range"),
        (5, 2, 2**32, "seed 4294967296 is out of range"),
    ],
)
def test_what_cannot_be_chosen(number: int, count: int, seed: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        subsample(number, count, seed)
