"""From home to a machine without the workflow and back: bundle, training, answer, taking in, report.

The other machine is a folder with a space in its name, where PYTHONPATH is the bundle's alone and what the workflow
needs beyond a training cannot be imported. In one file, because its tests share what takes a minute to make.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from tests.elsewhere.repacked import repacked
from tests.workflow.conftest import OFF, Workflow, copy_of_the_project
from workflow_scripts.contracts.verified import differences, required_weights
from workflow_scripts.elsewhere.bundle_inputs import travelling
from workflow_scripts.elsewhere.taking_in import Unpacked, proven, put_among_results, whole_runs
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import write_sealed
from workflow_scripts.settings.load import read_yaml
from workflow_scripts.settings.plan.workflow_plan import Plan

CONFIG = f"""
studies:
{OFF}  small:
    adapters: [herlev]
    synthetic: {{samples_per_class: 8, samples_per_field: 2, size: 40}}
    preprocess: {{size: 32}}
    protocols:
      published: {{kind: holdout, fractions: [0.6, 0.2, 0.2], by: sample}}
    seeds: [0, 1]
    train: {{epochs: 1, batch_size: 8, learning_rate: 1.0e-3}}
    runs:
      tiny: {{kind: network, model: test_resnet}}
    evaluate: {{bootstrap: 100}}
    explain: {{runs: []}}
