"""The settings in force: read, resolved, checked. The only way into them, for Snakefile, tests and tools."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from workflow_scripts.runtime.addresses import without_secrets
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.wording import nearest
from workflow_scripts.settings.config import SCALES, Config
from workflow_scripts.settings.layers.hints import explain
from workflow_scripts.settings.layers.merging import (
    SECTIONS,
    STUDIES,
    TEMPLATES,
    ancestry,
    declared,
    differs_by_scale,
    merge,
    removals,
    resolve,
    sections,
)
from workflow_scripts.settings.layers.shape import mistakes
from workflow_scripts.settings.layers.yaml_files import SettingsFile, read_settings_file, shown
from workflow_scripts.settings.runs import kind_of_run

SHIPPED = "config.yaml"
LOCAL = "config.local.yaml"
COMMAND_LINE = "--config"


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping; UserError with file and line for a broken file and for a key that is given twice."""
    return read_settings_file(path).tree


@dataclass(frozen=True)
class Layers:
    """What the settings are made of.

    lying: config.yaml and, where there is one, config.local.yaml; given: what the command line says, in files and else;
    files: those files. Later ones count more.
    """

    lying: tuple[SettingsFile, ...]
    given: dict[str, Any]
    files: tuple[SettingsFile, ...]

    @property
    def base(self) -> dict[str, Any]:
        """What is shipped."""
        return self.lying[0].tree

    @property
    def user(self) -> dict[str, Any]:
        """What is applied to config.yaml."""
        return merge(self.lying[1].tree if len(self.lying) > 1 else {}, self.given)

    def locate(self, steps: tuple[Any, ...]) -> str:
        """File and line where a key stands, also below a scale or in what its study extends; else `config`."""
        paths = [steps]
        if len(steps) > 1 and steps[0] == "studies":
            studies = sections(self.base, self.user)
            chain = ancestry(studies, steps[1]) if steps[1] in studies else [steps[1]]
            paths = [path for study in reversed(chain) for path in _paths(study, steps[2:])]
        return self.line(paths)

    def line(self, paths: Sequence[tuple[Any, ...]]) -> str:
        """File and line of the first of these paths of keys in the file that counts most."""
        for file in (*reversed(self.files), None, *reversed(self.lying)):
            if file is None:
                if any(_holds(self.given, path) for path in paths):
                    return f"config ({COMMAND_LINE})"
                continue
            for path in paths:
                if path and (line := file.line_of(path)) is not None:
                    return f"{shown(file.path)}, line {line}"
        return "config"

    @property
    def trees(self) -> list[dict[str, Any]]:
        """Every layer by itself."""
        return [*(file.tree for file in (*self.lying, *self.files)), self.given]


