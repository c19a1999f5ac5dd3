"""A server that is down, slow, loses messages or is killed: nothing is lost, nothing is there twice."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.system import free_ports
from tests.tracking.handmade import SETTINGS, Study
from tests.tracking.proxy import LOSE_ANSWER, LOSE_REQUEST, PASS, WAIT, proxy_to
from tests.vouched import revouch
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.record import write_record
from workflow_scripts.contracts.step_settings.track_settings import TrackSettings
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import canonical_json
from workflow_scripts.tracking.database import database_of
from workflow_scripts.tracking.server import HOST, serving
from workflow_scripts.tracking.sync import track_study

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory, empty_database):
    """Port of a real MLflow server."""
    folder = tmp_path_factory.mktemp("server")
    database_of(folder).parent.mkdir(parents=True)
    shutil.copyfile(empty_database, database_of(folder))
    (port,) = free_ports(1)
    with serving(folder, port):
        yield port


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Two retries, as ever, but without the seconds between them."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")


def renamed(study: Study, name: str) -> tuple[Study, dict]:
    """The same runs as a study of another name, so that tests can share a server; with its settings."""
    from workflow_scripts.runtime import files

    study.folder = study.folder.rename(study.folder.with_name(name))
    for path in study.folder.glob("runs/*/*/*/record.json"):
        record = files.read_json(path)
        write_record(path, {**record, "settings": {**record["settings"], "study": name}})
    revouch(study.folder)
    return study, replace(SETTINGS, study=name)


def held(address: str, experiment: str) -> dict[str, tuple]:
    """What the server holds of a study: every run once, with status, values of every epoch, parameters, files."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(address)
    runs = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
    assert len({run.info.run_name for run in runs}) == len(runs), "a run is there twice"
    found = {}
    for run in runs:
        histories = {
            name: [(point.step, point.value) for point in client.get_metric_history(run.info.run_id, name)]
            for name in run.data.metrics
        }
        shown = [file.path for file in client.list_artifacts(run.info.run_id)]
        found[run.info.run_name] = (run.info.status, histories, run.data.params, shown)
    return found


def attempts(study: Study, settings: TrackSettings, most: int) -> int:
    """Number of times the job had to be started until it was through; every failure is one line."""
    for number in range(1, most + 1):
        try:
            track_study(study.results, settings, study.folder / "tracked.json")
        except UserError as error:
            assert "\n" not in str(error) and "MLflow" in str(error)
            assert not (study.folder / "tracked.json").exists()
        else:
            return number
    raise AssertionError(f"not through after {most} times")


def whole(study: Study, settings: TrackSettings, address: str) -> None:
    """The server holds what a server without faults would hold."""
    found = held(address, settings.study)
    assert len(found) == 6
    for seed in (0, 1):
        status, histories, params, shown = found[f"cnn (published) fold0-seed{seed}"]
        assert status == "FINISHED" and params["train.epochs"] == "3"
        assert [step for step, _ in histories["history/train_loss"]] == [1, 2, 3]
        assert histories["test/accuracy"] == [(0, 0.8)]
        assert {"record.json", "metrics.json", "history.csv", "units.csv", "ledger.json"} == set(shown)


@pytest.mark.parametrize("fate", [LOSE_REQUEST, LOSE_ANSWER])
def test_of_every_message_the_first_is_lost_and_every_run_is_there_once(study, server, fate):
    seen = set()

    def first_time(*message):
        known = message in seen
        seen.add(message)
        return PASS if known else fate

    study, settings = renamed(study, fate.replace(" ", "_"))
    with proxy_to(server, first_time) as proxy:
        # Whether somebody answers is asked once, without a second chance: the first time the job ends there.
        assert attempts(study, replace(settings, tracking=proxy.address), 3) == 2
    whole(study, settings, f"http://{HOST}:{server}")
    assert len(seen) > 30


def test_a_server_that_keeps_one_waiting_is_given_up_and_the_next_run_completes(study, server):
    waiting = iter([PASS] * 15 + [WAIT] * 3)
    study, settings = renamed(study, "slow")
    with proxy_to(server, lambda *_: next(waiting, PASS)) as proxy:
        assert 1 <= attempts(study, replace(settings, tracking=proxy.address), 2) <= 2
    whole(study, settings, f"http://{HOST}:{server}")


def test_a_server_that_goes_away_half_way_is_one_line_and_nothing_is_entered_twice(study, server):
    """However far the job came, the next one that finds the server completes what is missing."""
    study, settings = renamed(study, "away")
    steps = iter([3, 8, 14, 20, 27, 35])
    left = [0]

    def only_some(_method, path, _body):
        left[0] = next(steps, 10**6) if path == "/health" else left[0] - 1
        return PASS if left[0] >= 0 else LOSE_REQUEST

    with proxy_to(server, only_some) as proxy:
        assert attempts(study, replace(settings, tracking=proxy.address), 7) > 3
    whole(study, settings, f"http://{HOST}:{server}")


def test_the_failing_job_says_one_line(study, server, tmp_path):
    arguments = ["--results", str(study.results), "--receipt", str(study.folder / "tracked.json")]
    with proxy_to(server, lambda _method, path, _body: PASS if path == "/health" else LOSE_REQUEST) as proxy:
        settings = canonical_json(plain(replace(SETTINGS, tracking=proxy.address)))
        done = subprocess.run(
            [sys.executable, "-m", "workflow_scripts.steps.track", "--settings", settings, *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1 and done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"error: the MLflow server {proxy.address} cannot be used")


@pytest.mark.slow
def test_a_server_that_is_killed_and_started_again_ends_up_with_everything_once(study, tmp_path, empty_database):
    folder = tmp_path / "server"
    database_of(folder).parent.mkdir(parents=True)
    shutil.copyfile(empty_database, database_of(folder))
    port, count = *free_ports(1), iter(range(10**6))
    settings = replace(SETTINGS, tracking=f"http://{HOST}:{port}")
    with serving(folder, port) as process:

        def killed_at_the_twelfth(*_):
            if next(count) == 12:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            return PASS

        with proxy_to(port, killed_at_the_twelfth) as proxy, pytest.raises(UserError, match="cannot be used") as caught:
            track_study(study.results, replace(settings, tracking=proxy.address), study.folder / "tracked.json")
    assert "\n" not in str(caught.value) and not (study.folder / "tracked.json").exists()
    with serving(folder, port):
        assert 0 < len(held(settings.tracking, "toy")) < 6
        track_study(study.results, settings, study.folder / "tracked.json")
        whole(study, settings, settings.tracking)
