"""Adapter of the rule report_mirna_abundance."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_mirnas import draw_abundance

    draw_abundance(
        Path(snakemake.input.abundance),
        Path(snakemake.output[0]),
        name=snakemake.wildcards.residual,
        cells=snakemake.params.cells,
    )
