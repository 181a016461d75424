"""A copy of the project that tests run, and a tiny configuration for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    "Snakefile",
    "pyproject.toml",
    "workflow",
    "xpresso_core",
    "config",
    "envs",
    "tools",
    "profiles",
    "resources/biomart",
    "resources/published_r2.tsv",
    "resources/gene_lists",
)
IGV = Path("resources/igv")


class Project:
    """A copy of the project, and a folder that it runs in."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder = folder / "project"
        self.run_folder = folder / "run"
        self.python = python
        self.folder.mkdir(parents=True)
        self.run_folder.mkdir()
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, self.folder / part, ignore=ignored)
            else:
                shutil.copy(source, self.folder / part)
        if (ROOT / IGV).is_dir():  # as the set-up has left it; otherwise the workflow fetches it
            shutil.copytree(ROOT / IGV, self.run_folder / IGV)

    def configure(self, config: dict[str, Any]) -> None:
        (self.run_folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))

    def command(self, *arguments: str) -> list[str]:
        start = "import sys; from snakemake.cli import main; sys.exit(main())"
        return [
            *(str(self.python), "-c", start, *arguments),
            *("--snakefile", str(self.folder / "Snakefile"), "--directory", str(self.run_folder)),
            *("--workflow-profile", str(self.folder / "profiles" / "default")),
            *("--configfile", str(self.run_folder / "config.yaml"), "--cores", "2"),
        ]

    def run(self, *arguments: str, succeeds: bool = True) -> str:
        """Run Snakemake; return all that it printed."""
        done = subprocess.run(
            self.command(*arguments), capture_output=True, text=True, cwd=self.run_folder, env=environment()
        )
        output = done.stdout + done.stderr
        assert (done.returncode == 0) is succeeds, output[-8000:]
        return output

    def planned(self) -> set[str]:
        """Return the rules that a run would execute now."""
        rows = self.run("--dry-run", "--quiet", "reason", "host").split("Job stats:")
        if len(rows) == 1:
            return set()
        lines = rows[1].split("total")[0].splitlines()
        return {line.split()[0] for line in lines if line.strip() and line.split()[-1].isdigit()} - {"all"}


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "XPRESSO_DATA"}}


def tiny_config(trials: int = 1, epochs: int = 2) -> dict[str, Any]:
    """Return the demo with few genes, one fold, a small network and few epochs."""
    config = yaml.safe_load((ROOT / "config" / "demo.yaml").read_text())
    config["species"] = {"demo": config["species"]["demo"]}
    config["species"]["demo"]["simulate"]["genes"] = 100
    config["datasets"] = {"demo_median": config["datasets"]["demo_median"]}
    nothing = ("comparisons", "reporters", "searches", "baselines", "interpretations", "tracks", "residuals")
    config |= {name: {} for name in nothing}
    experiment = config["experiments"]["demo_full"]
    experiment |= {"architecture": "tiny", "trials": trials}
    experiment["split"] = {"kind": "holdout", "validation": 15, "test": 20}
    config["experiments"] = {"tiny_holdout": experiment}
    config["architectures"] = {
        "tiny": {
            "upstream": 300,
            "downstream": 300,
            "convolutions": [{"filters": 8, "width": 6, "pool": 30, "dropout": 0.0}],
            "dense": [{"units": 8, "dropout": 0.0}],
            "training": {
                "learning_rate": 0.002,
                "batch_size": 16,
                "epochs": epochs,
                "patience": epochs,
                "weight_decay": 0.0,
                "jitter": 0,
                "averaging": 0.0,
            },
        }
    }
    return config
