"""What of a study's settings does not fit the modality of its samples."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from workflow_scripts.contracts.blocks import default_of
from workflow_scripts.contracts.step_settings.preprocess_settings import Preprocess
from workflow_scripts.data.adapters.adapter_registry import adapters
from workflow_scripts.data.readers.reader_registry import readers
from workflow_scripts.kinds.kind import RunKind
from workflow_scripts.preprocessing.packer_registry import PACKED
from workflow_scripts.runtime.wording import listed, nearest


def modality_mistakes(
    names: Sequence[str], preprocess: Mapping[str, Any], kinds: Mapping[str, RunKind]
) -> Iterator[str]:
    """Adapters of samples that are not read or packed, or of several modalities; settings and runs of other samples.

    names: the study's adapters, those that there are not among them; preprocess: the values of the block.
    """
    modalities = {name: adapters()[name].modality for name in names if name in adapters()}
    for name, modality in modalities.items():
        if modality not in readers():
            yield f"the adapter {name} has the MODALITY {modality!r}; {nearest(modality, readers())}"
        elif modality not in PACKED:
            yield f"the adapter {name} has the MODALITY {modality!r}, which nothing packs; there are {listed(PACKED)}"
    if len(set(modalities.values())) > 1:
        words = ", ".join(f"{name} of {modality}" for name, modality in modalities.items())
        yield f"adapters are of several modalities ({words}), and a study has one; make a study of each"
    if modalities:
        modality = next(iter(modalities.values()))
        yield from _preprocess_mistakes(modality, preprocess)
        yield from _run_mistakes(modality, kinds)


def ingest_mistakes(names: Sequence[str], ingest: Mapping[str, Any]) -> Iterator[str]:
    """Keys of `ingest` that are set and that none of the study's adapters reads.

    names: the study's adapters, those that there are not among them; ingest: the values of the block.
    """
    readers_of: dict[str, list[str]] = {}
    for name, adapter in adapters().items():
        for key in adapter.keys:
            readers_of.setdefault(key, []).append(name)
    for key, reading in sorted(readers_of.items()):
        if ingest[key] is not None and not set(reading) & set(names):
            study = listed(names)
            yield f"ingest.{key} is for the adapter {listed(reading)}, and this study's are {study}; take it out"


def _preprocess_mistakes(modality: str, preprocess: Mapping[str, Any]) -> Iterator[str]:
    """Keys of `preprocess` that are set and that samples of the modality are not packed by."""
    if modality not in PACKED:
        return
    defaults = {field.name: default_of(field) for field in fields(Preprocess)}
    for key in sorted(set(preprocess) - PACKED[modality].keys):
        if preprocess[key] != defaults[key]:
            takers = listed(name for name, packed in PACKED.items() if key in packed.keys)
            yield (
                f"preprocess.{key} is for samples of the modality {takers}, and this study's are of {modality}; "
                "take it out"
            )


def _run_mistakes(modality: str, kinds: Mapping[str, RunKind]) -> Iterator[str]:
    """Runs that read arrays of another kind than the samples become, or take features of other samples."""
    array = PACKED[modality].array if modality in PACKED else None
    for name, run in kinds.items():
        if array and run.embedding is None and run.reads not in (None, array):
            yield f"run {name!r}: a run of kind {run.kind} reads {run.reads}, and this study has {array}"
        if array and array != "pixels" and run.embedding is not None:
            yield (
                f"run {name!r}: embedding is {run.embedding}, and an embedding is of pictures, which this study has "
                "not; take it out"
            )
        for what, taken in run.modalities().items():
            if modality not in taken:
                yield (
                    f"run {name!r}: {what} is taken of samples of the modality {listed(taken)}, and this study's are "
                    f"of {modality}; name another, or remove the run: `{name}: null`"
                )
