"""One process at a time at one place."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workflow_scripts.contracts.errors import UserError


@contextmanager
def lock(path: Path, what: str) -> Iterator[None]:
    """Hold a lock file for the block; UserError at once when another process holds it. It ends with the process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        handle = open(path, "a+", encoding="utf-8")  # noqa: SIM115 (the lock lives as long as it is open)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read().strip() or "another process"
            handle.close()
            raise UserError(f"{what} is already being worked on by {holder}; wait for it or stop it") from None
        # Its last holder may have removed the file between the two calls: then this lock binds nobody.
        if path.exists() and os.fstat(handle.fileno()).st_ino == path.stat().st_ino:
            break
        handle.close()
    with handle:
        handle.truncate(0)
        handle.write(f"process {os.getpid()} on {socket.gethostname()}")
        handle.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
