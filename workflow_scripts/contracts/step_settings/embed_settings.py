"""What the step `embed` receives, and the block `embeddings` of a study's settings."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import Filled, Positive, UserPath, about
from workflow_scripts.contracts.constructor_options import Options
from workflow_scripts.contracts.step_settings.train_settings import Precision


@dataclass(frozen=True)
class Embedding:
    """What a network that learns nothing makes of every picture of a study, stored once for all runs that read it."""

    model: Annotated[Filled, about("Name of the network, as of a run of kind network.")]
    options: Annotated[Options, about("As of a run of kind network.")] = field(default_factory=dict)
    weights: Annotated[
        UserPath | None,
        about(
            "`published` (the library's pretrained weights), the path of a safetensors file, or null: weights drawn at "
            "random, the same ones for every run that reads the embedding."
        ),
    ] = None
    stage: Annotated[
        Positive | None,
        about(
            "What is stored: null, the last map before the classifier; n, what leaves the n-th stage, as of "
            "`train.frozen_stages`. A network is trained from stored maps where `stage` is its "
            "`train.frozen_stages`."
        ),
    ] = None
    pool: Annotated[
        Literal["none", "mean"],
        about("none: maps, height × width × channels; mean: their mean over all places, a number a channel."),
    ] = "none"
    symmetries: Annotated[
        Literal["none", "eight"],
        about(
            "eight: of each picture also what is made of its flips and quarter turns, which a network that is trained "
            "from stored maps takes for random changes; eight times the space."
        ),
    ] = "none"
    stored: Annotated[
        Literal["float16", "float32"],
        about("Type of the stored numbers; float16 keeps three digits in half the space."),
    ] = "float16"
    normalise: Annotated[
        Literal["imagenet", "half", "unit"],
        about("Mean and standard deviation of the pixels: those of ImageNet, 0.5 and 0.5, or 0 and 1."),
    ] = "imagenet"
    precision: Annotated[Precision, about("Arithmetic of the forward pass, as of `train.precision`.")] = "float32"

    def __post_init__(self) -> None:
        if self.pool == "mean" and self.symmetries == "eight":
            raise ValueError("symmetries is eight and pool mean; only maps are read eightfold, write symmetries: none")


@dataclass(frozen=True)
class EmbedSettings:
    """What the step receives. seed: of weights that are drawn at random; torch_threads: of the study's trainings."""

    study: str
    name: str
    embedding: Embedding
    seed: int
    torch_threads: int
