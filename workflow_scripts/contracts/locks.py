"""One process at a time at one place.

A lock is held by the process that took it, and by none that it starts: what outlives a killed process would hold it.
"""

import errno
import fcntl
import itertools
import logging
import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from workflow_scripts.contracts.errors import UserError

log = logging.getLogger("workflow_scripts")

# Seconds between two looks at what another process holds: GPUs, and the place of a job.
POLL = 1.0
LOOK = 0.1
# Seconds within which a new holder has written its name; within which what a killed one has started has ended.
NAMED, SETTLED = 1.0, 10.0

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
    with _holding(_locked(path, what, wait)) as handle:
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
        with _holding(os.open(path, os.O_RDWR | os.O_CREAT, 0o666)) as handle:
            _flock(handle, fcntl.LOCK_EX, path)
            if _is_at(handle, path):
                os.ftruncate(handle, 0)
                yield
                return


@contextmanager
def _holding(handle: int) -> Iterator[int]:
    """Close the descriptor after the block; a process that is forked within it closes it at once."""
    _held.add(handle)
    try:
        yield handle
    finally:
        if handle in _held:
            _held.discard(handle)
            os.close(handle)


def _locked(path: Path, what: str, wait: bool) -> int:
    said, since = None, time.monotonic()
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
            if said != holder:
                log.info("%s; waiting for its end", busy)
            said = holder
        elif time.monotonic() > since + SETTLED:
            raise _left_behind(path, what, holder.partition("\n")[0])
        time.sleep(LOOK)


def _attempt(path: Path) -> tuple[int | None, str]:
    """Descriptor of the lock file, open and locked, or what its holder has written into it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    if not _flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, path):
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
        state, *others = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state in "ZX" else f"{_system()} {number} {others[18]}"


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


def _flock(handle: int, how: int, path: Path) -> bool:
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
                _held.discard(handle)
                os.close(handle)
        if not said:
            held = len(paths) - len(taken)
            log.info("other jobs hold %d of %d %s, %d are needed; waiting", held, len(paths), what, count)
        said = True
        time.sleep(POLL)


@contextmanager
def own_folder(parent: Path) -> Iterator[Path]:
    """A new folder below `parent`, removed after the block; those that killed processes have left are removed first."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if parent.stat(follow_symlinks=False).st_uid != os.getuid() or parent.is_symlink():
        raise UserError(f"{parent} belongs to somebody else; remove it, or set TMPDIR to a folder of your own")
    with _turn(parent):
        for left in [path for path in parent.iterdir() if path.is_dir()]:
            handle = _try(left, fcntl.LOCK_EX)
            if handle is not None:
                with _holding(handle):
                    shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(dir=parent))
        handle = _try(folder, fcntl.LOCK_EX)
    with _holding(handle):
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """One process at a time looks for what is free: two that each take half of what they need would both go without."""
    path = folder / "workflow-claims.lock"
    handle = _openable_by_all(path)
    try:
        _flock(handle, fcntl.LOCK_EX, path)
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
        _held.discard(whole)
        os.close(whole)
        return []
    return [whole, own]


def _try(path: Path, how: int) -> int | None:
    """The lock file, open and locked; None while another process's lock forbids it."""
    handle = _openable_by_all(path)
    if not _flock(handle, how | fcntl.LOCK_NB, path):
        os.close(handle)
        return None
    _held.add(handle)
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
