"""TargetScan: its table of predicted microRNA targets, and the way it names microRNA families."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xpresso_core.errors import InputError
from xpresso_core.files import open_binary, require_columns

_WANTED = {
    "gene symbol": "symbol",
    "mirna family": "seed",
    "species id": "taxon",
    "cumulative weighted context++ score": "score",
    "representative mirna": "representative",
}
"""What the columns that are read are called in the file, in lower case, and here."""

NO_VALUE = "NULL"
"""What the file has in place of a score that could not be computed."""

CLEAR_ARM = 0.85
"""Share of the reads of a number from which one arm is *the* microRNA of that number, and its name needs no arm."""

_MATURE = re.compile(
    r"(?:[a-z]{3,4}-)?(?P<kind>miR|let|lin)-(?P<number>\d+)"
    r"(?P<letter>[a-z]*)(?P<copy>(?:-\d+(?!\d*p))?)(?P<arm>(?:-[35]p)?)(?P<rest>.*)"
)


class Targets(NamedTuple):
    """Predicted targets of one species.

    Attributes
    ----------
    table
        ``symbol seed score representative`` (str, str, float64, str), in the order of the file.
    without_score
        Rows of the species that were left out, because the file has no score for them.
    """

    table: pd.DataFrame
    without_score: int


def read_summary_counts(path: str | os.PathLike[str], taxon: int) -> Targets:
    """Read the predicted targets of one species from TargetScan's ``Summary_Counts`` file.

    Parameters
    ----------
    path
        The file, plain, gzip or alone in a zip archive, with a header; columns are found by name. Its column
        ``miRNA family`` holds the seed, positions 2 to 8 of the microRNA, in RNA letters.
    taxon
        Number of the species at NCBI: 9606 is human, 10090 mouse.

    Returns
    -------
    Targets
        `score` is the cumulative weighted context++ score, at most 0; `representative` is a microRNA of the family. A
        gene has one row per family and representative transcript.

    Raises
    ------
    InputError
        If a column or the species is missing, a seed is none, a score is no number, or a score is
        above 0.
    """
    frame = _read(path)
    taxa = _numbers(path, frame["taxon"], "Species ID")
    mine = taxa == taxon
    if not mine.any():
        what = f"has no targets of taxon {taxon}"
        present = ", ".join(f"{number:g}" for number in np.unique(taxa))
        raise InputError(what, where=str(path), remedy=f"It has the taxa: {present}")
    scored = (frame["score"] != NO_VALUE).to_numpy()
    frame = frame[mine & scored]
    _check(
        path,
        frame["seed"],
        "miRNA family",
        frame["seed"].cat.categories.str.fullmatch("[ACGU]{7}"),
        "no seed",
    )
    score = _numbers(path, frame["score"], "Cumulative weighted context++ score", highest=0.0)
    names = {name: frame[name].astype(str) for name in ("symbol", "seed", "representative")}
    table = pd.DataFrame({**names, "score": score})[["symbol", "seed", "score", "representative"]]
    return Targets(table.reset_index(drop=True), int((mine & ~scored).sum()))


def _read(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read the wanted columns as categories: few different texts in many rows are read fast and checked once each."""
    with open_binary(path) as handle:
        first = handle.readline()
        header = first.decode("utf-8-sig", errors="replace").rstrip("\r\n").split("\t")
        names = [" ".join(name.lower().split()) for name in header]
        missing = [name for name in _WANTED if name not in names]
        if missing:
            what = f"lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
            remedy = f"Give TargetScan's Summary_Counts file; this one has: {', '.join(header)[:300]}"
            raise InputError(what, where=str(path), remedy=remedy)
        try:
            frame = pd.read_csv(
                handle,
                sep="\t",
                header=None,
                usecols=sorted(names.index(name) for name in _WANTED),
                dtype="category",
                na_filter=False,
                quoting=3,
            )
        except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
            what = f"is not a tab-separated table with rows ({' '.join(str(error).split())})"
            raise InputError(what, where=str(path), remedy="Fetch it again") from error
    return frame.rename(columns={names.index(name): short for name, short in _WANTED.items()})


def _numbers(
    path: str | os.PathLike[str], column: pd.Series, title: str, highest: float = np.inf
) -> NDArray[np.float64]:
    """Return a column of categories as finite numbers."""
    texts = pd.Series(column.cat.categories, dtype=str)
    values = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64)
    _check(path, column, title, np.isfinite(values), "no number")
    _check(path, column, title, ~(values > highest), f"above {highest:g}")
    numbers: NDArray[np.float64] = values[column.cat.codes.to_numpy()]
    return numbers


