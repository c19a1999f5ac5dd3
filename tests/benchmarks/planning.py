"""Time and memory of `snakemake -n` as the number of jobs grows.

Run as a script; prints one table. Grows the seeds of one made study; nothing is executed.
"""

import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def plan(seeds: int) -> tuple[int, float]:
    """Number of jobs and seconds of a dry run of the shipped study with that many seeds."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(f"results: {folder}/results\nstudies: {{cvm_cervix: {{seeds: {list(range(seeds))}}}}}\n")
        command = [sys.executable, "-m", "snakemake", "-n", "-q", "rules", "--cores", "1", "--configfile", str(config)]
        started = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return int(re.search(r"total +(\d+)", done.stdout + done.stderr)[1]), time.perf_counter() - started


def main() -> None:
    """Print jobs, seconds and the largest memory so far."""
    print(f"{'jobs':>7} {'seconds':>8} {'ms per job':>11} {'peak MiB':>9}")
    for seeds in (1, 10, 50, 100):
        jobs, seconds = plan(seeds)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"{jobs:7d} {seconds:8.1f} {1000 * seconds / jobs:11.1f} {peak:9.0f}")


if __name__ == "__main__":
    main()
