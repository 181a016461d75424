"""Coordinates of simulated genes, on toys with known answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xpresso_core.randomness import generator
from xpresso_core.simulate_genes import MAX_SHIFT, Locus, Transcript, draw_locus, place_loci

TOY = Transcript(((0, 10), (20, 30), (50, 70)), coding=(5, 32), transcript_id="T2")


def test_regions_of_a_toy_transcript() -> None:
    assert TOY.length == 40
    assert TOY.orf == 27
    assert TOY.regions() == {
        "five_prime_utr": [(0, 5)],
        "CDS": [(5, 10), (20, 30), (50, 59)],
        "stop_codon": [(59, 62)],
        "three_prime_utr": [(62, 70)],
    }


def test_stop_codon_split_by_an_intron() -> None:
    split = replace(TOY, coding=(5, 21))
    assert split.regions()["stop_codon"] == [(28, 30), (50, 51)]


def test_no_orf_no_regions() -> None:
    assert replace(TOY, coding=None).regions() == {}
    assert replace(TOY, coding=None).orf == 0


@pytest.mark.parametrize(
    ("better", "why"),
    [
        (Transcript(((0, 33),), (0, 30), "T9"), "longer ORF"),
        (Transcript(((0, 10), (20, 30), (50, 63)), (6, 33), "T9"), "same ORF, longer 5' UTR, shorter 3' UTR"),
        (Transcript(((0, 10), (20, 30), (50, 71)), (5, 32), "T9"), "same ORF and 5' UTR, longer 3' UTR"),
        (replace(TOY, transcript_id="T1"), "smaller identifier"),
    ],
)
def test_rank_follows_the_paper(better: Transcript, why: str) -> None:
    assert Locus("kept", (TOY, better), 0.5, 0, (0.5, 0.5)).representative is better, why
    assert Locus("kept", (better, TOY), 0.5, 0, (0.5, 0.5)).representative is better, why


def test_minus_strand_is_the_mirror_of_plus() -> None:
    plus = Locus("kept", (TOY,), 0.5, 7, (0.5, 0.5), strand="+", origin=1000)
    minus = replace(plus, strand="-", origin=5000 - 1 - 1000)
    for piece in TOY.exons:
        start, end = plus.interval(piece)
        assert (start, end) == (1000 + piece[0], 1000 + piece[1])
        assert minus.interval(piece) == (5000 - end, 5000 - start)
    assert plus.position(plus.local_tss) == 1007
    assert minus.position(minus.local_tss) == 5000 - 1 - 1007


def test_genes_do_not_overlap_and_edges_are_near() -> None:
    rng = generator(1, "test")
    loci = [draw_locus(rng, role, peak=True) for role in ("edge", *["kept"] * 30, "edge")]
    placed, length = place_loci(rng, loci, "chr1", 3000, 1500)
    spans = [locus.interval((0, locus.span)) for locus in placed]
    assert all(left[1] + 1000 < right[0] for left, right in zip(spans, spans[1:], strict=False))
    assert (placed[0].strand, placed[-1].strand) == ("+", "-")
    assert placed[0].origin < 3000 - MAX_SHIFT
    assert length - 1 - placed[-1].origin < 3000 - MAX_SHIFT
    assert {locus.strand for locus in placed[1:-1]} == {"+", "-"}


def test_structures_keep_the_frame_and_a_missing_peak_means_no_shift() -> None:
    rng = generator(2, "test")
    for _ in range(200):
        locus = draw_locus(rng, "kept", peak=False)
        assert locus.shift == 0
        assert locus.peak == ""
        for transcript in locus.transcripts:
            assert transcript.orf % 3 == 0
            sizes = np.array([end - start for start, end in transcript.exons])
            assert (sizes > 0).all()
            if transcript.coding:
                assert transcript.coding[1] <= transcript.length
