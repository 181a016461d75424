"""Adapter of the rule baseline_effects."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.baseline_effects import write_effects
    from xpresso_core.genome import Window
    from xpresso_core.threads import set_threads

    set_threads(snakemake.threads)
    write_effects(
        Path(snakemake.input.dataset),
        Path(snakemake.input.split),
        Path(snakemake.input.matrix),
        Path(snakemake.output.coefficients),
        Path(snakemake.output.motifs),
        window=Window(**snakemake.params.window),
        protocol=snakemake.params.protocol,
    )
