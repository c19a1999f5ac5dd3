"""From the adapters' samples to the study's: unique ids, classes, a check of the settings against what is there."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from types import ModuleType

from workflow_scripts.contracts.dataset import CHANGE, Modality
from workflow_scripts.contracts.listed_table import ListedTable
from workflow_scripts.contracts.slide_overviews import OverviewWriter
from workflow_scripts.contracts.spreadsheet import FORMULA, formulas
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.data.adapters import adapter_registry
from workflow_scripts.data.adapters.interface import Listed, ListedSlide, MadeTable, Refused, Sample
from workflow_scripts.data.class_order import near_hint
from workflow_scripts.data.dicom.pseudonyms import Pseudonyms
from workflow_scripts.data.groups import UNKNOWN, alike, doubts
from workflow_scripts.data.raw_folders import (
    check_no_results,
    count_endings,
    ending_words,
    normal,
    printable,
    without_odd_endings,
)
from workflow_scripts.data.selecting import select
from workflow_scripts.runtime.entry import log
from workflow_scripts.runtime.errors import LEAVE_OUT, UserError
from workflow_scripts.runtime.walking import Item, walk

# Beside synthetic data; see synthesise.
SYNTHETIC_FILES = ("synthetic.json", "truth.csv")


@dataclass
class ListedRows:
    """The rows of a table of what was chosen from."""

    table: ListedTable
    rows: list[Mapping[str, int | float | str]] = field(default_factory=list)


@dataclass
class Collected:
    """Samples sorted by id with the adapter each is of, what was refused, and label → number of those left out.

    `counts`: class → {wanted, found, copies}, where the settings want numbers; `passed_over`: ending → number of files
    that are neither samples nor refused; `links`: links to folders that were not followed; `alike`: names of groups
    that are nearly equal; `listed`: by their file, the tables of what adapters chose from; `tables`: those that
    adapters made of their files.
    """

    samples: list[tuple[str, Sample]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    passed_over: dict[str, int] = field(default_factory=dict)
    links: int = 0
    alike: list[list[str]] = field(default_factory=list)
    listed: dict[str, ListedRows] = field(default_factory=dict)
    tables: list[MadeTable] = field(default_factory=list)


def collect(
    sources: dict[str, Path],
    modality: Modality,
    ingest: Ingest,
    attributes: Container[str] = (),
    pseudonyms: Pseudonyms | None = None,
    overviews: OverviewWriter | None = None,
    linked: Container[str] | None = None,
) -> Collected:
    """Samples of all sources with their classes; `ingest` holds the ingest settings, `modality` is that of the files.

    With several adapters the ids and groups begin with the adapter's name. Where two files differ only in their
    extension, both ids keep it; a second sample of the same id is refused. Of the samples' attributes only those named
    in `attributes` are kept. Private adapters need `pseudonyms`; overviews of slides go to `overviews`, where they are
    wanted; linked: the patients of another study, where only these are taken. UserError when the settings name labels
    or classes that do not fit the files.
    """
    if ingest.fill == "copies" and CHANGE not in modality.optional:
        raise UserError(
            f"ingest.fill: copies are flipped and turned pictures, and samples of the modality {modality.name} are "
            "none; write `fill: none`"
        )
    collected = Collected()
    published: set[str] = set()
    for adapter, folder in sources.items():
        published.update(adapter_registry.load(adapter).LABELS or ())
        prefix = f"{adapter}/" if len(sources) > 1 else ""
        if adapter_registry.is_private(adapter):
            assert pseudonyms is not None, adapter
            _add_private(collected, adapter, folder, ingest, prefix, pseudonyms, overviews, linked)
        else:
            _add(collected, adapter, folder, ingest, prefix)
    collected.passed_over = dict(sorted(collected.passed_over.items()))
    _keep_attributes(collected, modality, attributes)
    _apply_labels(collected, _labels_of(ingest), published)
    _make_unique(collected)
    collected.samples.sort(key=lambda pair: pair[1].id)
    chosen = select(collected.samples, ingest, sources)
    collected.samples, collected.counts = chosen.samples, chosen.counts
    _say(collected)
    if ingest.classes is None and ingest.labels is None:
        _warn_of_unknown_labels([sample.label for _, sample in collected.samples])
    collected.alike = doubts([sample.group for _, sample in collected.samples])
    return collected


def _add(collected: Collected, adapter: str, folder: Path, ingest: Ingest, prefix: str) -> None:
    """Add what an adapter says of its folder; `prefix` begins the ids and groups of its samples."""
    module = adapter_registry.load(adapter)
    there = list(walk(folder))
    check_no_results(there, str(folder))
    items = list(module.samples(folder, ingest))
    links, endings = _passed_over(there, [item.path for item in items], _tables(module, ingest))
    collected.links += links
    collected.passed_over = dict(Counter(collected.passed_over) + Counter(endings))
    for item in items:
        if isinstance(item, Refused):
            collected.refused.append(replace(item, path=printable(item.path)))
        elif printable(item.path) != item.path:
            collected.refused.append(Refused(printable(item.path), "unreadable", "the file's name is not UTF-8"))
        else:
            collected.samples.append((adapter, _prefixed(item, prefix)))


def _add_private(
    collected: Collected,
    adapter: str,
    folder: Path,
    ingest: Ingest,
    prefix: str,
    pseudonyms: Pseudonyms,
    overviews: OverviewWriter | None,
    linked: Container[str] | None,
) -> None:
    """The same of an adapter whose files bear names of people: no path goes on as it is, nor does an odd ending."""
    module = adapter_registry.load(adapter)
    try:
        # A hospital has files by the hundred thousand, and what the system says of each is ten times its name.
        there = [Item(item.path, item.kind) for item in walk(folder)]
    except UserError:
        raise UserError(
            f"{folder}: a folder in it cannot be listed; make all of them readable, or move the one that is not"
        ) from None
    named: list[str] = []
    in_dataset = adapter_registry.is_in_dataset(adapter)
    further = {} if linked is None else {"linked": linked}
    for item in module.samples(folder, ingest, pseudonyms, **further):
        if isinstance(item, Listed):
            named += item.files
            collected.listed.setdefault(item.table.file, ListedRows(item.table)).rows.append(item.row)
            # Written at once: the overviews of a hospital's slides do not fit into memory.
            if isinstance(item, ListedSlide) and item.overview and overviews:
                overviews.add(str(item.row["slide"]), item.overview)
            continue
        if isinstance(item, MadeTable):
            named += item.files
            collected.tables.append(item)
            continue
        named.append(item.path)
        # The path of what is read from a table in the folder of the dataset tells nobody's name.
        renamed = item if in_dataset else replace(item, path=pseudonyms.file(item.path))
        if isinstance(renamed, Refused):
            collected.refused.append(renamed)
        else:
            file = "" if in_dataset else item.path
            collected.samples.append((adapter, _prefixed(replace(renamed, file=file), prefix)))
    links, endings = _passed_over(there, named, _tables(module, ingest))
    collected.links += links
    collected.passed_over = dict(Counter(collected.passed_over) + Counter(without_odd_endings(endings)))


def _prefixed(sample: Sample, prefix: str) -> Sample:
    group = f"{prefix}{sample.group}" if sample.group else ""
    return replace(sample, id=normal(prefix + sample.id), group=group)


def _tables(module: ModuleType, ingest: Ingest) -> list[str | None]:
    """Files that are read beside the samples."""
    return [*getattr(module, "READS", ()), ingest.groups, ingest.ids, ingest.patients, ingest.lesions, ingest.slides]


def _passed_over(there: list[Item], given: Iterable[str], read: list[str | None]) -> tuple[int, dict[str, int]]:
    """How many links to folders were not followed, and ending → number of files that no sample or refusal speaks of.

    `given`: the paths that they speak of. A sample that is a folder speaks of all files below it.
    """
    named = {*given, *filter(None, read), *SYNTHETIC_FILES}
    links = sum(item.kind == "folder_link" for item in there)
    files = [item.path for item in there if item.kind != "folder_link" and item.path not in named]
    return links, count_endings([path for path in files if named.isdisjoint(map(str, PurePosixPath(path).parents))])


def _keep_attributes(collected: Collected, modality: Modality, attributes: Container[str]) -> None:
    """Drop the attributes that no setting names; UserError when one bears the name of a column that ingest fills."""
    given = dict.fromkeys(name for _, sample in collected.samples for name in sample.attributes)
    if taken := [name for name in given if name in attributes and name in modality.own_columns()]:
        raise UserError(
            f"ingest.groups: the table has a column {taken[0]!r}, which evaluate.subgroups or a run names, but the "
            "manifest fills that one itself; rename it in both"
        )
    if left := [name for name in given if name not in attributes]:
        log.info(
            "further columns that neither evaluate.subgroups nor a run names are left out of the manifest: %s",
            ", ".join(left),
        )
    collected.samples = [
        (adapter, replace(sample, attributes={k: v for k, v in sample.attributes.items() if k in attributes}))
        for adapter, sample in collected.samples
    ]


def _say(collected: Collected) -> None:
    """Lines of the log on what was passed over and on names that other programs may read as something else."""
    total = sum(collected.passed_over.values())
    if total:
        log.info("%d files passed over, by their ending: %s", total, ending_words(collected.passed_over))
    if collected.links:
        log.warning(
            "%d links to folders were not followed: their folders are read under their own names, or hold the source",
            collected.links,
        )
    samples = [sample for _, sample in collected.samples]
    if near := alike({sample.label for sample in samples}):
        log.warning("classes %s are nearly equal; they count as different", " and ".join(map(repr, near[0])))
    names = [
        name for sample in samples for name in (sample.id, sample.label, sample.group, *sample.attributes.values())
    ]
    if begun := formulas(names):
        log.warning(
            "%d ids, labels, groups or further cells begin with %s, first %r: a spreadsheet takes them for formulas; "
            "rename them before tables of this study are opened or passed on",
            *(len(begun), " ".join(FORMULA), begun[0]),
        )


def _warn_of_unknown_labels(labels: list[str]) -> None:
    """Warn of classes that no setting names and that a word for "not known" is the name of."""
    unknown = Counter(label for label in labels if label.casefold() in UNKNOWN)
    if unknown:
        log.warning(
            "%s: counted as a class; if that says that the diagnosis is not known, %s",
            ", ".join(f"label {label!r} of {count} samples" for label, count in sorted(unknown.items())),
            LEAVE_OUT,
        )


def _labels_of(ingest: Ingest) -> dict[str, str | None] | None:
    return None if ingest.labels is None else {normal(label): name for label, name in ingest.labels.items()}


def _apply_labels(collected: Collected, labels: dict[str, str | None] | None, published: set[str]) -> None:
    """Replace published labels by classes, and drop the samples whose label is left out."""
    if labels is None:
        return
    present = {sample.label for _, sample in collected.samples}
    for label in sorted(present - labels.keys()):
        raise UserError(
            f"ingest.labels does not name the label {label!r} that the files have{near_hint(label, labels)}; "
            f"add `{label}: <class>`, or `{label}: null` to leave it out"
        )
    for label in sorted(labels.keys() - present - published):
        raise UserError(
            f"ingest.labels names {label!r}, which no file has{near_hint(label, present | published)}; "
            f"the files have {', '.join(sorted(present))}"
        )
    kept: list[tuple[str, Sample]] = []
    left_out: Counter[str] = Counter()
    for adapter, sample in collected.samples:
        name = labels[sample.label]
        if name is None:
            left_out[sample.label] += 1
        else:
            kept.append((adapter, replace(sample, label=name)))
    collected.samples, collected.left_out = kept, dict(sorted(left_out.items()))


def _make_unique(collected: Collected) -> None:
    times = Counter(sample.id for _, sample in collected.samples)
    kept, seen = [], set()
    for adapter, sample in collected.samples:
        if times[sample.id] > 1 and sample.part is None:
            sample = replace(sample, id=sample.id + Path(sample.path).suffix)
        if sample.id in seen:
            collected.refused.append(Refused(sample.path, "duplicate_id", f"a second sample is called {sample.id!r}"))
            continue
        seen.add(sample.id)
        kept.append((adapter, sample))
    collected.samples = kept
