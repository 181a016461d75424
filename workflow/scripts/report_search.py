"""Adapter of the rule report_search."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_search import draw_search

    draw_search(
        snakemake.wildcards.search,
        Path(snakemake.input.trials),
        Path(snakemake.output.windows),
        Path(snakemake.output.parameters),
        Path(snakemake.output.table),
    )
