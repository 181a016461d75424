"""Adapter of the rule classifier."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_training import draw_classifier

    draw_classifier(
        Path(snakemake.input.comparison),
        *[Path(table) for table in snakemake.input.predictions],
        Path(snakemake.output.table),
        Path(snakemake.output.summary),
        Path(snakemake.output.figure),
        names=snakemake.params.names,
        calls=snakemake.params.calls,
    )
