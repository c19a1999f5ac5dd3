"""All that a GPU can show in minutes, in the order of what it is worth; what is measured is kept at once.

    python3 tests/benchmarks/on_a_gpu.py --declared declared.json --commit 1d5c545d --bundle trainings.zip --out out \
        --seconds 560 [--parts smoke speed timm train table3] [--timm-script train.py]

smoke:  tests/gpu: near double precision, the same bytes twice, replayed, stopped, three at once, every network's step.
speed:  training.py: images per second of the joint network: batch sizes, precisions, layouts, as written and replayed.
timm:   the same of timm's own script, where --timm-script names it.
train:  the trainings of a bundle (`make bundle`), three at once; a second call continues them while --work is there.
table3: table3.py: all networks of the paper's Table 3, as written and replayed.

No part outlasts its budget (SECONDS) or what is left of --seconds, and one that fails takes nothing along. The folder
--out holds, from the moment that there is something: printed.txt and log.txt, what parts write to their outputs;
parts.json, how each ended; answer.zip, for `make take-in`; gpu_speed.json, gpu_timm.json and gpu_table3.json, which go
into docs/measured as they are. With --device cpu all is rehearsed at tiny size. Needs neither Snakemake nor pydantic.
"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from workflow_scripts.commands.measure import machine
from workflow_scripts.documentation.measured import Measured, as_text, tables_of
from workflow_scripts.runtime.files import write_json, write_text
from workflow_scripts.runtime.processes import end_with

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = "tests/benchmarks"
# Seconds of each part at most; trainings may have all that is left.
SECONDS = {"smoke": 75.0, "speed": 95.0, "timm": 50.0, "train": float("inf"), "table3": 150.0}
# With less than this left no part begins, and so long one has to leave once it is asked to.
LEAST, GRACE = 20.0, 20.0
# Of the seconds of trainings, for starting them and for what the bundle does beyond its budget.
AROUND_TRAININGS = 15.0
# What is asked of each part, by type of device: on a processor as little as shows that it runs.
SMOKE = {"cuda": "cuda", "cpu": "cpu and first_steps and vit and float32"}
SPEED = {
    "cuda": "--runs cvm --size 224 --images 512 --batch 16 64 --precision tf32 bfloat16 float32 --repeats 1",
    "cpu": "--runs shufflenet_v2_x0_5 --size 32 --images 16 --batch 8 --repeats 1 --replayed",
}
LAYOUTS = {"cuda": "--layouts channels-first channels-last", "cpu": ""}
TIMM = {
    "cuda": "--runs cvm --size 224 --images 512 --batch 16 --precision tf32 bfloat16 --repeats 1 --workers 12",
    "cpu": "--runs shufflenet_v2_x0_5 --size 32 --images 16 --batch 8 --repeats 1 --workers 0",
}
TABLE3 = {
    "cuda": "--images 256 --precision tf32",
    "cpu": "--runs shufflenet_v2_x0_5 --images 16 --size 32",
}


@dataclass(frozen=True)
class Ended:
    """How a part ended: done, failed, out of time, or left out; seconds that it took."""

    part: str
    how: str
    seconds: float
    command: str


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--declared", type=Path, required=True, metavar="FILE", help="what declared.py wrote")
    parser.add_argument("--commit", required=True, help="of the code, as `git rev-parse --short HEAD` says it at home")
    parser.add_argument("--bundle", type=Path, metavar="ZIP", help="trainings; without it there is no part train")
    parser.add_argument("--timm-script", type=Path, metavar="train.py", help="without it there is no part timm")
    parser.add_argument("--out", type=Path, required=True, help="folder that receives what is kept")
    parser.add_argument("--work", type=Path, default=Path(".work/on_a_gpu"), help="where the bundle is unpacked")
    parser.add_argument("--seconds", type=float, required=True, help="of all parts together")
    parser.add_argument("--parts", nargs="+", choices=SECONDS, default=list(SECONDS), help="default: all")
    parser.add_argument("--at-once", type=int, default=3, help="trainings that share the GPU")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda")
    return parser.parse_args()


def command_of(part: str, args: argparse.Namespace, seconds: float) -> list[str]:
    """What is called for a part that has so many seconds; empty: it lacks what it needs."""
    device, declared = args.device, ["--declared", str(args.declared.resolve()), "--device", args.device]
    if part == "smoke":
        chosen = SMOKE[device]
        return [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "tests/gpu", "-k", chosen]
    if part == "speed":
        asked = f"{SPEED[device]} {LAYOUTS[device]} --only floor loop replayed"
        return [sys.executable, f"{BENCHMARKS}/training.py", *declared, *asked.split()]
    if part == "timm" and args.timm_script:
        asked = f"{TIMM[device]} --only timm --timm-script"
        return [sys.executable, f"{BENCHMARKS}/training.py", *declared, *asked.split(), str(args.timm_script.resolve())]
    if part == "train" and args.bundle:
        minutes = max(seconds - AROUND_TRAININGS, 1) / 60
        answer = (args.out / "answer.zip").resolve()
        asked = f"--minutes {minutes:.2f} --at-once {args.at_once} --device {device} --answer"
        return [sys.executable, str(unpacked(args.bundle, args.work) / "run.py"), *asked.split(), str(answer)]
    if part == "table3":
        asked = f"{TABLE3[device]} --steps eager replayed"
        return [sys.executable, f"{BENCHMARKS}/table3.py", *declared, *asked.split()]
    return []


def unpacked(bundle: Path, work: Path) -> Path:
    """The folder of a bundle's files; they are unpacked once."""
    folder = (work / bundle.stem).resolve()
    if not (folder / "run.py").is_file():
        with zipfile.ZipFile(bundle) as archive:
            archive.extractall(work)
    return folder


