"""Adapter of the rule cpg_islands."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.track_analysis import write_called_islands

    write_called_islands(
        Path(snakemake.input.facts).with_suffix(""),
        Path(snakemake.input.genome),
        Path(snakemake.output[0]),
    )
