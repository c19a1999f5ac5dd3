"""What the workflow's rules ask: settings and code of a step, files of a study, checks before the first job."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.contracts.errors import UserError
from workflow_scripts.data.adapters.registry import ADAPTERS
from workflow_scripts.data.download.sources import published_sources
from workflow_scripts.settings import published
from workflow_scripts.settings.guard import unrecorded
from workflow_scripts.settings.load import settings as load
from workflow_scripts.settings.sources import check_not_overwriting, check_source, listing_digest, source_folders
from workflow_scripts.settings.steps import Steps
from workflow_scripts.settings.study import Study

PACKAGE = "workflow_scripts"
# Set by the restore command: it checks the files itself and only then lets Snakemake record them.
RESTORING = "RESTORING_RESULTS"


class Plan:
    """The settings in force and all that follows from them for the rules; reads no data."""

    def __init__(self, root: Path, command_line: dict, workdir: Path) -> None:
        self.root, self.workdir = root, workdir
        self.config = load(root, command_line)
        self.steps = Steps(self.config)
        self.logs = "logs" if self.config.results == "results" else f"logs/{Path(self.config.results).name}"
        self.trained, self.votes = self._kinds()
        self.downloads, self.published_models = (
            published.downloads(self.config),
            published.published_models(self.config),
        )

    def study(self, name: str) -> Study:
        return self.config.studies[name]

    @property
    def active(self) -> list[str]:
        return [name for name, study in self.config.studies.items() if study.active]

    def _kinds(self) -> tuple[list[str], list[str]]:
        """Names of runs that are trained, and of those that vote; one name cannot be both, rules go by name."""
        kinds: dict[bool, set[str]] = {True: set(), False: set()}
        for study in self.config.studies.values():
            for name, run in study.runs.items():
                kinds[run.kind == "vote"].add(name)
        if both := sorted(kinds[True] & kinds[False]):
            raise UserError(f"config: run {both[0]!r} is a vote in one study and trained in another; rename one")
        return sorted(kinds[False]), sorted(kinds[True])

    def settings(self, step: str, *names: str) -> dict:
        """Settings of a step, see Steps; ingest's include what identifies the raw files."""
        if step == "ingest":
            return self.steps.ingest(names[0], self._listing(names[0]))
        if step == "download":
            return published_sources()[self.downloads[names[0]]].as_settings()
        if step == "fetch_weights":
            return {"model": self.published_models[names[0]]}
        return getattr(self.steps, step)(*names)

    def _listing(self, study: str) -> dict[str, str] | None:
        if self.steps.made(study):
            return None  # the made files' own record is an input of the job
        return {adapter: listing_digest(folder) for adapter, folder in self.sources(study).items()}

    def modules(self, step: str, *names: str) -> list[str]:
        """The entry point of a step and the modules that its settings name."""
        modules = [f"{PACKAGE}.{step}"]
        if step == "synthesise":
            modules.append(ADAPTERS[names[1]].module)
        if step == "ingest":
            modules += [ADAPTERS[adapter].module for adapter in self.study(names[0]).adapters]
        if step == "report":
            modules.append(f"{PACKAGE}.studies.{self.study(names[0]).paper}")
        return modules

    def sources(self, study: str) -> dict[str, str]:
        """Adapter → folder of raw files."""
        return source_folders(self.config, study)

    def made_records(self, study: str) -> list[str]:
        """Records of the made data that a study reads; none for real data."""
        if not self.steps.made(study):
            return []
        return [f"{folder}/made.json" for folder in self.sources(study).values()]

    def split_file(self, study: str, protocol: str) -> list[str]:
        """The user's own split, if the protocol has one."""
        rule = self.study(study).protocols[protocol]
        return [str(Path(rule.path).expanduser())] if rule.kind == "file" else []

    def weight_files(self, study: str, run: str) -> dict[str, str]:
        """Name of a network or branch → file with its first weights."""
        spec = self.study(study).runs[run]
        return {
            name: published.weights_file(part.model) if _is_published(part) else str(Path(part.weights).expanduser())
            for name, part in published.parts_of(spec).items()
            if part.weights is not None
        }

    def weight_records(self, study: str, run: str) -> list[str]:
        """Records of the published weights that a run starts from; they stand for the large files beside them."""
        parts = published.parts_of(self.study(study).runs[run]).values()
        found = {published.weights_file(part.model) for part in parts if _is_published(part)}
        return [str(Path(path).with_suffix(".json")) for path in sorted(found)]

    def published_records(self, study: str) -> list[str]:
        """Records of the published weights that any run of a study starts from."""
        return sorted({record for run in self.study(study).runs for record in self.weight_records(study, run)})

    def prepared(self) -> list[str]:
        """Records of what active studies need from elsewhere: data sets that are not there, published weights."""
        weights = {record for study in self.active for record in self.published_records(study)}
        missing = published.missing_downloads(self.config, self.active)
        return [*(f"{folder}.json" for folder in missing), *sorted(weights)]

    def jobs(self, study: str, protocol: str) -> Iterator[tuple[int, int]]:
        """Fold and seed of every training of a run."""
        for fold in range(self.steps.folds(study, protocol)):
            for seed in self.study(study).seeds:
                yield fold, seed

    def run_folder(self, study: str, protocol: str, run: str, fold: int, seed: int) -> str:
        return f"{self.config.results}/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}"

    def run_files(self, study: str, protocol: str, run: str, name: str) -> list[str]:
        """A file of every fold and seed of a run."""
        return [f"{self.run_folder(study, protocol, run, *job)}/{name}" for job in self.jobs(study, protocol)]

    def protocol_files(self, study: str, protocol: str, name: str) -> list[str]:
        """A file of every fold and seed of every run of a protocol."""
        return [path for run in self.study(study).runs for path in self.run_files(study, protocol, run, name)]

    def evaluation_files(self, study: str, protocol: str, name: str) -> list[str]:
        """A file of the evaluation of every run of a protocol."""
        folder = f"{self.config.results}/{study}/evaluation/{protocol}"
        return [f"{folder}/{run}/{name}" for run in self.study(study).runs]

    def member_folders(self, study: str, protocol: str, run: str, fold: int, seed: int) -> dict[str, str]:
        """Member of a vote → its run folder of the same fold and seed."""
        members = self.study(study).runs[run].members
        return {member: self.run_folder(study, protocol, member, fold, seed) for member in members}

    def explained_weights(self, study: str, protocol: str) -> list[str]:
        """Weights that the Grad-CAM job of a protocol reads: first fold, first seed."""
        seed = self.study(study).seeds[0]
        runs = self.study(study).explain.runs
        return [f"{self.run_folder(study, protocol, run, 0, seed)}/weights.safetensors" for run in runs]

    def report_inputs(self, study: str) -> list[str]:
        """Everything that a study's report shows."""
        folder = f"{self.config.results}/{study}"
        files = []
        for protocol in self.study(study).protocols:
            split = f"{folder}/splits/{protocol}"
            files += [f"{split}.csv", f"{split}.json", f"{split}.leaks.csv"]
            files += [f"{folder}/evaluation/{protocol}/{name}" for name in ("metrics.csv", "comparison.csv")]
            for name in ("metrics.csv", "metrics.json"):
                files += self.evaluation_files(study, protocol, name)
            for name in ("units.csv", "record.json", "ledger.json"):
                files += self.protocol_files(study, protocol, name)
            for run in self.study(study).runs:
                if self.is_trained(study, run):
                    files += self.run_files(study, protocol, run, "history.csv")
            if self.study(study).explain.runs:
                files.append(f"{folder}/explanation/{protocol}")
        return files

    def paper_argument(self, study: str) -> str:
        """--paper with the folder of the published numbers, for studies that have a paper."""
        paper = self.study(study).paper
        return f"--paper {self.root / PACKAGE / 'studies' / paper}" if paper else ""

    def targets(self, study: str, phase: str) -> list[str]:
        """Files that a phase (data, runs, report, all) of a study must leave."""
        folder = f"{self.config.results}/{study}"
        protocols = self.study(study).protocols
        data = [f"{folder}/arrays/record.json", *(f"{folder}/splits/{protocol}.json" for protocol in protocols)]
        if phase == "data":
            return data
        if phase == "runs":
            return [*data, *self.report_inputs(study)]
        report = [f"{folder}/report.html", f"{folder}/metrics.json"]
        return report if phase == "report" else [*report, f"{folder}/tracked.json"]

    def is_trained(self, study: str, run: str) -> bool:
        return self.study(study).runs[run].kind != "vote"

    def active_targets(self, phase: str) -> list[str]:
        """The files of a phase of all active studies."""
        return [path for study in self.active for path in self.targets(study, phase)]

    def check_before_start(self) -> None:
        """Raise UserError for what must stop the workflow before any job: settings, sources, foreign results."""
        for study in self.active:
            check_source(self.config, study, self.downloads)
            check_not_overwriting(self.config, study, self.workdir)
            for protocol in self.study(study).protocols:
                for path in self.split_file(study, protocol):
                    _must_exist(path, f"studies.{study}.protocols.{protocol}.path")
            for run in self.study(study).runs:
                for part in published.parts_of(self.study(study).runs[run]).values():
                    if part.weights is not None and not _is_published(part):
                        _must_exist(part.weights, f"studies.{study}.runs.{run}: weights")
        if not os.environ.get(RESTORING):
            self._check_recorded()

    def _check_recorded(self) -> None:
        """Refuse results that Snakemake did not make here: it would believe them whatever the settings."""
        results = self.workdir / self.config.results
        found = sorted(
            path.relative_to(self.workdir)
            for study in self.active
            for place in ("dataset", "arrays", "runs/*/*/*")
            for path in (results / study).glob(f"{place}/record.json")
        )
        if foreign := unrecorded(found, self.workdir):
            raise UserError(
                f"{foreign[0]} and {len(foreign) - 1} more were not made here, so nothing tells whether they fit the "
                "settings; after a pull run `make restore`, otherwise move them away"
            )


