"""A tiny run of the whole workflow, started under an interpreter that has not installed the package."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from project import Project, tiny_config


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an interpreter with all dependencies but without this package.

    The packages come from this interpreter's folder by a path file; path files inside that folder, such as
    the one of an editable installation, do not count there.
    """
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.strip()
    (Path(own) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    found = subprocess.run([python, "-c", "import xpresso_core"], capture_output=True, cwd=folder)
    assert found.returncode, "the package is importable where it should not be"
    return python


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, bare_python: Path) -> Project:
    """Return a project with a finished tiny run."""
    project = Project(tmp_path_factory.mktemp("finished"), bare_python)
    project.configure(tiny_config())
    project.run()
    return project
