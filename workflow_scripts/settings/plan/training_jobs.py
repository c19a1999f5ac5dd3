"""What a job of trainings is given, alone or in a batch: threads, GPUs, the program that starts it, its arguments.

Snakemake compares what a job is given with what was given to the one before. All of this is therefore the same whether
a training is alone or in a batch: nothing is trained again because of it.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from workflow_scripts.settings.plan.commands import folders_of, option, pairs, words
from workflow_scripts.settings.plan.rule_params import RuleParams, asked_often
from workflow_scripts.settings.plan.step_names import StepNames
from workflow_scripts.settings.plan.step_table import TRAIN
from workflow_scripts.settings.plan.workflow_plan import Plan


class TrainingJobs:
    """Functions for the rules of trainings.

    threads, gpus: what all processes of a training take; start, step, options: the parts of its command. Thousands of
    jobs call each before the first begins, so what the trainings of a run share is made once.
    """

    def __init__(self, plan: Plan, params: RuleParams, gpus_per_process: int) -> None:
        self._plan, self._params, self._gpus_per_process = plan, params, gpus_per_process
        self._processes: Callable[[str, str], int] = cache(lambda *run: plan.steps.training(*run).processes)
        self._torch_threads: Callable[[str, str], int] = cache(lambda *run: plan.steps.training(*run).torch_threads)
        self._settings_text: Callable[[str, str, str], str] = cache(self._as_text)
        self._read: Callable[[str, str, str], str] = cache(self._name_inputs)
        self._origin: Callable[[str, str, str], str] = cache(self._name_origin)
        self._weights: Callable[[str, str], str] = cache(lambda *run: pairs("--weights", plan.weights.files(*run)))
        self.threads = asked_often(self._threads)
        self.gpus = asked_often(self._gpus)
        self.start = asked_often(self._start)
        self.step = asked_often(self._step)
        self.options = asked_often(self._options)

    def _threads(self, wildcards: Any) -> int:
        run = wildcards.study, wildcards.run
        return self._torch_threads(*run) * self._processes(*run)

    def _gpus(self, wildcards: Any) -> int:
        return self._gpus_per_process * self._processes(wildcards.study, wildcards.run)

    def _start(self, wildcards: Any, input: Any) -> str:
        """What starts the process or processes of a training."""
        processes = self._processes(wildcards.study, wildcards.run)
        if processes == 1:
            return "python -m"
        # Without the dashes it takes the step's options for abbreviations of its own. Its processes end with LAUNCHER.
        launcher = f"torchrun --standalone --nproc-per-node {processes} --local-ranks-filter 0 -m --"
        return f"LAUNCHER=$$ exec {launcher}"

    def _step(self, wildcards: Any) -> str:
        """--settings and --code."""
        return self._settings_text(wildcards.study, wildcards.protocol, wildcards.run)

    def _as_text(self, study: str, protocol: str, run: str) -> str:
        settings = self._params.text(TRAIN, StepNames(study=study, protocol=protocol, run=run))
        return words(["--settings", settings, "--code", self._params.digest(TRAIN, StepNames(study=study, run=run))])

    def _options(self, wildcards: Any, input: Any, output: Any, resources: Any) -> str:
        """Where a training finds what it reads, on which device, and where it writes.

        --time-limit: the minutes that a scheduler gives the job, where one does.
        """
        minutes = resources.get("runtime")
        limit = f" --time-limit {minutes}" if minutes else ""
        read = self._read(wildcards.study, wildcards.protocol, wildcards.run)
        weights = self._weights(wildcards.study, wildcards.run)
        masks = self._params.masks(wildcards, input)
        origin = self._origin(wildcards.study, wildcards.protocol, wildcards.run)
        return f"{read}{limit} {weights} {masks} {origin} --out {folders_of(output.weights)}"

    def _name_origin(self, study: str, protocol: str, run: str) -> str:
        folder = self._plan.runs.origin(study, protocol, run)
        return option("--origin", [] if folder is None else [folder])

    def _name_inputs(self, study: str, protocol: str, run: str) -> str:
        paths, config = self._plan.paths(study), self._plan.config
        return words(
            [
                *(
                    "--dataset",
                    paths.dataset,
                    "--arrays",
                    self._plan.data.arrays(study, run),
                    "--split",
                    paths.split(protocol),
                ),
                *("--device", config.device, "--jobs-per-gpu", config.jobs_per_gpu),
            ]
        )
