"""Where a study's raw files lie, and what tells that they changed."""

import hashlib
import os
from collections.abc import Container
from functools import cache
from pathlib import Path

from workflow_scripts.contracts.errors import UserError
from workflow_scripts.contracts.files import read_json
from workflow_scripts.settings.study import Config


def made_folder(adapter: str, study: str) -> str:
    """Folder of a study's made data, relative to the working directory."""
    return f"data/{adapter}/made-{study}"


def source_folders(config: Config, study: str) -> dict[str, str]:
    """Adapter → folder of raw files."""
    chosen = config.studies[study]
    if chosen.source == "synthetic":
        return {adapter: made_folder(adapter, study) for adapter in chosen.adapters}
    source = str(Path(chosen.source).expanduser())
    if len(chosen.adapters) == 1:
        return {chosen.adapters[0]: source}
    return {adapter: f"{source}/{adapter}" for adapter in chosen.adapters}


def check_source(config: Config, study: str, downloadable: Container[str] = ()) -> None:
    """Raise UserError when a folder of raw files is missing or empty; for those in `downloadable` it says how."""
    chosen = config.studies[study]
    if chosen.source == "synthetic":
        return
    for adapter, folder in source_folders(config, study).items():
        if Path(folder).is_dir() and any(Path(folder).iterdir()):
            continue
        state = "is empty" if Path(folder).is_dir() else "is no folder"
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


def check_tables(config: Config, study: str) -> None:
    """Raise UserError when a table that `ingest` names inside the source is no file; made data bring their own."""
    chosen = config.studies[study]
    if chosen.source == "synthetic":
        return
    folder = Path(next(iter(source_folders(config, study).values())))
    for key in ("groups", "ids"):
        name = getattr(chosen.ingest, key)
        if name is not None and not (folder / name).is_file():
            state = "is a folder" if (folder / name).is_dir() else "does not exist"
            raise UserError(
                f"studies.{study}.ingest.{key}: {folder / name} {state}; name a CSV file inside the source, or null"
            )


@cache
def listing_digest(folder: str) -> str:
    """sha256 over relative path and size of every file below `folder`: a changed folder has another digest."""
    total = hashlib.sha256()
    for path, folders, files in os.walk(folder, followlinks=True):
        folders.sort()
        for name in sorted(files):
            full = Path(path, name)
            size = full.stat().st_size if full.exists() else -1  # a dangling link; ingest says so
            total.update(f"{full.relative_to(folder)}\0{size}\n".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def check_not_overwriting(config: Config, study: str, root: Path) -> None:
    """Raise UserError when a demo or made data would overwrite results of real data or of the paper's scale."""
    path = root / config.results / study / "dataset" / "record.json"
    if not path.exists():
        return
    record = read_json(path)["settings"]
    now_made = config.studies[study].source == "synthetic"
    if not record["made"] and now_made:
        what = "results on real data; a run on made data would overwrite them"
    elif record["scale"] == "paper" and config.scale == "demo":
        what = "results at scale paper; a run at scale demo would overwrite them"
    else:
        return
    raise UserError(
        f"{config.results}/{study} holds {what}. Name another folder, e.g. --config results=results-demo, "
        f"or remove {config.results}/{study}"
    )
