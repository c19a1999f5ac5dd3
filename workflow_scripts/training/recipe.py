"""Optimiser, learning rate, loss and freezing, as the settings of `train` say."""

import math
from collections.abc import Callable

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

Criterion = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Optimisation:
    """How a network learns: what of it, by which loss and at which rate, and the optimiser that does it."""

    def __init__(self, model: nn.Module, train: Train, counts: torch.Tensor, steps_an_epoch: int) -> None:
        """`counts`: training images of each class, on the device of the network."""
        freeze(model, train)
        self.model, self.train, self.steps_an_epoch = model, train, steps_an_epoch
        self.optimizer = optimiser(model, train)
        self.weight, self.loss = class_weight(train, counts), criterion(train, counts)

    def rate(self, epoch: int, step: int) -> float:
        """Learning rate of a step (from 0) of an epoch (from 0)."""
        return learning_rate(self.train, epoch * self.steps_an_epoch + step, self.steps_an_epoch)

    @property
    def last_rate(self) -> float:
        """Learning rate of the step before."""
        rate: float = self.optimizer.param_groups[0]["lr"]
        return rate

    def begin_epoch(self) -> None:
        """Put the network into training mode, all but what is frozen."""
        training_mode(self.model, self.train)

    def begin_step(self, epoch: int, step: int) -> None:
        """Forget the last step's gradients, and take the rate of this one."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(epoch, step)
        self.optimizer.zero_grad(set_to_none=True)

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
    """Loss of B×K logits and B class numbers, a mean over the batch; `counts`: training images of each class.

    UserError for a binary loss of other than two classes.
    """
    weight = class_weight(train, counts)
    if train.loss == "focal":
        return lambda logits, targets: _focal(logits, targets, weight)
    if train.loss == "binary_cross_entropy":
        if len(counts) != 2:
            raise UserError(f"the loss is binary_cross_entropy, and there are {len(counts)} classes; use cross_entropy")
        return lambda logits, targets: _binary(logits, targets, weight)
    return nn.CrossEntropyLoss(weight=weight, label_smoothing=train.label_smoothing)


def _focal(logits: torch.Tensor, targets: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
    cross_entropy = F.cross_entropy(logits, targets, reduction="none")
    return _mean((1 - torch.exp(-cross_entropy)) ** FOCAL_GAMMA * cross_entropy, targets, weight)


def _binary(logits: torch.Tensor, targets: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
    """Binary cross-entropy of B×2 logits.

    The sigmoid of the difference of both logits is the softmax's probability of the second class, so this is the
    cross-entropy of the softmax; the two differ by rounding.
    """
    difference = logits[:, 1] - logits[:, 0]
    losses = F.binary_cross_entropy_with_logits(difference, targets.to(difference.dtype), reduction="none")
    return _mean(losses, targets, weight)


def _mean(losses: torch.Tensor, targets: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
    """Mean of the losses of a batch; `weight`: of each class, None: all weigh the same."""
    if weight is None:
        return losses.mean()
    shares = weight[targets]
    return (shares * losses).sum() / shares.sum()


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
