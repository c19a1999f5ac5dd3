"""A trained run beside the samples it is explained on."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import torch
from torch import nn

from workflow_scripts.contracts.arrays import PIXELS, SEQUENCE
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.contracts.subsets import REPORTED_WORDS, marked
from workflow_scripts.contracts.verified import required_weights
from workflow_scripts.contracts.weights_file import require_classes
from workflow_scripts.drawing.visible import visible
from workflow_scripts.explanation.gradcam import Maps, gradcam
from workflow_scripts.explanation.network_features import Seen, look
from workflow_scripts.explanation.target_layers import Target, target_layers
from workflow_scripts.kinds.step_settings.explain_settings import ExplainSettings
from workflow_scripts.models.build import build, random_network
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.weights import TrainedWeights, load_trained, read_trained
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.training import devices, inference
from workflow_scripts.training.feeders.batches import Batches
from workflow_scripts.training.feeders.pixels import PixelView
from workflow_scripts.training.samples import Samples
from workflow_scripts.training.view import view_of

# What the images of the reported subset are called.
IMAGES = {"test": "test images", "validation": REPORTED_WORDS["validation"]}
# The same of samples that are the visits of a patient.
PATIENTS = {"test": "test patients", "validation": "validation patients, selected on"}


@dataclass(frozen=True)
class Trained:
    """A run's network on its device, its weights, and one fold of the samples."""

    run: str
    network: nn.Module
    weights: TrainedWeights
    device: torch.device
    samples: Samples
    reported: Literal["test", "validation"]

    # Whether there are features to embed.
    embeds = True

    @classmethod
    def read(cls, settings: ExplainSettings, run: str, path: Path, samples: Samples, device: str) -> "Trained":
        """Read the weights at `path`; UserError unless they were trained with the `settings` of the explain step."""
        training = settings.training(run)
        weights = read_trained(required_weights(path), training)
        require_classes(weights.classes, samples.classes, path)
        chosen = devices.prepare(device, training.train)
        shape = InputShape.of_arrays(samples.arrays)
        network = load_trained(build(training.spec, len(weights.classes), shape, 0), weights)
        return cls(run, network.to(chosen), weights, chosen, samples, settings.reported)

    @property
    def images_words(self) -> str:
        """What the images, or patients, of the reported subset are called."""
        of_visits = self.samples.arrays.description.kind == SEQUENCE
        return marked((PATIENTS if of_visits else IMAGES)[self.reported], self.weights.settings.resample)

    @property
    def train(self) -> Train:
        """How the network was trained."""
        return self.weights.settings.train

    @property
    def classes(self) -> list[str]:
        return self.weights.classes

    def untrained(self, seed: int) -> nn.Module:
        """The same network with random weights."""
        return random_network(self.weights.settings.spec, len(self.weights.classes), self.shape, seed).to(self.device)

    @property
    def shape(self) -> InputShape:
        """Of what the network takes."""
        return InputShape.of_arrays(self.samples.arrays)

    def judge(self, features: bool) -> tuple[pd.DataFrame, Seen]:
        """The reported samples and what was seen of them.

        Columns: id, label, first, count, predicted, probability, probability_true. The index is that of the samples'
        table; the probabilities are those of the predicted and of the true class.
        """
        self._prepare_device()
        rows = self.samples.table.loc[self.samples.table["subset"] == self.reported, ["id", "label", "first", "count"]]
        batches = self._batches(rows)
        seen = look(self.network, batches, self.train.precision, features)
        own = seen.probabilities[np.arange(len(rows)), batches.targets.cpu().numpy()]
        names = np.array(self.weights.classes)[seen.numbers]
        return rows.assign(predicted=names, probability=seen.probabilities.max(axis=1), probability_true=own), seen

    def pixels(self, rows: pd.DataFrame) -> np.ndarray:
        """uint8 N×H×W×3 images, as people see them, of some rows of the table of `judge`."""
        arrays = self.samples.arrays
        return visible(arrays.data[rows["first"].to_numpy()], arrays.description)

    def maps(self, rows: pd.DataFrame, network: nn.Module | None = None) -> dict[str, Maps]:
        """Grad-CAM of this network, or of another, for the class that was predicted for these rows, by branch."""
        self._prepare_device()
        numbers = rows["predicted"].map(self.weights.classes.index).to_numpy()
        batch = self._batches(rows).batch(np.arange(len(rows)))
        return gradcam(network or self.network, batch.inputs[0], numbers, self.targets)

    @cached_property
    def targets(self) -> dict[str, Target]:
        """The layer of each branch that is shown; it does not depend on the weights. UserError: there is none."""
        return target_layers(self.untrained(self._random_seed), self.shape)

    def random_maps(self, rows: pd.DataFrame) -> dict[str, Maps]:
        """The same of this network with random weights, always the same ones."""
        return self.maps(rows, self.untrained(self._random_seed))

    @property
    def _random_seed(self) -> int:
        return seed_for(self.weights.settings.study, self.run, "untrained")

    def scores(self, rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """float64 N×K probabilities of samples that are not in the array: their R×D rows, and int64 N rows of each."""
        self._prepare_device()
        samples = replace(self.samples, arrays=replace(self.samples.arrays, data=rows))
        table = pd.DataFrame({"id": np.arange(len(counts)).astype(str), "label": self.classes[0], "count": counts})
        subset = samples.subset_of(table.assign(first=np.cumsum(counts) - counts))
        view = view_of(self.weights, samples.arrays.description.kind)
        batches = view.applied(samples.arrays, subset, self.device)
        return inference.probabilities(inference.predict(self.network, batches, self.train.precision))

    def _prepare_device(self) -> None:
        """Calculate as this run's training did: another one may have been read, or looked at, since this one was."""
        devices.prepare(self.device.type, self.train, self.device.index)

    def _batches(self, rows: pd.DataFrame) -> Batches:
        arrays, subset, weights = self.samples.arrays, self.samples.subset_of(rows), self.weights
        if arrays.description.kind != PIXELS:
            return view_of(weights, arrays.description.kind).applied(arrays, subset, self.device)
        view = PixelView(self.train, weights.settings.seeds.train, weights.mean, weights.std, weights.stain)
        return view.applied(arrays, subset, self.device, channels_last=False)