def called(command: list[str], seconds: float, out: Path, declared: Path) -> str:
    """Call it, what it writes going into printed.txt and log.txt; how it ended. All that it started ends with it."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "DECLARED": str(declared.resolve())}
    with open(out / "printed.txt", "ab") as printed, open(out / "log.txt", "ab") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=printed,
            stderr=log,
            start_new_session=True,
            preexec_fn=partial(end_with, os.getpid(), signal.SIGTERM),
        )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            end_group(process)
            return "out of time"
    return "done" if status == 0 else f"failed with {status}"


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Ask a process and what it started to leave, and kill what has not."""
    os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def kept(part: str, command: list[str], printed: str, args: argparse.Namespace) -> None:
    """Keep the tables of a part, also of one that was ended: a row is printed as soon as it is measured."""
    tables = tables_of(printed)
    if not tables:
        return
    where = machine() if args.device == "cpu" else f"{torch.cuda.get_device_name()}, {machine()}"
    today, note = date.today().isoformat(), f"torch {torch.__version__}"
    measured = Measured(as_typed(command, args.declared), args.commit, today, where, tables, note)
    write_text(args.out / f"gpu_{part}.json", as_text(measured))


def as_typed(command: list[str], declared: Path) -> str:
    """A command as somebody would type it at the top of the project."""
    words = {sys.executable: "python3", str(declared.resolve()): declared.name}
    return shlex.join(words.get(word, Path(word).name if Path(word).is_absolute() else word) for word in command)


def all_parts(args: argparse.Namespace, clock: Callable[[], float] = time.monotonic) -> list[Ended]:
    """Take all parts that are asked for, in the order of their worth; how each ended is kept at once."""
    until, ended = clock() + args.seconds, []
    args.out.mkdir(parents=True, exist_ok=True)
    for part in (part for part in SECONDS if part in args.parts):
        started, left = clock(), until - clock() - GRACE
        seconds = min(SECONDS[part], left)
        command = command_of(part, args, seconds) if left >= LEAST else []
        how = "left out"
        if command:
            before = (args.out / "printed.txt").stat().st_size if (args.out / "printed.txt").exists() else 0
            how = called(command, seconds, args.out, args.declared)
            printed = (args.out / "printed.txt").read_bytes()[before:].decode(errors="replace")
            print(printed, flush=True)
            kept(part, command, printed, args)
        ended.append(Ended(part, how, round(clock() - started, 1), as_typed(command, args.declared)))
        write_json(args.out / "parts.json", {"commit": args.commit, "parts": [asdict(outcome) for outcome in ended]})
    return ended


def main() -> None:
    """Take the parts, and print how each ended."""
    ended = all_parts(arguments())
    print("| part | ended | s |\n|---|---|---|")
    for outcome in ended:
        print(f"| {outcome.part} | {outcome.how} | {outcome.seconds:.0f} |")
    if any(outcome.how.startswith("failed") for outcome in ended):
        sys.exit(1)


if __name__ == "__main__":
    main()
