"""Open an archive from elsewhere, and see whether it still holds what was put in."""

import json
import stat
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workflow_scripts.archiving.contents import METADATA, PAPERS
from workflow_scripts.archiving.crate import Member, members_of
from workflow_scripts.archiving.entry_names import member_fault
from workflow_scripts.data.download import archives
from workflow_scripts.data.download.published_sources import Limits, PublishedFile
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file

# Of all files together, packed ones at most a hundred times as large as the archive: tables shrink to a tenth.
LIMITS = Limits(bytes=20_000_000_000, members=200_000, ratio=100)
LARGEST_DESCRIPTION = 100_000_000
DEEPEST, MOST_NODES = 30, 1_000_000
# What this workflow writes, and what needs little memory to read.
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unpack(archive: Path, target: Path) -> list[str]:
    """Unpack an archive into the folder `target`; returns what is missing, altered or not listed, one line each.

    Raises UserError for a file that is no zip file, is damaged, was not written by this workflow, unpacks to more than
    LIMITS allow, or has members that no archive has: links, devices, encrypted ones, names that lead elsewhere or
    occur twice. Nothing is written outside `target`.
    """
    _look(archive)
    target.mkdir(parents=True, exist_ok=True)
    archives.unpack(archive, PublishedFile("", archive.name, "zip"), target, LIMITS)
    description = target / METADATA
    if description.stat().st_size > LARGEST_DESCRIPTION:
        raise UserError(f"{archive}: {METADATA} is larger than {LARGEST_DESCRIPTION} bytes; it is of no archive")
    try:
        members = members_of(json.loads(description.read_text(encoding="utf-8")))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{archive}: {METADATA} is not valid JSON ({error}); fetch the archive again") from None
    for path in sorted(target.glob(f"{PAPERS}*/published.yaml")):
        _require_plain(path, path.relative_to(target).as_posix())
    return _problems(target, members)


def _require_plain(path: Path, name: str) -> None:
    """Raise UserError for YAML that grows when it is read: nested without end, or with aliases of aliases."""
    import yaml

    loader, text, depth = getattr(yaml, "CSafeLoader", yaml.SafeLoader), path.read_bytes(), 0
    try:
        for event in yaml.parse(text, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise UserError(f"{name} is nested more than {DEEPEST} deep; no archive holds that")
        if _expanded(yaml.compose(text, Loader=loader), {}) > MOST_NODES:
            raise UserError(f"{name} holds more than {MOST_NODES} values; no archive holds that")
    except RecursionError:
        raise UserError(f"{name} holds itself; no archive holds that") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{name} is not valid YAML ({' '.join(str(error).split())})") from None


def _expanded(node: Any, sizes: dict[int, int]) -> int:
    """Number of values below a node of YAML where every alias is written out."""
    if id(node) not in sizes:
        parts = getattr(node, "value", None)
        parts = parts if isinstance(parts, list) else []
        pairs = [part for pair in parts for part in pair] if parts and isinstance(parts[0], tuple) else parts
        sizes[id(node)] = 1 + sum(_expanded(part, sizes) for part in pairs)
    return sizes[id(node)]


def _look(archive: Path) -> None:
    """Raise UserError unless the list of members is one that this workflow writes; nothing is unpacked."""
    if archive.exists() and not archive.is_file():
        raise UserError(f"{archive} is no file; name the zip file that `make archive` wrote")
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
    except FileNotFoundError:
        raise UserError(f"{archive} does not exist; name the zip file that `make archive` wrote") from None
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError) as error:
        raise UserError(f"{archive} is no readable zip file ({error}); fetch it again") from None
    if len(entries) > LIMITS.members:
        raise UserError(f"{archive} holds more than {LIMITS.members} files; it was not unpacked")
    fault = _entry_fault(entries) or member_fault(_names(entries))
    if fault:
        raise UserError(f"{archive}: {fault}; it is no archive of this workflow and was not unpacked")
    if METADATA not in _names(entries):
        raise UserError(f"{archive} has no {METADATA}; it is no archive of this workflow")


def _names(entries: list[zipfile.ZipInfo]) -> list[str]:
    # orig_filename: as it is written, before what follows a NUL is cut off
    return [entry.orig_filename for entry in entries]


def _entry_fault(entries: Iterable[zipfile.ZipInfo]) -> str | None:
    for entry in entries:
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
            return f"{entry.orig_filename!r} is a link, a device or a folder, no file"
        if entry.flag_bits & 0x1:
            return f"{entry.orig_filename!r} is encrypted"
        if entry.compress_type not in PACKINGS:
            return f"{entry.orig_filename!r} is packed in a way that archives are not"
    return None


def _problems(target: Path, members: list[Member]) -> list[str]:
    held = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()} - {METADATA}
    listed = {member.name for member in members}
    problems = [f"{name}: is missing from the archive" for name in sorted(listed - held)]
    problems += [f"{name}: is not listed in {METADATA}" for name in sorted(held - listed)]
    for member in members:
        if member.name in held and digest_file(target / member.name) != member.sha256:
            problems.append(f"{member.name}: is not the file that was archived (its checksum differs)")
    return problems
