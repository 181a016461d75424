"""Finding motifs in sequences: all hits that FIMO finds, a hundred times as fast and more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from xpresso_core.pssm import Pssm
from xpresso_core.sequence import Codes, N
from xpresso_core.threads import each_block

_CHUNK = 1 << 18  # bases that one tile scans before the next takes its turn
_HITS = 1 << 12

Integers = npt.NDArray[np.int32]


class Hits(NamedTuple):
    """Windows whose p-value is small enough.

    Attributes
    ----------
    matrix
        ``int32 [hit]``, the number of the matrix.
    sequence
        ``int32 [hit]``, the number of the sequence.
    start
        ``int32 [hit]``, the window's leftmost base in the sequence, 0-based.
    score
        ``int32 [hit]``, the sum of the matrix's integers; `Pssm.of_sum` says what it means.
    """

    matrix: Integers
    sequence: Integers
    start: Integers
    score: Integers

    def take(self, rows: npt.NDArray[np.int64]) -> Hits:
        """Return some of the hits."""
        return Hits(*(column[rows] for column in self))

    def one_by_one(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield the hits as plain numbers, of which only a few are in memory at a time."""
        for first in range(0, len(self.start), _HITS):
            columns = (column[first : first + _HITS].tolist() for column in self)
            yield from zip(*columns, strict=True)


class Tile(NamedTuple):
    """Matrices whose tables lie side by side, as `motif_kernel.scan_tile` takes them.

    Attributes
    ----------
    matrices
        Their numbers.
    table, pieces, widths
        For the kernel; columns beyond the matrices never hit.
    lowest
        ``int32 [column]``, the smallest sum that is a hit.
    """

    matrices: Integers
    table: npt.NDArray[np.int16]
    pieces: int
    widths: Integers
    lowest: Integers


def scan(matrices: Sequence[Pssm], sequences: Sequence[Codes]) -> Hits:
    """Find all hits of matrices in sequences.

    Parameters
    ----------
    matrices
        From `pssm.pssms`.
    sequences
        Codes ``uint8 [length]`` each, or ``uint8 [sequence, length]``. Windows with an N are passed over.

    Returns
    -------
    Hits
        By matrix, sequence and start.
    """
    hits = gather(scan_in_parts(matrices, sequences))
    return hits.take(np.lexsort((hits.start, hits.sequence, hits.matrix)))


def gather(parts: Iterable[Hits]) -> Hits:
    """Return the hits of all parts together."""
    return Hits(*(np.concatenate(columns) for columns in zip(_NONE, *parts, strict=True)))


