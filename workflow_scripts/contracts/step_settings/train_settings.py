"""The block `train` of a study's settings, and of a run's."""

from dataclasses import dataclass, field, fields
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import Positive, Share, about, distinct, optional
from workflow_scripts.contracts.stain_reference import Stain
from workflow_scripts.contracts.step_settings.split_settings import Resample

# How exactly a network's arithmetic is done.
Precision = Literal["float32", "tf32", "bfloat16"]


@dataclass(frozen=True)
class Augment:
    """Random changes of training images, a function of seed, epoch and sample."""

    horizontal_flip: Annotated[Share, about("Probability of a left-right flip.")] = 0.5
    vertical_flip: Annotated[Share, about("Probability of an up-down flip.")] = 0.0
    quarter_turns: Annotated[bool, about("Rotate by a random multiple of 90°.")] = False
    rotate: Annotated[float, about("Rotate by up to this many degrees.", ge=0, le=180)] = 0.0
    zoom: Annotated[float, about("Scale by 1 ± this share.", ge=0, lt=1)] = 0.0
    shift: Annotated[float, about("Shift by up to this share of the side.", ge=0, lt=1)] = 0.0
    crop: Annotated[
        float,
        about("Cut out a window whose side is shorter by up to this share, and resize it to the whole.", ge=0, lt=1),
    ] = 0.0
    brightness: Annotated[Share, about("Multiply the intensities by 1 ± this share.")] = 0.0
    contrast: Annotated[Share, about("Stretch the intensities around their mean by 1 ± this share.")] = 0.0
    saturation: Annotated[Share, about("Multiply the distance of the colours from grey by 1 ± this share.")] = 0.0
    hue: Annotated[
        float, about("Turn the hue, at equal luminance, by up to this share of the colour circle.", ge=0, le=0.5)
    ] = 0.0
    noise: Annotated[
        Share,
        about(
            "Standard deviation of Gaussian noise added to every pixel and channel, after all else, as a share of"
            " the full range."
        ),
    ] = 0.0

    @property
    def symmetries(self) -> tuple[str, ...]:
        """Keys of the changes that it makes which put a picture's pixels in another order, and lose none."""
        return tuple(key for key in _SYMMETRIES if getattr(self, key))

    @property
    def further_changes(self) -> tuple[str, ...]:
        """Keys of all other changes that it makes."""
        return tuple(
            entry.name for entry in fields(self) if entry.name not in _SYMMETRIES and getattr(self, entry.name)
        )


# Of Augment: flips and quarter turns.
_SYMMETRIES = ("horizontal_flip", "vertical_flip", "quarter_turns")


