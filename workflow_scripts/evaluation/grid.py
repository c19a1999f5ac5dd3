"""The tables of a run by fold and training seed: the one grid over which metrics are measured and averaged."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

Key = tuple[int, int]  # fold, training seed
# Fold of what is thrown together over all folds; no split has it, nor those below it, of further repeats.
ALL_FOLDS = -1


@dataclass(frozen=True)
class Grid:
    """One table for each fold and seed, of units (contract UNITS) or of a training's history.

    repeats: how many times every unit is tested; the folds of a repeat follow each other. Every fold has the same
    seeds, every repeat as many folds; ValueError otherwise.
    Iteration is over (fold, seed), both ascending, folds first.
    """

    tables: Mapping[Key, pd.DataFrame]
    repeats: int = 1

    def __post_init__(self) -> None:
        if not self.tables or set(self.tables) != {(fold, seed) for fold in self.folds for seed in self.seeds}:
            raise ValueError(f"no grid of folds and seeds: {sorted(self.tables)}")
        if len(self.folds) % self.repeats:
            raise ValueError(f"{len(self.folds)} folds are not those of {self.repeats} repeats")

    @classmethod
    def of(cls, keys: Iterable[Key], tables: Iterable[pd.DataFrame], repeats: int = 1) -> "Grid":
        """The grid of tables that stand in the order of their keys."""
        return cls(dict(zip(keys, tables, strict=True)), repeats)

    @cached_property
    def folds(self) -> list[int]:
        """Numbers of the folds, ascending."""
        return sorted({fold for fold, _ in self.tables})

    @cached_property
    def seeds(self) -> list[int]:
        """Training seeds, ascending."""
        return sorted({seed for _, seed in self.tables})

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of folds and of seeds (F, S)."""
        return len(self.folds), len(self.seeds)

    def __iter__(self) -> Iterator[Key]:
        return ((fold, seed) for fold in self.folds for seed in self.seeds)

    def __getitem__(self, key: Key) -> pd.DataFrame:
        return self.tables[key]

    def items(self) -> Iterator[tuple[Key, pd.DataFrame]]:
        """Every key with its table."""
        return ((key, self.tables[key]) for key in self)

    def values(self) -> list[pd.DataFrame]:
        """All tables."""
        return [self.tables[key] for key in self]

    def map(self, change: Callable[[pd.DataFrame], pd.DataFrame]) -> "Grid":
        """The grid of what `change` makes of every table."""
        return self.with_tables({key: change(table) for key, table in self.items()})

    def with_tables(self, tables: Mapping[Key, pd.DataFrame]) -> "Grid":
        """The grid of other tables of the same folds and seeds."""
        return Grid(tables, self.repeats)

    def subset(self, name: str) -> "Grid":
        """The rows of one subset of every table."""
        return self.map(lambda table: table[table["subset"] == name].reset_index(drop=True))

    def of_ids(self, ids: pd.Index) -> "Grid":
        """The rows of some units of every table."""
        return self.map(lambda table: table[table["id"].isin(ids).to_numpy()])

    def together(self) -> "Grid":
        """The units of all folds of a repeat as one table for each seed, under the fold ALL_FOLDS.

        Of several repeats the others stand below it: a unit is thrown together with none of its own predictions.
        """
        size = len(self.folds) // self.repeats
        parts = [self.folds[start : start + size] for start in range(0, len(self.folds), size)]
        tables = {
            (ALL_FOLDS - number, seed): pd.concat([self.tables[fold, seed] for fold in folds], ignore_index=True)
            for number, folds in enumerate(parts)
            for seed in self.seeds
        }
        return self.with_tables(tables)

    def of_seed(self, seed: int) -> list[pd.DataFrame]:
        """The tables of one seed, fold after fold."""
        return [self.tables[fold, seed] for fold in self.folds]

    def judged_once(self) -> list[pd.DataFrame]:
        """The tables of the first repeat and seed: the others judge the same units."""
        return self.of_seed(self.seeds[0])[: len(self.folds) // self.repeats]

    @property
    def times(self) -> int:
        """How many times every unit is judged."""
        return self.repeats * len(self.seeds)

    @property
    def n(self) -> int:
        """Number of units over the folds of a repeat; all repeats and seeds judge the same ones, which count once."""
        return sum(map(len, self.judged_once()))

    def measured(self, measure: Callable[[pd.DataFrame], np.ndarray | float]) -> np.ndarray:
        """F×S×… values of what `measure` says of every table; all of one shape."""
        return self.arranged({key: measure(table) for key, table in self.items()})

    def arranged(self, values: Mapping[Key, np.ndarray | float]) -> np.ndarray:
        """F×S×… array of values that are known by fold and seed."""
        return np.array([[values[fold, seed] for seed in self.seeds] for fold in self.folds])
