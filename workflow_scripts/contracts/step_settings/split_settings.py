"""What the step `split` receives, and the protocols of a study's settings.

A rule says how to split; a protocol is a rule with its role, how units are judged and what networks learn from besides,
which change no split.
"""

from dataclasses import dataclass, fields
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import Share, UserPath, about, optional

Aggregate = Literal["none", "mean", "max", "top_k"]
AGGREGATE = (
    "How the samples of one unit become one prediction under this protocol: none (each sample is judged), or of each "
    "class mean, max or top_k (the mean of the k highest, see `evaluate.aggregate_top`), then scaled to sum 1. null: "
    "as `evaluate.aggregate` says. A unit that a split by sample tears apart is judged in each of its subsets."
)
By = Literal["sample", "unit", "group"]
Resample = Literal["none", "smote", "smote_before_split"]
RESAMPLE = (
    "Whether networks that are trained under this protocol also learn from synthetic samples (SMOTE of "
    "imbalanced-learn), as many as make every class as large as the largest. smote: interpolated between training "
    "samples of one class and fold. smote_before_split: interpolated between all samples of a class, test samples too, "
    "as if made before the split; those that a draw puts into the training subset are learned from. That leaks, and "
    "every number says so. Validation and test hold real samples alone; runs that are not trained are as without it."
)
Role = Literal["as_published", "leak_free"] | None
ROLE = (
    "What the protocol is for. as_published: the paper's own split, its leaks included; its numbers stand against the "
    "printed ones, at most one protocol has it. leak_free: the same without leaks, so `by: group`; where no groups are "
    "known it is free of duplicates only, and patients may repeat. null: leak_free for a split by group, as_published "
    "for the first other split if no other says so; further ones, and any with SMOTE before the split, have no role "
    "and are shown next to these."
)


@dataclass(frozen=True)
class HoldoutRule:
    """One split into training, validation and test subset."""

    kind: Annotated[Literal["holdout"], about("One split by shares.")]
    fractions: Annotated[
        tuple[Share, Share, Share],
        about(
            "Shares of training, validation and test subset; they sum to 1. A third share of 0: no test subset, "
            "the validation images that the epoch is chosen on are what is reported, and every number says so.",
        ),
    ] = (0.6, 0.2, 0.2)
    by: Annotated[
        By,
        about(
            "sample: each image for itself, units and groups may be torn apart; unit: samples of one unit stay "
            "together, groups may be torn apart; group: samples of one group or unit, and near-equal images, stay "
            "together. By unit and by group the shares of each class are of its units: a patient of 60 slices counts "
            "once."
        ),
    ] = "sample"

    def __post_init__(self) -> None:
        if abs(sum(self.fractions) - 1) > 1e-9:
            raise ValueError(f"fractions sum to {sum(self.fractions):g}; they must sum to 1")
        if self.fractions[2] == 0 and self.fractions[1] == 0:
            raise ValueError("fractions leave neither a validation nor a test subset, so nothing could be reported")


@dataclass(frozen=True)
class Holdout(HoldoutRule):
    """One split into training, validation and test subset."""

    role: Annotated[Role, about(ROLE)] = None
    aggregate: Annotated[Aggregate | None, about(AGGREGATE)] = None
    resample: Annotated[Resample, about(RESAMPLE)] = "none"


@dataclass(frozen=True)
class KFoldRule:
    """Every sample is tested once, or once in each repeat."""

    kind: Annotated[Literal["kfold"], about("k disjoint test folds.")]
    folds: Annotated[int, about("Number of folds.", ge=2, le=100)] = 5
    validation: Annotated[
        float, about("Share of each fold's training samples that is its validation subset.", gt=0, lt=1)
    ] = 0.1
    by: Annotated[By, about("As for holdout.")] = "sample"
    repeats: Annotated[
        int,
        about(
            "How many times the samples are shuffled anew and divided into folds. Folds are numbered on, from repeat "
            "to repeat; every sample is tested once in each.",
            ge=1,
            le=100,
        ),
    ] = 1


@dataclass(frozen=True)
class KFold(KFoldRule):
    """Every sample is tested once, or once in each repeat."""

    role: Annotated[Role, about("As for holdout.")] = None
    aggregate: Annotated[Aggregate | None, about("As for holdout.")] = None
    resample: Annotated[Resample, about("As for holdout.")] = "none"


@dataclass(frozen=True)
class SplitFileRule:
    """The user's own split."""

    kind: Annotated[Literal["file"], about("A split made elsewhere.")]
    path: Annotated[UserPath, about("CSV file with the columns id, fold, subset (train, validation, test).")]
    by: Annotated[
        By,
        about(
            "group: the leak audit must find nothing, or the run stops; unit: no unit that is torn apart, or the run "
            "stops; sample: leaks are only listed."
        ),
    ] = "group"
    folds: Annotated[int, about("Number of folds in the file, numbered from 0.", ge=1)] = 1


@dataclass(frozen=True)
class SplitFile(SplitFileRule):
    """The user's own split."""

    role: Annotated[Role, about("As for holdout.")] = None
    aggregate: Annotated[Aggregate | None, about("As for holdout.")] = None
    resample: Annotated[Resample, about("As for holdout.")] = "none"


Rule = HoldoutRule | KFoldRule | SplitFileRule
Protocol = Holdout | KFold | SplitFile
# Kind → the rule alone, and the protocol.
RULES: dict[str, type[Rule]] = {"holdout": HoldoutRule, "kfold": KFoldRule, "file": SplitFileRule}
PROTOCOLS: dict[str, type[Protocol]] = {"holdout": Holdout, "kfold": KFold, "file": SplitFile}


def rule_of(protocol: Protocol) -> Rule:
    """What of a protocol its split follows from."""
    rule = RULES[protocol.kind]
    return rule(**{entry.name: getattr(protocol, entry.name) for entry in fields(rule)})


def repeats_of(rule: Rule) -> int:
    """How many times every sample is tested."""
    return rule.repeats if rule.kind == "kfold" else 1


def fold_count(rule: Rule) -> int:
    """Number of folds, those of all repeats; a hold-out is one."""
    return 1 if rule.kind == "holdout" else rule.folds * repeats_of(rule)


@dataclass(frozen=True)
class SplitSettings:
    """What the step receives.

    units_judged: whether units are judged rather than samples. split_file: digest of the user's own split, where the
    rule has one and it is there. resample: changes no split, but what its record says of leaks.
    """

    study: str
    seed: int
    protocol: str
    rule: Rule
    units_judged: bool
    split_file: str | None = optional()
    resample: Resample = "none"