"""
RUN = "small/runs/published/tiny"
KEYS = ("fold0-seed0", "fold0-seed1")
# What the workflow needs and a training does not; drawing and page making among it.
ABSENT = (
    *("snakemake", "pydantic", "mlflow", "dvc", "pytorch_grad_cam", "imblearn"),
    *("matplotlib", "plotly", "jinja2", "pydicom", "tifffile", "openslide"),
)
# An environment like that of a machine that is lent: another Python, another torch, and nothing of the workflow.
OTHER = (
    "torch==2.11.0",
    "torchvision==0.26.0",
    "timm",
    "numpy",
    "pandas",
    "scikit-learn",
    "scikit-image",
    "safetensors",
)
HOOK = f"""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {ABSENT!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
"""


@dataclass
class Away:
    """The workflow at home, the folder where its bundle is unpacked, and the Python that runs it there."""

    home: Workflow
    far: Path
    python: str = sys.executable

    @classmethod
    def unpacked(cls, folder: Path, python: str = sys.executable) -> "Away":
        """A new home, and its bundle unpacked elsewhere."""
        home = Workflow(copy_of_the_project(folder / "home"))
        (home.folder / "tiny.yaml").write_text(CONFIG)
        away = cls(home, folder / "far away" / "trainings", python)
        away.command("bundle", "small/published/tiny", "--data", "originals")
        with zipfile.ZipFile(home.folder / "trainings.zip") as bundle:
            bundle.extractall(away.far.parent)
        return away

    @property
    def answer(self) -> Path:
        return self.far / "answer.zip"

    def command(self, module: str, *arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        given = (*map(str, arguments), "--configfile", "tiny.yaml")
        command = [sys.executable, "-m", f"workflow_scripts.commands.{module}", *given]
        environment = {**os.environ, "PYTHONPATH": str(self.home.folder)}
        done = subprocess.run(command, cwd=self.home.folder, env=environment, capture_output=True, text=True)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def run_there(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Call the bundle's script, on the processor."""
        environment = {**os.environ, "PYTHONPATH": str(self.far)}
        command = [self.python, self.far / "run.py", "--device", "cpu", *arguments]
        return subprocess.run(command, cwd=self.far.parent, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def away(tmp_path_factory) -> Away:
    away = Away.unpacked(tmp_path_factory.mktemp("away"))
    (away.far / "sitecustomize.py").write_text(HOOK)
    done = away.run_there("--at-once", "2", "--minutes", "10")
    assert done.returncode == 0, done.stdout + done.stderr
    return away


@pytest.fixture
def plan(away, monkeypatch) -> Plan:
    """The settings of home, whose folder is the current one."""
    monkeypatch.chdir(away.home.folder)
    return Plan(away.home.folder, read_yaml(Path("tiny.yaml")), away.home.folder, [])


def taken(plan: Plan, archive: Path, folder: Path) -> list:
    """What taking in proves before it places anything."""
    unpacked = Unpacked.of(archive, folder / "unpacked")
    addresses, torn = whole_runs(plan, unpacked)
    if torn:
        raise UserError(torn[0])
    return proven(plan, unpacked, addresses)


def test_a_bundle_holds_what_trainings_read_and_nothing_of_home_besides(away):
    with zipfile.ZipFile(away.home.folder / "trainings.zip") as bundle:
        names = {name.removeprefix("trainings/") for name in bundle.namelist()}
        described = json.loads(bundle.read("trainings/bundle.json"))
    assert names - set(described["files"]) == {"bundle.json"}
    results = {name for name in names if name.startswith("results/")}
    assert results == {
        *(f"results/small/dataset/{name}" for name in ("manifest.csv", "record.json")),
        *(f"results/small/arrays/{name}" for name in ("index.csv", "record.json")),
        *(f"results/small/splits/published.{ending}" for ending in ("csv", "json")),
    }
    assert any(name.startswith("originals/small/herlev/") for name in names)
    assert set(described["needs"]) >= {"numpy", "torch", "timm"} and "imbalanced-learn" not in described["needs"]
    assert str(away.home.folder) not in json.dumps(described)


def test_samples_travel_as_what_takes_less_room(plan):
    packed = travelling(plan, "small", "packed", "results/small/arrays/data.npy")
    originals = travelling(plan, "small", "originals", "results/small/arrays/data.npy")
    smaller = travelling(plan, "small", "smaller", "results/small/arrays/data.npy")
    # Synthetic pictures of this size are smaller once they are packed to 32 pixels.
    assert smaller == packed and packed.originals is None
    assert originals.originals and len(originals.files) > 1 and "results/small/arrays/data.npy" not in originals.files


def test_pixels_that_are_packed_there_are_those_of_home(away):
    at_home, there = (folder / "results/small/arrays" for folder in (away.home.folder, away.far))
    for name in ("data.npy", "record.json", "index.csv"):
        assert (at_home / name).read_bytes() == (there / name).read_bytes()


def test_a_changed_file_of_the_bundle_stops_everything_there(away):
    path = away.far / "workflow_scripts/training/loop.py"
    text = path.read_text()
    path.write_text(text + "\n")
    done = away.run_there()
    path.write_text(text)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {path} is not the file of the bundle; unpack the bundle again")


def test_what_fits_is_proven_and_says_that_weights_stayed(away, plan, tmp_path):
    trainings = taken(plan, away.answer, tmp_path)
    assert ["/".join(training.address.parts) for training in trainings] == [f"{RUN}/{key}" for key in KEYS]
    assert not any(training.whole for training in trainings)


def edited_table(folder: Path) -> None:
    path = folder / RUN / KEYS[0] / "predictions.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], *lines[2:]]))


def edited_code(folder: Path) -> None:
    path = folder / RUN / KEYS[1] / "record.json"
    record = json.loads(path.read_text())
    write_sealed(path, {**record, "code": "0" * 64})


@pytest.mark.parametrize(
    ("change", "named_again", "words"),
    [
        (edited_table, False, f"{RUN}/{KEYS[0]}/predictions.csv is not the file that was put in"),
        (edited_table, True, "predictions.csv is not the file that train.json names"),
        (edited_code, True, "the code of finishing was another one than there is here now"),
        (lambda folder: (folder / RUN / KEYS[0] / "train.json").unlink(), True, "half a result: train.json is missing"),
        (lambda folder: shutil.rmtree(folder / RUN / KEYS[1]), True, "1 of 2 trainings, fold0-seed1 is missing"),
        (lambda folder: (folder / "answer.json").write_text("{}"), False, "its answer.json is missing or not as it"),
    ],
)
def test_a_tampered_or_torn_answer_is_refused_in_a_line(away, plan, tmp_path, change, named_again, words):
    changed = repacked(away.answer, tmp_path / "changed.zip", change, named_again)
    with pytest.raises(UserError) as refused:
        taken(plan, changed, tmp_path)
    assert words in str(refused.value) and "\n" not in str(refused.value)


def test_predictions_of_other_samples_are_refused_also_where_every_digest_fits(away, plan, tmp_path):
    def swap_subsets(folder: Path) -> None:
        for name in ("predictions.csv", "units.csv"):
            path = folder / RUN / KEYS[0] / name
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
            table["subset"] = table["subset"].map({"validation": "test", "test": "validation"})
            table.to_csv(path, index=False, lineterminator="\r\n")

    changed = repacked(away.answer, tmp_path / "changed.zip", swap_subsets, named_again=True, vouched_again=True)
    with pytest.raises(UserError, match=r"predictions\.csv is not of the samples of .*published\.csv; nothing was"):
        taken(plan, changed, tmp_path)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("epochs: 1", "epochs: 2", r"other settings \(train\.epochs: 1 there, 2 now\)"),
        ("seeds: [0, 1]", "seeds: [0, 1, 2]", "2 of 3 trainings, fold0-seed2 is missing"),
        ("tiny: {", "other: {", "have no run small/published/tiny that is trained"),
    ],
)
def test_other_settings_are_refused(away, plan, tmp_path, before, after, words):
    (tmp_path / "other.yaml").write_text(CONFIG.replace(before, after))
    other = Plan(away.home.folder, read_yaml(tmp_path / "other.yaml"), away.home.folder, [])
    with pytest.raises(UserError, match=words):
        taken(other, away.answer, tmp_path)


