"""Adapter of the rule report_track."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_tracks import draw_track

    draw_track(
        Path(snakemake.input.facts).with_suffix(""),
        Path(snakemake.input.summary),
        Path(snakemake.input.precision_recall),
        Path(snakemake.input.distances),
        Path(snakemake.input.at_tss),
        Path(snakemake.input.at_random),
        Path(snakemake.output[0]),
        name=snakemake.wildcards.track,
    )
