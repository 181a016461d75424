"""Where input files come from: a registry of sources, and files that arrive whole or not at all.

A source is a local path or an http(s) or ftp address. The bytes are copied to ``<target>.part``, checked, and
only then renamed. Local files are copied too, not linked: a copy keeps the checksum that was recorded for it
when somebody edits or moves the original, and any computer that sees the results sees it too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from xpresso_core.download import CutShortError, Patience, download, is_remote
from xpresso_core.errors import ChecksumError, InputError
from xpresso_core.files import sha256, write_json
from xpresso_core.unpack import check_gzip, decompress_fasta

__all__ = ["Fetched", "Source", "decompress_fasta", "fetch", "read_registry", "resolve"]

UNKNOWN = "unknown"
DATA_DIR = "{data_dir}"
DATA_DIR_VARIABLE = "XPRESSO_DATA"
GZIP_ENDINGS = (".gz", ".bgz")


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
    sha256
        64 lower-case hexadecimal digits, or ``unknown``.
    release, licence, description
        For people: version, terms of use, and what it is.
    """

    id: str
    url: str
    fallback_url: str = ""
    sha256: str = UNKNOWN
    release: str = UNKNOWN
    licence: str = UNKNOWN
    description: str = ""


COLUMNS = tuple(field.name for field in fields(Source))


@dataclass(frozen=True)
class Fetched:
    """What arrived: the provenance of one fetched file.

    Attributes
    ----------
    id, release, licence
        As in the `Source`.
    path, url
        Where the file is now, and the address (primary or fallback) that gave it.
    sha256, size
        Checksum as found and size in bytes.
    verified
        Whether the registry knew the checksum, so that it was compared and not just recorded.
    fetched
        When, in UTC, ISO 8601.
    primary_problem
        Why the primary address was of no use, where the fallback was taken.
    """

    id: str
    release: str
    licence: str
    path: str
    url: str
    sha256: str
    size: int
    verified: bool
    fetched: str
    primary_problem: str = ""

    def write_sidecar(self) -> Path:
        """Write this record as JSON to ``<path>.source.json`` and return that path."""
        sidecar = Path(f"{self.path}.source.json")
        write_json(asdict(self), sidecar)
        return sidecar


