"""bundle.json: what a bundle of trainings holds, and how each is called where it is unpacked."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.misfits import MisfitError
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import SEAL, digest_file, whole, write_sealed

BUNDLE_FILE = "bundle.json"
# Of an unpacked bundle: where results lie, and the files that trainings start from.
RESULTS, START, ORIGINALS = "results", "start", "originals"

# How the samples of a study travel; `smaller`: as whichever of the other two takes less room.
Travel = Literal["smaller", "originals", "packed"]
TRAVELS: tuple[Travel, ...] = ("smaller", "originals", "packed")
Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True)
class StepCall:
    """Settings of a step as resolved, and the digest of its code: both go into records as they stand here."""

    settings: dict[str, Any]
    code: str


@dataclass(frozen=True)
class BundledRun:
    """A trained run under a protocol; all paths are relative to the bundle.

    arrays: folder of what it reads; masks: file of the masks, where its network sees them; origin: folder of the same
    run under a protocol that may be the same split; start: part of the network → file that it starts from; trainings:
    names of the folders of its folds and seeds.
    """

    study: str
    protocol: str
    run: str
    train: StepCall
    finish: StepCall
    arrays: str
    trainings: tuple[str, ...]
    masks: str | None = None
    origin: str | None = None
    start: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The run as users name it."""
        return f"{self.study}/{self.protocol}/{self.run}"

    @property
    def dataset(self) -> str:
        return f"{RESULTS}/{self.study}/dataset"

    @property
    def split(self) -> str:
        return f"{RESULTS}/{self.study}/splits/{self.protocol}.csv"

    @property
    def folder(self) -> str:
        """Folder of all its folds and seeds, below the results and in an answer's logs."""
        return f"{self.study}/runs/{self.protocol}/{self.run}"


@dataclass(frozen=True)
class BundledOriginals:
    """Original files of a study, whose pixels are packed where the bundle is unpacked.

    sources: adapter → folder; outputs: name → sha256 of what packing must come to.
    """

    study: str
    preprocess: StepCall
    sources: dict[str, str]
    outputs: dict[str, str]


@dataclass(frozen=True)
class Bundle:
    """All of a bundle.

    runs: in the order in which they are worth training; device, at_once: as the settings have them; python, needs:
    version of Python and of each package that the trainings import, at home; files: path → sha256 of every file.
    """

    runs: tuple[BundledRun, ...]
    originals: tuple[BundledOriginals, ...]
    device: Device
    at_once: int
    python: str
    needs: dict[str, str]
    files: dict[str, str]

    @classmethod
    def read(cls, folder: Path) -> tuple["Bundle", str]:
        """The bundle unpacked in `folder`, and the digest that names it; UserError when it is none."""
        path = folder / BUNDLE_FILE
        if not path.is_file():
            raise UserError(f"{path} is missing; unpack the bundle again, into an empty folder")
        content = whole(path)
        if content is None:
            raise UserError(f"{path} is not as it was written; unpack the bundle again, into an empty folder")
        seal = content.pop(SEAL)
        try:
            return parse(cls, content), seal
        except MisfitError as error:
            raise UserError(f"{path} is of another version of this project ({error}); make the bundle anew") from None

    def write(self, path: Path) -> None:
        """Write bundle.json, sealed."""
        write_sealed(path, plain(self))

    def require_files(self, folder: Path) -> None:
        """Raise UserError for a file that is missing in the unpacked bundle, or is another one."""
        for name, digest in self.files.items():
            path = folder / name
            if not path.is_file():
                raise UserError(f"{path} is missing; unpack the bundle again, into an empty folder")
            if digest_file(path) != digest:
                raise UserError(f"{path} is not the file of the bundle; unpack the bundle again, into an empty folder")
