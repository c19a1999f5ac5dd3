"""Which record vouches for which file of a study's results, and the command that makes a file again.

Nothing of Snakemake, no package but the standard library: `make check` asks it too.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.runtime.run_address import LEDGER_FILE, PATTERN, RECORD_FILE, TRAINING_FILE, UNITS_FILE
from workflow_scripts.runtime.study_paths import FINISHED_FILE

# Beside the index, of all studies together: every run in one table, and the same for a paper.
RUNS_FILES = ("runs.csv", "runs.md", "runs.tex", "runs.html")
_RUN = rf"(?P<run>runs/(?P<protocol>[^/]+)/[^/]+/{PATTERN})"
_ALL = r"(?P<all>runs/[^/]+/[^/]+)"
_ITSELF = "{file}"
# (files below results/{study}, the record that vouches for them, what makes them: a target of Snakemake). Records are
# among them: they vouch for themselves, see contracts.record. The first pattern that fits counts.
_FILES = (
    (r"(?P<step>dataset|arrays|masks|examples|embeddings/[^/]+)/[^/]+", "{step}/record.json", _ITSELF),
    (r"(?P<pictures>examples/slides)/[^/]+", "examples/record.json", "{pictures}"),
    (r"splits/(?P<protocol>[^/.]+)(\.leaks\.csv|\.csv|\.json)", "splits/{protocol}.json", _ITSELF),
    (rf"{_RUN}/(weights\.safetensors|history\.csv|train\.json)", "{run}/train.json", _ITSELF),
    (rf"{_RUN}/ledger\.json", "{run}/ledger.json", _ITSELF),
    (rf"{_RUN}/model/.+", "{run}/record.json", "{run}/record.json"),
    (rf"{_RUN}/[^/]+", "{run}/record.json", _ITSELF),
    (rf"{_ALL}/finished\.json", "{all}/finished.json", _ITSELF),
    (r"(?P<step>evaluation|explanation)/(?P<protocol>[^/]+)/.+", "{step}/{protocol}/record.json", "{step}/{protocol}"),
    (r"predict/(?P<name>[^/]+)/.+", "predict/{name}/record.json", None),
    (r"(report\.html|report\.json|metrics\.json|costs\.csv|model_card\.md)", "report.json", _ITSELF),
    (r"(?P<step>verdict|truth|tracked)\.(csv|json)", "{step}.json", _ITSELF),
    (r"paper/[^/]+", "paper/record.json", "paper"),
    (r"(curves|headline)/[^/]+", "report.json", "report.html"),
)
_PATTERNS = tuple((re.compile(rf"(?P<root>.*/|)(?P<file>{files})"), *rest) for files, *rest in _FILES)
_SYNTHETIC = re.compile(r"(?P<folder>(?:.*/)?data/[^/]+/synthetic-[^/]+)/.+")


@dataclass(frozen=True)
class VouchedFile:
    """A file of a study: the record that vouches for it, and the target that makes it (None: no rule does)."""

    record: Path
    target: Path | None


def vouched_file(path: Path) -> VouchedFile | None:
    """The record and the target of a file by its path below a study's folder; None: no step leaves such a file."""
    for pattern, record, target in _PATTERNS:
        if match := pattern.fullmatch(path.as_posix()):
            root, names = Path(match["root"]), match.groupdict()
            return VouchedFile(root / record.format(**names), root / target.format(**names) if target else None)
    return None


def _finished(path: Path) -> Path | None:
    """The target that makes the files again which finishing leaves beside those of a training."""
    is_run = path.name in (RECORD_FILE, UNITS_FILE, LEDGER_FILE) and re.fullmatch(PATTERN, path.parent.name)
    return path.parents[1] / FINISHED_FILE if is_run and path.with_name(TRAINING_FILE).exists() else None


def remedy(path: Path) -> str:
    """What a user does to have a file made again: a command, in words that end a sentence."""
    if synthetic := _SYNTHETIC.fullmatch(path.as_posix()):
        folder = shlex.quote(synthetic["folder"])
        return (
            f"`rm -r {folder} && snakemake {folder}/synthetic.json --cores all` (with your --configfile) makes it again"
        )
    about = vouched_file(path)
    if about and about.target is None:
        return f"`rm -r {shlex.quote(about.record.parent.as_posix())}`, then apply the run once more"
    target = _finished(path) or (about.target if about and about.target else path)
    return f"`snakemake {shlex.quote(target.as_posix())} --force --cores all` (with your --configfile) makes it again"
