"""The training loop: any network, any stop, the same result."""

import logging
import math
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training import devices
from workflow_scripts.training.checkpoints import random_states, restore_random_states
from workflow_scripts.training.feeders.batches import Batches, TrainingBatches, batch_bounds
from workflow_scripts.training.inference import evaluate
from workflow_scripts.training.optimiser_steps import OptimiserSteps
from workflow_scripts.training.process_group import SINGLE_PROCESS, ProcessGroup
from workflow_scripts.training.recipe import Optimisation
from workflow_scripts.training.stopping import Saving, Stop, stop_signals

log = logging.getLogger("workflow_scripts")

# Reading a loss from a GPU makes the GPU wait.
STEPS_BETWEEN_CHECKS = {"cpu": 1, "cuda": 50}


@dataclass
class Progress:
    """Where a training is: all that its continuation depends on beside network, optimiser and generators."""

    epoch: int = 0
    step: int = 0
    losses: torch.Tensor | None = None
    hits: torch.Tensor | None = None
    history: list[dict[str, float]] = field(default_factory=list)
    best_loss: float = math.inf
    best_epoch: int = 0
    best: dict[str, torch.Tensor] | None = None
    seconds: float = 0.0

    def of_steps(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Loss and hits of every step of an epoch that has begun."""
        assert self.losses is not None and self.hits is not None
        return self.losses, self.hits


@dataclass(frozen=True)
class Trained:
    """Result: the tensors that are kept, a row of history per epoch, and what it cost."""

    tensors: dict[str, torch.Tensor]
    history: list[dict[str, float]]
    epoch: int
    seconds: float


def fit(
    model: nn.Module,
    training: TrainingBatches,
    validation: Batches,
    train: Train,
    classes: list[str],
    seed: int,
    saving: Saving,
    process_group: ProcessGroup = SINGLE_PROCESS,
    log_epochs: bool = True,
) -> Trained:
    """Train a network as `train` says, from where an earlier attempt stopped if it left a state.

    Every process of a `process_group` calls this and gets the same, and so holds the network, in eval mode. `seed`
    decides order, random changes and dropout; `log_epochs`: each epoch is a line of the log.
    SIGTERM and Ctrl-C save a state and raise KeyboardInterrupt; the end of the time that `saving` gives saves a state
    and raises OutOfTimeError. Raises UserError when a class has no training sample, when a loss is not finite, or when
    `select` is best and there is no validation subset.
    """
    counts = torch.bincount(training.targets.cpu(), minlength=len(classes))
    for name, count in zip(classes, counts.tolist(), strict=True):
        if not count:
            raise UserError(f"class {name!r} has no sample in the training subset; use another split or leave it out")
    if train.select == "best" and not len(validation):
        raise UserError("select is best, but the validation subset is empty; set train.select to last")
    with devices.device_errors(training.device, train):
        run = _Run(model, training, validation, train, counts, seed, saving, process_group, log_epochs)
        with stop_signals(once=process_group.size > 1) as stop:
            run.all_epochs(stop)
    return run.result()


class _Run:
    """One training, in one process or as one of a process group."""

    def __init__(
        self,
        model: nn.Module,
        training: TrainingBatches,
        validation: Batches,
        train: Train,
        counts: torch.Tensor,
        seed: int,
        saving: Saving,
        process_group: ProcessGroup,
        log_epochs: bool,
    ) -> None:
        self.process_group, self.log_epochs = process_group, log_epochs
        self.training, self.validation, self.train, self.seed, self.saving = training, validation, train, seed, saving
        self.device = training.device
        self.model = training.placed(model)
        self.bounds = batch_bounds(len(training), train.batch_size)
        self.optimisation = Optimisation(self.model, train, counts.to(self.device), len(self.bounds))
        self.steps = OptimiserSteps(self.model, training, self.optimisation, train, process_group)
        self.progress = Progress()
        self.saved_at = self.counted_from = time.monotonic()
        torch.manual_seed(seed)
        self._restore()

    def all_epochs(self, stop: Stop) -> None:
        """Every epoch that is left."""
        progress = self.progress
        while not self._has_ended():
            if progress.losses is None:
                progress.losses = torch.zeros(len(self.bounds), device=self.device)
                progress.hits = torch.zeros(len(self.bounds), dtype=torch.int64, device=self.device)
            first, started = progress.step, time.monotonic()
            self._steps(stop)
            count = sum(end - start for start, end in self.bounds[first:])
            self._finish_epoch(count / max(time.monotonic() - started, 1e-9))
            due = time.monotonic() - self.saved_at >= self.saving.at_end
            if self._has_ended():
                if self.saving.finished:
                    self._save()
                break
            self._save_or_leave(due, stop)
        self._count_seconds()

    def _has_ended(self) -> bool:
        """Whether all epochs are trained, or the validation loss has not fallen for as many as patience lasts."""
        progress, patience = self.progress, self.train.patience
        waited = patience is not None and progress.epoch - progress.best_epoch >= patience
        return progress.epoch == self.train.epochs or waited

    def _steps(self, stop: Stop) -> None:
        """The optimiser steps of an epoch that are left."""
        progress = self.progress
        order, checked = self.training.epoch(self.seed, progress.epoch), progress.step
        losses, hits = progress.of_steps()
        self.optimisation.begin_epoch()
        while progress.step < len(self.bounds):
            step = progress.step
            self.optimisation.set_rate(progress.epoch, step)
            self.process_group.seed(self.seed, progress.epoch, step)
            losses[step], hits[step] = self.steps.take(order, *self.bounds[step])
            progress.step += 1
            unchecked = progress.step - checked
            if unchecked >= STEPS_BETWEEN_CHECKS[self.device.type] or progress.step == len(self.bounds):
                self._check(checked)
                checked = progress.step
            self._save_or_leave(time.monotonic() - self.saved_at >= self.saving.within, stop)

    def _check(self, first: int) -> None:
        """Stop at the first loss since `first` that is not a number."""
        losses = self.progress.of_steps()[0][first : self.progress.step]
        # A sum is found in no time, and finite where all are; one that overflows is looked into.
        if math.isfinite(float(losses.sum())):
            return
        wrong = torch.nonzero(~torch.isfinite(losses))
        if len(wrong):
            epoch, step = self.progress.epoch, first + int(wrong[0])
            raise UserError(
                f"the loss is not finite in epoch {epoch + 1}, step {step + 1}, at the learning rate "
                f"{self.optimisation.rate(epoch, step):.3g}; lower train.learning_rate or add train.warmup_epochs"
            )

    def _finish_epoch(self, samples_a_second: float) -> None:
        progress, bounds = self.progress, np.array(self.bounds)
        sizes = bounds[:, 1] - bounds[:, 0]
        measured = (math.nan, math.nan)
        if self.process_group.is_rank_zero:
            measured = evaluate(self.model, self.validation, self.optimisation.loss, self.train.precision)
        loss, accuracy = self.process_group.broadcast(measured)
        if len(self.validation) and not math.isfinite(loss):
            raise UserError(
                f"the validation loss is not finite after epoch {progress.epoch + 1}; lower train.learning_rate"
            )
        losses, hits = progress.of_steps()
        epoch = progress.epoch + 1
        row = {
            "epoch": epoch,
            "learning_rate": self.optimisation.rate(progress.epoch, len(bounds) - 1),
            "train_loss": float((losses.cpu().double().numpy() * sizes).sum() / sizes.sum()),
            "train_accuracy": float(hits.sum()) / float(sizes.sum()),
            "validation_loss": loss,
            "validation_accuracy": accuracy,
        }
        progress.history.append(row)
        if self.train.select == "best" and loss < progress.best_loss:
            progress.best_loss, progress.best_epoch, progress.best = loss, epoch, self.copied_state()
        progress.epoch, progress.step, progress.losses, progress.hits = epoch, 0, None, None
        self._count_seconds()
        if self.log_epochs:
            self._report(row, samples_a_second)

    def _report(self, row: dict[str, float], samples_a_second: float) -> None:
        left = self.progress.seconds / row["epoch"] * (self.train.epochs - row["epoch"])
        log.info(
            "epoch %d/%d: train loss %.4f accuracy %.3f, validation loss %.4f accuracy %.3f; "
            "%.0f samples/s, ETA %.0f s",
            row["epoch"],
            self.train.epochs,
            *(row[name] for name in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")),
            samples_a_second,
            left,
            extra={"console": "progress"},
        )

    def result(self) -> Trained:
        """What the training came to; the network, in eval mode, holds the weights that are kept."""
        progress, tensors, epoch = self.progress, self.copied_state(), self.train.epochs
        if self.train.select == "best":
            assert progress.best is not None  # a finite loss of the first epoch is below infinity
            tensors, epoch = progress.best, progress.best_epoch
        self.model.load_state_dict(tensors)
        self.model.eval()
        return Trained(tensors, progress.history, epoch, progress.seconds)

    def copied_state(self) -> dict[str, torch.Tensor]:
        """The network's tensors as they are now, on the processor."""
        return {key: value.detach().cpu().clone() for key, value in self.model.state_dict().items()}

    def _count_seconds(self) -> None:
        now = time.monotonic()
        self.progress.seconds += now - self.counted_from
        self.counted_from = now

    def _save_or_leave(self, due: bool, stop: Stop) -> None:
        """Save a state if one is `due`; leave if any process of the group has to, with a state of this very step."""
        if due:
            self._save()
        reason = self.process_group.all_reduce_max(self.saving.reason(stop))
        if reason and not due:
            self._save()
        stop.leave(reason, self.progress.epoch, self.train.epochs)

    def _save(self) -> None:
        if self.progress.step:
            self._check(0)
        if self.process_group.is_rank_zero:
            self._write_state()
        self.saved_at = time.monotonic()

    def _write_state(self) -> None:
        self._count_seconds()
        state: dict[str, Any] = {
            "model": self.model.state_dict(),
            "optimizer": self.optimisation.optimizer.state_dict(),
            "random": random_states(),
            "progress": vars(self.progress),
        }
        # The state before an epoch's validation and the one after it are not the same.
        self.saving.store.save(self.progress.epoch * (len(self.bounds) + 1) + self.progress.step, state)

    def _restore(self) -> None:
        state = self.saving.store.load()
        if state is None:
            return
        self.model.load_state_dict(state["model"])
        self.optimisation.optimizer.load_state_dict(state["optimizer"])
        self.progress = Progress(**state["progress"])
        for name in ("losses", "hits"):
            if getattr(self.progress, name) is not None:
                setattr(self.progress, name, getattr(self.progress, name).to(self.device))
        restore_random_states(state["random"])
        if self._has_ended() and self.progress.losses is None:
            log.info("this training had reached its end; its last state is taken")
        else:
            words = f"continuing in epoch {self.progress.epoch + 1} after step {self.progress.step}"
            log.info(words, extra={"console": "always"})
