"""One zip file out of finished results."""

import json
import zipfile
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from workflow_scripts.archiving.contents import METADATA, NEEDED, PAPERS, paper_folder, settings_name, study_files
from workflow_scripts.archiving.crate import Member, describe
from workflow_scripts.archiving.entry_names import member_fault
from workflow_scripts.archiving.pages import OVER_ALL, page_faults, write_pages
from workflow_scripts.archiving.privacy import of_this_user, refuse_private
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.step_settings.index_settings import StudyTitle
from workflow_scripts.contracts.verified import UNKNOWN, differences, required_weights
from workflow_scripts.kinds.step_settings.archived_settings import ArchivedSettings
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import atomic_path, sealed
from workflow_scripts.runtime.reservations import own_folder
from workflow_scripts.runtime.run_address import LEDGER_FILE, TRAINING_FILE, WEIGHTS_FILE

# Of a ledger: whose machine it was is nobody's business.
PRIVATE = ("host",)


@dataclass(frozen=True)
class Options:
    """What a user may choose: trained weights go in, too; names of the user that are mere words in these results."""

    weights: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Archived:
    """A study to archive: its name, its title, the settings of its steps, and what its paper says (or None)."""

    name: str
    title: str
    settings: ArchivedSettings
    paper: Path | None


def finished(results: Path, study: str) -> bool:
    """Whether a study has everything that its report's job leaves."""
    return all((results / study / name).is_file() for name in NEEDED)


def write_archive(
    target: Path, results: Path, studies: list[Archived], papers: list[Path], lock: Path, options: Options
) -> int:
    """Write the archive of `studies` to `target`; returns the number of files in it.

    `papers`: folders of all papers with published numbers; `lock`: the lock file. Equal results give equal bytes, but
    for what the jobs cost and the day. Raises UserError when a study is not finished, when a page links to something
    that is not in the archive, when a file is a link to elsewhere, or when one holds something private.
    """
    studies = sorted(studies, key=lambda study: study.name)
    contents = _contents(results, studies, papers, lock, options.weights)
    if fault := member_fault([*contents, METADATA]):
        raise UserError(f"{fault}; rename it in the settings and run the workflow again")
    private = of_this_user(results, options.words)
    members, pages = [], {}
    with atomic_path(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in sorted(contents.items()):
            content = source if isinstance(source, bytes) else _shareable(source)
            # Authors of papers and packages may bear the user's name.
            refuse_private(name, content, private, names=not name.startswith(PAPERS) and name != lock.name)
            if name.endswith(".html"):
                pages[name] = content.decode("utf-8")
            members.append(Member(name, len(content), sha256(content).hexdigest()))
            _add(archive, name, content)
        for name, fault in page_faults(pages, contents).items():
            raise UserError(f"{name} {fault}; delete it, `snakemake --cores all` makes it again")
        titles = {study.name: study.title for study in studies}
        _add(archive, METADATA, _json(describe(titles, date.today().isoformat(), members)))
    return len(members)


def _contents(
    results: Path, studies: list[Archived], papers: list[Path], lock: Path, weights: bool
) -> dict[str, Path | bytes]:
    """Name in the archive → file, or bytes that are in none."""
    contents: dict[str, Path | bytes] = {lock.name: lock}
    contents |= {f"{paper_folder(folder.name)}/published.yaml": folder / "published.yaml" for folder in papers}
    about = {}
    for study in studies:
        if not finished(results, study.name):
            raise UserError(f"{results / study.name} has no report; run the workflow to its end first")
        files = {name: results / name for name in study_files(results, study.name, weights)}
        for path in files.values():
            if not path.resolve().is_relative_to((results / study.name).resolve()):
                raise UserError(f"{path} is a link to a file outside the study's results; remove it")
        refuse_differences(results / study.name, set(files.values()))
        for path in files.values():
            if path.name == WEIGHTS_FILE:
                required_weights(path)
        contents |= files
        # Keys sorted, as the steps received them.
        contents[settings_name(study.name)] = _json(plain(study.settings))
        about[study.name] = StudyTitle(study.title, study.paper.name if study.paper else "")
        if study.paper:
            contents[f"{paper_folder(study.paper.name)}/notes.md"] = study.paper / "notes.md"
    with own_folder("archive") as folder:
        write_pages(folder, results, about, papers)
        contents |= {name: (folder / name).read_bytes() for name in OVER_ALL}
    return contents


def refuse_differences(study: Path, packed: set[Path]) -> None:
    """Raise UserError where a study's file is not what its record says, or would be packed although none knows it."""
    faults = [item for item in differences(study) if item.state != UNKNOWN or item.path in packed]
    if faults:
        rest = f" ({len(faults) - 1} more, `make check` lists them)" if len(faults) > 1 else ""
        raise UserError(f"{faults[0].path} {faults[0].why}{rest}")


def _shareable(path: Path) -> bytes:
    """A file's bytes; of a ledger without the name of the machine."""
    if path.name not in (LEDGER_FILE, TRAINING_FILE):
        return path.read_bytes()
    cost = json.loads(path.read_text(encoding="utf-8"))
    for ledger in (cost, cost.get("train", {})):
        for key in PRIVATE:
            ledger.pop(key, None)
    return _json(sealed(cost))


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a member with no date of its own."""
    member = zipfile.ZipInfo(name)
    member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    archive.writestr(member, content)
