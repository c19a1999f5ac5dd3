"""Make a run that judges a unit by attention over its samples, see kinds.attention.

On a processor and one thread, so that the same settings give the same bytes everywhere on one type of processor.
"""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F

from workflow_scripts.contracts.attention_table import ATTENTION, ATTENTION_FILE
from workflow_scripts.contracts.run_finish import RunOutput
from workflow_scripts.contracts.run_tables import class_columns, require_one_label
from workflow_scripts.data.fold_samples import read_fold
from workflow_scripts.data.stored_features import StoredFeatures, scale
from workflow_scripts.kinds.attention import Attention
from workflow_scripts.kinds.made_kind import RunJob
from workflow_scripts.models.attention_pooling import AttentionPooling
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.training.randomness import ORDER, keys_of, order

log = logging.getLogger("workflow_scripts")


@dataclass(frozen=True)
class Bag:
    """The samples of a unit within a subset: their numbers in the table of the fold, n×D features, the class number."""

    unit: str
    samples: np.ndarray
    features: torch.Tensor
    target: torch.Tensor


@dataclass(frozen=True)
class Fitted:
    """The network of the epoch (from 1) with the lowest validation loss, in eval mode, and how many epochs ran."""

    network: AttentionPooling
    epoch: int
    validation_loss: float
    epochs: int


def make(run: Attention, job: RunJob) -> RunOutput:
    """Train on the units of the training subset, predict those of the others, and write attention.csv.

    UserError where no training unit has several samples, where a unit has several labels, or where there is no
    validation unit.
    """
    torch.set_num_threads(1)
    files = job.files
    classes, samples = read_fold(files.dataset, files.arrays, files.split, job.fold)
    _require_units(samples, job)
    bags = _bags(run, job, samples, classes)
    seed = seed_for(job.study, job.run, job.fold, job.seed, "attention")
    fitted = fit(run, bags["train"], bags["validation"], len(classes), seed)
    log.info(
        "%s: %d training units of %d numbers a sample; epoch %d of %d kept, validation loss %.4f",
        *(job.run, len(bags["train"]), bags["train"][0].features.shape[1]),
        *(fitted.epoch, fitted.epochs, fitted.validation_loss),
    )
    table, weights = _predicted(fitted.network, [*bags["validation"], *bags["test"]], samples, classes)
    ATTENTION.write(job.out / ATTENTION_FILE, weights)
    parameters = sum(parameter.numel() for parameter in fitted.network.parameters())
    facts = {"epoch": fitted.epoch, "epochs": fitted.epochs, "validation_loss": float(f"{fitted.validation_loss:.9g}")}
    return RunOutput(
        table.assign(fold=job.fold),
        classes,
        outputs=(ATTENTION_FILE,),
        facts={"attention": facts},
        cost={"device": "cpu", "parameters": parameters},
    )


def fit(run: Attention, training: list[Bag], validation: list[Bag], classes: int, seed: int) -> Fitted:
    """Train with Adam on the cross-entropy of units, one a step, until the validation loss no longer falls.

    UserError for a loss that is no number.
    """
    torch.manual_seed(seed)
    network = AttentionPooling(training[0].features.shape[1], classes, run.hidden, run.gate, run.dropout)
    optimiser = torch.optim.Adam(network.parameters(), lr=run.learning_rate, weight_decay=run.weight_decay)
    keys = keys_of(bag.unit for bag in training)
    best, epoch, lowest, kept = {}, 0, float("inf"), 0
    while epoch < run.epochs and epoch - kept < run.patience:
        network.train()
        for number in order(seed, epoch, keys, ORDER):
            optimiser.zero_grad()
            _loss(network, training[number]).backward()
            optimiser.step()
        epoch += 1
        network.eval()
        with torch.no_grad():
            loss = float(torch.stack([_loss(network, bag) for bag in validation]).mean())
        if not np.isfinite(loss):
            raise UserError(
                f"the validation loss is not finite in epoch {epoch}, at the learning rate {run.learning_rate:g}; "
                "lower learning_rate"
            )
        if loss < lowest:
            best = {name: value.clone() for name, value in network.state_dict().items()}
            lowest, kept = loss, epoch
    network.load_state_dict(best)
    return Fitted(network.eval(), kept, lowest, epoch)


def _loss(network: AttentionPooling, bag: Bag) -> torch.Tensor:
    return F.cross_entropy(network(bag.features)[0], bag.target)


def _require_units(samples: pd.DataFrame, job: RunJob) -> None:
    """UserError where the samples of a fold are no units that attention could learn to look at."""
    require_one_label(samples, str(job.files.dataset / "manifest.csv"))
    by_subset = {subset: rows.groupby("unit").size() for subset, rows in samples.groupby("subset")}
    if "train" not in by_subset or by_subset["train"].max() == 1:
        raise UserError(
            f"{job.run} pools the samples of a unit, and no unit of the training subset has several; give "
            "several samples one unit, such as the slide of its tiles, or take a run of another kind"
        )
    if "validation" not in by_subset:
        raise UserError(f"{job.run} stops by its validation loss, and the validation subset is empty")


def _bags(run: Attention, job: RunJob, samples: pd.DataFrame, classes: list[str]) -> dict[str, list[Bag]]:
    """Subset → its units in the order of their names; features have mean 0 and spread 1 in the training subset."""
    stored = StoredFeatures.read(job.files.arrays, samples["first"].to_numpy(), averaged=True)
    values = stored.loaded(run.embedding)
    scale(values, (samples["subset"] == "train").to_numpy())
    bags: dict[str, list[Bag]] = {"train": [], "validation": [], "test": []}
    for (subset, unit), rows in samples.reset_index(drop=True).groupby(["subset", "unit"], sort=True):
        numbers = rows.index.to_numpy()
        target = torch.tensor(classes.index(rows["label"].iloc[0]))
        bags[subset].append(Bag(unit, numbers, torch.from_numpy(values[numbers]), target))
    return bags


def _predicted(
    network: AttentionPooling, bags: list[Bag], samples: pd.DataFrame, classes: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The samples of some units with their unit's probabilities, and how much each counts (ATTENTION), by id."""
    numbers = np.concatenate([bag.samples for bag in bags])
    table = samples.iloc[numbers].copy()
    with torch.no_grad():
        outputs = [network(bag.features) for bag in bags]
    p = np.stack([torch.softmax(logits.double(), dim=0).numpy() for logits, _ in outputs])
    table[class_columns(classes)] = np.repeat(p, [len(bag.samples) for bag in bags], axis=0)
    attention = table[["id", "unit"]].assign(weight=np.concatenate([part.double().numpy() for _, part in outputs]))
    return table, attention.sort_values("id", kind="stable").reset_index(drop=True)
