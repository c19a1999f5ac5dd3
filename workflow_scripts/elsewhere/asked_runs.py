"""Which trainings are asked for: runs as users name them, STUDY[/PROTOCOL[/RUN]]."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.wording import nearest
from workflow_scripts.settings.plan.workflow_plan import Plan


@dataclass(frozen=True)
class AskedRun:
    """A trained run under a protocol of a study."""

    study: str
    protocol: str
    run: str

    def __str__(self) -> str:
        return f"{self.study}/{self.protocol}/{self.run}"


def asked_runs(plan: Plan, names: Iterable[str]) -> list[AskedRun]:
    """The trained runs that names stand for, in their order; `STUDY/PROTOCOL` and `STUDY` stand for all of theirs.

    Where another protocol may be the same split, whose training is then taken over, the run under that one comes
    before, unless it is trained at home already. UserError for a name that the settings do not know, for a run that no
    training makes, and for one that is trained by several processes.
    """
    asked = [run for name in names for run in _named(plan, name)]
    runs = dict.fromkeys(added for run in asked for added in (*_untrained_origin(plan, run), run))
    for run in runs:
        processes = plan.steps.training(run.study, run.run).processes
        if processes > 1:
            raise UserError(
                f"{run}: train.processes is {processes}, a bundle trains with one; set train: {{processes: 1}} for it"
            )
    return list(runs)


def _named(plan: Plan, name: str) -> list[AskedRun]:
    study, *rest = name.split("/")
    _require(study, plan.config.studies, f"RUNS: {name!r}: no study {study!r}")
    if len(rest) > 2:
        raise UserError(f"RUNS: {name!r}: write STUDY, STUDY/PROTOCOL or STUDY/PROTOCOL/RUN")
    chosen = plan.study(study)
    protocols, runs = list(chosen.protocols), list(chosen.runs)
    if rest:
        _require(rest[0], protocols, f"RUNS: {name!r}: {study} has no protocol {rest[0]!r}")
        protocols = rest[:1]
    trained = [run for run in runs if plan.is_trained(study, run)]
    if rest[1:]:
        _require(rest[1], runs, f"RUNS: {name!r}: {study} has no run {rest[1]!r}")
        if rest[1] not in trained:
            raise UserError(
                f"RUNS: {name!r}: no training makes this run, the workflow makes it at home; runs that are trained: "
                f"{', '.join(trained)}"
            )
        trained = rest[1:]
    return [AskedRun(study, protocol, run) for run in trained for protocol in protocols]


def origin_of(plan: Plan, run: AskedRun) -> AskedRun | None:
    """The same run under a protocol that may be the same split; None: there is no such protocol."""
    folder = plan.runs.origin(run.study, run.protocol, run.run)
    return None if folder is None else AskedRun(run.study, Path(folder).parent.name, run.run)


def trained_here(plan: Plan, run: AskedRun) -> bool:
    """Whether all trainings of a run are among the results."""
    return all(Path(path).is_file() for path in plan.runs.trainings(run.study, run.protocol, run.run))


def _untrained_origin(plan: Plan, run: AskedRun) -> list[AskedRun]:
    origin = origin_of(plan, run)
    return [origin] if origin is not None and not trained_here(plan, origin) else []


def _require(name: str, candidates: Iterable[str], what: str) -> None:
    if name not in candidates:
        raise UserError(f"{what}; {nearest(name, candidates)}")
