"""Adapter of the rule report_residuals."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_residuals import draw_residuals
    from xpresso_core.residual_analyses import NameFiles

    draw_residuals(
        Path(snakemake.input.residuals),
        NameFiles(
            Path(snakemake.input.genes), Path(snakemake.input.names) if snakemake.input.names else None
        ),
        Path(snakemake.input.labelled) if snakemake.input.labelled else None,
        Path(snakemake.output[0]),
        name=snakemake.wildcards.residual,
        units=snakemake.params.units,
    )
