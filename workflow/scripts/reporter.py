"""Adapter of the rule reporter."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_analyses import report_reporter

    report_reporter(
        Path(snakemake.input.signal),
        Path(snakemake.input.sites) if snakemake.input.sites else None,
        Path(snakemake.input.expression),
        Path(snakemake.input.predictions) if snakemake.input.predictions else None,
        Path(snakemake.output.activity),
        Path(snakemake.output.metrics),
        Path(snakemake.output.figure),
        name=snakemake.wildcards.reporter,
        unit=f"log10({snakemake.params.units} + 0.1)",
        seed=snakemake.params.seed,
    )
