"""When a training has to leave: asked to by a signal, or because its time is over."""

import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from workflow_scripts.runtime.errors import OutOfTimeError
from workflow_scripts.training.checkpoints import Checkpoints

log = logging.getLogger("workflow_scripts")

# Why to leave; of two reasons the larger one counts.
STAY, OUT_OF_TIME, ASKED = range(3)


@dataclass(frozen=True)
class Saving:
    """Where states go, and how often: at least `within` seconds apart within an epoch, `at_end` at ends of epochs.

    until: time.monotonic() at which the training has to leave, None: never. finished: save the last epoch's end too.
    """

    store: Checkpoints
    within: float
    at_end: float
    until: float | None = None
    finished: bool = False

    def reason(self, stop: "Stop") -> int:
        """Why the training has to leave now; STAY: it has not."""
        if stop.asked:
            return ASKED
        return OUT_OF_TIME if self.until is not None and time.monotonic() >= self.until else STAY


@dataclass
class Stop:
    """Whether a signal has asked the training to leave."""

    asked: bool = False

    @staticmethod
    def leave(reason: int, epoch: int, epochs: int) -> None:
        """Leave the training, whose state has just been saved, for this reason; STAY: go on.

        Raises KeyboardInterrupt when it was asked to, OutOfTimeError when its time is over.
        """
        if reason == ASKED:
            raise KeyboardInterrupt
        if reason == OUT_OF_TIME:
            raise OutOfTimeError(
                f"the time limit of this job comes near, in epoch {epoch + 1} of {epochs}; a state is saved, the next "
                "attempt continues from it"
            )


@contextmanager
def stop_signals(once: bool) -> Iterator["Stop"]:
    """Within the block, the first SIGTERM or Ctrl-C only sets `asked`; a second one acts at once, unless `once`.

    Of several processes each gets the signal, and that of torchrun as well.
    """
    stop = Stop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def ask(number: int, frame: FrameType | None) -> None:
        stop.asked = True
        log.info("stopping after this step; a state is saved")
        if not once:
            signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
