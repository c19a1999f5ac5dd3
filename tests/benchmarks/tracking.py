"""Time to enter 200 finished runs of 100 epochs and 6 metrics into MLflow, beside a plain loop of `log_metric`.

Run as a script, e.g. `python tests/benchmarks/tracking.py --runs 200`; prints one table: into the results' own sqlite
database, and to an MLflow server on this machine as `mlflow server` starts it (sqlite behind it, four workers). What is
timed starts at the files of the runs and ends when all are in, their small files included; entering them a second time,
which changes nothing, is timed too. The loop enters `--sample` runs, metrics alone, one call a value, as a script does
that tracks by hand.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.tracking.handmade import Study
from workflow_scripts.runtime.run_address import RunAddress
from workflow_scripts.tracking import server
from workflow_scripts.tracking.database import database_of, one_writer, prepare_database
from workflow_scripts.tracking.entries import Entry, child
from workflow_scripts.tracking.server import HOST, choose_port, serving
from workflow_scripts.tracking.sync import enter

EPOCHS = 100
SIXTH = "history/measured_by_hand"  # the contract's history has five measured columns


def entries_of(study: Study, runs: int) -> list[Entry]:
    """Entries of `runs` finished runs, read from their files, each with six metrics an epoch."""
    found = []
    for seed in range(runs):
        entry = child(study.folder, RunAddress("toy", "published", "cnn", 0, seed), "accuracy", complete=True)
        entry.points += [(SIXTH, 0.5 + epoch / 1000, epoch) for epoch in range(1, EPOCHS + 1)]
        found.append(entry)
    return found


def batches(study: Study, uri: str | None, runs: int) -> tuple[float, float]:
    """Seconds to enter the runs, and to enter them again."""
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        enter(study.results, uri, "toy", entries_of(study, runs), "accuracy")
        seconds.append(time.perf_counter() - started)
    return seconds[0], seconds[1]


def plain_loop(study: Study, uri: str, sample: int) -> float:
    """Seconds a run of one `log_metric` a value."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(uri)
    experiment = client.create_experiment("plain loop")
    entries = entries_of(study, sample)
    started = time.perf_counter()
    for entry in entries:
        run = client.create_run(experiment).info.run_id
        for name, value, step in entry.points:
            client.log_metric(run, name, value, step=step)
        client.set_terminated(run)
    return (time.perf_counter() - started) / sample


def main() -> None:
    """Print seconds of all runs, of a second time, milliseconds a run, and how many times longer the loop takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--sample", type=int, default=2, help="runs of the plain loop")
    args = parser.parse_args()
    print(f"{args.runs} runs, {EPOCHS} epochs, 6 metrics")
    print(f"{'':8} {'seconds':>8} {'again':>8} {'ms per run':>11} {'loop, ms per run':>17} {'ratio':>7}")
    with tempfile.TemporaryDirectory() as folder:
        study = Study(Path(folder) / "results")
        for seed in range(args.runs):
            study.write_run("cnn", seed, epochs=EPOCHS)
        remote = Path(folder) / "server"
        for results in (study.results, remote):
            with one_writer(results):
                prepare_database(results)
        report("sqlite", study, None, f"sqlite:///{database_of(study.results)}", args)
        port, shipped = choose_port(None), server.command
        server.command = lambda results, port: [*shipped(results, port), "--workers", "4"]
        with serving(remote, port):
            report("server", study, f"http://{HOST}:{port}", f"http://{HOST}:{port}", args)


def report(name: str, study: Study, uri: str | None, address: str, args: argparse.Namespace) -> None:
    """Print one line of the table."""
    first, again = batches(study, uri, args.runs)
    loop = plain_loop(study, address, args.sample)
    each = first / args.runs
    print(f"{name:8} {first:8.1f} {again:8.1f} {1000 * each:11.0f} {1000 * loop:17.0f} {loop / each:7.1f}", flush=True)


if __name__ == "__main__":
    main()
