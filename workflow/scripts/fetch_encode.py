"""Adapter of the rule fetch_encode."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.encode import fetch_files

    fetch_files(
        Path(snakemake.input.metadata),
        Path(snakemake.output.manifest).parent / f"{snakemake.wildcards.table}.files",
        Path(snakemake.output.manifest),
        cases_path=Path(snakemake.output.cases),
        **snakemake.params.settings,
    )