@dataclass(frozen=True)
class Train:
    """How a network is trained."""

    epochs: Annotated[Positive, about("Passes over the training subset.")] = 100
    batch_size: Annotated[int, about("Images per optimiser step.", ge=2)] = 16
    optimizer: Annotated[Literal["adamw", "adam", "sgd"], about("Optimiser.")] = "adamw"
    learning_rate: Annotated[
        float, about("Peak learning rate. Write 2.0e-4, not 2e-4: YAML reads the latter as text.", gt=0)
    ] = 0.0002
    weight_decay: Annotated[float, about("Weight decay of the optimiser.", ge=0)] = 0.01
    momentum: Annotated[float, about("Momentum; optimiser sgd only.", ge=0, lt=1)] = 0.9
    schedule: Annotated[
        Literal["constant", "cosine", "linear"],
        about("Course of the learning rate after the warm-up: constant, or down to zero."),
    ] = "constant"
    warmup_epochs: Annotated[float, about("Epochs of linear rise of the learning rate.", ge=0)] = 0.0
    loss: Annotated[
        Literal["cross_entropy", "binary_cross_entropy", "focal", "squared_error"],
        about(
            "Loss function. binary_cross_entropy: of two classes alone, on the difference of their outputs; the same "
            "function as cross_entropy of two. squared_error: mean over the classes of the squared difference of "
            "probability and 0 or 1."
        ),
    ] = "cross_entropy"
    label_smoothing: Annotated[float, about("Label smoothing; cross_entropy only.", ge=0, lt=1)] = 0.0
    class_weights: Annotated[
        Literal["none", "balanced"],
        about("Weights of the classes in the loss; balanced: inverse to their number of training images."),
    ] = "none"
    freeze: Annotated[
        Literal["none", "backbone"],
        about("backbone: only the classifier layers are trained; batch-norm statistics stay fixed too."),
    ] = "none"
    frozen_stages: Annotated[
        int,
        about(
            "The first n stages stay as they start: their weights do not learn, batch-norm statistics stay fixed, "
            "nothing of them decays. Of a VGG-like network each ends with a pooling; of an EfficientNet of timm's "
            "they are its blocks, with the stem before the first.",
            ge=0,
        ),
    ] = 0
    redefine: Annotated[
        bool,
        about(
            "With `frozen_stages`: only these start from the run's `weights`; all layers behind them start at random. "
            "false: all but the classifier start from `weights`."
        ),
    ] = False
    normalise: Annotated[
        Literal["dataset", "imagenet", "half", "unit"],
        about("Mean and standard deviation taken from: the training subset, ImageNet, 0.5 and 0.5, or 0 and 1."),
    ] = "dataset"
    stain: Annotated[
        Stain,
        about(
            "Stained tissue in colour: every image gets the colours of a reference, taken of several units of the "
            "training subset alone and kept with the weights. reinhard: mean and spread in L*a*b*; macenko: the two "
            "stains and their amounts. Background stays as it is."
        ),
    ] = optional("none")
    select: Annotated[
        Literal["last", "best"],
        about("Which weights are kept: of the last epoch, or of the epoch with the lowest validation loss."),
    ] = "last"
    patience: Annotated[
        Positive | None,
        about(
            "Early stopping: training ends after so many epochs without a lower validation loss. Goes with `select: "
            "best`. null: all `epochs` are trained."
        ),
    ] = optional()
    precision: Annotated[
        Precision,
        about(
            "Arithmetic of forward and backward pass; weights stay float32. float32: of 24 significant bits, on a GPU "
            "too; tf32: a GPU multiplies numbers of 11 bits in convolutions and matrix products, several times as "
            "fast, a CPU does as with float32; bfloat16: autocast to numbers of 8 bits, what it leaves in float32 is "
            "true float32."
        ),
    ] = "float32"
    channels_last: Annotated[
        bool,
        about(
            "Memory layout with a pixel's channels next to each other: faster with depthwise convolutions, and on a "
            "GPU with tf32 and bfloat16."
        ),
    ] = False
    deterministic: Annotated[bool, about("On a GPU: use deterministic algorithms only.")] = True
    replay: Annotated[
        bool,
        about(
            "On a GPU: record an optimiser step after a few (a CUDA graph) and replay it with each further batch. It "
            "saves the time of launching hundreds of kernels a step, which is most of it for small batches, and takes "
            "memory for a second step. Not for sequences, several `processes`, or a network whose forward pass decides "
            "something on the processor."
        ),
    ] = optional(False)
    torch_threads: Annotated[
        Positive, about("Threads of one training. It changes the bytes of the result, so it is a setting of the study.")
    ] = 1
    processes: Annotated[
        Positive,
        about(
            "How many processes train one network together, each on a GPU of its own (or on `torch_threads` "
            "cores), each learning from its part of every batch of `batch_size` images. It changes the bytes of "
            "the result; batch normalisation goes by the parts. For networks that take days, on one machine."
        ),
    ] = 1
    copies: Annotated[
        Literal["none", "fourfold"],
        about(
            "fourfold: augmentation ×4, an epoch shows each training image four times: as it is, turned by 180°, "
            "flipped left-right and flipped up-down; random changes come on top."
        ),
    ] = "none"
    sampling: Annotated[
        Literal["none", "weighted", "oversampled"],
        about(
            "How rare classes are shown as often as frequent ones. weighted: each epoch draws as many training "
            "images as there are, with replacement, every class equally likely; oversampled: images of smaller "
            "classes are repeated at random, the same in every epoch, until all classes are as large as the "
            "largest."
        ),
    ] = "none"
    extra: Annotated[
        dict[str, Positive],
        about(
            "Class → how often an epoch shows each of its training images (other classes: once), each time with "
            "random changes of its own."
        ),
    ] = field(default_factory=dict)
    mask: Annotated[bool, about("Where the study has masks: show the images black where the mask leaves them out.")] = (
        True
    )
    at_test: Annotated[
        tuple[Literal["mask", "noise"], ...],
        about(
            "Which of the training's mask and noise (`augment.noise`) are also applied to images that are not "
            "trained on: validation, test, new ones. The noise there is always the same.",
            check=distinct,
        ),
    ] = ("mask",)
    augment: Annotated[Augment, about("Random changes of training images.")] = Augment()

    def __post_init__(self) -> None:
        if self.label_smoothing and self.loss != "cross_entropy":
            raise ValueError(
                f"label_smoothing is {self.label_smoothing:g} and loss {self.loss}; only cross_entropy smooths labels"
            )
        if self.patience is not None and self.select != "best":
            raise ValueError(f"patience is {self.patience} and select {self.select}; write `select: best`")
        if self.redefine and not self.frozen_stages:
            raise ValueError("redefine is true and frozen_stages 0; say how many stages keep their weights")
        if self.replay and self.processes > 1:
            raise ValueError(f"replay is true and processes {self.processes}; only one process's steps are recorded")
        if self.sampling != "none" and self.extra:
            raise ValueError(f"sampling is {self.sampling} and extra is given; both say how often a class is shown")
        if self.sampling != "none" and self.class_weights != "none":
            raise ValueError(
                f"sampling is {self.sampling} and class_weights {self.class_weights}; balance classes once"
            )


def balanced_twice(resample: Resample, train: Train) -> str:
    """What of a training balances classes besides the synthetic samples of its protocol, in a line; empty: nothing."""
    if resample == "none":
        return ""
    further = {
        "sampling": train.sampling,
        "extra": ", ".join(train.extra) or "none",
        "class_weights": train.class_weights,
        "copies": train.copies,
    }
    further_ways = [f"{key} is {value}" for key, value in further.items() if value != "none"]
    return f"resample is {resample} and {further_ways[0]}; balance classes once" if further_ways else ""
