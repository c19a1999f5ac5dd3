"""What the workflow's processes find around them: modules, the Python in use, a GPU; and what they leave in logs."""

import os
import re
import sys
from pathlib import Path


def prepare_environment(root: Path) -> None:
    """What every job inherits: this project's modules, the Python that runs Snakemake, quiet waiting threads.

    A conda environment puts its own Python before this one.
    """
    for name, folder in (("PYTHONPATH", root), ("PATH", Path(sys.executable).parent)):
        parts = os.environ.get(name, "").split(os.pathsep)
        if str(folder) not in parts[:1]:
            os.environ[name] = os.pathsep.join(filter(None, [str(folder), *parts]))
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def has_gpu() -> bool:
    """Whether this machine shows an NVIDIA GPU; asks no library, because the Snakefile must start fast."""
    return Path("/dev/nvidia0").exists()


def failures(logs: Path, since: float) -> str:
    """The error line of every log written after `since`, one a line, for the end of a failed run."""
    lines = []
    for path in sorted(logs.rglob("*.log")):
        if path.stat().st_mtime >= since:
            found = re.findall(r"ERROR (error: .*)", path.read_text(encoding="utf-8", errors="replace"))
            lines += [f"{path}: {line}" for line in found[-1:]]
    return "\n".join(["", *(lines or ["No job wrote an error line; see the log of the failed rule."]), ""])
