"""Adapter of the rule report_ensembles."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_training import draw_ensembles

    experiments = {name: Path(folder) for name, folder in snakemake.params.experiments.items()}
    draw_ensembles(experiments, Path(snakemake.output.table), Path(snakemake.output.figure))