def _check(
    path: str | os.PathLike[str], column: pd.Series, title: str, good: NDArray[np.bool_], what: str
) -> None:
    """Raise `InputError` at the first row whose category is not a good one."""
    bad = np.flatnonzero(~good[column.cat.codes.to_numpy()])
    if bad.size:
        row = column.index[bad[0]] + 1
        message = f"{title} is {what}: {column.iloc[bad[0]]!r}"
        remedy = "Fetch TargetScan's Summary_Counts file again"
        raise InputError(message, where=f"{path}, row {row} below the header", remedy=remedy)


def family_names(counts: pd.DataFrame) -> pd.Series:
    """Name the microRNAs that share a seed, much as TargetScan does.

    The name lists the members that have reads (all, if none has) by number, without the species, as in
    ``miR-291a-3p/294/295/302abd`` or ``let-7/98``. Letters are written only where another family of the table has
    a member with the same number and arm. The arm, ``-5p`` or ``-3p``, is written only where the family's members of
    that number have less than `CLEAR_ARM` of the reads of themselves and of the number's other arm. The number of a
    copy, as in ``let-7a-1``, is written where another copy is in another family. What is not named like a microRNA of
    miRBase is written in full. ``miR-`` stands in front once, and not after ``let-``.

    Parameters
    ----------
    counts
        ``mirna seed rpm`` of one species (str, str, reads per million), one row per mature microRNA.

    Returns
    -------
    pandas.Series
        str ``[family]``, by seed.

    Raises
    ------
    InputError
        If a column is missing or there are no rows.
    """
    require_columns(counts, ("mirna", "seed", "rpm"), "microRNA counts")
    table = counts[["mirna", "seed", "rpm"]].reset_index(drop=True)
    table = table.join(table["mirna"].str.extract(_MATURE).fillna(""))
    members = [_Member(*row) for row in table.itertuples(index=False, name=None)]
    kin = defaultdict(list)
    by_seed = defaultdict(list)
    for member in members:
        by_seed[member.seed].append(member)
        if member.regular:
            kin[member.kind, member.number].append(member)
    names = {seed: _family_name(by_seed[seed], kin) for seed in sorted(by_seed)}
    return pd.Series(names, name="family", dtype=str).rename_axis("seed")


class _Member(NamedTuple):
    """A microRNA and the parts of its name, as `_MATURE` has them."""

    mirna: str
    seed: str
    rpm: float
    kind: str
    number: str
    letter: str
    copy: str
    arm: str
    rest: str

    @property
    def regular(self) -> bool:
        """Whether the name is nothing but those parts."""
        return bool(self.number) and not self.rest


def _family_name(family: list[_Member], kin: Mapping[tuple[str, str], list[_Member]]) -> str:
    named = [member for member in family if member.rpm > 0] or family
    parts = defaultdict(list)
    items: list[tuple[float, str, str]] = []
    for one in named:
        if one.regular:
            parts[one.kind, one.number, one.arm].append(one)
        elif one.kind:
            items.append((int(one.number), one.kind, one.mirna.partition(f"{one.kind}-")[2]))
        else:  # no name of miRBase
            items.append((np.inf, "", one.mirna))
    for (kind, number, arm), part in parts.items():
        same = kin[kind, number]
        endings = _endings(part, [one for one in same if one.arm == arm and one.seed != part[0].seed])
        reads = sum(one.rpm for one in part)
        both = reads + sum(one.rpm for one in same if one.arm != arm)
        written = "" if both and reads / both >= CLEAR_ARM else arm
        items += [(int(number), kind, f"{number}{ending}{written}") for ending in endings]
    items.sort()
    first = items[0][1]
    texts = [f"{first}-{items[0][2]}" if first else items[0][2]]
    texts += [text if kind in ("", "miR", first) else f"{kind}-{text}" for _, kind, text in items[1:]]
    return "/".join(texts)


def _endings(part: list[_Member], others: list[_Member]) -> list[str]:
    """Return what to write after a number: nothing, letters in one word, or letters with the number of the copy."""
    if not others:
        return [""]
    shared = {one.letter for one in others}
    copies = sorted({one.letter + one.copy for one in part if one.letter in shared})
    whole = sorted({one.letter for one in part} - shared)
    bare = [""] if "" in whole else []
    return [*bare, *(["".join(whole)] if any(whole) else []), *copies]
