"""What a protocol is for, whatever its name: the paper's own split, or one without leaks."""

from collections.abc import Mapping
from typing import Final

from workflow_scripts.contracts.step_settings.split_settings import Protocol, Role
from workflow_scripts.contracts.subsets import SMOTE_BEFORE_SPLIT

AS_PUBLISHED: Final = "as_published"
LEAK_FREE: Final = "leak_free"


def roles(protocols: Mapping[str, Protocol]) -> dict[str, Role]:
    """Name → role of every protocol of a study, in the order in which they are declared.

    What a rule states counts. Else a split by group is leak_free, and the first of the others is as_published where no
    rule says that it is. Further ones have no role: they are shown, and nothing is held against them. A protocol with
    SMOTE before the split has the role alone that it states.
    """
    role_of = {name: protocol.role for name, protocol in protocols.items()}
    open_ones = {
        name: rule for name, rule in protocols.items() if role_of[name] is None and rule.resample != SMOTE_BEFORE_SPLIT
    }
    if AS_PUBLISHED not in role_of.values():
        leaking = (name for name, rule in open_ones.items() if rule.by != "group")
        if first := next(leaking, None):
            role_of[first] = AS_PUBLISHED
    grouped = {name for name, rule in open_ones.items() if rule.by == "group"}
    return {name: role or (LEAK_FREE if name in grouped else None) for name, role in role_of.items()}


def as_published(protocols: Mapping[str, Protocol]) -> str | None:
    """Name of the protocol that splits as the paper did; None where a study has none."""
    return next((name for name, role in roles(protocols).items() if role == AS_PUBLISHED), None)


def named_protocol(path: str, as_published: str) -> str:
    """A setting's path in which the role of the protocol as published stands for its name, with the name."""
    head = f"protocols.{AS_PUBLISHED}."
    return f"protocols.{as_published}.{path.removeprefix(head)}" if path.startswith(head) else path
