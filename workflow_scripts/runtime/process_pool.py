"""The same function on many items, by several processes, results in order.

Not the library's pool: its processes share the pipe of results, and one that is killed while it writes to it leaves the
others, and the reader, waiting for ever. Here every process has a pipe of its own.
"""

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.processes import end_with

Item = TypeVar("Item")
Result = TypeVar("Result")

# Batches a process that may be under way or wait for those before them.
AHEAD = 4
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def ordered_map(
    function: Callable[[Item], Result], items: Iterable[Item], jobs: int, batch: int = 16
) -> Iterator[Result]:
    """Yield function(item) in the order of `items`, computed by `jobs` processes; 1 stays in this one.

    Memory does not grow with the number of items. The processes end with this one, however it ends; UserError when one
    of them is killed.
    """
    if jobs <= 1:
        yield from map(function, items)
        return
    waiting = iter(items)
    batches = iter(lambda: list(islice(waiting, batch)), [])
    with _workers(function, jobs) as workers:
        yield from _in_order(workers, batches)


@dataclass(eq=False)
class _Worker:
    """A process, and this end of its pipe."""

    process: BaseProcess
    pipe: Connection

    def ask(self, part: Sequence[Any]) -> None:
        try:
            self.pipe.send(part)
        except OSError:
            raise self.death() from None

    def answer(self) -> list[Any]:
        """What it made of the part; raises what the function raised, and UserError when it has ended."""
        try:
            results, error = self.pipe.recv()
        except (EOFError, OSError):
            raise self.death() from None
        if error is not None:
            raise error
        return results

    def death(self) -> UserError:
        self.process.join()
        code = self.process.exitcode or 0
        if code == -signal.SIGKILL:
            how = "was killed, probably for lack of memory; use fewer --jobs"
        else:
            how = (
                f"was ended by {signal.Signals(-code).name if code < 0 else f'itself with status {code}'}; run it again"
            )
        return UserError(f"decoding process {self.process.pid}, one of several, {how}")


@contextmanager
def _workers(function: Callable[[Any], Any], count: int) -> Iterator[list[_Worker]]:
    """So many processes that wait for parts; they are killed after the block, whatever they do."""
    # A fork costs milliseconds where a fresh interpreter imports for half a second. It takes no thread along: OpenCV
    # would wait for ever in the new process for those that it has in this one.
    if opencv := sys.modules.get("cv2"):
        opencv.setNumThreads(1)
    context: ForkContext | SpawnContext
    context = multiprocessing.get_context("fork") if sys.platform == "linux" else multiprocessing.get_context("spawn")
    workers: list[_Worker] = []
    try:
        for _ in range(count):
            pipe, far_end = context.Pipe()
            process = context.Process(target=_serve, args=(function, far_end, os.getpid()), daemon=True)
            # Until the new process has handlers of its own, a signal would act in it as in this one.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
            try:
                process.start()
                workers.append(_Worker(process, pipe))
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
            far_end.close()
        yield workers
    finally:
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()
            worker.pipe.close()


def _serve(function: Callable[[Any], Any], pipe: Connection, parent: int) -> None:
    """Answer parts with results until the other end is closed or this process is killed."""
    # A Ctrl-C reaches all processes of a terminal: the parent says what there is to say, and ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    end_with(parent)
    while True:
        try:
            part = pipe.recv()
        except EOFError:
            return
        pipe.send(_results(function, part))


def _results(function: Callable[[Any], Any], part: Sequence[Any]) -> tuple[list[Any], Exception | None]:
    try:
        return [function(item) for item in part], None
    except Exception as error:
        if not isinstance(error, UserError):
            error.add_note(f"In a decoding process:\n{traceback.format_exc()}")
        return [], error


def _in_order(workers: list[_Worker], batches: Iterator[Sequence[Any]]) -> Iterator[Any]:
    """Results of all batches, in their order; each worker has one batch at a time."""
    idle, due = list(workers), 0
    asked: dict[object, tuple[_Worker, int]] = {}
    done: dict[int, list[Any]] = {}
    parts = enumerate(batches)
    while True:
        room = AHEAD * len(workers) - len(asked) - len(done)
        for number, part in islice(parts, max(0, min(len(idle), room))):
            worker = idle.pop()
            worker.ask(part)
            asked[worker.pipe] = (worker, number)
        if not asked:
            return
        for pipe in wait([worker.pipe for worker, _ in asked.values()]):
            worker, number = asked.pop(pipe)
            done[number] = worker.answer()
            idle.append(worker)
        while due in done:
            yield from done.pop(due)
            due += 1
