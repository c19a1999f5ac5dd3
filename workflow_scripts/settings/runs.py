"""Settings of what trains, predicts, is evaluated and explained."""

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from workflow_scripts.contracts.step_settings import evaluate_settings, explain_settings, train_settings
from workflow_scripts.kinds import baseline, compressed, external, fusion, network, vote
from workflow_scripts.settings.base import Distinct, block_of, changes_of, description_of
from workflow_scripts.settings.known_names import added_metric

if TYPE_CHECKING:
    from workflow_scripts.contracts.step_settings.evaluate_settings import Evaluate
    from workflow_scripts.contracts.step_settings.explain_settings import Explain
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
    _ADDED = Distinct[list[Annotated[str, AfterValidator(added_metric)]]]
    _METRICS = Field([], description=description_of(evaluate_settings.Evaluate, "metrics"))
    Evaluate = block_of(evaluate_settings.Evaluate, metrics=(_ADDED, _METRICS))
    Explain = block_of(explain_settings.Explain)


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