def prepare_environment(root: Path) -> None:
    """What every job inherits: this project's modules, the Python that runs Snakemake, quiet waiting threads.

    A conda environment puts its own Python before this one.
    """
    for name, folder in (("PYTHONPATH", root), ("PATH", Path(sys.executable).parent)):
        parts = os.environ.get(name, "").split(os.pathsep)
        if str(folder) not in parts[:1]:
            os.environ[name] = os.pathsep.join(filter(None, [str(folder), *parts]))
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def has_gpu() -> bool:
    """Whether this machine shows an NVIDIA GPU; asks no library, because the Snakefile must start fast."""
    return Path("/dev/nvidia0").exists()


def _is_published(part: object) -> bool:
    return part.weights == published.PUBLISHED


def _must_exist(path: str, where: str) -> None:
    if not Path(path).expanduser().is_file():
        raise UserError(f"{where}: {path} is no file; correct the path")


def failures(logs: Path, since: float) -> str:
    """The error line of every log written after `since`, one a line, for the end of a failed run."""
    lines = []
    for path in sorted(logs.rglob("*.log")):
        if path.stat().st_mtime >= since:
            found = re.findall(r"ERROR (error: .*)", path.read_text(encoding="utf-8", errors="replace"))
            lines += [f"{path}: {line}" for line in found[-1:]]
    return "\n".join(["", *(lines or ["No job wrote an error line; see the log of the failed rule."]), ""])
