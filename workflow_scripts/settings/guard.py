"""Results that Snakemake would believe although it did not make them here.

Snakemake compares settings, code and inputs only with the records in `.snakemake/metadata`. A file without such a
record (after a pull, a copy, an unpacked archive) counts as up to date whatever the settings say. These functions find
it.
Standard library only, because the Snakefile calls them whenever it is read.
"""

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

STATE = ".snakemake"


@cache
def _longest_name(folder: Path) -> int:
    """Longest file name below `folder`; Snakemake cuts its record names to fit."""
    return (os.pathconf(folder, "PC_NAME_MAX") if folder.is_dir() else 0) or 255


def record_path(path: Path, workdir: Path, kind: str = "metadata") -> Path:
    """Where Snakemake keeps what it knows of `path` (relative to `workdir`, as the rule names it).

    `kind` is "metadata" for a finished output, "incomplete" for one whose job began and did not end. The name is the
    URL-safe base64 of the path, in pieces that fit a file name, all but the last led by an "@".
    """
    folder = workdir / STATE / kind
    name, piece = urlsafe_b64encode(str(path).encode()).decode(), _longest_name(folder) - 1
    parts = [name[start : start + piece] for start in range(0, len(name), piece)]
    return folder.joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])


def _is_whole(record: Path) -> bool:
    """Whether a record can be read; one cut short by a crash counts as none, for Snakemake too."""
    try:
        return record.read_bytes().endswith(b"}")
    except OSError:
        return False


def _finished(paths: Iterable[Path], workdir: Path) -> Iterator[tuple[Path, Path]]:
    """Existing paths with the place of their record; without those that Snakemake makes again (marked incomplete)."""
    for path in paths:
        # A results folder elsewhere is named in full by the rules, and so in the records.
        below = path.is_absolute() and path.is_relative_to(workdir) and not record_path(path, workdir).exists()
        name = path.relative_to(workdir) if below else path
        if (workdir / name).exists() and not record_path(name, workdir, "incomplete").exists():
            yield path, record_path(name, workdir)


def unrecorded(paths: Iterable[Path], workdir: Path) -> list[Path]:
    """Those of `paths` (relative to `workdir`, or absolute) that exist but have no record in `workdir`/.snakemake.

    Outputs marked incomplete are left to `rerun-incomplete`.
    """
    return [path for path, record in _finished(paths, workdir) if not _is_whole(record)]


def replaced(paths: Iterable[Path], workdir: Path) -> list[Path]:
    """Those of `paths` that were written again since Snakemake recorded them, e.g. by `dvc checkout`.

    Their record tells of other bytes, so that Snakemake would believe them wrongly. Times are seconds; a hundredth is
    allowed for rounding.
    """
    found = []
    for path, record in _finished(paths, workdir):
        if _is_whole(record):
            ended = json.loads(record.read_bytes()).get("endtime") or 0
            if abs((workdir / path).stat().st_mtime - ended) > 0.01:
                found.append(path)
    return found
