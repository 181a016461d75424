"""Adapter of the rule list_groups."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.residual_analyses import NameFiles, write_list_groups

    write_list_groups(
        Path(snakemake.input.residuals),
        NameFiles(
            Path(snakemake.input.genes), Path(snakemake.input.names) if snakemake.input.names else None
        ),
        [Path(path) for path in snakemake.input.lists],
        groups=snakemake.params.groups,
        genes_path=Path(snakemake.output.genes),
        facts_path=Path(snakemake.output.facts),
    )
