"""What of a study's protocols does not fit their roles, its runs, or how a risk is judged."""

from collections.abc import Iterator, Mapping

from workflow_scripts.contracts import protocol_roles
from workflow_scripts.contracts.subsets import SMOTE_BEFORE_SPLIT
from workflow_scripts.kinds.kind import RunKind
from workflow_scripts.runtime.wording import nearest
from workflow_scripts.settings.study import Study


def share_mistakes(study: Study, kinds: Mapping[str, RunKind]) -> Iterator[str]:
    """Fractions of a hold-out that leave nothing to train on or to choose by; `kinds`: of the runs, by name."""
    learning = [name for name, run in kinds.items() if run.learns]
    choosing = [name for name, run in kinds.items() if run.needs_validation]
    for name, rule in study.protocols.items():
        if learning and rule.kind == "holdout" and rule.fractions[0] == 0:
            yield f"protocols.{name}: fractions leave nothing to train on, and {learning[0]} learns; set the first"
        if choosing and rule.kind == "holdout" and rule.fractions[1] == 0:
            yield (
                f"protocols.{name}: fractions leave no validation subset, and {choosing[0]} chooses by it; set the "
                "second"
            )


def role_mistakes(study: Study) -> Iterator[str]:
    """Roles of protocols that their splits do not keep."""
    paper = [name for name, rule in study.protocols.items() if rule.role == protocol_roles.AS_PUBLISHED]
    if len(paper) > 1:
        yield f"protocols {' and '.join(paper)}: only one may have the role as_published"
    for name, rule in study.protocols.items():
        if rule.role == protocol_roles.LEAK_FREE and rule.by != "group":
            yield (
                f"protocols.{name}: role is leak_free, but a split by {rule.by} tears groups and copies apart; "
                "write by: group"
            )
        if rule.role == protocol_roles.LEAK_FREE and rule.resample == SMOTE_BEFORE_SPLIT:
            yield (
                f"protocols.{name}: role is leak_free, but resample: {rule.resample} makes training samples of "
                "test samples; write resample: smote"
            )


def risk_mistakes(study: Study) -> Iterator[str]:
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
