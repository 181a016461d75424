"""Adapter of the rule encode_matrix."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.encode import write_matrix

    write_matrix(
        Path(snakemake.input.manifest),
        Path(snakemake.input.manifest).parent / f"{snakemake.wildcards.table}.files",
        Path(snakemake.output.table),
        Path(snakemake.output.cases),
    )
