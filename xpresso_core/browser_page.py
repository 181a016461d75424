"""A page to look around in a scanned stretch: one file of HTML with igv.js that needs no network and no server.

A content security policy forbids every request, and every script but the two that the page was written with, so that
no name of a gene or a track can do more than be shown.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from xpresso_core.browser_template import PAGE, SCRIPT, STYLE
from xpresso_core.browser_tracks import SignalTrack, Track
from xpresso_core.errors import InputError
from xpresso_core.files import atomic_path
from xpresso_core.igv import OWN_FILES

HEADROOM = 0.22
"""Share of a signal's range left free above it, for the track's name."""

_LOCUS = re.compile(r"(.+):([0-9,]+)-([0-9,]+)")


def write_page(
    path: str | os.PathLike[str],
    *,
    igv: str | os.PathLike[str],
    title: str,
    assembly: str,
    sizes: Mapping[str, int],
    locus: str,
    tracks: Sequence[Track],
    note: str = "",
) -> None:
    """Write the page.

    Parameters
    ----------
    path
        The file, ``.html``. Written atomically; the same input gives the same bytes.
    igv
        The folder that `igv.fetch_igv` has filled.
    title, note
        The heading, and a sentence or two under it; plain text.
    assembly
        Its name, such as ``hg38``; only shown.
    sizes
        Lengths of the chromosomes to move along, those of the tracks among them, in bases.
    locus
        What is shown first, as biologists write it: ``chr20:1,000,000-3,000,000``, from 1 and with the end.
    tracks
        From top to bottom.

    Raises
    ------
    InputError
        If igv.js is not there, the locus cannot be read or lies outside its chromosome, there is no track, or a
        track has a chromosome without a size or goes beyond its end.
    """
    library, licence, version = _library(Path(igv))
    _check_sizes(sizes)
    _check_locus(locus, sizes)
    if not tracks:
        what = "there is no track to show"
        raise InputError(what, where=str(path), remedy="Give a SignalTrack or a FeatureTrack")
    ranges = _ranges(tracks)
    data = {
        "assembly": assembly,
        "sizes": dict(sizes),
        "locus": locus,
        "tracks": [
            track.embedded(sizes, ranges[track.unit])
            if isinstance(track, SignalTrack)
            else track.embedded(sizes)
            for track in tracks
        ],
    }
    parts = {
        "title": html.escape(title),
        "note": f"<p>{html.escape(note)}</p>" if note else "",
        "policy": f"script-src {_digest(library)} {_digest(SCRIPT)}",
        "style": STYLE,
        "data": json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"),
        "library": library,
        "script": SCRIPT,
        "version": html.escape(version),
        "licence": html.escape(licence),
    }
    text = re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], PAGE)
    with atomic_path(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")


def _library(folder: Path) -> tuple[str, str, str]:
    """Return the script of igv.js, fit to stand in a page, its licence, and its version."""
    missing = [name for name in OWN_FILES if not (folder / name).is_file()]
    if missing:
        what = f"igv.js is not there: no {', '.join(missing)}"
        raise InputError(what, where=str(folder), remedy=f"Type: python -m xpresso_core.igv {folder}")
    script, licence, version = ((folder / name).read_text(encoding="utf-8") for name in OWN_FILES)
    # The map that the last line points to is not in the page: a browser's developer tools would ask for it.
    script = re.sub(r"\s*//# sourceMappingURL=\S*\s*\Z", "\n", script)
    # These would end the script for the reader of HTML; as JavaScript they can stand in strings only.
    return re.sub(r"<(?=/script|!--)", r"\\x3c", script, flags=re.IGNORECASE), licence, version.strip()


def _digest(script: str) -> str:
    """Return what a content security policy names a script by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _check_sizes(sizes: Mapping[str, int]) -> None:
    bad = [name for name, size in sizes.items() if size <= 0 or not re.fullmatch(r"[^\s:,]+", name)]
    if bad or not sizes:
        what = f"{bad[0]!r} cannot be moved along" if bad else "there is no chromosome"
        remedy = "Give names without blanks, commas and colons, and lengths above zero"
        raise InputError(what, where="chromosome sizes", remedy=remedy)


def _check_locus(locus: str, sizes: Mapping[str, int]) -> None:
    found = _LOCUS.fullmatch(locus)
    chrom, first, last = found.groups() if found else ("", "0", "0")
    start, end = (int(number.replace(",", "") or "0") for number in (first, last))
    if chrom not in sizes or not 1 <= start <= end <= sizes[chrom]:
        what = f"{locus!r} is no place on the chromosomes shown"
        known = ", ".join(f"{name} ({size:,} bases)" for name, size in list(sizes.items())[:8])
        raise InputError(
            what, where="locus", remedy=f"Write it as chr20:1,000,000-3,000,000; there are: {known}"
        )


def _ranges(tracks: Sequence[Track]) -> dict[str, tuple[float, float]]:
    """Return the common range of all signals of a unit, which begins at or below zero, with room for the names."""
    ranges: dict[str, tuple[float, float]] = {}
    for track in tracks:
        if isinstance(track, SignalTrack):
            low, high = ranges.get(track.unit, (0.0, 0.0))
            lowest, highest = track.range
            ranges[track.unit] = (min(low, lowest), max(high, highest))
    return {unit: _rounded(low, high) for unit, (low, high) in ranges.items()}


def _rounded(low: float, high: float) -> tuple[float, float]:
    span = (high - low) or 1.0
    digits = 1 - math.floor(math.log10(span))
    high += HEADROOM * span
    return math.floor(low * 10**digits) / 10**digits, math.ceil(high * 10**digits) / 10**digits
