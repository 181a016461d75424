"""Adapter of the rule search."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.search import gather

    gather(
        Path(snakemake.input.dataset),
        snakemake.params.plan,
        folder=Path(snakemake.params.kept),
        trials_path=Path(snakemake.output.trials),
        best_path=Path(snakemake.output.best),
    )
