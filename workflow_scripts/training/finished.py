"""A finished, trained run found by its folder, with all that is needed to apply it to new images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from workflow_scripts.contracts.arrays import ArrayDescription, Arrays
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.record import read_record
from workflow_scripts.contracts.record import view_of as view_of_record
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing
from workflow_scripts.contracts.verified import required_weights
from workflow_scripts.data.readers.image_reader import ImageReader
from workflow_scripts.kinds.kind_registry import kinds
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.models.build import build
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.weights import TrainedWeights, load_trained, read_trained
from workflow_scripts.preprocessing.masks import mask
from workflow_scripts.preprocessing.packing import ImagePacker
from workflow_scripts.runtime.digests import digest_once
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.results_layout import remedy
from workflow_scripts.runtime.run_address import RECORD_FILE, WEIGHTS_FILE, RunAddress, study_of
from workflow_scripts.runtime.study_paths import StudyPaths
from workflow_scripts.training import devices
from workflow_scripts.training.feeders.batches import Batches
from workflow_scripts.training.randomness import keys_of
from workflow_scripts.training.samples import Subset
from workflow_scripts.training.view import view_of


@dataclass(frozen=True)
class _Training:
    settings: TrainSettings


@dataclass(frozen=True)
class _Record:
    """Of the record of a trained run: what its training received."""

    training: _Training


@dataclass(frozen=True)
class FinishedRun:
    """A run's folder and that of its study, the settings of its training, its weights, and how its images were packed.

    array: what the packed images are; mask: the kind of mask that it learned with, see preprocessing.masks, or None;
    synthetic: it has learned from synthetic data.
    """

    folder: Path
    study: Path
    settings: TrainSettings
    weights: TrainedWeights
    packer: ImagePacker
    array: ArrayDescription
    mask: str | None
    max_megapixels: float
    synthetic: bool

    @classmethod
    def read(cls, folder: Path) -> "FinishedRun":
        """Read a run; UserError when it is none, is not trained, or does not belong to its study's files any more."""
        if not (folder / "record.json").is_file():
            raise UserError(
                f"{folder} holds no finished run (no record.json); give a folder like "
                "results/<study>/runs/<protocol>/<run>/fold0-seed0"
            )
        record = read_record(folder / "record.json")
        if "training" not in record:
            kind = record["settings"].get("spec", {}).get("kind", "unknown")
            applied = [name for name, of in kinds().items() if of.leaves_weights and of.reads == "pixels"]
            trained = " or ".join(applied)
            raise UserError(f"{folder} is a run of kind {kind!r}, not a trained one; give a run of kind {trained}")
        settings = view_of_record(_Record, record, folder / "record.json").training.settings
        folder = folder.resolve()
        study = _study_of(folder, settings)
        required_weights(folder / WEIGHTS_FILE)
        inputs, masks = record["inputs"], study / "masks" / "record.json"
        arrays, _ = (
            _packed_record(folder, study, settings, inputs),
            _still(folder / WEIGHTS_FILE, study, inputs, folder),
        )
        dataset = read_record(study / "dataset" / "record.json")
        masked = masks.relative_to(study).as_posix() in inputs
        packed = read_record(arrays)
        array = ArrayDescription.of_record(packed, arrays)
        packer = _image_packer(folder, dataset, packed)
        if array != packer.array:
            raise UserError(f"{folder} has learned from {array}; only one from {packer.array} is applied to files")
        return cls(
            folder=folder,
            study=study,
            settings=settings,
            weights=read_trained(folder / WEIGHTS_FILE, settings),
            packer=packer,
            array=array,
            mask=read_record(_still(masks, study, inputs, folder))["settings"]["mask"] if masked else None,
            max_megapixels=dataset["settings"]["ingest"]["max_megapixels"],
            synthetic=bool(dataset["synthetic"]),
        )

    def masks(self, images: np.ndarray) -> np.ndarray | None:
        """uint8 N×S×S masks of packed images (uint8 N×S×S×3), as the run learned with; None where it had none."""
        return None if self.mask is None else np.stack([mask(pixels, self.mask) for pixels in images])


@dataclass(frozen=True)
class Network:
    """A finished run's network on its device, for packed images uint8 N×S×S×3 (N > 0)."""

    model: nn.Module
    weights: TrainedWeights
    array: ArrayDescription
    device: torch.device

    @classmethod
    def of(cls, run: FinishedRun, device: str) -> "Network":
        """Load it; UserError when there is no such device."""
        chosen = devices.prepare(device, run.settings.train)
        model = build(run.settings.spec, len(run.weights.classes), InputShape.of(run.array), 0)
        return cls(load_trained(model, run.weights).to(chosen), run.weights, run.array, chosen)

    def batches(self, images: np.ndarray, names: Sequence[str], masks: np.ndarray | None = None) -> Batches:
        """The images as the network sees them; `names` (N) tell them apart, `masks` are uint8 N×S×S."""
        rows = np.arange(len(images))
        subset = Subset(rows, np.ones_like(rows), np.zeros_like(rows), keys_of(names))
        arrays = Arrays.of_rows(self.array, images, masks)
        return view_of(self.weights, self.array.kind).applied(arrays, subset, self.device)


def _image_packer(folder: Path, dataset: dict[str, Any], packed: dict[str, Any]) -> ImagePacker:
    """How the samples of a run were packed, of the records of dataset and arrays; UserError unless they are images."""
    modality = dataset["modality"]["name"]
    if modality != ImageReader.modality:
        raise UserError(
            f"{folder} has learned from samples of the modality {modality}; only a run of image files is applied to "
            "new files"
        )
    return ImagePacker(parse(Packing, packed["settings"]["preprocess"]))


def _packed_record(folder: Path, study: Path, settings: TrainSettings, inputs: dict[str, str]) -> Path:
    """The record of the images that a run has learned from, also where it was from stored maps of them."""
    paths = StudyPaths(study)
    if settings.spec.embedding is not None:
        embedded = _still(paths.embedding(settings.spec.embedding) / RECORD_FILE, study, inputs, folder)
        inputs = read_record(embedded)["inputs"]
    return _still(paths.arrays_record, study, inputs, folder)


def _still(path: Path, study: Path, inputs: dict[str, str], folder: Path) -> Path:
    """The path, whose bytes must be those that the run in `folder` was finished with: `inputs` of its record."""
    if not path.is_file():
        raise UserError(f"{path} is missing; {remedy(path)}")
    if digest_once(path) != inputs.get(path.relative_to(study).as_posix()):
        raise UserError(f"{path} has changed since {folder} was finished; {remedy(folder / 'record.json')}")
    return path


def _study_of(folder: Path, settings: TrainSettings) -> Path:
    """The study's folder of results, four above a run's."""
    address = RunAddress(settings.study, settings.protocol, settings.run, settings.fold, settings.seed)
    if folder.parts[-len(address.parts) :] != address.parts:
        recorded = "/".join(address.parts)
        raise UserError(f"{folder} has been moved: its record says {recorded}; apply it where it was made")
    return study_of(folder)
