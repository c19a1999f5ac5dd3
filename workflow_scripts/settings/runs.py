"""Settings of what trains, predicts, is evaluated and explained."""

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import AfterValidator, Field

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.step_settings import evaluate_settings, train_settings
from workflow_scripts.kinds.kind import RunKind, TrainedKind
from workflow_scripts.kinds.kind_registry import kinds
from workflow_scripts.kinds.step_settings import explain_settings
from workflow_scripts.settings.base import Block, Distinct, block_of, changes_of, description_of
from workflow_scripts.settings.known_names import added_metric

if TYPE_CHECKING:
    from workflow_scripts.contracts.step_settings.evaluate_settings import Evaluate
    from workflow_scripts.contracts.step_settings.train_settings import Train
    from workflow_scripts.kinds.step_settings.explain_settings import Explain

    class TrainChanges(Block):
        """What a run changes of the study's `train`."""

    class Run(Block):
        """The settings of a run of any kind; only those that are trained have `train`."""

        kind: str
        train: TrainChanges
else:
    Train = block_of(train_settings.Train)
    TrainChanges = changes_of(Train, "TrainChanges")
    _ADDED = Distinct[list[Annotated[str, AfterValidator(added_metric)]]]
    _METRICS = Field([], description=description_of(evaluate_settings.Evaluate, "metrics"))
    Evaluate = block_of(evaluate_settings.Evaluate, metrics=(_ADDED, _METRICS))
    Explain = block_of(explain_settings.Explain)


def whole_train(values: dict[str, Any]) -> "Train":
    """A whole block `train` of these values; ValidationError where they make no sense."""
    return block_of(train_settings.Train).model_validate(values)


@cache
def run_block(kind: str) -> Any:
    """The model of a kind's settings, which for one that is trained has the key `train` besides."""
    declared = kinds()[kind]
    if not issubclass(declared, TrainedKind):
        return block_of(declared)
    changes = Field(TrainChanges(), description="Keys of the study's `train` that differ for this run.")
    return block_of(declared, train=(TrainChanges, changes))


if not TYPE_CHECKING:
    Run = Annotated[Union[tuple(run_block(kind) for kind in kinds())], Field(discriminator="kind")]  # noqa: UP007


def kind_of_run(run: "Run") -> RunKind:
    """What a run's kind says of it, see kinds.kind."""
    return parse(RunKind, run.model_dump(mode="json", exclude={"train"}))
