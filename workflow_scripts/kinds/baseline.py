"""Logistic regression on a few numbers of each image."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from workflow_scripts.contracts.blocks import about, distinct
from workflow_scripts.kinds.made_kind import MadeKind
from workflow_scripts.runtime.wording import listed

if TYPE_CHECKING:
    from workflow_scripts.contracts.run_record import RunRecord

# Modalities of the samples that each feature is taken of, see baselines.simple_features.
MODALITIES = {
    "border": ("image", "dicom"),
    "colour": ("image",),
    "intensity": ("dicom",),
    "size": ("image",),
    "acquisition": ("dicom",),
    "stained": ("image",),
}
FEATURE_WORDS = {
    "border": "the image's border",
    "colour": "colour statistics",
    "intensity": "intensity statistics",
    "size": "image size",
    "acquisition": "acquisition parameters",
    "stained": "share of brown nuclei",
}
# Features that hold nothing of what a class is about → what they see.
BLIND_FEATURES = {
    "border": "the border of each picture",
    "colour": "its colours",
    "intensity": "its intensities",
    "size": "its size",
    "acquisition": "how the scanner was set",
}


@dataclass(frozen=True)
class Baseline(MadeKind):
    """Logistic regression on a few numbers of each image; what it reaches, a network must beat."""

    position = 4
    learns = True
    maker = "workflow_scripts.baselines.logistic_regression:make"

    kind: Annotated[Literal["baseline"], about("Logistic regression without a network.")]
    features: Annotated[
        tuple[Literal["border", "colour", "intensity", "size", "acquisition", "stained"], ...],
        about(
            "border: the outermost 2 of 32 rows and columns of pixels; colour: mean, spread and percentiles of each "
            "channel; intensity: the same of slices, which have one; size: width, height and their ratio of the "
            "published image; acquisition: how a scanner was set (rows and columns, spacing, thickness, echo and "
            "repetition time, field strength), a value that is missing being the training median and marked; stained: "
            "share of the area of nuclei that is brown.",
            min_length=1,
            check=distinct,
        ),
    ]

    def words(self, name: str, record: "RunRecord") -> str:
        return f"no network: {listed(FEATURE_WORDS[feature] for feature in self.features)}"

    def blind_to_classes(self) -> tuple[str, ...]:
        if set(self.features) <= set(BLIND_FEATURES):
            return tuple(BLIND_FEATURES[feature] for feature in self.features)
        return ()

    def modalities(self) -> Mapping[str, tuple[str, ...]]:
        return {f"the feature {feature}": MODALITIES[feature] for feature in self.features}
