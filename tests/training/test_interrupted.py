"""A training that is killed, stopped, run twice or out of time: it continues and ends in the same bytes."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests import made
from tests.training.running import changed, run
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.steps import train
from workflow_scripts.training import checkpoints, one_training

ROOT = Path(__file__).resolve().parents[2]


def start(inputs, out, settings, stop=lambda: None, **more):
    """The real step in a process of its own, which saves a state after every optimiser step; its exit code and log."""
    inputs.root.joinpath("log").mkdir(exist_ok=True)
    path = inputs.root / "log" / f"{len(list(inputs.root.joinpath('log').iterdir()))}.log"
    child = os.fork()  # the libraries are loaded already: a fresh start costs seconds
    if not child:
        try:
            stop()
            places = inputs.arguments(out=out, settings=settings)
            entry.run(train.main, changed(places, {"save_within": 0, "save_at_end": 0, "log": path, **more}))
        except SystemExit as end:
            os._exit(end.code)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), path.read_text()


def killed(number, after=0, during=0):
    """Makes the process get a signal just after its n-th saved state, or while the n-th is half-written."""

    def patch():
        save, write, count = checkpoints.Checkpoints.save, checkpoints.torch.save, [0]

        def saved(self, *arguments):
            save(self, *arguments)
            count[0] += 1
            if count[0] == after:
                os.kill(os.getpid(), number)

        def half(state, file):
            write(state, file)
            if count[0] == during - 1:
                file.flush()
                os.ftruncate(file.fileno(), file.tell() // 2)
                os.kill(os.getpid(), number)

        checkpoints.Checkpoints.save, checkpoints.torch.save = saved, half

    return patch


def test_a_killed_training_ends_in_the_same_bytes(inputs, tmp_path):
    # Five steps an epoch: the states lie within epochs and at their ends; each start goes on where the last one ended.
    settings = made.settings(
        epochs=3, select="best", spec=made.network(options={"drop_rate": 0.3}), augment={"rotate": 20, "zoom": 0.1}
    )
    whole = run(inputs, tmp_path / "whole", settings)
    out = tmp_path / "killed"
    for stop in ({"after": 4}, {"during": 1}, {"after": 2}, {"during": 5}):
        assert start(inputs, out, settings, killed(signal.SIGKILL, **stop))[0] == -signal.SIGKILL
        assert not (out / "weights.safetensors").exists()
    assert len(list((inputs.root / ".work" / "checkpoints").rglob("*.pt"))) == checkpoints.KEPT
    code, log = start(inputs, out, settings)
    assert code == 0 and "continuing in epoch 2 after step 4" in log
    assert ((out / "weights.safetensors").read_bytes(), (out / "history.csv").read_bytes()) == whole
    assert not list((inputs.root / ".work" / "checkpoints").iterdir())


def test_the_command_line_continues_a_killed_training(inputs, tmp_path):
    settings, out = made.settings(learning_rate=0.003), tmp_path / "fold0-seed0"
    assert start(inputs, out, settings, killed(signal.SIGKILL, after=4))[0] == -signal.SIGKILL
    given = ["--settings", json.dumps(settings), "--code", "code", "--log", tmp_path / "log", "--out", out]
    places = ["--dataset", inputs.root / "dataset", "--arrays", inputs.root / "arrays", "--split", inputs.split]
    step = [sys.executable, "-m", "workflow_scripts.steps.train", *given, *places, "--work", inputs.root / ".work"]
    end = subprocess.run([*map(str, step), "--device", "cpu"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "continuing in epoch 1 after step 4" in end.stderr
    assert (out / "weights.safetensors").read_bytes() == run(inputs, tmp_path / "b", settings)[0]


def test_a_terminated_training_saves_and_says_so_in_one_line(inputs, tmp_path):
    settings = made.settings(learning_rate=0.001)
    code, log = start(inputs, tmp_path / "out", settings, killed(signal.SIGTERM, after=3))
    assert code == 130
    assert "Traceback" not in log and "interrupted; the next run continues" in log.splitlines()[-1]
    code, log = start(inputs, tmp_path / "out", settings)
    assert code == 0 and "continuing in epoch 1 after step 3" in log
    assert (tmp_path / "out" / "weights.safetensors").read_bytes() == run(inputs, tmp_path / "b", settings)[0]


class StoppedError(Exception):
    pass


def stop_after(monkeypatch, saves):
    save, count = checkpoints.Checkpoints.save, [0]

    def counted(self, *arguments):
        save(self, *arguments)
        count[0] += 1
        if count[0] == saves:
            raise StoppedError

    monkeypatch.setattr(checkpoints.Checkpoints, "save", counted)


def test_a_full_disk_is_an_error_of_the_system_and_the_state_before_stands(tmp_path):
    states, large = checkpoints.Checkpoints(tmp_path), {"weights": torch.zeros(1_000_000)}
    states.save(1, {"step": 1})
    (tmp_path / "unfinished").symlink_to("/dev/full")
    with pytest.raises(OSError, match=f"No space left on device: '{tmp_path}/unfinished'"):
        states.save(2, large)
    # A limit lets a part of the file be written, after which PyTorch says of it that this is a failure of its own.
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            states.save(2, large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    # What was half-written takes no room.
    assert states.load() == {"step": 1} and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("damaged", [1, 2])
def test_damaged_states_are_passed_over(inputs, tmp_path, monkeypatch, caplog, damaged):
    settings = made.settings(learning_rate=0.001 + damaged / 1e4)
    whole = run(inputs, tmp_path / "whole", settings)
    with monkeypatch.context() as patch, pytest.raises(StoppedError):
        stop_after(patch, 4)
        run(inputs, tmp_path / "out", settings, save_within=0, save_at_end=0)
    states = sorted((inputs.root / ".work" / "checkpoints").rglob("*.pt"), reverse=True)
    for path in states[:damaged]:
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    with caplog.at_level("INFO", "workflow_scripts"):
        assert run(inputs, tmp_path / "out", settings) == whole
    assert caplog.text.count("is damaged") == damaged
    assert ("starts again from its first epoch" in caplog.text) == (damaged == 2)
    assert ("continuing in epoch 1 after step 3" in caplog.text) == (damaged == 1)


def test_a_second_copy_stops_at_once(inputs, tmp_path, monkeypatch):
    def nested(*arguments):
        with pytest.raises(UserError, match="already being worked on by process"):
            run(inputs, tmp_path, made.settings(learning_rate=0.1))
        raise StoppedError

    monkeypatch.setattr(one_training, "train_network", nested)
    with pytest.raises(StoppedError):
        run(inputs, tmp_path, made.settings())


def test_a_training_leaves_before_its_time_limit_and_the_next_attempt_goes_on(inputs, tmp_path):
    # No time at all: each attempt takes one step or ends an epoch, saves and leaves. Three epochs of five steps.
    settings = made.settings(epochs=3, learning_rate=0.0017, select="best")
    stops = 0
    while True:
        try:
            left = run(inputs, tmp_path / "out", settings, time_limit=1e-9)
            break
        except UserError as error:
            assert "time limit of this job comes near" in str(error)
            assert not (tmp_path / "out" / "weights.safetensors").exists()
            stops += 1
    assert stops == 3 * 5 + 2
    assert left == run(inputs, tmp_path / "whole", settings)


@pytest.mark.parametrize(("minutes", "seconds"), [(240, 240 * 60 - 180), (1, 45)])
def test_part_of_the_time_limit_is_kept_for_leaving(minutes, seconds):
    assert train.seconds_of(minutes) == seconds


def test_a_training_that_its_forerunner_finished_is_not_done_again(inputs, tmp_path, monkeypatch):
    settings = made.settings(learning_rate=0.0019)
    whole = run(inputs, tmp_path / "out", settings)
    with monkeypatch.context() as patch:
        patch.setattr(one_training, "train_network", lambda *_: pytest.fail("trained again"))
        assert run(inputs, tmp_path / "out", settings) == whole
    assert run(inputs, tmp_path / "out", made.settings(learning_rate=0.0018)) != whole
