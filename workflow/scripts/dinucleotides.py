"""Adapter of the rule dinucleotides."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.enrichment import write_dinucleotides
    from xpresso_core.genome import Window

    settings = dict(snakemake.params.settings)
    write_dinucleotides(
        Path(snakemake.input[0]),
        Path(snakemake.output[0]),
        window=Window(**settings.pop("window")),
        **settings,
    )
