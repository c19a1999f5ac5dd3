"""Raw files of a study → what they are: manifest, quarantine, equal pairs.

Comes in: the folders of raw files, each listed by an adapter of its published layout and opened once by the reader of
its modality; what cannot be used is quarantined with a reason and counted. Goes out, in --out: manifest.csv (a line per
sample), quarantine.csv, equal_pairs.csv (samples that show the same picture), where there were series or slides to
choose from series.csv or slides.csv (a line for each, taken or not), of slides their overviews, slides.npz, of
patients visits.csv, columns.csv, flow.csv and audit.csv, from which they are read, and record.json.
"""

import argparse
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.dataset import CHANGE, EQUAL_PAIRS, PAIR_KINDS, QUARANTINE, Modality
from workflow_scripts.contracts.listed_table import TAKEN
from workflow_scripts.contracts.public_sets import sets_of_files
from workflow_scripts.contracts.record import make_record, write_record
from workflow_scripts.contracts.series_table import LISTED_SERIES
from workflow_scripts.contracts.slide_overviews import write_overviews
from workflow_scripts.contracts.slide_table import LISTED_SLIDES
from workflow_scripts.contracts.step_settings.ingest_settings import IngestSettings
from workflow_scripts.contracts.verified import require_all
from workflow_scripts.data.adapters import adapter_registry
from workflow_scripts.data.adapters.interface import Refused
from workflow_scripts.data.class_order import class_order
from workflow_scripts.data.collecting import Collected, ListedRows, collect
from workflow_scripts.data.equal_pairs import equal_pairs
from workflow_scripts.data.inspecting import Looks, inspect_all, with_empty_cells
from workflow_scripts.data.linked_patients import linked_patients
from workflow_scripts.data.raw_folders import add_source_arguments, parse_sources
from workflow_scripts.data.readers.reader_interface import Limits, Reader, modality_of
from workflow_scripts.data.reading import RawFiles, pseudonyms_of
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.runtime.locks import lock
from workflow_scripts.runtime.study_paths import (
    AUDIT_FILE,
    COLUMNS_FILE,
    FLOW_FILE,
    NEAR_COPIES_FILE,
    OVERVIEWS_FILE,
    VISITS_FILE,
)

if TYPE_CHECKING:
    from workflow_scripts.data.copies.copy_search import CopySearch

TABLES = ("manifest.csv", "quarantine.csv", "equal_pairs.csv")
# What only some layouts have.
OF_VISITS = (VISITS_FILE, COLUMNS_FILE, FLOW_FILE, AUDIT_FILE)
FURTHER = (LISTED_SERIES.file, LISTED_SLIDES.file, OVERVIEWS_FILE, NEAR_COPIES_FILE, *OF_VISITS)
# What is read of the dataset of another study.
LINKED = ("record.json", "manifest.csv")


@dataclass(frozen=True)
class Ingested:
    """A study's samples as they were taken: contracts MANIFEST and EQUAL_PAIRS, and what the record says of them.

    classes: in their order; search: of near copies, None where none was made; neighbours_alike: whether samples of one
    group that follow each other look alike without being copies.
    """

    collected: Collected
    modality: Modality
    manifest: pd.DataFrame
    classes: list[str]
    pairs: pd.DataFrame
    search: "CopySearch | None"
    neighbours_alike: bool

    @property
    def pairs_across_classes(self) -> int:
        """How many equal pairs have two labels."""
        return int((self.pairs["label_a"] != self.pairs["label_b"]).sum())


