"""Adapter of the rule domain_groups."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.domain_analysis import write_domain_groups

    write_domain_groups(
        Path(snakemake.input.residuals),
        Path(snakemake.input.segments),
        Path(snakemake.input.annotation),
        member=snakemake.params.member,
        groups=snakemake.params.groups,
        genes_path=Path(snakemake.output.genes),
        facts_path=Path(snakemake.output.facts),
    )
