"""Adapter of the rule dataset."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.dataset import write_dataset

    write_dataset(
        *map(Path, (snakemake.input.genes, snakemake.input.promoters, snakemake.input.expression)),
        Path(snakemake.output.dataset),
        Path(snakemake.output.dropped),
        records=[Path(record) for record in snakemake.input.records],
        name=snakemake.wildcards.dataset,
        units=snakemake.params.units,
    )
