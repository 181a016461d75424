"""Adapter of the rule report_run."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report import draw_comparison, write_landing

    config = snakemake.params.config
    experiments = {name: Path(folder) for name, folder in snakemake.params.experiments.items()}
    draw_comparison(experiments, config, Path(snakemake.output.comparison), Path(snakemake.output.metrics))
    write_landing(
        config,
        Path("results"),
        experiments,
        {name: Path(folder) for name, folder in snakemake.params.reporters.items()},
        snakemake.params.families,
        snakemake.params.tables,
        Path(snakemake.output.landing),
    )
