"""Where a job keeps what it needs until its end: saved states, and locks that keep others from doing the same."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.runtime.files import digest_text
from workflow_scripts.runtime.locks import lock


@dataclass(frozen=True)
class WorkFolder:
    """The folder of all jobs' states and locks, and the digest of all that one job depends on."""

    folder: Path
    identity: str

    @property
    def checkpoints(self) -> Path:
        """The folder of the saved states of this job."""
        return self.folder / "checkpoints" / self.identity

    def clear(self) -> None:
        """Remove the saved states of this job, which is done."""
        shutil.rmtree(self.checkpoints, ignore_errors=True)

    @contextmanager
    def locked(self, out: Path) -> Iterator[None]:
        """No other process writes into `out`, or does this job, within the block; UserError where one does."""
        locks, name = self.folder / "locks", digest_text(str(out.resolve()))
        with lock(locks / f"{name}.lock", str(out)), lock(locks / f"{self.identity}.lock", f"what {out} is to hold"):
            yield
