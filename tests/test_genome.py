"""Windows are strand-correct, and names meet."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from xpresso_core.errors import InputError
from xpresso_core.genome import Genome, Window, harmonise
from xpresso_core.sequence import decode, encode, reverse_complement

WINDOW = Window(upstream=7, downstream=5)


def write_genome(path: Path, sequence: str, name: str = "chr1") -> Path:
    lines = [sequence[i : i + 10] for i in range(0, len(sequence), 10)]
    path.write_text(f">{name} a comment\n" + "\n".join(lines) + "\n")
    return path


@pytest.fixture
def sequence() -> str:
    return decode(np.random.default_rng(3).integers(0, 4, 103).astype(np.uint8))


def test_the_tss_base_has_index_upstream_on_both_strands(tmp_path: Path, sequence: str) -> None:
    genome = Genome(write_genome(tmp_path / "g.fa", sequence))
    plus = genome.window("chr1", 50, "+", WINDOW)
    minus = genome.window("chr1", 50, "-", WINDOW)
    assert decode(plus) == sequence[43:55]
    assert plus[7] == encode(sequence[50])[0]
    assert minus[7] == 3 - encode(sequence[50])[0]
    assert decode(minus) == decode(reverse_complement(encode(sequence[46:58])))


def test_a_gene_and_its_mirror_image_give_identical_arrays(tmp_path: Path, sequence: str) -> None:
    genome = Genome(write_genome(tmp_path / "g.fa", sequence))
    mirror = Genome(write_genome(tmp_path / "m.fa", decode(reverse_complement(encode(sequence)))))
    for tss in range(10, 90):
        here = genome.window("1", tss, "+", WINDOW)
        there = mirror.window("1", len(sequence) - 1 - tss, "-", WINDOW)
        np.testing.assert_array_equal(here, there)


def test_minus_shift_cuts_as_the_released_models_were_trained(tmp_path: Path, sequence: str) -> None:
    """An even interval around the TSS, reverse-complemented as a whole: one base off on the minus strand."""
    genome = Genome(write_genome(tmp_path / "g.fa", sequence))
    whole = reverse_complement(encode(sequence[50 - 10 : 50 + 10]))
    shifted = genome.window("chr1", 50, "-", Window(7, 5, minus_shift=1))
    np.testing.assert_array_equal(shifted, whole[10 - 7 : 10 + 5])


def test_windows_beyond_the_chromosome_are_refused_or_filled(tmp_path: Path, sequence: str) -> None:
    genome = Genome(write_genome(tmp_path / "g.fa", sequence))
    with pytest.raises(InputError, match="leaves the chromosome"):
        genome.window("chr1", 3, "+", WINDOW)
    assert decode(genome.window("chr1", 3, "+", WINDOW, pad=True)) == "NNNN" + sequence[:8]
    tail = decode(genome.window("chr1", 101, "-", WINDOW, pad=True))
    assert tail == "NNNNNN" + decode(reverse_complement(encode(sequence[97:103])))


@pytest.mark.parametrize(
    ("start", "end"),
    [(-5, 8), (97, 110), (-3, 120), (0, 103), (103, 103), (-9, -4), (-4, 0), (103, 107), (250, 260), (7, 7)],
)
def test_what_lies_beyond_a_padded_interval_is_unknown(
    tmp_path: Path, sequence: str, start: int, end: int
) -> None:
    genome = Genome(write_genome(tmp_path / "g.fa", sequence))
    around = "N" * 300 + sequence + "N" * 300
    found = genome.fetch("1", start, end, pad=True)
    assert found.dtype == np.uint8
    assert decode(found) == around[300 + start : 300 + end]


def test_an_interval_is_padded_only_if_asked_and_only_on_a_chromosome_that_is_there(
    tmp_path: Path, sequence: str
) -> None:
    genome = Genome(write_genome(tmp_path / "g.fa", sequence))
    for start, end in ((-1, 5), (100, 104), (200, 210), (9, 5)):
        with pytest.raises(InputError, match="leaves the chromosome"):
            genome.fetch("chr1", start, end)
    with pytest.raises(InputError, match="no chromosome 'chr9'"):
        genome.fetch("chr9", -5, 5, pad=True)


@pytest.mark.parametrize(("start", "end"), [(9, 5), (120, 110), (-3, -8)])
def test_an_interval_that_ends_before_it_begins_is_refused_even_padded(
    tmp_path: Path, sequence: str, start: int, end: int
) -> None:
    genome = Genome(write_genome(tmp_path / "g.fa", sequence))
    with pytest.raises(InputError, match="leaves the chromosome"):
        genome.fetch("chr1", start, end, pad=True)


def test_unknown_chromosomes_and_strands_are_refused(tmp_path: Path, sequence: str) -> None:
    genome = Genome(write_genome(tmp_path / "g.fa", sequence))
    with pytest.raises(InputError, match="no chromosome 'chr9'; it has chr1"):
        genome.fetch("chr9", 0, 5)
    with pytest.raises(InputError, match="the strand is"):
        genome.window("chr1", 50, ".", WINDOW)


def test_names_are_harmonised_in_both_directions() -> None:
    assert harmonise(["1", "X", "MT", "GL1"], ["chr1", "chrX", "chrM"]) == {
        "1": "chr1",
        "X": "chrX",
        "MT": "chrM",
    }
    assert harmonise(["chrM"], ["MT"]) == {"chrM": "MT"}
    with pytest.raises(InputError, match=r"no chromosome is shared: I, II against chr1"):
        harmonise(["I", "II"], ["chr1"])


def test_plain_gzip_is_refused_and_missing_files_named(tmp_path: Path) -> None:
    (tmp_path / "g.fa.gz").write_bytes(gzip.compress(b">a\nACGT\n"))
    with pytest.raises(InputError, match="plain gzip"):
        Genome(tmp_path / "g.fa.gz")
    with pytest.raises(InputError, match="does not exist"):
        Genome(tmp_path / "none.fa")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_genome_in_a_folder_that_cannot_be_written_to(tmp_path: Path, sequence: str) -> None:
    folder = tmp_path / "readonly"
    folder.mkdir()
    path = write_genome(folder / "g.fa", sequence)
    folder.chmod(0o500)
    assert decode(Genome(path).fetch("chr1", 0, 5)) == sequence[:5]
    assert [file.name for file in folder.iterdir()] == ["g.fa"]


@pytest.mark.real
def test_bgzip_is_read_in_place(real_data: Path, tmp_path: Path) -> None:
    (tmp_path / "genome.fa.gz").symlink_to(real_data / "human_mini" / "genome.fa.gz")
    genome = Genome(tmp_path / "genome.fa.gz")
    assert sorted(genome.sizes) == ["chr20", "chr21", "chrX"]
    assert genome.window("20", 68312, "+", WINDOW).size == 12
