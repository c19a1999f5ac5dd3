"""Synthetic data of a study: what their generator receives, and what of the settings does not fit."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from workflow_scripts.contracts.step_settings.synthesise_settings import (
    CohortOf,
    SynthesiseSettings,
    Synthetic,
    SyntheticVisits,
)
from workflow_scripts.data.adapters.adapter_registry import TABLE, adapters, entry_called
from workflow_scripts.runtime.wording import nearest
from workflow_scripts.settings.base import declared

if TYPE_CHECKING:
    from workflow_scripts.settings.study import Config, Study

SLIDE = "slide"


def synthesise_settings(config: "Config", study: str, adapter: str) -> SynthesiseSettings:
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


def _cohort(config: "Config", study: str) -> CohortOf:
    """The register of a study."""
    chosen = config.studies[study]
    visits = declared(Synthetic, chosen.synthetic).visits or SyntheticVisits()
    return CohortOf(study, chosen.adapters[0], visits)


def synthetic_mistakes(study: "Study") -> Iterator[str]:
    """Keys of `synthetic` that data of the study's modality are not drawn by."""
    modality = _modality(study)
    for key, of, words in (("visits", TABLE, "tables of visits"), ("cohort_of", SLIDE, "whole slides")):
        if modality and modality != of and getattr(study.synthetic, key) is not None:
            yield f"synthetic.{key} is for {words}, and this study's samples are of {modality}; take it out"


def _modality(study: "Study") -> str:
    """The modality of a study's samples; empty where nobody knows its adapter."""
    layouts = adapters()
    return layouts[study.adapters[0]].modality if study.adapters[0] in layouts else ""


def cohort_mistakes(studies: Mapping[str, "Study"]) -> Iterator[str]:
    """Registers that `synthetic.cohort_of` names and that are not there."""
    for name, study in studies.items():
        register = study.synthetic.cohort_of
        if register is None:
            continue
        where = f"studies.{name}.synthetic.cohort_of names {register!r}"
        if register not in studies:
            yield f"{where}, which is no study; {nearest(register, studies)}"
        elif _modality(studies[register]) != TABLE or studies[register].source != "synthetic":
            yield f"{where}, which has no synthetic register; name a study with the adapter visits and synthetic data"
        elif studies[register].paper != study.paper:
            yield f"{where}, a study of another paper, whose women are drawn by other code; name one of {study.paper!r}"
