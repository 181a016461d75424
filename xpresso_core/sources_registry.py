"""The registry of sources: one row for each file that can be fetched, checked as it is read."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path

from xpresso_core.biomart import read_query
from xpresso_core.download import is_remote
from xpresso_core.errors import InputError
from xpresso_core.files import sha256

UNKNOWN = "unknown"
DATA_DIR = "{data_dir}"
DATA_DIR_VARIABLE = "XPRESSO_DATA"
STAGES = (
    "reference",
    "promoters",
    "expression",
    "dataset",
    "search",
    "training",
    "baselines",
    "reporter",
    "residuals",
    "interpretation",
    "tracks",
)


@dataclass(frozen=True)
class Source:
    """One row of the registry: a file, where it lies, and what it is.

    Attributes
    ----------
    id
        The name by which a configuration asks for it.
    url, fallback_url
        An http(s) or ftp address or an absolute path; ``{data_dir}`` stands for the data folder.
        The second may be empty.
    query
        What a BioMart service at the address is asked, as XML text; empty for a file. The registry itself
        holds the path of a file with that text, from the registry's own folder.
    checksum
        ``sha256:`` or ``md5:`` and lower-case hexadecimal digits, or ``unknown``.
    release, licence, citation, description
        For people: version, terms of use, whom to cite, and what it is.
    used_by
        The stages that read it, separated by commas.
    """

    id: str
    url: str
    fallback_url: str = ""
    query: str = ""
    checksum: str = UNKNOWN
    release: str = UNKNOWN
    licence: str = UNKNOWN
    citation: str = UNKNOWN
    used_by: str = ""
    description: str = ""


COLUMNS = tuple(field.name for field in fields(Source))
MAY_BE_EMPTY = ("fallback_url", "query")


def read_registry(path: str | os.PathLike[str]) -> dict[str, Source]:
    """Read and check a registry: a tab-separated table with the columns of `Source`, by id.

    Raises
    ------
    InputError
        If a row, or the query file that it names, cannot be used; the message names the file and the line.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        what = f"the registry of sources cannot be read ({error})"
        raise InputError(what, where=str(path), remedy="Give a UTF-8 text file") from error
    registry: dict[str, Source] = {}
    for number, line in enumerate(lines or [""], 1):
        where = f"{path}, line {number}"
        cells = [cell.strip() for cell in line.split("\t")]
        problem = _row_problem(cells, registry) if number > 1 else _header_problem(cells)
        if problem:
            remedy = f"The columns are, separated by tabs: {', '.join(COLUMNS)}"
            raise InputError(problem, where=where, remedy=remedy)
        if number > 1:
            source = Source(*cells)
            query = _query_text(Path(path).parent / source.query, where) if source.query else ""
            registry[source.id] = replace(source, checksum=source.checksum.lower(), query=query)
    return registry


def checksum_problem(checksum: str) -> str:
    """Say what is wrong with a checksum, or nothing where it is well formed."""
    if re.fullmatch(r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}|unknown", checksum, re.IGNORECASE):
        return ""
    return f"checksum {checksum!r} is none of sha256:<64 hexadecimal digits>, md5:<32> and 'unknown'"


def checksum_of(path: str | os.PathLike[str], kind: str) -> str:
    """Return the checksum of a file as a registry writes it; `kind` is ``sha256`` or ``md5``."""
    if kind == "sha256":
        return f"sha256:{sha256(path)}"
    with Path(path).open("rb") as handle:  # what some providers publish; good enough against broken transfers
        return f"md5:{hashlib.file_digest(handle, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()}"


def data_folder(data_dir: str | os.PathLike[str] | None) -> Path | None:
    """Return the data folder of the configuration, else that of the environment, if one is set."""
    folder = str(data_dir or os.environ.get(DATA_DIR_VARIABLE, ""))
    return Path(folder).expanduser().absolute() if folder else None


def expand_place(text: str, data_dir: str | os.PathLike[str] | None, where: str, about: str = "it") -> str:
    """Put the data folder where a place says ``{data_dir}``.

    Parameters
    ----------
    text
        An address or a path.
    data_dir
        The data folder; where empty, the environment variable ``XPRESSO_DATA`` counts.
    where, about
        What asks for it and what it is, for the message.

    Raises
    ------
    InputError
        If the data folder is needed and not set.
    """
    if DATA_DIR not in text:
        return text
    folder = data_folder(data_dir)
    if folder is None:
        what = f"{about} lies in the data folder, and that is not set"
        remedy = f"Set data_dir in the configuration, or the environment variable {DATA_DIR_VARIABLE}"
        raise InputError(what, where=where, remedy=remedy)
    return text.replace(DATA_DIR, str(folder))


def _query_text(path: Path, where: str) -> str:
    try:
        return read_query(path)
    except InputError as error:
        raise InputError(error.what, where=f"{where}, query {error.where}", remedy=error.remedy) from error


def _header_problem(cells: list[str]) -> str:
    return "" if tuple(cells) == COLUMNS else f"the header reads {' '.join(cells)!r}"


def _row_problem(cells: list[str], registry: Mapping[str, Source]) -> str:
    if len(cells) != len(COLUMNS):
        return f"{len(cells)} columns instead of {len(COLUMNS)}"
    cell_of = dict(zip(COLUMNS, cells, strict=True))
    empty = [name for name, cell in cell_of.items() if not cell and name not in MAY_BE_EMPTY]
    if empty:
        return f"{empty[0]} is empty"
    source = Source(*cells)
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", source.id, re.ASCII):
        return f"id {source.id!r} may hold only letters, digits, '_', '-' and '.'"
    if source.id in registry:
        return f"id {source.id!r} occurs twice"
    return checksum_problem(source.checksum) or _address_problem(source) or _stage_problem(source.used_by)


def _address_problem(source: Source) -> str:
    for name, url in (("url", source.url), ("fallback_url", source.fallback_url)):
        if url and not (is_remote(url) or url.startswith((DATA_DIR + "/", "/"))):
            return f"{name} {url!r} is no http(s) or ftp address, absolute path or path in {DATA_DIR}"
        if url and source.query and not re.fullmatch(r"https?://[^?#]+", url, re.IGNORECASE):
            return f"{name} {url!r} is no http(s) address of a BioMart service, which may not hold '?' or '#'"
    return ""


def _stage_problem(used_by: str) -> str:
    for stage in (name.strip() for name in used_by.split(",")):
        if stage not in STAGES:
            near = get_close_matches(stage, STAGES, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"stages are {', '.join(STAGES)}"
            return f"used_by names {stage!r}, which is no stage ({hint})"
    return ""
