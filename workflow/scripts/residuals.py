"""Adapter of the rule residuals."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.residual_analyses import NameFiles, write_residuals

    write_residuals(
        Path(snakemake.input.predictions),
        Path(snakemake.input.expression) if snakemake.input.expression else None,
        NameFiles(
            Path(snakemake.input.genes), Path(snakemake.input.names) if snakemake.input.names else None
        ),
        columns=snakemake.params.columns,
        table_path=Path(snakemake.output.table),
        extremes_path=Path(snakemake.output.extremes),
        facts_path=Path(snakemake.output.facts),
    )
