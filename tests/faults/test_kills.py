"""Forty kills of jobs of every rule, of any of their processes: the next call ends in the same bytes, nobody is left.

KILLS: so many instead of forty.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.conftest import results_of
from tests.processes import Family, until
from tests.tiny_visits import STUDIES
from tests.workflow.conftest import OFF, ROOT, Workflow, copy_of_the_project

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("KILLS", "40"))
# Whatever a verdict rests on.
NAMES = (
    "manifest.csv",
    "quarantine.csv",
    "equal_pairs.csv",
    "data.npy",
    "masks.npy",
    "index.csv",
    "published.csv",
    "published.json",
    "weights.safetensors",
    "predictions.csv",
    "units.csv",
    "history.csv",
    "rounds.csv",
    "queries.csv",
    "visits.csv",
    "metrics.json",
    "fold0-seed0.json",
    "metrics.csv",
    "comparison.csv",
    "verdict.csv",
    "tracked.json",
    "record.json",
)
# Every rule of the workflow but downloads, with as little to do as can be.
SETTINGS = f"""
studies:
{OFF}  first: &tiny
    paper: cvm_cervix
    adapters: [sipakmed]
    synthetic: {{samples_per_class: 10, samples_per_field: 3, size: 40}}
    preprocess: {{size: 32}}
    protocols: {{published: {{kind: holdout, fractions: [0.6, 0.2, 0.2], by: sample}}}}
    train: {{epochs: 2, batch_size: 8, learning_rate: 1.0e-3}}
    runs:
      tiny: {{kind: network, model: test_resnet}}
      pair: {{kind: network, model: test_resnet, train: {{processes: 2}}}}
      vote: {{kind: vote, members: [tiny, pair]}}
    study_only_runs:
      tiny-float16: {{kind: compressed, of: tiny}}
      control: {{kind: baseline, features: [border, size]}}
    evaluate: {{bootstrap: 100}}
    explain: {{runs: [tiny], images: 2}}
  second:
    extends: first
    trainings_per_job: 2
    runs:
      pair: null
      vote: null
      tiny@first: {{kind: external, study: first, of: tiny, protocol: published}}
    study_only_runs: {{tiny-float16: null, control: null}}
    explain: {{runs: []}}
{STUDIES}"""


@dataclass(frozen=True)
class Job:
    """A job of the plan: its rule, without study and protocol; a file that it makes; seconds that it took."""

    rule: str
    target: str
    seconds: float


def jobs_of(workflow: Workflow) -> dict[str, list[Job]]:
    """Rule → its jobs, of a finished workflow."""
    asked = workflow.folder / "asked.json"
    command = [sys.executable, ROOT / "tests" / "workflow" / "asked.py", asked, "--forceall", "--cores", "2"]
    command += ["--configfile", workflow.configfile]
    subprocess.run([*map(str, command)], cwd=workflow.folder, check=True, capture_output=True)
    rules: dict[str, list[Job]] = {}
    for job in json.loads(asked.read_text())["jobs"]:
        rule = re.sub(r"_(first|second)_published.*", "", job["rule"])
        times = [workflow.folder / Path(path).with_suffix(".tsv") for path in job["log"]]
        seconds = [float(path.read_text().splitlines()[1].split("\t")[0]) for path in times if path.exists()]
        rules.setdefault(rule, []).append(Job(rule, job["output"][0], max(seconds, default=2.0)))
    return rules


def start(workflow: Workflow, job: Job) -> Family:
    """Snakemake at this one job, which it does again."""
    command = [sys.executable, "-m", "snakemake", job.target, "--force", "--cores", "2"]
    output = workflow.folder / "output.txt"
    return Family([*command, "--configfile", workflow.configfile], output, cwd=workflow.folder)


def killed(family: Family, job: Job, chance: random.Random) -> tuple[str, str] | None:
    """Kill a process of the job, or Snakemake, at some moment of its work: which, and how; None if it was too late."""
    until(lambda: steps(family) or family.main.poll() is not None, f"a step\n{family.said()}")
    with suppress(subprocess.TimeoutExpired):
        family.main.wait(chance.uniform(0, 0.8 * job.seconds))
    if not (at_work := steps(family)):
        return None
    tops = {number for number in at_work if family.parent_of(number) not in at_work}
    roles = {"snakemake": set(family.members()) - at_work, "step": tops, "worker": at_work - tops}
    role = chance.choice([role for role, numbers in roles.items() if numbers])
    how = chance.choice((signal.SIGKILL, signal.SIGTERM))
    with suppress(ProcessLookupError):  # ended at this very moment
        os.kill(chance.choice(sorted(roles[role])), how)
    return role, how.name


def steps(family: Family) -> set[int]:
    """Processes of the job: a shell, its program, the program's workers."""
    return {number for number, words in family.members().items() if "workflow_scripts." in words}


def kill_once(workflow: Workflow, job: Job, chance: random.Random) -> tuple[str, str] | None:
    """Do a job again, kill it, and let the next call bring all to its end; as `killed`."""
    with start(workflow, job) as family:
        done = killed(family, job, chance)
        if done is None:
            assert family.ended(300) == 0, family.said()
        elif done[0] == "snakemake":
            family.main.wait(300)  # its jobs may outlive it: the next call waits for them
            if done[1] == "SIGKILL":
                workflow.run("--unlock")
        else:
            assert family.ended(300) in (0, 1), family.said()  # 0: it ended before it was killed
        workflow.run()
        until(lambda: not family.members(), f"end of {family.members()}")
    return done


def test_kills_of_every_rule_change_nothing(tmp_path, capsys):
    chance = random.Random(20)
    workflow = Workflow(copy_of_the_project(tmp_path / "copy"), "tiny.yaml")
    (workflow.folder / "tiny.yaml").write_text(SETTINGS)
    workflow.run()
    undisturbed, rules = results_of(workflow, *NAMES), jobs_of(workflow)
    assert len(undisturbed) > 40
    done: Counter[tuple] = Counter()
    waiting: list[str] = []
    while done.total() < KILLS:
        waiting = waiting or chance.sample(sorted(rules), len(rules))
        rule = waiting.pop()
        job = chance.choice(rules[rule])
        how = kill_once(workflow, job, chance)
        with capsys.disabled():
            print(f"\n{rule} {job.target}: {how or 'had ended before'}", end="", flush=True)
        if how:
            done[rule, *how] += 1
        assert results_of(workflow, *NAMES) == undisturbed, (job, how)
        left = [
            path for name in ("results", "data", ".work") for path in (workflow.folder / name).rglob(".*.unfinished*")
        ]
        assert not left, (job, how)
    workflow.run()
    assert results_of(workflow, *NAMES) == undisturbed
    assert workflow.planned() == {}
    assert not list((workflow.folder / "logs").rglob("*.lock"))
    assert KILLS < 40 or len({rule for rule, *_ in done}) >= 10, done
    assert KILLS < 40 or {"snakemake", "step"} <= {role for _, role, _ in done}, done
