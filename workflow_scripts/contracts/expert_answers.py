"""A CSV file of the user's with labels of samples: an expert fills in what a run asks for.

It needs the columns `id` and `label`; further ones are left as they are. Standard library only, because the settings
depend on what is answered.
"""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from workflow_scripts.contracts.spreadsheet import DELIMITERS, read_text
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import atomic_path, canonical_json, digest_text
from workflow_scripts.runtime.locks import exclusive
from workflow_scripts.runtime.wording import nearest

ID, LABEL = "id", "label"


def read_answers(path: Path) -> dict[str, str]:
    """Id → label as it is written, empty where none is filled in yet; nothing where there is no such file.

    UserError for a file without the columns, and for a sample that has two labels.
    """
    answers: dict[str, str] = {}
    for number, row in _rows(path)[1]:
        sample, label = row[ID].strip(), row[LABEL].strip()
        if label and answers.get(sample) not in (None, "", label):
            raise UserError(f"{path}, row {number}: {sample!r} is {label} here and {answers[sample]} above; keep one")
        answers[sample] = label or answers.get(sample, "")
    return answers


def answers_digest(path: Path) -> str:
    """Digest of what is filled in: rows without a label change nothing. UserError as read_answers."""
    return digest_text(canonical_json({sample: label for sample, label in read_answers(path).items() if label}))


def known_answers(path: Path, classes: list[str]) -> dict[str, str]:
    """Id → label of what is filled in; UserError names the first label that is no class."""
    answers = {sample: label for sample, label in read_answers(path).items() if label}
    for sample, label in answers.items():
        if label not in classes:
            raise UserError(
                f"{path}: {sample!r} has the label {label!r}, no class of the study; {nearest(label, classes)}"
            )
    return answers


def ask(path: Path, samples: Iterable[str]) -> None:
    """Add a row with an empty label for each sample that the file does not have; several jobs may do so at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(path.with_name(f".{path.name}.lock")):
        header, rows, delimiter = _rows(path)
        listed = {row[ID].strip() for _, row in rows}
        added = [{ID: sample, LABEL: ""} for sample in samples if sample not in listed]
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, header or [ID, LABEL], restval="", lineterminator="\n", delimiter=delimiter)
        writer.writeheader()
        writer.writerows([*(row for _, row in rows), *added])
        with atomic_path(path) as temporary:
            temporary.write_text(text.getvalue(), encoding="utf-8")


def _rows(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]], str]:
    """Names of the columns, rows with their lines, and what parts the cells; none of the first two without a file."""
    if not path.exists():
        return [], [], ","
    text = read_text(path, str(path))
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    try:
        header = list(reader.fieldnames or [])
        # Empty lines are passed over, and count where the file is looked at.
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise UserError(f"{path} is not a readable CSV file ({error})") from None
    if missing := [name for name in (ID, LABEL) if name not in header]:
        raise UserError(f"{path} lacks the column {missing[0]}; its first line is to be {ID},{LABEL}")
    for number, row in rows:
        if None in row or None in row.values():
            raise UserError(f"{path}, row {number}: it has not as many cells as the first line; write {ID},{LABEL}")
    return header, rows, delimiter
