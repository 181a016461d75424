"""Adapter of the rule motif_hits."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.genome import Window
    from xpresso_core.motif_matrix import write_hits
    from xpresso_core.threads import set_threads

    settings = snakemake.params.settings
    set_threads(snakemake.threads)
    write_hits(
        Path(snakemake.input.dataset),
        snakemake.input.get("motifs") or settings["motifs"],
        Path(snakemake.output.table),
        Path(snakemake.output.bed),
        window=Window(**settings["window"]),
        threshold=settings["threshold"],
    )
