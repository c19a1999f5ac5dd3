"""Processes that end with the one that started them, and that are asked to stop when it is."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType

from workflow_scripts.runtime.errors import UserError

_DEATH_SIGNAL, _SUBREAPER = 1, 36  # PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER in <linux/prctl.h>
_STOPS = (signal.SIGTERM, signal.SIGHUP)
# Seconds that a group of processes has between being asked to end and being ended.
PATIENCE = 5.0


@contextmanager
def stoppable() -> Iterator[None]:
    """Within the block SIGTERM and SIGHUP raise KeyboardInterrupt, as Ctrl-C does, so that all is cleared away.

    Only the first one: a second must not disturb the clearing. One that is ignored (nohup) stays so.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        for stop_signal in before:
            signal.signal(stop_signal, signal.SIG_IGN)
        raise KeyboardInterrupt(signal.Signals(number).name)

    before = {number: signal.getsignal(number) for number in _STOPS}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_with(parent: int, number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when its parent, of that process number, ends; at once if it has.

    The parent's thread that started this process counts as the parent. Linux only; elsewhere nothing is done.
    """
    if sys.platform != "linux":
        return
    _prctl(_DEATH_SIGNAL, number)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


def followed(
    command: Sequence[str], *, env: dict[str, str] | None = None, capture: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; when this process is asked to stop or is killed, the command gets a Ctrl-C.

    `env`: its environment, None: this process's. `capture`: keep what it writes to standard output. Raises
    KeyboardInterrupt after the command's end when this process was asked to stop.
    """
    before_it_starts = partial(end_with, os.getpid(), signal.SIGINT)
    stopped: KeyboardInterrupt | None = None
    output = subprocess.PIPE if capture else None
    with subprocess.Popen(command, preexec_fn=before_it_starts, env=env, stdout=output, text=True) as process:
        while True:
            try:
                written = process.communicate()[0]
                break
            except KeyboardInterrupt as error:
                stopped = error
                if error.args:  # a Ctrl-C in a terminal reaches the command by itself
                    process.send_signal(signal.SIGINT)
    if stopped:
        raise stopped
    return subprocess.CompletedProcess(command, process.returncode, written)


def on_a_leash(command: Sequence[str]) -> list[str]:
    """Command line that runs a command as the leader of a session, and ends all of it when this process ends."""
    return [sys.executable, "-P", __file__, str(os.getpid()), *command]


def _hold(parent: int, command: Sequence[str]) -> int:
    """Run the command; when it ends, when this process is asked to end or `parent` does, end the whole group."""
    if os.getsid(0) != os.getpid():
        os.setsid()
    if sys.platform == "linux":
        _prctl(_SUBREAPER, 1)  # what the command leaves behind becomes a child of this process
    with stoppable():
        try:
            end_with(parent, signal.SIGTERM)
            return subprocess.Popen(command).wait()
        except KeyboardInterrupt:
            return 128 + signal.SIGTERM
        finally:
            _end_group()


def _end_group() -> None:
    """End every process of this process's group but this one; those that stay are killed, and this one with them."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    until = time.monotonic() + PATIENCE
    with suppress(ChildProcessError):
        while time.monotonic() < until:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.05)
        os.killpg(0, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl failed")


if __name__ == "__main__":
    sys.exit(_hold(int(sys.argv[1]), sys.argv[2:]))


def launched_rank(processes: int) -> int:
    """The rank of this process among the `processes` of a job; UserError when torchrun has started more or fewer."""
    if processes == 1:
        return 0
    started = int(os.environ.get("WORLD_SIZE", 1))
    if started != processes:
        raise UserError(
            f"train.processes is {processes}, but {started} process(es) were started; start this step with "
            f"torchrun --standalone --nproc-per-node {processes}, as the workflow does"
        )
    return int(os.environ["RANK"])
