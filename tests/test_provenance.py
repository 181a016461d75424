"""Which code a result depends on, and random streams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xpresso_core import provenance
from xpresso_core.provenance import code_hash, dependencies, versions
from xpresso_core.randomness import generator


def test_dependencies_follow_imports() -> None:
    found = dependencies(["genome"])
    assert found == ["errors", "fasta_kernel", "files", "genome", "sequence"]
    assert "leakage" not in dependencies(["training"])
    assert "annotation" not in dependencies(["training"])


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small package of three modules, two of which hang together."""
    folder = tmp_path / "xpresso_core"
    folder.mkdir()
    (folder / "a.py").write_text("from xpresso_core.b import x\n")
    (folder / "b.py").write_text("x = 1\n")
    (folder / "c.py").write_text("import xpresso_core.b\nfrom xpresso_core import a\n")
    (folder / "d.py").write_text("import json\n")
    monkeypatch.setattr(provenance, "PACKAGE", folder)
    provenance.module_imports.cache_clear()
    yield folder
    provenance.module_imports.cache_clear()


def test_editing_a_module_changes_the_hash_of_what_imports_it_and_of_nothing_else(package: Path) -> None:
    before = {name: code_hash(name) for name in "abcd"}
    (package / "b.py").write_text("x = 2\n")
    after = {name: code_hash(name) for name in "abcd"}
    assert [name for name in "abcd" if before[name] != after[name]] == ["a", "b", "c"]
    assert dependencies(["c"]) == ["a", "b", "c"]


def test_versions_name_what_results_depend_on() -> None:
    assert {"xpresso-core", "python", "numpy", "keras"} <= set(versions())


def test_streams_are_reproducible_and_their_own() -> None:
    one = generator(1, "split", 2).random(1000)
    np.testing.assert_array_equal(one, generator(1, "split", 2).random(1000))
    for other in (generator(1, "split", 3), generator(2, "split", 2), generator(1, "trial", 2)):
        assert abs(np.corrcoef(one, other.random(1000))[0, 1]) < 0.15
