"""Settings of what trains, predicts, is evaluated and explained."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from workflow_scripts.contracts.step_settings import train_settings
from workflow_scripts.kinds import baseline, compressed, external, fusion, network, vote
from workflow_scripts.settings.base import Block, Distinct, block_of, changes_of
from workflow_scripts.settings.data_blocks import Aggregate
from workflow_scripts.settings.known_names import added_metric

if TYPE_CHECKING:
    from workflow_scripts.contracts.step_settings.train_settings import Train
    from workflow_scripts.kinds.baseline import Baseline
    from workflow_scripts.kinds.compressed import Compressed
    from workflow_scripts.kinds.external import External
    from workflow_scripts.kinds.fusion import Fusion
    from workflow_scripts.kinds.network import Network
    from workflow_scripts.kinds.vote import Vote
else:
    Train = block_of(train_settings.Train)
    TrainChanges = changes_of(Train, "TrainChanges")
    _CHANGES = Field(TrainChanges(), description="Keys of the study's `train` that differ for this run.")
    Network = block_of(network.Network, train=(TrainChanges, _CHANGES))
    Fusion = block_of(fusion.Fusion, train=(TrainChanges, _CHANGES))
    Vote = block_of(vote.Vote)
    Compressed = block_of(compressed.Compressed)
    Baseline = block_of(baseline.Baseline)
    External = block_of(external.External)


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
    aggregate: Aggregate = Field(
        "none",
        description="How the samples of one unit become one prediction; none: every sample is a unit. A protocol may "
        "say otherwise.",
    )
    metrics: Distinct[list[Annotated[str, AfterValidator(added_metric)]]] = Field(
        [],
        description="Metrics beyond the usual ones: names of modules in workflow_scripts/evaluation/added_metrics "
        "(docs/how-to/add_a_metric.md).",
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
