"""sacct as Snakemake's SLURM executor asks it, with answers that keep it from waiting for ever.

The executor forgets every job after a query that fails, so an outage of the controller or of the database must not look
like one: here it is an empty answer, which means that nothing new is known, and a line on the user's terminal. Without
accounting the states come from the controller, which forgets finished jobs after a while: one that was seen and is gone
is UNKNOWN, and the executor then looks for its files. With accounting, two states are translated that the executor
would wait on for ever. All other questions go to the cluster's own sacct, if it has accounting.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHIPPED = Path(__file__).resolve().parents[2] / "profiles" / "slurm" / "bin"
# Seconds within which a short outage is waited out; the executor gives a query 60.
PATIENCE = 20.0
PAUSE = 1.0
ENDED = (
    "COMPLETED",
    "FAILED",
    "CANCELLED",
    "TIMEOUT",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "BOOT_FAIL",
    "DEADLINE",
    "UNKNOWN",
)


class NoAnswerError(Exception):
    """The cluster did not answer."""


def call(*command: str) -> str:
    """Output of a program of the cluster; NoAnswerError with its reason if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except subprocess.TimeoutExpired:
        raise NoAnswerError(f"{command[0]} gave no answer within 30 s") from None
    if done.returncode:
        raise NoAnswerError((done.stderr.strip().splitlines() or [f"{command[0]} failed"])[-1])
    return done.stdout


def settings() -> dict[str, str]:
    """The cluster's settings, as `scontrol show config` prints them."""
    pairs = re.findall(r"^(\w+)\s*= (.*?)\s*$", call("scontrol", "show", "config"), re.MULTILINE)
    return dict(pairs)


def accounting(config: dict[str, str]) -> bool:
    return config.get("AccountingStorageType", "accounting_storage/none") != "accounting_storage/none"


def own_sacct() -> str | None:
    """The cluster's own program, not the one shipped here."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    without_shipped = [folder for folder in folders if folder and Path(folder).resolve() != SHIPPED]
    return shutil.which("sacct", path=os.pathsep.join(without_shipped))


def translated(answer: str, config: dict[str, str]) -> str:
    """An answer of the real sacct in words that the executor knows.

    "CANCELLED by 1000" matches none of its words. A job pre-empted for good is one it waits for.
    """
    answer = re.sub(r"\|CANCELLED by \S+", "|CANCELLED", answer)
    if config.get("PreemptMode", "OFF").startswith("CANCEL"):
        answer = answer.replace("|PREEMPTED", "|CANCELLED")
    return answer


def from_controller(name: str, memory: Path) -> str:
    """States of the jobs of that name from squeue; those that it knew before and has forgotten are UNKNOWN."""
    listing = call("squeue", "--states=all", "--noheader", "--format=%i|%T", "--name", name)
    now = dict(line.split("|", 1) for line in listing.split())
    before = json.loads(memory.read_text()) if memory.exists() else {}
    gone = {job: state if state in ENDED else "UNKNOWN" for job, state in before.items() if job not in now}
    states = {**gone, **now}
    fresh = memory.with_suffix(".new")
    fresh.write_text(json.dumps(states))
    fresh.replace(memory)
    return "".join(f"{job}|{state}\n" for job, state in states.items())


def answer(arguments: list[str], memory: Path) -> str:
    """What to print for these arguments of sacct; NoAnswerError when the cluster cannot say."""
    config = settings()
    sacct = own_sacct()
    if accounting(config) and sacct:
        listing = translated(call(sacct, *arguments), config)
        # Asked for the nodes of a requeued job; the executor would exclude a node of that name from then on.
        return "\n".join(line for line in listing.splitlines() if line.strip() != "None assigned")
    if "--name" in arguments:
        return from_controller(arguments[arguments.index("--name") + 1], memory)
    return ""


def tell(line: str) -> None:
    """Show a line where the workflow's user looks: the executor keeps what its queries say to itself."""
    try:
        with open(f"/proc/{os.getppid()}/fd/2", "a") as terminal:
            terminal.write(f"{line}\n")
    except OSError:
        print(line, file=sys.stderr)


def main(arguments: list[str]) -> int:
    name = arguments[arguments.index("--name") + 1] if "--name" in arguments else ""
    folder = Path(tempfile.gettempdir(), f"cluster-jobs-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    until = time.monotonic() + PATIENCE
    while True:
        try:
            print(answer(arguments, folder / f"{name or 'none'}.json"))
            return 0
        except NoAnswerError as error:
            if time.monotonic() > until:
                tell(f"SLURM does not answer ({error}); its jobs go on, the next look follows. Ctrl-C cancels them.")
                return 0 if name else 1
            time.sleep(PAUSE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
