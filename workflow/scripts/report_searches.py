"""Adapter of the rule report_searches."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_search import draw_progress

    trials = [Path(path) for path in snakemake.input.trials]
    draw_progress(
        dict(zip(snakemake.params.names, trials, strict=True)),
        [Path(path) for path in snakemake.input.best],
        Path(snakemake.output.progress),
        epochs=snakemake.params.epochs,
    )