def read_registry(path: str | os.PathLike[str]) -> dict[str, Source]:
    """Read and check a registry: a tab-separated table with the columns of `Source`, by id.

    Raises
    ------
    InputError
        If a row cannot be used; the message names the file and the line.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        what = f"the registry of sources cannot be read ({error})"
        raise InputError(what, where=str(path), remedy="Give a UTF-8 text file") from error
    registry: dict[str, Source] = {}
    for number, line in enumerate(lines or [""], 1):
        cells = [cell.strip() for cell in line.split("\t")]
        problem = _row_problem(cells, registry) if number > 1 else _header_problem(cells)
        if problem:
            remedy = f"The columns are, separated by tabs: {', '.join(COLUMNS)}"
            raise InputError(problem, where=f"{path}, line {number}", remedy=remedy)
        if number > 1:
            source = Source(*cells)
            registry[source.id] = replace(source, sha256=source.sha256.lower())
    return registry


def _header_problem(cells: list[str]) -> str:
    return "" if tuple(cells) == COLUMNS else f"the header reads {' '.join(cells)!r}"


def _row_problem(cells: list[str], registry: Mapping[str, Source]) -> str:
    if len(cells) != len(COLUMNS):
        return f"{len(cells)} columns instead of {len(COLUMNS)}"
    empty = [name for name, cell in zip(COLUMNS, cells, strict=True) if not cell and name != "fallback_url"]
    if empty:
        return f"{empty[0]} is empty"
    source = Source(*cells)
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", source.id, re.ASCII):
        return f"id {source.id!r} may hold only letters, digits, '_', '-' and '.'"
    if source.id in registry:
        return f"id {source.id!r} occurs twice"
    if not re.fullmatch(r"[0-9a-fA-F]{64}|unknown", source.sha256):
        return f"sha256 {source.sha256!r} is neither 64 hexadecimal digits nor 'unknown'"
    for name, url in (("url", source.url), ("fallback_url", source.fallback_url)):
        if url and not (is_remote(url) or url.startswith((DATA_DIR + "/", "/"))):
            return f"{name} {url!r} is no http(s) or ftp address, absolute path or path in {DATA_DIR}"
    return ""


def resolve(
    value: str, registry: Mapping[str, Source], data_dir: str | os.PathLike[str] | None = None
) -> Source:
    """Turn a configured value into a source that `fetch` can take.

    Parameters
    ----------
    value
        A registry id, an http(s) or ftp address, or a local path, which may hold ``{data_dir}``.
    registry
        From `read_registry`.
    data_dir
        The data folder; where empty, the environment variable ``XPRESSO_DATA`` counts.

    Raises
    ------
    InputError
        If the value is none of the three, or the data folder is needed and not set.
    """
    if value in registry:
        known = registry[value]
        url, fallback = (expand_place(text, data_dir, value) for text in (known.url, known.fallback_url))
        return replace(known, url=url, fallback_url=fallback)
    if is_remote(value):
        return Source(Path(urlsplit(value).path).name or value, value)
    path = Path(expand_place(value, data_dir, value)).expanduser().absolute()
    if value and path.is_file():
        return Source(path.name, str(path))
    near = get_close_matches(value, registry, n=1)
    remedy = f"Did you mean {near[0]!r}?" if near else f"Known ids: {', '.join(sorted(registry)) or 'none'}"
    what = f"{value!r} is no existing file, no http(s) or ftp address and no id of the registry"
    raise InputError(what, where="source", remedy=remedy)


def expand_place(text: str, data_dir: str | os.PathLike[str] | None, name: str) -> str:
    if DATA_DIR not in text:
        return text
    folder = str(data_dir or os.environ.get(DATA_DIR_VARIABLE, ""))
    if not folder:
        what = "it lies in the data folder, and that is not set"
        remedy = f"Set data_dir in the configuration, or the environment variable {DATA_DIR_VARIABLE}"
        raise InputError(what, where=f"source {name}", remedy=remedy)
    return text.replace(DATA_DIR, str(Path(folder).expanduser().absolute()))


def fetch(
    source: Source,
    target: str | os.PathLike[str],
    *,
    retries: int = 3,
    backoff: float = 1.0,
    timeout: float = 60.0,
) -> Fetched:
    """Bring a source to its final name, or raise and leave nothing new under that name.

    Bytes on their way lie in ``<target>.part``. A part that an earlier run left is continued only where the
    checksum is known and so will judge the result. After the primary address the fallback is tried.

    Parameters
    ----------
    source
        From `resolve`.
    target
        Final path; a file that is there is replaced only by a good one.
    retries, backoff, timeout
        As in `xpresso_core.download.Patience`.

    Raises
    ------
    ChecksumError
        If the bytes are not the expected ones, or a gzip file of unknown checksum is damaged or cut short.
    InputError
        If no address gives the file.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    patience = Patience(retries, backoff, timeout)
    problems: list[InputError] = []
    for url in filter(None, (source.url, source.fallback_url)):
        try:
            found = _obtain(source, url, part, patience)
        except InputError as error:
            problems.append(error)
            continue
        part.replace(target)
        return Fetched(
            id=source.id,
            release=source.release,
            licence=source.licence,
            path=str(target),
            url=url,
            sha256=found,
            size=target.stat().st_size,
            verified=source.sha256 != UNKNOWN,
            fetched=datetime.now(UTC).isoformat(timespec="seconds"),
            primary_problem="; ".join(problem.what for problem in problems),
        )
    if len(problems) == 1:
        raise problems[0]
    kind = ChecksumError if any(isinstance(problem, ChecksumError) for problem in problems) else InputError
    what = "; ".join(f"{problem.where}: {problem.what}" for problem in problems)
    raise kind(what, where=f"source {source.id}", remedy=problems[-1].remedy)


def _obtain(source: Source, url: str, part: Path, patience: Patience) -> str:
    """Fill `part` from one address and return its checksum after all checks; a bad part is removed."""
    known = source.sha256 != UNKNOWN
    if not known:
        part.unlink(missing_ok=True)  # nothing would tell that it began as another file
    try:
        pieced = download(url, part, label=source.id, resume=known, patience=patience)
        found = sha256(part)
        if pieced and known and found != source.sha256:
            part.unlink()  # a piece may have been of another version: once more from the start
            download(url, part, label=source.id, resume=known, patience=patience)
            found = sha256(part)
    except InputError as error:
        if known and isinstance(error, CutShortError):
            raise _altered(source, url, part, error.what) from error
        if not known:
            part.unlink(missing_ok=True)
        raise
    if known and found != source.sha256:
        raise _altered(source, url, part, "the file is altered or cut short")
    if not known and any(name.lower().endswith(GZIP_ENDINGS) for name in (urlsplit(url).path, url)):
        try:
            check_gzip(part, f"checking {source.id}")
        except InputError as error:
            raise _altered(source, url, part, error.what) from error
    return found


def _altered(source: Source, url: str, part: Path, what: str) -> ChecksumError:
    what = f"{what}; expected sha256 {source.sha256}, found {sha256(part)}"
    part.unlink()
    remedy = "Fetch it again, or correct the checksum in the registry if the provider has released a new file"
    return ChecksumError(what, where=url, remedy=remedy)
