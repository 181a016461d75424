"""Adapter of the rule baseline_fold."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.baselines import write_fold
    from xpresso_core.threads import set_threads

    set_threads(snakemake.threads)
    write_fold(
        Path(snakemake.input.dataset),
        Path(snakemake.input.split),
        Path(snakemake.input.matrix),
        Path(snakemake.output.predictions),
        Path(snakemake.output.models),
        fold=int(snakemake.wildcards.fold),
        settings=snakemake.params.settings,
        protocol=snakemake.params.protocol,
        seed=snakemake.params.seed,
    )
