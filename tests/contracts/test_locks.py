"""Locks: one process at a time, and a line for the one that has to wait."""

import multiprocessing
import os
import signal
import sys
import time
from types import SimpleNamespace

import pytest

from workflow_scripts.contracts import entry
from workflow_scripts.contracts.errors import UserError
from workflow_scripts.contracts.locks import lock


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
