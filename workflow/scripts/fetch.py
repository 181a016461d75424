"""Adapter of the rule fetch."""

from _adapter import ROOT, adapter

with adapter(snakemake):
    from xpresso_core.reference import fetch_described
    from xpresso_core.sources import read_registry

    fetch_described(
        snakemake.params.source,
        snakemake.output.file,
        snakemake.config["data_dir"],
        lock_path=snakemake.params.lock,
        registry=read_registry(ROOT / snakemake.config["sources"]),
    )
