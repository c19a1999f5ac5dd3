"""Which samples are used, and how often: a list of ids, wanted numbers per class, copies where there are too few.

Copies are samples of their own here, because a paper may have counted them as such; all copies of a sample share its
group, so that only a split by sample can tear them apart. Training-time copies are a setting of a run instead.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image

from workflow_scripts.contracts.spreadsheet import read_sheet, tidy
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.data.adapters.interface import Sample
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_text

# How a copy differs from its original: the seven other symmetries of a square, in the order in which they are used.
CHANGES = {
    "flip_left_right": Image.Transpose.FLIP_LEFT_RIGHT,
    "flip_up_down": Image.Transpose.FLIP_TOP_BOTTOM,
    "rotate_180": Image.Transpose.ROTATE_180,
    "rotate_90": Image.Transpose.ROTATE_90,
    "rotate_270": Image.Transpose.ROTATE_270,
    "transpose": Image.Transpose.TRANSPOSE,
    "transverse": Image.Transpose.TRANSVERSE,
}
MARK = "~"


@dataclass(frozen=True)
class Selection:
    """The samples that are used, with their adapters, and class → {wanted, found, copies} where numbers are wanted."""

    samples: list[tuple[str, Sample]]
    counts: dict[str, dict[str, int]] = field(default_factory=dict)


def changed(image: Image.Image, change: str) -> Image.Image:
    """The image as a copy shows it; an empty `change` leaves it as it is."""
    return image.transpose(CHANGES[change]) if change else image


def select(samples: list[tuple[str, Sample]], ingest: Ingest, sources: dict[str, Path]) -> Selection:
    """Apply `ingest.ids`, `ingest.counts` and `ingest.fill`; samples sorted by id.

    Raises UserError when the list names unknown samples, `counts` unknown classes, or a class cannot be filled.
    """
    if ingest.ids is not None:
        samples = _listed(samples, next(iter(sources.values())) / ingest.ids)
    if ingest.counts is None:
        return Selection(samples)
    wanted = ingest.counts
    labels = Counter(sample.label for _, sample in samples)
    if unknown := sorted(set(wanted) - set(labels)):
        raise UserError(f"ingest.counts names the class {unknown[0]!r}; the files have {', '.join(sorted(labels))}")
    kept, counts = [], {}
    for label in sorted(labels):
        own = [pair for pair in samples if pair[1].label == label]
        if label in wanted:
            own, copies = _reduced_or_filled(own, wanted[label], ingest.fill == "copies", label)
            counts[label] = {"wanted": wanted[label], "listed": labels[label], "copies": copies}
        kept += own
    return Selection(sorted(kept, key=lambda pair: pair[1].id), counts)


def _reduced_or_filled(
    own: list[tuple[str, Sample]], wanted: int, fill: bool, label: str
) -> tuple[list[tuple[str, Sample]], int]:
    """At most `wanted` samples of a class, chosen by a hash of their ids; with `fill`, as many, and how many copies."""
    by_chance = sorted(own, key=lambda pair: digest_text(pair[1].id))
    if len(own) >= wanted:
        return by_chance[:wanted], 0
    if not fill:
        return own, 0
    copies: list[tuple[str, Sample]] = []
    for change in CHANGES:
        missing = wanted - len(own) - len(copies)
        copies += [(adapter, _copy(sample, change, change)) for adapter, sample in by_chance[:missing]]
    if len(own) + len(copies) < wanted:
        raise UserError(
            f"ingest.counts wants {wanted} samples of {label!r}; {len(own)} samples and their {len(CHANGES)} flipped "
            f"and turned copies are only {len(own) + len(copies)}"
        )
    copied = {sample.id.partition(MARK)[0] for _, sample in copies}
    originals = [(adapter, _grouped(sample) if sample.id in copied else sample) for adapter, sample in own]
    return [*originals, *copies], len(copies)


def _listed(samples: list[tuple[str, Sample]], path: Path) -> list[tuple[str, Sample]]:
    """The samples that a CSV file names in its column `id`; one that is named again becomes a copy."""
    sheet = read_sheet(path, "ingest.ids", ("id",))
    if not sheet.rows:
        raise UserError(f"ingest.ids: {path} names no sample; list the ids of manifest.csv in its column id")
    by_id = {sample.id: (adapter, sample) for adapter, sample in samples}
    by_tidy = {tidy(name): name for name in by_id}
    rows = zip(sheet.rows, sheet.columns["id"], strict=True)
    foreign = {row: name for row, name in rows if name not in by_id and name not in by_tidy}
    advice = "is no sample; ids are those of manifest.csv"
    sheet.refuse_rows("ingest.ids", {row: f"{name!r} {advice}" for row, name in foreign.items()})
    times = Counter(name if name in by_id else by_tidy[name] for name in sheet.columns["id"])
    taken = []
    for name in sorted(times):
        adapter, sample = by_id[name]
        taken.append((adapter, _grouped(sample) if times[name] > 1 else sample))
        taken += [(adapter, _copy(sample, str(number), "")) for number in range(2, times[name] + 1)]
    return sorted(taken, key=lambda pair: pair[1].id)


def _copy(sample: Sample, name: str, change: str) -> Sample:
    return replace(_grouped(sample), id=f"{sample.id}{MARK}{name}", unit="", change=change)


def _grouped(sample: Sample) -> Sample:
    """The sample with a group, so that its copies can be kept together with it."""
    return sample if sample.group else replace(sample, group=f"copies of {sample.id}")
