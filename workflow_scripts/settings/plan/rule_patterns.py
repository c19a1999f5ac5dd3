"""Paths of the rules with their wildcards, and what the wildcards may be."""

import re
from collections.abc import Iterable

from workflow_scripts.kinds.kind import (
    COMBINE,
    MAKE,
    MAKE_WITH_ATTENTION,
    MAKE_WITH_LINKED,
    MAKE_WITH_MODEL,
    MAKE_WITH_ROUNDS,
    MAKE_WITH_TRAINING_COPIES,
    TRAIN,
)
from workflow_scripts.runtime.run_address import RULE_OUTPUT, RULE_PATH
from workflow_scripts.settings.plan.downloads import WEIGHTS
from workflow_scripts.settings.plan.job_batches import JobBatch
from workflow_scripts.settings.plan.workflow_plan import Plan

PROTOCOL = "{protocol,[a-z0-9_]+}"
_RUN_LOGS = "{study}/runs/{protocol}/{run}"


class RulePatterns:
    """Patterns of the files of all studies, for a plan.

    Constraints stand in the paths: a general one does not reach into a path variable.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan, self._study = plan, f"{plan.config.results}/{_wildcard('study', plan.config.studies)}"

    def path_variables(self) -> dict[str, str]:
        """Name of each path variable of the rules → pattern."""
        plan, study = self._plan, self._study
        return {
            "results": plan.config.results,
            "logs": plan.logs,
            "run_logs": f"{plan.logs}/{_RUN_LOGS}",
            "fold_seed_logs": f"{plan.logs}/{_RUN_LOGS}/{RULE_PATH}",
            "study": study,
            "dataset": f"{study}/dataset",
            "arrays": f"{study}/arrays",
            "masks": f"{self._masked()}/masks",
            "examples": f"{self._examples(of_slides=False)}/examples",
            "examples_of_slides": f"{self._examples(of_slides=True)}/examples",
            "embedding": f"{study}/embeddings/{self._embedding()}",
            "split": f"{study}/splits/{PROTOCOL}",
            "single_training": f"{self._single()}/{RULE_OUTPUT}",
            "trained_run": self._run(TRAIN),
            "made_run": f"{self._run(MAKE)}/{RULE_OUTPUT}",
            "made_run_with_model": f"{self._run(MAKE_WITH_MODEL)}/{RULE_OUTPUT}",
            "made_run_with_attention": f"{self._run(MAKE_WITH_ATTENTION)}/{RULE_OUTPUT}",
            "made_run_with_linked": f"{self._run(MAKE_WITH_LINKED)}/{RULE_OUTPUT}",
            "made_run_with_rounds": f"{self._run(MAKE_WITH_ROUNDS)}/{RULE_OUTPUT}",
            "made_run_with_training_copies": f"{self._run(MAKE_WITH_TRAINING_COPIES)}/{RULE_OUTPUT}",
            "combined_run": f"{self._run(COMBINE)}/{RULE_OUTPUT}",
            "evaluation": f"{study}/evaluation/{PROTOCOL}",
            "explanation": f"{study}/explanation/{PROTOCOL}",
            "raw": _wildcard("raw", map(re.escape, plan.weights.downloads)),
            "published_weights": f"{WEIGHTS}/{_wildcard('model', map(re.escape, plan.weights.published_models))}",
        }

    def batch(self, batch: JobBatch) -> str:
        """Folder of all folds and seeds of the runs that a job batch trains."""
        study = f"{self._plan.config.results}/{_wildcard('study', [batch.study])}"
        return f"{study}/runs/{_wildcard('protocol', [batch.protocol])}/{self._made_by(TRAIN)}"

    def _run(self, rule: str) -> str:
        """Folder of all folds and seeds of the runs that a rule makes."""
        return f"{self._study}/runs/{PROTOCOL}/{self._made_by(rule)}"

    def _embedding(self) -> str:
        """Names of the embeddings of all studies."""
        studies = self._plan.config.studies.values()
        return _wildcard("embedding", sorted({name for study in studies for name in study.embeddings}))

    def _masked(self) -> str:
        """Folders of the studies that have masks of their pictures."""
        masked = filter(self._plan.steps.has_masks, self._plan.config.studies)
        return f"{self._plan.config.results}/{_wildcard('study', masked)}"

    def _examples(self, of_slides: bool) -> str:
        """Folders of the studies whose samples are tiles of slides, or other pictures."""
        pictured = filter(self._plan.steps.has_pictures, self._plan.config.studies)
        studies = [name for name in pictured if self._plan.steps.has_slides(name) == of_slides]
        return f"{self._plan.config.results}/{_wildcard('study', studies)}"

    def _single(self) -> str:
        """The same of trained runs whose trainings are a job each."""
        single = [name for name, study in self._plan.config.studies.items() if study.trainings_per_job == 1]
        study = f"{self._plan.config.results}/{_wildcard('study', single)}"
        return f"{study}/runs/{PROTOCOL}/{self._made_by(TRAIN)}"

    def _made_by(self, rule: str) -> str:
        return _wildcard("run", self._plan.made_by[rule])


def _wildcard(name: str, values: Iterable[str]) -> str:
    """A wildcard that is one of the values; without any, none that a name can be."""
    return f"{{{name},{'|'.join(values) or '-'}}}"
