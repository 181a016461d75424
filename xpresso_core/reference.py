"""The stage that fetches: from the sources that a configuration names to files under their final names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from xpresso_core.download import is_remote
from xpresso_core.room import room_for
from xpresso_core.sources import fetch, resolve
from xpresso_core.sources_registry import DATA_DIR, UNKNOWN, Source, data_folder, expand_place
from xpresso_core.unpack import decompress_fasta


def describe(value: str, registry: Mapping[str, Source]) -> dict[str, str]:
    """Return a configured value and its row of the registry as plain types, placeholders and all.

    It says which bytes are meant, wherever the data folder lies: the parameter that a fetch depends on. Terms,
    citation and description are left out, so that a corrected one does not have the file fetched again.
    """
    if value not in registry:
        return {"id": value}
    row = asdict(registry[value])
    return {name: row[name] for name in ("id", "url", "fallback_url", "query", "checksum")}


def check_places(
    places: Mapping[str, str],
    registry: Mapping[str, Source],
    data_dir: str | os.PathLike[str] | None,
) -> None:
    """Check, before anything is fetched, that every configured file is known, remote or there.

    Files of the registry are not looked for: they may lie in a data folder that other computers have.

    Parameters
    ----------
    places
        Registry ids, addresses or paths by the key of the configuration, such as ``species.human.genome``.
    registry, data_dir
        As for `resolve`.

    Raises
    ------
    InputError
        If a value is none of them; the message names the key, and the id of the registry that is nearest.
    """
    for key, value in places.items():
        if value not in registry:
            resolve(value, registry, data_dir, where=key)


def local_file(description: Mapping[str, str], data_dir: str | os.PathLike[str] | None) -> str | None:
    """Return the local path of a described source whose content nothing but the file itself vouches for.

    A workflow names it as an input, so that an edited file is fetched again. None for remote addresses, for
    sources of known checksum, and for files of the registry that are not there: a workflow can be planned
    without them, and the fetch says what is missing.
    """
    name = description["id"]
    place = description.get("url", name)
    if description.get("checksum", UNKNOWN) != UNKNOWN or is_remote(place):
        return None
    if "url" not in description:
        return expand_place(place, data_dir, f"source {name}")
    if DATA_DIR in place and data_folder(data_dir) is None:
        return None
    path = expand_place(place, data_dir, f"source {name}")
    return path if Path(path).is_file() else None


def fetch_described(
    description: Mapping[str, str],
    target: str | os.PathLike[str],
    data_dir: str | os.PathLike[str] | None,
    lock_path: str | os.PathLike[str] | None = None,
    registry: Mapping[str, Source] | None = None,
) -> None:
    """Fetch what `describe` described to its final name, with its record beside it.

    Parameters
    ----------
    description
        From `describe`.
    target
        Final path.
    data_dir
        As for `resolve`.
    lock_path
        The lock file for addresses of unknown checksum, if any (`xpresso_core.sources.fetch`).
    registry
        What else is known of the source, for the record and for messages.

    Raises
    ------
    InputError
        If the file cannot be had, is not the expected one, or there is no room for it.
    """
    with room_for(target, f"source {description['id']}"):
        fetch(_described(description, data_dir, registry), target, lock=lock_path).write_sidecar()


def fetch_genome(
    description: Mapping[str, str],
    target: str | os.PathLike[str],
    data_dir: str | os.PathLike[str] | None,
    lock_path: str | os.PathLike[str] | None = None,
    registry: Mapping[str, Source] | None = None,
) -> None:
    """Fetch a genome that `describe` described, and write it as plain, indexed FASTA with its record.

    Parameters and errors are those of `fetch_described`; a genome that is not FASTA is an error too.
    """
    packed = Path(f"{target}.packed")
    with room_for(target, f"source {description['id']}"):
        try:
            fetched = fetch(_described(description, data_dir, registry), packed, lock=lock_path)
            decompress_fasta(packed, target)
        finally:
            packed.unlink(missing_ok=True)
        replace(fetched, path=str(target)).write_sidecar()


def _described(
    description: Mapping[str, str],
    data_dir: str | os.PathLike[str] | None,
    registry: Mapping[str, Source] | None,
) -> Source:
    name = description["id"]
    if "url" not in description:
        return resolve(name, {}, data_dir)
    known = (registry or {}).get(name, Source(**description))
    return resolve(name, {name: replace(known, **description)}, data_dir)
