"""Adapter of the rule fetch_genome."""

from _adapter import ROOT, adapter

with adapter(snakemake):
    from xpresso_core.reference import fetch_genome
    from xpresso_core.sources import read_registry

    fetch_genome(
        snakemake.params.source,
        snakemake.output.genome,
        snakemake.config["data_dir"],
        lock_path=snakemake.params.lock,
        registry=read_registry(ROOT / snakemake.config["sources"]),
    )
