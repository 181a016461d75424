"""Adapter of the rule gene_names."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.gene_names import write_gene_names

    write_gene_names([Path(table) for table in snakemake.input.tables], Path(snakemake.output[0]))
