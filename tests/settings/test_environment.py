"""What the workflow's processes find around them, and what a failed run says at its end."""

import gc
import os
import subprocess
import sys

import pytest
import yaml

from workflow_scripts.settings.environment import failures, has_gpu, prepare_process

NOW = 1_000_000.0


@pytest.fixture
def said(tmp_path):
    """Write a log at a time and return what is said of all logs since NOW."""

    def write(name, text, at=NOW + 1):
        path = tmp_path / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (at, at))
        return failures(tmp_path / "logs", NOW, ["snakemake.log"])

    return write


def test_the_last_error_of_each_job_is_one_line_and_older_ones_are_left_out(said, tmp_path):
    said("cells/ingest.log", "12:00 ERROR error: of yesterday\n", NOW - 1)
    lines = said("cells/preprocess.log", "12:00 ERROR error: first\n12:01 INFO x\n12:02 ERROR error: last\n")
    assert lines == f"\n{tmp_path}/logs/cells/preprocess.log: error: last\n"


def test_runs_that_failed_come_with_the_settings_that_leave_them_out(said):
    said("cells/runs/published/vgg/fold0-seed1/train.log", "12:00 ERROR error: out of memory\n")
    said("cells/runs/grouped/vgg/fold0-seed0/train.log", "12:00 ERROR error: out of memory\n")
    said("cells/runs/grouped/vit/predict.log", "12:00 INFO all is well\n")
    said("blood/runs/grouped/cvm-int8/fold0-seed0/make_run.log", "12:00 ERROR error: y\n")
    *_, one, other = said("cells/report.log", "12:00 ERROR error: x\n").strip().splitlines()
    hint = "To go on without what cannot be mended: "
    assert one.startswith(hint) and other.startswith(hint)
    assert yaml.safe_load(one.removeprefix(hint)) == {"studies": {"blood": {"runs": {"cvm-int8": None}}}}
    assert yaml.safe_load(other.removeprefix(hint)) == {"studies": {"cells": {"runs": {"vgg": None}}}}


@pytest.mark.parametrize(
    "why", ["interrupted; the next run continues", "a state is saved, the next attempt continues from it"]
)
def test_a_training_that_was_only_stopped_is_not_to_be_left_out(said, why):
    assert "To go on without" not in said("cells/runs/grouped/vgg/fold0-seed0/train.log", f"12:00 ERROR error: {why}\n")


def test_no_error_line_at_all_points_to_the_rule(said):
    assert said("cells/ingest.log", "12:00 INFO fine\n").strip().endswith("named in snakemake.log")


@pytest.mark.parametrize("beside", ["", "#!/bin/sh\necho an old python\n"])
def test_jobs_that_call_python_get_the_one_that_plans_also_where_it_is_called_python3(tmp_path, monkeypatch, beside):
    folder = tmp_path / "it's here"
    folder.mkdir()
    for name, text in {"python3": '#!/bin/sh\necho this one "$@"\n', "python": beside}.items():
        if text:
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(folder / "python3"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("PYTHONPATH", "")
    thresholds = gc.get_threshold()
    prepare_process(tmp_path / "root")
    gc.set_threshold(*thresholds)
    called = subprocess.run(["python", "-m", "x y"], capture_output=True, text=True, check=True)
    assert called.stdout == "this one -m x y\n"


def files(folder, *names):
    folder.mkdir()
    for name in names:
        (folder / name).touch()
    return folder


def test_a_gpu_is_seen_whatever_its_number_is_and_in_the_linux_of_windows(tmp_path):
    driver = files(tmp_path / "driver", "libcuda.so.1")
    # A container that was given the fourth of several GPUs.
    assert has_gpu(files(tmp_path / "fourth", "null", "nvidiactl", "nvidia3"), driver)
    assert has_gpu(files(tmp_path / "windows", "null", "dxg"), driver)
    # A driver without a device, and a device of another maker.
    assert not has_gpu(files(tmp_path / "driver_alone", "null", "nvidiactl", "nvidia-uvm"), driver)
    assert not has_gpu(tmp_path / "windows", tmp_path / "none")
