"""Adapter of the rule report_dinucleotides."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_interpretation import draw_dinucleotides

    draw_dinucleotides(
        Path(snakemake.input.table), Path(snakemake.output.all_pairs), Path(snakemake.output.cpg)
    )
