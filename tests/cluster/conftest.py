"""Stand-ins for a cluster's commands: shell scripts that print what SLURM prints."""

import os

import pytest

NONE = "AccountingStorageType   = accounting_storage/none\nMinJobAge               = 300 sec\n"
SLURMDBD = "AccountingStorageType   = accounting_storage/slurmdbd\nPreemptMode             = CANCEL\n"


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Lays a stand-in on PATH: `commands(squeue="1|RUNNING")` prints that, `squeue=1` fails with that status."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr("sys.executable", "/usr/bin/python3")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")

    def lay(**programs: object) -> None:
        for name, answer in programs.items():
            body = f"echo '{name}: cannot connect' >&2; exit {answer}" if isinstance(answer, int) else ""
            (folder / f"{name}.txt").write_text("" if body else f"{answer}\n")
            (folder / name).write_text(f"#!/bin/sh\n{body or f'cat {folder}/{name}.txt'}\n")
            (folder / name).chmod(0o755)

    return lay
