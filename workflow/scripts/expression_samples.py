"""Adapter of the rule expression_samples."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_analyses import report_samples

    report_samples(
        Path(snakemake.input.table),
        Path(snakemake.input.names) if snakemake.input.names else None,
        Path(snakemake.output.table),
        Path(snakemake.output.figure),
        name=snakemake.wildcards.dataset,
        settings=snakemake.params.dataset,
    )
