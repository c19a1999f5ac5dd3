"""From layers of YAML to one complete study: study ← what it extends ← scale ← the user's file.

A study extends another study, or a template: a section below `templates`, which is never run itself.
"""

import copy
from collections.abc import Iterable, Iterator
from typing import Any

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.wording import nearest

# Keys of a layer below which sections stand: of studies, and of what studies may start from.
STUDIES, TEMPLATES = "studies", "templates"
SECTIONS = (STUDIES, TEMPLATES)
# What a study does not take over from the study it extends: which data it has, whether it runs, what it runs alone.
_OWN = ("extends", "enabled", "source", "title", "study_only_runs")
# The same of its `ingest`: which samples of these very data are used.
_OWN_INGEST = ("ids", "counts", "fill")
# Where a null removes an entry.
_REMOVABLE = ("embeddings", "protocols", "runs", "study_only_runs")
# Arguments of a network's constructor: a null, or {}, is none at all, for another network takes none of them.
OPTIONS = "options"


def merge(base: Any, over: Any) -> Any:
    """`over` applied to `base`: mappings key by key, all else replaced. A null stays; see resolve_study."""
    if isinstance(base, dict) and isinstance(over, dict):
        if "kind" in over and "kind" in base and over["kind"] != base["kind"]:
            return copy.deepcopy(over)  # another kind of run or protocol has other keys
        below = {key: None if key == OPTIONS and over.get(key) == {} else value for key, value in base.items()}
        return {key: merge(below.get(key), over[key]) if key in over else base[key] for key in [*base, *over]}
    return copy.deepcopy(over)


def ancestry(studies: dict[str, dict[str, Any]], name: str) -> list[str]:
    """The study and those it extends, farthest first."""
    chain = [name]
    while base := studies[chain[0]].get("extends"):
        if base not in studies:
            hint = nearest(base, studies)
            raise UserError(f"studies.{chain[0]}.extends names {base!r}, which is no study and no template; {hint}")
        if base in chain:
            raise UserError(f"studies.{chain[0]}.extends: {base!r} extends {chain[0]!r} already; break the circle")
        chain.insert(0, base)
    return chain


