"""Files of runs: of every fold and seed, of the runs that a run is made from, and what stands for all of a run."""

from collections.abc import Iterable
from pathlib import Path

from workflow_scripts.kinds.kind import TRAIN, CombinedKind, RunKind
from workflow_scripts.kinds.made_kind import MadeKind
from workflow_scripts.runtime.run_address import (
    RECORD_FILE,
    TRAINING_FILE,
    WEIGHTS_FILE,
    FoldSeed,
    RunAddress,
    fold_seeds,
)
from workflow_scripts.runtime.study_paths import StudyPaths
from workflow_scripts.settings.config import Config
from workflow_scripts.settings.plan.same_splits import origin_protocol
from workflow_scripts.settings.steps import Steps
from workflow_scripts.settings.study import Study


class RunFiles:
    """Where each run of each study leaves its files, as the rules name them."""

    def __init__(self, config: Config, steps: Steps) -> None:
        self._config, self._steps = config, steps

    def _study(self, name: str) -> Study:
        return self._config.studies[name]

    def _paths(self, study: str) -> StudyPaths:
        return StudyPaths(Path(self._config.results, study))

    def _is_trained(self, study: str, run: str) -> bool:
        return self._steps.kind(study, run).rule == TRAIN

    def _kind(self, address: RunAddress) -> RunKind:
        return self._steps.kind(address.study, address.run)

    def fold_seeds(self, study: str, protocol: str) -> list[FoldSeed]:
        """Fold and seed of every training of a run."""
        return fold_seeds(self._steps.folds(study, protocol), self._study(study).seeds)

    def folder(self, address: RunAddress) -> str:
        """Folder of one fold and seed of a run."""
        return str(address.folder(Path(self._config.results)))

    def protocol_folder(self, study: str, protocol: str) -> str:
        """Folder of the runs of a protocol."""
        return str(self._paths(study).runs(protocol))

    def of_all(self, study: str, protocol: str, run: str, name: str) -> list[str]:
        """A file of every fold and seed of a run."""
        folder = self._paths(study).run(protocol, run)
        return [f"{folder}/{key}/{name}" for key in self.fold_seeds(study, protocol)]

    def trainings(self, study: str, protocol: str, run: str) -> list[str]:
        """What every training of a run writes last; none for a run that is not trained."""
        return self.of_all(study, protocol, run, TRAINING_FILE) if self._is_trained(study, run) else []

    def origin(self, study: str, protocol: str, run: str) -> str | None:
        """Folder of the same run under a protocol that may be the same split, whose trainings are then taken over."""
        origin = origin_protocol(self._study(study), protocol)
        return None if origin is None else str(self._paths(study).run(origin, run))

    def origin_trainings(self, study: str, protocol: str, run: str, keys: Iterable[FoldSeed]) -> list[str]:
        """What the trainings of these folds and seeds left there last; none where there is no such protocol."""
        folder = self.origin(study, protocol, run)
        return [] if folder is None else [f"{folder}/{key}/{TRAINING_FILE}" for key in keys]

    def records(self, study: str, protocol: str, run: str) -> list[str]:
        """What stands for all folds and seeds of a run: of a trained one the one file that finishing it leaves."""
        if self._is_trained(study, run):
            return [str(self._paths(study).finished(protocol, run))]
        return self.of_all(study, protocol, run, RECORD_FILE)

    def protocol_records(self, study: str, protocol: str) -> list[str]:
        """The same of every run of a protocol."""
        return [path for run in self._study(study).runs for path in self.records(study, protocol, run)]

    def sources(self, address: RunAddress) -> dict[str, RunAddress]:
        """Name of each run that a run is made of → its address: the same fold and seed, or what a SourceRun says."""
        return {source.run: source.address(address) for source in self._kind(address).sources()}

    def source_folders(self, address: RunAddress) -> dict[str, str]:
        """Name → folder of each run that a run is made of."""
        return {name: self.folder(source) for name, source in self.sources(address).items()}

    def source_files(self, address: RunAddress) -> list[str]:
        """What a run reads of the runs that it is made of: their weights, or what stands for their tables.

        Of another study also manifest and split, which say what its network has learned from.
        """
        kind, files = self._kind(address), []
        applies = isinstance(kind, MadeKind) and kind.applies_weights
        for source in self.sources(address).values():
            files.append(f"{self.folder(source)}/{WEIGHTS_FILE}" if applies else self._record(source))
            if source.study != address.study:
                paths = self._paths(source.study)
                files += [str(paths.manifest), str(paths.split(source.protocol))]
        return files

    def _record(self, address: RunAddress) -> str:
        if self._is_trained(address.study, address.run):
            return str(self._paths(address.study).finished(address.protocol, address.run))
        return f"{self.folder(address)}/{RECORD_FILE}"

    def explained_weights(self, study: str, protocol: str) -> list[str]:
        """Weights that the Grad-CAM job of a protocol reads: first fold, first seed."""
        return [self._first(study, protocol, run, WEIGHTS_FILE) for run in self._steps.explained_networks(study)]

    def explained_records(self, study: str, protocol: str) -> list[str]:
        """Records that say how much each run counts that an explained one is made of."""
        kinds = {run: self._steps.kind(study, run) for run in self._study(study).explain.runs}
        weighted = [run for run, kind in kinds.items() if isinstance(kind, CombinedKind) and kind.explained_by_record]
        return [self._first(study, protocol, run, RECORD_FILE) for run in weighted]

    def _first(self, study: str, protocol: str, run: str, name: str) -> str:
        return f"{self.folder(RunAddress(study, protocol, run, 0, self._study(study).seeds[0]))}/{name}"
