"""Adapter of the rule simulate."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.simulate import simulate_species

    simulate_species(
        Path(snakemake.output[0]).parent, seed=snakemake.params.seed, **snakemake.params.settings
    )
