"""One zip file out of finished results."""

import json
import zipfile
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from workflow_scripts.archiving.contents import (
    METADATA,
    paper_folder,
    refuse_paths_of_this_machine,
    settings_name,
    study_files,
)
from workflow_scripts.archiving.crate import Member, describe
from workflow_scripts.contracts.errors import UserError
from workflow_scripts.contracts.files import atomic_path
from workflow_scripts.contracts.record import sealed
from workflow_scripts.contracts.verified import UNKNOWN, differences

# Of a ledger: whose machine it was is nobody's business.
PRIVATE = ("host",)


@dataclass(frozen=True)
class Archived:
    """A study to archive: its name, its title, the settings of its steps, and what its paper says (or None)."""

    name: str
    title: str
    settings: dict
    paper: Path | None


def write_archive(target: Path, results: Path, studies: list[Archived], lock: Path, weights: bool) -> int:
    """Write the archive of `studies` to `target`; returns the number of files in it.

    Equal results give equal bytes, but for what the jobs cost and the day. Raises UserError when a study is not
    finished, or when a file names a folder of this machine.
    """
    contents = _contents(results, studies, lock, weights)
    places = [Path.cwd(), results.resolve(), *([Path.home()] if Path.home() != Path("/") else [])]
    members = []
    with atomic_path(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in sorted(contents.items()):
            content = source if isinstance(source, bytes) else _shareable(source)
            if not name.endswith(".safetensors"):
                refuse_paths_of_this_machine(name, content.decode("utf-8"), places)
            members.append(Member(name, len(content), sha256(content).hexdigest()))
            _add(archive, name, content)
        titles = {study.name: study.title for study in studies}
        description = describe(f"Results of {', '.join(titles)}", date.today().isoformat(), titles, members)
        _add(archive, METADATA, _json(description))
    return len(members)


def _contents(results: Path, studies: list[Archived], lock: Path, weights: bool) -> dict[str, Path | bytes]:
    """Name in the archive → file, or bytes that are in none."""
    contents: dict[str, Path | bytes] = {lock.name: lock}
    if (results / "index.html").exists():
        contents["index.html"] = results / "index.html"
    for study in studies:
        if not (results / study.name / "report.html").exists():
            raise UserError(f"{results / study.name} has no report; run the workflow to its end first")
        packed = {name: results / name for name in study_files(results, study.name, weights)}
        refuse_differences(results / study.name, set(packed.values()))
        contents |= packed
        contents[settings_name(study.name)] = _json(study.settings)
        if study.paper:
            folder = paper_folder(study.paper.name)
            contents |= {f"{folder}/{name}": study.paper / name for name in ("published.yaml", "notes.md")}
    return contents


def refuse_differences(study: Path, packed: set[Path]) -> None:
    """Raise UserError where a study's file is not what its record says, or would be packed although none knows it."""
    found = [item for item in differences(study) if item.state != UNKNOWN or item.path in packed]
    if found:
        rest = f" ({len(found) - 1} more, `make check` lists them)" if len(found) > 1 else ""
        raise UserError(f"{found[0].path} {found[0].why}{rest}")


def _shareable(path: Path) -> bytes:
    """A file's bytes; of a ledger without the name of the machine."""
    if path.name not in ("ledger.json", "train.json"):
        return path.read_bytes()
    cost = json.loads(path.read_text(encoding="utf-8"))
    for ledger in (cost, cost.get("train", {})):
        for key in PRIVATE:
            ledger.pop(key, None)
    return _json(sealed(cost))


def _json(value: dict) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a member with no date of its own."""
    member = zipfile.ZipInfo(name)
    member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    archive.writestr(member, content)
