"""Adapter of the rule report_baseline_folds."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_baselines import draw_folds

    draw_folds(
        Path(snakemake.input.table),
        Path(snakemake.input.folds),
        Path(snakemake.output.figure),
        reference=snakemake.params.reference,
    )
