"""The order of a study's classes, checked against the labels that there are."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from workflow_scripts.data.raw_folders import ending_words
from workflow_scripts.runtime.errors import LEAVE_OUT, UserError


def class_order(
    names: Iterable[str], classes: Sequence[str] | None, passed_over: Mapping[str, int] = MappingProxyType({})
) -> list[str]:
    """The study's classes in order; UserError when the settings' classes are not those of the readable samples.

    `passed_over`: ending → number of files that are no samples, for the message.
    """
    labels = set(names)
    order = sorted(labels) if classes is None else list(classes)
    for name in sorted(labels - set(order)):
        raise UserError(
            f"ingest.classes lacks the class {name!r} that the files have{near_hint(name, order)}; "
            f"add it, or write `classes: null`, which takes every class that there is, or {LEAVE_OUT}"
        )
    for name in order:
        if name not in labels:
            raise UserError(
                f"ingest.classes names {name!r}, of which there is no readable image{near_hint(name, labels)}; "
                f"the files have {', '.join(sorted(labels)) or 'no class at all'}"
            )
    if len(order) < 2:
        seen = f"; passed over: {ending_words(passed_over)}" if passed_over else ""
        raise UserError(
            f"the files have {len(order)} class(es) ({', '.join(order)}); two are needed, check `source`{seen}"
        )
    return order


def near_hint(name: str, candidates: Iterable[str]) -> str:
    """What a message asks where a name is nearly one of the candidates; empty where it is near none."""
    near = difflib.get_close_matches(name, sorted(candidates), 1, 0.5)
    return f" (did you mean {near[0]!r}?)" if near else ""
