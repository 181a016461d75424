"""Adapter of the rule split_costs."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_training import draw_split_costs

    draw_split_costs(
        snakemake.params.pairs,
        snakemake.params.datasets,
        Path("results"),
        Path(snakemake.output.table),
        Path(snakemake.output.figure),
        seed=snakemake.params.seed,
    )
