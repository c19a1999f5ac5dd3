"""Time and memory of `snakemake -n` as the number of jobs grows, on made studies; nothing is executed.

Run as a script, e.g. `python tests/benchmarks/planning.py --largest 6000`; prints one table. 24 models, 10 folds and 5
seeds of five studies are 6,000 trainings under one protocol.
"""

import argparse
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
# Models, folds, seeds, studies, protocols.
SIZES = ((4, 5, 1, 5, 1), (24, 10, 1, 5, 1), (24, 10, 5, 5, 1), (24, 10, 5, 5, 2), (24, 10, 20, 5, 1))


def settings(models: int, folds: int, seeds: int, studies: int, protocols: int) -> dict:
    """Settings of that many made studies; the shipped ones do not run."""
    runs = {f"model{number:02d}": {"kind": "network", "model": "test_resnet"} for number in range(models)}
    rules = {"published": "sample", "grouped": "group"}
    study = {
        "paper": "cvm_cervix",
        "adapters": ["herlev"],
        "protocols": {
            name: {"kind": "kfold", "folds": folds, "validation": 0.1, "by": by}
            for name, by in list(rules.items())[:protocols]
        },
        "seeds": list(range(seeds)),
        "runs": runs,
        "evaluate": {"reference": "model00"},
        "explain": {"runs": ["model00"]},
    }
    declared = {f"study{number}": study for number in range(studies)}
    return {"only": list(declared), "studies": declared}


def plan(chosen: dict) -> tuple[int, float]:
    """Number of jobs, and seconds of processor time, of a dry run with these settings."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(yaml.safe_dump({**chosen, "results": f"{folder}/results"}))
        command = [sys.executable, "-m", "snakemake", "-n", "-q", "rules", "--cores", "1", "--configfile", str(config)]
        before = processor_seconds()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return int(re.search(r"total +(\d+)", done.stdout + done.stderr)[1]), processor_seconds() - before


def processor_seconds() -> float:
    """What processes that have ended took of the processor: other work on the machine does not lengthen it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print trainings, jobs, seconds and the largest memory so far."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--largest", type=int, default=6000, help="number of trainings from which on nothing is planned"
    )
    largest = parser.parse_args().largest
    what = "models × folds × seeds × studies × protocols"
    print(f"| {what} | trainings | jobs | seconds of processor time | peak MiB |\n|" + "---|" * 5)
    for size in SIZES:
        models, folds, seeds, studies, protocols = size
        trainings = models * folds * seeds * studies * protocols
        if trainings > largest:
            continue
        jobs, seconds = plan(settings(*size))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"| {' × '.join(map(str, size))} | {trainings} | {jobs} | {seconds:.1f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
