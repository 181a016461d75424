"""Adapter of the rule fetch_genome."""

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.reference import fetch_genome

    fetch_genome(
        snakemake.params.source,
        snakemake.output.genome,
        snakemake.config["data_dir"],
        lock_path=snakemake.params.lock,
    )
