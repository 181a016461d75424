"""igv.js, the genome browser inside a page of tracks: fetched from npm, in one version whose checksum must agree.

Robinson et al. 2023, Bioinformatics 39:btac830; MIT licence.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from xpresso_core.errors import ChecksumError, InputError
from xpresso_core.files import atomic_path, sha256

VERSION = "3.8.10"
SHA256 = "8db17d607a7ac355a73ebdd6beb9e0203c1e260b03b47fca81c267e46afa79aa"
"""Of the package that npm gives."""
SCRIPT, LICENCE, VERSION_FILE = "igv.min.js", "LICENSE", "VERSION"
PARTS = {SCRIPT: f"package/dist/{SCRIPT}", LICENCE: f"package/{LICENCE}"}
"""What is kept of the package."""
OWN_FILES = (SCRIPT, LICENCE, VERSION_FILE)
"""What lies in the folder in the end."""


def fetch_igv(folder: Path) -> None:
    """Leave the script, its licence and a file with its version in a folder; do nothing if they are there.

    Raises
    ------
    InputError
        If the program npm is missing, or cannot fetch the package.
    ChecksumError
        If the package is not the one that was expected.
    """
    if has_igv(folder):
        return
    npm = shutil.which("npm")
    if npm is None:
        what = "the program npm is missing"
        raise InputError(what, where="igv.js", remedy="Install it (Debian: sudo apt-get install npm)")
    with tempfile.TemporaryDirectory(prefix="xpresso-igv-") as scratch:
        command = [npm, "pack", f"igv@{VERSION}", "--silent", "--pack-destination", scratch]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        package = Path(scratch) / f"igv-{VERSION}.tgz"
        if done.returncode or not package.is_file():
            what = f"npm cannot fetch igv {VERSION} ({' '.join(done.stderr.split())[-200:]})"
            remedy = f"Check the network, or copy the folder {folder} from a machine that has one"
            raise InputError(what, where="igv.js", remedy=remedy)
        if (found := sha256(package)) != SHA256:
            what = f"{package.name} has the SHA-256 {found} instead of {SHA256}"
            raise ChecksumError(what, where="igv.js", remedy="Do not use it; ask where npm got it from")
        with tarfile.open(package) as archive:
            for name, part in PARTS.items():
                member = archive.extractfile(part)
                assert member is not None
                with atomic_path(folder / name) as draft:
                    draft.write_bytes(member.read())
    with atomic_path(folder / VERSION_FILE) as draft:
        draft.write_text(f"{VERSION}\n", encoding="utf-8")


def has_igv(folder: Path) -> bool:
    """Say whether the script of this version is in a folder, with its licence."""
    version = folder / VERSION_FILE
    return (
        all((folder / name).is_file() for name in PARTS)
        and version.is_file()
        and version.read_text(encoding="utf-8").strip() == VERSION
    )


if __name__ == "__main__":
    try:
        fetch_igv(Path(sys.argv[1]))
    except InputError as failure:
        sys.exit(str(failure))
