"""The conda environments agree with the locked versions, and hold what their rules import."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
import yaml

from xpresso_core.provenance import PACKAGE, dependencies

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))
CONDA_NAMES = {"matplotlib-base": "matplotlib"}
IMPORT_NAMES = {
    "Bio": "biopython", "pyBigWig": "pybigwig", "tensorflow": "tensorflow-cpu", "yaml": "pyyaml",
    "sklearn": "scikit-learn", "skmisc": "scikit-misc",
}  # fmt: skip
OTHER_BACKENDS = {"jax", "torch"}


def locked() -> dict[str, set[str]]:
    """Return the locked versions by package; there may be one for each version of Python."""
    versions: dict[str, set[str]] = {}
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if match := re.match(r"([A-Za-z0-9._-]+)==([^ ;\\]+)", line):
            versions.setdefault(match[1].lower(), set()).add(match[2])
    return versions


def packages(path: Path) -> dict[str, str]:
    """Return name and version of an environment's Python packages."""
    found = {}
    for entry in yaml.safe_load(path.read_text())["dependencies"]:
        if isinstance(entry, dict):
            pairs = [item.split("==") for item in entry["pip"]]
        else:
            pairs = [entry.split(" =")] if " =" in entry else []
        found.update({CONDA_NAMES.get(name, name): version for name, version in pairs})
    return {
        name.replace("tensorflow[and-cuda]", "tensorflow-cpu"): version for name, version in found.items()
    }


def third_party(module: str) -> set[str]:
    """Return the names of the packages that a module imports, as the index calls them."""
    names = set()
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    names -= {*sys.stdlib_module_names, "xpresso_core", *OTHER_BACKENDS}
    return {IMPORT_NAMES.get(name, name) for name in names}


def rules() -> list[tuple[str, str, list[str]]]:
    """Return name, environment and called modules of every rule."""
    found = []
    for path in sorted((ROOT / "workflow" / "rules").glob("*.smk")):
        for text in re.split(r"^rule ", path.read_text(), flags=re.MULTILINE)[1:]:
            environment = re.search(r"envs/([\w-]+)\.yaml", text)
            script = re.search(r"scripts/(\w+)\.py", text)
            assert script is not None
            source = (ROOT / "workflow" / "scripts" / f"{script[1]}.py").read_text()
            called = sorted(set(re.findall(r"from xpresso_core\.(\w+) import", source)))
            found.append((text.split(":")[0], environment[1] if environment else "training", called))
    return found


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_versions_are_the_locked_ones(path: Path) -> None:
    versions = locked()
    for name, version in packages(path).items():
        if name not in {"python", "bedtools", "nodejs"}:
            assert version in versions[name], f"{path.name}: {name} {version}, locked {versions.get(name)}"


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_channels_are_free_ones(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["channels"] == ["conda-forge", "bioconda", "nodefaults"]


@pytest.mark.parametrize(("rule", "environment", "called"), rules(), ids=lambda value: str(value)[:20])
def test_an_environment_holds_what_its_rule_imports(rule: str, environment: str, called: list[str]) -> None:
    needed = {name for module in dependencies(called) for name in third_party(module)}
    assert needed - set(packages(ROOT / "envs" / f"{environment}.yaml")) == set(), rule


@pytest.mark.parametrize(("rule", "environment", "called"), rules(), ids=lambda value: str(value)[:20])
def test_a_rule_reruns_when_a_module_changes_that_its_script_calls(
    rule: str, environment: str, called: list[str]
) -> None:
    texts = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    text = re.split(r"^rule ", texts[texts.index(f"rule {rule}:") :], flags=re.MULTILINE)[1]
    hashed = re.search(r"code_hash\((.+?)\)", text)
    if rule in {"fetch", "fetch_genome", "igv"}:
        # a download that is there stays: its checksum vouches for it, and the provider may have replaced it
        assert hashed is None
        return
    assert hashed is not None, rule
    covered = set(dependencies(re.findall(r'"(\w+)"', hashed[1])))
    assert set(called) <= covered, rule


def test_every_environment_is_used() -> None:
    text = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    assert [path.name for path in ENVIRONMENTS if f"envs/{path.name}" not in text] == []


def test_the_lock_names_no_address_and_hashes_everything() -> None:
    text = (ROOT / "requirements.txt").read_text()
    assert "://" not in text
    assert "index-url" not in text
    assert text.count("==") <= text.count("--hash=sha256:")


def test_the_lock_covers_what_the_project_asks_for() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["cpu"], *extras["workflow"], *extras["dev"]]
    names = {re.split(r"[<>=\[ ]", item)[0].lower() for item in wanted}
    assert names - set(locked()) == set()
