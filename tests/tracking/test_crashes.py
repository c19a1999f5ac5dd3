"""What a crash or a second writer leaves is put right: every run is there once, and whole."""

import multiprocessing
import shutil

import pytest

from tests.tracking.entered import active, track, values_without_ids
from tests.tracking.handmade import Study, measured
from workflow_scripts.tracking import database as stores


@pytest.mark.parametrize("call", ["log_batch", "set_terminated", "set_tag", "delete_run"])
def test_what_a_crash_leaves_is_cleaned_and_done_again(study, monkeypatch, call):
    from mlflow.tracking import MlflowClient

    clean = values_without_ids(study, track)
    study.write_metrics("cnn", 1, measured(0.5))
    shutil.rmtree(study.results / "mlflow" / "artifacts")
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, call, crash)
        with pytest.raises(KeyboardInterrupt):
            track(study)
    study.write_metrics("cnn", 1, measured(0.8))
    assert values_without_ids(study, track) == clean


def crash(*_args, **_more):
    raise KeyboardInterrupt


def test_a_run_is_complete_only_with_its_last_tag(study, monkeypatch):
    """Killed before the last call, a run must not count as entered: it is deleted and entered again."""
    from mlflow.tracking import MlflowClient

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_tag", crash)
        with pytest.raises(KeyboardInterrupt):
            track(study)
    (half,) = active(study).values()
    assert not (study.folder / "tracked.json").exists()
    track(study)
    assert half.info.run_id not in {run.info.run_id for run in active(study).values()}
    assert len(active(study)) == 6


def test_half_a_run_vanishes_also_when_its_training_is_gone_by_then(study, monkeypatch):
    from mlflow.tracking import MlflowClient

    track(study)
    study.write_run("cnn", 0, epochs=5)
    end, ended = MlflowClient.set_terminated, []

    def crash_at_the_child(client, run_id, *more):
        ended.append(run_id)
        return end(client, run_id, *more) if len(ended) == 1 else crash()

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_terminated", crash_at_the_child)
        with pytest.raises(KeyboardInterrupt):
            track(study)
    study.write_run("cnn", 0, epochs=3)
    track(study)
    runs = active(study).values()
    assert all("content" in run.data.tags for run in runs)
    assert len([run for run in runs if "fold" in run.data.tags]) == 4


def write_in_process(study: Study, barrier) -> None:
    barrier.wait()
    track(study)


def test_two_writers_at_once_enter_every_run_once_even_into_a_new_database(study):
    stores.database_of(study.results).unlink()
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(2)
    writers = [context.Process(target=write_in_process, args=(study, barrier)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert len(active(study)) == 6
