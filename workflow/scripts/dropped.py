"""Adapter of the rule dropped."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.genes import write_dropped

    write_dropped(
        Path(snakemake.input.promoters),
        dict(zip(snakemake.params.datasets, map(Path, snakemake.input.datasets), strict=True)),
        Path(snakemake.output[0]),
    )
