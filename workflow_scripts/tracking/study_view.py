"""What MLflow shows of a study besides its runs: words about it, its data set, and the columns of its table of runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow_scripts.runtime.files import canonical_json, digest_text, read_json
from workflow_scripts.runtime.study_paths import StudyPaths

# The tag of an experiment that holds such a view, and the key by which an address asks for it (MLflow: "share view").
VIEW_TAG, VIEW_KEY = "mlflow.sharedViewState.", "viewStateShareKey"
VIEW = "headline"
# Columns of the table of runs: what a reader compares first.
_COLUMNS = (
    "metrics.`headline`",
    "metrics.`headline_low`",
    "metrics.`headline_high`",
    "metrics.`test/n`",
    "tags.`current`",
)
# Only runs of all folds and seeds have this metric: one row a run.
_ROWS = "metrics.runs > 0"
_DIGEST = 16
# The tag whose text MLflow shows above the runs, and the one that keeps what was written there last.
NOTE, DESCRIBED = "mlflow.note.content", "described"


@dataclass(frozen=True)
class StudyView:
    """What the settings say of a study: its headline metric (None: not known) and its title (may be empty)."""

    headline: str | None
    title: str = ""


@dataclass(frozen=True)
class DataSet:
    """A data set as MLflow names it: name, digest of the table of its samples, where that lies, and counts as JSON."""

    name: str
    digest: str
    source: str
    profile: str

    def as_input(self) -> Any:
        """The data set as MLflow logs it: an mlflow.entities.DatasetInput."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        dataset = Dataset(self.name, self.digest, "local", self.source, profile=self.profile)
        return DatasetInput(dataset, [InputTag("mlflow.data.context", "training and test")])


def data_set(study_folder: Path) -> DataSet | None:
    """The data set of a study, from the record of its dataset; None where there is none yet."""
    path = StudyPaths(study_folder).dataset_record
    record: dict[str, Any] = read_json(path) if path.is_file() else {}
    digest = record.get("outputs", {}).get("manifest.csv")
    if not digest:
        return None
    counted = {name: record[name] for name in ("samples", "counts", "scale", "synthetic") if name in record}
    name = f"{study_folder.name} (synthetic)" if record.get("synthetic") else study_folder.name
    manifest = StudyPaths(study_folder).manifest.relative_to(study_folder.parent)
    return DataSet(name, digest[:_DIGEST], canonical_json({"uri": manifest.as_posix()}), canonical_json(counted))


def description(study_folder: Path, view: StudyView) -> str:
    """The lines above a study's table of runs: what it is, on which data, and how to read the table."""
    path = StudyPaths(study_folder).dataset_record
    record: dict[str, Any] = read_json(path) if path.is_file() else {}
    data = {True: "synthetic data", False: "real data"}.get(record.get("synthetic", ""), "")
    facts = [data, f"{record['scale']} scale" if record.get("scale") else ""]
    facts += [f"{record['samples']} samples of {len(record['classes'])} classes" if "samples" in record else ""]
    lines = [f"**{view.title or study_folder.name}**: {', '.join(filter(None, facts))}."]
    if view.headline:
        lines.append(
            f"`headline` is {view.headline} of the test subset, over all folds and seeds, with its 95 % interval; "
            "without the filter of the table each fold and seed has a row of its own."
        )
    lines.append(
        "A run whose settings, code or data have changed since keeps its numbers, says in its name what it had, and "
        f"has the tag current: no. Report: `{study_folder.name}/report.html`."
    )
    return "\n\n".join(lines)


def shared_view() -> str:
    """The table with the headline metric as a column, a row a run, the best first, as MLflow keeps such a view."""
    return canonical_json(
        {
            "orderByKey": "metrics.`headline`",
            "orderByAsc": False,
            "searchFilter": _ROWS,
            "selectedColumns": list(_COLUMNS),
        }
    )


def view_key() -> str:
    """The key of the view: another one where the view is another."""
    return f"{VIEW}-{digest_text(shared_view())[:8]}"


def show_study(client: Any, experiment: str, folder: Path, view: StudyView) -> None:
    """Describe the experiment, unless a user has done so, and keep the view of its runs that `make ui` opens."""
    tags = client.get_experiment(experiment).tags
    text = description(folder, view)
    wanted = {f"{VIEW_TAG}{view_key()}": shared_view()}
    if tags.get(NOTE, "") in ("", tags.get(DESCRIBED)):
        wanted |= {NOTE: text, DESCRIBED: text}
    for name, value in wanted.items():
        if tags.get(name) != value:
            client.set_experiment_tag(experiment, name, value)
