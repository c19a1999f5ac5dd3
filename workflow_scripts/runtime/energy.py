"""Energy that a job took, where the machine counts it: processors by RAPL, GPUs by NVML. Nothing is estimated."""

import ctypes
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# One folder a processor package (and one a domain in it, which the package's counter includes), counters in microjoules
# that start again at max_energy_range_uj: https://docs.kernel.org/power/powercap/powercap.html. Most machines let only
# root read them.
POWERCAP = Path("/sys/class/powercap")
STAT = Path("/proc/stat")


@dataclass(frozen=True)
class Counters:
    """All counters at one moment.

    packages: folder → microjoules; devices: UUID → millijoules; busy: clock ticks that all processors together have
    worked since the machine started.
    """

    packages: dict[Path, int]
    devices: dict[str, int]
    busy: int


def read_counters() -> Counters:
    """The counters now; empty where the machine has none or does not show them."""
    return Counters(_packages(), _devices(), _busy())


def joules(before: Counters, cpu_seconds: float, jobs_per_gpu: int = 1) -> dict[str, float]:
    """What this process took since `before`, as `processor_joules` and `device_joules`; a key is left out where nobody
    counts.

    Packages count for all processes: this one gets the share of `cpu_seconds`, its own, in the time that all processors
    worked. A GPU's counter is shared equally by the `jobs_per_gpu` that use it together: nobody counts what each took.
    """
    now, taken = read_counters(), {}
    spent = {path: now.packages[path] - since for path, since in before.packages.items() if path in now.packages}
    busy = (now.busy - before.busy) / _ticks_a_second()
    if spent and busy > 0:
        whole = sum(used if used >= 0 else used + _range(path) for path, used in spent.items()) / 1e6
        taken["processor_joules"] = round(whole * min(cpu_seconds / busy, 1.0), 3)
    uuid = _own_device()
    if uuid in before.devices and uuid in now.devices:
        taken["device_joules"] = round((now.devices[uuid] - before.devices[uuid]) / 1e3 / jobs_per_gpu, 3)
    return taken


def device_use(wall_seconds: float) -> dict[str, float]:
    """Seconds during which this process held a GPU, and the most of its memory it used (MiB); empty without a GPU."""
    torch = _torch_on_a_gpu()
    if torch is None:
        return {}
    peak = torch.cuda.max_memory_allocated() / 2**20
    return {"gpu_seconds": round(wall_seconds, 3), "peak_device_memory_mib": round(peak, 1)}


def _packages() -> dict[Path, int]:
    counters = {}
    for folder in sorted(POWERCAP.glob("intel-rapl:*")):
        if folder.name.count(":") == 1 and (count := _number(folder / "energy_uj")) is not None:
            counters[folder] = count
    return counters


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None  # not there, or not for us


def _range(package: Path) -> int:
    return _number(package / "max_energy_range_uj") or 0


def _busy() -> int:
    """Ticks in user, nice, system, irq and softirq of all processors (man 5 proc_stat)."""
    try:
        fields = [int(field) for field in STAT.read_text().splitlines()[0].split()[1:8]]
    except (OSError, ValueError, IndexError):
        return 0
    return sum(fields[:3]) + sum(fields[5:7])


def _ticks_a_second() -> int:
    return os.sysconf("SC_CLK_TCK")


def _nvml() -> Any:
    """The driver's own library; None on a machine without an NVIDIA driver."""
    try:
        return ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return None


def _devices() -> dict[str, int]:
    """UUID of every GPU that counts its energy → millijoules since its driver was loaded (NVML API reference)."""
    nvml = _nvml()
    counters: dict[str, int] = {}
    if nvml is None or nvml.nvmlInit_v2() != 0:
        return counters
    count = ctypes.c_uint()
    nvml.nvmlDeviceGetCount_v2(ctypes.byref(count))
    for index in range(count.value):
        device, name, energy = ctypes.c_void_p(), ctypes.create_string_buffer(96), ctypes.c_ulonglong()
        if (
            nvml.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(device)) == 0
            and nvml.nvmlDeviceGetUUID(device, name, 96) == 0
            and nvml.nvmlDeviceGetTotalEnergyConsumption(device, ctypes.byref(energy)) == 0
        ):
            counters[name.value.decode()] = energy.value
    nvml.nvmlShutdown()
    return counters


def _torch_on_a_gpu() -> Any:
    """PyTorch, if this process has used a GPU with it; it is not imported for that."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and torch.cuda.is_initialized() else None


def _own_device() -> str | None:
    torch = _torch_on_a_gpu()
    return f"GPU-{torch.cuda.get_device_properties(torch.cuda.current_device()).uuid}" if torch else None
