"""Adapter of the rule track_page."""

from pathlib import Path

from _adapter import adapter

with adapter(snakemake):
    from xpresso_core.report_tracks_page import write_tracks_page

    write_tracks_page(
        Path(snakemake.input.facts).with_suffix(""),
        Path(snakemake.input.annotation),
        Path(snakemake.input.genome),
        Path(snakemake.input.islands),
        Path(snakemake.input.peaks),
        Path(snakemake.input.igv[0]).parent,
        Path(snakemake.output[0]),
        name=snakemake.wildcards.track,
        assembly=snakemake.params.assembly,
        page=snakemake.params.settings["page"],
        loci=snakemake.params.settings["loci"],
    )