def arguments() -> argparse.Namespace:
    parser = entry.parser(__doc__)
    add_source_arguments(parser, "repeatable")
    parser.add_argument("--out", type=Path, required=True, help="folder of the tables")
    parser.add_argument("--work", type=Path, required=True, help="folder of what is kept for the next time")
    parser.add_argument("--linked", type=Path, help="dataset of another study, whose patients alone are taken")
    parser.add_argument("--jobs", type=int, default=1, help="processes that decode")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    settings = parse(IngestSettings, args.settings)
    for name in ("record.json", *FURTHER):
        (args.out / name).unlink(missing_ok=True)
    sources = parse_sources(args.source)
    if tuple(sources) != settings.adapters:
        raise UserError(f"--source names {', '.join(sources)}; the settings name {', '.join(settings.adapters)}")
    pseudonyms = pseudonyms_of(sources, settings.synthetic, args.key, make=True)
    check_apart(sources, args.out)
    for folder in sources.values() if settings.synthetic else ():
        require_all(folder / "synthetic.json")
    readers = {adapter: adapter_registry.load_reader(adapter) for adapter in sources}
    modality = modality_of(readers[settings.adapters[0]])
    visits = settings.ingest.visits
    linked = linked_patients(args.linked, visits.linked if visits else None)
    with write_overviews(args.out / OVERVIEWS_FILE) as overviews:
        collected = collect(sources, modality, settings.ingest, settings.attributes, pseudonyms, overviews, linked)
    for listed in collected.listed.values():
        write_listed(args.out, listed)
    for item in collected.tables:
        item.table.write(args.out / item.file, item.rows)
    folders = {name: args.out if adapter_registry.is_in_dataset(name) else folder for name, folder in sources.items()}
    manifest, seen = inspect_all(collected, folders, readers, Limits(settings.ingest.max_megapixels), args.jobs)
    check_refused(collected.refused, len(manifest), settings.ingest.max_refused)
    warn_of_lost_classes(collected, manifest)
    classes = class_order(manifest["label"], settings.ingest.classes, collected.passed_over)
    pictures = manifest[["id", "label", "sha256"]].join(seen.pictures)
    pairs = equal_pairs(pictures, seen.thumbnails, settings.ingest.near_equal)
    raw = RawFiles(folders, readers, pseudonyms)
    search = near_copies(args, settings, with_empty_cells(manifest, modality), seen, raw)
    if search is not None:
        pairs = search.with_others(pairs)
        if search.findings.proven:
            search.write_picture(args.out / NEAR_COPIES_FILE)
    ingested = Ingested(collected, modality, manifest, classes, pairs, search, neighbours_alike(readers))
    write_dataset(args, settings, ingested)
    log_dataset(settings, ingested)


def near_copies(
    args: argparse.Namespace, settings: IngestSettings, manifest: pd.DataFrame, seen: Looks, raw: RawFiles
) -> "CopySearch | None":
    """The near copies among the pictures, of tiles among their slides; None where none are looked for.

    Copies made by `ingest.fill` are left out.
    """
    minutes = settings.ingest.near_copies_minutes
    if minutes and (args.out / OVERVIEWS_FILE).exists():
        from workflow_scripts.data.copies.slide_copies import find_slide_copies

        return find_slide_copies(manifest, args.out / OVERVIEWS_FILE, minutes)
    compared = seen.pictures["pixels"].notna()
    if CHANGE in manifest:
        compared &= manifest[CHANGE] == ""
    if minutes == 0 or compared.sum() < 2:
        return None
    from workflow_scripts.data.copies.copy_search import HowToSearch, find_copies

    pictures = manifest[compared].reset_index(drop=True)
    folder = args.work / "near_copies" / settings.study
    alike = neighbours_alike(raw.readers)
    how = HowToSearch(folder, minutes, args.jobs, Limits(settings.ingest.max_megapixels), alike)
    # Studies of one name in two folders of results share what is kept; each writes it as its own pictures are.
    with lock(folder / "search.lock", f"the search for near copies of {settings.study}", wait=True):
        return find_copies(pictures, raw.tasks(pictures), how)


def neighbours_alike(readers: Mapping[str, Reader]) -> bool:
    """Whether samples of one group that follow each other look alike without being copies."""
    return any(getattr(reader, "neighbours_alike", False) for reader in readers.values())


def check_apart(sources: dict[str, Path], out: Path) -> None:
    """Raise UserError when the tables would be written among the raw files."""
    for folder in sources.values():
        if out.resolve().is_relative_to(folder.resolve()):
            raise UserError(
                f"the results lie in the folder of images {folder}, where their figures would be read as images; set "
                "`results` to a folder elsewhere"
            )


def check_refused(refused: list[Refused], readable: int, limit: float) -> None:
    """Log every refusal; UserError when their share is above `limit`. Missing files are listed but do not count."""
    for item in refused:
        entry.log.info("refused: %s: %s (%s)", item.path, item.reason, item.detail)
    counted = [item for item in refused if item.reason != "missing_file"]
    if counted and len(counted) > limit * (len(counted) + readable):
        reasons = ", ".join(f"{n} {reason}" for reason, n in Counter(item.reason for item in counted).most_common())
        raise UserError(
            f"{len(counted)} of {len(counted) + readable} samples are refused ({reasons}; first {counted[0].path}: "
            f"{counted[0].detail}), more than ingest.max_refused ({limit:g}); the log lists them, mend or remove them"
        )


def warn_of_lost_classes(collected: Collected, manifest: pd.DataFrame) -> None:
    """Warn of classes of which every sample is refused: a study without them asks another question."""
    counts = Counter(sample.label for _, sample in collected.samples)
    for label in sorted(set(counts) - set(manifest["label"])):
        entry.log.warning("class %r is left out: all of it is refused (%d); the log says why", label, counts[label])


