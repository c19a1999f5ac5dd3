"""One process at a time at one place.

A lock is held by the process that took it, and by none that it starts: what outlives a killed process would hold it.
"""

import errno
import fcntl
import logging
import os
import re
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from workflow_scripts.runtime.errors import UserError

log = logging.getLogger("workflow_scripts")

# Seconds between two looks at what another process holds.
POLL = 0.1
# Seconds within which a new holder has written its name; within which what a killed one has started has ended.
NAMED, SETTLED = 1.0, 10.0

# No link is followed: what it leads to would be written over.
_OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_held: set[int] = set()


def _hold_nothing() -> None:
    """A forked process shares its parent's descriptors, and with them the locks, until it closes them."""
    for handle in _held:
        os.close(handle)
    _held.clear()


os.register_at_fork(after_in_child=_hold_nothing)


@contextmanager
def lock(path: Path, what: str, wait: bool = False) -> Iterator[None]:
    """Hold a lock file for the block; the lock ends with the process, however that ends.

    While another process holds it: UserError at once, or with `wait` a line that says for whom this one waits. When
    the process that took it has ended, but something that it started holds the file: UserError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with holding(_locked(path, what, wait)) as handle:
        try:
            os.ftruncate(handle, 0)
            os.pwrite(
                handle, f"process {os.getpid()} on {socket.gethostname()}\n{_identity(os.getpid())}\n".encode(), 0
            )
            yield
        finally:
            if handle in _held:
                path.unlink(missing_ok=True)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the file itself, made when it is missing and empty at first, for the block; wait while another has it."""
    while True:
        if path.is_symlink():
            path.unlink(missing_ok=True)  # came with results from elsewhere, as what is no file or has two names
        with holding(os.open(path, _OPEN, 0o666)) as handle:
            flock(handle, fcntl.LOCK_EX, path)
            state = os.fstat(handle)
            if not _is_at(handle, path):
                continue
            if not stat.S_ISREG(state.st_mode) or state.st_nlink > 1:
                path.unlink()
                continue
            os.ftruncate(handle, 0)
            yield
            return


@contextmanager
def holding(handle: int) -> Iterator[int]:
    """Close the descriptor after the block; a process that is forked within it closes it at once."""
    keep(handle)
    try:
        yield handle
    finally:
        drop(handle)


def keep(handle: int) -> None:
    """Have this process hold a lock by the descriptor to its end; those that are forked close it."""
    _held.add(handle)


def drop(handle: int) -> None:
    """Close the descriptor of a lock, unless this process was forked since it was taken."""
    if handle in _held:
        _held.discard(handle)
        os.close(handle)


def _locked(path: Path, what: str, wait: bool) -> int:
    announced, since = None, time.monotonic()
    while True:
        handle, holder = _attempt(path)
        if handle is not None:
            return handle
        if not holder and time.monotonic() < since + NAMED:
            pass
        elif not holder or _lives(holder):
            since = time.monotonic()
            busy = f"{what} is already being worked on by {holder.partition(chr(10))[0] or 'another process'}"
            if not wait:
                raise UserError(f"{busy}; wait for it or stop it")
            if announced != holder:
                log.info("%s; waiting for its end", busy)
            announced = holder
        elif time.monotonic() > since + SETTLED:
            raise _left_behind(path, what, holder.partition("\n")[0])
        time.sleep(POLL)


def _attempt(path: Path) -> tuple[int | None, str]:
    """Descriptor of the lock file, open and locked, or what its holder has written into it."""
    handle = os.open(path, _OPEN, 0o666)
    if not flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, path):
        holder = os.pread(handle, 1000, 0).decode("utf-8", "replace")
    elif _is_at(handle, path):
        return handle, ""
    else:
        holder = ""  # its last holder has removed the file meanwhile: this lock would bind nobody
    os.close(handle)
    return None, holder


def _left_behind(path: Path, what: str, holder: str) -> UserError:
    """What to say when a lock is held, but not by the process that took it."""
    numbers = " ".join(map(str, _who_opened(path)))
    end = f"end what it has started: kill {numbers}" if numbers else f"`fuser {path}` shows by whom"
    return UserError(f"{what} was being worked on by {holder}, which has ended, but {path} is still held; {end}")


def _who_opened(path: Path) -> list[int]:
    """Processes of this user that have the file open, as far as this system shows them."""
    opened: list[int] = []
    try:
        at = path.stat()
    except FileNotFoundError:
        return opened
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            files = [name.stat() for name in (folder / "fd").iterdir()]
        except OSError:
            continue  # ended meanwhile, or of another user
        if any((file.st_dev, file.st_ino) == (at.st_dev, at.st_ino) for file in files):
            opened.append(int(folder.name))
    return sorted(opened)


@cache
def _system() -> str:
    """What makes process numbers comparable: this start of this machine, and its name space; empty if unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _identity(number: int) -> str:
    """A process for ever: its number is given again after its end. Empty if there is none, or nobody tells."""
    try:
        state, *fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state in "ZX" else f"{_system()} {number} {fields[18]}"


def _lives(holder: str) -> bool:
    """Whether the process that has written this into its lock file lives; True where that cannot be known."""
    who, _, identity = holder.partition("\n")
    named = re.fullmatch(r"process (\d+) on (.*)", who)
    if not named:
        return False
    if _system() and identity.startswith(_system()):
        return identity.strip() == _identity(int(named[1]))
    if _system() or named[2] != socket.gethostname():
        return True  # on another machine, or in another container
    try:
        os.kill(int(named[1]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _is_at(handle: int, path: Path) -> bool:
    """Whether the open file is the one of that path."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def flock(handle: int, how: int, path: Path) -> bool:
    """Whether the open file could be locked; where nothing can be, True with a warning."""
    try:
        fcntl.flock(handle, how)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOLCK):
            raise
        _warn(path.parent, error.strerror)
    return True


@cache
def _warn(folder: Path, why: str) -> None:
    log.warning(
        "%s: this file system cannot lock files (%s), so nothing keeps two calls apart there; start one at a time, and "
        "after a killed one see that its processes have ended",
        folder,
        why,
    )
