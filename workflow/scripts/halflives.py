"""Adapter of the rule halflives."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.residual_analyses import NameFiles, write_halflives

    write_halflives(
        Path(snakemake.input.residuals),
        NameFiles(
            Path(snakemake.input.genes), Path(snakemake.input.names) if snakemake.input.names else None
        ),
        Path(snakemake.input.halflives),
        **snakemake.params.settings,
        table_path=Path(snakemake.output.table),
        facts_path=Path(snakemake.output.facts),
    )
