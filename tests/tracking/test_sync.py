"""What is entered into MLflow, once and only once."""

import json
import shutil

import pytest

from tests.tracking.entered import VIEWS, active, track, values
from tests.tracking.handmade import measured
from workflow_scripts.contracts.record import identity
from workflow_scripts.runtime import files
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.tracking import database as stores
from workflow_scripts.tracking.study_view import view_key
from workflow_scripts.tracking.sync import track_everything


def test_one_parent_a_run_and_one_child_a_fold_and_seed_with_what_the_files_say(study):
    track(study)
    runs = active(study)
    parent = runs["cnn (published)"]
    children = [run for run in runs.values() if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert len(runs) == 6 and len(children) == 2
    assert parent.data.metrics["headline"] == 0.75 and parent.data.metrics["runs"] == 2
    assert "fold" not in parent.data.params and parent.data.params["train.epochs"] == "3"
    assert parent.data.params["train.precision"] == "float32"
    child = children[0]
    assert child.info.status == "FINISHED"
    assert child.data.metrics["headline_low"] == pytest.approx(0.7)
    assert child.data.metrics["test/ASC-US_LSIL_/f1"] == pytest.approx(0.8)
    assert child.data.metrics["history/train_loss"] == pytest.approx(1 / 3)
    assert child.data.metrics["cost/predict_wall_seconds"] == 12.5
    assert child.data.params["train.augment.rotate"] == "0.0"
    assert child.data.tags["data"] == "synthetic"
    where = child.data.tags["model_file"]
    assert not where.startswith("/") and (study.results / where).is_file()


def test_of_each_figure_one_file_is_kept_the_smallest_that_the_pages_show(study):
    track(study)
    whole = active(study)["cnn (published)"].info.run_id
    kept = stores.artifacts_of(study.results) / "toy" / whole / "artifacts"
    names = sorted(path.relative_to(kept).as_posix() for path in kept.glob("*/*"))
    assert names == ["explanation/gradcam.png", "figures/roc.svg"]


def test_every_epoch_is_one_point(study):
    from mlflow.tracking import MlflowClient

    track(study)
    track(study)
    child = next(run for name, run in active(study).items() if name.startswith("cnn (published) fold0-seed0"))
    client = MlflowClient(f"sqlite:///{stores.database_of(study.results).resolve()}")
    history = client.get_metric_history(child.info.run_id, "history/validation_loss")
    assert [(point.step, point.value) for point in history] == [(1, 2.0), (2, 1.0), (3, pytest.approx(2 / 3))]


def test_a_second_time_changes_nothing(study):
    first, before = track(study), values(study)
    assert track(study) == first
    assert values(study) == before


def test_the_receipt_names_every_run_and_holds_no_clock(study):
    receipt = json.loads(track(study))
    record = files.read_json(study.run_folder("vote", 1) / "record.json")
    assert [entry["record"] for entry in receipt["runs"] if entry["run"] == "vote"][2] == identity(record)
    assert "2026" not in json.dumps(receipt) and str(study.results) not in json.dumps(receipt)


def test_a_study_has_its_title_its_data_and_a_view_with_the_headline_as_a_column(study):
    from mlflow.tracking import MlflowClient

    track(study)
    client = MlflowClient(f"sqlite:///{stores.database_of(study.results).resolve()}")
    experiment = client.get_experiment_by_name("toy")
    assert experiment.tags["mlflow.note.content"].startswith(
        "**Toy cells**: synthetic data, demo scale, 2 samples of 2"
    )
    view = json.loads(experiment.tags[f"mlflow.sharedViewState.{view_key()}"])
    assert view["orderByKey"] == view["selectedColumns"][0] == "metrics.`headline`" and view["orderByAsc"] is False
    rows = client.search_runs([experiment.experiment_id], view["searchFilter"])
    assert sorted(run.info.run_name for run in rows) == ["cnn (published)", "vote (published)"]
    for run in active(study).values():
        (used,) = run.inputs.dataset_inputs
        assert (used.dataset.name, used.dataset.digest) == ("toy (synthetic)", "5ee5ee5ee5ee5ee5")
        assert run.data.tags["mlflow.note.content"]


def test_several_folders_of_results_are_one_view_and_equal_names_are_told_apart(study, tmp_path):
    from mlflow.tracking import MlflowClient

    shutil.copytree(study.folder, tmp_path / "results-mine" / "toy")
    for folder in (study.results, tmp_path / "results-mine"):
        assert track_everything(folder, None, VIEWS, home=study.results) == []
    client = MlflowClient(f"sqlite:///{stores.database_of(study.results).resolve()}")
    names = {experiment.name: experiment.experiment_id for experiment in client.search_experiments()}
    assert set(names) == {"Default", "toy", "toy@results-mine"}
    runs = client.search_runs([names["toy@results-mine"]], "metrics.runs > 0")
    assert sorted(run.info.run_name for run in runs) == ["cnn (published)", "vote (published)"]
    artifacts = stores.artifacts_of(study.results) / "toy@results-mine"
    (cnn,) = (run.info.run_id for run in runs if run.info.run_name == "cnn (published)")
    assert (artifacts / cnn / "artifacts" / "figures" / "roc.svg").is_file()
    assert not (tmp_path / "results-mine" / "mlflow").exists()


def test_a_description_that_a_user_wrote_is_left_alone_and_ones_own_is_renewed(study):
    from mlflow.tracking import MlflowClient

    track(study)
    track(study, title="Other cells")
    client = MlflowClient(f"sqlite:///{stores.database_of(study.results).resolve()}")
    experiment = client.get_experiment_by_name("toy").experiment_id
    assert client.get_experiment(experiment).tags["mlflow.note.content"].startswith("**Other cells**")
    client.set_experiment_tag(experiment, "mlflow.note.content", "mine")
    track(study)
    assert client.get_experiment(experiment).tags["mlflow.note.content"] == "mine"


def test_a_run_of_the_user_in_the_same_experiment_is_left_alone(study):
    from mlflow.tracking import MlflowClient

    track(study)
    client = MlflowClient(f"sqlite:///{stores.database_of(study.results).resolve()}")
    own = client.create_run(client.get_experiment_by_name("toy").experiment_id, run_name="mine")
    track(study)
    assert active(study)["mine"].info.run_id == own.info.run_id


def test_a_deleted_database_is_built_again_and_leaves_no_artifacts_behind(study, empty_database):
    track(study)
    before = {name: rest for name, (_, *rest) in values(study).items()}
    shutil.copyfile(empty_database, stores.database_of(study.results))
    track(study)
    assert {name: rest for name, (_, *rest) in values(study).items()} == before
    kept = {folder.name for folder in (stores.artifacts_of(study.results) / "toy").iterdir()}
    assert kept and kept <= {run.info.run_id for run in active(study).values()}


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9", "http://127.0.0.1:9/below"])
def test_a_server_that_does_not_answer_is_one_line(study, uri):
    with pytest.raises(UserError, match="no MLflow server answers at http://127.0.0.1:9") as caught:
        track(study, tracking=uri)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "uri", ["http://me:s3cret@127.0.0.1:9", "http://me:s3/cr@et@host/", "http://host/?token=s3cret", "mlruns s3cret"]
)
def test_a_tracking_uri_that_is_no_server_or_holds_a_password_is_refused_and_not_repeated(study, uri):
    with pytest.raises(UserError, match="tracking_uri") as caught:
        track(study, tracking=uri)
    assert "s3" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_declared_run_that_is_missing_is_one_line(study):
    shutil.rmtree(study.run_folder("cnn", 1))
    with pytest.raises(UserError, match="fold0-seed1/record.json is missing"):
        track(study)


