"""A tiny run through SLURM, by the profile that is shipped for it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from project import Project, environment, tiny_config
from test_run import RESULTS

pytestmark = pytest.mark.slurm

# What SLURM is to be asked for: processors, memory and time of the rules' first attempt.
ASKED = {
    "simulate": ("1", "2G", "00:15:00"),
    "promoters": ("1", "6G", "00:30:00"),
    "expression": ("1", "1G", "00:10:00"),
    "dataset": ("1", "2G", "00:10:00"),
    "split": ("1", "2G", "00:10:00"),
    "train": ("2", "4G", "01:00:00"),
    "predict": ("1", "3G", "00:30:00"),
}
LOCAL = {"dropped", "report_species", "report_expression", "report_experiment", "report_run", "all"}
SUBMITTED = re.compile(r"has been submitted with SLURM jobid (\d+) \(log: (.+/rule_(\w+)/.+)\)\.")


class Job(NamedTuple):
    number: str
    log: Path
    rule: str


class Run(NamedTuple):
    project: Project
    output: str
    jobs: list[Job]


def answer(*command: str) -> str | None:
    """Return what a command prints, or None if it is not there or fails."""
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None


def run(project: Project, *arguments: str) -> Run:
    """Run Snakemake with the profile, as the README says: without --cores."""
    command = project.command("--profile", str(project.folder / "profiles" / "slurm"), *arguments)
    cores = command.index("--cores")
    del command[cores : cores + 2]
    command += ["--slurm-keep-successful-logs", "--slurm-init-seconds-before-status-checks", "2"]
    if answer("sacct") is None:
        command += ["--slurm-status-command", "squeue"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=project.run_folder, env=environment(), timeout=800
    )
    output = done.stdout + done.stderr
    jobs = [Job(number, Path(log), rule) for number, log, rule in SUBMITTED.findall(output)]
    return Run(project, output, jobs)


def described(job: Job) -> dict[str, str]:
    """Return what SLURM knows of a job."""
    text = answer("scontrol", "show", "job", job.number)
    assert text is not None, f"SLURM does not know job {job.number}"
    return dict(word.split("=", 1) for word in text.split() if "=" in word)


@pytest.fixture(scope="module")
def slurm() -> None:
    if not answer("sinfo", "--noheader", "--responding"):
        pytest.skip("needs a running SLURM; as root, tests/workflow/start_slurm.sh FOLDER starts one")


@pytest.fixture(scope="module")
def through_slurm(slurm: None, tmp_path_factory: pytest.TempPathFactory, bare_python: Path) -> Run:
    """Return a finished tiny run; its folder is to be one that all nodes see."""
    project = Project(tmp_path_factory.mktemp("slurm"), bare_python)
    project.configure(tiny_config())
    return run(project)


def test_a_run_through_slurm_leaves_all_results(through_slurm: Run) -> None:
    results = through_slurm.project.run_folder / "results"
    assert [name for name in RESULTS if not (results / name).is_file()] == [], through_slurm.output[-8000:]


def test_slurm_runs_every_job_but_the_local_ones(through_slurm: Run) -> None:
    assert sorted(job.rule for job in through_slurm.jobs) == sorted(ASKED)
    finished = set(re.findall(r"Finished jobid: \d+ \(Rule: (\w+)\)", through_slurm.output))
    assert finished == set(ASKED) | LOCAL
    for job in through_slurm.jobs:
        assert described(job)["JobState"] == "COMPLETED"
        assert "Finished jobid" in job.log.read_text()


def test_slurm_is_asked_for_what_the_rules_say(through_slurm: Run) -> None:
    known = {job.rule: described(job) for job in through_slurm.jobs}
    asked = {rule: (job["CPUs/Task"], job["MinMemoryNode"], job["TimeLimit"]) for rule, job in known.items()}
    assert asked == ASKED
    assert [rule for rule, job in known.items() if "gpu" in job.get("TresPerJob", "")] == []


def test_a_job_has_as_many_threads_as_processors(through_slurm: Run) -> None:
    """The job asks its rule again how many threads it takes; the answer is to be the same."""
    folder = through_slurm.project.run_folder / "results/demo_median/tiny_holdout/models/fold_1"
    device = json.loads((folder / "bundle.json").read_text())["metadata"]["device"]
    assert device == f"cpu ({ASKED['train'][0]} threads)" or device.startswith("gpu")


def test_gpu_jobs_ask_for_a_gpu_each_and_do_not_wait_for_each_other(through_slurm: Run) -> None:
    """Whether the GPUs are real does not matter: what pretended ones train fails, after it was submitted."""
    if "gpu" not in (answer("sinfo", "--noheader", "--format=%G") or ""):
        pytest.skip("needs a SLURM with GPUs; GPUS=2 tests/workflow/start_slurm.sh FOLDER pretends some")
    project = through_slurm.project
    config = tiny_config() | {"device": "gpu"}
    experiment = config["experiments"].pop("tiny_holdout")
    config["experiments"] = {"first": experiment, "second": experiment | {"inputs": ["promoter"]}}
    project.configure(config)
    done = run(project, "--until", "train", "--retries", "0", "--keep-going")
    training = [job for job in done.jobs if job.rule == "train"]
    assert [described(job)["TresPerJob"] for job in training] == ["gres:gpu:1"] * 2, done.output[-8000:]
    ended = re.search(r"Error in rule train|Finished jobid: \d+ \(Rule: train\)", done.output)
    assert ended is not None
    assert all(done.output.index(f"SLURM jobid {job.number} ") < ended.start() for job in training)
