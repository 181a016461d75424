"""Adapter of the rule attribution_scores."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.device import choose_device

    choose_device("cpu", snakemake.threads)  # before any network is imported

    from xpresso_core.attribution_scores import write_scores

    write_scores(
        Path(snakemake.input.model),
        Path(snakemake.input.dataset),
        Path(snakemake.input.genes),
        Path(snakemake.output.scores),
        Path(snakemake.output.agreement),
        fold=int(snakemake.wildcards.fold),
        settings=snakemake.params.settings,
        seed=snakemake.params.seed,
    )
