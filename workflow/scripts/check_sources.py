"""Adapter of the rule check_sources."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.sources_check import write_check

    write_check(
        Path(snakemake.params.registry),
        data_dir=snakemake.config["data_dir"],
        lock=Path(snakemake.params.lock),
        path=Path(snakemake.output[0]),
    )
