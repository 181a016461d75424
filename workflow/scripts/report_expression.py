"""Adapter of the rule report_expression."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report import draw_expression

    draw_expression(
        dict(zip(snakemake.params.names, map(Path, snakemake.input.datasets), strict=True)),
        [Path(table) for table in snakemake.input.comparisons],
        snakemake.params.pairs,
        Path(snakemake.output.histogram),
        Path(snakemake.output.ecdf),
    )
