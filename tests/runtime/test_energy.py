"""What a job's ledger says of energy and devices, from counters that are made here."""

import os
from types import SimpleNamespace

import pytest

from workflow_scripts.contracts.record import measured
from workflow_scripts.runtime import energy


class Machine:
    """A folder with RAPL's files and /proc/stat."""

    def __init__(self, folder, monkeypatch) -> None:
        self.folder = folder
        monkeypatch.setattr(energy, "POWERCAP", folder)
        monkeypatch.setattr(energy, "STAT", folder / "stat")
        monkeypatch.setattr(energy, "_nvml", lambda: None)
        self.show(packages=(1_000_000, 500_000), busy_seconds=100)

    def show(self, packages, busy_seconds) -> None:
        """Counters of each package in microjoules; a domain in the first package counts half of it again."""
        for number, count in enumerate(packages):
            for name, value in ((f"intel-rapl:{number}", count), (f"intel-rapl:{number}:0", count // 2)):
                (self.folder / name).mkdir(exist_ok=True)
                (self.folder / name / "energy_uj").write_text(f"{value}\n")
                (self.folder / name / "max_energy_range_uj").write_text("262143000000\n")
        ticks = busy_seconds * os.sysconf("SC_CLK_TCK")
        (self.folder / "stat").write_text(f"cpu  {ticks} 0 0 987654 321 0 0 0 0 0\ncpu0 1 2 3\n")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    return Machine(tmp_path, monkeypatch)


def test_a_job_gets_its_share_of_what_all_packages_took(machine):
    before = energy.read_counters()
    machine.show(packages=(41_000_000, 60_500_000), busy_seconds=110)
    assert energy.joules(before, cpu_seconds=2.5) == {"processor_joules": 25.0}  # 100 J, a quarter of the work


def test_all_work_of_the_machine_counts_and_no_waiting(machine):
    """A loaded machine works in interrupts as well; then this job's share of the energy is smaller."""
    before = energy.read_counters()
    machine.show(packages=(101_000_000, 500_000), busy_seconds=110)
    second = os.sysconf("SC_CLK_TCK")
    user, nice, system, irq, softirq = (100 + n for n in (10, 1, 2, 3, 4))
    fields = (user, nice - 100, system - 100, 987654, 321, irq - 100, softirq - 100, 7, 0, 0)
    (machine.folder / "stat").write_text("cpu  " + " ".join(str(field * second) for field in fields) + "\n")
    # 10 + 1 + 2 + 3 + 4 seconds of work since; idle, waiting and stolen time are none.
    assert energy.joules(before, cpu_seconds=5.0) == {"processor_joules": 25.0}


def test_a_counter_that_starts_again_is_followed(machine):
    machine.show(packages=(262_142_000_000, 0), busy_seconds=100)
    before = energy.read_counters()
    machine.show(packages=(9_000_000, 0), busy_seconds=101)
    assert energy.joules(before, cpu_seconds=1.0) == {"processor_joules": 10.0}


def test_where_nobody_counts_nothing_is_said(machine):
    for path in machine.folder.glob("intel-rapl*/energy_uj"):
        path.unlink()
        path.mkdir()  # cannot be read, not even by root
    before = energy.read_counters()
    assert before.packages == {} and energy.joules(before, 1.0) == {}


def test_the_ledger_of_a_job_holds_energy_and_no_device_that_it_did_not_use(machine, tmp_path):
    with measured() as cost:
        sum(range(10**6))
        machine.show(packages=(2_000_000, 500_000), busy_seconds=101)
    assert 0 < cost["processor_joules"] < 1.0
    assert not {"device_joules", "gpu_seconds", "peak_device_memory_mib"} & set(cost)


class Driver:
    """NVML with two GPUs, of which one cannot count; calls as in the C library, 0 is success."""

    used = 5_000

    def _ok(self, *_):
        return 0

    nvmlInit_v2 = nvmlShutdown = _ok  # noqa: N815

    def nvmlDeviceGetCount_v2(self, count):  # noqa: N802
        count._obj.value = 2
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index, device):  # noqa: N802
        device._obj.value = index + 1
        return 0

    def nvmlDeviceGetUUID(self, device, name, _size):  # noqa: N802
        name.value = f"GPU-{device.value}".encode()
        return 0

    def nvmlDeviceGetTotalEnergyConsumption(self, device, count):  # noqa: N802
        count._obj.value = self.used
        return 0 if device.value == 1 else 3


def on_gpu(uuid: str) -> SimpleNamespace:
    """PyTorch in a process that has used a GPU."""
    cuda = SimpleNamespace(
        is_initialized=lambda: True,
        current_device=lambda: 0,
        get_device_properties=lambda _: SimpleNamespace(uuid=uuid),
        max_memory_allocated=lambda: 3 * 2**20,
    )
    return SimpleNamespace(cuda=cuda)


def test_a_job_on_a_gpu_counts_its_time_its_memory_and_its_energy(machine, monkeypatch, tmp_path):
    driver = Driver()
    monkeypatch.setattr(energy, "_nvml", lambda: driver)
    monkeypatch.setitem(energy.sys.modules, "torch", on_gpu("1"))
    with measured() as cost:
        driver.used += 7_500
    assert cost["device_joules"] == 7.5 and cost["peak_device_memory_mib"] == 3.0
    assert cost["gpu_seconds"] == cost["wall_seconds"]
    # Three trainings at once: together they took what the GPU has counted, not three times as much.
    with measured(jobs_per_gpu=3) as cost:
        driver.used += 7_500
    assert cost["device_joules"] == 2.5
    monkeypatch.setitem(energy.sys.modules, "torch", on_gpu("2"))
    assert "device_joules" not in energy.joules(energy.read_counters(), 1.0)
