"""Parameters of the rules: canonical settings and code digests of steps, and arguments that are made of several words.

Snakemake calls a function of a rule's parameters for every job, and goes by the names of what the function takes. One
that takes `input` is no reason to run a job again: where a folder lies changes no result.
"""

import inspect
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import canonical_json
from workflow_scripts.runtime.run_address import RunAddress
from workflow_scripts.settings.code import code_digest
from workflow_scripts.settings.plan.commands import option, pairs
from workflow_scripts.settings.plan.step_names import StepNames
from workflow_scripts.settings.plan.step_table import Step
from workflow_scripts.settings.plan.workflow_plan import Plan

OfWildcards = Callable[[Any], Any]
_NUMBERS = ("fold", "seed")


def asked_often(method: Callable[..., Any]) -> Callable[..., Any]:
    """A function that calls the method and states its signature: Snakemake asks for it several times a job, and to
    work it out each time takes a twentieth of the time of planning.
    """

    def function(*values: Any, **named: Any) -> Any:
        return method(*values, **named)

    setattr(function, "__signature__", inspect.signature(method))  # noqa: B010 - a function has no such field for mypy
    return function


def stop(error: UserError) -> NoReturn:
    """End this process with the one line of a user's mistake."""
    sys.exit(f"error: {error}")


def names_of(wildcards: Any, fields: tuple[str, ...]) -> StepNames:
    """The names among the wildcards of a job that a step goes by."""
    values = {name: getattr(wildcards, name) for name in fields}
    typed: dict[str, Any] = {name: int(value) if name in _NUMBERS else value for name, value in values.items()}
    return StepNames(**typed)


def address_of(wildcards: Any) -> RunAddress:
    """The address of the run that a job of one fold and seed makes."""
    run = (wildcards.study, wildcards.protocol, wildcards.run)
    return RunAddress(*run, int(wildcards.fold), int(wildcards.seed))


class RuleParams:
    """Settings and code of the steps of a plan, each made once: all jobs of a run, or of a study, share them."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.text: Callable[[Step, StepNames], str] = cache(self._text)
        self.digest: Callable[[Step, StepNames], str] = cache(self._digest)

    def _text(self, step: Step, names: StepNames) -> str:
        """Canonical JSON of what a step sees. What the user can mend (a folder that cannot be read) is a line."""
        try:
            return canonical_json(step.settings(self._plan, names))
        except UserError as error:
            stop(error)

    def _digest(self, step: Step, names: StepNames) -> str:
        """Digest of a step's code and of the modules that its settings name; one with a mistake in it is a line."""
        try:
            return code_digest(*step.modules(self._plan, names))
        except UserError as error:
            stop(error)

    def settings(self, step: Step) -> OfWildcards:
        """The parameter `settings` of a step's rule."""
        return lambda wildcards: self.text(step, names_of(wildcards, step.settings_by))

    def code(self, step: Step) -> OfWildcards:
        """The parameter `code` of a step's rule."""
        return lambda wildcards: self.digest(step, names_of(wildcards, step.code_by))

    def sources(self, wildcards: Any, input: Any) -> str:
        """--source arguments of a study, and --key where its files bear names of people."""
        keys = self._plan.data.keys(wildcards.study)
        return " ".join([pairs("--source", self._plan.data.sources(wildcards.study)), option("--key", keys)]).strip()

    def start_weights(self, wildcards: Any, input: Any) -> str:
        """--weights arguments of a run."""
        return pairs("--weights", self._plan.weights.files(wildcards.study, wildcards.run))

    def source_runs(self, wildcards: Any, input: Any) -> str:
        """--source-run arguments of a run of one fold and seed."""
        return pairs("--source-run", self._plan.runs.source_folders(address_of(wildcards)))

    def masks(self, wildcards: Any, input: Any) -> str:
        """--masks argument, where a job's networks see masks."""
        return option("--masks", [str(Path(record).with_name("masks.npy")) for record in input.masks])

    def linked(self, wildcards: Any, input: Any) -> str:
        """--linked argument, where a run reads what another study has of the same patients: that study's folder."""
        linked = self._plan.steps.kind(wildcards.study, wildcards.run).linked_embedding()
        return option("--linked", [str(self._plan.paths(linked.study).folder)] if linked else [])

    def linked_dataset(self, wildcards: Any, input: Any) -> str:
        """The same of the dataset of a study that takes only patients whom another one has: that one's dataset."""
        return option("--linked", [str(Path(record).parent) for record in input.linked])

    def run_folders(self, wildcards: Any, input: Any) -> str:
        """Folder of a protocol's runs."""
        return self._plan.runs.protocol_folder(wildcards.study, wildcards.protocol)

    def expert(self, wildcards: Any, input: Any) -> str:
        """--expert argument of a run that takes labels from a file of the user's."""
        path = self._plan.steps.kind(wildcards.study, wildcards.run).expert
        return option("--expert", [] if path is None else [path])

    def device(self, wildcards: Any, input: Any) -> str:
        """Device for torch."""
        return self._plan.config.device
