"""An answer from elsewhere, changed and packed again, with as much of its description renewed as a test wants."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from workflow_scripts.runtime.files import digest_file, write_sealed


def repacked(
    answer: Path, target: Path, change: Callable[[Path], object], named_again: bool, vouched_again: bool = False
) -> Path:
    """Unpack an answer, change it, pack it again.

    `named_again`: answer.json names the files that are there then; `vouched_again`: so do the records beside them.
    """
    folder = target.with_suffix("")
    with zipfile.ZipFile(answer) as archive:
        archive.extractall(folder)
    change(folder)
    if vouched_again:
        for record in [*folder.rglob("train.json"), *folder.rglob("record.json")]:
            _vouch(record)
    if named_again:
        described = json.loads((folder / "answer.json").read_text())
        paths = [path for path in folder.rglob("*") if path.is_file() and path.name != "answer.json"]
        files = {path.relative_to(folder).as_posix(): digest_file(path) for path in paths}
        trainings = [name for name in described["trainings"] if (folder / name).is_dir()]
        write_sealed(folder / "answer.json", {**described, "files": files, "trainings": trainings})
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
    return target


def _vouch(record: Path) -> None:
    """Let a record name the tables that lie beside it now."""
    content = json.loads(record.read_text())
    tables = {name: digest_file(record.with_name(name)) for name in content["outputs"] if name.endswith(".csv")}
    write_sealed(record, {**content, "outputs": {**content["outputs"], **tables}})
