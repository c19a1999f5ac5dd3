"""docs/how-to/add_a_study.md, followed word by word in a copy: nothing is edited but the new folder and its section."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.workflow.conftest import ROOT, Workflow, copy_of_the_project

PAGE = (ROOT / "docs" / "how-to" / "add_a_study.md").read_text(encoding="utf-8")
NAMED = re.compile(r"^```\w+\n(?:# |<!-- )(\S+?)(?: -->)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def followed(tmp_path_factory) -> Workflow:
    """A copy with the page's study, run to the end; the other studies do not run."""
    folder = copy_of_the_project(tmp_path_factory.mktemp("followed") / "copy")
    files = dict(NAMED.findall(PAGE))
    section = yaml.safe_load(files.pop("config.yaml"))
    shipped = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    shipped["studies"].update(section["studies"])
    (folder / "config.yaml").write_text(yaml.safe_dump(shipped), encoding="utf-8")
    assert {Path(name).parent.as_posix() for name in files} == {"workflow_scripts/studies/discs"}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "workflow_scripts/studies/discs/__init__.py").touch()
    (folder / "discs.yaml").write_text("only: [discs]\n", encoding="utf-8")
    workflow = Workflow(folder, configfile="discs.yaml")
    workflow.run("discs")
    return workflow


def test_the_study_of_the_page_runs_to_its_report(followed: Workflow) -> None:
    results = followed.folder / "results" / "discs"
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "Journal of Examples" in page and "98.5 %" in page and "Large and small discs" in page
    assert (results / "paper" / "fig01_examples.png").is_file()
    assert (results / "paper" / "fig02_accuracy.png").is_file() and "share of right answers" in page
    assert "accuracy" in (results / "paper" / "fig02_accuracy.csv").read_text()
    assert "98.5" in (results / "paper" / "table01.csv").read_text()
    truth = pd.read_csv(results / "truth.csv").set_index("measure")["value"]
    assert truth["recall"].item() == 1


def test_its_settings_are_compared_with_the_paper_by_the_tests_that_are_there(followed: Workflow) -> None:
    (followed.folder / "tests").mkdir(exist_ok=True)
    name = "tests/settings/test_paper_scale.py"
    (followed.folder / name).parent.mkdir(parents=True, exist_ok=True)
    (followed.folder / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "discs", name]
    done = subprocess.run(command, cwd=followed.folder, capture_output=True, text=True, env=_environment(followed))
    assert done.returncode == 0 and "3 passed" in done.stdout, done.stdout


def _environment(workflow: Workflow) -> dict:
    import os

    return {**os.environ, "PYTHONPATH": str(workflow.folder)}
