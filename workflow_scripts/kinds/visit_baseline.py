"""Visits without a recurrent network: the last one, summaries of all, or how long one finding has lasted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from workflow_scripts.contracts.blocks import Filled, about, distinct
from workflow_scripts.contracts.step_settings.visit_settings import VisitColumnRule
from workflow_scripts.kinds.kind import RunKind
from workflow_scripts.kinds.made_kind import MadeKind
from workflow_scripts.runtime.wording import listed, nearest

if TYPE_CHECKING:
    from workflow_scripts.contracts.run_record import RunRecord

MODEL_WORDS = {
    "logistic": "logistic regression",
    "boosting": "gradient boosting",
    "score": "logistic regression on one number",
}
FEATURE_WORDS = {
    "last_visit": "the last visit",
    "summaries": "summaries of all visits",
    "persistence": "how long the same level of {column} has lasted",
}


@dataclass(frozen=True)
class Persistence:
    """The years up to the landmark during which every visit that tells it told the same level of a category."""

    column: Annotated[Filled, about("A column of the kind category.")]
    without: Annotated[
        tuple[str, ...],
        about("Levels that are no presence, such as none or negative: they count 0 years.", check=distinct),
    ] = ()


@dataclass(frozen=True)
class VisitBaseline(MadeKind):
    """A model without a recurrent network on visits; what it reaches, a network on the whole history must beat.

    Patients that are lost before the horizon have no weight and are not learned from; the others have that of the
    split. Missing numbers are filled as `preprocess.visits` says, but for boosting, which takes them as they are.
    """

    position = 4
    reads = "sequence"
    learns = True
    maker = "workflow_scripts.baselines.visit_baseline:make"

    kind: Annotated[Literal["visit_baseline"], about("A model on the last visit or on summaries of visits.")]
    model: Annotated[
        Literal["logistic", "boosting", "score"],
        about(
            "logistic: with a ridge penalty; boosting: of trees (HistGradientBoostingClassifier of scikit-learn, all "
            "training samples, no early stopping); score: without penalty on the one number of persistence."
        ),
    ]
    features: Annotated[
        Literal["last_visit", "summaries", "persistence"],
        about(
            "last_visit: that visit alone, nothing is carried over from earlier ones. summaries: of numbers last, "
            "mean, lowest, highest and slope a year; of yes or no last, ever and share; of categories last and ever "
            "of each level, and whether the last two were the same; of each column how often and how long ago it was "
            "measured; number of visits and years of history. persistence: the one number of `persistence`."
        ),
    ]
    extra_columns: Annotated[
        tuple[str, ...],
        about("Columns of the use on_request that are features of this run besides.", check=distinct),
    ] = ()
    persistence: Annotated[Persistence | None, about("What lasts; null: none.")] = None
    C: Annotated[
        float | None,
        about(
            "logistic: inverse strength of the ridge penalty, as in scikit-learn. null: 0.001, 0.01, 0.1, 1 or 10, "
            "whichever has the lowest log loss in 5 folds of the training patients.",
            gt=0,
        ),
    ] = None

    def mistakes(self, name: str, runs: Mapping[str, RunKind]) -> Iterator[str]:
        lasting = self.features == "persistence"
        if lasting != (self.persistence is not None):
            what = "is given" if self.persistence else "is null"
            yield f"run {name!r}: features is {self.features} and persistence {what}; they go together"
        if lasting != (self.model == "score"):
            yield f"run {name!r}: model is {self.model}, features {self.features}; score and persistence go together"
        if self.C is not None and self.model != "logistic":
            yield f"run {name!r}: C is given, which model: logistic alone has; take it out"
        if lasting and self.extra_columns:
            yield f"run {name!r}: extra_columns is given, and persistence is of one column alone; take it out"

    def visit_mistakes(self, name: str, columns: Mapping[str, VisitColumnRule]) -> Iterator[str]:
        on_request = [column for column, rule in columns.items() if rule.use == "on_request"]
        for column in self.extra_columns:
            if column not in on_request:
                hint = nearest(column, on_request) if on_request else "there is none"
                yield f"run {name!r}: extra_columns names {column!r}, which is not of the use on_request; {hint}"
        if self.persistence is None:
            return
        levels = {column: rule.levels for column, rule in columns.items() if rule.levels is not None}
        lasting = self.persistence.column
        if lasting not in levels:
            hint = nearest(lasting, levels) if levels else "there is none"
            yield f"run {name!r}: persistence.column is {lasting!r}, which is no category; {hint}"
            return
        for level in self.persistence.without:
            if level not in levels[lasting]:
                hint = nearest(level, levels[lasting])
                yield f"run {name!r}: persistence.without names {level!r}, which is no level of {lasting}; {hint}"

    def words(self, name: str, record: "RunRecord") -> str:
        column = self.persistence.column if self.persistence else ""
        features = FEATURE_WORDS[self.features].format(column=column)
        extra = f", {listed(self.extra_columns)} among them" if self.extra_columns else ""
        return f"{MODEL_WORDS[self.model]}: {features}{extra}"
