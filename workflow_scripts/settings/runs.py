"""Settings of what trains, predicts, is evaluated and explained."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from workflow_scripts.models.own import OWN
from workflow_scripts.settings.base import Block, Distinct, Filled, UserPath, changes_of
from workflow_scripts.settings.data_blocks import Share
from workflow_scripts.settings.options import Options

Positive = Annotated[int, Field(ge=1)]


class Augment(Block):
    """Random changes of training images, a function of seed, epoch and sample."""

    horizontal_flip: Share = Field(0.5, description="Probability of a left-right flip.")
    vertical_flip: Share = Field(0.0, description="Probability of an up-down flip.")
    quarter_turns: bool = Field(False, description="Rotate by a random multiple of 90°.")
    rotate: Annotated[float, Field(ge=0, le=180)] = Field(0.0, description="Rotate by up to this many degrees.")
    zoom: Annotated[float, Field(ge=0, lt=1)] = Field(0.0, description="Scale by 1 ± this share.")
    shift: Annotated[float, Field(ge=0, lt=1)] = Field(0.0, description="Shift by up to this share of the side.")
    crop: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="Cut out a window whose side is shorter by up to this share, and resize it to the whole."
    )
    brightness: Share = Field(0.0, description="Multiply the intensities by 1 ± this share.")
    contrast: Share = Field(0.0, description="Stretch the intensities around their mean by 1 ± this share.")
    saturation: Share = Field(0.0, description="Multiply the distance of the colours from grey by 1 ± this share.")
    hue: Annotated[float, Field(ge=0, le=0.5)] = Field(
        0.0, description="Turn the hue, at equal luminance, by up to this share of the colour circle."
    )
    noise: Share = Field(
        0.0,
        description="Standard deviation of Gaussian noise added to every pixel and channel, after all else, as a share "
        "of the full range.",
    )


class Train(Block):
    """How a network is trained."""

    epochs: Positive = Field(100, description="Passes over the training subset.")
    batch_size: Annotated[int, Field(ge=2)] = Field(16, description="Images per optimiser step.")
    optimizer: Literal["adamw", "adam", "sgd"] = Field("adamw", description="Optimiser.")
    learning_rate: Annotated[float, Field(gt=0)] = Field(
        2.0e-4, description="Peak learning rate. Write 2.0e-4, not 2e-4: YAML reads the latter as text."
    )
    weight_decay: Annotated[float, Field(ge=0)] = Field(0.01, description="Weight decay of the optimiser.")
    momentum: Annotated[float, Field(ge=0, lt=1)] = Field(0.9, description="Momentum; optimiser sgd only.")
    schedule: Literal["constant", "cosine", "linear"] = Field(
        "constant", description="Course of the learning rate after the warm-up: constant, or down to zero."
    )
    warmup_epochs: Annotated[float, Field(ge=0)] = Field(0.0, description="Epochs of linear rise of the learning rate.")
    loss: Literal["cross_entropy", "focal"] = Field("cross_entropy", description="Loss function.")
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="Label smoothing; cross_entropy only."
    )
    class_weights: Literal["none", "balanced"] = Field(
        "none", description="Weights of the classes in the loss; balanced: inverse to their number of training images."
    )
    freeze: Literal["none", "backbone"] = Field(
        "none", description="backbone: only the classifier layers are trained; batch-norm statistics stay fixed too."
    )
    normalise: Literal["dataset", "imagenet", "half"] = Field(
        "dataset",
        description="Mean and standard deviation taken from: the training subset, ImageNet, or 0.5 and 0.5.",
    )
    select: Literal["last", "best"] = Field(
        "last",
        description="Which weights are kept: of the last epoch, or of the epoch with the lowest validation loss.",
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32", description="Arithmetic of forward and backward pass; bfloat16 is autocast, weights stay float32."
    )
    channels_last: bool = Field(False, description="Memory layout that speeds up depthwise convolutions.")
    deterministic: bool = Field(True, description="On a GPU: use deterministic algorithms only.")
    torch_threads: Positive = Field(
        1, description="Threads of one training. It changes the bytes of the result, so it is a setting of the study."
    )
    processes: Positive = Field(
        1,
        description="How many processes train one network together, each on a GPU of its own (or on `torch_threads` "
        "cores), each learning from its part of every batch of `batch_size` images. It changes the bytes of the "
        "result; batch normalisation goes by the parts. For networks that take days, on one machine.",
    )
    copies: Literal["none", "fourfold"] = Field(
        "none",
        description="fourfold: an epoch shows each training image four times: as it is, turned by 180°, flipped "
        "left-right and flipped up-down; random changes come on top.",
    )
    sampling: Literal["none", "weighted", "oversampled"] = Field(
        "none",
        description="How rare classes are shown as often as frequent ones. weighted: each epoch draws as many training "
        "images as there are, with replacement, every class equally likely; oversampled: images of smaller classes are "
        "repeated at random, the same in every epoch, until all classes are as large as the largest.",
    )
    extra: dict[str, Positive] = Field(
        {},
        description="Class → how often an epoch shows each of its training images (other classes: once), each time "
        "with random changes of its own.",
    )
    mask: bool = Field(
        True, description="Where the study has masks: show the images black where the mask leaves them out."
    )
    at_test: Distinct[list[Literal["mask", "noise"]]] = Field(
        ["mask"],
        description="Which of the training's mask and noise (`augment.noise`) also lie on images that are not trained "
        "on: validation, test, new ones. The noise there is always the same.",
    )
    augment: Augment = Field(Augment(), description="Random changes of training images.")

    @model_validator(mode="after")
    def _once(self) -> "Train":
        if self.sampling != "none" and self.extra:
            raise ValueError(f"sampling is {self.sampling} and extra is given; both say how often a class is shown")
        if self.sampling != "none" and self.class_weights != "none":
            raise ValueError(
                f"sampling is {self.sampling} and class_weights {self.class_weights}; balance classes once"
            )
        return self


TrainChanges = changes_of(Train, "TrainChanges")


class Network(Block):
    """A network that is trained on the images."""

    kind: Literal["network"] = Field(description="One network.")
    model: Filled = Field(
        description="Name as timm has it (resnet18), torchvision/<name>, or one that is written here: "
        f"{', '.join(OWN)}."
    )
    options: Options = Field(
        {},
        description="Further arguments of the model's constructor. Not such as load weights (`pretrained`, "
        "`checkpoint_path`, …): `weights` alone names them.",
    )
    weights: UserPath | None = Field(
        None,
        description="Start: null (from scratch), `published` (the library's pretrained weights, fetched once to "
        "data/weights) or the path of a safetensors file.",
    )
    hidden: Positive | None = Field(
        None,
        description="Width of a further fully connected layer, with ReLU, between the features and the classifier; "
        "null: none.",
    )
    train: TrainChanges = Field(TrainChanges(), description="Keys of the study's `train` that differ for this run.")


class Branch(Block):
    """One feature extractor of a fusion network."""

    model: Filled = Field(
        description="Name as for a network. With a distillation token (deit_tiny_distilled_patch16_224) the features "
        "are the mean of the class token and the distillation token."
    )
    options: Options = Field({}, description="As for a network.")
    weights: UserPath | None = Field(None, description="As for a network.")


class Fusion(Block):
    """Several feature extractors, their features joined and classified by two layers, trained together."""

    kind: Literal["fusion"] = Field(description="Joint network of several branches.")
    branches: Annotated[dict[str, Branch], Field(min_length=2)] = Field(
        description="Name → feature extractor; features are joined in this order."
    )
    how: Literal["serial", "parallel"] = Field(
        "serial",
        description="How features are joined. serial: one after the other; parallel: padded with zeros to the longest, "
        "then added.",
    )
    hidden: Positive | None = Field(None, description="Width of the hidden layer; null: that of the joined features.")
    activation: Literal["gelu", "relu"] = Field("gelu", description="Activation between the two layers.")
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(0.0, description="Dropout before the last layer.")
    train: TrainChanges = Field(TrainChanges(), description="Keys of the study's `train` that differ for this run.")


class Vote(Block):
    """Finished runs vote; nothing is trained."""

    kind: Literal["vote"] = Field(description="Vote of several runs.")
    members: Distinct[Annotated[list[str], Field(min_length=2)]] = Field(description="Names of runs of this study.")
    how: Literal["soft", "weighted", "hard"] = Field(
        "soft",
        description="soft: mean of the probabilities; weighted: their mean, weighted by `weights`; hard: share of the "
        "votes (ties: the larger mean probability).",
    )
    weights: list[Annotated[float, Field(ge=0)]] | None = Field(
        None, description="weighted only: one number a member. null: the members' accuracy on the validation subset."
    )


class Compressed(Block):
    """A trained run in fewer bits; nothing is trained again, all arithmetic is done in 32 bits."""

    kind: Literal["compressed"] = Field(description="A trained run in fewer bits.")
    of: str = Field(description="Name of a network or fusion of this study.")
    to: Literal["float16", "bfloat16", "int8", "onnx"] = Field(
        "float16",
        description="float16, bfloat16: every weight in 16 bits; int8: matrices and kernels in 8 bits with one step "
        "per output channel; onnx: an ONNX file in 32 bits, run by onnxruntime.",
    )


class Baseline(Block):
    """Logistic regression on a few numbers of each image; what it reaches, a network must beat."""

    kind: Literal["baseline"] = Field(description="Logistic regression without a network.")
    features: Distinct[Annotated[list[Literal["rim", "colour", "size", "stained"]], Field(min_length=1)]] = Field(
        description="rim: the outermost 2 of 32 rows and columns of pixels; colour: mean, spread and percentiles of "
        "each channel; size: width, height and their ratio of the published image; stained: share of the area of "
        "nuclei that is brown."
    )


class External(Block):
    """A trained run of another study predicts this study's samples, without any refit."""

    kind: Literal["external"] = Field(description="A trained run of another study, applied here as it is.")
    study: str = Field(description="The study it was trained in.")
    of: str = Field(description="Name of a network or fusion of that study; its first fold is used.")
    protocol: str | None = Field(
        None, description="Protocol of that study. null: the one whose `role` is as_published."
    )
    classes: dict[str, str | None] | None = Field(
        None,
        description="Class there → class here; probabilities of several are added; null: left out, and the rest "
        "scaled to 1. null for the whole key: both studies have the same classes.",
    )


