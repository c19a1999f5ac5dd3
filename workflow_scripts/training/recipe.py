"""Optimiser, learning rate, loss and freezing, as the settings of `train` say."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.models.network_parts import classifier_names
from workflow_scripts.models.stages import front
from workflow_scripts.runtime.errors import UserError

# Focal loss: exponent of Lin et al., ICCV 2017, section 3.
FOCAL_GAMMA = 2.0


class Criterion(Protocol):
    """A loss."""

    def __call__(
        self, logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Mean loss of B×K logits and B class numbers; weights: of the samples (B), None: all count the same."""
        ...


class Optimisation:
    """How a network learns: what of it, by which loss and at which rate, and the optimiser that does it."""

    def __init__(self, model: nn.Module, train: Train, counts: torch.Tensor, steps_an_epoch: int) -> None:
        """`counts`: training images of each class, on the device of the network."""
        freeze(model, train)
        self.model, self.train, self.steps_an_epoch = model, train, steps_an_epoch
        self.optimizer = optimiser(model, train)
        self.weight, self.loss = class_weight(train, counts), criterion(train, counts)
        self._held_rate = _held_rate(train, counts.device)

    def rate(self, epoch: int, step: int) -> float:
        """Learning rate of a step (from 0) of an epoch (from 0)."""
        return learning_rate(self.train, epoch * self.steps_an_epoch + step, self.steps_an_epoch)

    def begin_epoch(self) -> None:
        """Put the network into training mode, all but what is frozen."""
        training_mode(self.model, self.train)

    def set_rate(self, epoch: int, step: int) -> None:
        """Take the learning rate of a step (from 0) of an epoch (from 0)."""
        rate: float | torch.Tensor = self.rate(epoch, step)
        if self._held_rate is not None:
            rate = self._held_rate.fill_(rate)
        for group in self.optimizer.param_groups:
            # Also where it is the same tensor: a loaded state has brought another one.
            group["lr"] = rate

    def forget_gradients(self) -> None:
        """Forget the gradients of the step before."""
        # As zero_grad does, whose own time counts beside a step of a small network.
        for group in self.optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Within the block a GPU may record the optimiser's step; it does then what it does otherwise."""
        groups = [group for group in self.optimizer.param_groups if "capturable" in group]
        try:
            for group in groups:
                group["capturable"] = True
            yield
        finally:
            for group in groups:
                group["capturable"] = False

    def share(self, part: torch.Tensor, batch: torch.Tensor) -> torch.Tensor | float:
        """What the loss of a part of a batch counts in that of the batch, by the class numbers of their samples."""
        if self.weight is None:
            return len(part) / len(batch)
        return self.weight[part].sum() / self.weight[batch].sum()


