"""A published data set into a folder: fetched, checked, unpacked beside it, renamed when whole.

Beside the folder `X` there are `X.download/` (what was fetched and not yet unpacked; removed at the end) and
`X.lock.json`: what the first download got, with which every later one is compared.
"""

import shutil
from pathlib import Path
from shlex import quote
from typing import Any
from urllib.parse import urlsplit

from workflow_scripts.data.download.archives import DamagedError, unpack
from workflow_scripts.data.download.fetching import PATIENT, Expected, Patience, check, fetch
from workflow_scripts.data.download.figshare import listed
from workflow_scripts.data.download.published_sources import PublishedFile, PublishedSource
from workflow_scripts.runtime.entry import log
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, read_json, write_json
from workflow_scripts.runtime.locks import lock as held_lock

SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c"


def download(source: PublishedSource, folder: Path, patience: Patience = PATIENT) -> dict[str, Any]:
    """Bring a published data set to `folder` and return its record: url, size, sha256 of each file, number of files.

    A folder with files that an earlier call brought is left as it is, and nothing is fetched. Raises UserError when the
    folder holds other files, when the data set cannot be fetched or unpacked here (saying what to do by hand), when
    another process is at it, and as `fetch` and `unpack` do.
    """
    work = Path(f"{folder}.download")
    lock = _Lock(Path(f"{folder}.lock.json"))
    if _files(folder):
        return _already_there(source, folder, lock)
    if source.registration:
        raise UserError(f"{source.adapter}: {source.registration}; put the files into {folder}")
    with held_lock(Path(f"{folder}.lock"), str(folder)):
        if _files(folder):
            return _already_there(source, folder, lock)
        log.info("%s (%s; %s)", source.title, source.licence, source.page)
        files = _fetch_all(source, work, lock, patience)
        by_hand = [file for file in files if file.format == "7z"]
        if by_hand:
            raise UserError(
                f"{len(by_hand)} files are fetched; 7z archives are not unpacked here, do it by hand: "
                f'for f in {quote(str(work))}/*.7z; do 7z x -o{quote(str(folder))} "$f"; done; then remove {work}'
            )
        staged = work / "unpacked"
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir()
        # Plain files are only moved, and last: whatever fails before, none of them has to be fetched again.
        for file in sorted(files, key=lambda file: file.format == "plain"):
            _place(file, work, staged, source, lock)
        if folder.exists():
            folder.rmdir()  # empty, or another process filled it meanwhile and this stops
        lock.remember_count(_files(staged))
        staged.rename(folder)
        shutil.rmtree(work, ignore_errors=True)
    return _record(source, folder, lock)


