"""Processes that end with the one that started them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import Family, environment_of, until

ROOT = Path(__file__).resolve().parents[2]
WORKER = "import signal, time\n{}\nprint('up', flush=True)\ntime.sleep(600)"
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
# As MLflow's: a server that starts a worker and forgets it when it is ended.
SERVER = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {!r}]).wait()"
STARTER = """
import subprocess, sys
from workflow_scripts.runtime.processes import on_a_leash
subprocess.Popen(on_a_leash([sys.executable, "-c", {!r}]), start_new_session=True).wait()
"""
COMMAND = """
import time
try:
    print("up", flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    print("stopped as by Ctrl-C", flush=True)
"""
# Tests that were started with nohup inherit that a hang-up is ignored.
FOLLOWER = f"""
import signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from workflow_scripts.runtime.processes import followed, stoppable
with stoppable():
    followed([sys.executable, "-c", {COMMAND!r}])
"""


@pytest.fixture
def started(tmp_path):
    """Starts a program; ends what is left of it after the test."""
    families = []

    def start(program: str) -> Family:
        family = Family([sys.executable, "-c", program], tmp_path / "output", env={"PYTHONPATH": str(ROOT)})
        families.append(family)
        until(lambda: "up" in family.said(), "the program's start")
        return family

    yield start
    for family in families:
        family.clear_away()


def test_a_programs_environment_is_seen_from_the_moment_it_has_been_started():
    for _ in range(100):
        with subprocess.Popen(["sleep", "600"], env={"MARK": "here"}) as program:
            try:
                assert environment_of(Path(f"/proc/{program.pid}")).split(b"\0") == [b"MARK=here", b""]
            finally:
                program.kill()


def child_of(family: Family, parent: int) -> int:
    (child,) = [number for number in family.members() if family.parent_of(number) == parent]
    return child


@pytest.mark.parametrize(
    ("generation", "number", "worker"),
    [
        (0, signal.SIGKILL, ""),
        (0, signal.SIGTERM, ""),
        (0, signal.SIGKILL, STUBBORN),
        (1, signal.SIGTERM, ""),
        (2, signal.SIGKILL, ""),
        (2, signal.SIGTERM, STUBBORN),
        (3, signal.SIGKILL, ""),
    ],
)
def test_of_a_command_on_a_leash_nobody_is_left(started, generation, number, worker):
    """Whoever is killed: the starter, the leash, the server, or its worker."""
    family = started(STARTER.format(SERVER.format(WORKER.format(worker))))
    whom = family.main.pid
    for _ in range(generation):
        whom = child_of(family, whom)
    os.kill(whom, number)
    family.ended()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_what_is_followed_gets_a_ctrl_c_whatever_ends_its_starter(started, number):
    family = started(FOLLOWER)
    family.main.send_signal(number)
    family.ended()
    assert family.said().count("stopped as by Ctrl-C") == 1


def test_a_process_whose_parent_has_ended_before_it_could_ask_ends_at_once(started):
    """Its parent is another process than it was told."""
    program = "from workflow_scripts.runtime.processes import end_with\nprint('up', flush=True)\nend_with(1)\ninput()"
    assert started(program).ended() == -signal.SIGKILL
