"""All that this project takes from Snakemake's inside, which no documentation promises.

A test holds READ_IN against the pinned version: with another one, read snakemake/workflow.py, settings/types.py and
persistence/ again. OLDEST is the first version that has all of it. Standard library only.
"""

import difflib
import json
import logging
import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

READ_IN = "9.27.1"
OLDEST = "9.17"
# Below the working directory.
STATE = ".snakemake"
_LOCKED = "LockException"
_NO_TARGET = "MissingRuleException"
_UNKNOWN = re.compile(r"No rule to produce (.+?) \(if you use input functions")
_PROTECTED = "ProtectedOutputException"
_FIRST_FILE = re.compile(r"affected files:\n\s*(.+)")
# The end of the traceback that Snakemake prints of an error of the file system outside of jobs.
_OF_THE_FILE_SYSTEM = ("OSError", "PermissionError")
_FILE_ERROR = re.compile(r"Error: \[Errno \d+\] ([^:]+): '(.+)'\s*\Z")
_ON_FILE_ERROR = (
    "error: {1} cannot be written ({0}); make room, make the folder writable or set `results` to another one, and run "
    "the same command again"
)
_ON_A_LOCK = (
    "error: {} is locked by another workflow that makes the same files; wait for its end. If none runs, one was "
    "killed: `make resume` (with its CONFIG and TARGET) unlocks the folder and goes on"
)
_ON_PROTECTED = (
    "error: {} is to be made again and cannot be written; make the results writable, or copy them and set `results` to "
    "the copy"
)


def given_settings(workflow: Any) -> tuple[dict[str, Any], list[Path]]:
    """What --configfile and --config of the command line gave, merged, and the files of --configfile.

    Snakemake's own `config` holds them as well, but already applied to those of the Snakefile.
    """
    return workflow.config_settings.overwrite_config, list(workflow.config_settings.configfiles)


def is_main_process(workflow: Any) -> bool:
    """Whether this process plans the workflow, and does not run one job of it, for which Snakemake starts itself."""
    return workflow.is_main_process


def give_resources_of(workflow: Any, rule: str, receiver: str) -> None:
    """Give the rule `receiver` the threads and resources that profile and command line set for `rule`, by its name."""
    asked = workflow.resource_settings
    for given in (asked._parsed_overwrite_resources, asked._parsed_overwrite_threads):
        if rule in given:
            given.setdefault(receiver, given[rule])


def say_last(workflow: Any, text: str) -> None:
    """Say something once all else is said: by the console of this project, or at once where Snakemake has its own."""
    for handler in workflow.logger_manager.plugin_handlers:
        if hasattr(handler, "say_last"):
            handler.say_last(text)
            return
    print(text)


def explain_errors(workflow: Any) -> None:
    """From now on each of these is one line with what to do: a locked folder, no such target, results not writable."""

    def explained(record: logging.LogRecord) -> bool:
        exception, text = getattr(record, "exception", None), record.getMessage()
        if exception == _LOCKED:
            record.msg, record.args = _ON_A_LOCK.format(Path.cwd()), ()
        elif exception == _NO_TARGET and (unknown := _UNKNOWN.search(text)):
            record.msg, record.args = _on_no_target(workflow, unknown[1]), ()
        elif exception == _PROTECTED and (protected := _FIRST_FILE.search(text)):
            record.msg, record.args = _ON_PROTECTED.format(protected[1]), ()
        elif exception in _OF_THE_FILE_SYSTEM and (failed := _FILE_ERROR.search(text)):
            record.msg, record.args = _ON_FILE_ERROR.format(*failed.groups()), ()
        return True

    logging.getLogger("snakemake.logging").addFilter(explained)


def _on_no_target(workflow: Any, target: str) -> str:
    near = difflib.get_close_matches(target, sorted({rule.name for rule in workflow.rules}), 1, 0.6)
    meant = f"did you mean {near[0]}? " if near else ""
    own = "" if given_settings(workflow)[1] else "; of a study of your own name the settings, too: --configfile FILE"
    return f"error: nothing makes {target}; {meant}`snakemake --list` names what can be made{own}"


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


def is_whole(record: Path) -> bool:
    """Whether such a record can be read; one cut short by a crash counts as none, for Snakemake too."""
    try:
        return record.read_bytes().endswith(b"}")
    except OSError:
        return False


def end_time(record: Path) -> float:
    """When the job ended that wrote the file of such a record, seconds since 1970; 0 where it does not say."""
    return json.loads(record.read_bytes()).get("endtime") or 0


def finished(paths: Iterable[Path], workdir: Path) -> Iterator[tuple[Path, Path]]:
    """Existing paths, each with that of its record; without those that Snakemake makes again (marked incomplete)."""
    for path in paths:
        # A results folder elsewhere is named in full by the rules, and so in the records.
        below = path.is_absolute() and path.is_relative_to(workdir) and not record_path(path, workdir).exists()
        name = path.relative_to(workdir) if below else path
        if (workdir / name).exists() and not record_path(name, workdir, "incomplete").exists():
            yield path, record_path(name, workdir)
