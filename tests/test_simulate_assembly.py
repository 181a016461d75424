"""The older assembly: toys with known answers, and agreement with the package's liftOver."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from xpresso_core.liftover import lift_intervals, read_chains
from xpresso_core.randomness import generator
from xpresso_core.simulate import SimulationSettings, draw_species
from xpresso_core.simulate_assembly import (
    DELETED,
    MAPPED,
    PARTIAL,
    REACH,
    SPLIT,
    Block,
    Chain,
    Map,
    OlderAssembly,
    chain_lines,
    draw_older_assembly,
)
from xpresso_core.simulate_files import write_chain
from xpresso_core.simulate_genes import Locus, Transcript

# 100 bases: 10 to 30 and 40 to 60 forward, 10 more bases between them in the older assembly, and 60 to 90 turned
# round at its end; 0 to 10, 30 to 40 and 90 to 100 only in the newer one.
TOY = OlderAssembly(
    {"chr1": 100},
    {"chr1": 120},
    (
        Chain("chr1", False, (Block(10, 30, 5), Block(40, 60, 45))),
        Chain("chr1", True, (Block(60, 90, 15),)),
    ),
)


def test_bases_of_a_toy() -> None:
    mapped = TOY.map("chr1")
    assert mapped.new[[9, 10, 29, 30, 39, 40, 59, 90]].tolist() == [-1, 5, 24, -1, -1, 45, 64, -1]
    assert mapped.new[[60, 61, 89]].tolist() == [104, 103, 75]
    assert mapped.chain[[10, 59, 60, 89]].tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("window", "lift"),
    [
        ((10, 30), (MAPPED, 5, 25)),
        ((9, 29), (MAPPED, 5, 24)),
        ((8, 28), (PARTIAL, -1, -1)),
        ((0, 10), (DELETED, -1, -1)),
        ((20, 50), (PARTIAL, -1, -1)),
        ((50, 70), (SPLIT, -1, -1)),
        ((70, 90), (MAPPED, 75, 95)),
        ((41, 61), (MAPPED, 46, 65)),
    ],
)
def test_windows_of_a_toy(window: tuple[int, int], lift: tuple[str, int, int]) -> None:
    assert TOY.map("chr1").lift(*window) == lift


def test_windows_are_symmetric_and_stay_on_the_chromosome() -> None:
    mapped = Map(np.zeros(50_000, dtype=np.int8), np.arange(50_000, dtype=np.int32), (False,))
    assert mapped.window(25_000) == (25_000 - REACH, 25_000 + REACH)
    assert mapped.window(700) == (0, 1400)
    assert mapped.window(49_999) == (49_998, 50_000)


def test_genes_of_a_toy_move_with_their_bases() -> None:
    mapped = TOY.map("chr1")
    gene = Locus("kept", (Transcript(((0, 10),), None),), 0.5, 0, (0.5, 0.5), chrom="chr1", origin=65)
    for strand, origin, new in (("+", 65, ("-", 99)), ("-", 79, ("+", 85))):
        placed = mapped.place(replace(gene, strand=strand, origin=origin))
        assert placed is not None
        assert (placed.strand, placed.origin) == new
        first = placed.position(0)
        assert first == mapped.new[origin]
        assert placed.position(9) == mapped.new[origin + 9 * (1 if strand == "+" else -1)]
    assert mapped.place(replace(gene, origin=55)) is None, "on two chains"
    assert mapped.place(replace(gene, origin=85)) is None, "partly missing"


def test_lines_of_a_toy() -> None:
    assert list(chain_lines(TOY)) == [
        *("chain 4000 chr1 100 + 10 60 chr1 120 + 5 65 1", "20\t10\t20", "20", ""),
        *("chain 3000 chr1 100 + 60 90 chr1 120 - 15 45 2", "30", ""),
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("settings", [{"genes": 200, "chromosomes": 3}, {"genes": 30, "chromosomes": 3}])
def test_the_package_lifts_as_the_assembly_says(tmp_path: Path, seed: int, settings: dict[str, int]) -> None:
    species = draw_species(seed, SimulationSettings(**settings))
    assembly = species.reporter.assembly
    write_chain(assembly, tmp_path / "a.chain.gz")
    chains = read_chains(tmp_path / "a.chain.gz")
    rng = np.random.default_rng(seed)
    seen = set()
    for chrom, length in assembly.lengths.items():
        mapped = assembly.map(chrom)
        assert mapped.new.max() < assembly.sizes[chrom]
        assert np.unique(mapped.new[mapped.new >= 0]).size == (mapped.new >= 0).sum(), "no base twice"
        starts = rng.integers(0, length - 1, 300)
        ends = np.minimum(starts + rng.integers(1, 30_000, 300), length)
        expected = [mapped.lift(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]
        lifted = lift_intervals(chains, [chrom] * 300, starts, ends)
        assert [reason or MAPPED for reason in lifted.reason] == [lift.outcome for lift in expected]
        assert lifted.start.tolist() == [lift.start for lift in expected]
        assert lifted.end.tolist() == [lift.end for lift in expected]
        seen |= {lift.outcome for lift in expected}
    assert seen == {MAPPED, PARTIAL, SPLIT, DELETED}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_gene_is_cut_and_few_are_missing(seed: int) -> None:
    species = draw_species(seed, SimulationSettings(genes=150, chromosomes=3))
    missing = 0
    for locus in (*species.coding, *species.lncrna):
        mapped = species.reporter.assembly.map(locus.chrom)
        tss = locus.position(locus.local_tss)
        around = slice(max(0, tss - 500), tss + 501)
        for where in (around, slice(*locus.interval((0, locus.span)))):
            new = mapped.new[where]
            new = new if where is not around else new[new >= 0] if tss < 500 else new
            assert (new < 0).all() or (np.abs(np.diff(new)) == 1).all()
        missing += mapped.place(locus) is None
    assert 0 < missing < 10


def test_every_kind_of_difference_is_there(tmp_path: Path) -> None:
    species = draw_species(1, SimulationSettings(genes=200, chromosomes=3))
    write_chain(species.reporter.assembly, tmp_path / "a.chain.gz")
    lines = gzip.decompress((tmp_path / "a.chain.gz").read_bytes()).decode().splitlines()
    gaps = np.array([line.split("\t")[1:] for line in lines if line.count("\t") == 2], dtype=int)
    small = gaps[gaps.max(axis=1) <= 60]
    for kind in (small[:, 0] == 0, small[:, 1] == 0, (small > 0).all(axis=1)):
        assert kind.sum() >= 5
    large = gaps[gaps.max(axis=1) > 60]
    assert sorted((large[:, 1] == 0).tolist()) == [False, True], "one piece is missing, one turned round"
    assert sum(line.startswith("chain") for line in lines) == len(species.chromosomes) + 1
    strands = [line.split()[9] for line in lines if line.startswith("chain")]
    assert strands.count("-") == 1


def test_a_chromosome_without_genes_is_one_block() -> None:
    assembly = draw_older_assembly(generator(1, "test"), [], {"chr1": 30_000})
    assert [len(chain.blocks) for chain in assembly.chains] == [1]
    assert assembly.sizes["chr1"] > 30_000