def test_a_record_in_the_wrong_folder_is_refused(study):
    shutil.copytree(study.run_folder("cnn", 1), study.run_folder("cnn", 0), dirs_exist_ok=True)
    with pytest.raises(UserError, match="another run"):
        track(study)


def test_taking_in_everything_enters_unevaluated_runs_and_completes_them_later(study):
    study.write_run("cnn", 2, value=None)
    assert track_everything(study.results, None, VIEWS) == []
    (early,) = (run for name, run in active(study).items() if name.startswith("cnn (published) fold0-seed2"))
    assert "test/accuracy" not in early.data.metrics and "history/train_loss" in early.data.metrics
    assert "test/accuracy" not in active(study)["cnn (published)"].data.metrics
    study.write_metrics("cnn", 2, measured(0.9))
    track_everything(study.results, None, VIEWS)
    (late,) = (run for name, run in active(study).items() if name.startswith("cnn (published) fold0-seed2"))
    assert late.data.metrics["test/accuracy"] == 0.9
    assert active(study)["cnn (published)"].data.metrics["test/accuracy"] == 0.75


def test_taking_in_everything_names_a_broken_run_and_enters_the_others(study):
    files.write_text(study.metrics_file("cnn", 0), "{")
    (problem,) = track_everything(study.results, None, VIEWS)
    assert "cnn/fold0-seed0" in problem and "fold0-seed0.json has changed: it is not what" in problem
    assert not any(name.startswith("cnn (published) fold0-seed0") for name in active(study))
    assert any(name.startswith("cnn (published) fold0-seed1") for name in active(study))


def test_taking_in_everything_after_tracking_changes_nothing(study):
    track(study)
    before = values(study)
    assert track_everything(study.results, None, {}) == []
    assert values(study) == before
