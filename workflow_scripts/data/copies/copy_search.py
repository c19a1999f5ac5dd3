"""The search for near copies in a study: keypoints, candidates, proofs, and which of them count."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.copy_findings import CopyFindings
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, PROOF_COLUMNS
from workflow_scripts.data.copies.calibration import Left, calibrate
from workflow_scripts.data.copies.candidates import candidates, neighbours
from workflow_scripts.data.copies.changes import Changes
from workflow_scripts.data.copies.kept_records import KeptRecords, kept_keypoints, kept_proofs
from workflow_scripts.data.copies.pairs_picture import ShownPairs, write_pairs
from workflow_scripts.data.copies.proof import scores
from workflow_scripts.data.copies.time_budget import TimeBudget
from workflow_scripts.data.readers.reader_interface import Limits
from workflow_scripts.data.reading import FileTask


@dataclass(frozen=True)
class HowToSearch:
    """Where what is computed is kept, how many minutes and processes it may take, how files are opened.

    neighbours_alike: pictures of one group that follow each other look alike and are no copies, as slices do.
    """

    folder: Path
    minutes: float
    jobs: int
    limits: Limits
    neighbours_alike: bool = False


@dataclass(frozen=True)
class CopySearch:
    """Proven pairs (contract EQUAL_PAIRS with PROOF_COLUMNS), sorted, and what the search was."""

    pairs: pd.DataFrame
    findings: CopyFindings
    shown: ShownPairs

    def write_picture(self, path: Path) -> None:
        """Write the PNG of the pairs, those of two labels first, then the clearest; UserError on a full disk."""
        write_pairs(path, self.shown)

    def with_others(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """All pairs (contract EQUAL_PAIRS), sorted: those that thumbnails show keep their kind, and get what is proven.

        `pairs`: by digests and thumbnails; they are returned as they are where no pair is proven.
        """
        if self.pairs.empty:
            return pairs
        ends = ["id_a", "id_b"]
        both = pairs.merge(self.pairs[[*ends, *PROOF_COLUMNS]], on=ends, how="left")
        judged = pd.MultiIndex.from_frame(pairs[ends])
        new = self.pairs[~pd.MultiIndex.from_frame(self.pairs[ends]).isin(judged)]
        table = pd.concat([both, new]).sort_values(ends, kind="stable", ignore_index=True)
        for name in (name for name, kind in PROOF_COLUMNS.items() if kind == "int"):
            table[name] = table[name].astype("Int64")
        return table.assign(changes=table["changes"].fillna(""))


def find_copies(samples: pd.DataFrame, tasks: Iterable[FileTask], how: HowToSearch) -> CopySearch:
    """Search the pictures for near copies.

    `samples`: id, label, group (empty: unknown) and sha256, sorted by id; `tasks`: their files, in this order, the row
    of each sample counted in `samples`. Pictures of one group are not compared: nothing tears them apart.
    """
    budget = TimeBudget(how.minutes)
    kept = KeptRecords(how.folder)
    digests: Sequence[str] = samples["sha256"].tolist()
    done = kept_keypoints(kept, tasks, digests, how.limits, how.jobs, budget)
    records = np.load(kept.records, mmap_mode="r")
    groups = pd.factorize(samples["group"].where(samples["group"] != "", None))[0]
    labels = pd.factorize(samples["label"])[0]
    following = neighbours(groups) if how.neighbours_alike else np.zeros((0, 2), np.int64)
    following = _of_two_contents(following, np.array(digests))
    likely = candidates(records, groups, budget)
    pairs = np.concatenate([following, _of_two_contents(likely.pairs, np.array(digests))])
    proofs = kept_proofs(kept, pairs, digests, how.jobs, budget)
    left = Left(likely.unmatched, len(pairs) - max(len(proofs), len(following)))
    alike, proofs = proofs[: len(following)], proofs[len(following) :]
    pairs = pairs[len(following) :][: len(proofs)]
    first, second = pairs.T
    clear = scores(proofs)
    other_group = (groups[first] != groups[second]) | (groups[first] < 0)
    calibration = calibrate(clear, (labels[first] != labels[second]) & other_group, alike["correlation"])
    rows = np.flatnonzero(calibration.proven(proofs, clear))
    findings = calibration.findings(records["count"][done], len(samples), left, len(rows))
    chance = calibration.by_chance(clear)
    listed = [pair_row(samples.iloc[pairs[row]], records[pairs[row]], proofs[row], chance[row]) for row in rows]
    table = pd.DataFrame(listed, columns=[*EQUAL_PAIRS.columns, *PROOF_COLUMNS])
    shown = rows[np.lexsort((-clear[rows], labels[first[rows]] == labels[second[rows]]))]
    ids = samples["id"].to_numpy()
    names = [f"{left} | {right}" for left, right in ids[pairs[shown]]]
    seen = ShownPairs(records, pairs[shown], proofs[shown], names)
    return CopySearch(table.sort_values(["id_a", "id_b"], ignore_index=True), findings, seen)


def _of_two_contents(pairs: np.ndarray, digests: np.ndarray) -> np.ndarray:
    """Without the pairs of equal bytes, which are known to be copies."""
    return pairs[digests[pairs[:, 0]] != digests[pairs[:, 1]]]


def pair_row(
    ends: pd.DataFrame, records: np.ndarray, proof: np.ndarray, chance: float
) -> tuple[str | float | int, ...]:
    """A row of EQUAL_PAIRS with PROOF_COLUMNS; ends: id and label of both samples, records: theirs, dtype RECORD."""
    changes = Changes.of(proof, *records)
    correlation = float(proof["correlation"])
    distance = round(float(np.sqrt(max(0.0, 1 - correlation) / 2)), 6)
    measures = (correlation, *changes.shares, changes.turn, changes.scale, changes.stretch)
    rounded = [round(value, 4) for value in measures]
    evidence = (int(proof["agreeing"]), *rounded, int(changes.mirrored), float(f"{chance:.2g}"), changes.words())
    return (*ends["id"], changes.kind, distance, *ends["label"], *evidence)
