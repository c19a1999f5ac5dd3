"""A study's protocols as steps receive them: with their roles, and with how each aggregates and judges a risk."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from workflow_scripts.contracts.aggregation import Aggregation
from workflow_scripts.contracts.protocol_roles import roles
from workflow_scripts.contracts.step_settings.split_settings import PROTOCOLS, Aggregate, Protocol
from workflow_scripts.runtime.wording import nearest
from workflow_scripts.settings.base import declared

if TYPE_CHECKING:
    from workflow_scripts.settings.study import Study


def aggregate_of(study: "Study", protocol: str) -> Aggregate:
    """How the samples of a unit become one prediction under a protocol."""
    return study.protocols[protocol].aggregate or study.evaluate.aggregate


def aggregation_of(study: "Study", protocol: str) -> Aggregation:
    """The same, with how many samples count where that matters."""
    return Aggregation.of(aggregate_of(study, protocol), study.evaluate.aggregate_top)


def protocol_of(study: "Study", name: str) -> Protocol:
    """A protocol as the settings state it."""
    protocol = study.protocols[name]
    return declared(PROTOCOLS[protocol.kind], protocol)


def protocols_of(study: "Study") -> dict[str, Protocol]:
    """Every protocol with its role and its way to aggregate, both resolved: a step sees neither order of the protocols
    nor what holds for all of them.
    """
    protocols = {name: protocol_of(study, name) for name in study.protocols}
    return {
        name: replace(protocols[name], role=role, aggregate=aggregate_of(study, name))
        for name, role in roles(protocols).items()
    }


def risk_mistakes(study: "Study") -> Iterator[str]:
    """What of `evaluate.risk` does not fit the study's classes and protocols."""
    risk, ingest = study.evaluate.risk, study.ingest
    if risk is None:
        return
    classes = ingest.classes or sorted({name for name in (ingest.labels or {}).values() if name})
    if classes and risk.positive not in classes:
        yield (
            f"evaluate.risk.positive is {risk.positive!r}, which is no class of this study; "
            f"{nearest(risk.positive, classes)}"
        )
    for name, rule in study.protocols.items():
        if rule.kind == "holdout" and rule.fractions[1] == 0:
            yield (
                f"protocols.{name}: fractions leave no validation subset, and evaluate.risk chooses its threshold by "
                "it; set the second, or write `evaluate: {risk: null}`"
            )
