"""DNA of the simulated species: reading frames, motif tables and sites on toys."""

from __future__ import annotations

import numpy as np
import pytest

from xpresso_core.randomness import generator
from xpresso_core.sequence import decode, encode, reverse_complement
from xpresso_core.simulate_dna import (
    Motif,
    core_codes,
    cpg_per_base,
    draw_dna,
    gc_content,
    motif_sites,
    open_frame,
)
from xpresso_core.simulate_genes import CORE, Locus, Transcript

MOTIF = Motif("toy", "AACR", 1.0, 0.5, (-10, 10))


def test_open_frame() -> None:
    assert decode(open_frame(encode("CCCTAATTTTAGTGACCC"))) == "ATGAAATTTAAGAGATAA"
    assert decode(open_frame(encode("CCCGGGTTTCCC"), starts=[2])) == "ATGGGGATGTAA"
    rng = np.random.default_rng(0)
    text = decode(open_frame(rng.integers(0, 4, 3000, dtype=np.uint8)))
    codons = [text[i : i + 3] for i in range(0, len(text), 3)]
    assert not set(codons[:-1]) & {"TAA", "TAG", "TGA"}


def test_motif_table_of_the_other_strand_accepts_the_reverse_complement() -> None:
    for text, plus, minus in (("AACG", True, False), ("CGTT", False, True), ("TGTT", False, True)):
        index = (np.arange(4), encode(text))
        assert MOTIF.table()[index].all() == plus
        assert MOTIF.table(minus=True)[index].all() == minus
    assert not MOTIF.table()[:, 4].any(), "N matches nothing"


def test_sites_count_only_within_the_span() -> None:
    starts = (-11, -10, 9, 10)
    cores = np.full((4, 2 * CORE), 3, dtype=np.uint8)
    for core, start in zip(cores, starts, strict=True):
        core[CORE + start : CORE + start + 4] = encode("AACA")
        core[CORE - 3 : CORE + 1] = encode("CGTT")
    found = motif_sites(cores, MOTIF)
    assert [(row, start - 10) for row, start in np.argwhere(found["+"])] == [(1, -10), (2, 9)]
    assert [(row, start - 10) for row, start in np.argwhere(found["-"])] == [(row, -3) for row in range(4)]


def test_composition_of_toys() -> None:
    assert cpg_per_base(encode("CGACGN")[None])[0] == pytest.approx(2 / 6)
    assert gc_content(encode("GGANNN")) == pytest.approx(2 / 3)
    assert np.isnan(gc_content(encode("NNN")))


def test_core_of_the_mirrored_gene_is_the_same() -> None:
    chromosome = np.random.default_rng(1).integers(0, 4, 5000, dtype=np.uint8)
    toy = Transcript(((0, 300),), None)
    for origin in (100, 2000, 4900):
        plus = Locus("kept", (toy,), 0.5, 3, (0.5, 0.5), strand="+", origin=origin)
        minus = Locus("kept", (toy,), 0.5, 3, (0.5, 0.5), strand="-", origin=4999 - origin)
        core = core_codes(plus, chromosome)
        assert core[CORE] == chromosome[origin + 3]
        np.testing.assert_array_equal(core, core_codes(minus, reverse_complement(chromosome)))


def test_islands_are_rich_in_cpg_and_the_background_is_not() -> None:
    toy = Transcript(((0, 900),), None)
    loci = [
        Locus("lncRNA", (toy,), island, 0, (0.45, 0.45), strand="+", chrom="chr1", origin=origin)
        for island, origin in ((0.0, 10_000), (1.0, 30_000))
    ]
    codes = draw_dna(generator(1, "test"), loci, 60_000, [MOTIF])
    poor, rich = (cpg_per_base(core_codes(locus, codes)[None])[0] for locus in loci)
    assert rich > 5 * poor
    assert poor < 0.02
