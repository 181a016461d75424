"""Adapter of the rule promoters."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.genes import write_promoters

    write_promoters(
        Path(snakemake.input.annotation),
        Path(snakemake.input.genome),
        Path(snakemake.input.cage_peaks) if snakemake.input.cage_peaks else None,
        Path(snakemake.input.gene_names[0]) if snakemake.input.gene_names else None,
        genes_path=Path(snakemake.output.genes),
        promoters_path=Path(snakemake.output.promoters),
        dropped_path=Path(snakemake.output.dropped),
        cases_path=Path(snakemake.output.cases),
        records=[Path(record) for record in snakemake.input.records],
        settings=snakemake.params.settings,
        species=snakemake.wildcards.species,
    )
