"""Patients per second of training a recurrent network on visits, beside what the processor allows.

    python tests/benchmarks/recurrent.py [--hidden 32 64] [--batch 32 128] [--threads 1]

floor:  forward, backward and Adam on padded batches that are made once and taken in turn, the last visit gathered:
        nothing that learns from the same patients can be faster.
packed, padded: this project's loop, with its order of every epoch, its feeder, history and checks, by `batching`.

Patients have 1 to 12 visits of 24 numbers. The columns take turns, so that other work on the machine meets all alike;
the table has medians over the repeats. With one thread a second is one of processor time, which other programs do not
lengthen; with several one of the clock, because further threads cost more than they bring: `--threads 2` shows it.
"""

import argparse
import math
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pandas as pd
import torch
from torch import nn

from workflow_scripts.contracts.arrays import ArrayDescription, Arrays
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.kinds.recurrent import Recurrent
from workflow_scripts.models.build import build
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.feeders.sequences import SequenceView
from workflow_scripts.training.loop import fit
from workflow_scripts.training.randomness import keys_of
from workflow_scripts.training.samples import Subset
from workflow_scripts.training.stopping import Saving

NUMBERS, MOST = 24, 12
CLASSES = ["low_risk", "high_risk"]
CPU = torch.device("cpu")
BATCHINGS = ("packed", "padded")


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", nargs="+", choices=["lstm", "gru"], default=["lstm"])
    parser.add_argument("--hidden", nargs="+", type=int, default=[32, 64])
    parser.add_argument("--batch", nargs="+", type=int, default=[32, 128])
    parser.add_argument("--patients", type=int, default=2000)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def made_patients(count: int) -> tuple[Arrays, Subset]:
    """Patients whose class is how large the numbers of their last visit are, and all of them as a subset."""
    generator = np.random.default_rng(0)
    visits = generator.integers(1, MOST + 1, count)
    values = generator.normal(size=(visits.sum(), NUMBERS)).astype("float32")
    last = np.cumsum(visits) - 1
    targets = (values[last].mean(axis=1) > 0).astype("int64")
    index = pd.DataFrame({"id": np.arange(count).astype(str), "first": last - visits + 1, "count": visits})
    arrays = Arrays(ArrayDescription("sequence", "float32", (NUMBERS,), 1), values, index)
    return arrays, Subset(last - visits + 1, visits, targets, keys_of(index["id"]))


class Plain(nn.Module):
    """The network as a script would write it: an LSTM or GRU over padded visits, the last one gathered, one layer."""

    def __init__(self, run: Recurrent) -> None:
        super().__init__()
        self.cells = {"lstm": nn.LSTM, "gru": nn.GRU}[run.cell](NUMBERS, run.hidden, batch_first=True)
        self.output = nn.Linear(run.hidden, len(CLASSES))

    def forward(self, visits: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """B×K logits."""
        states, _ = self.cells(visits)
        logits: torch.Tensor = self.output(states[torch.arange(len(visits)), lengths - 1])
        return logits


def seconds() -> float:
    """Processor time of one thread; of several the clock's."""
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


def floor_speed(run: Recurrent, train: Train, arrays: Arrays, subset: Subset) -> float:
    """Patients per second on batches that are made once, each padded to its own longest."""
    batches, everyone = [], np.arange(len(subset))
    for chosen in np.array_split(everyone, len(everyone) // train.batch_size):
        parts = [torch.from_numpy(arrays.data[subset.first[i] : subset.first[i] + subset.count[i]]) for i in chosen]
        padded = nn.utils.rnn.pad_sequence(parts, batch_first=True)
        batches.append((padded, torch.from_numpy(subset.count[chosen]), torch.from_numpy(subset.targets[chosen])))
    model, loss = Plain(run), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), train.learning_rate, fused=True)
    start = seconds()
    for _ in range(train.epochs):
        for visits, lengths, targets in batches:
            optimizer.zero_grad(set_to_none=True)
            loss(model(visits, lengths), targets).backward()
            optimizer.step()
    return train.epochs * len(subset) / (seconds() - start)


def loop_speed(run: Recurrent, train: Train, arrays: Arrays, subset: Subset) -> float:
    """Patients per second of this project's loop, without validation; preparing the visits counts too."""
    view = SequenceView.fitted(train, 0, arrays, subset, np.arange(len(subset)).astype(str))
    model = build(run, len(CLASSES), InputShape.of_arrays(arrays), 0)
    empty = Subset(*(part[:0] for part in (subset.first, subset.count, subset.targets, subset.keys)))
    start = seconds()
    batches = view.training(arrays, subset, CPU), view.applied(arrays, empty, CPU)
    with tempfile.TemporaryDirectory() as work:
        saving = Saving(Checkpoints(Path(work)), math.inf, math.inf)
        fit(model, *batches, train, CLASSES, 0, saving)
    return train.epochs * len(subset) / (seconds() - start)


def compare(cell: str, hidden: int, args: argparse.Namespace, batch: int) -> dict[str, float]:
    """Median speed of each column."""
    arrays, subset = made_patients(args.patients)
    train = Train(epochs=args.epochs, batch_size=batch, optimizer="adam", weight_decay=0.0, learning_rate=0.001)
    runs = {batching: Recurrent("recurrent", cell, hidden, batching=batching) for batching in BATCHINGS}
    speeds: dict[str, list[float]] = {}
    for repeat in range(args.repeats + 1):
        now = {"floor": floor_speed(runs["padded"], train, arrays, subset)}
        now |= {batching: loop_speed(run, train, arrays, subset) for batching, run in runs.items()}
        if repeat:  # the first warms up
            for column, speed in now.items():
                speeds.setdefault(column, []).append(speed)
    return {column: statistics.median(measured) for column, measured in speeds.items()}


def main() -> None:
    """Print the table."""
    args = arguments()
    torch.set_num_threads(args.threads)
    columns = ["cell", "hidden", "batch", "floor", *BATCHINGS, *(f"{batching} / floor" for batching in BATCHINGS)]
    print(f"{args.patients} patients, {args.threads} thread(s), patients/s (medians)")
    print("|".join(["", *(f" {column} " for column in columns), ""]))
    print("|---" * len(columns) + "|")
    for cell in args.cells:
        for hidden in args.hidden:
            for batch in args.batch:
                speed = compare(cell, hidden, args, batch)
                cells = [cell, str(hidden), str(batch), *(f"{value:,.0f}" for value in speed.values())]
                cells += [f"{speed[batching] / speed['floor']:.2f}" for batching in BATCHINGS]
                print("|".join(["", *(f" {text} " for text in cells), ""]), flush=True)


if __name__ == "__main__":
    main()
