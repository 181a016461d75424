"""Adapter of the rule train."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.device import choose_device

    device = choose_device(snakemake.params.device, snakemake.threads)  # before any network is imported

    from xpresso_core.training import train_experiment_fold

    searched = snakemake.input.searched
    train_experiment_fold(
        Path(snakemake.input.dataset),
        Path(snakemake.input.split),
        int(snakemake.wildcards.fold),
        snakemake.params.plan,
        name=snakemake.wildcards.experiment,
        trials_folder=Path(snakemake.params.kept),
        bundle_folder=Path(snakemake.output.model),
        trials_path=Path(snakemake.output.trials),
        history_path=Path(snakemake.output.history),
        device=device,
        best=Path(searched) if searched else None,
    )
