"""The entry of a run under a protocol: what its folds and seeds share, their evaluation together, the figures."""

from collections.abc import Iterable
from pathlib import Path

from workflow_scripts.contracts.record import read_record
from workflow_scripts.runtime.files import read_json
from workflow_scripts.runtime.run_address import RECORD_FILE
from workflow_scripts.runtime.study_paths import StudyPaths
from workflow_scripts.tracking.entries import METRICS, Entry, of_this_workflow, own_file, place_tags
from workflow_scripts.tracking.flatten import final_metrics
from workflow_scripts.tracking.study_view import NOTE, data_set

# The tag of one that is not evaluated yet: it is made anew when it is.
UNFINISHED = "unfinished"
# What MLflow's pages show of a figure's files, the one to log last; they show no WebP.
SHOWN_FORMATS = (".png", ".svg")


def whole_run(study_folder: Path, protocol: str, run: str, children: list[Entry], headline: str | None) -> Entry:
    """The entry of a protocol's run: what its folds and seeds share, their evaluation together, the figures.

    Raises UserError as `child` does.
    """
    with of_this_workflow(study_folder / "evaluation" / protocol / run):
        return _whole_run(study_folder, protocol, run, children, headline)


def _whole_run(study_folder: Path, protocol: str, run: str, children: list[Entry], headline: str | None) -> Entry:
    study = study_folder.name
    evaluation, explanation = (study_folder / kind / protocol / run for kind in ("evaluation", "explanation"))
    whole = _is_whole(study_folder, protocol, run, children)
    artifacts = {f"figures/{path.name}": path for path in _figures(evaluation)}
    artifacts |= {f"explanation/{path.name}": path for path in _figures(explanation)}
    artifacts |= {path.name: path for path in sorted(evaluation.glob("metrics.*"))}
    artifacts = {name: path for name, path in artifacts.items() if whole and own_file(path, study_folder)}
    params = {
        name: value
        for name, value in children[0].params.items()
        if name not in ("fold", "seed") and all(entry.params.get(name) == value for entry in children)
    }
    times = [time for entry in children for time in (entry.start, entry.end) if time is not None]
    tags = place_tags({"study": study, "protocol": protocol, "run": run}, study_folder)
    tags |= {name: value for name, value in children[0].tags.items() if _of_all(name, value, children)}
    tags[NOTE] = f"{run} under {protocol}: all folds and seeds together, {len(children)} in all."
    if not whole:
        tags[UNFINISHED] = "yes"
    measured = final_metrics(read_json(evaluation / METRICS), headline) if whole else {}
    return Entry(
        name=f"{run} ({protocol})",
        # Other trainings are another run, beside which the former stays; what has no evaluation yet is made anew.
        key=[study, protocol, run, sorted(entry.identity for entry in children) if whole else UNFINISHED],
        params=params,
        points=[(name, value, 0) for name, value in {**measured, "runs": float(len(children))}.items()],
        tags=tags,
        artifacts=artifacts,
        start=min(times, default=None),
        end=max(times, default=None),
        data=data_set(study_folder),
    )


def _figures(folder: Path) -> list[Path]:
    """A file a figure: its SVG, a tenth of the PNG; of pictures, which have none, the PNG."""
    files = {path.stem: path for suffix in SHOWN_FORMATS for path in folder.glob(f"*{suffix}")}
    return [files[name] for name in sorted(files)]


def _is_whole(study_folder: Path, protocol: str, run: str, children: list[Entry]) -> bool:
    """Whether the evaluation is of these very folds and seeds: while a run is made anew it is still of the former."""
    paths = StudyPaths(study_folder)
    if not (paths.evaluation(protocol) / run / METRICS).is_file():
        return False
    folder = paths.run(protocol, run).relative_to(study_folder).as_posix()
    record = paths.evaluation_record(protocol)
    inputs = read_record(record).get("inputs", {}) if record.is_file() else {}
    evaluated = [name for name in inputs if name.startswith(f"{folder}/") and name.endswith(f"/{RECORD_FILE}")]
    return len(evaluated) == len(children) and all(METRICS in entry.artifacts for entry in children)


def _of_all(name: str, value: str, children: list[Entry]) -> bool:
    """Whether a tag says of all folds and seeds what they were made from and with."""
    of_making = name == "code" or name.startswith(("version.", "input."))
    return of_making and all(entry.tags.get(name) == value for entry in children)


def by_run(children: Iterable[Entry]) -> dict[tuple[str, str], list[Entry]]:
    """Children grouped by protocol and run, in the order given."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in children:
        address = entry.child_address
        groups.setdefault((address.protocol, address.run), []).append(entry)
    return groups
