"""Programs of the system that some tests need: found, or installed where that is allowed, or the test is skipped."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

# Where Debian puts programs that are on no ordinary user's PATH.
ELSEWHERE = ("/usr/sbin", "/sbin", "/usr/lib/postgresql/*/bin")
INSTALL = "TEST_INSTALL"


def find(program: str) -> Path | None:
    """The program on PATH or in a folder of ELSEWHERE, the newest version where several are installed."""
    folders = [str(folder) for pattern in ELSEWHERE for folder in sorted(Path("/").glob(pattern[1:]), reverse=True)]
    found = shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), *folders]))
    return Path(found) if found else None


def require(programs: Iterable[str], debian_packages: Iterable[str]) -> dict[str, Path]:
    """Path of every program; without one of them the test that asks is skipped, and the reason says what to install.

    With TEST_INSTALL=1 in the environment, root on Debian or Ubuntu installs the packages first; what cannot be
    installed then fails the test, because it was asked for.
    """
    programs, packages = list(programs), list(debian_packages)
    if missing := _missing(programs):
        if os.environ.get(INSTALL) != "1":
            pytest.skip(f"{', '.join(missing)} not found; apt-get install {' '.join(packages)}, or {INSTALL}=1 as root")
        _install(packages)
        if missing := _missing(programs):
            pytest.fail(f"{', '.join(missing)} not found after apt-get install {' '.join(packages)}")
    return {program: find(program) for program in programs}


def _missing(programs: list[str]) -> list[str]:
    return [program for program in programs if find(program) is None]


def _install(packages: list[str]) -> None:
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        pytest.fail(f"{INSTALL}=1 needs apt-get and root")
    # Another process may be installing: wait for it. RUNLEVEL=1: services are installed, not started.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    install = [apt, "-o", "DPkg::Lock::Timeout=600", "install", "-y", "-q", "--no-install-recommends", *packages]
    for command in ([apt, "update", "-q"], install):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.fail(f"{' '.join(command)}: {(done.stderr or done.stdout).strip().splitlines()[-1]}")


def free_ports(count: int) -> list[int]:
    """Free ports of this machine, out of all: tests in other processes look for some at the same time."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
