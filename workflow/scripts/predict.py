"""Adapter of the rule predict."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.device import choose_device

    choose_device(snakemake.params.device, snakemake.threads)  # before any network is imported

    from xpresso_core.evaluation import concatenate, write_evaluation

    write_evaluation(
        Path(snakemake.input.dataset),
        Path(snakemake.input.split),
        Path(snakemake.input.genes),
        [Path(folder) for folder in snakemake.input.models],
        Path(snakemake.output.predictions),
        Path(snakemake.output.metrics),
        seed=snakemake.params.seed,
    )
    concatenate([Path(table) for table in snakemake.input.trials], Path(snakemake.output.trials))
    concatenate([Path(table) for table in snakemake.input.history], Path(snakemake.output.history))
