"""The demo's trainings through a real SLURM, by the profile that is shipped for it, beside the same ones without.

Where no SLURM runs, one of this machine is started, and stopped afterwards; that takes root, and the packages
slurm-wlm and munge, or apt-get to install them with.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from project import ROOT, Project, environment, tiny_config
from test_gpus import gpu_project, trainings, variant
from test_run import RESULTS

# The first test waits for nearly everything.
pytestmark = [pytest.mark.slurm, pytest.mark.timeout(1800)]

START = Path(__file__).with_name("start_slurm.sh")
PROGRAMS = ("munged", "mungekey", "slurmctld", "slurmd", "sinfo")
# More than a small machine has: jobs ask for what they would ask for elsewhere, and are to run side by side.
PRETENDED = {"CPUS": "4", "MEMORY": "32000", "GPUS": "2"}

SHIPPED = ("demo_full",)
CUT = "cut_short"  # the experiment whose training is cancelled once
SEARCH = "shared"  # by two workers
COMPARED = ("split.tsv", "predictions.tsv", "metrics.json")
# What SLURM is asked for: processors, memory and time of a rule's first attempt.
ASKED = {
    "simulate": ("1", "2G", "00:15:00"),
    "promoters": ("1", "6G", "00:30:00"),
    "dataset": ("1", "2G", "00:10:00"),
    "predict": ("1", "3G", "00:30:00"),
}
SUBMITTED = re.compile(
    r"has been submitted with SLURM jobid (\d+) \(log: (.+/rule_(\w+)/(?:(\w+)/)?\d+\.log)\)"
)
ARRAYS = re.compile(r"Submitted array job .*? SLURM job ID (\d+)\. The individual task IDs are (\d+)-(\d+)\.")


class Job(NamedTuple):
    number: str
    log: Path
    rule: str
    wildcards: str


class Run:
    """Snakemake at work on a project."""

    def __init__(self, project: Project, command: list[str]) -> None:
        self.project = project
        self.log = project.run_folder.parent / f"log_{time.monotonic_ns()}.txt"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=project.run_folder, env=environment()
            )

    @property
    def output(self) -> str:
        return self.log.read_text()

    @property
    def jobs(self) -> list[Job]:
        """The jobs that were submitted so far, other than in arrays."""
        found = SUBMITTED.findall(self.output)
        return [Job(number, Path(log), rule, wildcards) for number, log, rule, wildcards in found]

    def finish(self, succeeds: bool = True) -> None:
        assert (self.process.wait(timeout=1500) == 0) is succeeds, self.output[-8000:]

    def experiment(self, name: str) -> Path:
        return self.project.run_folder / "results" / "demo_median" / name


def answer(*command: str) -> str | None:
    """Return what a command prints, or None if it is not there or fails."""
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None


def described(number: str) -> dict[str, str]:
    """Return what SLURM knows of a job."""
    text = answer("scontrol", "show", "job", number)
    assert text is not None, f"SLURM does not know job {number}"
    return dict(word.split("=", 1) for word in text.split() if "=" in word)


def through_profile(project: Project, *arguments: str) -> list[str]:
    """Return the README's command, without --cores; what ends a job is asked for often, as the jobs are short."""
    command = project.command("--profile", str(project.folder / "profiles" / "slurm"), *arguments)
    cores = command.index("--cores")
    del command[cores : cores + 2]
    command += ["--slurm-keep-successful-logs", "--slurm-init-seconds-before-status-checks", "1"]
    if answer("sacct") is None:
        command += ["--slurm-no-account", "--slurm-status-command", "squeue"]
    return command


