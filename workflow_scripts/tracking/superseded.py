"""What a run that is no longer the current one is called: its name, and what it had that the current one has not."""

from collections.abc import Mapping
from dataclasses import dataclass

# Tags of what a run was made from and with → what is said where they differ.
INPUT_TAGS = {"input.manifest": "other data", "input.split": "another split", "input.arrays": "other arrays"}
_OTHER_TAGS = {**INPUT_TAGS, "code": "other code"}
_VERSION = "version."
# Parameters that say which run it is, and not what it is.
_PLACE = frozenset({"study", "protocol", "run", "fold", "seed"})
_MOST, _LONGEST = 3, 30


@dataclass(frozen=True)
class RunFacts:
    """What tells two runs of one name apart: parameters, tags, and how many folds and seeds; 0 of a fold and seed."""

    params: Mapping[str, str]
    tags: Mapping[str, str]
    trainings: int = 0


def difference_words(former: RunFacts, current: RunFacts | None) -> str:
    """What the former had that the current run has not, in a few words: `epochs 8, other code`."""
    if current is None:
        return "earlier"
    words = _changed_parameters(former.params, current.params)
    if former.trainings != current.trainings:
        words.append(f"{former.trainings} training{'s' * (former.trainings != 1)}")
    if not words:
        words = [phrase for tag, phrase in _OTHER_TAGS.items() if _differs(former.tags, current.tags, tag)]
    if not words:
        versions = [tag for tag in former.tags if tag.startswith(_VERSION) and _differs(former.tags, current.tags, tag)]
        words = [f"{tag.removeprefix(_VERSION)} {former.tags[tag]}" for tag in sorted(versions)]
    if len(words) > _MOST:
        words = [*words[:_MOST], f"{len(words) - _MOST} more"]
    return ", ".join(words) or "earlier"


def _differs(former: Mapping[str, str], current: Mapping[str, str], tag: str) -> bool:
    return tag in former and tag in current and former[tag] != current[tag]


def _changed_parameters(former: Mapping[str, str], current: Mapping[str, str]) -> list[str]:
    """Parameters with the values that the former had; those that it had not are `without …`."""
    changed = [name for name in sorted(former) if name not in _PLACE and current.get(name) != former[name]]
    added = [name for name in sorted(current) if name not in _PLACE and name not in former]
    short = _short_names([*changed, *added])
    words = [f"{short[name]} {_cut(former[name])}" for name in changed]
    return [*words, *(f"without {short[name]}" for name in added)]


def _short_names(names: list[str]) -> dict[str, str]:
    """The last part of each dotted name; two parts where the last is that of another name too."""
    last = [name.rpartition(".")[2] for name in names]
    return {
        name: end if last.count(end) == 1 else ".".join(name.split(".")[-2:])
        for name, end in zip(names, last, strict=True)
    }


def _cut(value: str) -> str:
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"