def sections(base: dict[str, Any], user: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Name → section of every study and template, the user's keys applied to the shipped ones."""
    return {name: merge(_section(base, name), _section(user, name)) for layer in (base, user) for name in _names(layer)}


def _names(layer: dict[str, Any]) -> list[str]:
    """What a layer has sections of."""
    return [name for key in SECTIONS for name in layer.get(key) or {}]


def _section(layer: dict[str, Any], name: str) -> dict[str, Any]:
    """A section of a layer; a name belongs to a study or to a template, not to both."""
    return next((section for key in SECTIONS if (section := (layer.get(key) or {}).get(name))), {})


def _taken(section: dict[str, Any], is_own: bool) -> dict[str, Any]:
    """What a study takes of its own section, or of one that it extends; its own runs become runs."""
    taken = {
        key: value for key, value in section.items() if key not in ("scales", "extends") and (is_own or key not in _OWN)
    }
    if not is_own and isinstance(taken.get("ingest"), dict):
        taken["ingest"] = {key: value for key, value in taken["ingest"].items() if key not in _OWN_INGEST}
    if "study_only_runs" in taken:
        taken["runs"] = merge(taken.get("runs"), taken.pop("study_only_runs"))
    return taken


def _study_only_runs_of_others(layers: Iterable[dict[str, Any]], chain: list[str], name: str) -> set[str]:
    """Names of the runs that the studies that one extends keep to themselves."""
    sections = [_section(layer, study) for layer in layers for study in chain if study != name]
    sections += [overlay for section in sections for overlay in _mapping(section.get("scales")).values()]
    return {run for section in sections for run in _mapping(_mapping(section).get("study_only_runs"))}


def _without_null_options(entries: dict[str, Any]) -> dict[str, Any]:
    """Networks by name, also those within a run (its `branches`), without a null that undid the options below it."""
    networks = {}
    for name, entry in entries.items():
        if isinstance(entry, dict):
            entry = {key: value for key, value in entry.items() if not (key == OPTIONS and value is None)}
            if isinstance(entry.get("branches"), dict):
                entry["branches"] = _without_null_options(entry["branches"])
        networks[name] = entry
    return networks


def _mapping(value: Any) -> dict[str, Any]:
    """The value where it is a mapping; a mistake in its place is said when the settings are checked."""
    return value if isinstance(value, dict) else {}


def _overlays(layer: dict[str, Any], study: str) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Path and keys of the section of a study or template and of what it has below each scale."""
    section, key = _section(layer, study), TEMPLATES if study in (layer.get(TEMPLATES) or {}) else STUDIES
    yield (key, study), section
    for scale, overlay in _mapping(section.get("scales")).items():
        yield (key, study, "scales", scale), _mapping(overlay)


def removals(layer: dict[str, Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Study and path of every null that removes a run or a protocol."""
    for study in _names(layer):
        for path, keys in _overlays(layer, study):
            for kind in _REMOVABLE:
                for name, entry in _mapping(keys.get(kind)).items():
                    if entry is None:
                        yield study, (*path, kind, name)


def declared(layers: Iterable[dict[str, Any]], chain: list[str], kind: str) -> set[str]:
    """Names of the runs (protocols, embeddings) that any layer gives a study or those it extends, at any scale."""
    kinds = (kind,) if kind in ("embeddings", "protocols") else ("runs", "study_only_runs")
    return {
        name
        for layer in layers
        for study in chain
        for _, keys in _overlays(layer, study)
        for key in kinds
        for name, entry in _mapping(keys.get(key)).items()
        if entry is not None
    }


def differs_by_scale(base: dict[str, Any], user: dict[str, Any], study: str) -> bool:
    """Whether a study, or what it extends, has keys for any scale."""
    chain = ancestry(sections(base, user), study)
    return any(_mapping(_section(layer, name).get("scales")) for layer in (base, user) for name in chain)


def resolve_study(name: str, base: dict[str, Any], user: dict[str, Any], scale: str) -> dict[str, Any]:
    """Resolve one study from the shipped config `base` and the user's layers `user` (both whole configs)."""
    chain = ancestry(sections(base, user), name)
    merged: dict[str, Any] = {}
    for layer in (base, user):
        for pick in (lambda section: section, lambda section: (section.get("scales") or {}).get(scale) or {}):
            for ancestor in chain:
                merged = merge(merged, _taken(pick(_section(layer, ancestor)), ancestor == name))
    # What images without a paper show is not known from the images of the study that this one extends.
    is_told = any("subject" in section for layer in (base, user) for _, section in _overlays(layer, name))
    if merged.get("paper") == "" and not is_told:
        merged.pop("subject", None)
    for key in ("embeddings", "protocols", "runs"):
        if isinstance(merged.get(key), dict):
            entries = {entry: value for entry, value in merged[key].items() if value is not None}
            merged[key] = _without_null_options(entries)
    explained = _mapping(merged.get("explain")).get("runs")
    if isinstance(explained, list):
        # What another study explains of its own runs is not this one's mistake.
        missing = _study_only_runs_of_others((base, user), chain, name) - set(_mapping(merged.get("runs")))
        merged["explain"]["runs"] = [run for run in explained if not (isinstance(run, str) and run in missing)]
    return merged


def resolve(base: dict[str, Any], user: dict[str, Any]) -> dict[str, Any]:
    """The whole config, every study resolved, `templates`, `scales` and `extends` used up."""
    top = merge(
        {key: value for key, value in base.items() if key not in SECTIONS},
        {key: value for key, value in user.items() if key not in SECTIONS},
    )
    scale = top.get("scale", "demo")
    names = list(dict.fromkeys([*(base.get(STUDIES) or {}), *(user.get(STUDIES) or {})]))
    return {**top, STUDIES: {name: resolve_study(name, base, user, scale) for name in names}}