def scan_in_parts(matrices: Sequence[Pssm], sequences: Sequence[Codes]) -> Iterator[Hits]:
    """Yield the hits of some sequences after others, within a part in no order: not all need be in memory."""
    able = [number for number, matrix in enumerate(matrices) if len(matrix.pvalues)]
    tiles = list(make_tiles(matrices, [number for number in able if fits_table(matrices[number])]))
    others = [number for number in able if not fits_table(matrices[number])]
    most_pieces = max((tile.pieces for tile in tiles), default=0)

    def work(rows: slice) -> Hits:
        chunk = _Chunk(sequences[rows], rows.start, most_pieces)
        return gather(
            [
                *(chunk.tile_hits(tile) for tile in tiles),
                *(chunk.plain_hits(number, matrices[number]) for number in others),
            ]
        )

    longest = max((len(codes) for codes in sequences), default=0)
    block = max(1, _CHUNK // (longest + 1))
    with tqdm(total=len(sequences), desc="motifs", unit=" sequences", disable=None, leave=False) as bar:
        for part in each_block(work, len(sequences), block):
            bar.update(min(block, len(sequences) - bar.n))
            yield part


_NONE = Hits(*(np.zeros(0, dtype=np.int32) for _ in range(4)))


class _Chunk:
    """Some sequences, joined by N, for tiles of no more than some pieces."""

    def __init__(self, sequences: Sequence[Codes], first: int, pieces: int = 0) -> None:
        from xpresso_core.motif_kernel import WORD, words

        self.first = first
        self.starts = np.cumsum([0, *(len(codes) + 1 for codes in sequences)])
        self.codes: Codes = np.full(self.starts[-1], N, dtype=np.uint8)
        for start, codes in zip(self.starts, sequences, strict=False):
            self.codes[start : start + len(codes)] = codes
        self.words = np.zeros(len(self.codes) + pieces * WORD, dtype=np.int16)
        self.known = np.empty(len(self.codes), dtype=np.int32)
        words(self.codes, self.words, self.known)

    def tile_hits(self, tile: Tile) -> Hits:
        """Return the hits of a tile's matrices, fast."""
        from xpresso_core.motif_kernel import scan_tile

        count, found = _HITS, np.empty((0, 3), dtype=np.int32)
        while count > len(found):
            found = np.empty((count, 3), dtype=np.int32)
            count = scan_tile(tile.table, tile.pieces, tile.widths, self.words, self.known, found)
        position, column, above = found[:count].T
        return self._hits(tile.matrices[column], position, above + tile.lowest[column])

    def plain_hits(self, number: int, matrix: Pssm) -> Hits:
        """Return the hits of one matrix, without tables: for one of any width, and to test the others against."""
        starts = np.flatnonzero(self.known >= matrix.width)
        sums = np.zeros(len(starts), dtype=np.int32)
        for offset, row in enumerate(matrix.scores):
            sums += row[self.codes[starts + offset]]
        hit = sums >= matrix.lowest
        return self._hits(np.full(hit.sum(), number, dtype=np.int32), starts[hit], sums[hit])

    def _hits(self, matrix: Integers, position: npt.NDArray[np.integer[Any]], score: Integers) -> Hits:
        sequence = np.searchsorted(self.starts, position, side="right") - 1
        start = position - self.starts[sequence]
        return Hits(matrix, (sequence + self.first).astype(np.int32), start.astype(np.int32), score)


def fits_table(matrix: Pssm) -> bool:
    """Say whether the sums of all windows, less the smallest of a hit, fit 16 bits."""
    least, most = matrix.scores.min(axis=1).sum(), matrix.scores.max(axis=1).sum()
    limits = np.iinfo(np.int16)
    return bool(limits.min <= least - matrix.lowest and most - matrix.lowest <= limits.max)


def make_tiles(matrices: Sequence[Pssm], numbers: Sequence[int]) -> Iterator[Tile]:
    """Yield the tiles of some matrices; those of a tile have equally many pieces."""
    from xpresso_core.motif_kernel import COLUMNS, WORD

    by_pieces: dict[int, list[int]] = {}
    for number in sorted(numbers, key=lambda number: matrices[number].width):
        by_pieces.setdefault(-(-matrices[number].width // WORD), []).append(number)
    for pieces, members in by_pieces.items():
        for start in range(0, len(members), COLUMNS):
            yield _tile(matrices, members[start : start + COLUMNS], pieces)


def _tile(matrices: Sequence[Pssm], members: Sequence[int], pieces: int) -> Tile:
    from xpresso_core.motif_kernel import COLUMNS, WORD

    letters = np.indices((4,) * WORD).reshape(WORD, -1)
    table = np.zeros((pieces, 4**WORD, COLUMNS), dtype=np.int32)
    table[0, :, len(members) :] = -1
    for column, matrix in enumerate(matrices[number] for number in members):
        for offset, row in enumerate(matrix.scores):
            table[offset // WORD, :, column] += row[letters[offset % WORD]]
        table[0, :, column] -= matrix.lowest
    widths = np.full(COLUMNS, np.iinfo(np.int32).max, dtype=np.int32)
    widths[: len(members)] = [matrices[number].width for number in members]
    lowest = np.array([matrices[number].lowest for number in members], dtype=np.int32)
    return Tile(np.array(members, dtype=np.int32), table.astype(np.int16).reshape(-1), pieces, widths, lowest)
