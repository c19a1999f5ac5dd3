"""What the step `synthesise` receives, and the block `synthetic` of a study's settings."""

from dataclasses import dataclass
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import Filled, Share, Size, about, limit, optional


@dataclass(frozen=True)
class SyntheticVisits:
    """A synthetic register of visits."""

    patients: Annotated[
        int,
        about(
            "Women in the register. One in sixteen has an index sample, HPV-positive with normal cytology.",
            ge=100,
        ),
    ] = 6000
    signal: Annotated[
        Literal["temporal", "static", "none"],
        about(
            "What the risk after the index sample depends on. temporal: the course of infection and lesion, of which "
            "the history tells more than the sample; static: what the sample shows and nothing else; none: nothing."
        ),
    ] = "temporal"


@dataclass(frozen=True)
class Synthetic:
    """Synthetic data, written in the published layout of the study's adapters when `source` is `synthetic`."""

    samples_per_class: Annotated[int, about("Images made per class.", ge=4)] = 40
    samples_per_field: Annotated[
        int,
        about(
            "Images that share one field (source picture): its stain and background. A whole slide is a field: one is"
            " made for so many images, however many tiles it gives.",
            ge=1,
        ),
    ] = 5
    size: Annotated[
        Size,
        about(
            "Side of a synthetic image in pixels, before the preprocessing resizes it; of whole slides that of a tile."
        ),
    ] = 80
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
    visits: Annotated[
        SyntheticVisits | None, about("Of tables of visits: how many women. null: the block's defaults.")
    ] = optional()
    cohort_of: Annotated[
        Filled | None,
        about(
            "Of whole slides: the study with a synthetic register of visits whose women they are of, one slide each; "
            "its class tells part of her risk. null: of women of their own."
        ),
    ] = optional()


@dataclass(frozen=True)
class CohortOf:
    """The synthetic register of another study: what its women depend on."""

    study: str
    adapter: str
    visits: SyntheticVisits

    def random(self, seed: int) -> tuple[str, ...]:
        """What its random numbers depend on; `seed`: of the settings."""
        return (self.study, str(seed), self.adapter)


@dataclass(frozen=True)
class SynthesiseSettings:
    """What the step receives.

    adapter_index: of the adapter among those of the study, from 0; generator: the module that draws the data; cohort:
    the register whose women the files are of.
    """

    study: str
    seed: int
    adapter: str
    adapter_index: int
    generator: str
    synthetic: Synthetic
    cohort: CohortOf | None = optional()

    @property
    def random(self) -> tuple[str, ...]:
        """What the random numbers depend on."""
        return (self.study, str(self.seed), self.adapter)
