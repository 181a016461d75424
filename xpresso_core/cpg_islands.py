"""CpG islands called from sequence: windows rich in G+C in which CpG is not as rare as elsewhere.

The rule is that of Gardiner-Garden and Frommer 1987 (J. Mol. Biol. 196:261): a moving window of 200 bases, moved
by one base, with G+C above 50 % and an observed over expected CpG above 0.6.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from xpresso_core.bed import bed_rows
from xpresso_core.errors import InputError
from xpresso_core.files import atomic_path, require_columns
from xpresso_core.sequence import LETTERS, Codes, N

ISLAND_COLUMNS = ("chrom", "start", "end")
"""Columns of a table of islands; 0-based, half-open."""

Integers = npt.NDArray[np.int64]

_C, _G = LETTERS.index("C"), LETTERS.index("G")
_CHUNK = 1 << 17  # windows counted at a time: their sums stay in the processor's cache
_LARGEST_WINDOW = 100_000  # products of the counts of larger windows could leave 64 bits
_FINEST = 10_000
_LARGEST_RATIO = 100
_REMEDY = "Give BED with at least three columns: chromosome, start, end"


@dataclass(frozen=True)
class IslandRule:
    """What makes a stretch of DNA a CpG island.

    Parameters
    ----------
    length
        Bases of the moving window, and least bases of an island: 2 to 100,000.
    gc
        The share of G+C must be above this: 0 to 1. Taken as the nearest fraction with a denominator of at most
        10,000, so that a stretch with exactly this share is never above it by rounding.
    ratio
        Observed over expected CpG, CpGs * length / (Cs * Gs), must be above this: 0 to 100, taken like `gc`.
        Without C or G nothing is expected, and the stretch does not qualify.

    Raises
    ------
    InputError
        If a number is out of its bounds.
    """

    length: int = 200
    gc: float = 0.5
    ratio: float = 0.6

    def __post_init__(self) -> None:
        bounds = {"length": (2, _LARGEST_WINDOW), "gc": (0, 1), "ratio": (0, _LARGEST_RATIO)}
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if not low <= value <= high or (name == "length" and value != int(value)):
                what = f"{name} is {value}"
                remedy = f"Give a {'whole ' * (name == 'length')}number from {low:,} to {high:,}"
                raise InputError(what, where="rule of CpG islands", remedy=remedy)


class _Fractions(NamedTuple):
    """A rule in whole numbers."""

    length: int
    gc: Fraction
    ratio: Fraction


class _Counts(NamedTuple):
    """Bases and pairs of stretches: whole numbers, or arrays of them."""

    c: int | Integers
    g: int | Integers
    cpg: int | Integers


def call_islands(codes: Codes, rule: IslandRule | None = None) -> Integers:
    """Find the CpG islands of a chromosome or another stretch of DNA.

    All windows of ``rule.length`` bases that meet the rule are found, at every position, and those that overlap or
    touch are joined. That can take in too much: two windows that each meet the rule, with poor ends, may not do so
    together. The paper leaves open what to do then, and EMBOSS newcpgreport and cpgplot, which report a run of windows
    without looking at it as a whole, do nothing. Here, every island meets the rule as a whole:

    1. A joined stretch that meets the rule is an island.
    2. If it does not, one base is cut off at both ends again and again until the rest meets the rule or is shorter
       than a window, as Takai and Jones 2002 do (PNAS 99:3740). The rest is an island.
    3. If no such rest meets the rule, the window nearest the middle of the stretch that does is an island. Of two
       equally near it is the one with more CpGs, then the first.
    4. What 2 and 3 leave on either side is searched anew, as if it were all there is.

    So every stretch gives one island or more, and DNA and its reverse complement give mirrored islands (but for two
    windows that are equal in all that step 3 compares).

    Parameters
    ----------
    codes
        ``uint8 [length]``, A C G T N = 0..4. N is no base of any kind, and a window with any N does not qualify, so
        that no island holds one.
    rule
        The default is the paper's.

    Returns
    -------
    numpy.ndarray
        ``int64 [island, 2]``, start and end, 0-based, half-open, from left to right. Islands do not overlap; those
        that step 4 finds may touch. The work takes about one byte per base besides the islands.

    Raises
    ------
    InputError
        If `codes` is not a row of codes.
    """
    if codes.ndim != 1 or codes.dtype != np.uint8 or (codes.size and codes.max() > N):
        what = "the sequence is not a row of the codes 0 to 4 (uint8)"
        raise InputError(what, where="CpG islands", remedy="Give what sequence.encode makes of letters")
    rule = rule or IslandRule()
    exact = _Fractions(
        int(rule.length), *(Fraction(str(float(x))).limit_denominator(_FINEST) for x in (rule.gc, rule.ratio))
    )
    found = [island for stretch in _joined(codes, exact) for island in _islands_of(codes, stretch, exact)]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _meets(counts: _Counts, length: int, rule: _Fractions) -> bool | npt.NDArray[np.bool_]:
    """Tell which stretches of a length meet the rule, in whole numbers."""
    rich = (counts.c + counts.g) * rule.gc.denominator > rule.gc.numerator * length
    expected = counts.c * counts.g * rule.ratio.numerator
    kept = counts.cpg * (length * rule.ratio.denominator) > expected
    return rich & kept


def _stretch_counts(codes: Codes) -> _Counts:
    """Count a stretch."""
    c, g = codes == _C, codes == _G
    # Plain integers, which do not overflow however long the stretch is.
    return _Counts(*(int(np.count_nonzero(x)) for x in (c, g, c[:-1] & g[1:])))


def _window_counts(codes: Codes, length: int) -> _Counts:
    """Count every window of a length of at least 2: ``int64 [codes.size - length + 1]`` each."""
    c, g = codes == _C, codes == _G
    return _Counts(_moving(c, length), _moving(g, length), _moving(c[:-1] & g[1:], length - 1))


def _moving(flags: npt.NDArray[np.bool_], length: int) -> Integers:
    """Count the flags in every window of a length."""
    sums: Integers = np.concatenate([[0], np.cumsum(flags, dtype=np.int64)])
    return sums[length:] - sums[: sums.size - length]


def _qualifying(codes: Codes, rule: _Fractions) -> Integers:
    """Return the starts of the windows that meet the rule, in order."""
    if codes.size < rule.length:
        return np.empty(0, dtype=np.int64)
    met = _meets(_window_counts(codes, rule.length), rule.length, rule)
    known = _moving(codes == N, rule.length) == 0
    return np.flatnonzero(met & known).astype(np.int64)


def _joined(codes: Codes, rule: _Fractions) -> list[tuple[int, int]]:
    """Return start and end of the stretches of overlapping or touching windows that meet the rule."""
    stretches: list[tuple[int, int]] = []
    chunk = max(_CHUNK, rule.length)
    for first in range(0, codes.size - rule.length + 1, chunk):
        starts = first + _qualifying(codes[first : first + chunk + rule.length - 1], rule)
        for run in np.split(starts, np.flatnonzero(np.diff(starts) > rule.length) + 1):
            if not run.size:
                continue
            start, end = int(run[0]), int(run[-1]) + rule.length
            # A stretch may have begun in the chunk before.
            joins = bool(stretches) and start <= stretches[-1][1]
            begin = stretches.pop()[0] if joins else start
            stretches.append((begin, end))
    return stretches


def _islands_of(codes: Codes, stretch: tuple[int, int], rule: _Fractions) -> list[tuple[int, int]]:
    """Return the islands of a joined stretch; see `call_islands`."""
    start, end = stretch
    if _meets(_stretch_counts(codes[start:end]), end - start, rule):
        return [stretch]
    left, right = _middle_part(codes[start:end], rule)
    found = [(start + left, start + right)]
    for low, high in ((start, start + left), (start + right, end)):
        for first, last in _joined(codes[low:high], rule):
            found += _islands_of(codes, (low + first, low + last), rule)
    return sorted(found)


def _middle_part(codes: Codes, rule: _Fractions) -> tuple[int, int]:
    """Return the part of a joined stretch that steps 2 and 3 of `call_islands` keep."""
    size = codes.size
    counts = _stretch_counts(codes)
    for cut in range(1, (size - rule.length) // 2 + 1):
        counts = _without_ends(codes[cut - 1 : size - cut + 1], counts)
        if _meets(counts, size - 2 * cut, rule):
            return cut, size - cut
    starts = _qualifying(codes, rule)
    cpgs = np.asarray(_window_counts(codes, rule.length).cpg)[starts]
    off_middle = np.abs(2 * starts + rule.length - size)
    best = int(starts[np.lexsort((starts, -cpgs, off_middle))[0]])
    return best, best + rule.length


def _without_ends(codes: Codes, counts: _Counts) -> _Counts:
    """Take the first and the last base of a stretch of three bases or more from its counts."""
    first, second, *_ = codes[:2].tolist()
    before, last = codes[-2:].tolist()
    return _Counts(
        counts.c - (first == _C) - (last == _C),
        counts.g - (first == _G) - (last == _G),
        counts.cpg - (first == _C and second == _G) - (before == _C and last == _G),
    )


def in_islands(chrom: npt.ArrayLike, position: npt.ArrayLike, islands: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which places are inside an island, ``bool [place]``.

    Parameters
    ----------
    chrom, position
        Name of the chromosome and 0-based position of each place, ``[place]``.
    islands
        `ISLAND_COLUMNS`, names spelt as in `chrom`, in any order; they may overlap.
    """
    names, x = np.asarray(chrom, dtype=object), np.asarray(position, dtype=np.int64)
    inside = np.zeros(x.size, dtype=np.bool_)
    for name, part in islands.sort_values("start").groupby("chrom"):
        here = np.flatnonzero(names == name)
        # An island that starts farther left may reach farther right.
        reach = np.maximum.accumulate(part["end"].to_numpy(np.int64))
        before = np.searchsorted(part["start"].to_numpy(np.int64), x[here], side="right") - 1
        inside[here] = (before >= 0) & (x[here] < reach[before])
    return inside


def read_islands(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read CpG islands from a BED file of three columns or more; see `bed.bed_rows`.

    Returns
    -------
    pandas.DataFrame
        `ISLAND_COLUMNS` in the order of the file: text, int64, int64. A file without intervals gives no rows: a
        genome may have no island.

    Raises
    ------
    InputError
        If the file cannot be read or a line is malformed (with the line).
    """
    rows = [(chrom, start, end) for chrom, start, end, _, _ in bed_rows(path, 3, _REMEDY)]
    frame = pd.DataFrame(rows, columns=list(ISLAND_COLUMNS))
    return frame.astype({"chrom": str, "start": np.int64, "end": np.int64})


def write_islands(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write the columns `ISLAND_COLUMNS` as BED, atomically; a table without rows gives an empty file."""
    if len(frame):
        require_columns(frame, ISLAND_COLUMNS, "CpG islands")
    with atomic_path(path) as draft:
        frame.reindex(columns=list(ISLAND_COLUMNS)).to_csv(draft, sep="\t", header=False, index=False)
