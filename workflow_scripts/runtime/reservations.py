"""What processes reserve among themselves: GPUs, and folders for temporary files."""

import fcntl
import itertools
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.locks import drop, flock, holding, keep

log = logging.getLogger("workflow_scripts")

# Seconds between two looks at what other processes hold.
POLL = 1.0
# Where jobs reserve their GPUs: one folder a machine, whatever a user's TMPDIR is.
RESERVATIONS = Path("/tmp")


def reserve(paths: Sequence[Path], count: int, what: str, slots: int = 1) -> list[int]:
    """Positions of `count` lock files of a folder that have room for this process: it holds them to its end.

    With one of `slots`, a file is one process's; with more, up to so many that say the same number hold it together,
    and those with the fewest come first. None or all are taken. While too few are free it says once that it waits,
    `what` being what the files stand for, and looks again every POLL seconds. The files stay: one that is removed while
    another process opens it binds nobody.
    """
    announced = False
    while True:
        with _turn(paths[0].parent):
            taken: dict[int, list[int]] = {}
            for slot, (position, path) in itertools.product(range(slots), enumerate(paths)):
                if len(taken) < count and position not in taken and (handles := _take(path, slot, slots)):
                    taken[position] = handles
            if len(taken) == count:
                return sorted(taken)
            for handle in itertools.chain(*taken.values()):
                drop(handle)
        if not announced:
            held = len(paths) - len(taken)
            log.info("other jobs hold %d of %d %s, %d are needed; waiting", held, len(paths), what, count)
        announced = True
        time.sleep(POLL)


@cache
def process_gpus(uuids: tuple[str, ...], count: int, jobs_per_gpu: int = 1) -> list[int]:
    """The GPUs of this process, see own_gpus: reserved when they are first asked for, and kept to its end."""
    return own_gpus(uuids, count, jobs_per_gpu)


def own_gpus(uuids: Sequence[str], count: int, jobs_per_gpu: int = 1, folder: Path = RESERVATIONS) -> list[int]:
    """Positions of `count` GPUs, among those that this process sees, that fewer other jobs use than may share one.

    While there are too few it waits; UserError where it sees fewer. SLURM gives each job GPUs that are its own: there,
    the first ones.
    """
    if len(uuids) < count:
        raise UserError(
            f"train.processes is {count}, but there are only {len(uuids)} GPU(s) here; lower train.processes, or set "
            "device to cpu"
        )
    if _scheduled():
        return list(range(count))
    return reserve([folder / f"gpu-{uuid}.lock" for uuid in uuids], count, "GPUs", jobs_per_gpu)


def jobs_sharing(jobs_per_gpu: int) -> int:
    """How many jobs may use a GPU that own_gpus has given: of one that SLURM gives a job, this one alone."""
    return 1 if _scheduled() else jobs_per_gpu


def _scheduled() -> bool:
    return "SLURM_JOB_ID" in os.environ


@contextmanager
def own_folder(name: str) -> Iterator[Path]:
    """A new folder among the system's temporary ones, removed after the block.

    Those of the same name that killed processes of this user have left are removed first.
    """
    parent = Path(tempfile.gettempdir(), f"{name}-{os.getuid()}")
    parent.mkdir(mode=0o700, exist_ok=True)
    if parent.stat(follow_symlinks=False).st_uid != os.getuid() or parent.is_symlink():
        raise UserError(f"{parent} belongs to somebody else; remove it, or set TMPDIR to a folder of your own")
    with _turn(parent):
        for left in [path for path in parent.iterdir() if path.is_dir()]:
            handle = _try(left, fcntl.LOCK_EX)
            if handle is not None:
                with holding(handle):
                    shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(dir=parent))
        own = _try(folder, fcntl.LOCK_EX)
    assert own is not None  # nobody else knows this folder yet
    with holding(own):
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """One process at a time looks for what is free: two that each take half of what they need would both go without."""
    path = folder / "workflow-reservations.lock"
    handle = _openable_by_all(path)
    try:
        flock(handle, fcntl.LOCK_EX, path)
        yield
    finally:
        os.close(handle)


def _take(path: Path, slot: int, slots: int) -> list[int]:
    """What holds this slot of a lock file; nothing while it is taken, or while the whole file is."""
    whole = _try(path, fcntl.LOCK_EX if slots == 1 else fcntl.LOCK_SH)
    if whole is None or slots == 1:
        return [] if whole is None else [whole]
    own = _try(path.with_suffix(f".{slot}{path.suffix}"), fcntl.LOCK_EX)
    if own is None:
        drop(whole)
        return []
    return [whole, own]


def _try(path: Path, how: int) -> int | None:
    """The lock file, open and locked; None while another process's lock forbids it."""
    handle = _openable_by_all(path)
    if not flock(handle, how | fcntl.LOCK_NB, path):
        os.close(handle)
        return None
    keep(handle)
    return handle


def _openable_by_all(path: Path) -> int:
    """The file, open for reading, which is enough to lock it; made when it is missing.

    In a folder that all users share, Linux lets nobody open another user's file in order to make or to write it.
    """
    while True:
        try:
            # In a shared folder another user's pipe may lie there, and to open one waits for who writes into it.
            return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            pass
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            continue
        os.fchmod(handle, 0o644)
        return handle
