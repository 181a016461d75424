"""Adapter of the rule report_track."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_track import draw_track
    from xpresso_core.track_summary import SummaryFiles

    draw_track(
        Path(snakemake.input.facts).with_suffix(""),
        SummaryFiles(*(Path(snakemake.input[name]) for name in SummaryFiles._fields)),
        Path(snakemake.output[0]),
        name=snakemake.wildcards.track,
    )