class _Lock:
    """What the first download got: address → size and sha256, and how many files came of all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        held = read_json(path) if path.exists() else {}
        self.files: dict[str, dict[str, Any]] = held.get("files", {})
        self.count: int | None = held.get("count")

    def compare(self, file: PublishedFile, path: Path, sha256: str) -> None:
        """Remove `path` and raise UserError when the first download of its address got another file."""
        first = self.files.get(file.url)
        if first and first["sha256"] != sha256:
            path.unlink()
            raise UserError(
                f"{file.url}: sha256 is {sha256}, but the first download got {first['sha256']} ({self.path}); the file "
                f"was removed. Its publisher may have changed it; to accept the new one remove {self.path}"
            )

    def remember(self, file: PublishedFile, size: int, sha256: str) -> None:
        self.files[file.url] = {"name": file.name, "size": size, "sha256": sha256}
        self._write()

    def remember_count(self, count: int) -> None:
        self.count = count
        self._write()

    def _write(self) -> None:
        write_json(self.path, {"files": self.files, "count": self.count})


def _fetch_all(source: PublishedSource, work: Path, lock: _Lock, patience: Patience) -> list[PublishedFile]:
    """Fetch every file into `work`; those of an index after it. Returns all."""
    files = list(source.files)
    for file in files:
        _fetch_one(file, work, lock, patience)
    if source.figshare is None:
        return files
    folder = work / source.figshare.into
    url_of_name = {entry["name"]: url for url, entry in lock.files.items()}
    there = {path.name for path in folder.iterdir() if path.name in url_of_name} if folder.is_dir() else set()
    index = work / source.figshare.index
    for file in listed(index, source.figshare, there, patience):
        _fetch_one(file, work, lock, patience)
        files.append(file)
    held = [
        PublishedFile(
            url_of_name[name], name, "plain", lock.files[url_of_name[name]]["size"], into=source.figshare.into
        )
        for name in sorted(there)
    ]
    return files + held


def _fetch_one(file: PublishedFile, work: Path, lock: _Lock, patience: Patience) -> None:
    """Fetch one file unless it is there, as its publisher states it and the first download got it."""
    target, expected = _at(file, work), Expected(file.size, file.sha256, file.md5)
    sha256 = check(target, expected, file.url) if target.exists() else fetch(file.url, target, expected, patience)
    lock.compare(file, target, sha256)
    if not (file.sha256 or file.md5 or file.url in lock.files):
        log.warning("%s", _first_seen(file, sha256, lock.path))
    if file.format == "7z" and not _begins_with(target, SEVEN_ZIP):
        target.unlink()
        raise UserError(f"{file.url} gave no 7z archive; the address may ask for a login, see the data set's page")
    if file.format in ("plain", "7z"):  # other archives when they have been unpacked: a login page is none
        lock.remember(file, target.stat().st_size, sha256)


def _first_seen(file: PublishedFile, sha256: str, lock: Path) -> str:
    """What a user must know of a file that nothing could be compared with."""
    text = (
        f"{file.url}: its publisher states no checksum, so nothing proves these bytes; sha256 {sha256} is written to "
        f"{lock}, and a later download that differs is refused"
    )
    if urlsplit(file.url).scheme == "http":
        text += "; it came over plain http, where it can be changed on its way: compare the sha256 with a colleague's"
    return text


def _begins_with(path: Path, start: bytes) -> bool:
    with open(path, "rb") as handle:
        return handle.read(len(start)) == start


def _place(file: PublishedFile, work: Path, staged: Path, source: PublishedSource, lock: _Lock) -> None:
    """Unpack an archive below `staged`, or move a plain file there; a damaged archive is removed."""
    at = _at(file, work)
    if file.format == "plain":
        target = staged / file.into / file.name
        if target.exists():
            raise UserError(f"{file.name} is in an archive of {source.adapter} too; it is not written over")
        target.parent.mkdir(parents=True, exist_ok=True)
        at.rename(target)
        return
    try:
        count = unpack(at, file, staged, source.limits)
    except DamagedError:
        at.unlink()
        raise
    lock.remember(file, at.stat().st_size, digest_file(at))
    log.info("%s: %d files", file.name, count)


def _at(file: PublishedFile, work: Path) -> Path:
    """Where a fetched file waits: plain ones under the folder they go to, so that no two meet."""
    return work / file.into / file.name if file.format == "plain" else work / file.name


def _already_there(source: PublishedSource, folder: Path, lock: _Lock) -> dict[str, Any]:
    """The record of a folder that was downloaded before; UserError when it is not what came then."""
    count = _files(folder)
    if lock.count is None and lock.files and any(file.format == "7z" for file in source.files):
        lock.remember_count(count)  # unpacked by hand
    if lock.count is None:
        raise UserError(f"{folder} holds {count} files of another origin; they are not written over")
    if lock.count != count:
        raise UserError(
            f"{folder} holds {count} files, {lock.count} were downloaded; remove the folder to download it again, or "
            f"{lock.path} to keep it as your own"
        )
    if not any(file.format == "7z" for file in source.files):
        shutil.rmtree(f"{folder}.download", ignore_errors=True)  # of a call that was killed at its very end
    return _record(source, folder, lock)


def _record(source: PublishedSource, folder: Path, lock: _Lock) -> dict[str, Any]:
    return {
        "adapter": source.adapter,
        "title": source.title,
        "page": source.page,
        "licence": source.licence,
        "citation": source.citation,
        "files": [{"url": url, **entry} for url, entry in sorted(lock.files.items())],
        "number_of_files": _files(folder),
    }


def _files(folder: Path) -> int:
    """Number of files below a folder; 0 when there is none."""
    return sum(1 for path in folder.rglob("*") if not path.is_dir()) if folder.is_dir() else 0
