"""`make clean` removes the demo and nothing else."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.copied_project import copy_parts
from workflow_scripts.commands.clean import clean
from workflow_scripts.runtime.results_layout import RUNS_FILES


def study(root: Path, name: str, synthetic: bool, scale: str) -> Path:
    """A study's results as ingest and later steps leave them."""
    folder = root / name
    (folder / "dataset").mkdir(parents=True)
    (folder / "dataset" / "record.json").write_text(json.dumps({"synthetic": synthetic, "scale": scale}))
    (folder / "report.html").write_text("report")
    return folder


@pytest.fixture
def checkout(tmp_path):
    """Synthetic and real data, the demo's results beside real ones, states and records of both."""
    for name in (
        "data/herlev/synthetic-1f",
        "data/herlev/raw",
        ".work/checkpoints/1",
        ".work/locks",
        ".snakemake/metadata",
    ):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file").write_text("kept or not")
    study(tmp_path / "results", "demo", True, "demo")
    for name in ("index.html", *RUNS_FILES):
        (tmp_path / "results" / name).write_text("of all studies")
    (tmp_path / "results" / "mlflow").mkdir()
    (tmp_path / "logs" / "demo").mkdir(parents=True)
    (tmp_path / "logs" / "index.log").write_text("log")
    return tmp_path


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_all_of_the_demo_goes_and_what_other_results_need_stays(checkout):
    study(checkout / "results-real", "herlev", False, "demo")
    before = files(checkout)
    clean(checkout)
    gone = before - files(checkout)
    assert not (checkout / "results").exists()
    assert gone == {
        "data/herlev/synthetic-1f/file",
        "logs/index.log",
        "results/demo/dataset/record.json",
        "results/demo/report.html",
        "results/index.html",
        *(f"results/{name}" for name in RUNS_FILES),
    }


@pytest.mark.parametrize(("synthetic", "scale"), [(False, "demo"), (True, "paper"), (False, "paper")])
def test_real_data_and_the_papers_scale_are_left_and_named(checkout, synthetic, scale):
    kept = study(checkout / "results", "mine", synthetic, scale)
    lines = clean(checkout)
    assert files(kept) == {"dataset/record.json", "report.html"}
    assert not (checkout / "results" / "demo").exists() and (checkout / "results" / "index.html").exists()
    assert "left results/mine: not the demo's, or unfinished; remove it by hand" in lines


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"made": null}'])
def test_what_has_no_readable_record_is_left(checkout, text):
    kept = study(checkout / "results", "mine", True, "demo")
    (kept / "dataset" / "record.json").write_text(text)
    assert any("left results/mine" in line for line in clean(checkout)) and kept.exists()


def test_a_link_is_removed_and_what_it_leads_to_stays(checkout, tmp_path_factory):
    elsewhere = study(tmp_path_factory.mktemp("disk"), "linked", True, "demo")
    (checkout / "results" / "linked").symlink_to(elsewhere)
    clean(checkout)
    assert not (checkout / "results" / "linked").is_symlink() and (elsewhere / "report.html").exists()


def test_make_needs_no_packages_for_it(tmp_path):
    copy_parts(("Makefile", "requirements.lock", "requirements-dev.lock", "workflow_scripts"), tmp_path)
    study(tmp_path / "results", "demo", True, "demo")
    # -S: without any package that is installed.
    command = ["make", "clean", "PYTHON=python3 -S"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "removed results/demo" in done.stdout, done.stderr
    assert not (tmp_path / ".venv").exists() and not (tmp_path / "results").exists()