def write_dataset(args: argparse.Namespace, settings: IngestSettings, ingested: Ingested) -> None:
    """Write the three tables and, last, the record, which names those that are written already, too."""
    collected, modality, manifest, pairs = ingested.collected, ingested.modality, ingested.manifest, ingested.pairs
    quarantine = pd.DataFrame([asdict(item) for item in collected.refused], columns=list(QUARANTINE.columns))
    quarantine = quarantine.sort_values(list(QUARANTINE.columns), kind="stable")
    modality.table().write(args.out / "manifest.csv", with_empty_cells(manifest, modality))
    QUARANTINE.write(args.out / "quarantine.csv", quarantine)
    EQUAL_PAIRS.write(args.out / "equal_pairs.csv", pairs)
    counts = manifest["label"].value_counts()
    further = [name for name in FURTHER if (args.out / name).exists()]
    record = make_record(
        args.settings,
        args.code,
        input_digests(args.out.parent, [args.linked / name for name in LINKED] if args.linked else []),
        modality=modality.as_record(),
        readers={adapter: adapter_registry.options_of(adapter) for adapter in settings.adapters},
        classes=ingested.classes,
        counts={name: int(counts[name]) for name in ingested.classes},
        samples=len(manifest),
        groups_known=bool((manifest["group"] != "").all()),
        groups_alike=collected.alike,
        refused=dict(sorted(Counter(item.reason for item in collected.refused).items())),
        passed_over=collected.passed_over,
        links_not_followed=collected.links,
        left_out=collected.left_out,
        wanted=collected.counts,
        equal_pairs={kind: int((pairs["kind"] == kind).sum()) for kind in PAIR_KINDS},
        equal_pairs_across_classes=ingested.pairs_across_classes,
        **({"near_copies": plain(ingested.search.findings)} if ingested.search else {}),
        **({"neighbours_alike": True} if ingested.neighbours_alike else {}),
        public_sets=[public.names[0] for public in sets_of_files(manifest["path"].tolist())],
        synthetic=settings.synthetic,
        scale=settings.scale,
        outputs={name: digest_file(args.out / name) for name in (*TABLES, *further)},
    )
    write_record(args.out / "record.json", record)


def write_listed(out: Path, listed: ListedRows) -> None:
    """Write a table of what was chosen from. UserError where none was taken."""
    table, things, rows = listed.table.table, listed.table.things, listed.rows
    path = out / listed.table.file
    table.write(path, pd.DataFrame(rows, columns=list(table.columns)))
    reasons = Counter(str(row["reason"]) for row in rows)
    words = ", ".join(f"{count} {name}" for name, count in reasons.most_common())
    entry.log.info("%d %s: %s", len(rows), things, words)
    if not reasons[TAKEN]:
        raise UserError(f"none of the {len(rows)} {things} is taken ({words}); {path} says why of each")


def log_dataset(settings: IngestSettings, ingested: Ingested) -> None:
    """Lines of the log on what was taken, what is missing, and what cannot be judged together."""
    collected, manifest = ingested.collected, ingested.manifest
    counts = manifest["label"].value_counts()
    for label, numbers in collected.counts.items():
        if min(numbers["listed"], counts[label]) < numbers["wanted"]:
            shown = (label, counts[label], numbers["wanted"], numbers["copies"])
            entry.log.info("%s: %d samples of %d wanted, %d of them copies", *shown)
    passed = sum(collected.passed_over.values())
    totals = (len(manifest), len(ingested.classes), len(collected.refused), passed)
    entry.log.info("%d samples of %d classes, %d refused, %d files passed over", *totals)
    mixed = manifest.groupby("unit")["label"].nunique()
    if (mixed > 1).any():
        entry.log.warning(
            "%d units hold images of several classes, first %r: they can be judged one by one only "
            "(aggregate: none); write different units in the table of groups, or none",
            *(int((mixed > 1).sum()), mixed.idxmax()),
        )
    counted = (len(ingested.pairs), ingested.pairs_across_classes)
    entry.log.info("%d pairs show the same picture, %d of them with two labels", *counted)
    if not settings.synthetic and "folder" in settings.adapters:
        entry.log.info(
            "which size and network fit these images, and how long that takes here: `python -m "
            "workflow_scripts.commands.suggest_settings --study %s`, with your --configfile",
            settings.study,
            extra={"console": entry.ALWAYS},
        )
    for public in sets_of_files(manifest["path"].tolist()):
        if public.repeats:
            entry.log.info("files are named as those of %s: %s", public.names[0], public.repeats)


if __name__ == "__main__":
    entry.run(main, arguments())
