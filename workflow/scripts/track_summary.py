"""Adapter of the rule track_summary."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.track_comparison import write_track_summary
    from xpresso_core.track_summary import SummaryFiles

    write_track_summary(
        Path(snakemake.input.facts).with_suffix(""),
        Path(snakemake.input.genes),
        Path(snakemake.input.islands),
        Path(snakemake.input.peaks),
        Path(snakemake.input.split) if snakemake.input.split else None,
        fold=snakemake.params.fold,
        tolerance=snakemake.params.tolerance,
        seed=snakemake.params.seed,
        files=SummaryFiles(*map(Path, snakemake.output)),
    )
