"""Archives from elsewhere: unpacked into an empty folder, or refused whole.

No member may lie outside the folder, be a link or a device, come twice, or be more than the limits allow. zip and tar
(plain, gz, bz2, xz) are read by the standard library.
"""

import errno
import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from workflow_scripts.data.download.published_sources import Limits, PublishedFile
from workflow_scripts.data.download.space import no_space_is_a_line, room_for
from workflow_scripts.runtime.errors import UserError

BLOCK = 1 << 20
_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError)
_UTF8_NAMES = 0x800
_ENCRYPTED = 0x1


class DamagedError(UserError):
    """An archive that is cut short, broken, or none at all: to fetch it again may help."""


@dataclass(frozen=True)
class _Member:
    """A regular file of an archive: its path as given, its size as stated, and how to read it."""

    path: str
    size: int
    open: Callable[[], IO[bytes]]


def unpack(archive: Path, file: PublishedFile, folder: Path, limits: Limits) -> int:
    """Unpack `archive` below `folder` / `file.into`, and return the number of files.

    Only what lies in `file.root` inside the archive is taken, without that leading folder. Raises DamagedError for a
    damaged archive and UserError for a full disk and for everything that the module's docstring excludes, naming the
    archive and the member.
    """
    taken: set[str] = set()
    top_folders: set[str] = set()
    budget = _Budget(archive, limits)
    try:
        with no_space_is_a_line(folder), _opened(archive, file.format, budget.most) as members:
            for member in members:
                inside = _inside(archive, member.path)
                budget.add(member.size)
                path = _below(inside, file.root)
                if path is None:
                    top_folders.add(inside.split("/")[0])
                    continue
                if path in taken:
                    raise UserError(f"{archive}: {inside!r} is in it twice; the archive was not unpacked")
                taken.add(path)
                with member.open() as source:
                    _write(source, folder / file.into / path, archive)
    except _DAMAGED as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(":")
        raise DamagedError(f"{archive} is no whole {file.format} archive ({reason}); {_begins(archive)}") from None
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise DamagedError(
            f"{archive} is no whole {file.format} archive (it names a place before its beginning); {_begins(archive)}"
        ) from None
    except NotImplementedError as error:
        raise UserError(f"{archive} cannot be unpacked here: {error}") from None
    if not taken:
        raise UserError(
            f"{archive} has no files in {file.root or 'it'!r}; beside it there are {sorted(top_folders)[:5]}"
        )
    return len(taken)


class _Budget:
    """Counts what an archive states to unpack to; neither library gives more of a member than it states."""

    def __init__(self, archive: Path, limits: Limits) -> None:
        self.archive, self.limits = archive, limits
        self.most = min(limits.bytes, limits.ratio * archive.stat().st_size)
        self.members = self.bytes = 0

    def add(self, size: int) -> None:
        """Count a member of `size` bytes; UserError when it is too much."""
        self.members += 1
        self.bytes += size
        if self.members > self.limits.members:
            raise UserError(f"{self.archive} holds more than {self.limits.members} files; it was not unpacked")
        if self.bytes > self.most:
            raise UserError(
                f"{self.archive} unpacks to more than {self.most} bytes ({self.limits.ratio} times its size, at most "
                f"{self.limits.bytes}); it was not unpacked"
            )


@contextmanager
def _opened(archive: Path, kind: str, most: int) -> Iterator[Iterator[_Member]]:
    """The regular files of an archive; UserError for members of another kind, and for too little room (zip)."""
    if kind == "zip":
        with zipfile.ZipFile(archive) as opened:
            room_for(min(most, sum(info.file_size for info in opened.infolist())), archive.parent)
            yield _of_zip(archive, opened)
    else:
        with tarfile.open(archive) as opened:
            yield _of_tar(archive, opened)


def _of_zip(archive: Path, opened: zipfile.ZipFile) -> Iterator[_Member]:
    for info in opened.infolist():
        name = _zip_name(info)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _odd(archive, name)
        if info.flag_bits & _ENCRYPTED:
            raise UserError(f"{archive}: {name!r} is encrypted; the archive was not unpacked")
        if info.is_dir() or kind == stat.S_IFDIR:
            _inside(archive, name)
        else:
            yield _Member(name, info.file_size, partial(opened.open, info))


def _of_tar(archive: Path, opened: tarfile.TarFile) -> Iterator[_Member]:
    for info in opened:
        if info.isdir():
            _inside(archive, info.name)
        elif info.isreg():
            yield _Member(info.name, info.size, partial(_extracted, opened, info))
        else:
            raise _odd(archive, info.name)
    assert opened.fileobj is not None  # it was opened for reading
    # A tar ends with empty blocks; without them the module would take a cut between two members for the end.
    if opened.fileobj.tell() < opened.offset + tarfile.BLOCKSIZE:
        raise EOFError("its end is missing")


def _extracted(opened: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    source = opened.extractfile(info)
    if source is None:
        raise tarfile.ReadError(f"{info.name!r} is no regular file")
    return source


def _zip_name(info: zipfile.ZipInfo) -> str:
    """A member's name. Without the flag for UTF-8 the module takes it for code page 437; many such names are UTF-8."""
    if info.flag_bits & _UTF8_NAMES:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _odd(archive: Path, name: str) -> UserError:
    return UserError(f"{archive}: {name!r} is a link or a device, no file; the archive was not unpacked")


def _inside(archive: Path, name: str) -> str:
    """The member's path with forward slashes and without empty parts; UserError when it leads out of its folder."""
    path = name.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    drive = len(path) > 1 and path[1] == ":" and path[0].isalpha()
    if path.startswith("/") or drive or ".." in parts or "\0" in path:
        raise UserError(f"{archive}: {name!r} would be written outside its folder; the archive was not unpacked")
    return "/".join(parts)


def _below(path: str, root: str) -> str | None:
    """`path` without the leading folder `root`, or None when it lies elsewhere."""
    root = root.strip("/")
    if not root:
        return path or None
    return path.removeprefix(f"{root}/") if path.startswith(f"{root}/") else None


def _write(source: IO[bytes], path: Path, archive: Path) -> None:
    """Write one member; what is there already is not written over."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "xb") as target:
            shutil.copyfileobj(source, target, BLOCK)
    except (FileExistsError, NotADirectoryError):
        raise UserError(f"{archive}: {path.name!r} would be written over another file; it was not unpacked") from None


def _begins(archive: Path) -> str:
    """What a file that is no archive seems to be."""
    with open(archive, "rb") as handle:
        head = handle.read(512).lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html")):
        return "it is a web page: the address may ask for a login, see the data set's page"
    return f"{archive.stat().st_size} bytes came; fetch it again"
