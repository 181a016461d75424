"""Which genes lie in chromatin domains of certain states: BED segments that touch gene bodies."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping

import pandas as pd
import pybedtools

from xpresso_core.bed import bed_rows
from xpresso_core.errors import InputError
from xpresso_core.gene_models import read_gene_models
from xpresso_core.genome import harmonise

_REMEDY = "Give a BED file with the state in its fourth column"


def read_segments(path: str | os.PathLike[str], member: str | None = None) -> pd.DataFrame:
    """Read the segments of a genome and their states, such as diHMM's domains (Marco et al. 2017).

    Parameters
    ----------
    path
        BED with the state as name: plain, gzip, bgzip or zip.
    member
        The file within a zip archive of several.

    Returns
    -------
    pandas.DataFrame
        ``chrom start end state``, 0-based half-open, in the order of the file.

    Raises
    ------
    InputError
        If the file cannot be read, a line is malformed, or there is no segment.
    """
    rows = [
        (chrom, start, end, fields[3]) for chrom, start, end, fields, _ in bed_rows(path, 4, _REMEDY, member)
    ]
    if not rows:
        what = "there is no segment"
        raise InputError(what, where=str(path), remedy=_REMEDY)
    return pd.DataFrame(rows, columns=["chrom", "start", "end", "state"])


def gene_bodies(annotation: str | os.PathLike[str]) -> pd.DataFrame:
    """Return where the genes of an annotation lie: the span of the representative transcript, as in the original.

    Returns
    -------
    pandas.DataFrame
        ``gene_id chrom start end``, 0-based half-open, protein-coding genes only.
    """
    return read_gene_models(annotation)[["gene_id", "chrom", "start", "end"]]


def genes_in_states(
    bodies: pd.DataFrame, segments: pd.DataFrame, states: Mapping[str, Collection[str]]
) -> dict[str, list[str]]:
    """Return the genes of which at least a base lies in segments of certain states.

    The published code searched lines for ``D7|D8|...``, which also finds genes with such letters in their attributes;
    here a state is equal or it is not.

    Parameters
    ----------
    bodies
        ``gene_id chrom start end`` on the assembly of the segments.
    segments
        From `read_segments`; chromosomes in either spelling.
    states
        The states of each group, by its name.

    Returns
    -------
    dict of str to list of str
        The sorted gene_ids of each group, which may be none. States that no segment has are passed over, as long as
        the group has another.

    Raises
    ------
    InputError
        If segments and genes share no chromosome, or the segments know none of a group's states.
    """
    there = set(segments["state"])
    known = harmonise(segments["chrom"].unique(), bodies["chrom"].unique())
    segments = segments.loc[segments["chrom"].isin(list(known)), ["chrom", "start", "end", "state"]]
    for group, wanted in states.items():
        if not there & set(wanted):
            what = f"no segment has a state of {group} ({', '.join(sorted(wanted))})"
            remedy = f"The states are {', '.join(sorted(there)[:40])}"
            raise InputError(what, where="domains", remedy=remedy)
    segments = segments.assign(chrom=segments["chrom"].map(known))
    used = segments[segments["state"].isin({state for wanted in states.values() for state in wanted})]
    touched = _touching(bodies, used)
    return {
        group: sorted(touched.loc[touched["state"].isin(list(wanted)), "gene_id"].unique())
        for group, wanted in states.items()
    }


def _touching(bodies: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Return ``gene_id state``, one row for each gene and segment that share a base."""
    try:
        genes, places = (
            pybedtools.BedTool.from_dataframe(frame).sort()
            for frame in (bodies[["chrom", "start", "end", "gene_id"]], segments)
        )
        met = genes.intersect(places, wa=True, wb=True)
        rows = [(feature.fields[3], feature.fields[7]) for feature in met]
    finally:
        pybedtools.cleanup()
    return pd.DataFrame(rows, columns=["gene_id", "state"], dtype=str)
