"""Lint, format and dry runs are clean for every shipped configuration."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = sorted((ROOT / "config").glob("*.yaml"))
BIN = Path(sys.executable).parent


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_lint_is_clean(config: Path) -> None:
    done = run(BIN / "snakemake", "--lint", "--configfile", config)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Congratulations, your workflow is in a good condition!" in done.stdout + done.stderr


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_a_dry_run_plans_the_whole_run(config: Path, tmp_path: Path) -> None:
    done = run(
        *(BIN / "snakemake", "--dry-run", "--directory", tmp_path, "--cores", "1"),
        *("--snakefile", ROOT / "Snakefile", "--configfile", config),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^train +\d+", done.stdout, re.MULTILINE), done.stdout


def test_format_is_clean() -> None:
    done = run(BIN / "snakefmt", "--check", "Snakefile", "workflow")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_has_its_log_and_environment_and_every_script_is_thin() -> None:
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        for rule in re.split(r"^rule ", path.read_text(), flags=re.MULTILINE)[1:]:
            name = rule.split(":")[0]
            for directive in ("log:", "conda:", "message:", "script:"):
                assert f"    {directive}" in rule, f"{path.name}: {name} lacks {directive}"
            if "localrule" not in rule and not name.startswith(("fetch", "report")):
                for directive in ("benchmark:", "mem_mb=", "runtime="):
                    assert directive in rule, f"{path.name}: {name} lacks {directive}"
        assert len(path.read_text().splitlines()) <= 150, path.name
    for path in (ROOT / "workflow" / "scripts").glob("*.py"):
        assert len(path.read_text().splitlines()) <= 40, path.name


def test_every_report_item_has_caption_category_and_labels() -> None:
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        for item in path.read_text().split("report(\n")[1:]:
            item = item.split("\n        ),")[0]
            assert "category=" in item, item
            assert "labels=" in item, item
            caption = re.search(r'caption="(.+?)"', item)
            assert caption is not None, item
            assert (path.parent / caption[1]).is_file(), caption[1]


def test_the_package_never_sees_snakemake() -> None:
    for path in (ROOT / "xpresso_core").glob("*.py"):
        assert not re.search(r"^\s*(import|from) snakemake", path.read_text(), re.MULTILINE), path.name


def test_the_whole_paper_is_planned_without_network_and_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XPRESSO_DATA", raising=False)
    done = run(
        *(BIN / "snakemake", "--dry-run", "--directory", tmp_path, "--cores", "1"),
        *("--snakefile", ROOT / "Snakefile", "--configfile", ROOT / "config" / "paper.yaml"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    jobs = {name: int(number) for name, number in re.findall(r"^(\w+) +(\d+)$", done.stdout, re.MULTILINE)}
    expected = {
        "fetch": 28, "fetch_genome": 2, "fetch_encode": 1, "encode_matrix": 1, "gene_names": 2, "promoters": 2,
        "expression": 5, "dataset": 5, "comparison": 2, "reporter_sites": 1, "reporter_signal": 1, "reporter": 1,
        "train": 209, "predict": 16, "predict_member": 103, "search_worker": 20, "tested_on": 5, "classifier": 2,
        "residuals": 3, "list_groups": 3, "domain_groups": 2, "halflives": 2, "mirnas": 1, "residual_tests": 3,
    }  # fmt: skip
    assert {name: jobs.get(name) for name in expected} == expected
