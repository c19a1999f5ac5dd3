"""What does not fit a study that takes only patients whom another study has, see ingest.visits."""

from collections.abc import Iterator, Mapping

from workflow_scripts.data.adapters.adapter_registry import adapters
from workflow_scripts.runtime.wording import nearest
from workflow_scripts.settings.study import Study


def linked_mistakes(studies: Mapping[str, Study]) -> Iterator[str]:
    """A line for each study whose other one is none, is itself, or cannot have a patient of its."""
    for name, study in studies.items():
        if study.linked is not None:
            yield from (f"studies.{name}.ingest.visits.linked {words}" for words in _mistakes(name, study, studies))


def _mistakes(name: str, study: Study, studies: Mapping[str, Study]) -> Iterator[str]:
    linked = str(study.linked)
    if linked not in studies:
        yield f"names {linked!r}, which is no study; {nearest(linked, studies)}"
        return
    if linked == name:
        yield "names the study itself; name the one that has the images of its patients, or null"
        return
    there = studies[linked]
    if there.linked is not None:
        yield f"names {linked}, which is linked itself, to {there.linked}; link one of them alone"
    if unknowing := [adapter for adapter in there.adapters if not adapters()[adapter].private]:
        yield (
            f"names {linked}, whose adapter {unknowing[0]} gives no pseudonyms of patients; name a study of slides, "
            "series or visits"
        )
    if (study.source == "synthetic") != (there.source == "synthetic"):
        kinds = {True: "synthetic", False: "real"}
        own, of_linked = (kinds[chosen.source == "synthetic"] for chosen in (study, there))
        yield f"names {linked}, whose data are {of_linked}, and these are {own}: nobody is in both; give both the same"
