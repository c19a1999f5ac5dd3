"""Seconds of active learning: four strategies and five seeds on made patients, each strategy and seed a job.

    python tests/benchmarks/active.py [--patients 2000] [--seeds 5] [--rounds 10] [--jobs 2]

Patients have up to twelve visits of 24 numbers, of which one at the last two visits tells the class. 60 % are learned
from, 20 % stop the training of each round (patience 10, at most 60 epochs), 20 % are judged. A job is what the rule
runs, in a process of its own, with one thread; its start is counted. The table has the seconds of each strategy's jobs
and the areas under its curve, the last line the time of all jobs: two idle cores take half of the processor time.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pandas as pd

from tests.vouched import vouch
from workflow_scripts.contracts.arrays import ARRAY_INDEX, SEQUENCE, ArrayDescription
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.dataset import Modality
from workflow_scripts.contracts.splits import SPLIT
from workflow_scripts.contracts.step_settings.evaluate_settings import ActiveRun
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.label_efficiency import area, curves_of
from workflow_scripts.kinds.active_learning import ActiveLearning
from workflow_scripts.kinds.recurrent import Recurrent

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ["low_risk", "high_risk"]
STRATEGIES = ("random", "uncertainty", "bald", "diverse")
VISITS, NUMBERS = 12, 24


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args()


def write_patients(root: Path, patients: int) -> None:
    """dataset/, arrays/ and splits/ of made patients."""
    generator = np.random.default_rng(0)
    counts = generator.integers(2, VISITS + 1, patients)
    rows = generator.normal(size=(counts.sum(), NUMBERS)).astype("float32")
    last = counts.cumsum() - 1
    logit = 2.5 * rows[last, 0] + 1.5 * rows[last - 1, 0] - 1.5
    events = generator.random(patients) < 1 / (1 + np.exp(-logit))
    ids = [f"p{number:05d}" for number in range(patients)]
    manifest = pd.DataFrame({"id": ids, "path": "visits.csv", "label": np.array(CLASSES)[events.astype(int)]})
    manifest = manifest.assign(group=ids, unit=ids, source="visits", visits=counts, patient=ids, sha256="0")
    modality = Modality("table", {"visits": "int"}, {"patient": "str"})
    modality.table().write(root / "dataset" / "manifest.csv", manifest)
    vouch(root / "dataset" / "record.json", modality=modality.as_record(), classes=CLASSES, synthetic=True)
    (root / "arrays").mkdir()
    np.save(root / "arrays" / "data.npy", rows)
    ARRAY_INDEX.write(
        root / "arrays" / "index.csv", pd.DataFrame({"id": ids, "first": counts.cumsum() - counts, "count": counts})
    )
    vouch(root / "arrays" / "record.json", array=ArrayDescription(SEQUENCE, "float32", (NUMBERS,), 1.0).as_record())
    subset = np.array(["train", "train", "train", "validation", "test"])[np.arange(patients) % 5]
    SPLIT.write(root / "splits" / "grouped.csv", pd.DataFrame({"id": ids, "fold": 0, "subset": subset}))
    vouch(root / "splits" / "grouped.json")


def settings(strategy: str, seed: int, args: argparse.Namespace) -> dict:
    """What the step receives of a strategy and seed."""
    job = {"study": "made", "protocol": "grouped", "fold": 0, "seed": seed}
    train = Train(
        epochs=60, batch_size=32, optimizer="adam", learning_rate=0.005, select="best", patience=10, weight_decay=0.0
    )
    learner = plain(Recurrent("recurrent", hidden=32, dropout=0.2))
    member = {**job, "run": "lstm", "spec": learner, "train": plain(train), "resample": "none"}
    run = ActiveLearning("active_learning", "lstm", strategy, batch=args.batch, rounds=args.rounds)
    return {**job, "run": f"lstm_{strategy}", "spec": plain(run), "aggregate": "none", "member": member}


def run(root: Path, strategy: str, seed: int, args: argparse.Namespace) -> float:
    """Seconds of a job."""
    out = root / "runs" / "grouped" / f"lstm_{strategy}" / f"fold0-seed{seed}"
    out.mkdir(parents=True)
    command = [sys.executable, "-m", "workflow_scripts.steps.make_run"]
    command += ["--settings", json.dumps(settings(strategy, seed, args)), "--dataset", str(root / "dataset")]
    command += ["--arrays", str(root / "arrays"), "--split", str(root / "splits" / "grouped.csv"), "--out", str(out)]
    started = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    subprocess.run([*command, "--work", str(root / ".work")], check=True, env=environment, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def tables(root: Path, run: str, keys: list[tuple[int, int]], name: str) -> Grid:
    """A table of a run, of every fold and seed."""
    folder = root / "runs" / "grouped" / run
    return Grid.of(keys, [pd.read_csv(folder / f"fold{fold}-seed{seed}" / name) for fold, seed in keys])


def main() -> None:
    """Measure and print."""
    args = arguments()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_patients(root, args.patients)
        jobs = [(strategy, seed) for seed in range(args.seeds) for strategy in STRATEGIES]
        started = time.perf_counter()
        with ThreadPoolExecutor(args.jobs) as pool:
            seconds = list(pool.map(lambda job: run(root, *job, args), jobs))
        wall = time.perf_counter() - started
        keys = [(0, seed) for seed in range(args.seeds)]
        runs = tuple(ActiveRun(f"lstm_{strategy}", "lstm", strategy) for strategy in STRATEGIES)
        rounds = {run.run: tables(root, run.run, keys, "rounds.csv") for run in runs}
        units = tables(root, runs[0].run, keys, "units.csv")
        curves = curves_of("lstm", runs, rounds, units, "test")
    print(f"{args.patients} patients, {args.seeds} seeds, labels {curves.labels[0]:.0f} to {curves.labels[-1]:.0f}")
    print("strategy     s/job  AUC first  AUC last  mean AUC")
    for strategy in STRATEGIES:
        own = [spent for (name, _), spent in zip(jobs, seconds, strict=True) if name == strategy]
        values = curves.values[f"lstm_{strategy}"]
        mean = area(curves.labels, values).mean()
        print(
            f"{strategy:<12} {np.mean(own):5.1f}  {values[:, 0].mean():9.3f}  {values[:, -1].mean():8.3f}  {mean:8.3f}"
        )
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"all jobs, {args.jobs} at a time: {wall:.0f} s, {spent.ru_utime + spent.ru_stime:.0f} s of processor time")


if __name__ == "__main__":
    main()
