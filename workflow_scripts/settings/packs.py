"""Which trainings share a job: of studies whose trainings are short, a process; of every run, their conclusion."""

from collections.abc import Iterator
from dataclasses import dataclass

from workflow_scripts.runtime.run_address import FoldSeed
from workflow_scripts.settings.workflow import Plan


@dataclass(frozen=True)
class Pack:
    """Trainings that share a job, of each run of a study under a protocol: fold and seed of each."""

    study: str
    protocol: str
    number: int
    jobs: list[tuple[int, int]]

    def paths(self, folder: str, file: str) -> list[str]:
        """A file of each training; `folder` is that of the run's trainings."""
        return [f"{folder}/{FoldSeed(*job)}/{file}" for job in self.jobs]

    def __str__(self) -> str:
        return ", ".join(f"fold {fold} seed {seed}" for fold, seed in self.jobs)


def packs(plan: Plan) -> Iterator[Pack]:
    """The packs of every study that packs its trainings, seed by seed: a further seed leaves all but the last alone."""
    for study, chosen in plan.config.studies.items():
        for protocol in chosen.protocols if chosen.pack > 1 else ():
            jobs = sorted(plan.jobs(study, protocol), key=lambda job: chosen.seeds.index(job[1]))
            for number, first in enumerate(range(0, len(jobs), chosen.pack)):
                yield Pack(study, protocol, number, jobs[first : first + chosen.pack])


def wholes(plan: Plan) -> Iterator[Pack]:
    """All trainings of a run together, for every study and protocol."""
    for study, chosen in plan.config.studies.items():
        for protocol in chosen.protocols:
            yield Pack(study, protocol, 0, list(plan.jobs(study, protocol)))
