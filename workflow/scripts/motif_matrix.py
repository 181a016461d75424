"""Adapter of the rule motif_matrix."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.genome import Window
    from xpresso_core.motif_matrix import write_motif_matrix
    from xpresso_core.threads import set_threads

    settings = snakemake.params.settings
    set_threads(snakemake.threads)
    write_motif_matrix(
        Path(snakemake.input.dataset),
        snakemake.input.get("motifs") or settings["motifs"],
        Path(snakemake.output.matrix),
        window=Window(**settings["window"]),
        threshold=settings["threshold"],
        scanner=settings["scanner"],
    )
