"""From a model, a genome and regions to tracks."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from xpresso_core.errors import InputError
from xpresso_core.genome import Genome
from xpresso_core.provenance import versions
from xpresso_core.regions import Region, merge_regions, parse_region
from xpresso_core.scan import Scanner, Units
from xpresso_core.scan_blocks import (
    Block,
    BlockStore,
    ScanSettings,
    blocks_of_regions,
    facts_of,
    inside,
    loaded,
    open_store,
    scan_blocks,
)
from xpresso_core.track_writer import write_tracks
from xpresso_core.tracks import Stretch

log = logging.getLogger(__name__)


class Scanned(NamedTuple):
    """What a scan has done.

    Attributes
    ----------
    bins
        Bins with a value, on both strands together.
    unit
        Of the values.
    """

    bins: int
    unit: str


def scan_regions(
    settings: ScanSettings,
    regions: Sequence[Region],
    prefix: str | os.PathLike[str],
    *,
    inside_only: bool = False,
    bedgraph: bool = False,
    offset: float = 0.0,
    processes: int | None = None,
    progress: bool = True,
    tell: Callable[[str], None] = log.info,
) -> Scanned:
    """Predict every position of regions that is a multiple of the step, and write the tracks.

    Parameters
    ----------
    settings
        What is scanned with what.
    regions
        In any order; those that overlap are scanned once.
    prefix
        What the files are called (`tracks.write_tracks`). Finished blocks lie in ``PREFIX.partial`` until all are
        done.
    inside_only
        Only windows that lie within their region as a whole, as in the paper.
    bedgraph, offset
        See `tracks.write_tracks`.
    processes, progress
        See `scan_blocks.scan_blocks`.
    tell
        Called with what users should know: before anything is computed, that each window is computed by itself and
        why, or that a scan goes on; and what stays of one that is interrupted.

    Returns
    -------
    Scanned
        What was done.

    Raises
    ------
    InputError
        If the model or the genome cannot be used, no position lies in a region, or files cannot be written.
    """
    scanner, genome, checksums = loaded(settings)
    merged = merge_regions(regions, genome)
    blocks = blocks_of_regions(merged, settings.step)
    if not blocks:
        what = f"no multiple of {settings.step:,} lies in the regions"
        raise InputError(what, where="regions", remedy="Choose longer regions or a smaller step")
    if scanner.plain_reason:
        tell(f"each window is computed by itself, which takes longer: {scanner.plain_reason}")
    depends = facts_of(settings, scanner, genome, checksums)
    facts = {
        "unit": scanner.unit,
        "units": scanner.units,
        "step": scanner.step,
        "window": scanner.window._asdict(),
        "regions": [str(region) for region in (regions if inside_only else merged)],
        "inside": inside_only,
        "max_unknown": settings.max_unknown,
        "model": {"name": scanner.name or Path(settings.model).name, "sha256": checksums},
        "genome": Path(settings.genome).name,
        "each_window_by_itself": scanner.plain_reason or None,
        "versions": versions(),
    }
    with open_store(Path(f"{prefix}.partial"), depends) as store:
        finished = sum(map(store.has, blocks))
        if finished:
            tell(f"{finished:,} of {len(blocks):,} blocks are there from a scan that was interrupted")
        stretches = _Stretches(store, blocks, scanner, regions if inside_only else None)
        try:
            scan_blocks(settings, blocks, store, processes=processes, progress=progress)
            bins = write_tracks(prefix, stretches, genome.sizes, facts, bedgraph=bedgraph, offset=offset)
        except (KeyboardInterrupt, OSError):
            if any(map(store.has, blocks)):
                tell(f"finished blocks stay in {store.folder}; the same scan goes on there")
            raise
    if not bins:
        what = "on one of the strands no window has enough known bases for a prediction"
        what += ", or none lies within a region" * inside_only
        remedy = "Choose other or longer regions, or allow more unknown bases"
        raise InputError(what, where=str(prefix), remedy=remedy)
    return Scanned(bins, scanner.unit)


def scan_configured(
    model: Path,
    genome: Path,
    prefix: Path,
    *,
    regions: Sequence[str],
    step: int,
    units: Units,
    max_unknown: float,
) -> None:
    """Scan as a configuration says; regions are as browsers write them."""
    with Genome(genome) as sequence:
        parsed = [parse_region(text, sequence) for text in regions]
    scan_regions(ScanSettings(str(model), str(genome), step, units, max_unknown), parsed, prefix)


class _Stretches:
    """The finished blocks, one after the other, as often as asked."""

    def __init__(
        self, store: BlockStore, blocks: Sequence[Block], scanner: Scanner, regions: Sequence[Region] | None
    ) -> None:
        self._store, self._blocks, self._scanner, self._regions = store, blocks, scanner, regions

    def __iter__(self) -> Iterator[Stretch]:
        for block in self._blocks:
            positions, strands = block.positions(self._scanner.step), self._store.load(block)
            if self._regions is not None:
                regions = [region for region in self._regions if region.chrom == block.chrom]
                for strand, values in zip("+-", strands, strict=True):
                    within = [inside(one, positions, self._scanner.window, strand) for one in regions]
                    values[~np.any(within, axis=0)] = np.nan
            yield Stretch(block.chrom, positions, *strands)
