"""Adapter of the rule report_locus."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_locus import draw_locus

    cage = {"+": snakemake.input.cage_plus, "-": snakemake.input.cage_minus}
    draw_locus(
        Path(snakemake.input.facts).with_suffix(""),
        snakemake.params.locus,
        Path(snakemake.input.annotation),
        Path(snakemake.input.genes),
        Path(snakemake.input.genome),
        Path(snakemake.input.islands),
        Path(snakemake.output[0]),
        states=dict(zip(snakemake.params.states, map(Path, snakemake.input.states), strict=True)),
        cage={strand: Path(file) for strand, file in cage.items()} if all(cage.values()) else None,
        name=snakemake.wildcards.track,
    )
