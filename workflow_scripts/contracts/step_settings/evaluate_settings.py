"""What the step `evaluate` receives, and the block `evaluate` of a study's settings."""

from dataclasses import dataclass
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import Filled, Share, about, distinct, optional
from workflow_scripts.contracts.step_settings.margins import Margins
from workflow_scripts.contracts.step_settings.split_settings import Aggregate, Resample


@dataclass(frozen=True)
class Risk:
    """The probability of one class as a risk: high or low at a threshold that is chosen on validation units."""

    positive: Annotated[Filled, about("The class whose probability is the risk.")]
    sensitivity: Annotated[
        float,
        about(
            "Share of the positive validation units that must be called high-risk. Of each fold and seed the highest "
            "threshold that reaches it is taken; test units play no part.",
            gt=0,
            le=1,
        ),
    ] = 0.9


@dataclass(frozen=True)
class Measures:
    """What is measured; the margins of a verdict aside, which change no number."""

    headline: Annotated[
        Literal["accuracy", "macro_f1", "macro_auc", "balanced_accuracy"],
        about("Metric shown first and compared first."),
    ] = "accuracy"
    aggregate: Annotated[
        Aggregate,
        about(
            "How the samples of one unit become one prediction; none: every sample is a unit. A protocol may say "
            "otherwise."
        ),
    ] = "none"
    aggregate_top: Annotated[
        int,
        about(
            "Of aggregate top_k, in every protocol that has it: k. The probability of a class is the mean of its k "
            "highest among the unit's samples, of all where there are fewer; each class has highest ones of its own, "
            "then all are scaled to sum 1.",
            ge=1,
            le=1000,
        ),
    ] = 3
    metrics: Annotated[
        tuple[str, ...],
        about(
            "Metrics beyond the usual ones: names of modules in workflow_scripts/evaluation/added_metrics "
            "(docs/how-to/add_a_metric.md).",
            check=distinct,
        ),
    ] = ()
    bootstrap: Annotated[int, about("Draws of the bootstrap (groups, where known).", ge=100)] = 1000
    calibration_bins: Annotated[
        int, about("Bins of the reliability curve; of a risk's calibration fewer where little happened.", ge=2)
    ] = 10
    reference: Annotated[
        str | None, about("Run that every other run is compared with, on the same samples; null: the first run.")
    ] = None
    subgroups: Annotated[
        tuple[str, ...],
        about(
            "Columns of the table of groups (`ingest.groups`: age, stage, …) or of manifest.csv: accuracy, "
            "sensitivity and specificity are also reported for each of their values. A numeric column with more "
            "than 6 values is cut at its tertiles. A column that is not there is said in the report. No other "
            "column of the table reaches the results; naming one more makes the manifest anew.",
            check=distinct,
        ),
    ] = ()
    specificities: Annotated[
        tuple[Share, ...],
        about("Specificities at which each class's sensitivity is reported; of two classes the last one's."),
    ] = optional((0.9, 0.95))
    prevalences: Annotated[
        tuple[Share, ...],
        about(
            "Shares of the class (of two classes the last) for which predictive values are reported: what a positive "
            "and a negative answer are worth where the class is that frequent, such as in screening."
        ),
    ] = optional((0.01, 0.1, 0.5))
    risk: Annotated[
        Risk | None,
        about(
            "Who is called high-risk and what comes of it: table of high and low risk, precision-recall, calibration "
            "with slope and intercept, decision curve. null: no class is a risk."
        ),
    ] = optional()


@dataclass(frozen=True)
class Evaluate(Measures):
    """What is measured, and how its uncertainty is estimated."""

    margins: Annotated[
        Margins,
        about(
            "How far an obtained number may be from the published one and still count as the same, by metric; "
            "`reproduced within margin` needs the whole interval inside. Declared beforehand: changing it after the "
            "results is no test."
        ),
    ] = Margins()


@dataclass(frozen=True)
class ActiveRun:
    """A run that asks for labels in rounds: its name, the run whose training it repeats, and whom it asks for."""

    run: str
    learner: str
    strategy: str


@dataclass(frozen=True)
class EvaluateSettings:
    """What the step receives.

    reported: the subset whose numbers the protocol reports. trained: those of the runs that have a history. expects:
    run → folder of a fold and seed → digest of the settings that its record must hold. resample: of the protocol, for
    titles of figures. active: those of the runs that ask for labels. repeats: how many times a unit is tested; `folds`
    counts those of all repeats.
    """

    study: str
    seed: int
    protocol: str
    reported: Literal["test", "validation"]
    runs: tuple[str, ...]
    trained: tuple[str, ...]
    folds: int
    seeds: tuple[int, ...]
    expects: dict[str, dict[str, str]]
    evaluate: Measures
    resample: Resample = "none"
    active: tuple[ActiveRun, ...] = optional(())
    repeats: int = optional(1)
