"""Tracking through an MLflow server that keeps its runs in PostgreSQL, as a group's shared server does."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.system import free_ports, require
from tests.tracking.handmade import SETTINGS
from tests.tracking.test_bad_servers import held, whole
from workflow_scripts.tracking import server
from workflow_scripts.tracking.server import HOST, serving
from workflow_scripts.tracking.sync import track_study

pytestmark = pytest.mark.slow


@contextmanager
def postgresql(port: int) -> Iterator[str]:
    """Address of an empty database in a cluster of its own, which is gone afterwards."""
    programs = require(["initdb", "pg_ctl", "createdb"], ["postgresql"])
    # PostgreSQL refuses to run as root; Debian's user for it cannot look into pytest's folders.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    if user:
        shutil.chown(folder, user)

    def call(program: str, *arguments: str) -> None:
        command = [str(programs[program]), *arguments]
        done = subprocess.run(
            command, user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert done.returncode == 0, done.stderr

    call("initdb", "--auth=trust", "--username=mlflow", "--pgdata=cluster")
    options = f"-p {port} -k {folder} -c listen_addresses={HOST} -c fsync=off"
    call("pg_ctl", "--pgdata=cluster", "--log=log", "-w", "-o", options, "start")
    try:
        call("createdb", f"--host={HOST}", f"--port={port}", "--username=mlflow", "mlflow")
        yield f"postgresql+psycopg2://mlflow@{HOST}:{port}/mlflow"
    finally:
        call("pg_ctl", "--pgdata=cluster", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def test_a_server_on_postgresql_takes_every_run_once_also_when_one_changes(study, tmp_path, monkeypatch):
    with postgresql(*free_ports(1)) as database:
        shipped, port = server.command, *free_ports(1)
        monkeypatch.setattr(
            server,
            "command",
            lambda *where: [database if part.startswith("sqlite:") else part for part in shipped(*where)],
        )
        address, receipt = f"http://{HOST}:{port}", study.folder / "tracked.json"
        settings = replace(SETTINGS, tracking=address)
        with serving(tmp_path / "server", port):
            assert not list((tmp_path / "server").rglob("*.db"))
            track_study(study.results, settings, receipt)
            whole(study, settings, address)
            before = held(address, "toy")
            track_study(study.results, settings, receipt)
            assert held(address, "toy") == before
            study.write_metrics("cnn", 0, {})
            track_study(study.results, settings, receipt)
            after = held(address, "toy")
            assert set(after) == set(before)
            assert "test/accuracy" not in after["cnn (published) fold0-seed0"][1]
