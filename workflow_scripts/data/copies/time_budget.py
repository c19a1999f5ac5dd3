"""How long a search may take, and lines of the log that say how far it is."""

import logging
import time
from dataclasses import dataclass, field

log = logging.getLogger("workflow_scripts")
# Seconds between lines.
EVERY = 30.0


@dataclass
class TimeBudget:
    """A number of minutes that begin now."""

    minutes: float
    began: float = field(default_factory=time.monotonic)
    last_line: float = field(default_factory=time.monotonic)

    def over(self, done: int, total: int, what: str) -> bool:
        """Whether the time is over; now and then a line says how much is done."""
        now = time.monotonic()
        if now - self.last_line > EVERY:
            self.last_line = now
            log.info("near copies: %d of %d %s", done, total, what)
        return now - self.began > 60 * self.minutes
