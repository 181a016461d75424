"""Adapter of the rule report_mirna_targets."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_mirnas import draw_targets

    draw_targets(
        Path(snakemake.input.families),
        Path(snakemake.input.facts),
        Path(snakemake.output[0]),
        name=snakemake.wildcards.residual,
    )