def _paths(study: str, rest: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Where a key of a study or template may stand: in its section or below a scale, a run in one of two places."""
    variants = [rest, ("study_only_runs", *rest[1:])] if rest[:1] == ("runs",) else [rest]
    heads = [head for key in SECTIONS for head in ((key, study), *((key, study, "scales", scale) for scale in SCALES))]
    return [(*head, *variant) for variant in variants for head in heads]


def _holds(tree: Any, steps: tuple[Any, ...]) -> bool:
    for step in steps:
        if not isinstance(tree, dict) or step not in tree:
            return False
        tree = tree[step]
    return bool(steps)


def read_layers(root: Path, command_line: dict[str, Any], files: Sequence[Path] = ()) -> Layers:
    """Read config.yaml, config.local.yaml where there is one, and the files that the command line named.

    `command_line`: what --configfile and --config gave together; `files`: those files, which are read again for lines
    and repeated keys. UserError for what cannot be applied one to the other.
    """
    names = [name for name in (SHIPPED, LOCAL) if name == SHIPPED or (root / name).exists()]
    layers = Layers(
        tuple(read_settings_file(root / name) for name in names),
        command_line,
        tuple(read_settings_file(path) for path in files),
    )
    lines = [
        f"{shown(file.path)}, line {file.line_of(path) or 1}: {_named(path)}{words}"
        for file in (*layers.lying, *layers.files)
        for path, words in mistakes(file.tree)
    ]
    lines = lines or [f"{layers.line([path])}: {_named(path)}{words}" for path, words in mistakes(command_line)]
    if lines:
        raise _refusal(lines)
    _check_mentions(layers)
    return layers


def _check_mentions(layers: Layers) -> None:
    """Raise UserError where a study extends none, or is called as a template, or a null removes what nothing gives."""
    studies = sections(layers.base, layers.user)
    for study in _both(layers):
        raise UserError(
            f"{layers.line([('studies', study)])}: a template is called {study!r}; give your study another name, such "
            f"as my_{study}, and write `extends: {study}` there"
        )
    for study in studies:
        try:
            ancestry(studies, study)
        except UserError as error:
            line = layers.line([(key, study, "extends") for key in SECTIONS])
            raise UserError(f"{line}: {error}") from None
    lines = []
    for tree in layers.trees:
        for study, path in removals(tree):
            given = declared(layers.trees, ancestry(studies, study), path[-2])
            if path[-1] not in given:
                lines.append(
                    f"{layers.line([path])}: {'.'.join(path)}: null removes nothing; {nearest(path[-1], given)}"
                )
    if lines:
        raise _refusal(lines)


def _both(layers: Layers) -> list[str]:
    """Names of studies that templates have, too."""
    named = {key: {name for tree in layers.trees for name in tree.get(key) or {}} for key in SECTIONS}
    return sorted(named[STUDIES] & named[TEMPLATES])


def _refusal(lines: Iterable[str]) -> UserError:
    """The error with all its lines; an address that somebody wrote in the wrong place may hold a password."""
    return UserError(without_secrets("\n".join(dict.fromkeys(lines))))


def _named(path: tuple[Any, ...]) -> str:
    """A path as the user wrote it, without a key that YAML read as something else than a word."""
    steps = [str(step) for step in path if isinstance(step, (str, int)) and not isinstance(step, bool)]
    return f"{'.'.join(steps)}: " if steps else ""


def check(resolved: dict[str, Any], layers: Layers) -> Config:
    """The typed settings; UserError that names every mistake."""
    try:
        return Config.model_validate(resolved)
    except ValidationError as error:
        raise _refusal([*explain(error, resolved, layers.locate), *_fitting_scales(resolved, layers)]) from None


def _fitting_scales(resolved: dict[str, Any], layers: Layers) -> Iterator[str]:
    """What to write where settings that do not fit together do at another scale: a run may be declared there alone.

    Nothing where what stands at this scale alone is the mistake: then nothing is missing.
    """
    own = resolved.get("scale")
    if _fit(resolve(layers.base, _without_scale(layers.user, own))):
        return
    for scale in SCALES:
        if scale != own and _fit(resolve(layers.base, {**layers.user, "scale": scale})):
            yield (
                f"this is at scale {own}; at scale {scale} the settings fit: write scale: {scale}, "
                f"or what is missing outside scales.{scale}"
            )


def _fit(resolved: dict[str, Any]) -> bool:
    try:
        Config.model_validate(resolved)
    except ValidationError:
        return False
    return True


def _without_scale(tree: dict[str, Any], scale: Any) -> dict[str, Any]:
    """The layer, whose studies and templates say nothing of a scale of their own."""
    layer = dict(tree)
    for key in SECTIONS:
        if isinstance(written := tree.get(key), dict):
            layer[key] = {name: _section_without(section, scale) for name, section in written.items()}
    return layer


def _section_without(section: Any, scale: Any) -> Any:
    if not isinstance(section, dict) or not isinstance(section.get("scales"), dict):
        return section
    return {**section, "scales": {name: block for name, block in section["scales"].items() if name != scale}}


def settings(root: Path, command_line: dict[str, Any] | None = None, files: Sequence[Path] = ()) -> Config:
    """The settings in force for a working copy at `root` and what the command line gave, see read_layers."""
    layers = read_layers(root, command_line or {}, files)
    config = check(resolve(layers.base, layers.user), layers)
    _check_other_scale(config.scale, layers)
    unscaled = {name for name in config.studies if not differs_by_scale(layers.base, layers.user, name)}
    return _completed(config, frozenset(unscaled))


def _check_other_scale(scale: str, layers: Layers) -> None:
    """A wrong key or value at the scale that is not in use must not wait until it is; whether all fits together may."""
    for unused in SCALES:
        if unused != scale:
            resolved = resolve(layers.base, {**layers.user, "scale": unused})
            try:
                Config.model_validate(resolved)
            except ValidationError as error:
                if lines := explain(error, resolved, layers.locate, only_local=True):
                    raise _refusal(f"at scale {unused}: {line}" for line in lines) from None


def _completed(config: Config, unscaled: frozenset[str]) -> Config:
    """Keys of runs that are null and follow from other studies get their values, see RunKind.completed.

    What `only` says is what each study's `enabled` says from here on. `unscaled`: see Config.scale_of.
    """
    as_published = {name: study.as_published for name, study in config.studies.items()}
    studies = {}
    for name, study in config.studies.items():
        runs = {
            run: spec.model_copy(update=kind_of_run(spec).completed(as_published)) for run, spec in study.runs.items()
        }
        enabled = study.enabled if config.only is None else name in config.only
        studies[name] = study.model_copy(update={"runs": runs, "enabled": enabled})
    completed = config.model_copy(update={"studies": studies})
    completed._unscaled = unscaled
    return completed
