"""Adapter of the rule report_ensembles."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_training import draw_ensembles

    draw_ensembles(
        {name: Path(folder) for name, folder in snakemake.params.experiments.items()},
        snakemake.params.shown,
        Path(snakemake.output.table),
        Path(snakemake.output.figure),
    )
