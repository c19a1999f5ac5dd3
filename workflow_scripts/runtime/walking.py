"""What lies below a folder that a user names: every file once, in a fixed order, whatever links and devices do there.

Planning, ingest and the check of results walk alike. Only the standard library is imported.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from workflow_scripts.runtime.errors import UserError

# Folders that archivers leave behind; their files bear the names of images and are none.
LEFTOVERS = ("__MACOSX",)


@dataclass(frozen=True, slots=True)
class Item:
    """A file below the folder, or what stands in a file's place.

    `path`: relative to the folder, with forward slashes. `kind`: a regular file; special (FIFO, socket, device);
    broken_link (leads nowhere, or round in a circle); folder_link (leads to a folder that is read under its own name,
    or to one that the folder itself lies in). `size`: bytes of a regular file, else 0. `status`: all that the
    system says of a file or special one. Both are of the target where it is a link.
    """

    path: str
    kind: Literal["file", "special", "broken_link", "folder_link"]
    size: int = 0
    status: os.stat_result | None = None


def passed_over(name: str) -> bool:
    """Whether a file or folder of that name is not looked at: hidden ones, and what archivers leave behind."""
    return name.startswith(".") or name in LEFTOVERS


def walk(folder: str | os.PathLike[str], hidden: bool = False) -> Iterator[Item]:
    """Everything below the folder that is no folder, sorted by name within each folder.

    What `passed_over` names is left out; with `hidden` it is not.

    Links to files are followed. Links to folders too, but no folder is read twice: a link into the walked folder, to
    one that it lies in, or to one that was read already is a `folder_link`. So the walk ends after as many folders as
    there are. UserError when a folder cannot be listed.
    """
    root = os.path.realpath(folder)
    read = {root}
    waiting = [("", root, entry) for entry in _listed(os.fspath(folder), hidden)]
    while waiting:
        prefix, above, entry = waiting.pop()
        path = prefix + entry.name
        state = _state(entry)
        if state is None:
            yield Item(path, "broken_link")
        elif stat.S_ISDIR(state.st_mode):
            link = entry.is_symlink()
            real = os.path.realpath(entry.path) if link else f"{above.rstrip(os.sep)}/{entry.name}"
            if real in read or (link and (_holds(root, real) or _holds(real, root))):
                yield Item(path, "folder_link")
                continue
            read.add(real)
            waiting += [(f"{path}/", real, below) for below in _listed(entry.path, hidden)]
        elif stat.S_ISREG(state.st_mode):
            yield Item(path, "file", state.st_size, state)
        else:
            yield Item(path, "special", status=state)


def _listed(folder: str, hidden: bool) -> list[os.DirEntry[str]]:
    """Entries of a folder in reverse order of their names."""
    try:
        with os.scandir(folder) as entries:
            return sorted(
                (entry for entry in entries if hidden or not passed_over(entry.name)), key=_name, reverse=True
            )
    except OSError as error:
        raise UserError(
            f"{folder} cannot be listed ({error.strerror}); make it readable, or move it out of the folder of images"
        ) from None


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _state(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat()
    except OSError:
        return None


def _holds(folder: str, path: str) -> bool:
    """Whether `path` lies below `folder`; both are real paths."""
    return path.startswith(folder.rstrip(os.sep) + os.sep)
