"""One process at a time at one place."""

import fcntl
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from workflow_scripts.contracts.errors import UserError

log = logging.getLogger("workflow_scripts")


@contextmanager
def lock(path: Path, what: str, wait: bool = False) -> Iterator[None]:
    """Hold a lock file for the block; the lock ends with the process, however that ends.

    While another process holds it: UserError at once, or with `wait` a line that says for whom this one waits.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _held(path, what, wait) as handle:
        handle.truncate(0)
        handle.write(f"process {os.getpid()} on {socket.gethostname()}")
        handle.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _held(path: Path, what: str, wait: bool) -> IO[str]:
    """The lock file, open and locked."""
    said = False
    while True:
        handle = open(path, "a+", encoding="utf-8")  # noqa: SIM115 (the lock lives as long as it is open)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            busy = f"{what} is already being worked on by {handle.read().strip() or 'another process'}"
            if not wait:
                handle.close()
                raise UserError(f"{busy}; wait for it or stop it") from None
            if not said:
                log.info("%s; waiting for its end", busy)
            said = True
            fcntl.flock(handle, fcntl.LOCK_EX)
        # Its last holder may have removed the file meanwhile: then this lock binds nobody.
        if path.exists() and os.fstat(handle.fileno()).st_ino == path.stat().st_ino:
            return handle
        handle.close()
