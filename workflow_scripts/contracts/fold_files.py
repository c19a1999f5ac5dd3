"""What a step that works on one fold of a split reads."""

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.runtime.files import digest_text
from workflow_scripts.runtime.run_address import RECORD_FILE


@dataclass(frozen=True)
class FoldFiles:
    """Folders of a study's dataset and arrays, the table of the split, and the masks, where a network sees them."""

    dataset: Path
    arrays: Path
    split: Path
    masks: Path | None = None

    @classmethod
    def of(cls, args: argparse.Namespace) -> "FoldFiles":
        """Those that a command line names, see runtime.entry.fold_parser."""
        return cls(args.dataset, args.arrays, args.split, getattr(args, "masks", None))

    @property
    def study(self) -> Path:
        """The folder of the study's results."""
        return self.dataset.parent

    def fold_digest(self, fold: int) -> str:
        """sha256 of what the table of the split says of one fold."""
        with self.split.open(encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines)
            header = next(rows)
            number = header.index("fold")
            own = [row for row in rows if row[number] == str(fold)]
        return digest_text("\n".join(map(repr, [header, *own])))

    @property
    def inputs(self) -> list[Path]:
        """The files that stand for what such a step reads: large arrays are named by their record."""
        files = [self.dataset / RECORD_FILE, self.dataset / "manifest.csv", self.arrays / RECORD_FILE, self.split]
        return [*files, self.masks.with_name(RECORD_FILE)] if self.masks else files
