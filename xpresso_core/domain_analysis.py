"""Genes in chromatin domains beside residuals, from files to tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xpresso_core.domains import gene_bodies, genes_in_states, read_segments
from xpresso_core.gene_groups import Group
from xpresso_core.residual_analyses import write_groups


def write_domain_groups(
    residual_path: Path,
    segments: Path,
    annotation: Path,
    *,
    member: str | None,
    groups: Mapping[str, Mapping[str, Any]],
    genes_path: Path,
    facts_path: Path,
) -> None:
    """Compare the genes that lie in chromatin domains with all others; only genes of the annotation count.

    Parameters
    ----------
    residual_path
        Of `write_residuals`.
    segments, member
        See `domains.read_segments`.
    annotation
        GTF on the same assembly.
    groups
        ``states`` and ``expect`` of each, by name.
    genes_path, facts_path
        As for `write_list_groups`; the facts say how many genes with a residual the annotation lacks, and which states
        no segment has.
    """
    bodies, pieces = gene_bodies(annotation), read_segments(segments, member)
    states = {name: settings["states"] for name, settings in groups.items()}
    inside = genes_in_states(bodies, pieces, states)
    absent = {name: sorted(set(wanted) - set(pieces["state"])) for name, wanted in states.items()}
    members = [Group(name, settings["expect"], inside[name]) for name, settings in groups.items()]
    write_groups(
        residual_path,
        members,
        genes_path,
        facts_path,
        placed=set(bodies["gene_id"]),
        facts={"absent_states": absent},
    )
