"""A workflow that is started, stopped in bad ways and started again."""

import os
import signal
import subprocess
import sys

from tests.workflow.conftest import Workflow


class Started:
    """Snakemake in a process group of its own, its output in a file."""

    def __init__(self, workflow: Workflow, *arguments: str, **environment: str) -> None:
        self.output = workflow.folder / "output.txt"
        command = [sys.executable, "-m", "snakemake", *arguments, "--cores", "2", "--configfile", workflow.configfile]
        with open(self.output, "w") as file:
            self.process = subprocess.Popen(
                command,
                cwd=workflow.folder,
                env={**os.environ, **workflow.environment, **environment},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ended_within(self, seconds: float) -> bool:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self, with_its_jobs: bool) -> None:
        """kill -9 of Snakemake alone, which leaves its jobs behind, or of all."""
        if with_its_jobs:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait()

    def clean_up(self) -> None:
        """End what is left of it."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.process.wait()


def results_of(workflow: Workflow, *names: str) -> dict[str, bytes]:
    """Content of every file of these names under the results; MLflow's copies lie under names of its own."""
    files = [path for name in names for path in sorted((workflow.folder / "results").rglob(name))]
    return {str(path.relative_to(workflow.folder)): path.read_bytes() for path in files if "mlflow" not in path.parts}
