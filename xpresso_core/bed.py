"""Reading BED files line by line."""

from __future__ import annotations

import os
from collections.abc import Iterator

from xpresso_core.errors import InputError
from xpresso_core.files import open_text


def bed_rows(
    path: str | os.PathLike[str], columns: int, remedy: str, member: str | None = None
) -> Iterator[tuple[str, int, int, list[str], str]]:
    """Read the lines of a BED file.

    Parameters
    ----------
    path
        BED (plain, gzip, bgzip, zip; ``-`` is standard input), split at blanks and tabs. Empty lines, comments
        (``#``) and the words to a browser (``track``, ``browser``) are passed over.
    columns
        How many columns a line must have at least.
    remedy
        What to say in errors.
    member
        The file within a zip archive of several.

    Yields
    ------
    tuple
        Chromosome, start, end (0-based, half-open), all fields, and the place of the line for errors.

    Raises
    ------
    InputError
        If a line has fewer columns, bounds that are no whole numbers, or no bases; with file and line.
    """
    with open_text(path, member) as handle:
        for number, line in enumerate(handle, 1):
            fields = line.split()
            if not fields or fields[0].startswith("#") or fields[0] in ("track", "browser"):
                continue
            where = f"{path}, line {number}"
            if len(fields) < columns:
                what = f"the line has {len(fields)} columns"
                raise InputError(what, where=where, remedy=remedy)
            if not all(field.isascii() and field.isdecimal() for field in fields[1:3]):
                what = f"{' and '.join(fields[1:3])} are no start and end"
                raise InputError(what, where=where, remedy=remedy)
            start, end = int(fields[1]), int(fields[2])
            if start >= end:
                what = f"the interval {start}-{end} has no bases"
                raise InputError(what, where=where, remedy=remedy)
            yield fields[0], start, end, fields, where
