"""Run DREME on files of FASTA and write what it finds: ``dreme.txt``, ``dreme.xml`` and ``dreme.html``."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

from xpresso_core.dreme import find_motifs
from xpresso_core.dreme_format import Run, Source, date, format_text, format_xml
from xpresso_core.dreme_result import DremeMotif, DremeResult, Options
from xpresso_core.errors import InputError
from xpresso_core.files import atomic_path
from xpresso_core.sequence import Codes, read_fasta


def check_folder(folder: str | os.PathLike[str], replace: bool) -> None:
    """Refuse a folder that cannot be written.

    Raises
    ------
    InputError
        If it is a file, or is there and its files may not be replaced.
    """
    path = Path(folder)
    if path.exists() and not path.is_dir():
        what = "is a file, and a folder is to be written"
        raise InputError(what, where=str(folder), remedy="Name a folder")
    if path.exists() and not replace:
        what = "exists already"
        raise InputError(what, where=str(folder), remedy="Name another folder, or use -oc to write into it")


def write_dreme(
    positives: str,
    negatives: str | None,
    folder: str | os.PathLike[str],
    options: Options,
    *,
    command: str = "xpresso dreme",
    replace: bool = False,
    told: Callable[[DremeMotif], None] | None = None,
) -> DremeResult:
    """Search files for motifs and write them to a folder.

    Parameters
    ----------
    positives, negatives
        FASTA, plain or gzip; ``-`` is standard input. Without negatives the positives, shuffled, take their place.
    folder
        Where to write. If it is not there it is made, with its three files at once.
    options, told
        See `dreme.find_motifs`.
    command
        What to call the command in the files.
    replace
        Whether the folder may be there; its other files stay.

    Raises
    ------
    InputError
        Before anything is written, if the folder, a file or an option cannot be used.
    """
    check_folder(folder, replace)
    options.check()
    start, cpu = time.time(), time.process_time()
    sources = Source.of(positives), Source.of(negatives) if negatives else None
    control = _read(negatives) if negatives else None
    result = find_motifs(_read(positives), control, options, told=told)
    taken = time.process_time() - cpu, time.time() - start
    write_result(result, Run(command, *sources, platform.node(), date(start), *taken), folder)
    return result


def _read(path: str) -> list[Codes]:
    return [codes for _, codes in read_fasta(path)]


def write_result(result: DremeResult, run: Run, folder: str | os.PathLike[str]) -> None:
    """Write the three files of a search.

    Parameters
    ----------
    result, run
        What was found, and how.
    folder
        Where to write. If it is not there it is made, with its files at once; else each file is written anew.
    """
    from xpresso_core.dreme_page import format_page

    texts = {
        "dreme.txt": format_text(result, run),
        "dreme.xml": format_xml(result, run),
        "dreme.html": format_page(result, run),
    }
    if Path(folder).exists():
        for name, text in texts.items():
            with atomic_path(Path(folder) / name) as draft:
                draft.write_text(text, encoding="utf-8")
        return
    with atomic_path(folder) as draft:
        draft.mkdir()
        for name, text in texts.items():
            (draft / name).write_text(text, encoding="utf-8")
