"""Adapter of the rule report_expression."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report import draw_expression

    datasets = dict(zip(snakemake.params.names, map(Path, snakemake.input.datasets), strict=True))
    draw_expression(datasets, Path(snakemake.output[0]))
