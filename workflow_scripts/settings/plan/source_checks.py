"""Where a study's raw files lie, and what tells that they changed."""

import errno
import os
import stat
from collections.abc import Container
from functools import cache
from pathlib import Path

from workflow_scripts.contracts.record import read_record
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.runtime.digests import folder_digests
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, digest_text, read_json
from workflow_scripts.runtime.results_layout import remedy
from workflow_scripts.runtime.study_paths import StudyPaths
from workflow_scripts.settings.config import Config

# What is known of the contents of raw files; relative to the working directory.
DIGESTS = Path(".work/digests")
# Keys of `ingest` that name CSV files inside the source.
TABLES = ("groups", "ids", "patients", "lesions", "slides")
# Keys of `ingest.visits` that do.
VISIT_TABLES = ("file", "outcomes")
# Of both, those that an adapter does not do without.
NEEDED_TABLES = ("patients", "slides", "visits.file")
# In a folder of synthetic data, beside what was made: see synthesise.
_NO_TABLE = {"": "does not exist", "folder": "is a folder", "other": "is a pipe or device", "file": ""}
SYNTHETIC_RECORD, SYNTHETIC_MARK = "synthetic.json", ".synthetic"


def synthetic_folder(adapter: str, study: str) -> str:
    """Folder of a study's synthetic data, relative to the working directory."""
    return f"data/{adapter}/synthetic-{study}"


def source_folders(config: Config, study: str) -> dict[str, str]:
    """Adapter → folder of raw files."""
    chosen = config.studies[study]
    if chosen.source == "synthetic":
        return {adapter: synthetic_folder(adapter, study) for adapter in chosen.adapters}
    source = chosen.source
    if len(chosen.adapters) == 1:
        return {chosen.adapters[0]: source}
    return {adapter: f"{source}/{adapter}" for adapter in chosen.adapters}


