"""Entering a handmade study, and what MLflow then holds of it."""

from dataclasses import replace

from tests.tracking.handmade import SETTINGS, TITLE, Study
from workflow_scripts.tracking import database as stores
from workflow_scripts.tracking.study_view import StudyView
from workflow_scripts.tracking.sync import track_study

VIEWS = {"toy": StudyView("accuracy", TITLE)}


def track(study: Study, **changes) -> bytes:
    receipt = study.folder / "tracked.json"
    track_study(study.results, replace(SETTINGS, **changes), receipt)
    return receipt.read_bytes()


def active(study: Study) -> dict[str, object]:
    """Runs in MLflow by name and record, as a user sees them."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{stores.database_of(study.results).resolve()}")
    experiment = client.get_experiment_by_name("toy")
    found = client.search_runs([experiment.experiment_id]) if experiment else []
    named = {f"{run.info.run_name} {run.data.tags.get('record', '')[:6]}".strip(): run for run in found}
    assert len(named) == len(found), "a run is there twice"
    return named


def values(study: Study) -> dict:
    return {name: (run.info.run_id, run.data.metrics, run.data.params) for name, run in active(study).items()}


def values_without_ids(study: Study, action) -> dict:
    action(study)
    return {name: rest for name, (_, *rest) in values(study).items()}
