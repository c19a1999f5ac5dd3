"""A run that was trained anew leaves the former, under a name that says what it had."""

from tests.tracking.entered import VIEWS, active, track
from tests.tracking.handmade import SETTINGS, Study, measured
from tests.vouched import revouch
from workflow_scripts.runtime import files
from workflow_scripts.tracking import database as stores
from workflow_scripts.tracking.sync import track_everything


def test_a_new_training_adds_a_run_and_the_former_stays_under_a_name_that_says_what_it_had(study):
    track(study)
    retrain(study, epochs=5)
    track(study)
    named = {run.info.run_name: run for run in active(study).values()}
    child, former = named["cnn (published) fold0-seed0"], named["cnn (published) fold0-seed0, epochs 3"]
    assert (child.data.params["train.epochs"], child.data.tags["current"]) == ("5", "yes")
    assert (former.data.params["train.epochs"], former.data.tags["current"]) == ("3", "no")
    whole, former_whole = named["cnn (published)"], named["cnn (published), epochs 3"]
    assert (whole.data.tags["current"], former_whole.data.tags["current"]) == ("yes", "no")
    assert (whole.data.metrics["headline"], former_whole.data.metrics["headline"]) == (0.65, 0.75)
    assert child.data.tags["mlflow.parentRunId"] == whole.info.run_id
    assert former.data.tags["mlflow.parentRunId"] == former_whole.info.run_id
    kept = (
        study.results / "mlflow" / "artifacts" / "toy" / former_whole.info.run_id / "artifacts" / "figures" / "roc.svg"
    )
    assert kept.is_file()


def retrain(study: Study, epochs: int, value: float = 0.65) -> None:
    """Both seeds of cnn with other settings, evaluated."""
    for seed in SETTINGS.seeds:
        study.write_run("cnn", seed, epochs=epochs)
    files.write_json(study.folder / "evaluation/published/cnn/metrics.json", measured(value))
    revouch(study.folder)


def test_nothing_that_was_trained_is_ever_in_the_trash(study):
    from mlflow.entities import ViewType
    from mlflow.tracking import MlflowClient

    for epochs in (3, 5, 4, 5):
        retrain(study, epochs)
        track(study)
    client = MlflowClient(f"sqlite:///{stores.database_of(study.results).resolve()}")
    experiment = client.get_experiment_by_name("toy").experiment_id
    assert client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY) == []
    names = [run.info.run_name for run in active(study).values() if "fold" not in run.data.tags]
    assert sorted(names) == [
        "cnn (published)",
        "cnn (published), epochs 3",
        "cnn (published), epochs 4",
        "vote (published)",
    ]


def test_a_run_that_is_half_trained_anew_waits_beside_the_former_and_gives_way_to_the_whole(study):
    track(study)
    study.write_run("cnn", 0, epochs=5, value=None)
    track_everything(study.results, None, VIEWS)
    names = {run.info.run_name: run.data.metrics for run in active(study).values()}
    assert names["cnn (published), epochs 3"]["headline"] == 0.75 and "headline" not in names["cnn (published)"]
    retrain(study, epochs=5)
    track_everything(study.results, None, VIEWS)
    named = {run.info.run_name: run for run in active(study).values()}
    wholes = {name: run for name, run in named.items() if "fold" not in run.data.tags and "cnn" in name}
    assert sorted(wholes) == ["cnn (published)", "cnn (published), epochs 3"]
    parent = named["cnn (published) fold0-seed0"].data.tags["mlflow.parentRunId"]
    assert (
        parent == wholes["cnn (published)"].info.run_id and wholes["cnn (published)"].data.metrics["headline"] == 0.65
    )


def test_a_new_evaluation_of_the_same_record_replaces_the_metrics(study):
    from mlflow.tracking import MlflowClient

    track(study)
    names = set(active(study))
    study.write_metrics("cnn", 0, measured(0.6))
    files.write_json(study.folder / "evaluation/published/cnn/metrics.json", measured(0.7))
    revouch(study.folder)
    track(study)
    after = active(study)
    assert set(after) == names
    child = next(run for name, run in after.items() if name.startswith("cnn (published) fold0-seed0"))
    client = MlflowClient(f"sqlite:///{stores.database_of(study.results).resolve()}")
    assert [point.value for point in client.get_metric_history(child.info.run_id, "test/accuracy")] == [0.6]
    assert after["cnn (published)"].data.metrics["test/accuracy"] == 0.7
