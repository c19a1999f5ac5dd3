"""What of the settings of synthetic data does not fit the studies."""

from collections.abc import Iterator, Mapping

from workflow_scripts.data.adapters.adapter_registry import TABLE, adapters
from workflow_scripts.runtime.wording import nearest
from workflow_scripts.settings.study import Study

SLIDE = "slide"


def synthetic_mistakes(study: Study) -> Iterator[str]:
    """Keys of `synthetic` that data of the study's modality are not drawn by."""
    modality = _modality(study)
    for key, of, words in (("visits", TABLE, "tables of visits"), ("cohort_of", SLIDE, "whole slides")):
        if modality and modality != of and getattr(study.synthetic, key) is not None:
            yield f"synthetic.{key} is for {words}, and this study's samples are of {modality}; take it out"


def _modality(study: Study) -> str:
    """The modality of a study's samples; empty where nobody knows its adapter."""
    layouts = adapters()
    return layouts[study.adapters[0]].modality if study.adapters[0] in layouts else ""


def cohort_mistakes(studies: Mapping[str, Study]) -> Iterator[str]:
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
