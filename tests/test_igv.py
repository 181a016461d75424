"""igv.js is fetched from npm once, in one version, all of it or nothing."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

import pytest

from xpresso_core.errors import ChecksumError, InputError
from xpresso_core.igv import OWN_FILES, VERSION, fetch_igv, has_igv


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a stand-in for npm, to be filled, which is all that can be called besides a shell."""
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setenv("PATH", f"{tools}:/bin:/usr/bin")
    return tools / "npm"


def fill(npm: Path, body: str) -> None:
    npm.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    npm.chmod(0o755)


def test_what_is_there_is_not_fetched_again(tmp_path: Path, npm: Path) -> None:
    fill(npm, "echo no network >&2; exit 1")
    folder = tmp_path / "igv"
    folder.mkdir()
    for name in OWN_FILES:
        (folder / name).write_text(VERSION, encoding="utf-8")
    assert has_igv(folder)
    fetch_igv(folder)
    (folder / "VERSION").write_text("0.0.1", encoding="utf-8")
    assert not has_igv(folder)
    with pytest.raises(InputError, match=rf"npm cannot fetch igv {VERSION} \(no network\)"):
        fetch_igv(folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(OWN_FILES)


def test_another_package_is_refused(tmp_path: Path, npm: Path) -> None:
    other = tmp_path / "other.tgz"
    with tarfile.open(other, "w:gz"):
        pass
    fill(npm, f'while [ "$1" != --pack-destination ]; do shift; done; cp {other} "$2/igv-{VERSION}.tgz"')
    with pytest.raises(ChecksumError, match=hashlib.sha256(other.read_bytes()).hexdigest()):
        fetch_igv(tmp_path / "igv")
    assert not (tmp_path / "igv").exists()


def test_npm_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="the program npm is missing"):
        fetch_igv(tmp_path / "igv")
