"""Adapter of the rule report_baselines."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_baselines import draw_baselines

    draw_baselines(
        Path(snakemake.input.table),
        Path(snakemake.input.coefficients),
        Path(snakemake.input.motifs),
        {name: Path(path) for name, path in snakemake.output.items()},
        reference=snakemake.params.reference,
    )
