"""A real SLURM on this machine: munge, a controller and two nodes, of which one has a GPU in name.

All its state lies in one folder; nothing outside is touched, so several may run at once. There is no accounting, as on
many small clusters. Where control groups can be written, jobs are held and killed by them, as on large ones.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.system import free_ports, require

PROGRAMS, PACKAGES = ("slurmctld", "slurmd", "sbatch", "squeue", "munged"), ("slurm-wlm", "munge")
CGROUPS = Path("/sys/fs/cgroup")
CONTROLLERS = ("freezer", "memory", "cpuacct")
CONFIG = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd-%n.log
ProctrackType=proctrack/{track}
TaskPlugin=task/{task}
JobAcctGatherType=jobacct_gather/{gather}
JobAcctGatherFrequency=task=1
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=5,bf_interval=5
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=15
InactiveLimit=0
KillWait=5
MinJobAge=3600
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/log/jobcomp.txt
NodeName=plain{tag} NodeHostname={host} NodeAddr=127.0.0.1 Port={plain} CPUs=8 RealMemory=64000 State=UNKNOWN
NodeName=gpu{tag} NodeHostname={host} NodeAddr=127.0.0.1 Port={gpu} CPUs=8 RealMemory=64000 Gres=gpu:1 State=UNKNOWN
PartitionName=normal Nodes=plain{tag} Default=YES DefaultTime=10 MaxTime=INFINITE DefMemPerCPU=500 State=UP
PartitionName=accelerated Nodes=gpu{tag} DefaultTime=10 MaxTime=INFINITE DefMemPerCPU=500 State=UP
"""


