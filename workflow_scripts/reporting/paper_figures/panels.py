"""What the preprocessing and the random changes of a training make of images, step by step."""

from dataclasses import dataclass, replace

import numpy as np

from workflow_scripts.contracts.arrays import PIXELS, ArrayDescription
from workflow_scripts.contracts.example_files import read_originals
from workflow_scripts.contracts.step_settings.train_settings import Augment, Train
from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.drawing.style import new_figure, wrapped
from workflow_scripts.drawing.visible import visible
from workflow_scripts.preprocessing.packer_registry import packed_modality
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError, arrays_of
from workflow_scripts.reporting.results import Results
from workflow_scripts.runtime.study_paths import ORIGINALS_FILE

DRAWS = 4
TITLE_LETTERS = 22
# Setting of a random change → what it is called.
CHANGES = {
    "horizontal_flip": "left-right flip",
    "vertical_flip": "up-down flip",
    "quarter_turns": "quarter turns",
    "rotate": "rotation",
    "zoom": "zoom",
    "shift": "shift",
    "crop": "cropping",
    "brightness": "brightness",
    "contrast": "contrast",
    "saturation": "saturation",
    "hue": "hue",
    "noise": "Gaussian noise",
}

# Leaves images alone.
UNCHANGED = Augment(horizontal_flip=0.0)


@dataclass(frozen=True)
class Example:
    """An image as in its file, uint8 H×W×3, and as it is packed, uint8 S×S×3, with its mask uint8 S×S (None: none)."""

    title: str
    original: np.ndarray
    packed: np.ndarray
    mask: np.ndarray | None

    @property
    def masked(self) -> np.ndarray:
        """The packed image, black where the mask leaves it out."""
        return self.packed if self.mask is None else self.packed * self.mask[..., None]


def preprocessing(results: Results, run: str) -> Drawn:
    """The first image of every class: as in its file, resized, its mask, masked, with the noise `run` trains on."""
    return preprocessing_figure(_examples(results), _train(results, run).augment.noise, results.dataset.modality.name)


def augmentation(results: Results, run: str) -> Drawn:
    """Each random change that `run` trains with, by itself and all together, on the first image of the last class."""
    example = _examples(results)[-1]
    train = _train(results, run)
    return augmentation_figure(example.masked if train.mask else example.packed, train.augment)


def preprocessing_figure(examples: list[Example], noise: float, modality: str) -> Drawn:
    """A line for each example, a column for each step; `noise` is its standard deviation as a share of the range."""
    words = packed_modality(modality)
    masked = any(example.mask is not None for example in examples)
    titles = [words.shown, words.result, *(["mask", "masked"] if masked else []), *(["with noise"] if noise else [])]
    widest = max(example.original.shape[1] / example.original.shape[0] for example in examples)
    ratios = [min(2.5, max(1.0, widest)), *[1] * (len(titles) - 1)]
    figure, axes = new_figure(
        1.6 * sum(ratios) + 0.8,
        1.75 * len(examples) + 0.4,
        len(examples),
        len(titles),
        squeeze=False,
        width_ratios=ratios,
    )
    for line, example in enumerate(examples):
        steps = [example.original, example.packed]
        if masked:
            assert example.mask is not None  # a study has masks of all its images or of none
            steps += [255 * example.mask, example.masked]
        if noise:
            steps.append(_changed(example.masked, replace(UNCHANGED, noise=noise), 1)[0])
        for axis, step in zip(axes[line], steps, strict=True):
            axis.imshow(step, cmap="gray", vmin=0, vmax=255, interpolation="none")
            axis.set_xlabel(f"{step.shape[1]} × {step.shape[0]} px", fontsize=7, labelpad=2)
        axes[line, 0].set_ylabel(example.title)
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(wrapped(title, TITLE_LETTERS), fontsize=9)
    _bare(axes)
    return Drawn(figure, of_pictures=True)


def augmentation_figure(image: np.ndarray, augment: Augment) -> Drawn:
    """A line for each change that the settings `augment` make, and one for all; `image` uint8 S×S×3."""
    active = {
        name: (words, getattr(augment, name))
        for name, words in CHANGES.items()
        if getattr(augment, name) != getattr(UNCHANGED, name)
    }
    if not active:
        raise NotDrawnError("needs a training with random changes, and this one has none")
    lines = [
        (f"{words}\n({_amount(amount)})", replace(UNCHANGED, **{name: amount}))
        for name, (words, amount) in active.items()
    ]
    lines.append(("all together", augment))
    figure, axes = new_figure(1.35 * (DRAWS + 1) + 1.4, 1.4 * len(lines) + 0.3, len(lines), DRAWS + 1, squeeze=False)
    for line, (words, changes) in enumerate(lines):
        axes[line, 0].imshow(image, interpolation="none")
        axes[line, 0].set_ylabel(words, rotation=0, ha="right", va="center", fontsize=8)
        for axis, changed in zip(axes[line, 1:], _changed(image, changes, DRAWS), strict=True):
            axis.imshow(changed, interpolation="none")
    axes[0, 0].set_title("image", fontsize=9)
    for number, axis in enumerate(axes[0, 1:], start=1):
        axis.set_title(f"draw {number}", fontsize=9)
    _bare(axes)
    return Drawn(figure, of_pictures=True)


def _amount(value: float | bool) -> str:
    return "on" if value is True else f"{value:g}"


def _changed(image: np.ndarray, changes: Augment, draws: int) -> list[np.ndarray]:
    """The image as `draws` epochs of a training with these changes alone would show it."""
    import torch

    from workflow_scripts.training import augment
    from workflow_scripts.training.randomness import keys_of

    keys = keys_of(f"draw {number}" for number in range(draws))
    pictures = ArrayDescription(PIXELS, "uint8", image.shape, 255)
    drawn = augment.draw(changes, 0, 0, keys, torch.device("cpu"), pictures)
    batch = torch.from_numpy(np.stack([image] * draws))
    images = augment.apply(batch, drawn)
    return [image.permute(1, 2, 0).round().clamp(0, 255).byte().numpy() for image in images]


def _examples(results: Results) -> list[Example]:
    arrays, label_of = arrays_of(results), results.manifest.set_index("id")["label"]
    return [
        Example(label_of[name], original, visible(arrays.picture(name), arrays.description), arrays.mask(name))
        for name, original in read_originals(results.folder / "examples" / ORIGINALS_FILE).items()
    ]


def _train(results: Results, run: str) -> Train:
    train = results.settings.runs[run].train if run in results.settings.runs else None
    if train is None:
        raise NotDrawnError(f"needs the trained run {run}")
    return train


def _bare(axes: np.ndarray) -> None:
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.grid(False)
        axis.spines[:].set_visible(False)