def test_another_split_is_refused(away, plan, tmp_path):
    split = away.home.folder / "results/small/splits/published.csv"
    before = split.read_bytes()
    split.write_bytes(before.replace(b"validation", b"test"))
    try:
        with pytest.raises(UserError, match=r"it was trained on another splits/published\.csv than .* is"):
            taken(plan, away.answer, tmp_path)
    finally:
        split.write_bytes(before)


def test_what_was_trained_there_ends_in_the_report_at_home(away, plan, tmp_path):
    away.command("take_in", away.answer)
    planned = away.home.planned()
    assert not any(rule.startswith("train") for rule in planned) and planned["finish_run"] == 1
    folder = Path("results") / RUN / KEYS[0]
    with pytest.raises(UserError, match="has no tensors here: they stayed where the run was trained"):
        required_weights(folder / "weights.safetensors")
    # What is there already is not overwritten by another training.
    unpacked = Unpacked.of(away.answer, tmp_path / "again")
    trainings = proven(plan, unpacked, whole_runs(plan, unpacked)[0])
    (trainings[0].folder / "predictions.csv").write_text("another")
    with pytest.raises(UserError, match="holds another training already"):
        put_among_results(plan, unpacked, trainings)

    away.home.run("results/small/report.html")
    assert [str(difference) for difference in differences(Path("results/small"))] == []
    there = away.far / "results" / RUN / KEYS[0]
    assert (folder / "units.csv").read_bytes() == (there / "units.csv").read_bytes()
    record = json.loads((folder / "record.json").read_text())
    trained = json.loads((there / "train.json").read_text())
    assert record["taken_in"]["weights_elsewhere"] == trained["outputs"]["weights.safetensors"]
    page = Path("results/small/report.html").read_text()
    versions = f"python {trained['versions']['python']}, torch {trained['versions']['torch']}"
    assert "Trained elsewhere:" in page and versions in page and "the weights of 2 stayed there" in page

    # The tensors come later, and are believed once they are those that the trainings left.
    assert away.run_there("--collect", "--weights", "all").returncode == 0
    away.command("take_in", away.answer)
    assert required_weights(folder / "weights.safetensors").read_bytes() == (there / "weights.safetensors").read_bytes()
    assert not any(rule.startswith("train") for rule in away.home.planned())


@pytest.fixture(scope="module")
def other_python(tmp_path_factory) -> str:
    """A Python 3.12 with torch 2.11: that of TRAINED_ELSEWHERE_PYTHON, or one that is made, which fetches gigabytes."""
    if given := os.environ.get("TRAINED_ELSEWHERE_PYTHON"):
        return given
    versions = sorted(Path.home().glob(".pyenv/versions/3.12.*/bin/python3.12"))
    python = versions[-1] if versions else shutil.which("python3.12")
    if not python:
        pytest.skip("no Python 3.12 here")
    folder = tmp_path_factory.mktemp("other")
    subprocess.run([python, "-m", "venv", folder], check=True)
    command = [folder / "bin" / "python", "-m", "pip", "install", "-q", "--no-cache-dir", "--no-compile", *OTHER]
    subprocess.run(command, check=True)
    return str(folder / "bin" / "python")


@pytest.mark.slow
def test_another_python_and_another_torch_end_in_the_report_at_home_too(other_python, tmp_path, monkeypatch):
    away = Away.unpacked(tmp_path, other_python)
    done = away.run_there("--at-once", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "another version than at home: torch 2.11.0" in done.stderr
    away.command("take_in", away.answer)
    away.home.run("results/small/report.html")
    monkeypatch.chdir(away.home.folder)
    assert [str(difference) for difference in differences(Path("results/small"))] == []
    page = Path("results/small/report.html").read_text()
    assert re.search(
        r"Trained elsewhere:.* with python 3\.12\.\d+, torch 2\.11\.0; the weights of 2 stayed there", page
    )
