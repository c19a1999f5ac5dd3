"""What is done with a GPU that is lent for minutes, rehearsed on a processor at tiny size."""

import importlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.training.test_benchmark_scripts import BENCHMARKS, declared_file, without_pydantic
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.documentation.measured import Measured

assert declared_file  # a fixture

# What stands in for the script of a bundle.
RUN = """
import pathlib, sys
words = dict(zip(sys.argv[1::2], sys.argv[2::2]))
pathlib.Path(words["--answer"]).write_text(f"{words['--at-once']} at once on {words['--device']}")
print("trained for", words["--minutes"])
"""


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("on_a_gpu")


def bundle_in(folder: Path) -> Path:
    path = folder / "trainings.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("trainings/run.py", RUN)
    return path


def test_every_part_leaves_what_home_can_keep(declared_file, tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, BENCHMARKS / "on_a_gpu.py", "--declared", declared_file, "--commit", "abc", "--out", out]
    command += ["--bundle", bundle_in(tmp_path), "--work", tmp_path / "work", "--device", "cpu", "--seconds", "900"]
    done = subprocess.run(command, capture_output=True, text=True, env=without_pydantic(tmp_path))
    assert done.returncode == 0, done.stdout + (out / "log.txt").read_text()
    ended = {part["part"]: part["how"] for part in json.loads((out / "parts.json").read_text())["parts"]}
    assert ended == {"smoke": "done", "speed": "done", "timm": "left out", "train": "done", "table3": "done"}
    assert (out / "answer.zip").read_text() == "3 at once on cpu"
    speed, table3 = (
        parse(Measured, json.loads((out / f"gpu_{part}.json").read_text())) for part in ("speed", "table3")
    )
    assert speed.commit == "abc" and speed.command.startswith(
        "python3 tests/benchmarks/training.py --declared declared"
    )
    assert [row[:3] for row in speed.tables[0].rows] == [("shufflenet_v2_x0_5", "8", "float32")]
    assert [row[1] for row in table3.tables[0].rows] == ["eager", "replayed"]
    printed = (out / "printed.txt").read_text()
    assert "1 passed" in printed and "the paper: 82 s an epoch" in printed
    # As many files as a machine that is lent may give back.
    assert len(list(out.iterdir())) <= 8


def test_a_part_that_fails_or_lasts_too_long_takes_nothing_along(script, tmp_path, monkeypatch, capsys):
    codes = {
        "smoke": "raise SystemExit(3)",
        "speed": "import time; print('| a |\\n|---|\\n| 1 |', flush=True); time.sleep(600)",
        "table3": "print('| b |\\n|---|\\n| 2 |')",
    }
    monkeypatch.setattr(script, "command_of", lambda part, *_: [sys.executable, "-c", codes[part]])
    # The second one is ended by its own budget, as soon as its row is there.
    monkeypatch.setattr(script, "SECONDS", dict.fromkeys(codes, 60.0) | {"speed": 3.0})
    monkeypatch.setattr(sys, "argv", arguments(tmp_path, 900))
    with pytest.raises(SystemExit):
        script.main()
    parts = json.loads((tmp_path / "out" / "parts.json").read_text())["parts"]
    assert [part["how"] for part in parts] == ["failed with 3", "out of time", "done"]
    for part, cell in (("speed", "1"), ("table3", "2")):
        measured = json.loads((tmp_path / "out" / f"gpu_{part}.json").read_text())
        assert measured["tables"][0]["rows"] == [[cell]]
    assert "| speed | out of time |" in capsys.readouterr().out


def test_what_a_part_started_ends_with_it(script, tmp_path):
    child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    parent = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {child!r}]).pid, flush=True)"
    declared = tmp_path / "declared.json"
    how = script.called([sys.executable, "-c", f"{parent}; import time; time.sleep(600)"], 5, tmp_path, declared)
    assert how == "out of time"
    number = int((tmp_path / "printed.txt").read_text())
    with pytest.raises(ProcessLookupError):
        # Killed; whoever adopted it may not have looked yet.
        while os.kill(number, 0) is None and Path(f"/proc/{number}/stat").read_text().split()[2] != "Z":
            pass
        raise ProcessLookupError


def test_no_part_begins_without_time_for_it_and_trainings_take_what_is_left(script, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(script, "command_of", lambda part, args, seconds: asked.append((part, seconds)) or ["x"])
    now = [0.0]

    def called(command, seconds, *_):
        now[0] += seconds
        return "done"

    monkeypatch.setattr(script, "called", called)
    monkeypatch.setattr(script, "kept", lambda *_: None)
    monkeypatch.setattr(sys, "argv", arguments(tmp_path, 560))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "printed.txt").touch()
    ended = script.all_parts(script.arguments(), clock=lambda: now[0])
    before = sum(script.SECONDS[part] for part in ("smoke", "speed", "timm"))
    assert asked[-1] == ("train", 560 - before - script.GRACE)
    assert [outcome.how for outcome in ended] == ["done"] * 4 + ["left out"] and now[0] == 560 - script.GRACE


def arguments(folder: Path, seconds: int) -> list[str]:
    out = ["--out", str(folder / "out"), "--seconds", str(seconds), "--device", "cpu"]
    return ["on_a_gpu.py", "--declared", str(folder / "declared.json"), "--commit", "abc", *out]
