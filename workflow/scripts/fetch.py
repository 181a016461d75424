"""Adapter of the rule fetch."""

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.reference import fetch_described

    fetch_described(
        snakemake.params.source,
        snakemake.output.file,
        snakemake.config["data_dir"],
        lock_path=snakemake.params.lock,
    )