def optimiser(model: nn.Module, train: Train) -> torch.optim.Optimizer:
    """The optimiser of all parameters that are trained; one pass over memory a step (fused)."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    rate, decay = train.learning_rate, train.weight_decay
    if train.optimizer == "sgd":
        return torch.optim.SGD(parameters, lr=rate, momentum=train.momentum, weight_decay=decay, fused=True)
    adaptive = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}[train.optimizer]
    return adaptive(parameters, lr=rate, weight_decay=decay, fused=True)


def _held_rate(train: Train, device: torch.device) -> torch.Tensor | None:
    """Where the learning rate lies as a tensor; None: it is a number.

    What is replayed reads it there. A GPU takes it so in any case, because its fused kernels want float32 (they read a
    `float*`): then a replayed step is the step as written. A processor's read float64 and give a number's bytes.
    """
    if device.type == "cpu" and not train.replay:
        return None
    dtype = torch.float64 if device.type == "cpu" else torch.float32
    return torch.tensor(train.learning_rate, dtype=dtype, device=device)


def learning_rate(train: Train, step: int, steps_an_epoch: int) -> float:
    """Learning rate of an optimiser step (from 0): linear warm-up, then constant, or by cosine or line down to zero."""
    warmup = round(train.warmup_epochs * steps_an_epoch)
    if step < warmup:
        return train.learning_rate * (step + 1) / warmup
    if train.schedule == "constant":
        return train.learning_rate
    done = (step - warmup) / max(1, train.epochs * steps_an_epoch - warmup)
    share = (1 + math.cos(math.pi * done)) / 2 if train.schedule == "cosine" else 1 - done
    return train.learning_rate * share


def class_weight(train: Train, counts: torch.Tensor) -> torch.Tensor | None:
    """Weight of each class in the loss, None: all weigh the same; `counts`: training images of each class."""
    if train.class_weights == "balanced":
        return counts.sum() / (len(counts) * counts.float())
    return None


def criterion(train: Train, counts: torch.Tensor) -> Criterion:
    """The loss of a training, a mean over the batch; `counts`: training samples of each class.

    Weights of samples multiply their losses; the mean is still one over all samples, so that weights of mean 1 leave
    the learning rate what it is. UserError for a binary loss of other than two classes.
    """
    weight = class_weight(train, counts)
    if train.loss == "binary_cross_entropy" and len(counts) != 2:
        raise UserError(f"the loss is binary_cross_entropy, and there are {len(counts)} classes; use cross_entropy")
    whole = nn.CrossEntropyLoss(weight=weight, label_smoothing=train.label_smoothing)

    def loss(logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
        if train.loss != "cross_entropy":
            return _mean(_LOSSES[train.loss](logits, targets), targets, weight, weights)
        if weights is None:
            mean: torch.Tensor = whole(logits, targets)
            return mean
        losses = F.cross_entropy(
            logits, targets, weight=weight, reduction="none", label_smoothing=train.label_smoothing
        )
        return (weights * losses).sum() / (len(targets) if weight is None else weight[targets].sum())

    return loss


def _focal(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Focal loss of each of B samples, of B×K logits."""
    cross_entropy = F.cross_entropy(logits, targets, reduction="none")
    return (1 - torch.exp(-cross_entropy)) ** FOCAL_GAMMA * cross_entropy


def _squared_error(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Of each of B samples the mean over classes of the squared error of its probability, of B×K logits."""
    truth = F.one_hot(targets, logits.shape[1]).to(logits.dtype)
    return ((torch.softmax(logits, dim=1) - truth) ** 2).mean(dim=1)


def _binary(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy of each of B samples, of B×2 logits.

    The sigmoid of the difference of both logits is the softmax's probability of the second class, so this is the
    cross-entropy of the softmax; the two differ by rounding.
    """
    difference = logits[:, 1] - logits[:, 0]
    return F.binary_cross_entropy_with_logits(difference, targets.to(difference.dtype), reduction="none")


_LOSSES = {"focal": _focal, "binary_cross_entropy": _binary, "squared_error": _squared_error}


def _mean(
    losses: torch.Tensor, targets: torch.Tensor, weight: torch.Tensor | None, weights: torch.Tensor | None
) -> torch.Tensor:
    """Mean of the losses of a batch; `weight`: of each class, `weights`: of each sample, None: all weigh the same."""
    counted = losses if weights is None else weights * losses
    if weight is None:
        return counted.mean()
    shares = weight[targets]
    return (shares * counted).sum() / shares.sum()


def freeze(model: nn.Module, train: Train) -> None:
    """Take all that is frozen out of what is trained: the backbone, or the first stages. UserError as stages.front."""
    if train.freeze == "backbone":
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(_in_classifier(model, name))
    if train.frozen_stages:
        front(model, train.frozen_stages).requires_grad_(False)


def training_mode(model: nn.Module, train: Train) -> None:
    """Training mode; a frozen backbone keeps its batch-norm statistics, frozen stages are as when they are applied."""
    model.train()
    if train.freeze == "backbone":
        for name, module in model.named_modules():
            if isinstance(module, _BatchNorm) and not _in_classifier(model, name):
                module.eval()
    if train.frozen_stages:
        front(model, train.frozen_stages).eval()


def _in_classifier(model: nn.Module, name: str) -> bool:
    return f"{name}.".startswith(tuple(f"{part}." for part in classifier_names(model)))
