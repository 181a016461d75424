"""Adapter of the rule track_peaks."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.track_peaks import write_peaks

    write_peaks(
        Path(snakemake.input.facts).with_suffix(""),
        Path(snakemake.output.peaks),
        **snakemake.params.settings,
    )
