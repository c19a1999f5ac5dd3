"""Whether a profile fits the SLURM cluster at hand: partitions, time, memory, GPUs, account, what the nodes see.

Questions are asked with the cluster's own commands; each finding is one line. Reads the profile as Snakemake does.
"""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow_scripts.cluster import status
from workflow_scripts.runtime.errors import UserError

# What sinfo prints for "no limit".
INFINITE = float("inf")
# The executor looks at the latest after this many seconds.
LONGEST_PAUSE = 180


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it fits, and what was seen or has to be changed."""

    fits: bool
    line: str


@dataclass(frozen=True)
class Partition:
    """What a partition offers: minutes a job may take, MiB and GPUs (model → number) of its largest node."""

    minutes: float
    memory: int
    gpus: dict[str, int]


@dataclass(frozen=True)
class Wanted:
    """What jobs of a rule ask for in their last attempt; rule is "any other rule" for the profile's defaults."""

    rule: str
    partition: str
    account: str
    minutes: int
    memory: int
    gpus: int
    model: str


def read_profile(path: Path) -> dict[str, Any]:
    """The profile's keys; UserError if it is missing or no profile for SLURM."""
    import yaml

    try:
        profile = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; name the profile with --profile FOLDER") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML ({' '.join(str(error).split())})") from None
    if not isinstance(profile, dict) or profile.get("executor") != "slurm":
        raise UserError(f"{path} does not say `executor: slurm`")
    return profile


def amount(text: object, attempt: int, where: str) -> int:
    """A number of the profile, e.g. `480 * attempt`, in that attempt."""
    parsed = re.fullmatch(r"(\d+)(?: \* attempt)?", str(text))
    if not parsed:
        raise UserError(f"{where}: {text!r} is neither a number nor `NUMBER * attempt`")
    return int(parsed[1]) * (attempt if "attempt" in str(text) else 1)


def wanted(profile: dict[str, Any]) -> list[Wanted]:
    """What every rule of the profile asks for."""
    defaults, last = profile.get("default-resources", {}), int(profile.get("retries", 0)) + 1
    rules: dict[str, dict[str, Any]] = {"any other rule": {}, **profile.get("set-resources", {})}
    requests = []
    for rule, own in rules.items():
        asked = {**defaults, **own}
        minutes, memory, gpus = (
            amount(asked.get(key, 0), last, f"{rule}, {key}") for key in ("runtime", "mem_mb", "gpu")
        )
        partition, account, model = (
            str(asked.get(key, "")) for key in ("slurm_partition", "slurm_account", "gpu_model")
        )
        requests.append(Wanted(rule, partition, account, minutes, memory, gpus, model))
    return requests


def partitions() -> dict[str, Partition]:
    """The cluster's partitions by name."""
    by_name: dict[str, Partition] = {}
    for line in status.call("sinfo", "--noheader", "--exact", "-o", "%R|%l|%m|%G").splitlines():
        name, limit, memory, gres = line.split("|")
        earlier = by_name.get(name, Partition(_minutes(limit), 0, {}))
        gpus = dict(earlier.gpus)
        for model, number in re.findall(r"gpu:(?:([a-zA-Z]\w*):)?(\d+)", gres):
            gpus[model] = max(gpus.get(model, 0), int(number))
        by_name[name] = Partition(earlier.minutes, max(earlier.memory, int(memory.rstrip("+"))), gpus)
    return by_name


def _minutes(limit: str) -> float:
    """sinfo's [days-]hours:minutes:seconds."""
    if limit == "infinite":
        return INFINITE
    days, _, rest = limit.rpartition("-")
    parts = [int(part) for part in rest.split(":")]
    hours, minutes, seconds = [0, 0, 0, *parts][-3:]
    return int(days or 0) * 1440 + hours * 60 + minutes + seconds / 60


