"""Which runs of a study's experiment are of what the files hold now; the others stay, named after what they had.

Nothing that was trained is lost by a changed setting: a former run keeps its numbers, its figures and its folds.
"""

from collections import Counter
from typing import Any

from workflow_scripts.tracking.entries import Entry
from workflow_scripts.tracking.run_tags import CURRENT, IDENTITY, PARENT
from workflow_scripts.tracking.store import Store
from workflow_scripts.tracking.superseded import RunFacts, difference_words
from workflow_scripts.tracking.whole_runs import UNFINISHED

# What tells which run it is; a run of all folds and seeds has no fold and no seed.
_WHICH = ("protocol", "run", "fold", "seed")


def mark_current(store: Store, entries: list[Entry]) -> None:
    """Tag the runs of these entries `current: yes`, former ones of the same runs `current: no`, and name them.

    A run of all folds and seeds that was entered before its evaluation gives way to the one with it: only that is
    deleted.
    """
    present = {entry.identity: entry for entry in entries}
    entries_by_run = {_which(entry.tags): entry for entry in entries}
    taken: Counter[str] = Counter()
    for run_id, run in sorted(store.runs.items(), key=lambda item: (item[1].info.start_time, item[0])):
        tags = run.data.tags
        if (which := _which(tags)) not in entries_by_run:
            continue
        if entry := present.get(tags[IDENTITY]):
            store.tag(run_id, CURRENT, "yes")
            store.rename(run_id, entry.name)
        elif tags.get(UNFINISHED) and store.is_own(run):
            store.delete(run_id)
        else:
            current = entries_by_run[which]
            name = f"{current.name}, {difference_words(_facts(run), _facts_of(current))}"
            taken[name] += 1
            store.tag(run_id, CURRENT, "no")
            store.rename(run_id, name if taken[name] == 1 else f"{name} ({taken[name]})")


def adopt_orphans(store: Store, parents: dict[str, Entry]) -> None:
    """Put folds and seeds whose parent is gone below the present one of their run; `parents`: run id → entry."""
    by_run = {(entry.tags["protocol"], entry.tags["run"]): run_id for run_id, entry in parents.items()}
    for run_id, run in store.runs.items():
        tags = run.data.tags
        parent = by_run.get((tags.get("protocol"), tags.get("run")))
        if parent and "fold" in tags and tags.get(PARENT) not in store.runs:
            store.tag(run_id, PARENT, parent)


def _which(tags: dict[str, str]) -> tuple[str | None, ...]:
    return tuple(tags.get(name) for name in _WHICH)


def _facts(run: Any) -> RunFacts:
    return RunFacts(run.data.params, run.data.tags, int(run.data.metrics.get("runs", 0)))


def _facts_of(entry: Entry) -> RunFacts:
    trainings = next((int(value) for name, value, _ in entry.points if name == "runs"), 0)
    return RunFacts(entry.params, entry.tags, trainings)
