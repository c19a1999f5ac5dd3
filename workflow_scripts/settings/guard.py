"""Results that Snakemake would believe although it did not make them here.

Snakemake compares settings, code and inputs only with the records in `.snakemake/metadata`. A file without such a record
(after a pull, a copy, an unpacked archive) counts as up to date whatever the settings say. These functions find it.
Standard library only, because the Snakefile calls them whenever it is read.
"""

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from functools import cache
from pathlib import Path

STATE = ".snakemake"


@cache
def _longest_name(folder: str) -> int:
    """Longest file name below `folder`; Snakemake cuts its record names to fit."""
    return (os.pathconf(folder, "PC_NAME_MAX") if os.path.isdir(folder) else 0) or 255


def record_path(path: Path, workdir: Path, kind: str = "metadata") -> Path:
    """Where Snakemake keeps what it knows of `path` (relative to `workdir`, as the rule names it).

    `kind` is "metadata" for a finished output, "incomplete" for one whose job began and did not end. The name is the
    URL-safe base64 of the path, in pieces that fit a file name, all but the last led by an "@".
    """
    folder = workdir / STATE / kind
    name, piece = urlsafe_b64encode(str(path).encode()).decode(), _longest_name(str(folder)) - 1
    parts = [name[start : start + piece] for start in range(0, len(name), piece)]
    return folder.joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])


def _relative(path: Path, workdir: Path) -> Path:
    return path.relative_to(workdir) if path.is_absolute() else path


def _is_whole(record: Path) -> bool:
    """Whether a record can be read; one cut short by a crash counts as none, for Snakemake too."""
    try:
        return record.read_bytes().endswith(b"}")
    except OSError:
        return False


def unrecorded(paths: Iterable[Path], workdir: Path) -> list[Path]:
    """Those of `paths` that exist but have no record in `workdir`/.snakemake, in the order given.

    `paths` are relative to `workdir` or below it. Outputs marked incomplete are not named: Snakemake makes them again
    (`rerun-incomplete`).
    """
    return [
        path
        for path in paths
        if (workdir / path).exists()
        and not _is_whole(record_path(_relative(path, workdir), workdir))
        and not record_path(_relative(path, workdir), workdir, "incomplete").exists()
    ]


def replaced(paths: Iterable[Path], workdir: Path) -> list[Path]:
    """Those of `paths` that have a record but were written again since, e.g. by `dvc checkout`.

    Their record tells of other bytes, so that Snakemake would believe them wrongly.
    """
    found = []
    for path in paths:
        record = record_path(_relative(path, workdir), workdir)
        if (workdir / path).exists() and _is_whole(record):
            ended = json.loads(record.read_bytes()).get("endtime") or 0
            if abs((workdir / path).stat().st_mtime - ended) > 0.01:
                found.append(path)
    return found
