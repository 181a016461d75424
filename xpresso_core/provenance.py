"""What was run with what: versions, sources, and which code a result depends on."""

from __future__ import annotations

import ast
import hashlib
import platform
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

import xpresso_core
from xpresso_core.files import read_json, sha256

PACKAGE = Path(__file__).parent
REPORTED_VERSIONS = ("keras", "tensorflow", "tensorflow-cpu", "numpy", "pandas", "numba", "snakemake")


def versions() -> dict[str, str]:
    """Return the versions of this package, Python and the libraries that a result depends on."""
    found = {"xpresso-core": xpresso_core.__version__, "python": platform.python_version()}
    for name in REPORTED_VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def source_checksums(records: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of every source, by name, from the records that stand beside fetched files.

    Parameters
    ----------
    records
        Files ``<name>.source.json`` (`sources.Fetched`), or the ``model.json`` of a simulated species, whose
        own checksum stands for all its files.
    """
    found = {}
    for record in records:
        data = read_json(record)
        if "sha256" in data:
            found[str(data["id"])] = str(data["sha256"])
        else:
            found["simulated"] = sha256(record)
    return found


@cache
def module_imports(module: str) -> frozenset[str]:
    """Return the modules of this package that one of them imports, by reading its source."""
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    return frozenset(name for node in ast.walk(tree) for name in _imported(node) if _is_module(name))


def _imported(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.ImportFrom) and node.module == PACKAGE.name:
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"{PACKAGE.name}."):
        return [node.module.split(".")[1]]
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[1] for alias in node.names if alias.name.startswith(f"{PACKAGE.name}.")]
    return []


def _is_module(name: str) -> bool:
    return (PACKAGE / f"{name}.py").is_file()


def dependencies(modules: Iterable[str]) -> list[str]:
    """Return the given modules and all modules of this package that they import, sorted."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(module_imports(module))
    return sorted(found)


def code_hash(*modules: str) -> str:
    """Return a short hash of the source of the given modules and of those that they import.

    A workflow passes it as a parameter, so that editing a module reruns what calls it and nothing else.
    """
    digest = hashlib.sha256()
    for module in dependencies(modules):
        digest.update(module.encode() + b"\0" + (PACKAGE / f"{module}.py").read_bytes() + b"\0")
    return digest.hexdigest()[:16]
