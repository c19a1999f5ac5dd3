"""Several trainings in one process: the same bytes, and nothing that was finished is trained again."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

from tests import made
from tests.training.test_interrupted import ROOT, killed
from workflow_scripts.runtime import entry
from workflow_scripts.steps import train

FILES = ("weights.safetensors", "history.csv", "predictions.csv")


def trainings(inputs, folder, seeds=3, more=None, **block):
    """Arguments of a training for each seed; `more` are changes of one of them: seed → keywords of `train`."""
    network = made.network(options={"drop_rate": 0.3})
    jobs = []
    for seed in range(seeds):
        settings = made.settings(spec=network, **{**block, **(more or {}).get(seed, {})}) | {"seed": seed}
        job = inputs.arguments(out=folder / f"fold0-seed{seed}", settings=settings)
        job.log, job.save_within, job.save_at_end = folder / f"{seed}.log", 0, 0
        jobs.append(job)
    folder.mkdir(exist_ok=True)
    return jobs


def started(jobs, stop=lambda: None):
    """The exit code of a process that does these trainings, and what each log says."""
    child = os.fork()  # the libraries are loaded already: a fresh start costs seconds
    if not child:
        try:
            stop()
            train.train_batch(jobs)
        except SystemExit as end:
            os._exit(end.code)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code, [job.log.read_text() if job.log.exists() else "" for job in jobs]


def left(jobs):
    return [[(job.out / name).read_bytes() for name in FILES] for job in jobs]


def removed(jobs):
    """As Snakemake does after a failure, and before a job."""
    for job in jobs:
        shutil.rmtree(job.out, ignore_errors=True)


def states(inputs):
    folder = inputs.root / ".work" / "checkpoints"
    return list(folder.iterdir()) if folder.exists() else []


def test_trainings_that_share_a_job_leave_the_bytes_of_single_ones(inputs, tmp_path):
    block = {"epochs": 3, "select": "best", "augment": {"rotate": 20}, "learning_rate": 0.0021}
    batched, single = (trainings(inputs, tmp_path / name, **block) for name in ("batched", "single"))
    code, logs = started(batched)
    assert code == 0
    assert [log.count("epoch 3/3") for log in logs] == [1, 1, 1]  # each has its own
    for job in single:
        train.main(job)
    assert left(batched) == left(single)
    assert len({found[0] for found in left(batched)}) == 3
    assert not states(inputs)


def test_a_batch_that_was_killed_continues_and_repeats_nothing(inputs, tmp_path):
    block = {"epochs": 2, "select": "best", "learning_rate": 0.0022}
    jobs = trainings(inputs, tmp_path / "killed", **block)
    # Five steps an epoch and a state after each, one between the epochs, one at the end: the 12th is the last of the
    # first training, the 15th follows the third step of the second.
    assert started(jobs, killed(signal.SIGKILL, after=15))[0] == -signal.SIGKILL
    assert (jobs[0].out / "train.json").exists() and not (jobs[1].out / "weights.safetensors").exists()
    removed(jobs)
    code, logs = started(jobs)
    assert code == 0
    assert "this training had reached its end" in logs[0] and "epoch" not in logs[0]
    assert "continuing in epoch 1 after step 3" in logs[1]
    single = trainings(inputs, tmp_path / "single", **block)
    for job in single:
        train.main(job)
    assert left(jobs) == left(single)
    assert not states(inputs)


def test_one_training_that_fails_lets_the_others_finish_and_they_are_not_trained_again(inputs, tmp_path):
    bad = {1: {"optimizer": "sgd", "learning_rate": 1e30}}
    jobs = trainings(inputs, tmp_path / "bad", more=bad, learning_rate=0.0023)
    code, logs = started(jobs)
    assert code == 1
    assert "error: the loss is not finite" in logs[1] and "error" not in logs[0] + logs[2]
    assert (jobs[2].out / "train.json").exists() and not (jobs[1].out / "weights.safetensors").exists()
    before = left([jobs[0], jobs[2]])
    removed(jobs)
    code, logs = started(jobs)
    assert code == 1
    assert "epoch" not in logs[0] + logs[2] and left([jobs[0], jobs[2]]) == before


def test_the_time_limit_is_that_of_the_batch(inputs, tmp_path, monkeypatch):
    jobs = trainings(inputs, tmp_path / "late", learning_rate=0.0024)
    for job in jobs:
        job.time_limit = 1e-9
    code, logs = started(jobs)
    assert code == 1
    assert "time limit of this job comes near" in logs[0] and logs[1:] == ["", ""]
    # The first has used the batch's time up: its time counts from the process's start.
    jobs = trainings(inputs, tmp_path / "late", learning_rate=0.0024)
    for job in jobs[1:]:
        job.time_limit = 4 / 60  # three seconds, which are over
    code, logs = started(jobs, lambda: monkeypatch.setattr(entry, "STARTED", time.monotonic() - 4))
    assert code == 1
    assert (jobs[0].out / "train.json").exists() and "time limit" in logs[1] and not logs[2]


def test_a_stop_ends_the_whole_batch(inputs, tmp_path):
    jobs = trainings(inputs, tmp_path / "stopped", learning_rate=0.0025)
    code, logs = started(jobs, killed(signal.SIGTERM, after=3))
    assert code == 130
    assert "interrupted; the next run continues" in logs[0] and logs[1:] == ["", ""]


def test_the_command_line_takes_several_folders(inputs, tmp_path):
    settings = {key: value for key, value in made.settings(epochs=1).items() if key not in ("fold", "seed")}
    out = [tmp_path / "fold0-seed0", tmp_path / "fold0-seed1"]
    given = ["--settings", json.dumps(settings), "--log", tmp_path / "0.log", tmp_path / "1.log", "--out", *out]
    places = ["--dataset", inputs.root / "dataset", "--arrays", inputs.root / "arrays", "--split", inputs.split]
    step = [
        sys.executable,
        "-m",
        "workflow_scripts.steps.train",
        *given,
        *places,
        "--work",
        tmp_path,
        "--device",
        "cpu",
    ]
    subprocess.run([*map(str, step)], cwd=ROOT, capture_output=True, check=True)
    single = trainings(inputs, tmp_path / "single", seeds=2)
    for job in single:
        job.settings["spec"], job.settings["train"], job.code = settings["spec"], settings["train"], ""
        train.main(job)
        assert [(tmp_path / job.out.name / name).read_bytes() for name in FILES] == left([job])[0]
    done = subprocess.run([*map(str, step), "--out", tmp_path], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "the folder is called fold<number>-seed<number>" in done.stderr
