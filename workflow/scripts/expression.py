"""Adapter of the rule expression."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.expression import write_dataset_expression

    write_dataset_expression(
        Path(snakemake.input.table),
        Path(snakemake.output.table),
        Path(snakemake.output.cases),
        settings=snakemake.params.dataset,
        gene_names_path=Path(snakemake.input.gene_names) if snakemake.input.gene_names else None,
    )