Run = Annotated[Network | Fusion | Vote | Compressed | Baseline | External, Field(discriminator="kind")]

# Kind of run → the step that makes it. Only what `train` makes has weights, a history and Grad-CAM.
STEPS = {
    "network": "train",
    "fusion": "train",
    "vote": "vote",
    "compressed": "compress",
    "baseline": "baseline",
    "external": "external",
}
TRAINED = tuple(kind for kind, step in STEPS.items() if step == "train")


class Evaluate(Block):
    """What is measured, and how its uncertainty is estimated."""

    headline: Literal["accuracy", "macro_f1", "macro_auc", "balanced_accuracy"] = Field(
        "accuracy", description="Metric shown first and compared first."
    )
    aggregate: Literal["none", "mean", "max"] = Field(
        "none", description="How the samples of one unit become one prediction; none: every sample is a unit."
    )
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of the bootstrap (groups, where known).")
    margin: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        0.02,
        description="How far an obtained share may be from the published one and still count as the same; a verdict "
        "of `holds` needs the whole interval inside. Declared beforehand: changing it after the results is no test.",
    )
    calibration_bins: Annotated[int, Field(ge=2)] = Field(10, description="Bins of the reliability curve.")
    reference: str | None = Field(
        None, description="Run that every other run is compared with, on the same samples; null: the first run."
    )
    subgroups: Distinct[list[str]] = Field(
        [],
        description="Columns of the table of groups (`ingest.groups`: age, stage, …) or of manifest.csv: accuracy, "
        "sensitivity and specificity are also reported for each of their values. A numeric column with more than 6 "
        "values is cut at its tertiles. A column that is not there is said in the report. No other column of the table "
        "reaches the results; naming one more makes the manifest anew.",
    )


class Explain(Block):
    """What a trained network looks at, what it confuses, and how it sees the test samples beside each other."""

    runs: Distinct[list[str]] = Field([], description="Runs that are explained: networks, fusions, and votes of them.")
    images: Annotated[int, Field(ge=1, le=100)] = Field(
        6, description="Test images shown, taken in turn from the classes."
    )
    errors: Annotated[int, Field(ge=1, le=100)] = Field(
        6, description="Test images shown of those that are classified wrongly, the most confident first."
    )
    embedding: bool = Field(
        True,
        description="Show the features before the classifier of all test images by t-SNE in three dimensions (not of "
        "a vote, which has none).",
    )
