"""Adapter of the rule sources_used."""

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.sources_used import write_sources_used

    write_sources_used(snakemake.params.records, snakemake.output[0])
