"""What the step `synthesise` receives, and the block `synthetic` of a study's settings."""

from dataclasses import dataclass
from typing import Annotated

from workflow_scripts.contracts.blocks import Share, Size, about, limit


@dataclass(frozen=True)
class Synthetic:
    """Synthetic data, written in the published layout of the study's adapters when `source` is `synthetic`."""

    samples_per_class: Annotated[int, about("Images made per class.", ge=4)] = 40
    samples_per_field: Annotated[
        int, about("Images that share one field (source picture): its stain and background.", ge=1)
    ] = 5
    size: Annotated[Size, about("Side of a synthetic image in pixels, before the preprocessing resizes it.")] = 80
    difficulty: Annotated[Share, about("0: classes are far apart; 1: they overlap widely.")] = 0.5
    field_effect: Annotated[
        float,
        about(
            "Strength of the look that images of one field share. From about 3 on, a split by sample looks better"
            " than a split by field.",
            ge=0,
        ),
    ] = 1.0
    fields_per_class: Annotated[
        dict[str, Annotated[int, limit(ge=1)]] | None,
        about(
            "Class → number of its fields (patients), of `samples_per_field` images each; every class must stand there."
            " null: as many for each class as `samples_per_class` needs."
        ),
    ] = None
    class_by_site: Annotated[
        Share,
        about(
            "Of data that are drawn with sites. 0: the patients of each class come from all sites alike; 1: those of a "
            "class come from one site, so that its scanner or stain tells the class."
        ),
    ] = 0.0


@dataclass(frozen=True)
class SynthesiseSettings:
    """What the step receives.

    adapter_index: of the adapter among those of the study, from 0; generator: the module that draws the data.
    """

    study: str
    seed: int
    adapter: str
    adapter_index: int
    generator: str
    synthetic: Synthetic
