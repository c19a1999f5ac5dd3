"""Digests of files, each computed once as long as its file stays untouched.

A file counts as untouched while its size, its times of change (of contents and of the inode, in nanoseconds) and its
inode are the same. An edit that puts the old time of contents back still changes the inode's. What leaves no trace at
all, a failing disk, is what the digests in records are for: those are computed anew in every process.
Standard library only, because the Snakefile reads folders of raw files with it.
"""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import atomic_path, digest_file, digest_text, open_file
from workflow_scripts.runtime.results_layout import remedy
from workflow_scripts.runtime.walking import Item, walk

# Seconds within which a file may change twice without another time (FAT: 2): a digest so young is not kept.
CLOCK = 2.0
THREADS = 8
# Bytes from which reading is announced: more than some ten seconds from a disk.
ANNOUNCED = 2_000_000_000
# What stands for a file that has no contents to read.
UNREADABLE = "unreadable"
NO_FILE = {"broken_link": "missing", "special": "no regular file", "folder_link": "link to a folder"}

Trace = tuple[int, int, int, int]
_seen: dict[str, tuple[Trace, str]] = {}


def trace(status: os.stat_result) -> Trace:
    """What changes whenever a file's contents do: size, both times of change (ns), inode."""
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def digest_once(path: Path) -> str:
    """sha256 of a file, read once by this process as long as the file stays untouched; NoFileError as open_file."""
    with open_file(path) as handle:
        now, name = trace(os.fstat(handle.fileno())), str(Path(path).absolute())
    if name not in _seen or _seen[name][0] != now:
        _seen[name] = (now, digest_file(path))
    return _seen[name][1]


def input_digests(root: Path, paths: list[Path]) -> dict[str, str]:
    """sha256 of each path, keyed by its name relative to `root`; UserError where one is missing.

    Large arrays are named by their record instead.
    """
    digests = {}
    for path in paths:
        try:
            digests[os.path.relpath(path, root)] = digest_file(path)
        except FileNotFoundError:
            raise UserError(f"{path} is missing; {remedy(path)}") from None
    return digests


def folder_digests(folder: Path, memory: Path, hidden: bool = False) -> dict[str, str]:
    """Relative path → sha256 of every file below a folder, or one of the words above for what has none; see walking.

    `memory`: folder of what earlier calls found; what is untouched since is not read again.
    """
    kept = memory / f"{digest_text(os.path.realpath(folder))[:32]}.json"
    remembered, began = _remembered(kept), time.time_ns()
    items = {item.path: item for item in walk(folder, hidden)}
    digests = {
        name: remembered[name][1] if _untouched(item, remembered.get(name)) else NO_FILE.get(item.kind, "")
        for name, item in items.items()
    }
    unread = [name for name, digest in digests.items() if not digest]
    size = sum(items[name].size for name in unread)
    if size > ANNOUNCED:
        print(f"reading {len(unread)} files ({size / 1e9:.1f} GB) of {folder}, once", flush=True)
    with ThreadPoolExecutor(THREADS) as pool:
        digests |= zip(unread, pool.map(lambda name: _digest(folder, name), unread), strict=True)
    if unread or remembered.keys() - digests.keys():
        settled = {
            name: [list(trace(item.status)), digests[name]]
            for name, item in items.items()
            if item.kind == "file" and digests[name] != UNREADABLE and item.status and _settled(item.status, began)
        }
        with suppress(OSError), atomic_path(kept) as temporary:  # a checkout that cannot be written reads again
            temporary.write_text(json.dumps(settled), encoding="utf-8", errors="surrogateescape")
    return digests


def _untouched(item: Item, remembered: tuple[Trace, str] | None) -> bool:
    return remembered is not None and item.status is not None and remembered[0] == trace(item.status)


def _settled(status: os.stat_result, now: int) -> bool:
    """Whether a change from `now` (ns) on would show in the file's times."""
    return now - max(status.st_mtime_ns, status.st_ctime_ns) > CLOCK * 1e9


def _remembered(kept: Path) -> dict[str, tuple[Trace, str]]:
    try:
        stored = json.loads(kept.read_text(encoding="utf-8", errors="surrogateescape"))
        return {
            name: ((size, mtime, ctime, inode), digest)
            for name, ((size, mtime, ctime, inode), digest) in stored.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # read anew


def _digest(folder: Path, name: str) -> str:
    try:
        return digest_file(Path(folder, name))
    except OSError:
        return UNREADABLE
