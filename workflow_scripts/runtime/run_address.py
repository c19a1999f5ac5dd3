"""Where the files of a run lie: the folder of its fold and seed, spelled here and nowhere else, and their names.

A run of one fold and seed lies in `results/{study}/runs/{protocol}/{run}/fold{fold}-seed{seed}`. Standard library only.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

WEIGHTS_FILE = "weights.safetensors"
HISTORY_FILE = "history.csv"
PREDICTIONS_FILE = "predictions.csv"
UNITS_FILE = "units.csv"
# Written last by a training: what it cost, and the digests of what it left.
TRAINING_FILE = "train.json"
# In it, and in the record of a run: the protocol whose training was taken over, because both are one split.
COPIED_FROM = "copied_from"
# Written last by whatever makes a run: what it is, and the digests of what it left.
RECORD_FILE = "record.json"
# What making the run cost.
LEDGER_FILE = "ledger.json"

# Zeros that lead a number would give one fold two folders; the lengths are those that a table and a database take.
_FOLD, _SEED = "0|[1-9][0-9]{0,8}", "0|[1-9][0-9]{0,17}"
PATTERN = rf"fold({_FOLD})-seed({_SEED})"
GLOB = "fold*-seed*"
# Of Snakemake: for outputs, with what the wildcards may be, and for paths that follow from them.
RULE_OUTPUT = r"fold{fold,\d+}-seed{seed,\d+}"
RULE_PATH = "fold{fold}-seed{seed}"


@dataclass(frozen=True, order=True)
class FoldSeed:
    """The fold (from 0) and the training seed that tell the trainings of a run apart."""

    fold: int
    seed: int

    def __str__(self) -> str:
        return f"fold{self.fold}-seed{self.seed}"

    @classmethod
    def parse(cls, name: str) -> "FoldSeed":
        """The fold and seed that a folder's name says; ValueError when it says none."""
        if not (numbers := re.fullmatch(PATTERN, name)):
            raise ValueError(f"{name!r}: the folder is called fold<number>-seed<number>")
        return cls(int(numbers[1]), int(numbers[2]))


def fold_seeds(folds: int, seeds: Iterable[int]) -> list[FoldSeed]:
    """Every fold and seed of a run: fold by fold, seeds in the order of the settings."""
    seeds = list(seeds)
    return [FoldSeed(fold, seed) for fold in range(folds) for seed in seeds]


@dataclass(frozen=True, order=True)
class RunAddress:
    """One fold and seed of a run under a protocol of a study."""

    study: str
    protocol: str
    run: str
    fold: int
    seed: int

    @property
    def fold_seed(self) -> FoldSeed:
        return FoldSeed(self.fold, self.seed)

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the folders from the study's to the run's."""
        return (self.study, "runs", self.protocol, self.run, str(self.fold_seed))

    def folder(self, results: Path) -> Path:
        """The run's folder below the results folder."""
        return results.joinpath(*self.parts)

    @classmethod
    def of(cls, folder: Path) -> "RunAddress":
        """The address that the path of a run's folder says; ValueError when it is no such path."""
        if len(folder.parts) < 5 or folder.parts[-4] != "runs":
            raise ValueError(f"{folder} is no folder of a run")
        study, _, protocol, run, name = folder.parts[-5:]
        fold_seed = FoldSeed.parse(name)
        return cls(study, protocol, run, fold_seed.fold, fold_seed.seed)


def study_of(folder: Path) -> Path:
    """The study's folder of results that a run's folder lies in."""
    return folder.parents[3]
