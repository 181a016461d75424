"""Adapter of the rule report_interpretation."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_interpretation import draw_interpretation

    draw_interpretation(
        Path(snakemake.input.genes),
        Path(snakemake.input.classes),
        Path(snakemake.input.table),
        Path(snakemake.input.agreement),
        Path(snakemake.input.facts),
        {name: Path(path) for name, path in snakemake.output.items()},
    )
