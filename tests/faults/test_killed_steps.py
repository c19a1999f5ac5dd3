"""Steps that start processes, killed at work: nobody is left, nobody waits, the next call ends in the same bytes."""

import json
import os
import re
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.processes import Family, until
from tests.raw import picture, save
from tests.workflow.conftest import OFF, Workflow, copy_of_the_project
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing

ROOT = Path(__file__).resolve().parents[2]
JOBS = 2


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> Path:
    """60 files of two classes, links to 20 pictures that take a while to decode."""
    root = tmp_path_factory.mktemp("raw")
    for index in range(20):
        original = save(root / "originals" / f"{index}.png", picture(index, 800, 700), compress_level=1)
        for number in range(3):
            copy = root / "images" / "ab"[index % 2] / f"{index}-{number}.png"
            copy.parent.mkdir(parents=True, exist_ok=True)
            os.link(original, copy)
    return root / "images"


@dataclass(frozen=True)
class Step:
    """A step with its folder of results."""

    name: str
    arguments: list
    out: Path
    log: Path

    def start(self, output: Path) -> Family:
        command = [sys.executable, "-m", f"workflow_scripts.steps.{self.name}", *self.arguments, "--log", self.log]
        return Family(command, output, env={"PYTHONPATH": str(ROOT)})

    def results(self) -> dict[str, bytes]:
        """What it has written, hidden files too."""
        files = [path for path in sorted(self.out.rglob("*")) if path.is_file()]
        return {str(path.relative_to(self.out)): path.read_bytes() for path in files}

    def call(self, output: Path) -> dict[str, bytes]:
        """Its results after an undisturbed call."""
        with self.start(output) as family:
            assert family.ended(120) == 0, family.said()
        return self.results()


def ingest(images: Path, folder: Path) -> Step:
    settings = {"study": "test", "adapters": ["folder"], "synthetic": False, "scale": "demo", "listing": None}
    settings |= {"ingest": plain(Ingest()), "attributes": []}
    given = ["--settings", json.dumps(settings), "--code", "c", "--source", f"folder={images}", "--jobs", JOBS]
    given += ["--work", folder / ".work"]
    return Step("ingest", [*given, "--out", folder / "dataset"], folder / "dataset", folder / "ingest.log")


def preprocess(images: Path, folder: Path, dataset: Path) -> Step:
    settings = {"study": "test", "preprocess": plain(Packing(size=96))}
    given = ["--settings", json.dumps(settings), "--code", "c", "--source", f"folder={images}", "--jobs", JOBS]
    given += ["--dataset", dataset, "--out", folder / "arrays", "--work", folder / ".work"]
    return Step("preprocess", given, folder / "arrays", folder / "preprocess.log")


@pytest.fixture(scope="module")
def undisturbed(images, tmp_path_factory) -> dict[str, dict[str, bytes]]:
    """Name of a step → its results."""
    folder = tmp_path_factory.mktemp("undisturbed")
    first = ingest(images, folder)
    second = preprocess(images, folder, first.out)
    return {step.name: step.call(folder / f"{step.name}.txt") for step in (first, second)}


@pytest.fixture
def step_of(images, undisturbed, tmp_path):
    """A step by its name, with its inputs."""

    def made(name: str) -> Step:
        if name == "ingest":
            return ingest(images, tmp_path)
        for file, content in undisturbed["ingest"].items():
            path = tmp_path / "dataset" / file
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        return preprocess(images, tmp_path, tmp_path / "dataset")

    return made


def at_work(family: Family) -> list[int]:
    """Its processes that decode, as soon as all are there."""
    return until(lambda: workers if len(workers := family.others()) == JOBS else None, f"workers\n{family.said()}")


@pytest.mark.parametrize(
    ("name", "whom", "number", "status", "line"),
    [
        ("ingest", "main", signal.SIGKILL, -9, ""),
        ("ingest", "main", signal.SIGTERM, 130, "error: interrupted; the next run continues"),
        ("ingest", "all", signal.SIGINT, 130, "error: interrupted; the next run continues"),
        ("ingest", "all", signal.SIGKILL, -9, ""),
        ("ingest", "worker", signal.SIGKILL, 1, "error: decoding process .* was killed, probably for lack of memory"),
        ("preprocess", "main", signal.SIGKILL, -9, ""),
        ("preprocess", "main", signal.SIGTERM, 130, "error: interrupted; the next run continues"),
    ],
)
def test_a_killed_step_leaves_nobody_and_the_next_call_ends_in_the_same_bytes(
    step_of, undisturbed, tmp_path, name, whom, number, status, line
):
    step = step_of(name)
    with step.start(tmp_path / "first.txt") as family:
        workers = at_work(family)
        if whom == "all":
            os.killpg(family.main.pid, number)
        else:
            os.kill(workers[0] if whom == "worker" else family.main.pid, number)
        assert family.ended(20) == status
        said = family.said().splitlines()
    assert "Traceback" not in "".join(said)
    assert re.match(line, said[-1]) if line else not said
    hidden = {path: len(content) for path, content in step.results().items() if path.startswith(".")}
    assert not hidden or (number == signal.SIGKILL and whom != "worker"), "what could clear away has left files"
    assert step.call(tmp_path / "second.txt") == undisturbed[name]
    assert not step.log.with_suffix(".lock").exists()


def test_who_waits_for_a_job_names_a_living_process_and_goes_on_when_that_is_killed(step_of, undisturbed, tmp_path):
    step = step_of("ingest")
    with step.start(tmp_path / "first.txt") as first, step.start(tmp_path / "second.txt") as second:
        waiting = until(lambda: re.search(r"by process (\d+)", second.said() + first.said()), "a line of who waits")
        worker, waiter = (first, second) if int(waiting[1]) == first.main.pid else (second, first)
        assert int(waiting[1]) == worker.main.pid and worker.main.poll() is None
        worker.main.kill()
        worker.ended()
        assert waiter.ended() == 0, waiter.said()
    assert step.results() == undisturbed["ingest"]


STUDY = """\
  mine:
    adapters: [folder]
    source: {}
    ingest: {{classes: null}}
    protocols: {{duplicate_free: {{kind: holdout, by: group}}}}
    runs: {{tiny: {{kind: network, model: test_resnet}}}}
"""


def test_through_snakemake_a_killed_step_ends_the_call_and_the_next_one_continues(images, undisturbed, tmp_path):
    workflow = Workflow(copy_of_the_project(tmp_path / "copy"), "mine.yaml")
    (workflow.folder / "mine.yaml").write_text(f"studies:\n{OFF}{STUDY.format(images)}")
    target = "results/mine/dataset/record.json"
    command = [sys.executable, "-m", "snakemake", target, "--cores", "2", "--configfile", "mine.yaml"]
    with Family(command, tmp_path / "output", cwd=workflow.folder) as family:

        def steps() -> list[int]:
            named = [
                number for number, words in family.members().items() if "-m workflow_scripts.steps.ingest" in words
            ]
            return named if len(named) == 1 + JOBS else []

        named = until(steps, "a step at work")
        (main,) = [number for number in named if family.parent_of(number) not in named]
        os.kill(main, signal.SIGKILL)
        assert family.ended() == 1, family.said()
    workflow.run(target)
    folder = workflow.folder / "results" / "mine" / "dataset"
    for name in ("manifest.csv", "equal_pairs.csv", "quarantine.csv"):
        assert (folder / name).read_bytes() == undisturbed["ingest"][name]
