"""Adapter of the rule igv."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.igv import fetch_igv

    fetch_igv(Path(snakemake.output[0]).parent)
