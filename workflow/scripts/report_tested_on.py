"""Adapter of the rule report_tested_on."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_training import draw_tested_on

    draw_tested_on(
        snakemake.params.experiments,
        snakemake.params.species,
        Path("results"),
        Path(snakemake.output.table),
        Path(snakemake.output.figure),
        seed=snakemake.params.seed,
    )
