"""What does not fit a network that is trained on sequences, such as the visits of patients."""

from collections.abc import Iterator, Mapping

from workflow_scripts.kinds.kind import RunKind, TrainedKind
from workflow_scripts.runtime.wording import listed
from workflow_scripts.settings.base import values_of
from workflow_scripts.settings.layers.merging import merge
from workflow_scripts.settings.runs import whole_train
from workflow_scripts.settings.study import Study

# Keys of `train` that change how pictures are shown, or keep layers of a network that has seen pictures before.
OF_PICTURES = (
    "augment",
    "copies",
    "mask",
    "at_test",
    "normalise",
    "stain",
    "channels_last",
    "replay",
    "freeze",
    "frozen_stages",
    "redefine",
)


def sequence_mistakes(study: Study, kinds: Mapping[str, RunKind]) -> Iterator[str]:
    """Settings that are set and that runs trained on sequences cannot follow; `kinds`: of the study's runs, by name."""
    trained = [name for name, run in kinds.items() if isinstance(run, TrainedKind) and run.reads == "sequence"]
    usual = values_of(whole_train({}))
    for name in trained:
        train = merge(values_of(study.train), study.runs[name].train.model_dump(exclude_unset=True))
        if keys := [f"train.{key}" for key in OF_PICTURES if train[key] != usual[key]]:
            yield f"run {name!r}: {listed(keys)}: for pictures alone, and it is trained on sequences; take it out"
    for protocol, rule in study.protocols.items() if trained else ():
        if rule.resample != "none":
            yield (
                f"protocols.{protocol}.resample is {rule.resample}, which makes samples of one row, and {trained[0]} "
                "is trained on sequences; write none, and balance classes by train.class_weights or train.sampling"
            )
