"""Settings of what comes before training: made data, ingest, preprocessing, protocols."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from workflow_scripts.settings.base import Block, Distinct, Filled, UserPath

Share = Annotated[float, Field(ge=0, le=1)]
Size = Annotated[int, Field(ge=8, le=4096)]


class Synthetic(Block):
    """Made data, written in the published layout of the study's adapters when `source` is `synthetic`."""

    samples_per_class: Annotated[int, Field(ge=4)] = Field(40, description="Images made per class.")
    samples_per_field: Annotated[int, Field(ge=1)] = Field(
        5, description="Images that share one field (source picture): its stain and background."
    )
    size: Size = Field(80, description="Side of a made image in pixels, before the preprocessing resizes it.")
    difficulty: Share = Field(0.5, description="0: classes are far apart; 1: they overlap widely.")
    field_effect: Annotated[float, Field(ge=0)] = Field(
        1.0,
        description="Strength of the look that images of one field share. From about 3 on, a split by sample looks "
        "better than a split by field.",
    )


class Ingest(Block):
    """What is taken from the raw files, and what is refused."""

    classes: Distinct[list[Filled]] | None = Field(
        None,
        description="Class order in every table and figure. null: the labels that are found, sorted; adapter `folder` "
        "then stops where the folders look like parts of a split, patients or masks, and not like classes.",
    )
    labels: dict[str, Filled | None] | None = Field(
        None,
        description="Published label → class of this study; several labels may share a class; null leaves a label out. "
        "null for the whole key: every label is a class.",
    )
    groups: UserPath | None = Field(
        None,
        description="Adapter `folder` only: CSV file, inside the source, with the columns path and group (and, if "
        "wanted, unit). Without it no groups are known. Of its further columns only those that `evaluate.subgroups` "
        "names reach the results.",
    )
    masks: Literal["ask", "leave_out", "images"] = Field(
        "ask",
        description="Adapter `folder` only: what files are that look like masks beside images (`x_mask.png`, "
        "`x-d.bmp`, `x_seg.png`, …). ask: the run stops and says what it saw; leave_out: they are no samples; images: "
        "they are samples like the others.",
    )
    crop: Size = Field(
        90,
        description="Adapter `cric` only: side in pixels of the window around an annotated nucleus (90 in "
        "Diniz et al., J. Imaging 7:111, 2021, which CVM-Cervix cites as its source).",
    )
    ids: UserPath | None = Field(
        None,
        description="CSV file, inside the (first) source, whose column id names the samples that are used, as in "
        "manifest.csv; one that is named twice is a sample twice, its copies share its group. null: all samples.",
    )
    counts: dict[str, Annotated[int, Field(ge=1)]] | None = Field(
        None,
        description="Class → number of samples that a paper had. Of more, that many are taken, chosen by a hash of the "
        "ids; of fewer, all, and the report says what is missing.",
    )
    fill: Literal["none", "copies"] = Field(
        "none",
        description="copies: classes with fewer samples than `counts` are filled with flipped and turned copies, "
        "samples of their own that share the group of their original.",
    )
    max_refused: Share = Field(0.05, description="Largest share of refused files before the run stops.")
    max_megapixels: Annotated[float, Field(gt=0)] = Field(
        100.0, description="Images of more million pixels are refused, before they are decoded."
    )
    near_equal: Share = Field(
        0.1,
        description="Two images are near-equal when their distance is at most this: both as 16×16 grey pixels of mean "
        "0 and standard deviation 1, half the root mean square of the difference, in [0, 1]. Copies saved again or "
        "resized lie below 0.05, one cell photographed twice below 0.12, different cells above 0.13. "
        "0: only equal pixels count.",
    )


