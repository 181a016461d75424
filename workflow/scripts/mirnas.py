"""Adapter of the rule mirnas."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.mirna_analysis import MirnaFiles, write_mirnas
    from xpresso_core.residual_analyses import NameFiles

    write_mirnas(
        Path(snakemake.input.residuals),
        NameFiles(
            Path(snakemake.input.genes), Path(snakemake.input.names) if snakemake.input.names else None
        ),
        Path(snakemake.input.counts),
        Path(snakemake.input.targets) if snakemake.input.targets else None,
        **snakemake.params.settings,
        files=MirnaFiles(*map(Path, snakemake.output)),
    )
