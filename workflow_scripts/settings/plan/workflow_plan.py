"""The settings in force, and what follows from them for the rules: files and jobs of every study."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workflow_scripts.contracts.subjects import SUBJECTS
from workflow_scripts.kinds.kind import RULES, TRAIN
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_text
from workflow_scripts.runtime.study_paths import StudyPaths
from workflow_scripts.settings.config import Config
from workflow_scripts.settings.load import settings as load
from workflow_scripts.settings.plan.data_files import DataFiles
from workflow_scripts.settings.plan.run_files import RunFiles
from workflow_scripts.settings.plan.start_weights import StartWeights
from workflow_scripts.settings.steps import Steps
from workflow_scripts.settings.study import Study


def logs_folder(results: str) -> str:
    """The folder of the logs of a folder of results: logs/, or one of its name there.

    Of a folder elsewhere the name has a digest of the whole path, since two may have one name.
    """
    if results == "results":
        return "logs"
    name = Path(results).name
    return f"logs/{name}" if results == name else f"logs/{name}-{digest_text(results)[:6]}"


class Plan:
    """The settings in force and all that follows from them; reads no data.

    config: the settings; steps: what each step sees of them; data, weights, runs: the files of studies; made_by: rule →
    names of the runs that it makes, in any study; logs: the folder of logs.
    """

    def __init__(self, root: Path, command_line: dict[str, Any], workdir: Path, files: Sequence[Path] = ()) -> None:
        """`command_line`: what --configfile and --config gave; `files`: those of --configfile, to name a line."""
        self.root, self.workdir = root, workdir
        self.config: Config = load(root, command_line, files)
        self.steps = Steps(self.config)
        self.logs = logs_folder(self.config.results)
        self.made_by = runs_by_rule(self.config, self.steps)
        self.data = DataFiles(root, self.config, self.steps)
        self.weights = StartWeights(self.config, self.steps)
        self.runs = RunFiles(self.config, self.steps)

    def study(self, name: str) -> Study:
        return self.config.studies[name]

    def paths(self, study: str) -> StudyPaths:
        """Where the files of a study lie."""
        return StudyPaths(Path(self.config.results, study))

    @property
    def enabled(self) -> list[str]:
        return [name for name, study in self.config.studies.items() if study.enabled]

    @property
    def subjects(self) -> dict[str, str]:
        """How the captions of each study call what its classes are told by."""
        return {name: SUBJECTS[study.subject] for name, study in self.config.studies.items()}

    def explanations(self, study: str) -> list[str]:
        """Folders of what was explained under each protocol."""
        if not self.study(study).explain.runs:
            return []
        return [str(self.paths(study).explanation(protocol)) for protocol in self.study(study).protocols]

    def report_inputs(self, study: str) -> list[str]:
        """What stands for everything that a study's report shows: the evaluation for the runs that it is of."""
        files, paths = [], self.paths(study)
        for protocol in self.study(study).protocols:
            files += [*self.data.split_files(study, protocol), str(paths.evaluation(protocol))]
        files += self.explanations(study)
        return [*files, str(paths.ground_truth)] if self.steps.is_synthetic(study) else files

    def paper_figures(self, study: str) -> list[str]:
        """The folder of the paper's figures and tables, for studies that have a paper."""
        return [str(self.paths(study).paper)] if self.study(study).paper else []

    def records(self, study: str) -> list[Path]:
        """Records that Snakemake knows of a study by its settings, whether they exist or not."""
        paths, protocols = self.paths(study), self.study(study).protocols
        splits = [paths.split_record(protocol) for protocol in protocols]
        runs = [Path(path) for protocol in protocols for path in self.runs.protocol_records(study, protocol)]
        return [*map(Path, self.data.records(study)), *splits, *runs]

    def is_trained(self, study: str, run: str) -> bool:
        return self.steps.kind(study, run).rule == TRAIN


def runs_by_rule(config: Config, steps: Steps) -> dict[str, list[str]]:
    """Rule → names of the runs that it makes; a name belongs to one rule, because rules go by names.

    Raises UserError for a name that two rules would make.
    """
    made_by: dict[str, str] = {}
    named_in: dict[str, str] = {}
    for study, chosen in config.studies.items():
        for name, run in chosen.runs.items():
            rule, first = steps.kind(study, name).rule, named_in.setdefault(name, study)
            if made_by.setdefault(name, rule) != rule:
                kind = config.studies[first].runs[name].kind
                raise UserError(
                    f"studies.{study}.runs.{name}: {run.kind} here, {kind} in {first}; a name has one kind in all "
                    "studies, rename one of them"
                )
    return {rule: sorted(name for name, by in made_by.items() if by == rule) for rule in RULES}
