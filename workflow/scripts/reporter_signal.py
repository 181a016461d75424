"""Adapter of the rule reporter_signal."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.reporter import write_signal

    write_signal(
        Path(snakemake.input.plus),
        Path(snakemake.input.minus),
        Path(snakemake.input.sites) if snakemake.input.sites else None,
        Path(snakemake.output.signal),
        sample_around_center=snakemake.params.sample_around_center,
    )
