"""Logistic regression on a few numbers of each image."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from workflow_scripts.contracts.blocks import Filled, about, distinct, optional
from workflow_scripts.kinds.kind import RunKind
from workflow_scripts.kinds.made_kind import MadeKind
from workflow_scripts.runtime.wording import listed

if TYPE_CHECKING:
    from workflow_scripts.contracts.run_record import RunRecord

Feature = Literal["border", "colour", "intensity", "size", "acquisition", "stained", "stain", "position", "stored"]
# The feature that an embedding holds; all others are of pixels or the manifest.
STORED = "stored"
# Modalities of the samples that each feature is taken of, see baselines.simple_features.
MODALITIES = {
    "border": ("image", "dicom", "slide"),
    "colour": ("image", "slide"),
    "intensity": ("dicom",),
    "size": ("image",),
    "acquisition": ("dicom",),
    "stained": ("image",),
    "stain": ("image", "slide"),
    "position": ("slide",),
}
FEATURE_WORDS = {
    "border": "the image's border",
    "colour": "colour statistics",
    "intensity": "intensity statistics",
    "size": "image size",
    "acquisition": "acquisition parameters",
    "stained": "share of brown nuclei",
    "stain": "colours of the two stains",
    "position": "place in the slide",
}
# Features that hold no shape of what a class is about → what they see. The colours of tissue are also its own, and how
# large a picture of a cell is the cell says: it is enough that no network is needed to see them.
SHAPELESS_FEATURES = {
    "border": "the border of each picture",
    "colour": "the colours of each picture",
    "intensity": "the intensities of each slice",
    "size": "the size of each picture",
    "acquisition": "how the scanner was set",
    "stain": "the hues of both stains",
    "position": "where in its slide a tile lies",
}


@dataclass(frozen=True)
class Baseline(MadeKind):
    """Logistic regression on a few numbers of each image; what it reaches, a network must beat."""

    position = 4
    learns = True
    maker = "workflow_scripts.baselines.logistic_regression:make"

    kind: Annotated[Literal["baseline"], about("Logistic regression without a network.")]
    features: Annotated[
        tuple[Feature, ...],
        about(
            "border: the outermost 2 of 32 rows and columns of pixels; colour: mean, spread and percentiles of each "
            "channel; intensity: the same of slices, which have one; size: width, height and their ratio of the "
            "published image; acquisition: how a scanner was set (rows and columns, spacing, thickness, echo and "
            "repetition time, field strength), a value that is missing being the training median and marked; stained: "
            "share of the area of nuclei that is brown; stain: what a laboratory does, of tissue in colour the optical "
            "density of its two stains, not how much of them there is; where there is too little "
            "tissue as what is missing; position: row and column of a tile, and its place relative to the slide's "
            "sides; stored: the numbers of an `embedding`, each picture as it is, without flips and turns; it stands "
            "alone.",
            min_length=1,
            check=distinct,
        ),
    ]

    embedding: Annotated[
        Filled | None,
        about("The study's embedding whose numbers `stored` takes; null: none."),
    ] = optional()
    C: Annotated[
        float, about("Inverse strength of the ridge penalty, as in scikit-learn; smaller is more penalty.", gt=0)
    ] = 1.0

    def mistakes(self, name: str, runs: Mapping[str, RunKind]) -> Iterator[str]:
        if STORED in self.features and self.embedding is None:
            yield f"run {name!r}: the feature stored needs an embedding; name one of the study: `embedding: <name>`"
        if STORED not in self.features and self.embedding is not None:
            yield f"run {name!r}: embedding is {self.embedding}, which the feature stored alone reads; take it out"
        if STORED in self.features and len(self.features) > 1:
            rest = listed(feature for feature in self.features if feature != STORED)
            yield f"run {name!r}: the feature stored stands alone, and there is {rest}; make a run of each"

    def words(self, name: str, record: "RunRecord") -> str:
        penalty = "" if self.C == 1 else f", C = {self.C:g}"
        if self.embedding is not None:
            return f"logistic regression on the stored features {self.embedding}{penalty}"
        return f"no network: {listed(FEATURE_WORDS[feature] for feature in self.features)}{penalty}"

    def sees_no_shape(self) -> tuple[str, ...]:
        if set(self.features) <= set(SHAPELESS_FEATURES):
            return tuple(SHAPELESS_FEATURES[feature] for feature in self.features)
        return ()

    def modalities(self) -> Mapping[str, tuple[str, ...]]:
        return {f"the feature {feature}": MODALITIES[feature] for feature in self.features if feature != STORED}
