"""Runs that were not made alike are named, and what the system refuses says where and what to do."""

import errno
import os

import pytest

from workflow_scripts.contracts.record import mixtures
from workflow_scripts.runtime.entry import memory_words, os_error_words, out_of_memory
from workflow_scripts.runtime.files import atomic_path


def record(torch: str, processor: str = "EPYC", training: dict | None = None) -> dict:
    return {"versions": {"torch": torch, "numpy": "2"}, "processor": processor, "training": training or {}}


def test_runs_of_one_environment_are_no_mixture():
    assert mixtures({"a": record("2.13"), "b": record("2.13")}) == []
    assert mixtures({"a": record("2.13"), "b": {"versions": {}, "processor": "EPYC"}}) == []


def test_runs_of_several_versions_and_processors_are_named():
    found = mixtures({f"cvm fold{fold}-seed0": record("2.13") for fold in range(5)} | {"sham": record("2.15", "Xeon")})
    assert found == [
        "runs that are compared were made with different processor: "
        "EPYC (cvm fold0-seed0, cvm fold1-seed0, cvm fold2-seed0 and 2 more); Xeon (sham)",
        "runs that are compared were made with different torch: "
        "2.13 (cvm fold0-seed0, cvm fold1-seed0, cvm fold2-seed0 and 2 more); 2.15 (sham)",
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