def install() -> None:
    """Install SLURM where it is missing, or skip."""
    if os.geteuid() != 0:
        pytest.skip("no SLURM runs here, and starting one takes root")
    if all(shutil.which(program) for program in PROGRAMS):
        return
    if shutil.which("apt-get") is None:
        pytest.skip("no SLURM is installed here, and there is no apt-get to install slurm-wlm and munge with")
    for command in (["update"], ["install", "-y", "--no-install-recommends", "slurm-wlm", "munge"]):
        done = subprocess.run(
            ["apt-get", "-qq", *command],
            capture_output=True, text=True, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        )  # fmt: skip
    if done.returncode != 0:
        pytest.skip(f"apt-get could not install slurm-wlm and munge: {done.stderr.strip()[-300:]}")


@pytest.fixture(scope="module")
def alone() -> Iterator[None]:
    """Wait until no other run of these tests uses the SLURM that it started: it is about to stop it."""
    if os.geteuid() != 0:
        yield
        return
    with Path("/run/start_slurm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="module")
def slurm(alone: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have a SLURM: the one that runs here, or one of this machine."""
    if answer("sinfo", "--noheader", "--responding"):
        yield
        return
    install()
    folder = tmp_path_factory.mktemp("cluster")
    started = subprocess.run([START, folder], capture_output=True, text=True, env=os.environ | PRETENDED)
    try:
        assert started.returncode == 0, started.stdout + started.stderr
        yield
    finally:
        subprocess.run([START, "--stop", folder], check=True, capture_output=True)


def configuration() -> dict[str, Any]:
    """Return the demo with few genes, folds and epochs, and a training long enough to be cancelled amid it."""
    config = tiny_config()
    demo = yaml.safe_load((ROOT / "config" / "demo.yaml").read_text())
    tiny = config["architectures"]["tiny"]
    long = {"epochs": 120, "patience": 120, "batch_size": 4}
    config["architectures"]["long"] = tiny | {"training": tiny["training"] | long}
    config["experiments"][CUT] = config["experiments"].pop("tiny_holdout") | {
        "architecture": "long",
        "trials": 3,
    }
    for name in SHIPPED:
        row = demo["experiments"][name]
        few = {"folds": 3} if row["split"]["kind"] == "chromosomes" else {"folds": 2, "validation": 15}
        config["experiments"][name] = row | {"architecture": "tiny", "split": row["split"] | few}
    row = demo["searches"]["demo_search"]
    few = {"workers": 2, "trials": 3, "epochs": 1, "split": row["split"] | {"validation": 15, "test": 20}}
    return config | {"searches": {SEARCH: row | few}}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, bare_python: Path) -> Iterator[Run]:
    """Return a run without SLURM, at work: the same trainings, with as many threads each."""
    project = Project(tmp_path_factory.mktemp("local"), bare_python)
    project.configure(configuration())
    threads = ("--set-threads", "train=2", "search_worker=2")
    run = Run(project, project.command("--until", "predict", "search", *threads))
    yield run
    run.process.kill()


@pytest.fixture(scope="module")
def through_slurm(
    slurm: None, local: Run, tmp_path_factory: pytest.TempPathFactory, bare_python: Path
) -> Iterator[Run]:
    """Return a run through SLURM, at work; its folder is to be one that all nodes see."""
    project = Project(tmp_path_factory.mktemp("slurm"), bare_python)
    project.configure(configuration())
    first = f"results/demo_median/{CUT}/models/fold_1"
    run = Run(project, through_profile(project, "--prioritize", first))
    yield run
    run.process.kill()


def finished_trials(run: Run) -> dict[str, tuple[int, int]]:
    """Return the finished trials of the training that is cancelled once, with inodes and times (ns)."""
    found = (run.experiment(CUT) / "trials" / "fold_1").glob("trial_*/trial.json")
    stats = {path.parent.name: path.stat() for path in found}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


def cut_jobs(run: Run) -> list[Job]:
    """Return the submissions of the training that is cancelled once."""
    return [job for job in run.jobs if job.rule == "train" and CUT in job.wildcards]


@pytest.fixture(scope="module")
def cancelled(through_slurm: Run) -> dict[str, tuple[int, int]]:
    """Cancel a training while its second trial runs; return its finished trials. The run is finished then."""
    while not finished_trials(through_slurm) and through_slurm.process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.5)
    done = finished_trials(through_slurm)
    jobs = cut_jobs(through_slurm)
    assert len(jobs) == 1, through_slurm.output[-8000:]
    subprocess.run(["scancel", jobs[0].number], check=True)
    through_slurm.finish()
    return done


def test_a_run_through_slurm_leaves_all_results(through_slurm: Run, cancelled: object) -> None:
    results = through_slurm.project.run_folder / "results"
    names = [name.replace("tiny_holdout", name_of) for name in RESULTS for name_of in (*SHIPPED, CUT)]
    assert [name for name in names if not (results / name).is_file()] == []


def test_slurm_runs_every_job_but_the_local_ones(through_slurm: Run, cancelled: object) -> None:
    rules = "".join(path.read_text() for path in (ROOT / "workflow").rglob("*.smk"))
    rules += (ROOT / "workflow" / "Snakefile").read_text()
    blocks = re.split(r"^rule ", rules, flags=re.MULTILINE)[1:]
    stay = {block.split(":")[0] for block in blocks if "localrule: True" in block}
    finished = set(re.findall(r"Finished jobid: \d+ \(Rule: (\w+)\)", through_slurm.output))
    assert {job.rule for job in through_slurm.jobs} == finished - stay
    assert {"train", "predict", "simulate", "split"} <= finished - stay
    completed = [job for job in through_slurm.jobs if job.number != cut_jobs(through_slurm)[0].number]
    assert {described(job.number)["JobState"] for job in completed} == {"COMPLETED"}
    assert [job for job in completed if "Finished jobid" not in job.log.read_text()] == []


def test_slurm_is_asked_for_what_the_rules_say(through_slurm: Run, cancelled: object) -> None:
    known = {job.rule: described(job.number) for job in through_slurm.jobs}
    asked = {rule: (job["CPUs/Task"], job["MinMemoryNode"], job["TimeLimit"]) for rule, job in known.items()}
    assert {rule: asked[rule] for rule in ASKED} == ASKED
    assert [rule for rule, job in known.items() if "gpu" in job.get("TresPerJob", "")] == []


def test_a_job_has_as_many_threads_as_processors(through_slurm: Run, cancelled: object) -> None:
    """The job asks its rule again how many threads it takes; the answer is to be the same."""
    assert described(cut_jobs(through_slurm)[0].number)["CPUs/Task"] == "2"
    bundle = through_slurm.experiment(CUT) / "models" / "fold_1" / "bundle.json"
    device = json.loads(bundle.read_text())["metadata"]["device"]
    assert device == "cpu (2 threads)" or device.startswith("gpu")


def test_results_are_those_of_a_run_without_slurm(through_slurm: Run, local: Run, cancelled: object) -> None:
    local.finish()
    for name in (*SHIPPED, CUT):
        for file in COMPARED:
            ours, theirs = (run.experiment(name) / file for run in (through_slurm, local))
            assert ours.read_bytes() == theirs.read_bytes(), f"{name}/{file}"


def test_two_jobs_share_a_search(through_slurm: Run, local: Run, cancelled: object) -> None:
    local.finish()
    assert len([job for job in through_slurm.jobs if job.rule == "search_worker"]) == 2
    ours, theirs = (searched(run) for run in (through_slurm, local))
    assert len(ours) == 3
    assert ours == theirs


def searched(run: Run) -> list[dict[str, Any]]:
    """Return the trials of the search, but for when and how long they ran."""
    path = run.project.run_folder / "results" / "demo" / "searches" / SEARCH / "trials.jsonl"
    trials = [json.loads(line) for line in path.read_text().splitlines()]
    return [
        {key: value for key, value in trial.items() if key not in {"seconds", "time"}} for trial in trials
    ]


def test_a_cancelled_training_goes_on_at_its_unfinished_trial(
    through_slurm: Run, cancelled: dict[str, tuple[int, int]]
) -> None:
    first, second = (described(job.number) for job in cut_jobs(through_slurm))
    assert (first["JobState"], second["JobState"]) == ("CANCELLED", "COMPLETED")
    assert (first["MinMemoryNode"], second["MinMemoryNode"]) == ("4G", "6G")
    assert list(cancelled) == ["trial_1"]
    after = finished_trials(through_slurm)
    assert sorted(after) == ["trial_1", "trial_2", "trial_3"]
    assert after["trial_1"] == cancelled["trial_1"]


@pytest.fixture(scope="module")
def gpus(slurm: None, tmp_path_factory: pytest.TempPathFactory, bare_python: Path) -> Project:
    """Return a project with two trainings that wait for each other; nothing is computed on the GPUs."""
    if "gpu" not in (answer("sinfo", "--noheader", "--format=%G") or ""):
        pytest.skip("the SLURM that runs here has no GPUs")
    return gpu_project(tmp_path_factory.mktemp("gpus"), bare_python, wait=60)


@pytest.mark.parametrize(
    ("asked", "settings"),
    [("TresPerJob", {}), ("TresPerNode", variant("{gres: "))],
    ids=["gpus", "gres"],
)
def test_gpu_jobs_get_a_gpu_each_and_do_not_wait_for_each_other(
    gpus: Project, asked: str, settings: dict[str, Any]
) -> None:
    profile = yaml.safe_load((ROOT / "profiles" / "slurm" / "profile.yaml").read_text()) | settings
    (gpus.folder / "profiles" / "slurm" / "profile.yaml").write_text(yaml.safe_dump(profile))
    run = Run(gpus, through_profile(gpus, "--until", "train", "--forcerun", "train"))
    run.finish()
    known = [described(job.number) for job in run.jobs]
    assert [job.get(asked) for job in known] == ["gres:gpu:1"] * 2
    assert all(len({"TresPerJob", "TresPerNode"} & set(job)) == 1 for job in known)
    earlier, later = trainings(gpus)
    assert later.began < earlier.ended
    assert {earlier.cards, later.cards} == {"0", "1"}


def array(run: Run) -> list[dict[str, str]]:
    """Return what SLURM knows of the tasks of the one array that a run submitted, and nothing beside it."""
    assert run.jobs == []
    ((number, first, last),) = ARRAYS.findall(run.output)
    return [described(f"{number}_{task}") for task in range(int(first), int(last) + 1)]


def test_tasks_of_an_array_get_a_gpu_each(gpus: Project) -> None:
    run = Run(
        gpus, through_profile(gpus, "--until", "train", "--forcerun", "train", "--slurm-array-jobs=train")
    )
    run.finish()
    assert [task["JobState"] for task in array(run)] == ["COMPLETED"] * 2
    assert {training.cards for training in trainings(gpus)} == {"0", "1"}


def test_an_array_fails_where_its_first_task_ends_last(gpus: Project) -> None:
    """Why docs/cluster.md advises against arrays: if this fails one day, the plugin has learnt to do better."""
    script = gpus.folder / "workflow" / "scripts" / "train.py"
    late = "mine.unlink()\ntime.sleep(20 * (os.environ['SLURM_ARRAY_TASK_ID'] == '1'))"
    script.write_text(script.read_text().replace("mine.unlink()", late))
    arguments = ("--until", "train", "--forcerun", "train", "--retries", "0", "--latency-wait", "3")
    run = Run(gpus, through_profile(gpus, *arguments, "--slurm-array-jobs=train"))
    run.finish(succeeds=False)
    first, second = array(run)
    assert (first["JobState"], second["JobState"]) == ("COMPLETED", "FAILED")
    assert "MissingOutputException" in Path(second["StdOut"]).read_text()
