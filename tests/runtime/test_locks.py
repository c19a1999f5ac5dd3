"""Locks: one process at a time, and a line for the one that has to wait."""

import errno
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.processes import Family
from workflow_scripts.runtime import entry, locks
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.locks import lock
from workflow_scripts.runtime.reservations import own_folder

ROOT = Path(__file__).resolve().parents[2]


def in_another_process(work):
    """Start `work(ready, go)` in a process of its own; returns the process and the two events."""
    context = multiprocessing.get_context("fork")
    ready, go = context.Event(), context.Event()
    process = context.Process(target=work, args=(ready, go))
    process.start()
    assert ready.wait(20)
    return process, go


def holding(path):
    """Work that holds a lock until it is told to go."""

    def work(ready, go):
        with lock(path, "the folder"):
            ready.set()
            go.wait()

    return work


def test_who_does_not_wait_is_told_who_works_there(tmp_path):
    process, go = in_another_process(holding(tmp_path / "a.lock"))
    try:
        with (
            pytest.raises(UserError, match=f"the folder is already being worked on by process {process.pid}"),
            lock(tmp_path / "a.lock", "the folder"),
        ):
            pytest.fail("two processes hold one lock")
    finally:
        go.set()
        process.join()
    with lock(tmp_path / "a.lock", "the folder"):
        pass


def test_a_killed_holder_holds_nothing(tmp_path):
    process, _ = in_another_process(holding(tmp_path / "a.lock"))
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with lock(tmp_path / "a.lock", "the folder"):
        pass


def test_a_job_waits_for_the_orphan_that_does_the_same(tmp_path):
    """The orphan of a killed Snakemake writes its file first; its successor's stands in the end."""
    told = tmp_path / "told"

    def job(text, ready=None, go=None):
        def main(_):
            if ready:
                ready.set()
                go.wait()
            (tmp_path / "out").write_text(text)

        entry.run(main, SimpleNamespace(log=tmp_path / "job.log"))

    def successor(ready, go):
        with open(told, "w", buffering=1) as sys.stderr:
            ready.set()
            job("new")

    first, go_first = in_another_process(lambda ready, go: job("old", ready, go))
    second, _ = in_another_process(successor)
    deadline = time.monotonic() + 30
    while "is already being worked on by" not in told.read_text():
        assert second.is_alive() and time.monotonic() < deadline
    assert not (tmp_path / "out").exists()
    go_first.set()
    for process in (first, second):
        process.join(20)
        assert process.exitcode == 0
    assert (tmp_path / "out").read_text() == "new"
    assert not (tmp_path / "job.lock").exists()


def test_a_forked_process_holds_no_lock_of_its_parent(tmp_path):
    with lock(tmp_path / "a.lock", "the folder"):
        orphan, go = in_another_process(lambda ready, go: (ready.set(), go.wait()))
    try:
        with lock(tmp_path / "a.lock", "the folder"):
            assert orphan.is_alive()
    finally:
        go.set()
        orphan.join()


HOLDER = """
import os, subprocess, sys
from pathlib import Path
from workflow_scripts.runtime import locks
with locks.lock(Path(sys.argv[1]), "the folder"):
    handle = max(locks._held)
    subprocess.Popen(["sleep", "600"], pass_fds=[handle])
    print("up", flush=True)
    os.kill(os.getpid(), 9)
"""


def test_what_a_killed_holder_has_started_is_named_instead_of_waited_for(tmp_path, monkeypatch):
    """A program that shares the lock: none of this project's does, but a library's might."""
    monkeypatch.setattr(locks, "SETTLED", 0.2)
    path = tmp_path / "a.lock"
    command = [sys.executable, "-c", HOLDER, path]
    with Family(command, tmp_path / "output", env={"PYTHONPATH": str(ROOT)}) as family:
        family.main.wait()
        (orphan,) = family.others()
        said = rf"by process {family.main.pid} on .*, which has ended, but \S+a.lock is still held; .*: kill {orphan}$"
        for wait in (True, False):
            with pytest.raises(UserError, match=said), lock(path, "the folder", wait=wait):
                pytest.fail("two hold one lock")
        os.kill(orphan, signal.SIGKILL)
        with lock(path, "the folder", wait=True):
            pass


def test_nobody_waits_for_a_process_whose_number_was_given_again(tmp_path, monkeypatch):
    """The file names this living process, but one that began at another time."""
    monkeypatch.setattr(locks, "SETTLED", 0.2)
    process, go = in_another_process(holding(tmp_path / "a.lock"))
    try:
        note = (tmp_path / "a.lock").read_text().split()
        assert note[1] == note[-2] == str(process.pid)
        (tmp_path / "a.lock").write_text(" ".join([*note[:4], "\n", *note[4:-1], "1"]).replace(" \n ", "\n") + "\n")
        with pytest.raises(UserError, match="has ended"), lock(tmp_path / "a.lock", "the folder", wait=True):
            pytest.fail("two hold one lock")
    finally:
        go.set()
        process.join()


def test_where_files_cannot_be_locked_a_line_says_so(tmp_path, monkeypatch, caplog):
    def refuse(*_):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(locks.fcntl, "flock", refuse)
    monkeypatch.setattr(locks.log, "propagate", True)
    for name in "ab":
        with lock(tmp_path / name, "the folder"):
            pass
    (record,) = caplog.records
    assert "this file system cannot lock files (Function not implemented)" in record.getMessage()


def test_folders_of_killed_processes_are_removed_and_those_of_living_ones_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    shared = tmp_path / f"shared-{os.getuid()}"

    def work(ready, go):
        with own_folder("shared") as folder:
            (folder / "large").write_text("x")
            ready.set()
            go.wait()

    killed, _ = in_another_process(work)
    living, go = in_another_process(work)
    killed.kill()
    killed.join()
    assert len(list(shared.glob("*/large"))) == 2
    with own_folder("shared") as folder:
        assert not list(folder.iterdir())
        assert len(list(shared.glob("*/large"))) == 1
    go.set()
    living.join(20)
    assert not [path for path in shared.iterdir() if path.is_dir()]


def test_a_pipe_in_the_place_of_a_lock_file_keeps_nobody_waiting(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    parent = tmp_path / f"verify-{os.getuid()}"
    parent.mkdir()
    os.mkfifo(parent / "workflow-reservations.lock")
    with own_folder("verify") as folder:
        assert folder.is_dir()
