"""record.json: what was run, with no clock in it; ledger.json: what it cost. Both hold a digest of themselves."""

import platform
import resource
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from workflow_scripts.contracts.blocks import hints_of, parse, plain
from workflow_scripts.runtime import energy
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import canonical_json, digest_text, read_sealed, write_sealed
from workflow_scripts.runtime.portable import without_folders
from workflow_scripts.runtime.results_layout import remedy

_View = TypeVar("_View")

# What can change the numbers a step writes.
PACKAGES = (
    "imbalanced-learn",
    "numpy",
    "pandas",
    "pillow",
    "scikit-image",
    "scikit-learn",
    "timm",
    "torch",
    "torchvision",
)
# Runs that a sentence names before it counts the rest.
SHOWN = 3


@cache
def processor() -> str:
    """Type of the processor, e.g. "AMD EPYC 9R14": the same bytes are promised on one type only."""
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Version of Python and of each package in PACKAGES that is installed."""
    installed = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            installed[name] = metadata.version(name).partition("+")[0]
        except metadata.PackageNotFoundError:
            continue
    return installed


def make_record(settings: dict[str, Any], code: str, inputs: dict[str, str], **more: Any) -> dict[str, Any]:
    """Record of a step's output.

    `settings` are the resolved settings the step received (kept without_folders), `code` the digest of its code,
    `inputs` maps a file's name in the results tree to its sha256. `more` is what the step adds (counts, digests of
    outputs); no times, no paths outside the results.
    """
    return {
        "settings": without_folders(settings),
        "code": code,
        "inputs": dict(sorted(inputs.items())),
        "versions": versions(),
        "processor": processor(),
        **more,
    }


def identity(record: Mapping[str, Any]) -> str:
    """Hash of a record: the run's identity, for tracking and for matching files."""
    return digest_text(canonical_json(record))


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write a record, sealed, atomically; it is written last, as the sign that its neighbours are whole."""
    write_sealed(path, record)


def read_record(path: Path) -> dict[str, Any]:
    """Read a record; UserError if it is missing, broken, or not as it was written."""
    return read_sealed(path)


@dataclass(frozen=True)
class MadeWith:
    """What can change numbers beside settings and code: versions of packages, type of the processor."""

    versions: dict[str, str]
    processor: str


@dataclass(frozen=True)
class Provenance(MadeWith):
    """What a record says of itself: digest of the code, sha256 of its settings and of all that it holds."""

    code: str
    settings: str
    identity: str


def made_with(record: Mapping[str, Any]) -> MadeWith:
    """Of a trained run what it was trained with counts."""
    training = record.get("training", {})
    versions = {**record.get("versions", {}), **training.get("versions", {})}
    return MadeWith(versions, training.get("processor") or record.get("processor", ""))


def _provenance(record: Mapping[str, Any]) -> Provenance:
    settings = digest_text(canonical_json(record["settings"]))
    return Provenance(record["versions"], record["processor"], record["code"], settings, identity(record))


def view_of(block: type[_View], record: Mapping[str, Any], path: Path) -> _View:
    """What a reader needs of the record at `path`: the fields of the frozen data class `block`.

    Fields called `provenance` and `made_with` are filled from the whole record. UserError where something is missing,
    or is another kind of value: other code wrote the record.
    """
    declared: type = block
    of_all = {"provenance": _provenance, "made_with": made_with}
    try:
        whole = {name: plain(read(record)) for name, read in of_all.items() if name in hints_of(declared)}
        return parse(block, {**record, **whole}, further=True)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} does not hold what is read of it ({error}); {remedy(path)}") from None


def read_view(block: type[_View], path: Path) -> _View:
    """The same of the record at `path`; UserError as read_record."""
    return view_of(block, read_record(path), path)


def mixtures(runs: Mapping[str, MadeWith]) -> list[str]:
    """A sentence for every package, and for the processor's type, in which runs that are compared differ."""
    by_what: dict[str, dict[str, list[str]]] = {}
    for name, used in runs.items():
        for what, value in {**used.versions, **({"processor": used.processor} if used.processor else {})}.items():
            by_what.setdefault(what, {}).setdefault(value, []).append(name)
    return [_mixture(what, by_value) for what, by_value in sorted(by_what.items()) if len(by_value) > 1]


def _mixture(what: str, by_value: dict[str, list[str]]) -> str:
    """What differs; of the runs behind each value the first few are named."""
    parts = []
    for value, names in sorted(by_value.items()):
        rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        parts.append(f"{value} ({', '.join(names[:SHOWN])}{rest})")
    return f"runs that are compared were made with different {what}: {'; '.join(parts)}"


@contextmanager
def measured(jobs_per_gpu: int = 1) -> Iterator[dict[str, Any]]:
    """Measure the block: the yielded dictionary holds, after it, host, start, wall and CPU seconds, peak memory (MiB).

    Where a GPU was used also gpu_seconds and peak_device_memory_mib, and where the machine counts energy
    processor_joules and device_joules, a GPU's shared by the `jobs_per_gpu` that use it together. It takes what the
    step itself knows, e.g. device and images per second.
    """
    entry: dict[str, Any] = {"host": socket.gethostname(), "python": sys.version.split()[0]}
    entry["start"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    wall, cpu, counters = time.perf_counter(), time.process_time(), energy.read_counters()
    yield entry
    entry["wall_seconds"] = round(time.perf_counter() - wall, 3)
    entry["cpu_seconds"] = round(time.process_time() - cpu, 3)
    entry.update(energy.device_use(entry["wall_seconds"]))
    entry.update(energy.joules(counters, entry["cpu_seconds"], jobs_per_gpu))
    entry["peak_memory_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
