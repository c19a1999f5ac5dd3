"""Blocks of a study as steps receive them: what holds for all protocols, or follows from the modality, is filled in."""

from dataclasses import replace

from workflow_scripts.contracts.aggregation import Aggregation
from workflow_scripts.contracts.protocol_roles import roles
from workflow_scripts.contracts.step_settings.preprocess_settings import OWN_BLOCKS, Packing
from workflow_scripts.contracts.step_settings.split_settings import PROTOCOLS, Aggregate, Protocol
from workflow_scripts.contracts.step_settings.synthesise_settings import (
    CohortOf,
    SynthesiseSettings,
    Synthetic,
    SyntheticVisits,
)
from workflow_scripts.data.adapters.adapter_registry import entry_called
from workflow_scripts.preprocessing.packer_registry import PACKED
from workflow_scripts.settings.base import declared
from workflow_scripts.settings.config import Config
from workflow_scripts.settings.study import Study


def aggregate_of(study: Study, protocol: str) -> Aggregate:
    """How the samples of a unit become one prediction under a protocol."""
    return study.protocols[protocol].aggregate or study.evaluate.aggregate


def aggregation_of(study: Study, protocol: str) -> Aggregation:
    """The same, with how many samples count where that matters."""
    return Aggregation.of(aggregate_of(study, protocol), study.evaluate.aggregate_top)


def protocol_of(study: Study, name: str) -> Protocol:
    """A protocol as the settings state it."""
    protocol = study.protocols[name]
    return declared(PROTOCOLS[protocol.kind], protocol)


def protocols_of(study: Study) -> dict[str, Protocol]:
    """Every protocol with its role and its way to aggregate, both resolved: a step sees neither order of the protocols
    nor what holds for all of them.
    """
    protocols = {name: protocol_of(study, name) for name in study.protocols}
    return {
        name: replace(protocols[name], role=role, aggregate=aggregate_of(study, name))
        for name, role in roles(protocols).items()
    }


def packing_of(study: Study) -> Packing:
    """What says how a study's samples are packed; the block of their modality has its defaults where it is not set."""
    packing = declared(Packing, study.preprocess)
    unset = [name for name in PACKED[study.modality].own_blocks if getattr(packing, name) is None]
    return replace(packing, **{name: OWN_BLOCKS[name]() for name in unset})


def synthesise_settings(config: Config, study: str, adapter: str) -> SynthesiseSettings:
    """What draws the data of a study for one of its adapters."""
    chosen = config.studies[study]
    synthetic = declared(Synthetic, chosen.synthetic)
    return SynthesiseSettings(
        study=study,
        seed=config.seed,
        adapter=adapter,
        # A study of several adapters must not show one look under two names.
        adapter_index=chosen.adapters.index(adapter),
        generator=entry_called(adapter).generator(chosen.paper),
        synthetic=synthetic,
        cohort=_cohort(config, synthetic.cohort_of) if synthetic.cohort_of else None,
    )


def _cohort(config: Config, study: str) -> CohortOf:
    """The register of a study."""
    chosen = config.studies[study]
    visits = declared(Synthetic, chosen.synthetic).visits or SyntheticVisits()
    return CohortOf(study, chosen.adapters[0], visits)
