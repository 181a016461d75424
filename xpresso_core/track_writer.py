"""Writing the tracks of a scan: all files, or none."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from xpresso_core.bigwig_writer import Entry, write_bigwig
from xpresso_core.files import atomic_path, write_json
from xpresso_core.tracks import FORMAT, FORMAT_VERSION, STRAND_NAMES, Floats, Positions, Stretch, track_files


class Bins(NamedTuple):
    """Bins with a value: their chromosome, and ``[bin]`` arrays of 0-based, half-open intervals and float32 values."""

    chrom: str
    start: Positions
    end: Positions
    value: Floats


def bins_of(stretch: Stretch, strand: str, step: int, size: int) -> Bins:
    """Return the bins of a strand that have a value.

    Parameters
    ----------
    stretch, strand
        Predictions, and ``+`` or ``-``.
    step
        Bases per bin.
    size
        Bases of the chromosome, which no bin leaves.
    """
    values = stretch.strand(strand)
    there = ~np.isnan(values)
    start = stretch.positions[there] - step // 2
    return Bins(stretch.chrom, np.maximum(start, 0), np.minimum(start + step, size), values[there])


def write_tracks(
    prefix: str | os.PathLike[str],
    stretches: Iterable[Stretch],
    sizes: Mapping[str, int],
    facts: Mapping[str, Any],
    *,
    bedgraph: bool = False,
    offset: float = 0.0,
) -> int:
    """Write the tracks of a scan: all files, or none.

    Parameters
    ----------
    prefix
        What the names of the files begin with (`track_files`).
    stretches
        In the order of `sizes` and of their positions; they may be many, and are held one at a time. Read once for
        each file, so no iterator that is used up.
    sizes
        Bases of each chromosome.
    facts
        What to keep in ``PREFIX.json``: ``step``, ``unit``, and whatever tells where values come from.
    bedgraph
        Write bedGraph, too; otherwise bedGraph of an earlier scan of this prefix is removed.
    offset
        Added to the values of bedGraph alone; the paper's files have 1.

    Returns
    -------
    int
        How many bins have a value, on both strands together; 0, and nothing is written, if a strand has none.

    Raises
    ------
    InputError
        If the files cannot be written.
    """
    files, step = track_files(prefix), int(facts["step"])
    bins = {strand: _BinsOf(stretches, strand, step, sizes) for strand in STRAND_NAMES}
    counts = {strand: sum(len(part.value) for part in bins[strand]) for strand in STRAND_NAMES}
    if not all(counts.values()):
        return 0
    with ExitStack() as stack:
        for strand in STRAND_NAMES:
            draft = stack.enter_context(atomic_path(files.bigwig[strand]))
            write_bigwig(draft, _entries(bins[strand]), counts[strand], sizes)
            if bedgraph:
                draft = stack.enter_context(atomic_path(files.bedgraph[strand]))
                added = f" + {offset:g}" if offset else ""
                head = (
                    f'track type=bedGraph name="{Path(prefix).name} {strand}"'
                    f' description="{strand} strand, {facts["unit"]}{added}"'
                )
                _write_bedgraph(draft, bins[strand], head, offset)
        draft = stack.enter_context(atomic_path(files.facts))
        # Pairs keep the order of the genome, which the sorted keys of JSON would not.
        record = {"format": FORMAT, "format_version": FORMAT_VERSION, **facts, "sizes": list(sizes.items())}
        by_name = {STRAND_NAMES[strand]: count for strand, count in counts.items()}
        write_json({**record, "bins": by_name}, draft)
    if not bedgraph:  # one of an earlier scan would not belong to these files
        for path in files.bedgraph.values():
            path.unlink(missing_ok=True)
    return sum(counts.values())


class _BinsOf:
    """The bins of a strand, stretch by stretch, as often as asked."""

    def __init__(
        self, stretches: Iterable[Stretch], strand: str, step: int, sizes: Mapping[str, int]
    ) -> None:
        self._stretches, self._strand, self._step, self._sizes = stretches, strand, step, sizes

    def __iter__(self) -> Iterator[Bins]:
        for stretch in self._stretches:
            yield bins_of(stretch, self._strand, self._step, self._sizes[stretch.chrom])


def _entries(bins: Iterable[Bins]) -> Iterator[Entry]:
    for part in bins:
        columns = (part.start.tolist(), part.end.tolist(), part.value.tolist())
        yield from ((part.chrom, *row) for row in zip(*columns, strict=True))


def _write_bedgraph(path: Path, bins: Iterable[Bins], head: str, offset: float) -> None:
    with path.open("w", encoding="utf-8") as handle:
        handle.write(head + "\n")
        for part in bins:
            values = (part.value.astype(np.float64) + offset).tolist()
            rows = zip(part.start.tolist(), part.end.tolist(), values, strict=True)
            handle.writelines(f"{part.chrom}\t{start}\t{end}\t{value:.15g}\n" for start, end, value in rows)
