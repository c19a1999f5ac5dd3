"""Bring MLflow up to date with the files of one study or of all; running it again changes nothing."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workflow_scripts.contracts.record import read_record, write_record
from workflow_scripts.contracts.step_settings.track_settings import TrackSettings
from workflow_scripts.contracts.verified import require_all
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.results_layout import remedy
from workflow_scripts.runtime.run_address import GLOB, RECORD_FILE, RunAddress, study_of
from workflow_scripts.tracking.database import one_writer, prepare_database
from workflow_scripts.tracking.entries import Entry, child, expected, finished
from workflow_scripts.tracking.present_runs import adopt_orphans, mark_current
from workflow_scripts.tracking.store import open_store
from workflow_scripts.tracking.study_view import StudyView, show_study
from workflow_scripts.tracking.whole_runs import by_run, whole_run

log = logging.getLogger("workflow_scripts")

RECEIPT = "tracked.json"
STUDY = "[a-z][a-z0-9_]*"


def enter(
    folder: Path, home: Path, uri: str | None, children: list[Entry], view: StudyView, experiment: str = ""
) -> list[Entry]:
    """Enter a study's children and their parents; returns all entries, each parent before its children.

    `folder`: that of the study; `home`: the results folder whose database takes them; `experiment`: what the study is
    called there, if not by its name.
    """
    entries = []
    name = experiment or folder.name
    with one_writer(home), open_store(home, uri, name) as store:
        if cleaned := store.clean():
            log.info("%s: deleted %d unfinished run(s) that an interrupted job left", name, cleaned)
        groups = list(by_run(children).items())
        parents = [whole_run(folder, protocol, run, members, view.headline) for (protocol, run), members in groups]
        ids = store.keep([(above, None) for above in parents])
        store.keep([(entry, above) for above, (_, members) in zip(ids, groups, strict=True) for entry in members])
        for above, (_, members) in zip(parents, groups, strict=True):
            entries += [above, *members]
        mark_current(store, entries)
        adopt_orphans(store, dict(zip(ids, parents, strict=True)))
        show_study(store.client, store.experiment, folder, view)
        store.delete_doubles()
        store.sweep(name)
    return entries


def receipt(study: str, view: StudyView, entries: list[Entry]) -> dict[str, Any]:
    """What was entered, without clocks and without what only one database knows."""
    runs = [
        {
            "protocol": entry.tags["protocol"],
            "run": entry.tags["run"],
            "fold": entry.address.fold if entry.address else None,
            "seed": entry.address.seed if entry.address else None,
            "record": entry.record or None,
            "params": len(entry.params),
            "metrics": len({name for name, _, _ in entry.points}),
            "points": len(entry.points),
            "artifacts": sorted(entry.artifacts),
        }
        for entry in entries
    ]
    return {"study": study, "headline": view.headline, "title": view.title, "runs": runs}


def track_study(results: Path, settings: TrackSettings, path: Path) -> None:
    """Enter the runs that a study's settings declare, all of them finished, and write the receipt to `path`."""
    study, view = settings.study, StudyView(settings.headline, settings.title)
    for kind in ("evaluation", "explanation"):
        for record in sorted((results / study / kind).glob("*/record.json")):
            require_all(record)
    children = [child(results / study, address, view.headline, complete=True) for address in expected(settings)]
    entries = enter(results / study, results, settings.tracking, children, view)
    write_record(path, receipt(study, view, entries))
    log.info("%s: %d runs are in MLflow", study, len(entries))


def track_everything(
    results: Path, uri: str | None, views: dict[str, StudyView], home: Path | None = None
) -> list[str]:
    """Enter every finished run below `results`, also while the workflow runs; returns what could not be entered.

    `views`: of the studies that are known; others keep what their receipt says. `home`: the results folder whose
    database takes the runs, if not this one; there a study is called by its name and that of its folder of results.
    """
    problems = []
    apart = home is not None and home.resolve() != results.resolve()
    home = home or results
    if uri is None:
        with one_writer(home):
            prepare_database(home)
    for folder in sorted({study_of(path.parent) for path in results.glob(f"*/runs/*/*/{GLOB}/{RECORD_FILE}")}):
        study = folder.name
        if not re.fullmatch(STUDY, study):
            problems.append(f"{folder} has no study's name")
            continue
        try:
            view = views.get(study) or _view(folder)
            children = list(_readable(folder, finished(folder), view.headline, problems))
            if children:
                enter(folder, home, uri, children, view, f"{study}@{results.name}" if apart else "")
        except (UserError, OSError) as error:
            problems.append(f"{study}: {error}")
    return problems


def _view(folder: Path) -> StudyView:
    """What a study's receipt says of it."""
    path = folder / RECEIPT
    receipt = read_record(path) if path.is_file() else {}
    headline, title = receipt.get("headline"), receipt.get("title", "")
    if not isinstance(headline, str | None) or not isinstance(title, str):
        raise UserError(f"{path} is no receipt of this workflow; {remedy(path)}")
    return StudyView(headline, title)


def _readable(folder: Path, addresses: list[RunAddress], headline: str | None, problems: list[str]) -> Iterator[Entry]:
    """Children whose files are whole; a job may be replacing the others at this moment."""
    for address in addresses:
        try:
            entry = child(folder, address, headline, complete=False)
            _ = entry.content  # reads the files now
        except (UserError, OSError) as error:
            problems.append(f"{folder.name}, {address.protocol}/{address.run}/{address.fold_seed}: {error}")
        else:
            yield entry
