"""Runs that were not made alike are named, and what the system refuses says where and what to do."""

import errno
import os
from pathlib import Path

import pytest

from workflow_scripts.contracts.record import MadeWith, identity, made_with, make_record, mixtures, view_of
from workflow_scripts.contracts.run_record import Ledger, RunRecord
from workflow_scripts.runtime.entry import memory_words, os_error_words, out_of_memory
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import atomic_path


def record(torch: str, processor: str = "EPYC", training: dict | None = None) -> MadeWith:
    return made_with({"versions": {"torch": torch, "numpy": "2"}, "processor": processor, "training": training or {}})


def test_runs_of_one_environment_are_no_mixture():
    assert mixtures({"a": record("2.13"), "b": record("2.13")}) == []
    assert mixtures({"a": record("2.13"), "b": MadeWith({}, "EPYC")}) == []


def test_runs_of_several_versions_and_processors_are_named():
    found = mixtures(
        {f"cvm fold{fold}-seed0": record("2.13") for fold in range(5)} | {"control": record("2.15", "Xeon")}
    )
    assert found == [
        "runs that are compared were made with different processor: "
        "EPYC (cvm fold0-seed0, cvm fold1-seed0, cvm fold2-seed0 and 2 more); Xeon (control)",
        "runs that are compared were made with different torch: "
        "2.13 (cvm fold0-seed0, cvm fold1-seed0, cvm fold2-seed0 and 2 more); 2.15 (control)",
    ]


def test_what_counts_of_a_trained_run_is_what_trained_it():
    late = record("2.15", "Xeon", {"versions": {"torch": "2.13"}, "processor": "EPYC"})
    assert mixtures({"a": record("2.13"), "b": late}) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_names_the_file_and_what_to_do(tmp_path, number):
    path = tmp_path / "images.npy"
    with pytest.raises(OSError) as full, atomic_path(path):
        raise OSError(number, os.strerror(number))
    words = os_error_words(full.value)
    assert words.startswith(f"{os.strerror(number)}: {path}; make room there and run the same command again")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_as_numpy_says_it_is_a_full_disk(tmp_path):
    with pytest.raises(OSError) as full, atomic_path(tmp_path / "images.npy"):
        raise OSError("1000 requested and 12 written")
    assert os_error_words(full.value).startswith(f"No space left on device: {tmp_path / 'images.npy'}; make room")


def test_other_errors_of_the_system_stay_as_they_are(tmp_path):
    with pytest.raises(PermissionError) as refused, atomic_path(tmp_path / "a.csv"):
        raise PermissionError(errno.EACCES, "Permission denied", "/elsewhere")
    assert os_error_words(refused.value) == "Permission denied: /elsewhere"


def test_too_little_memory_names_the_step_and_what_to_do(monkeypatch):
    monkeypatch.setattr("sys.argv", ["/somewhere/workflow_scripts/steps/preprocess.py"])
    words = memory_words(MemoryError("Unable to allocate 9 GiB"))
    assert words.startswith("too little memory for the step preprocess (Unable to allocate 9 GiB); run fewer jobs")


@pytest.mark.parametrize(
    ("error", "memory"),
    [
        (MemoryError(), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (RuntimeError("shape mismatch"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_what_libraries_say_of_too_little_memory_is_understood(error, memory):
    assert out_of_memory(error) == memory


def test_a_reader_gets_what_it_needs_of_a_record_and_what_the_record_says_of_itself():
    whole = make_record({"study": "s"}, "c0de", {}, seen_in_training={"test": 2}, training={"versions": {"torch": "1"}})
    run = view_of(RunRecord, whole, Path("record.json"))
    assert run.seen_in_training == {"test": 2} and run.compression is None
    assert run.provenance.code == "c0de" and run.provenance.identity == identity(whole)
    assert run.made_with.versions["torch"] == "1" != run.provenance.versions.get("torch")


def test_a_record_of_other_code_is_named():
    whole = make_record({}, "c0de", {}, compression={"bytes": 1})
    with pytest.raises(UserError, match="runs/record.json does not hold what is read of it"):
        view_of(RunRecord, whole, Path("runs/record.json"))
    with pytest.raises(UserError, match="'versions'"):
        view_of(RunRecord, {"settings": {}, "code": ""}, Path("record.json"))


def test_energy_is_known_only_where_all_that_was_used_is_counted():
    cost = {"wall_seconds": 1, "cpu_seconds": 1, "peak_memory_mib": 1, "processor_joules": 3}
    assert Ledger(**cost).joules == 3
    assert Ledger(**cost, gpu_seconds=1.0).joules is None
    assert Ledger(**cost, gpu_seconds=1.0, device_joules=4.0).joules == 7
