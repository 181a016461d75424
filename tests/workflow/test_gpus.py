"""Trainings take turns on the one GPU of a workstation, unless it is said that there are more."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from project import ROOT, Project, tiny_config

# In place of workflow/scripts/train.py: waits for another training to run beside it, but not for long, and writes
# when it began and ended, and which GPUs it was given.
RECORDER = """
import json, os, time
from pathlib import Path

began = time.time()
running = Path("running")
running.mkdir(exist_ok=True)
mine = running / snakemake.wildcards.experiment
mine.touch()
while time.time() < began + WAIT and len(list(running.iterdir())) < 2:
    time.sleep(0.05)
time.sleep(0.5)  # the other is to see this one too
mine.unlink()
Path(snakemake.output.model).mkdir(parents=True)
Path(snakemake.output.history).touch()
record = {"began": began, "ended": time.time(), "cards": os.environ.get("CUDA_VISIBLE_DEVICES")}
Path(snakemake.output.trials).write_text(json.dumps(record))
"""


class Training(NamedTuple):
    began: float
    ended: float
    cards: str | None


def gpu_project(folder: Path, python: Path, wait: float) -> Project:
    """Return a project that is about to train two experiments on GPUs, which need not be there."""
    project = Project(folder, python)
    script = project.folder / "workflow" / "scripts" / "train.py"
    script.write_text(RECORDER.replace("WAIT", str(wait)))
    config = tiny_config() | {"device": "gpu"}
    experiment = config["experiments"].pop("tiny_holdout")
    config["experiments"] = {"first": experiment, "second": experiment | {"inputs": ["promoter"]}}
    project.configure(config)
    project.run("--until", "split")
    return project


def trainings(project: Project) -> list[Training]:
    """Return what the two trainings wrote, the earlier one first."""
    folder = project.run_folder / "results" / "demo_median"
    records = [json.loads(path.read_text()) for path in folder.glob("*/folds/trials_1.tsv")]
    assert len(records) == 2
    return sorted(Training(**record) for record in records)


@pytest.fixture(scope="module")
def workstation(tmp_path_factory: pytest.TempPathFactory, bare_python: Path) -> Project:
    return gpu_project(tmp_path_factory.mktemp("gpus"), bare_python, wait=3)


def test_two_trainings_never_share_a_gpu_unasked(workstation: Project) -> None:
    workstation.run("--until", "train", "--forcerun", "train")
    earlier, later = trainings(workstation)
    assert earlier.ended <= later.began


def test_two_trainings_run_side_by_side_where_there_are_two_gpus(workstation: Project) -> None:
    workstation.run("--until", "train", "--forcerun", "train", "--resources", "gpu=2")
    earlier, later = trainings(workstation)
    assert later.began < earlier.ended


def test_the_slurm_profile_knows_every_rule_that_asks_for_a_gpu() -> None:
    """The commented variants of the profile are to be complete, or some jobs would ask in the other way."""
    text = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    blocks = re.split(r"^(?=rule |use rule )", text, flags=re.MULTILINE)
    asking = {block.split(":")[0].removeprefix("rule ") for block in blocks if "gpu=GPU" in block}
    asking |= {
        name
        for parent, name in re.findall(r"^use rule (\w+) as (\w+)", text, re.MULTILINE)
        if parent in asking
    }
    assert {"train", "predict"} <= asking
    for word in ("slurm_partition", "gres"):
        assert set(variant(f"{{{word}: ")["set-resources"]) == asking, word


def variant(word: str) -> dict[str, dict[str, dict[str, str | int]]]:
    """Return the commented settings of rules in the SLURM profile that begin with a word."""
    text = (ROOT / "profiles" / "slurm" / "profile.yaml").read_text()
    block = re.search(rf"^# set-resources:\n(#   \w+: {re.escape(word)}.*\n)+", text, re.MULTILINE)
    assert block is not None, word
    settings: dict[str, dict[str, dict[str, str | int]]] = yaml.safe_load(
        block[0].replace("# ", "", 1).replace("\n# ", "\n")
    )
    return settings
