"""Trainings of a bundle side by side: which begin first, what happens when one fails, and when the time is over."""

import os
import re
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from workflow_scripts.elsewhere import training_queue
from workflow_scripts.elsewhere.training_queue import TrainingQueue
from workflow_scripts.runtime.processes import stoppable

# What stands in for a training: notes when it begins and ends, saves a state when it is asked to leave.
TRAINING = """
import pathlib, signal, sys, time
folder, name, seconds, code = pathlib.Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
def leave(*_):
    (folder / f"{name}.state").touch()
    sys.exit(130)
signal.signal(signal.SIGTERM, leave)
(folder / f"{name}.began").touch()
if (folder / f"{name}.state").exists():
    seconds = 0
time.sleep(seconds)
if code == 0:
    (folder / f"{name}.done").touch()
else:
    with open(folder / f"{name}.log", "w") as log:
        log.write(f"2026-01-01 00:00:00 ERROR error: {name} has too little memory\\n")
sys.exit(code)
"""


class Stand:
    """An unpacked bundle whose trainings last as long, and end with the status, that a test says."""

    environment = dict(os.environ)

    def __init__(self, folder: Path, **seconds_and_codes: tuple[float, int]) -> None:
        self.folder, self._given = folder, seconds_and_codes

    @property
    def trainings(self) -> list[str]:
        return list(self._given)

    def is_finished(self, name: str) -> bool:
        return (self.folder / f"{name}.done").exists()

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def train_command(self, name: str, device: str, at_once: int) -> list[str]:
        return [sys.executable, "-c", TRAINING, str(self.folder), name, *map(str, self._given[name])]

    def ended(self, ending: str) -> list[str]:
        paths = sorted(self.folder.glob(f"*.{ending}"), key=lambda path: path.stat().st_mtime_ns)
        return [path.stem for path in paths]


def test_the_most_valuable_begin_first_and_no_more_run_than_may(tmp_path):
    stand = Stand(tmp_path, c=(0, 0), a=(0, 0), b=(0, 0))
    outcome = TrainingQueue(stand, "cpu", 1, None).run()
    assert stand.ended("began") == stand.ended("done") == ["c", "a", "b"]
    assert not outcome.failed and not outcome.asked


def test_one_that_fails_lets_the_others_run_and_is_named_with_its_reason(tmp_path):
    stand = Stand(tmp_path, bad=(0, 1), good=(0, 0))
    outcome = TrainingQueue(stand, "cpu", 2, None).run()
    assert stand.ended("done") == ["good"]
    assert outcome.failed == ["bad: bad has too little memory"]


def test_when_the_time_is_over_states_are_saved_and_a_second_call_continues(tmp_path):
    stand = Stand(tmp_path, first=(0, 0), long=(600, 0), never=(0, 0))
    # Over as soon as the long one runs.
    outcome = TrainingQueue(stand, "cpu", 1, 1.0, clock=lambda: float((tmp_path / "long.began").exists())).run()
    assert stand.ended("state") == ["long"] and stand.ended("done") == ["first"]
    assert not outcome.failed and not outcome.asked and not (tmp_path / "never.began").exists()
    assert not TrainingQueue(stand, "cpu", 1, None).run().failed
    assert stand.ended("done") == ["first", "long", "never"]


def test_a_signal_asks_all_that_run_to_leave(tmp_path):
    stand = Stand(tmp_path, one=(600, 0), two=(600, 0), three=(600, 0))

    def ask() -> None:
        while len(stand.ended("began")) < 2:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    asking = threading.Thread(target=ask)
    asking.start()
    with stoppable():
        outcome = TrainingQueue(stand, "cpu", 2, None).run()
    asking.join()
    assert outcome.asked and not outcome.failed
    assert sorted(stand.ended("state")) == ["one", "two"] and not (tmp_path / "three.began").exists()


def test_one_that_does_not_leave_is_killed_and_named(tmp_path, monkeypatch):
    monkeypatch.setattr(training_queue, "PATIENCE", 0.3)
    stand = Stand(tmp_path, deaf=(600, 0))
    deaf = TRAINING.replace("signal.signal(signal.SIGTERM, leave)", "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    monkeypatch.setattr(
        stand, "train_command", lambda *_: [sys.executable, "-c", deaf, str(tmp_path), "deaf", "600", "0"]
    )
    begun = tmp_path / "deaf.began"
    outcome = TrainingQueue(stand, "cpu", 1, 1.0, clock=lambda: float(begun.exists())).run()
    assert outcome.failed == ["deaf: did not leave within 0 s and was killed"]


def test_a_signal_while_states_are_saved_shortens_the_wait_and_loses_no_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(training_queue, "HURRY", 0.3)
    stand = Stand(tmp_path, finished=(0, 0), slow=(600, 0))
    # Notes that it was asked, and saves for ever.
    slow = TRAINING.replace("    sys.exit(130)\n", "")
    monkeypatch.setattr(
        stand,
        "train_command",
        lambda name, *_: [sys.executable, "-c", slow, str(tmp_path), name, *map(str, stand._given[name])],
    )

    def ask() -> None:
        while not stand.ended("state"):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    asking = threading.Thread(target=ask)
    asking.start()
    begun = tmp_path / "slow.began"
    with stoppable():
        outcome = TrainingQueue(stand, "cpu", 1, 1.0, clock=lambda: float(begun.exists())).run()
    asking.join()
    assert outcome.asked and re.fullmatch(r"slow: did not leave within \d s and was killed", *outcome.failed)
    assert stand.ended("done") == ["finished"]


@pytest.mark.parametrize(("minutes", "seconds"), [(10, 570), (1, 54), (100, 5970)])
def test_a_budget_keeps_time_for_states_and_the_answer(minutes, seconds):
    from workflow_scripts.elsewhere.run_bundle import seconds_of

    assert seconds_of(minutes) == seconds
