"""Adapter of the rule cpg_islands."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.species_islands import write_called_islands

    write_called_islands(Path(snakemake.input[0]), Path(snakemake.output[0]))