def kind_of(path: Path) -> str:
    """What lies at a path, links followed: file, folder, other (a pipe, a device), or nothing, an empty text.

    OSError where the system does not say: a folder above may not be entered, or the path is too long.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ""
    return "folder" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "other"


def fault_of(folder: Path) -> str:
    """Why no raw files can be read from a folder; empty where they can."""
    try:
        if kind_of(folder) != "folder":
            return "is no folder"
        with os.scandir(folder) as entries:
            return "" if next(entries, None) else "is empty"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def check_source(config: Config, study: str, downloadable: Container[str] = ()) -> None:
    """Raise UserError when a folder of raw files is missing or empty; for those in `downloadable` it says how."""
    chosen = config.studies[study]
    if chosen.source == "synthetic":
        return
    for adapter, folder in source_folders(config, study).items():
        state = fault_of(Path(folder))
        if not state:
            continue
        several = f" (each of {', '.join(chosen.adapters)} has a subfolder)" if len(chosen.adapters) > 1 else ""
        where = f"studies.{study}.source: {folder} {state}"
        if folder in downloadable:
            raise UserError(
                f"{where}; `snakemake -s prepare.smk --cores 1` with the same --configfile downloads it, or put the "
                f"files of `{adapter}` there"
            )
        raise UserError(f"{where}; put the files of `{adapter}` there, or set another source{several}")


def check_apart(config: Config, study: str, workdir: Path) -> None:
    """Raise UserError when the results folder lies inside a source, or a source inside it: one would change the other.

    A second run would read the first one's figures as images.
    """
    if config.studies[study].source == "synthetic":
        return
    results = (workdir / config.results).resolve()
    for folder in source_folders(config, study).values():
        source = (workdir / folder).resolve()
        if results.is_relative_to(source) or source.is_relative_to(results):
            how = "is" if results == source else "lies inside" if results.is_relative_to(source) else "holds"
            raise UserError(
                f"results: {config.results} {how} the source {folder} of studies.{study}, whose images would mix with "
                "the results; name a results folder beside it"
            )


def check_file(path: str, where: str) -> None:
    """Raise UserError for a file that is to be the input of a rule, and is none or cannot be."""
    for sign in "{<":
        if sign in path:
            raise UserError(f"{where}: {path} has the sign {sign}, which Snakemake reads as its own; rename the file")
    try:
        if kind_of(Path(path)) != "file":
            raise UserError(f"{where}: {path} is no file; correct the path")
        refused = "" if os.access(path, os.R_OK) else os.strerror(errno.EACCES)
    except OSError as error:
        refused = error.strerror or ""
    if refused:
        raise UserError(f"{where}: {path} cannot be read ({refused}); make it readable")


def check_results(config: Config, workdir: Path) -> None:
    """Raise UserError when the results folder, or one that it lies in, is a file or a device."""
    results = workdir / config.results
    for folder in (results, *results.parents):
        try:
            kind = kind_of(folder)
        except OSError as error:
            raise UserError(f"results: {folder} cannot be read ({error.strerror}); name another folder") from None
        if kind in ("file", "other") or (folder.is_symlink() and not kind):
            raise UserError(f"results: {folder} is there and is no folder; name another folder")


def check_tables(config: Config, study: str) -> None:
    """Raise UserError when a table that `ingest` names inside the source is no file; synthetic data bring their own."""
    chosen = config.studies[study]
    if chosen.source == "synthetic":
        return
    folder = Path(next(iter(source_folders(config, study).values())))
    for key, name in _named(chosen.ingest).items():
        try:
            state = _NO_TABLE[kind_of(folder / name)]
        except OSError as error:
            state = f"cannot be read ({error.strerror})"
        if state:
            without = "" if key in NEEDED_TABLES else ", or null"
            raise UserError(
                f"studies.{study}.ingest.{key}: {folder / name} {state}; name a CSV file inside the source{without}"
            )


def _named(ingest: Ingest) -> dict[str, str]:
    """Key of `ingest` → the CSV file that it names."""
    named = {key: getattr(ingest, key) for key in TABLES}
    if ingest.visits is not None:
        named |= {f"visits.{key}": getattr(ingest.visits, key) for key in VISIT_TABLES}
    return {key: name for key, name in named.items() if name is not None}


@cache
def listing_digest(folder: str) -> str:
    """sha256 over relative path and contents of every file below `folder`, hidden ones aside.

    A changed folder has another digest; a copy, a `touch` or a restore of the same files has the same one. Contents are
    read once, and again only for files that were touched since, see contracts.digests.
    """
    contents = folder_digests(Path(folder), DIGESTS)
    return digest_text("".join(f"{name}\0{digest}\n" for name, digest in contents.items()))


def named_tables(config: Config, study: str) -> dict[str, str]:
    """Setting → sha256 of the CSV file that it names, for files outside the folders of raw files.

    Of those inside, the listing tells; of one that is missing, the step that reads it says so.
    """
    chosen, tables = config.studies[study].ingest, {}
    folders = [Path(folder) for folder in source_folders(config, study).values()]
    for setting, name in _named(chosen).items():
        for root in folders[:1] if setting == "ids" else folders:
            path = root / name
            listed = path.resolve().is_relative_to(root.resolve()) and not any(
                part.startswith(".") for part in Path(name).parts
            )
            if not listed and path.is_file():
                tables[setting] = digest_file(path)
    return tables


def check_synthetic(config: Config, study: str) -> None:
    """Raise UserError where synthetic data are not what their record says: a file changed, is missing, or was added."""
    if config.studies[study].source != "synthetic":
        return
    for folder in map(Path, source_folders(config, study).values()):
        record = folder / SYNTHETIC_RECORD
        if not record.exists():
            continue
        outputs = read_record(record).get("outputs", {})
        contents = folder_digests(folder, DIGESTS, hidden=True)
        for name in sorted(outputs.keys() | contents.keys() - {SYNTHETIC_RECORD, SYNTHETIC_MARK}):
            if outputs.get(name) == contents.get(name):
                continue
            state = "was added to" if name not in outputs else "is missing in" if name not in contents else "changed in"
            raise UserError(f"{name} {state} the synthetic data of {study}, {folder}; {remedy(folder / name)}")


def check_not_overwriting(config: Config, study: str, root: Path) -> None:
    """Raise UserError when a demo or synthetic data would overwrite results of real data or of the paper's scale."""
    path = StudyPaths(root / config.results / study).dataset_record
    if not path.exists():
        return
    record = read_json(path)["settings"]  # also of an older checkout: it is to be protected, not believed
    now_synthetic = config.studies[study].source == "synthetic"
    if not record["synthetic"] and now_synthetic:
        what = "results on real data; a run on synthetic data would overwrite them"
    elif record["scale"] == "paper" and config.scale == "demo":
        what = "results at scale paper; a run at scale demo would overwrite them"
    else:
        return
    raise UserError(
        f"{config.results}/{study} holds {what}. Name another folder, e.g. --config results=results-demo, "
        f"or remove {config.results}/{study}"
    )
