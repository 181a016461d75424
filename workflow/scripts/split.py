"""Adapter of the rule split."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.genome import Window
    from xpresso_core.leakage import write_split

    write_split(
        Path(snakemake.input.dataset),
        *map(Path, (snakemake.output.split, snakemake.output.leakage, snakemake.output.summary)),
        split=snakemake.params.split,
        window=Window(*snakemake.params.window),
        jitter=snakemake.params.jitter,
        seed=snakemake.params.seed,
    )
