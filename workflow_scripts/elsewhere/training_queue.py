"""Several trainings at once, most valuable first, until all are done, the time is over, or somebody asks to leave."""

import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from os import getpid
from signal import SIGTERM

from workflow_scripts.elsewhere.unpacked_bundle import BundledTraining, Unpacked
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.processes import end_with

# Seconds between two looks at what runs, those that a training has for its state once it is asked to leave, and those
# that are left of them when this process is asked to leave as well.
LOOK, PATIENCE, HURRY = 0.2, 120.0, 8.0


@dataclass
class Outcome:
    """How a queue ended. failed: trainings that did, with what they said; asked: whether somebody asked to leave."""

    failed: list[str] = field(default_factory=list)
    asked: bool = False


@dataclass(frozen=True)
class _Started:
    training: BundledTraining
    process: subprocess.Popen[bytes]


class TrainingQueue:
    """The trainings of a bundle that are not finished, `at_once` of them side by side on `device`.

    until: when, by the clock, those that run are asked to leave; None: never.
    """

    def __init__(
        self,
        unpacked: Unpacked,
        device: str,
        at_once: int,
        until: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._unpacked, self._device, self._at_once, self._until = unpacked, device, at_once, until
        self._clock = clock

    def run(self) -> Outcome:
        """Train; returns when nothing runs any more."""
        waiting = [training for training in self._unpacked.trainings if not self._unpacked.is_finished(training)]
        running: list[_Started] = []
        outcome = Outcome()
        try:
            while (waiting or running) and not self._is_over():
                while waiting and len(running) < self._at_once:
                    running.append(self._start(waiting.pop(0)))
                time.sleep(LOOK)
                running = self._still_running(running, outcome)
        except KeyboardInterrupt:
            outcome.asked = True
        self._leave(running, outcome)
        return outcome

    def _is_over(self) -> bool:
        return self._until is not None and self._clock() >= self._until

    def _start(self, training: BundledTraining) -> _Started:
        self._unpacked.log(training).parent.mkdir(parents=True, exist_ok=True)
        entry.log.info("training %s", training)
        command = self._unpacked.train_command(training, self._device, self._at_once)
        # A group of its own: a Ctrl-C in a terminal or a notebook would reach it beside what this process sends.
        process = subprocess.Popen(
            command,
            env=self._unpacked.environment,
            cwd=self._unpacked.folder,
            start_new_session=True,
            preexec_fn=partial(end_with, getpid(), SIGTERM),
        )
        return _Started(training, process)

    def _still_running(self, running: list[_Started], outcome: Outcome) -> list[_Started]:
        """Those that go on; what ended is said, and noted where it failed."""
        for started in running:
            code = started.process.poll()
            if code == 0:
                entry.log.info("finished %s", started.training)
            elif code is not None:
                words = f"{started.training}: {self._last_error(started.training, code)}"
                entry.log.error(words)
                outcome.failed.append(words)
        return [started for started in running if started.process.returncode is None]

    def _last_error(self, training: BundledTraining, code: int) -> str:
        log = self._unpacked.log(training)
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        errors = re.findall(r" ERROR error: (.*)", text)
        return errors[-1] if errors else f"ended with {code}, see above and {log}"

    def _leave(self, running: list[_Started], outcome: Outcome) -> None:
        """Ask those that run to save their state and leave, and wait for it; one that does not is killed.

        Where somebody asks this process to leave meanwhile, it waits no longer than HURRY: what is finished has to get
        into an answer.
        """
        if running:
            entry.log.info("asking %d trainings to save their state", len(running))
        for started in running:
            started.process.send_signal(SIGTERM)
        asked = time.monotonic()
        end = asked + PATIENCE
        for started in running:
            while started.process.poll() is None:
                try:
                    started.process.wait(max(end - time.monotonic(), 0))
                except KeyboardInterrupt:
                    outcome.asked, end = True, min(end, time.monotonic() + HURRY)
                except subprocess.TimeoutExpired:
                    started.process.kill()
                    started.process.wait()
                    words = f"did not leave within {end - asked:.0f} s and was killed"
                    outcome.failed.append(f"{started.training}: {words}")