@dataclass
class Cluster:
    """Daemons and files of one cluster; start() and stop() may be called in turn."""

    folder: Path
    programs: dict[str, Path] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What a user of this cluster has in the environment."""
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"], "/usr/sbin", "/sbin"])
        return {"SLURM_CONF": str(self.folder / "etc" / "slurm.conf"), "PATH": path}

    @property
    def tag(self) -> str:
        """Sets the nodes of this cluster apart from those of another: control groups are named after them."""
        return str(os.getpid())

    def call(self, *command: str, check: bool = True) -> str:
        """Output of a command as this cluster's user."""
        done = subprocess.run(command, env={**os.environ, **self.environment}, capture_output=True, text=True)
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self) -> None:
        """Write the configuration, start the daemons, wait until both nodes are idle."""
        self.programs = require(PROGRAMS, PACKAGES)
        self._configure()
        munge = [self.programs["munged"], "--force", f"--key-file={self.folder}/munge/key"]
        munge += [f"--{name}={self.folder}/munge/{name}" for name in ("socket", "seed-file", "log-file", "pid-file")]
        self._daemon(*munge)
        self.start_controller()
        for node in ("plain", "gpu"):
            self._daemon(self.programs["slurmd"], "-N", f"{node}{self.tag}")
        self._until(lambda: self.call("sinfo", "-h", "-N", "-o", "%t", check=False).split() == ["idle", "idle"])

    def start_controller(self) -> None:
        self._daemon(self.programs["slurmctld"], "-i")

    def stop_controller(self) -> None:
        """Stop the controller alone: an outage. Jobs go on."""
        self._stop(self.folder / "slurmctld.pid")

    def fail_node(self) -> None:
        """Let the plain node fail as by a power cut, with all that runs on it, and bring it back."""
        node = f"plain{self.tag}"
        os.kill(int((self.folder / f"slurmd-{node}.pid").read_text()), signal.SIGKILL)
        for pid in self._processes_on(node):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.call("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
        self._daemon(self.programs["slurmd"], "-N", node)
        # It may have come back by itself.
        self.call("scontrol", "update", f"nodename={node}", "state=resume", check=False)
        self._until(lambda: self.call("sinfo", "-h", "-n", node, "-o", "%t").split()[0] in ("idle", "mix", "alloc"), 60)

    def _processes_on(self, node: str) -> list[int]:
        """Jobs of a node and what watches over them; other clusters of this machine have other settings."""
        found, mine = [], f"SLURM_CONF={self.folder}/etc/slurm.conf"
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                inherited = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
                watcher = (folder / "cmdline").read_bytes().startswith(b"slurmstepd")
            except OSError:
                continue
            if f"SLURMD_NODENAME={node}" in inherited or (watcher and mine in inherited):
                found.append(int(folder.name))
        return found

    def stop(self) -> None:
        """Cancel what is left, stop the daemons, remove their control groups; nothing where nothing was started."""
        if not self.programs:
            return
        self.call("scancel", "--user", str(os.getuid()), check=False)
        self._until(lambda: not self.call("squeue", "-h", "-t", "R,CG", check=False).strip())
        pids = [f"slurmd-plain{self.tag}.pid", f"slurmd-gpu{self.tag}.pid", "slurmctld.pid", "munge/pid-file"]
        for pid in pids:
            self._stop(self.folder / pid)
        for controller in CONTROLLERS:
            for node in ("plain", "gpu"):
                left = CGROUPS / controller / f"slurm_{node}{self.tag}"
                for folder in sorted([left, *left.rglob("*")], reverse=True):
                    if folder.is_dir():
                        folder.rmdir()

    def jobs(self) -> list[dict[str, str]]:
        """Every job so far as squeue shows it; `tres-per-job` holds GPUs, `comment` the rule."""
        keys = ("jobid", "state", "partition", "nodelist", "tres-per-job", "comment")
        columns = ",".join(f"{key}:|" for key in keys)
        lines = self.call("squeue", "-h", "--states=all", "-O", columns).splitlines()
        return [dict(zip(keys, line.split("|"), strict=False)) for line in lines]

    def _configure(self) -> None:
        for name in ("munge", "state", "log", "spool", "etc", "bin"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        key = self.folder / "munge" / "key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        held = os.geteuid() == 0 and all(os.access(CGROUPS / name, os.W_OK) for name in CONTROLLERS)
        kinds = ("cgroup", "cgroup", "cgroup") if held else ("pgid", "none", "linux")
        lines = ["CgroupPlugin=cgroup/v1", f"CgroupMountpoint={CGROUPS}", "ConstrainRAMSpace=yes"] if held else []
        etc = self.folder / "etc"
        (etc / "cgroup.conf").write_text("\n".join(lines))
        (etc / "gres.conf").write_text(f"NodeName=gpu{self.tag} Name=gpu File=/dev/null\n")
        ports = free_ports(3)
        names = {"host": socket.gethostname().split(".")[0], "user": pwd.getpwuid(os.geteuid()).pw_name}
        names |= dict(zip(("port", "plain", "gpu"), ports, strict=True))
        names |= dict(zip(("track", "task", "gather"), kinds, strict=True))
        (etc / "slurm.conf").write_text(CONFIG.format(folder=self.folder, tag=self.tag, **names))
        # The executor removes SLURM_CONF before it calls srun; on a real cluster the file is at its usual place.
        wrapper = self.folder / "bin" / "srun"
        wrapper.write_text(f'#!/bin/sh\nSLURM_CONF={etc}/slurm.conf exec {shutil.which("srun")} "$@"\n')
        wrapper.chmod(0o755)

    def _daemon(self, *command: object) -> None:
        """Start a daemon, which goes into the background by itself."""
        environment = {**os.environ, **self.environment}
        done = subprocess.run([*map(str, command)], env=environment, stdin=subprocess.DEVNULL, capture_output=True)
        assert done.returncode == 0, f"{command}: {done.stderr.decode()}"

    def _until(self, holds: object, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "".join(path.read_text() for path in (self.folder / "log").glob("slurm*"))
            time.sleep(0.1)

    def _stop(self, pid_file: Path) -> None:
        if not pid_file.exists() or not pid_file.read_text().strip():
            return
        pid = int(pid_file.read_text())
        if running(pid):
            os.kill(pid, signal.SIGTERM)
        self._until(lambda: not running(pid))


@contextlib.contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """A running cluster, stopped at the end whatever happens; without SLURM's programs the test is skipped."""
    cluster = Cluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def running(pid: int) -> bool:
    """Whether a process lives; one that nobody has reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
