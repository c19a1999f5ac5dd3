"""What the workflow's rules ask: settings and code of a step, files of a study, checks before the first job."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from workflow_scripts.contracts.subjects import SUBJECTS
from workflow_scripts.data.adapters.adapter_registry import adapters
from workflow_scripts.data.download.published_sources import published_sources
from workflow_scripts.data.readers.reader_registry import module_of
from workflow_scripts.evaluation.metric_registry import added_metrics
from workflow_scripts.models.own import modules_of
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.settings import downloads
from workflow_scripts.settings.guard import unrecorded
from workflow_scripts.settings.known_names import papers
from workflow_scripts.settings.load import settings as load
from workflow_scripts.settings.runs import STEPS, TRAINED
from workflow_scripts.settings.source_checks import (
    check_apart,
    check_file,
    check_made,
    check_not_overwriting,
    check_results,
    check_source,
    check_tables,
    listing_digest,
    named_tables,
    source_folders,
)
from workflow_scripts.settings.steps import Steps
from workflow_scripts.settings.study import Study

PACKAGE = "workflow_scripts"
# Set by the restore command: it checks the files itself and only then lets Snakemake record them.
RESTORING = "RESTORING_RESULTS"


class Plan:
    """The settings in force and all that follows from them for the rules; reads no data."""

    def __init__(self, root: Path, command_line: dict, workdir: Path, files: Sequence[Path] = ()) -> None:
        """`command_line`: what --configfile and --config gave; `files`: those of --configfile, to name a line."""
        self.root, self.workdir = root, workdir
        self.config = load(root, command_line, files)
        self.steps = Steps(self.config)
        self.logs = "logs" if self.config.results == "results" else f"logs/{Path(self.config.results).name}"
        self.made_by = self._runs_by_step()
        self.downloads, self.published_models = (
            downloads.downloads(self.config),
            downloads.published_models(self.config),
        )

    def study(self, name: str) -> Study:
        return self.config.studies[name]

    @property
    def active(self) -> list[str]:
        return [name for name, study in self.config.studies.items() if study.active]

    def _runs_by_step(self) -> dict[str, list[str]]:
        """Step → names of the runs that it makes; a name belongs to one step, because rules go by names."""
        made_by: dict[str, str] = {}
        named_in: dict[str, str] = {}
        for study, chosen in self.config.studies.items():
            for name, run in chosen.runs.items():
                step, first = STEPS[run.kind], named_in.setdefault(name, study)
                if made_by.setdefault(name, step) != step:
                    other = self.study(first).runs[name].kind
                    raise UserError(
                        f"studies.{study}.runs.{name}: {run.kind} here, {other} in {first}; a name has one kind in all "
                        "studies, rename one of them"
                    )
        return {step: sorted(name for name, by in made_by.items() if by == step) for step in STEPS.values()}

    def settings(self, step: str, *names: str) -> dict:
        """Settings of a step, see Steps; ingest's include what identifies the raw files."""
        if step == "ingest":
            return self.steps.ingest(names[0], self._listing(names[0]))
        if step == "split":
            own = [digest_file(path) for path in self.split_file(*names) if Path(path).is_file()]
            return self.steps.split(*names) | ({"split_file": own[0]} if own else {})
        if step == "download":
            return published_sources()[self.downloads[names[0]]].as_settings()
        if step == "fetch_weights":
            return {"model": self.published_models[names[0]]}
        return getattr(self.steps, step)(*names)

    def _listing(self, study: str) -> dict[str, str] | None:
        tables = named_tables(self.config, study)
        if self.steps.made(study):
            return tables or None  # the made files' own record is an input of the job
        return {adapter: listing_digest(folder) for adapter, folder in self.sources(study).items()} | tables

    def modules(self, step: str, *names: str) -> list[str]:
        """The entry point of a step and the modules that its settings name."""
        modules = [f"{PACKAGE}.steps.{step}"]
        if step == "synthesise":
            modules += [adapters()[names[1]].module, adapters()[names[1]].generator]
        if step == "ingest":
            modules += [adapters()[adapter].module for adapter in self.study(names[0]).adapters]
            modules.append(module_of(adapters()[self.study(names[0]).adapters[0]].modality))
        if step in ("evaluate", "report"):
            modules += [added_metrics()[name] for name in self.study(names[0]).evaluate.metrics]
        if step in ("report", "paper_figures", "verdict"):
            own = f"{PACKAGE}.studies.{self.study(names[0]).paper}"
            modules.append(own)
            if step == "paper_figures" and (self.root / own.replace(".", "/") / "figures.py").exists():
                modules.append(f"{own}.figures")
        if step == "train":  # its settings: Steps.train, and Steps.trainings of all folds and seeds
            modules += self._networks(names[0], [names[2]])
        if step == "compress":
            modules += self._networks(names[0], [self.study(names[0]).runs[names[2]].of])
        if step == "external":
            spec = self.study(names[0]).runs[names[2]]
            modules += self._networks(spec.study, [spec.of])
        if step == "explain":
            modules += self._networks(names[0], self.steps.explained_networks(names[0]))
        return modules

    def _networks(self, study: str, runs: list[str]) -> list[str]:
        """Modules of this project's own networks among those that runs use."""
        parts = [part for run in runs for part in downloads.parts_of(self.study(study).runs[run]).values()]
        return modules_of([part.model for part in parts])

    def sources(self, study: str) -> dict[str, str]:
        """Adapter → folder of raw files."""
        return source_folders(self.config, study)

    def made_records(self, study: str) -> list[str]:
        """Records of the made data that a study reads; none for real data."""
        if not self.steps.made(study):
            return []
        return [f"{folder}/made.json" for folder in self.sources(study).values()]

    @property
    def subjects(self) -> dict[str, str]:
        """How the captions of each study call what its classes are told by."""
        return {name: SUBJECTS[study.subject] for name, study in self.config.studies.items()}

    def made_tables(self, study: str) -> list[str]:
        """Tables of what was planted in the made data that a study reads; none for real data."""
        return [record.replace("made.json", "truth.csv") for record in self.made_records(study)]

    def explanations(self, study: str) -> list[str]:
        """Folders of what was explained under each protocol."""
        if not self.study(study).explain.runs:
            return []
        return [f"{self.config.results}/{study}/explanation/{name}" for name in self.study(study).protocols]

    def split_files(self, study: str, protocol: str) -> list[str]:
        """Table, record and leaks of a split."""
        split = f"{self.config.results}/{study}/splits/{protocol}"
        return [f"{split}.csv", f"{split}.json", f"{split}.leaks.csv"]

    def split_file(self, study: str, protocol: str) -> list[str]:
        """The user's own split, if the protocol has one."""
        rule = self.study(study).protocols[protocol]
        return [rule.path] if rule.kind == "file" else []

    def weight_files(self, study: str, run: str) -> dict[str, str]:
        """Name of a network or branch → file with its first weights."""
        spec = self.study(study).runs[run]
        return {
            name: downloads.weights_file(part.model) if _is_published(part) else part.weights
            for name, part in downloads.parts_of(spec).items()
            if part.weights is not None
        }

    def weight_records(self, study: str, run: str) -> list[str]:
        """Records of the published weights that a run starts from; they stand for the large files beside them."""
        parts = downloads.parts_of(self.study(study).runs[run]).values()
        found = {downloads.weights_file(part.model) for part in parts if _is_published(part)}
        return [str(Path(path).with_suffix(".json")) for path in sorted(found)]

    def published_records(self, study: str) -> list[str]:
        """Records of the published weights that any run of a study starts from."""
        return sorted({record for run in self.study(study).runs for record in self.weight_records(study, run)})

    def prepared(self) -> list[str]:
        """Records of what active studies need from elsewhere: data sets that are not there, published weights."""
        weights = {record for study in self.active for record in self.published_records(study)}
        missing = downloads.missing_downloads(self.config, self.active)
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

    def member_folders(self, study: str, protocol: str, run: str, fold: int, seed: int) -> dict[str, str]:
        """Member of a vote → its run folder of the same fold and seed."""
        members = self.study(study).runs[run].members
        return {member: self.run_folder(study, protocol, member, fold, seed) for member in members}

    def compressed_folder(self, study: str, protocol: str, run: str, fold: int, seed: int) -> str:
        """Folder of the trained run, of the same fold and seed, that a run compresses."""
        return self.run_folder(study, protocol, self.study(study).runs[run].of, fold, seed)

    def transferred(self, study: str, protocol: str, run: str, fold: int, seed: int) -> tuple[str, str]:
        """Results folder of the study an external run comes from, and the folder of the training it applies."""
        spec = self.study(study).runs[run]
        folder = self.run_folder(spec.study, spec.protocol, spec.of, 0, seed)
        return f"{self.config.results}/{spec.study}", folder

    def split_there(self, study: str, protocol: str, run: str, fold: int, seed: int) -> str:
        """The split of the study an external run comes from: says which samples its network has learned from."""
        spec = self.study(study).runs[run]
        return f"{self.config.results}/{spec.study}/splits/{spec.protocol}.csv"

    def explained_weights(self, study: str, protocol: str) -> list[str]:
        """Weights that the Grad-CAM job of a protocol reads: first fold, first seed."""
        seed = self.study(study).seeds[0]
        runs = self.steps.explained_networks(study)
        return [f"{self.run_folder(study, protocol, run, 0, seed)}/weights.safetensors" for run in runs]

    def explained_votes(self, study: str, protocol: str) -> list[str]:
        """Records of the weighted votes that are explained: they hold the weights."""
        seed, runs = self.study(study).seeds[0], self.study(study).runs
        weighted = [run for run in self.study(study).explain.runs if getattr(runs[run], "how", "") == "weighted"]
        return [f"{self.run_folder(study, protocol, run, 0, seed)}/record.json" for run in weighted]

    def first_weights(self, study: str) -> list[str]:
        """Weights of the first fold and seed of every trained run, from which diagrams of the networks are drawn."""
        seed = self.study(study).seeds[0]
        return [
            f"{self.run_folder(study, protocol, run, 0, seed)}/weights.safetensors"
            for protocol in self.study(study).protocols
            for run in self.study(study).runs
            if self.is_trained(study, run)
        ]

    def report_inputs(self, study: str) -> list[str]:
        """What stands for everything that a study's report shows: the evaluation for the runs that it is of."""
        folder = f"{self.config.results}/{study}"
        files = []
        for protocol in self.study(study).protocols:
            files += [*self.split_files(study, protocol), f"{folder}/evaluation/{protocol}"]
        files += self.explanations(study)
        return [*files, f"{folder}/truth.csv"] if self.steps.made(study) else files

    def paper_figures(self, study: str) -> list[str]:
        """The folder of the paper's figures and tables, for studies that have a paper."""
        return [f"{self.config.results}/{study}/paper"] if self.study(study).paper else []

    def paper_folder(self, study: str) -> list[Path]:
        """The folder of the published numbers, for studies that have a paper."""
        paper = self.study(study).paper
        return [self.root / PACKAGE / "studies" / paper] if paper else []

    @property
    def papers(self) -> list[str]:
        """Every paper whose numbers are here, whether its studies are in the settings or not."""
        return papers(self.root / PACKAGE)

    def paper_folders(self) -> list[Path]:
        """The folder of every paper."""
        return [self.root / PACKAGE / "studies" / paper for paper in self.papers]

    def is_trained(self, study: str, run: str) -> bool:
        return self.study(study).runs[run].kind in TRAINED

    def records(self, study: str) -> list[Path]:
        """Records that the settings declare for a study, whether they exist or not."""
        folder = Path(self.config.results) / study
        protocols = self.study(study).protocols
        data = [folder / "dataset" / "record.json", folder / "arrays" / "record.json"]
        splits = [folder / "splits" / f"{protocol}.json" for protocol in protocols]
        runs = [Path(path) for name in protocols for path in self.protocol_files(study, name, "record.json")]
        return [*data, *splits, *runs]

    def check_before_start(self) -> None:
        """Raise UserError for what must stop the workflow before any job: settings, sources, foreign results."""
        if signs := [sign for sign in "{}" if sign in str(self.root)]:
            raise UserError(
                f"{self.root}: this working copy lies in a folder whose name has the sign {signs[0]}, which Snakemake "
                "reads as its own; rename the folder, or move the copy"
            )
        check_results(self.config, self.workdir)
        for study in self.active:
            self._check_study(study)
        self._check_recorded(self.active)

    def check_asked(self, study: str) -> None:
        """The same of a study that is not active, and is asked for by its name."""
        self._check_study(study)
        self._check_recorded([study])

    def _check_study(self, study: str) -> None:
        check_source(self.config, study, self.downloads)
        check_apart(self.config, study, self.workdir)
        check_tables(self.config, study)
        check_made(self.config, study)
        check_not_overwriting(self.config, study, self.workdir)
        for protocol in self.study(study).protocols:
            for path in self.split_file(study, protocol):
                check_file(path, f"studies.{study}.protocols.{protocol}.path")
        for run in self.study(study).runs:
            for part in downloads.parts_of(self.study(study).runs[run]).values():
                if part.weights is not None and not _is_published(part):
                    check_file(part.weights, f"studies.{study}.runs.{run}: weights")

    def _check_recorded(self, studies: list[str]) -> None:
        """Refuse results that Snakemake did not make here: it would believe them whatever the settings."""
        if os.environ.get(RESTORING):
            return
        declared = (path for study in studies for path in self.records(study))
        if foreign := unrecorded(declared, self.workdir):
            raise UserError(
                f"{foreign[0]} and {len(foreign) - 1} more were not made here, so nothing tells whether they fit the "
                "settings; after a pull run `make restore`, otherwise move them away"
            )


def _is_published(part: object) -> bool:
    return part.weights == downloads.PUBLISHED
