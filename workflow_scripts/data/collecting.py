"""From the adapters' samples to the study's: unique ids, classes, a check of the settings against what is there."""

import difflib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

from workflow_scripts.contracts.errors import UserError
from workflow_scripts.data.adapters import registry
from workflow_scripts.data.adapters.base import Refused, Sample
from workflow_scripts.data.selecting import select
from workflow_scripts.data.sources import normal, printable


@dataclass
class Collected:
    """Samples sorted by id with the adapter each is of, what was refused, and label → number of those left out.

    `counts`: class → {wanted, found, copies}, where the settings want numbers.
    """

    samples: list[tuple[str, Sample]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)


def collect(sources: dict[str, Path], ingest: SimpleNamespace) -> Collected:
    """Samples of all sources with their classes; `ingest` holds the ingest settings.

    With several adapters the ids and groups begin with the adapter's name. Where two files differ only in their
    extension, both ids keep it; a second sample of the same id is refused. UserError when the settings name labels or
    classes that do not fit the files.
    """
    collected = Collected()
    published: set[str] = set()
    for adapter, folder in sources.items():
        module = registry.load(adapter)
        published.update(module.LABELS or ())
        for item in module.samples(folder, ingest):
            if isinstance(item, Refused):
                collected.refused.append(replace(item, path=printable(item.path)))
            elif printable(item.path) != item.path:
                collected.refused.append(Refused(printable(item.path), "unreadable", "the file's name is not UTF-8"))
            else:
                prefix = f"{adapter}/" if len(sources) > 1 else ""
                group = f"{prefix}{item.group}" if item.group else ""
                collected.samples.append((adapter, replace(item, id=normal(prefix + item.id), group=group)))
    _apply_labels(collected, _labels_of(ingest), published)
    _make_unique(collected)
    collected.samples.sort(key=lambda pair: pair[1].id)
    chosen = select(collected.samples, ingest, sources)
    collected.samples, collected.counts = chosen.samples, chosen.counts
    return collected


def class_order(found: Iterable[str], classes: list[str] | None) -> list[str]:
    """The study's classes in order; UserError when the settings' classes are not those of the readable samples."""
    found = set(found)
    order = sorted(found) if classes is None else list(classes)
    for name in sorted(found - set(order)):
        raise UserError(
            f"ingest.classes lacks the class {name!r} that the files have{_hint(name, order)}; "
            "add it, or leave its label out with `labels: {label: null}`"
        )
    for name in order:
        if name not in found:
            raise UserError(
                f"ingest.classes names {name!r}, of which there is no readable image{_hint(name, found)}; "
                f"the files have {', '.join(sorted(found)) or 'no class at all'}"
            )
    if len(order) < 2:
        raise UserError(f"the files have {len(order)} class(es) ({', '.join(order)}); two are needed, check `source`")
    return order


def _labels_of(ingest: SimpleNamespace) -> dict[str, str | None] | None:
    return None if ingest.labels is None else {normal(label): name for label, name in vars(ingest.labels).items()}


def _apply_labels(collected: Collected, labels: dict[str, str | None] | None, published: set[str]) -> None:
    """Replace published labels by classes, and drop the samples whose label is left out."""
    if labels is None:
        return
    found = {sample.label for _, sample in collected.samples}
    for label in sorted(found - labels.keys()):
        raise UserError(
            f"ingest.labels does not name the label {label!r} that the files have{_hint(label, labels)}; "
            f"add `{label}: <class>`, or `{label}: null` to leave it out"
        )
    for label in sorted(labels.keys() - found - published):
        raise UserError(
            f"ingest.labels names {label!r}, which no file has{_hint(label, found | published)}; "
            f"the files have {', '.join(sorted(found))}"
        )
    kept, left_out = [], Counter()
    for adapter, sample in collected.samples:
        if labels[sample.label] is None:
            left_out[sample.label] += 1
        else:
            kept.append((adapter, replace(sample, label=labels[sample.label])))
    collected.samples, collected.left_out = kept, dict(sorted(left_out.items()))


def _make_unique(collected: Collected) -> None:
    times = Counter(sample.id for _, sample in collected.samples)
    kept, seen = [], set()
    for adapter, sample in collected.samples:
        if times[sample.id] > 1 and sample.box is None:
            sample = replace(sample, id=sample.id + Path(sample.path).suffix)
        if sample.id in seen:
            collected.refused.append(Refused(sample.path, "duplicate_id", f"a second sample is called {sample.id!r}"))
            continue
        seen.add(sample.id)
        kept.append((adapter, sample))
    collected.samples = kept


def _hint(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), 1, 0.5)
    return f" (did you mean {near[0]!r}?)" if near else ""
