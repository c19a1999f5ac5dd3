"""A file is what its record says: the digests that a step wrote down are compared by whoever reads the files.

A record holds `outputs`: name, relative to the record's folder, → sha256. contracts.layout says which record vouches
for which file. Standard library only.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow_scripts.contracts.record import read_record
from workflow_scripts.contracts.taken_in import require_weights_here
from workflow_scripts.runtime.digests import digest_once
from workflow_scripts.runtime.errors import NoFileError, UserError
from workflow_scripts.runtime.results_layout import remedy, vouched_file
from workflow_scripts.runtime.run_address import LEDGER_FILE, TRAINING_FILE
from workflow_scripts.runtime.walking import walk

# What a check of a study's folder says of a file.
CHANGED, MISSING, OUTDATED, UNKNOWN = "changed", "missing", "outdated", "unknown"


@dataclass(frozen=True)
class Difference:
    """A file that is not as recorded; state: one of the four words above; why: what is wrong and what to do."""

    state: str
    path: Path
    why: str

    def __str__(self) -> str:
        return f"{self.state.upper():9} {self.path} {self.why}"


def require(record: Path, *names: str) -> dict[str, Any]:
    """The record, once each of `names` (relative to its folder) is what it says.

    UserError for a file that changed, is missing, or is not vouched for, naming the command that makes it again. A file
    is read once a process, however often it is asked for.
    """
    content = read_record(record)
    outputs = content.get("outputs", {})
    for name in names:
        path = _joined(record.parent, name)
        if name not in outputs:
            raise UserError(f"{path} is in no list of outputs: {record} does not vouch for it; {remedy(path)}")
        if difference := _compared(path, record, outputs[name]):
            raise UserError(f"{difference.path} {difference.why}")
    return content


def require_all(record: Path) -> dict[str, Any]:
    """As require, of everything that the record vouches for."""
    return require(record, *read_record(record).get("outputs", {}))


def required_split(path: Path) -> Path:
    """`path`, once the split in it is the one that its protocol's record vouches for."""
    require(path.with_suffix(".json"), path.name)
    return path


def required_weights(path: Path) -> Path:
    """`path`, once these weights are those that the training left, with their tensors."""
    require_weights_here(require(path.with_name(TRAINING_FILE), path.name), path)
    return path


def differences(study: Path) -> Iterator[Difference]:
    """Every file below a study's results that is not what a record says, is missing, or is in no record's outputs.

    Also records that were made from other files than those that are there now, unless those are named themselves.
    Hidden files are passed over.
    """
    files = {Path(item.path): study / item.path for item in walk(study) if item.kind != "folder_link"}
    records, named = {}, set()
    for name, path in files.items():
        if _is_record(name):
            try:
                records[name] = read_record(path)
            except UserError as error:
                named.add(name)
                yield Difference(CHANGED, path, _what_of(error, path))
    vouched: dict[Path, dict[Path, str]] = {}
    for name, record in records.items():
        for output, digest in record.get("outputs", {}).items():
            vouched.setdefault(_joined(name.parent, output), {})[name] = digest
    for name, by in sorted(vouched.items()):
        for difference in _of_vouched(study, name, by):
            named.add(difference.path.relative_to(study))
            yield difference
    # What a run cost is in no list of outputs: the record vouches for numbers, the ledger for itself.
    for ledger in sorted(name.with_name(LEDGER_FILE) for name in records if name.match("runs/*/*/*/record.json")):
        if ledger not in files:
            yield Difference(MISSING, study / ledger, f"is missing, every run has one; {remedy(study / ledger)}")
    for name in sorted(files.keys() - vouched.keys()):
        about = vouched_file(name)
        # Of a damaged record nothing can be said but that.
        if not _is_record(name) and not (about and about.record in named):
            yield Difference(UNKNOWN, files[name], _unknown_why(study, name))
    for name, record in sorted(records.items()):
        if name not in named:
            yield from _of_inputs(study, name, record.get("inputs", {}), named)


def _is_record(name: Path) -> bool:
    about = vouched_file(name)
    return about is not None and about.record == name


def _joined(folder: Path, name: str) -> Path:
    return Path(os.path.normpath(folder / name))


def _compared(path: Path, record: Path, digest: str) -> Difference | None:
    try:
        if digest_once(path) == digest:
            return None
    except NoFileError as error:
        return Difference(CHANGED, path, _what_of(error, path))
    except FileNotFoundError:
        return Difference(MISSING, path, f"is missing, {record} says that it was written; {remedy(path)}")
    return Difference(CHANGED, path, f"has changed: it is not what {record} says; {remedy(path)}")


def _what_of(error: UserError, path: Path) -> str:
    return str(error).removeprefix(f"{path} ")


def _of_vouched(study: Path, name: Path, by: dict[Path, str]) -> Iterator[Difference]:
    """A file against the records that hold its digest, two where a training and what finished it both do."""
    compared = {record: _compared(study / name, study / record, digest) for record, digest in by.items()}
    different = {record: difference for record, difference in compared.items() if difference}
    if len(different) == len(by):
        yield next(iter(different.values()))
        return
    for record in different:
        why = f"was made from another {study / name} than there is now; {remedy(study / record)}"
        yield Difference(OUTDATED, study / record, why)


def _of_inputs(study: Path, name: Path, inputs: dict[str, str], named: set[Path]) -> Iterator[Difference]:
    """A record against the files that its step read, all but those in `named`; the first that differs."""
    for read, digest in inputs.items():
        path = _joined(study, read)
        if vouched_file(path) is None or Path(read) in named:
            continue
        try:
            if digest_once(path) == digest:
                continue
            state, at, what = OUTDATED, study / name, f"was made from another {path} than there is now"
        except NoFileError as error:
            named.add(Path(read))
            yield Difference(CHANGED, path, _what_of(error, path))
            return
        except FileNotFoundError:
            state, at, what = MISSING, path, f"is missing, {study / name} was made from it"
            named.add(Path(read))
        yield Difference(state, at, f"{what}; {remedy(at)}")
        return


def _unknown_why(study: Path, name: Path) -> str:
    about = vouched_file(name)
    if about is None:
        return "is a file that no step leaves; move it away"
    why = f"is in no record's outputs: {study / about.record} does not vouch for it"
    return f"{why}; {remedy(study / name)}; or remove it, if the settings know its run no more"
