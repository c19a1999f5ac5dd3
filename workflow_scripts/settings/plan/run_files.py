"""Files of runs: of every fold and seed, of the runs that a run is made from, and what stands for all of a run."""

from pathlib import Path

from workflow_scripts.runtime.run_address import (
    RECORD_FILE,
    TRAINING_FILE,
    WEIGHTS_FILE,
    FoldSeed,
    RunAddress,
    fold_seeds,
)
from workflow_scripts.runtime.study_paths import StudyPaths
from workflow_scripts.settings.plan.typed_runs import run_of_kind
from workflow_scripts.settings.runs import TRAINED, Compressed, External, Vote
from workflow_scripts.settings.steps import Steps
from workflow_scripts.settings.study import Config, Study


class RunFiles:
    """Where each run of each study leaves its files, as the rules name them."""

    def __init__(self, config: Config, steps: Steps) -> None:
        self._config, self._steps = config, steps

    def _study(self, name: str) -> Study:
        return self._config.studies[name]

    def _paths(self, study: str) -> StudyPaths:
        return StudyPaths(Path(self._config.results, study))

    def _is_trained(self, study: str, run: str) -> bool:
        return self._study(study).runs[run].kind in TRAINED

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

    def records(self, study: str, protocol: str, run: str) -> list[str]:
        """What stands for all folds and seeds of a run: of a trained one the one file that finishing it leaves."""
        if self._is_trained(study, run):
            return [str(self._paths(study).finished(protocol, run))]
        return self.of_all(study, protocol, run, RECORD_FILE)

    def protocol_records(self, study: str, protocol: str) -> list[str]:
        """The same of every run of a protocol."""
        return [path for run in self._study(study).runs for path in self.records(study, protocol, run)]

    def member_records(self, vote: RunAddress) -> list[str]:
        """What stands for the members of a vote, of the same fold and seed."""
        return [self._record(member) for member in self._members(vote).values()]

    def member_folders(self, vote: RunAddress) -> dict[str, str]:
        """Name → folder of each member of a vote, of the same fold and seed."""
        return {name: self.folder(member) for name, member in self._members(vote).items()}

    def _members(self, vote: RunAddress) -> dict[str, RunAddress]:
        names = run_of_kind(self._config, vote.study, vote.run, Vote).members
        return {name: RunAddress(vote.study, vote.protocol, name, vote.fold, vote.seed) for name in names}

    def _record(self, address: RunAddress) -> str:
        if self._is_trained(address.study, address.run):
            return str(self._paths(address.study).finished(address.protocol, address.run))
        return f"{self.folder(address)}/{RECORD_FILE}"

    def compressed(self, address: RunAddress) -> RunAddress:
        """The trained run, of the same fold and seed, that a run compresses."""
        of = run_of_kind(self._config, address.study, address.run, Compressed).of
        return RunAddress(address.study, address.protocol, of, address.fold, address.seed)

    def applied(self, address: RunAddress) -> RunAddress:
        """The training in another study, of its first fold and the same seed, that an external run applies."""
        spec = run_of_kind(self._config, address.study, address.run, External)
        return RunAddress(spec.study, str(spec.protocol), spec.of, 0, address.seed)

    def weights(self, address: RunAddress) -> str:
        """Weights of a training."""
        return f"{self.folder(address)}/{WEIGHTS_FILE}"

    def manifest(self, address: RunAddress) -> str:
        """Manifest of the study that a run is of."""
        return str(self._paths(address.study).manifest)

    def split(self, address: RunAddress) -> str:
        """Split that a run is trained on."""
        return str(self._paths(address.study).split(address.protocol))

    def explained_weights(self, study: str, protocol: str) -> list[str]:
        """Weights that the Grad-CAM job of a protocol reads: first fold, first seed."""
        return [self._first(study, protocol, run, WEIGHTS_FILE) for run in self._steps.explained_networks(study)]

    def explained_votes(self, study: str, protocol: str) -> list[str]:
        """Records of the weighted votes that are explained: they hold the weights."""
        runs = self._study(study).runs
        weighted = [run for run in self._study(study).explain.runs if getattr(runs[run], "how", "") == "weighted"]
        return [self._first(study, protocol, run, RECORD_FILE) for run in weighted]

    def first_weights(self, study: str) -> list[str]:
        """Weights of the first fold and seed of every trained run, from which diagrams of the networks are drawn."""
        chosen = self._study(study)
        trained = [run for run in chosen.runs if self._is_trained(study, run)]
        return [self._first(study, protocol, run, WEIGHTS_FILE) for protocol in chosen.protocols for run in trained]

    def _first(self, study: str, protocol: str, run: str, name: str) -> str:
        return f"{self.folder(RunAddress(study, protocol, run, 0, self._study(study).seeds[0]))}/{name}"
