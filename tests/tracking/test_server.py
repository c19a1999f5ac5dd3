"""The MLflow UI over moved results, and tracking through a server."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from tests.processes import heed_ctrl_c
from tests.system import free_ports
from tests.tracking.handmade import SETTINGS
from tests.vouched import revouch
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.record import write_record
from workflow_scripts.runtime import files
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.tracking import server
from workflow_scripts.tracking.server import FIRST_PORT, HOST, choose_port, serving
from workflow_scripts.tracking.sync import track_study

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


def artifacts(address: str, experiment: str) -> dict[str, list[str]]:
    """Names of the artifacts that the server lists, per run."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(address)
    runs = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
    return {run.info.run_name: [file.path for file in client.list_artifacts(run.info.run_id)] for run in runs}


def test_moved_results_still_show_their_artifacts_and_a_server_takes_runs_once(study, tmp_path):
    track_study(study.results, SETTINGS, study.folder / "tracked.json")
    moved = study.results.rename(tmp_path / "elsewhere")
    (port,) = free_ports(1)
    with serving(moved, port) as process:
        address = f"http://{HOST}:{port}"
        listed = artifacts(address, "toy")
        assert "units.csv" in listed["cnn (published) fold0-seed0"] and "figures" in listed["cnn (published)"]
        # Runs above others have figures instead of a record.
        run = next((moved / "mlflow" / "artifacts" / "toy").glob("*/artifacts/record.json")).parents[1].name
        content = urllib.request.urlopen(f"{address}/get-artifact?path=record.json&run_uuid={run}").read()
        assert json.loads(content)["code"] == "c0de"

        # The same runs under another name, now sent to the server.
        remote = moved.rename(tmp_path / "remote") / "toy"
        (tmp_path / "elsewhere").symlink_to(tmp_path / "remote")
        other = remote.rename(remote.with_name("sent"))
        for path in other.glob("runs/*/*/*/record.json"):
            record = files.read_json(path)
            write_record(path, {**record, "settings": {**record["settings"], "study": "sent"}})
        revouch(other)
        settings, receipt = replace(SETTINGS, study="sent", tracking=address), other / "tracked.json"
        track_study(tmp_path / "remote", settings, receipt)
        first, before = receipt.read_bytes(), artifacts(address, "sent")
        assert "units.csv" in before["vote (published) fold0-seed1"] and len(before) == 6
        track_study(tmp_path / "remote", settings, receipt)
        assert receipt.read_bytes() == first and artifacts(address, "sent") == before
        files.write_text(other / "evaluation/published/cnn/fold0-seed0.json", "{}")
        revouch(other)
        track_study(tmp_path / "remote", settings, receipt)
        assert len(artifacts(address, "sent")) == 6
    assert process.returncode is not None
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{address}/health")


def test_the_next_free_port_is_taken_and_a_wanted_one_in_use_is_refused():
    free = choose_port(None)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((HOST, free))
        taken.listen()
        assert choose_port(None) > free >= FIRST_PORT
        with pytest.raises(UserError, match=f"port {free} is in use"):
            choose_port(free)


def test_a_server_that_ends_at_once_is_said_with_its_log(study, monkeypatch):
    """As MLflow does where the port is taken: exit status 0."""
    monkeypatch.setattr(server, "command", lambda *_: [sys.executable, "-c", "raise SystemExit(0)"])
    with pytest.raises(UserError, match="server.log says why"), serving(study.results, 1):
        pass


@pytest.mark.slow
def test_ctrl_c_ends_browse_and_the_server_cleanly(study, tmp_path):
    """As a user does it: `make ui` in a working copy, then Ctrl-C."""
    (tmp_path / "config.yaml").write_text("studies: {}\n")
    command = [sys.executable, "-m", "workflow_scripts.commands.browse", "--no-open"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_ctrl_c,
    )
    study_name, page = process.stdout.readline().strip().split(": ")
    address, query = page.split("/#/experiments/")
    assert study_name == "toy" and address.startswith(f"http://{HOST}:") and "workflowType=machine_learning" in query
    assert urllib.request.urlopen(f"{address}/health").status == 200
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 0 and "Traceback" not in told
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{address}/health")


def test_a_folder_that_cannot_be_used_ends_the_step_with_one_line(study, tmp_path):
    (study.results / "mlflow").rename(tmp_path / "elsewhere")
    (study.results / "mlflow").symlink_to(tmp_path / "elsewhere")
    receipt = study.folder / "tracked.json"
    arguments = ["--settings", json.dumps(plain(SETTINGS)), "--log", str(tmp_path / "track.log")]
    arguments += ["--results", str(study.results), "--receipt", str(receipt)]
    done = subprocess.run(
        [sys.executable, "-m", "workflow_scripts.steps.track", *arguments],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and not receipt.exists()
    (line,) = done.stderr.strip().splitlines()
    assert line == f"error: {study.results}/mlflow is a link; remove it, its files are made anew from the results"


def test_the_servers_log_does_not_follow_a_link(study, tmp_path, monkeypatch):
    (tmp_path / "precious").write_text("mine")
    (study.results / "mlflow" / "server.log").symlink_to(tmp_path / "precious")
    monkeypatch.setattr(server, "command", lambda *_: [sys.executable, "-c", "print('away')"])
    with pytest.raises(UserError, match="server.log says why"), serving(study.results, 1):
        pass
    assert (tmp_path / "precious").read_text() == "mine"
    assert (study.results / "mlflow" / "server.log").read_text() == "away\n"
