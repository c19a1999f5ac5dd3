"""Which protocols of a study may turn out to be one split: then one training serves both."""

from dataclasses import replace

from workflow_scripts.contracts.step_settings.split_settings import Rule, rule_of
from workflow_scripts.data.adapters.adapter_registry import adapters
from workflow_scripts.settings.blocks_for_steps import protocol_of
from workflow_scripts.settings.study import Study

# In which order protocols are looked at: what is kept together least comes first.
_BY = ("sample", "unit", "group")


def origin_protocol(study: Study, protocol: str) -> str | None:
    """The first protocol whose split may be that of this one, and whose networks learn alike; None: there is none.

    Two protocols of one rule are one split. Two whose rules differ only in what they keep together are one where
    nothing is to be kept together, which is known after ingest; they are named where no table and no layout says what
    belongs together. Where it does, a training that waits for another would wait in vain.
    """
    rules = {name: rule_of(protocol_of(study, name)) for name in study.protocols}
    for name in sorted(rules, key=lambda name: (_BY.index(rules[name].by), name)):
        if name == protocol:
            return None
        if _may_be_one(study, name, protocol, rules[name], rules[protocol]):
            return name
    return None


def _may_be_one(study: Study, first: str, second: str, first_rule: Rule, second_rule: Rule) -> bool:
    if study.protocols[first].resample != study.protocols[second].resample:
        return False
    alike = _by_sample(first_rule) == _by_sample(second_rule)
    return first_rule == second_rule or (alike and not _groups_are_named(study))


def _by_sample(rule: Rule) -> Rule:
    return replace(rule, by="sample")


def _groups_are_named(study: Study) -> bool:
    """Whether a table or the layout of a study's files says which samples belong together."""
    return study.ingest.groups is not None or any(adapters()[name].knows_groups for name in study.adapters)
