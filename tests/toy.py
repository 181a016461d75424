"""A small dataset whose label is planted, and small files: what tests learn from, and ask the command about."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from xpresso_core.architecture import Architecture, Convolution, Dense, Recipe
from xpresso_core.dataset import Dataset
from xpresso_core.genome import Window
from xpresso_core.halflife import HALFLIFE_FEATURES
from xpresso_core.sequence import decode

WINDOW = Window(90, 60)
ARCHITECTURE = Architecture(
    window=Window(60, 40),
    convolutions=(Convolution(8, 4, 10), Convolution(4, 3, 2)),
    dense=(Dense(8, 0.1),),
    recipe=Recipe(learning_rate=0.01, batch_size=32, epochs=8, patience=3, jitter=5),
)


def toy_dataset(genes: int = 240, seed: int = 0) -> Dataset:
    """Return genes whose label rises with the share of C and G, and with the fifth half-life feature."""
    rng = np.random.default_rng(seed)
    gc = rng.uniform(0.2, 0.8, genes)
    strong = rng.random((genes, WINDOW.length)) < gc[:, None]
    codes = np.where(strong, rng.integers(1, 3, strong.shape), 3 * rng.integers(0, 2, strong.shape))
    halflife = rng.uniform(1, 100, (genes, len(HALFLIFE_FEATURES))).astype(np.float32)
    halflife[::7, 0] = np.nan
    halflife[::7, 4] = np.nan
    signal = 3 * gc + np.nan_to_num(halflife[:, 5]) / 100
    return Dataset(
        gene_id=np.array([f"g{row:04d}" for row in range(genes)]),
        chrom=np.array([f"chr{1 + row % 6}" for row in range(genes)]),
        strand=np.array(["+-"[row % 2] for row in range(genes)]),
        tss=np.arange(genes, dtype=np.int64) * 1000 + 500,
        codes=codes.astype(np.uint8),
        halflife=halflife,
        expression=(signal + rng.normal(0, 0.1, genes)).astype(np.float32),
        window=WINDOW,
        attributes={"units": "log10(RPKM + 0.1)", "dataset": "toy", "sha256": {"genes.tsv": "0" * 64}},
    )


def dna(length: int, seed: int = 1) -> str:
    """Return random letters."""
    return decode(np.random.default_rng(seed).integers(0, 4, length).astype(np.uint8))


def write_inputs(folder: Path) -> None:
    """Write promoters ``p.fa``, a genome ``g.fa``, TSSs ``t.bed`` and features ``h.tsv``."""
    records = {"a": dna(60, 1), "b": dna(200, 2), "c": dna(21, 3)}
    (folder / "p.fa").write_text("".join(f">{name} words\n{text}\n" for name, text in records.items()))
    (folder / "g.fa").write_text(f">chr1\n{dna(300)}\n")
    (folder / "t.bed").write_text("chr1\t100\t101\ta\t0\t+\nchr1\t150\t151\tb\t0\t-\n")
    (folder / "h.tsv").write_text("id\tutr5_len\tutr5_gc\na\t100\t0.5\nb\t\t0.6\nc\t50\t\n")