class Preprocess(Block):
    """From files to one packed array."""

    size: Size = Field(224, description="Height and width in pixels of the packed images.")
    fit: Literal["squash", "pad", "crop"] = Field(
        "squash",
        description="squash: both sides to `size`, aspect ratio not kept; pad: longer side to `size`, rest filled with "
        "the border colour; crop: shorter side to `size`, middle taken.",
    )
    interpolation: Literal["bilinear", "bicubic", "lanczos"] = Field("bilinear", description="Resampling filter.")
    mask: Literal["none", "grey", "haematoxylin", "dab", "stained"] = Field(
        "none",
        description="Masks of cell nuclei by Otsu's threshold on: darkness (grey), the blue stain, the brown stain, or "
        "either of both stains (stained); kept beside the pixels, `train.mask` applies them.",
    )
    pixel_size: Annotated[float, Field(gt=0)] | None = Field(
        None,
        description="Micrometres per pixel of the raw images, for the scale bar in pictures; null: unknown, no bar.",
    )
    draft: bool = Field(
        False, description="Let the JPEG decoder scale down by 2, 4 or 8 first: faster, but the pixels differ slightly."
    )


Aggregate = Literal["none", "mean", "max"]
AGGREGATE = (
    "How the samples of one unit become one prediction under this protocol: none (each sample is judged), mean or max. "
    "null: as `evaluate.aggregate` says. A unit that a split by sample tears apart is judged in each of its subsets."
)
By = Literal["sample", "unit", "group"]
Role = Literal["as_published", "leak_free"] | None
ROLE = (
    "What the protocol is for. as_published: the paper's own split, its leaks included; its numbers stand against the "
    "printed ones, at most one protocol has it. leak_free: the same without leaks, so `by: group`; where no groups are "
    "known it is free of duplicates only, and patients may repeat. null: leak_free for a split by group, as_published "
    "for the first other split if no other says so; further ones have no role and are shown beside."
)


class Holdout(Block):
    """One split into training, validation and test subset."""

    kind: Literal["holdout"] = Field(description="One split by shares.")
    fractions: Annotated[list[Share], Field(min_length=3, max_length=3)] = Field(
        [0.6, 0.2, 0.2],
        description="Shares of training, validation and test subset; they sum to 1. A third share of 0: no test "
        "subset, the validation images that the epoch is chosen on are what is reported, and every number says so.",
    )
    by: By = Field(
        "sample",
        description="sample: each image for itself, units and groups may be torn apart; unit: samples of one unit stay "
        "together, groups may be torn apart; group: samples of one group or unit, and near-equal images, stay "
        "together. By unit and by group the shares of each class are of its units: a patient of 60 slices counts once.",
    )
    role: Role = Field(None, description=ROLE)
    aggregate: Aggregate | None = Field(None, description=AGGREGATE)

    @model_validator(mode="after")
    def _sum(self) -> "Holdout":
        if abs(sum(self.fractions) - 1) > 1e-9:
            raise ValueError(f"fractions sum to {sum(self.fractions):g}; they must sum to 1")
        if self.fractions[2] == 0 and self.fractions[1] == 0:
            raise ValueError("fractions leave neither a validation nor a test subset, so nothing could be reported")
        return self


class KFold(Block):
    """Every sample is tested once."""

    kind: Literal["kfold"] = Field(description="k disjoint test folds.")
    folds: Annotated[int, Field(ge=2, le=100)] = Field(5, description="Number of folds.")
    validation: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.1, description="Share of each fold's training samples that is its validation subset."
    )
    by: By = Field("sample", description="As for holdout.")
    role: Role = Field(None, description="As for holdout.")
    aggregate: Aggregate | None = Field(None, description="As for holdout.")


class SplitFile(Block):
    """The user's own split."""

    kind: Literal["file"] = Field(description="A split made elsewhere.")
    path: UserPath = Field(description="CSV file with the columns id, fold, subset (train, validation, test).")
    by: By = Field(
        "group",
        description="group: the leak audit must find nothing, or the run stops; unit: no unit that is torn apart, or "
        "the run stops; sample: leaks are only listed.",
    )
    role: Role = Field(None, description="As for holdout.")
    aggregate: Aggregate | None = Field(None, description="As for holdout.")
    folds: Annotated[int, Field(ge=1)] = Field(1, description="Number of folds in the file, numbered from 0.")


Protocol = Annotated[Holdout | KFold | SplitFile, Field(discriminator="kind")]