def resources(jobs: list[Wanted], offered: dict[str, Partition]) -> Iterator[Finding]:
    """Whether each rule's partition has what the rule asks for."""
    for job in jobs:
        where = f"{job.rule}: partition {job.partition}"
        if job.partition not in offered:
            yield Finding(False, f"{where} does not exist; there are {', '.join(sorted(offered))}")
            continue
        has, problems = offered[job.partition], []
        if job.minutes > has.minutes:
            problems.append(f"the last attempt asks for {job.minutes} minutes, it gives at most {has.minutes:.0f}")
        if job.memory > has.memory:
            problems.append(f"the last attempt asks for {job.memory} MB, its largest node has {has.memory}")
        if job.gpus and job.model and job.model not in has.gpus:
            problems.append(f"it has no GPU of model {job.model} ({', '.join(filter(None, has.gpus)) or 'none named'})")
        if job.gpus > max(has.gpus.values(), default=0):
            problems.append(
                f"{job.gpus} GPU(s) are asked for, its largest node has {max(has.gpus.values(), default=0)}"
            )
        yield Finding(not problems, f"{where}: {'; '.join(problems) or 'has time, memory and GPUs enough'}")


def accounts(jobs: list[Wanted], config: dict[str, str]) -> Iterator[Finding]:
    """Whether the account exists, and where states of jobs come from."""
    requested = sorted({job.account for job in jobs})
    if not status.accounting(config):
        digits = re.match(r"\d+", config.get("MinJobAge", "300"))
        age = int(digits[0]) if digits else 0
        line = f"no accounting: any account will do; states of jobs come from the controller, which keeps them {age} s"
        yield Finding(
            age > LONGEST_PAUSE, line + ("" if age > LONGEST_PAUSE else f" (more than {LONGEST_PAUSE} needed)")
        )
        return
    listing = status.call(
        "sacctmgr", "-nP", "show", "associations", f"user={os.environ.get('USER', '')}", "format=account"
    )
    own_accounts = sorted(set(listing.split()))
    for account in requested:
        problem = f"is not one of yours: {', '.join(own_accounts) or 'none'}"
        yield Finding(account in own_accounts, f"account {account} {'exists' if account in own_accounts else problem}")


def nodes(jobs: list[Wanted], folder: Path) -> Iterator[Finding]:
    """Whether a small job in each partition sees this folder and this Python."""
    if "SLURM_CONF" in os.environ and not Path("/etc/slurm/slurm.conf").exists() and not _wrapped():
        yield Finding(False, "slurm.conf is named by SLURM_CONF only: jobs lose it; link it to /etc/slurm/slurm.conf")
    for partition, account in sorted({(job.partition, job.account) for job in jobs}):
        given = ["--partition", partition, "--account", account, "--time", "2", "--ntasks", "1", "--immediate=25"]
        test = f"test -d {shlex.quote(str(folder))} && test -x {shlex.quote(sys.executable)}"
        try:
            status.call("srun", *given, "sh", "-c", test)
            yield Finding(True, f"partition {partition}: a job sees {folder} and {sys.executable}")
        except status.NoAnswerError as error:
            line = f"partition {partition}: no job could be run that sees {folder} and {sys.executable} ({error})"
            yield Finding(False, line)


def quotable_paths(folder: Path) -> Iterator[Finding]:
    """Whether the executor can name what it submits: it puts both paths into a command line as they are."""
    for path in dict.fromkeys((str(folder), sys.executable)):
        if path != shlex.quote(path):
            line = f"{path}: SLURM's executor does not quote it; clone and install where the path has plain signs alone"
            yield Finding(False, line)


def _wrapped() -> bool:
    """Whether srun is a script that says itself where slurm.conf is."""
    srun = shutil.which("srun")
    return srun is not None and Path(srun).read_bytes()[:2] == b"#!"


def check(profile: Path, folder: Path) -> list[Finding]:
    """All findings; UserError where there is no cluster to ask."""
    if not shutil.which("scontrol"):
        raise UserError("there is no scontrol on PATH: run this where jobs are submitted")
    jobs = wanted(read_profile(profile))
    try:
        config = status.settings()
        return [*quotable_paths(folder), *resources(jobs, partitions()), *accounts(jobs, config), *nodes(jobs, folder)]
    except status.NoAnswerError as error:
        raise UserError(f"the cluster does not answer ({error})") from None
