"""Adapter of the rule promoters."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.genes import write_promoters

    def optional(path):
        return Path(path) if path else None

    write_promoters(
        Path(snakemake.input.annotation),
        Path(snakemake.input.genome),
        optional(snakemake.input.cage_peaks),
        optional(snakemake.input.gene_names),
        genes_path=Path(snakemake.output.genes),
        promoters_path=Path(snakemake.output.promoters),
        dropped_path=Path(snakemake.output.dropped),
        settings=snakemake.params.settings,
        species=snakemake.wildcards.species,
    )
