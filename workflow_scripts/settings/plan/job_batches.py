"""Which trainings share a job, of studies whose trainings are short: a process starts once for several of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from workflow_scripts.runtime.run_address import FoldSeed
from workflow_scripts.settings.plan.workflow_plan import Plan


@dataclass(frozen=True)
class JobBatch:
    """Folds and seeds that share a job: the same ones of every trained run of a study under a protocol."""

    study: str
    protocol: str
    number: int
    keys: tuple[FoldSeed, ...]

    @property
    def rule(self) -> str:
        """Name of the rule of such jobs."""
        return f"train_batch_{self.study}_{self.protocol}_{self.number}"

    def files(self, folder: str, name: str) -> list[str]:
        """A file of each training; `folder` is that of all folds and seeds of the run."""
        return [f"{folder}/{key}/{name}" for key in self.keys]

    def __str__(self) -> str:
        return ", ".join(f"fold {key.fold} seed {key.seed}" for key in self.keys)


def job_batches(plan: Plan) -> Iterator[JobBatch]:
    """The batches of every study that has them, seed by seed: a further seed leaves all but the last batch alone."""
    for study, chosen in plan.config.studies.items():
        size = chosen.trainings_per_job
        for protocol in chosen.protocols if size > 1 else ():
            keys = sorted(plan.runs.fold_seeds(study, protocol), key=lambda key: chosen.seeds.index(key.seed))
            for number, first in enumerate(range(0, len(keys), size)):
                yield JobBatch(study, protocol, number, tuple(keys[first : first + size]))
