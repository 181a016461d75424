"""Adapter of the rule comparison."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_analyses import report_comparison

    report_comparison(
        *[Path(dataset) for dataset in snakemake.input.datasets],
        Path(snakemake.input.orthologs) if snakemake.input.orthologs else None,
        Path(snakemake.output.table),
        Path(snakemake.output.summary),
        Path(snakemake.output.figure),
        names=snakemake.params.names,
    )
