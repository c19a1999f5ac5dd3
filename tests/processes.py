"""Processes that a test starts, found again whoever their parent is by then, and waited for without sleeping long."""

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

MARK = "STARTED_BY_TEST"


def until(condition: Callable[[], object], what: str, seconds: float = 60) -> object:
    """The first true value of `condition`, which is asked again and again; AssertionError after so many seconds."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.005)
    return value


def heed_ctrl_c() -> None:
    """For preexec_fn: tests that were started in the background of a shell hand down that Ctrl-C is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def environment_of(process: Path) -> bytes:
    """What a folder of /proc says of a process's environment; OSError once it has ended.

    A program that has just been started shows neither environment nor command line for a moment, and Popen returns
    within it.
    """
    for _ in range(200):
        if environment := (process / "environ").read_bytes():
            return environment
        (process / "exe").readlink()  # what has ended and what belongs to the system itself have none
        told = (process / "cmdline").read_bytes()
        time.sleep(0.005)
        if told:
            break
    return (process / "environ").read_bytes()


class Family:
    """A process and all that come of it, told from others by a mark in their environment."""

    def __init__(self, command: list, output: Path, **options: object) -> None:
        self.mark = f"{MARK}={uuid.uuid4().hex}".encode()
        name, _, value = self.mark.decode().partition("=")
        environment = {**os.environ, **options.pop("env", {}), name: value}
        self.output = output
        with open(output, "w") as file:
            self.main = subprocess.Popen(
                [*map(str, command)],
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
                preexec_fn=heed_ctrl_c,
                **options,
            )

    def __enter__(self) -> "Family":
        return self

    def __exit__(self, *_: object) -> None:
        self.clear_away()

    def clear_away(self) -> None:
        """End what is left of it."""
        for number in self.members():
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self.main.wait()

    @staticmethod
    def parent_of(number: int) -> int:
        """Number of a process's parent."""
        return int(Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1])

    def members(self) -> dict[int, str]:
        """Number → command line of its living processes."""
        living = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if self.mark in environment_of(folder).split(b"\0"):
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                    if command:  # of one that has ended and is not yet waited for it is empty
                        living[int(folder.name)] = command
        return living

    def others(self) -> list[int]:
        """Its living processes but the first."""
        return [number for number in self.members() if number != self.main.pid]

    def ended(self, seconds: float = 30) -> int:
        """Exit status of its first process; AssertionError when that, or any other, lives longer."""
        until(lambda: self.main.poll() is not None, f"end of {self.main.args}\n{self.said()}", seconds)
        until(lambda: not self.members(), f"end of what it started: {self.members()}", seconds)
        return self.main.returncode

    def said(self) -> str:
        return self.output.read_text()
