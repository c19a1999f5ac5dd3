"""How long a workflow still takes, from how long its jobs took so far."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

# Rules whose jobs train networks: as long as none of them has ended, nobody can say how long they take.
_TRAINING_RULES = ("train", "embed", "make_run_with")


@dataclass(frozen=True)
class _Running:
    rule: str
    began: float


class TimeLeft:
    """Times jobs by rule; all times in seconds of one clock.

    A rule that was not timed is taken to be as long as the mean of the jobs that train nothing.
    """

    def __init__(self, began: float) -> None:
        self.began = began
        self.planned: dict[str, int] = {}
        self.running: dict[int, _Running] = {}
        self.times: dict[str, list[float]] = defaultdict(list)

    def plan(self, jobs_by_rule: Mapping[str, int]) -> None:
        """What is to run: jobs by rule."""
        self.planned = dict(jobs_by_rule)

    def begin(self, job: int, rule: str, now: float) -> None:
        """A job of a rule begins."""
        self.running[job] = _Running(rule, now)

    def end(self, job: int, now: float) -> None:
        """A job ended well."""
        if (ended := self.running.pop(job, None)) is not None:
            self.times[ended.rule].append(now - ended.began)

    def fail(self, job: int) -> None:
        """A job ended without its outputs: its time says nothing."""
        self.running.pop(job, None)

    def words(self, now: float) -> str:
        """`about 12 min`; `at least 12 min` with trainings whose rule was not timed; empty before the first is."""
        trained = [rule for rule in self.planned if rule.startswith(_TRAINING_RULES)]
        timed = [rule for rule in trained if self.times.get(rule)]
        if not any(self.times.values()) or (trained and not timed):
            return ""
        return f"{'about' if len(timed) == len(trained) else 'at least'} {minutes(self._seconds(now))}"

    def _seconds(self, now: float) -> float:
        running_by_rule: dict[str, list[float]] = defaultdict(list)
        for job in self.running.values():
            running_by_rule[job.rule].append(now - job.began)
        worked = sum(map(sum, self.times.values())) + sum(map(sum, running_by_rule.values()))
        jobs_at_a_time = max(worked / max(now - self.began, 1e-9), 0.1)
        short_jobs = [
            time for rule, times in self.times.items() if not rule.startswith(_TRAINING_RULES) for time in times
        ]
        short = _mean(short_jobs) if short_jobs else 0.0
        left = 0.0
        for rule, count in self.planned.items():
            ended, running = self.times.get(rule, []), running_by_rule[rule]
            usual = _mean(ended) if ended else short
            # A job that already takes longer than usual says that others may, too.
            observed = [*ended, *(time for time in running if time > usual)]
            expected = _mean(observed) if observed else usual
            left += max(count - len(ended) - len(running), 0) * expected
            left += sum(max(expected - time, 0.0) for time in running)
        return left / jobs_at_a_time


def minutes(seconds: float) -> str:
    """A time as people say it: `40 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _mean(times: list[float]) -> float:
    return sum(times) / len(times)
