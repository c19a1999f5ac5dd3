"""What does not fit a run that learns from the stored maps of an embedding instead of from pixels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.own_networks import NetworkPart
from workflow_scripts.contracts.step_settings.embed_settings import Embedding
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.kinds.kind import RunKind, TrainedKind
from workflow_scripts.runtime.wording import nearest
from workflow_scripts.settings.base import declared, values_of
from workflow_scripts.settings.known_names import NAME
from workflow_scripts.settings.layers.merging import merge
from workflow_scripts.settings.study import Study

# The network that made the maps is the one whose later layers learn.
_OF_NETWORK = ("model", "weights")
# Options of VGG-like networks that concern dense layers, or what frozen stages do not: they drop nothing.
_BEHIND = ("drop_rate", "dropout", "mlp_ratio")
# Later steps look at pixels as the run says, so it must say what was done for the maps.
_OF_PIXELS = ("normalise", "precision")


@dataclass(frozen=True)
class MapRun:
    """A run on an embedding: the embedding's name and block, the run's network, and its whole `train`.

    has_masks: whether the study looks for masks; resample: protocol → the synthetic samples that it trains on besides.
    """

    name: str
    embedding: Embedding
    network: NetworkPart
    train: Train
    has_masks: bool
    resample: Mapping[str, str]

    def mistakes(self) -> Iterator[str]:
        """What of run and embedding does not fit, and what to write; nothing where maps stand for frozen stages."""
        for key in _OF_NETWORK:
            yield from self._differing(key, getattr(self.network, key), getattr(self.embedding, key))
        options, embedded = _of_stages(self.network.options), _of_stages(self.embedding.options)
        yield from self._differing("options", options, embedded)
        for key in _OF_PIXELS:
            yield from self._differing(key, getattr(self.train, key), getattr(self.embedding, key), "train.")
        yield from self._stage_mistakes()
        yield from self._change_mistakes()
        if self.has_masks and self.train.mask:
            yield "train.mask is true, and stored maps are of whole pictures; write mask: false"
        if self.train.stain != "none":
            yield f"train.stain is {self.train.stain}, and stored maps are of pictures as they are; write stain: none"
        for protocol, resample in self.resample.items():
            if resample != "none":
                yield f"protocols.{protocol}.resample is {resample}, and maps are not interpolated; write none there"

    def _differing(self, key: str, value: object, wanted: object, block: str = "") -> Iterator[str]:
        if value != wanted:
            yield f"{block}{key} is {value!r}, embeddings.{self.name}.{key} {wanted!r}; give both the same"

    def _stage_mistakes(self) -> Iterator[str]:
        stage, frozen = self.embedding.stage, self.train.frozen_stages
        if self.embedding.pool != "none":
            yield f"embeddings.{self.name} has no maps, pool is {self.embedding.pool}; a network needs pool: none"
        if stage is None or stage != frozen:
            yield (
                f"train.frozen_stages is {frozen}, embeddings.{self.name}.stage {'null' if stage is None else stage}; "
                "write how many stages the maps stand for at both"
            )

    def _change_mistakes(self) -> Iterator[str]:
        augment = self.train.augment
        for key in augment.further_changes:
            yield f"train.augment.{key} is set, and stored maps are of flips and quarter turns alone; set it to 0"
        copies = ["copies"] if self.train.copies != "none" else []
        drawn = [*copies, *(f"augment.{key}" for key in augment.symmetries)]
        if drawn and self.embedding.symmetries != "eight":
            yield (
                f"train.{drawn[0]} is set, embeddings.{self.name}.symmetries {self.embedding.symmetries}; write "
                "symmetries: eight"
            )


def _of_stages(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a network's options that its stages may depend on."""
    return {key: value for key, value in options.items() if key not in _BEHIND}


def embedding_mistakes(study: Study, kinds: Mapping[str, RunKind]) -> Iterator[str]:
    """Embeddings that runs name and that there are not, or that do not fit what is trained from them."""
    for name in study.embeddings:
        if not NAME.fullmatch(name):
            yield f"embedding name {name!r}: use a-z, 0-9 and _, a letter first"
    for name, run in kinds.items():
        if run.embedding is None:
            continue
        if run.embedding not in study.embeddings:
            hint = nearest(run.embedding, study.embeddings) if study.embeddings else "the study has none"
            yield f"run {name!r}: embedding names {run.embedding!r}, which is no embedding of this study; {hint}"
        elif isinstance(run, TrainedKind):
            (part,) = run.networks().values()
            map_run = _map_run(study, name, run.embedding, part)
            yield from (f"run {name!r}: {words}" for words in (map_run.mistakes() if map_run else ()))


def _map_run(study: Study, run: str, embedding: str, part: NetworkPart) -> MapRun | None:
    """A run that is trained from stored maps, as what it must fit; None where its `train` is a mistake by itself."""
    changes = study.runs[run].train.model_dump(mode="json", exclude_unset=True)
    try:
        train = parse(Train, merge(values_of(study.train, mode="json"), changes))
    except ValueError:
        return None
    return MapRun(
        embedding,
        declared(Embedding, study.embeddings[embedding]),
        part,
        train,
        study.preprocess.mask != "none",
        {protocol: rule.resample for protocol, rule in study.protocols.items()},
    )
