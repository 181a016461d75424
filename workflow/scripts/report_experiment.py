"""Adapter of the rule report_experiment."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report import draw_experiment

    draw_experiment(
        Path(snakemake.input.predictions).parent,
        snakemake.wildcards.experiment,
        f"log10({snakemake.params.units} + 0.1)",
        Path(snakemake.output.scatter),
        Path(snakemake.output.curves),
        Path(snakemake.output.leakage),
    )
