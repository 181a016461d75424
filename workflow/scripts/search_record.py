"""Adapter of the rule search_record."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.search_record import write_record

    write_record(Path(snakemake.input.record), Path(snakemake.output.trials), Path(snakemake.output.best))
