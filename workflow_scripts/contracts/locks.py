"""One process at a time at one place."""

import fcntl
import itertools
import logging
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from workflow_scripts.contracts.errors import UserError

log = logging.getLogger("workflow_scripts")

# Seconds between two looks at what another process holds.
POLL = 1.0


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


def claim(paths: Sequence[Path], count: int, what: str, seats: int = 1) -> list[int]:
    """Positions of `count` lock files of a folder that have room for this process: it holds them to its end.

    With one of `seats`, a file is one process's; with more, up to so many that say the same number hold it together,
    and those with the fewest come first. None or all are taken. While too few are free it says once that it waits,
    `what` being what the files stand for, and looks again every POLL seconds. The files stay: one that is removed while
    another process opens it binds nobody.
    """
    said = False
    while True:
        with _turn(paths[0].parent):
            taken: dict[int, list[int]] = {}
            for seat, (position, path) in itertools.product(range(seats), enumerate(paths)):
                if len(taken) < count and position not in taken and (handles := _take(path, seat, seats)):
                    taken[position] = handles
            if len(taken) == count:
                return sorted(taken)
            for handle in itertools.chain(*taken.values()):
                os.close(handle)
        if not said:
            held = len(paths) - len(taken)
            log.info("other jobs hold %d of %d %s, %d are needed; waiting", held, len(paths), what, count)
        said = True
        time.sleep(POLL)


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """One process at a time looks for what is free: two that each take half of what they need would both go without."""
    handle = _openable_by_all(folder / "workflow-claims.lock")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _take(path: Path, seat: int, seats: int) -> list[int]:
    """What holds this seat of a lock file; nothing while it is taken, or while the whole file is."""
    whole = _try(path, fcntl.LOCK_EX if seats == 1 else fcntl.LOCK_SH)
    if whole is None or seats == 1:
        return [] if whole is None else [whole]
    own = _try(path.with_suffix(f".{seat}{path.suffix}"), fcntl.LOCK_EX)
    if own is None:
        os.close(whole)
        return []
    return [whole, own]


def _try(path: Path, how: int) -> int | None:
    """The lock file, open and locked; None while another process's lock forbids it."""
    handle = _openable_by_all(path)
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _openable_by_all(path: Path) -> int:
    """The file, open for reading, which is enough to lock it; made when it is missing.

    In a folder that all users share, Linux lets nobody open another user's file in order to make or to write it.
    """
    while True:
        try:
            return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            pass
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            continue
        os.fchmod(handle, 0o644)
        return handle
