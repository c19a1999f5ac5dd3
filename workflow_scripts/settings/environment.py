"""What the workflow's processes find around them: modules, the Python in use, a GPU; and what they leave in logs."""

import gc
import os
import re
import shlex
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from workflow_scripts.runtime.files import write_text

# What a training that was stopped says of itself: nothing is wrong with it.
CONTINUES = re.compile(r"the next (run|attempt) continues")


def prepare_process(root: Path) -> float:
    """Prepare the process that plans; returns when it began, seconds since 1970.

    Plans are made of millions of objects that all stay: looking for garbage among them takes a twentieth of the time.
    """
    gc.set_threshold(100_000, 50, 100)
    _prepare_environment(root)
    return time.time()


def _prepare_environment(root: Path) -> None:
    """What every job inherits: this project's modules, the Python that runs Snakemake, quiet waiting threads.

    A conda environment puts its own Python before this one. On a SLURM cluster the executor finds the status helper
    before the cluster's sacct.
    """
    programs = [root / "profiles" / "slurm" / "bin"] if shutil.which("scontrol") else []
    if not _is_this_python(Path(sys.executable).with_name("python")):
        programs.append(_called_python(root / ".work" / "programs"))
    for name, folders in (("PYTHONPATH", [root]), ("PATH", [*programs, Path(sys.executable).parent])):
        first = [str(folder) for folder in folders]
        parts = list(filter(None, os.environ.get(name, "").split(os.pathsep)))
        if parts[: len(first)] != first:
            os.environ[name] = os.pathsep.join([*first, *parts])
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def _is_this_python(path: Path) -> bool:
    return path.exists() and path.resolve() == Path(sys.executable).resolve()


def _called_python(folder: Path) -> Path:
    """A folder in which this Python is called `python`, as jobs call it: some systems have a `python3` alone.

    No link: a virtual environment is known by the folder of its Python.
    """
    write_text(folder / "python", f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    (folder / "python").chmod(0o755)
    return folder


def has_gpu(devices: Path = Path("/dev"), of_windows: Path = Path("/usr/lib/wsl/lib")) -> bool:
    """Whether this machine shows an NVIDIA GPU; asks no library, because the Snakefile must start fast.

    A container shows the GPUs that it was given, under the numbers that they have outside. The Linux in Windows (WSL)
    shows none of them: there NVIDIA's driver lies among the files `of_windows`.
    """
    numbered = any(re.fullmatch(r"nvidia\d+", path.name) for path in devices.iterdir())
    return numbered or ((devices / "dxg").exists() and (of_windows / "libcuda.so.1").exists())


def failures(logs: Path, since: float, snakemake_logs: Iterable[str] = ()) -> str:
    """The error line of every log written after `since`, one a line, for the end of a failed run.

    `snakemake_logs`: Snakemake's own logs, which are named when no job said anything, because it was killed, say.
    Below them, if runs failed, how to get on without: nothing is evaluated until all runs of a protocol are there.
    """
    lines: list[str] = []
    failed: dict[str, dict[str, None]] = {}
    for path in sorted(logs.rglob("*.log")):
        if path.stat().st_mtime >= since:
            errors = re.findall(r"ERROR (error: .*)", path.read_text(encoding="utf-8", errors="replace"))
            lines += [f"{path}: {line}" for line in errors[-1:]]
            study, folder, _, run, *_ = (*path.relative_to(logs).parts, *[""] * 4)
            if errors and folder == "runs" and not CONTINUES.search(errors[-1]):
                failed.setdefault(study, {})[run] = None
    for study, runs in failed.items():
        without = ", ".join(f"{run}: null" for run in runs)
        lines.append(f"To go on without what cannot be mended: studies: {{{study}: {{runs: {{{without}}}}}}}")
    silent = "No job wrote an error line; the rule that failed and its log are named in"
    return "\n".join(["", *(lines or [" ".join([silent, *snakemake_logs])]), ""])
