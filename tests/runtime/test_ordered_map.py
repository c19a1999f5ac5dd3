"""Work spread over processes: in order, whatever it raises is raised here, and a killed process ends all."""

import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import until
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.process_pool import ordered_map

ROOT = Path(__file__).resolve().parents[2]


def children() -> set[int]:
    return {int(number) for number in open(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read().split()}


@pytest.fixture(autouse=True)
def nobody_stays():
    before = children()
    yield
    assert children() == before


@pytest.mark.parametrize("jobs", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 7, 100])
def test_results_come_in_the_order_of_the_items(jobs, count):
    assert list(ordered_map(lambda item: item * 2, iter(range(count)), jobs, batch=3)) == [2 * n for n in range(count)]


AFTER_OPENCV = """
import cv2, numpy
from workflow_scripts.runtime.process_pool import ordered_map

def turned(number):
    cv2.setNumThreads(1)
    return number

cv2.setNumThreads(2)
cv2.GaussianBlur(numpy.zeros((1000, 1000, 3), numpy.uint8), (0, 0), 3.0)
print(list(ordered_map(turned, range(4), 2, batch=1)))
"""


def test_processes_begin_after_opencv_has_worked_with_threads():
    command = [sys.executable, "-c", AFTER_OPENCV]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "[0, 1, 2, 3]\n"


def test_items_are_taken_only_as_they_are_needed():
    taken = []
    results = ordered_map(str, (taken.append(number) or number for number in range(10_000)), jobs=2, batch=5)
    next(results)
    assert len(taken) <= 2 * 5 * 5
    results.close()


def test_what_the_function_raises_is_raised_here_with_its_place():
    def refuse(item):
        if item == 7:
            raise ValueError("seven")
        return item

    with pytest.raises(ValueError, match="seven") as caught:
        list(ordered_map(refuse, range(100), jobs=2, batch=2))
    assert "in refuse" in caught.value.__notes__[0]
    with pytest.raises(UserError, match="mend it"):
        list(ordered_map(lambda item: (_ for _ in ()).throw(UserError("mend it")), range(3), jobs=2))


@pytest.mark.parametrize(
    ("number", "said"),
    [(signal.SIGKILL, "was killed, probably for lack of memory; use fewer"), (signal.SIGTERM, "SIGTERM")],
)
def test_a_killed_process_ends_the_work_with_a_line(number, said):
    def dies(item):
        if item == 20:
            os.kill(os.getpid(), number)
        return item

    with pytest.raises(UserError, match=f"one of several, .*{said}"):
        list(ordered_map(dies, range(100), jobs=2, batch=2))


def test_a_process_killed_in_the_middle_of_a_result_keeps_nobody_waiting():
    """Its result is larger than any pipe, and nobody reads it before it is dead."""
    go, before = multiprocessing.get_context("fork").Event(), children()

    def dies_while_it_writes(item):
        if item == 1:
            go.wait(20)
            signal.setitimer(signal.ITIMER_REAL, 0.3)  # nothing handles its signal, which ends the process
            return b"x" * 20_000_000
        return item

    results = ordered_map(dies_while_it_writes, range(10), jobs=2, batch=1)
    assert next(results) == 0
    go.set()
    until(lambda: any(_is_dead(worker) for worker in children() - before), "the end of the process")
    with pytest.raises(UserError, match="was ended by SIGALRM"):
        next(results)


def _is_dead(number: int) -> bool:
    """Whether a process has ended; its parent has not asked yet how."""
    return open(f"/proc/{number}/stat").read().rpartition(")")[2].split()[0] == "Z"
