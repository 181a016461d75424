"""Adapter of the rule positional_profiles."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.positional_profiles import write_profiles

    write_profiles(
        [Path(path) for path in snakemake.input.scores],
        [Path(path) for path in snakemake.input.agreement],
        Path(snakemake.output.table),
        Path(snakemake.output.agreement),
        Path(snakemake.output.facts),
        resolution=snakemake.params.resolution,
    )
