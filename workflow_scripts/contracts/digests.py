"""Digests of files, each computed once as long as its file stays untouched.

A file counts as untouched while its size, its times of change (of contents and of the inode, in nanoseconds) and its
inode are the same. An edit that puts the old time of contents back still changes the inode's. What leaves no trace at
all, a failing disk, is what the digests in records are for: those are computed anew in every process.
Standard library only, because the Snakefile reads folders of raw files with it.
"""

import json
import os
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from workflow_scripts.contracts.files import atomic_path, digest_file, digest_text

# Seconds within which a file may change twice without another time (FAT: 2): a digest so young is not kept.
CLOCK = 2.0
THREADS = 8
# Bytes from which reading is announced: more than some ten seconds from a disk.
ANNOUNCED = 2_000_000_000
# What stands for a file that has no contents to read.
MISSING, SPECIAL, UNREADABLE = "missing", "no regular file", "unreadable"

Trace = tuple[int, int, int, int]
_seen: dict[str, tuple[Trace, str]] = {}


def trace(status: os.stat_result) -> Trace:
    """What changes whenever a file's contents do: size, both times of change (ns), inode."""
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def digest_once(path: Path) -> str:
    """sha256 of a file, read once by this process as long as the file stays untouched."""
    now, name = trace(Path(path).stat()), str(Path(path).absolute())
    if name not in _seen or _seen[name][0] != now:
        _seen[name] = (now, digest_file(path))
    return _seen[name][1]


def files_below(folder: Path, hidden: bool = False) -> Iterator[tuple[str, os.stat_result | None]]:
    """(relative path, status) of every file below a folder, in a fixed order; None for a dangling link.

    Links are followed, but for a link to a folder that it lies in. `hidden`: those whose name begins with a dot, too.
    """
    yield from _walk(str(folder), "", (os.path.realpath(folder),), hidden)


def _walk(
    folder: str, prefix: str, above: tuple[str, ...], hidden: bool
) -> Iterator[tuple[str, os.stat_result | None]]:
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        if entry.name.startswith(".") and not hidden:
            continue
        if entry.is_dir():
            real = os.path.realpath(entry.path)
            if real not in above:
                yield from _walk(entry.path, f"{prefix}{entry.name}/", (*above, real), hidden)
            continue
        try:
            yield prefix + entry.name, entry.stat()
        except OSError:
            yield prefix + entry.name, None


def folder_digests(folder: Path, memory: Path, hidden: bool = False) -> dict[str, str]:
    """Relative path → sha256 of every file below a folder, or one of the words above for what cannot be read.

    `memory`: folder of what earlier calls found; what is untouched since is not read again.
    """
    kept = memory / f"{digest_text(os.path.realpath(folder))[:32]}.json"
    known, began = _remembered(kept), time.time_ns()
    statuses = dict(files_below(folder, hidden))
    found = {
        name: known[name][1] if status and known.get(name, (None,))[0] == trace(status) else ""
        for name, status in statuses.items()
    }
    unread = [name for name, digest in found.items() if not digest]
    size = sum(statuses[name].st_size for name in unread if statuses[name])
    if size > ANNOUNCED:
        print(f"reading {len(unread)} files ({size / 1e9:.1f} GB) of {folder}, once", flush=True)
    with ThreadPoolExecutor(THREADS) as pool:
        found |= zip(unread, pool.map(lambda name: _digest(folder, name, statuses[name]), unread), strict=True)
    if unread or known.keys() != found.keys():
        settled = {
            name: [list(trace(status)), found[name]]
            for name, status in statuses.items()
            if status and found[name] != UNREADABLE and _settled(status, began)
        }
        with suppress(OSError), atomic_path(kept) as temporary:  # a checkout that cannot be written reads again
            temporary.write_text(json.dumps(settled), encoding="utf-8", errors="surrogateescape")
    return found


def _settled(status: os.stat_result, now: int) -> bool:
    """Whether a change from `now` (ns) on would show in the file's times."""
    return now - max(status.st_mtime_ns, status.st_ctime_ns) > CLOCK * 1e9


def _remembered(kept: Path) -> dict[str, tuple[Trace, str]]:
    try:
        stored = json.loads(kept.read_text(encoding="utf-8", errors="surrogateescape"))
        return {name: (tuple(found), digest) for name, (found, digest) in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # read anew


def _digest(folder: Path, name: str, status: os.stat_result | None) -> str:
    if status is None:
        return MISSING
    if not stat.S_ISREG(status.st_mode):
        return SPECIAL
    try:
        return digest_file(Path(folder, name))
    except OSError:
        return UNREADABLE
