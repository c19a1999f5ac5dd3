"""The MLflow UI over the results' own database: started, waited for, ended with all its helpers."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.processes import on_a_leash
from workflow_scripts.tracking.database import artifacts_of, database_of

HOST = "127.0.0.1"
FIRST_PORT, LAST_PORT = 5000, 5100
START_SECONDS, STOP_SECONDS = 120, 20


def is_free(port: int) -> bool:
    """Whether nobody listens on a port. MLflow notices only after its whole start, and then exits with status 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def choose_port(wanted: int | None) -> int:
    """The wanted port, or the first free one from 5000 on; UserError when it is taken."""
    if wanted is not None:
        if not is_free(wanted):
            raise UserError(f"port {wanted} is in use; give another one with --port, or none")
        return wanted
    for port in range(FIRST_PORT, LAST_PORT):
        if is_free(port):
            return port
    raise UserError(f"no port from {FIRST_PORT} to {LAST_PORT - 1} is free; give one with --port")


def command(results: Path, port: int) -> list[str]:
    """Command line of the server: sees this machine only, one worker."""
    # The launcher may not have this environment on its PATH; the module is found by its own Python.
    return [
        *(sys.executable, "-m", "mlflow", "server"),
        *("--backend-store-uri", f"sqlite:///{database_of(results).resolve()}"),
        *("--artifacts-destination", str(artifacts_of(results).resolve())),
        *("--host", HOST, "--port", str(port), "--workers", "1"),
    ]


@contextmanager
def serving(results: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the server while the block runs; the block starts when it answers. Its output goes to mlflow/server.log.

    Raises UserError when it ends or does not answer within two minutes.
    """
    artifacts_of(results).mkdir(parents=True, exist_ok=True)
    log = results / "mlflow" / "server.log"
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    log.unlink(missing_ok=True)  # a link is not followed
    with open(log, "x", encoding="utf-8") as output:
        # A session of its own: Ctrl-C reaches only this process, which then ends the server and its workers together;
        # where this one is killed, the leash does.
        process = subprocess.Popen(
            on_a_leash(command(results, port)),
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        try:
            _wait_until_it_answers(process, port, log)
            yield process
        finally:
            stop(process)


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise UserError(f"the MLflow server ended at once; {log} says why")
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                f"http://{HOST}:{port}/health", timeout=5
            ):
                return
        except OSError:
            time.sleep(0.2)
    raise UserError(f"the MLflow server did not answer within {START_SECONDS} seconds; {log} says why")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server and its workers: asked first, forced after some seconds."""
    for number, patience in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        end = time.monotonic() + patience
        while time.monotonic() < end and _group_lives(process):
            time.sleep(0.1)
    process.wait()


def _group_lives(process: subprocess.Popen[bytes]) -> bool:
    process.poll()  # reaps the leader, which would count as alive otherwise
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True
