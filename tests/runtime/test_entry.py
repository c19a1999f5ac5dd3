"""What an entry point says where its command line does not fit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workflow_scripts.settings.environment import failures

ROOT = Path(__file__).resolve().parents[2]


def call(*arguments: str, folder: Path) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("step", ["verdict", "ingest", "train"])
def test_an_argument_that_is_refused_is_said_in_the_logs_of_the_job(tmp_path, step):
    logs = ["logs/one.log", "logs/two.log"] if step == "train" else ["logs/one.log"]
    (tmp_path / "logs").mkdir()
    done = call(f"workflow_scripts.steps.{step}", "--log", *logs, "--settings", "{", folder=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    said = failures(tmp_path / "logs", 0)
    assert said.count(f"error: {step}: argument --settings") == len(logs)
    assert f"`python -m workflow_scripts.{step} --help`" in said


def test_without_a_log_only_the_console_is_told(tmp_path):
    done = call("workflow_scripts.steps.verdict", "--settings", "{", folder=tmp_path)
    assert done.returncode == 2 and "argument --settings" in done.stderr
    assert not list(tmp_path.iterdir())
