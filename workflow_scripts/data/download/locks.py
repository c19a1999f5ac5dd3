"""One process at a time at one place."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workflow_scripts.contracts.errors import UserError


@contextmanager
def alone(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file `path` for the block and remove it; UserError at once when another process holds it.

    The lock ends with the process, however it ends. `what` is what both want, for the message.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with open(path, "w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UserError(f"another process is fetching {what}; wait until it has ended") from None
            if not _is(path, handle.fileno()):
                continue  # its holder removed it between our opening and our locking
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _is(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
