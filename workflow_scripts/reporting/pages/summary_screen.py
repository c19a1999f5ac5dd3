"""What surrounds the verdict on the first screen of a study's report, and how printed numbers are written."""

import re
from dataclasses import dataclass
from typing import Any

from workflow_scripts.contracts.claims import Claim
from workflow_scripts.contracts.copy_findings import CopyFindings
from workflow_scripts.contracts.slide_table import SLIDE_MODALITY
from workflow_scripts.contracts.subsets import SMOTE_BEFORE_SPLIT
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.judging.verdict_rows import MACHINERY
from workflow_scripts.reporting.numbers import leaks
from workflow_scripts.reporting.pages.page import axis_for
from workflow_scripts.reporting.reproduced import Value, overall
from workflow_scripts.reporting.results import Protocol, Results
from workflow_scripts.reporting.run_order import (
    headline_claims,
    main_run,
    ordered_protocols,
    protocol_words,
    reported_words,
)
from workflow_scripts.runtime.wording import listed


@dataclass(frozen=True)
class StripRow:
    """A row of the headline strip."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    reference: bool = False
    filled: bool = False


def first_screen(results: Results) -> dict[str, Any]:
    """What was run on what, the headline metric under every protocol, what leaked."""
    main, metric = main_run(results), results.headline
    protocols = ordered_protocols(results)
    claims = [claim for claim in headline_claims(results) if claim.run == main]
    shown = claims[0] if claims else None
    strip_metric = shown.metric if shown else metric
    values = {protocol.name: overall(protocol.runs[main], strip_metric) for protocol in protocols}
    strip = _strip(protocols, values, shown)
    label = "; ".join(_strip_words(strip_metric, row) for row in strip)
    axis = axis_for(strip_metric, [end for row in strip for end in (row.value, row.low, row.high)], 112, 335)
    return {
        "main_run": main,
        # Said once, above the page.
        "machinery": MACHINERY,
        "headline": metric,
        "sentence": _sentence(results),
        "facts": _facts(results),
        "has_paper": results.published is not None,
        "has_claims": bool(claims),
        "no_claims": _why_no_claims(results),
        "strip_rows": strip,
        "strip_axis": axis,
        "strip_label": f"{formatting.metric_name(strip_metric)} of {main}: {label}",
        "strip_metric": strip_metric,
        "strip_has_paper": shown is not None,
        "strip_values": values,
        "leaks": [leaks(protocol) for protocol in protocols],
        "without_leaks": results.without_leaks,
        "not_looked_for": not_looked_for(results),
        "split_notes": split_notes({protocol.name: protocol.record.note for protocol in protocols}),
        "no_premium": _why_no_premium(results),
        "reported_words": reported_words,
        "any_selected": any(protocol.reported != "test" for protocol in protocols),
        "any_smote_before": any(protocol.rule.resample == SMOTE_BEFORE_SPLIT for protocol in protocols),
    }


def split_notes(notes: dict[str, str]) -> list[tuple[str, str]]:
    """Protocol and what is said of its split; first, of no protocol (""), the sentences that are said of all alike.

    notes: protocol → sentences.
    """
    sentences = {name: re.split(r"(?<=\.) ", note) for name, note in notes.items()}
    first = next(iter(sentences.values()), [])
    shared = [text for text in first if len(notes) > 1 and all(text in said_of for said_of in sentences.values())]
    own = {name: [text for text in texts if text not in shared] for name, texts in sentences.items()}
    return [(name, " ".join(texts)) for name, texts in {"": shared, **own}.items() if any(texts)]


def _strip(protocols: list[Protocol], values: dict[str, Value], printed: Claim | None) -> list[StripRow]:
    """The printed number, and the obtained one under every protocol that has one."""
    rows = [StripRow("paper", printed.scaled, reference=True)] if printed else []
    for protocol in protocols:
        value, tested = values[protocol.name], protocol.reported == "test"
        if value.value is not None:
            smote_mark = "†" if protocol.rule.resample == SMOTE_BEFORE_SPLIT else ""
            label = f"{protocol.name} split" + ("" if tested else "*") + smote_mark
            rows.append(StripRow(label, value.value, value.low, value.high, filled=protocol.leak_free and tested))
    return rows


def _strip_words(metric: str, row: StripRow) -> str:
    """A row for those who do not see it."""
    ends = formatting.interval(metric, row.low, row.high)
    number = formatting.printed_number if row.reference else formatting.number
    return f"{row.label}: {number(metric, row.value)}" + (f" ({ends})" if ends else "")


def _sentence(results: Results) -> str:
    settings = results.settings
    folds = max(settings.folds.values())
    sample = "picture" if results.arrays.of_pictures else "patient"
    return (
        f"{formatting.plural(len(settings.runs), 'run')} under "
        f"{formatting.plural(len(results.protocols), 'protocol')} "
        f"({listed([protocol_words(protocol) for protocol in ordered_protocols(results)])}), "
        f"{formatting.plural(folds, 'fold')}, {formatting.plural(len(settings.seeds), 'seed')} each, on "
        f"{formatting.plural(len(results.manifest), sample)} of {len(results.classes)} classes."
        f"{same_split_words(results)}"
    )


def same_split_words(results: Results) -> str:
    """Which protocols are not shown because they are the same split as another; a sentence, or empty."""
    return "".join(
        f" {name} turned out to be the same split as {first}: both are one result, shown once as {first}."
        for name, first in sorted(results.same_splits.items())
    )


def _facts(results: Results) -> list[tuple[str, str, str]]:
    record = results.dataset
    groups = results.manifest["group"]
    with_group = (groups != "").sum()
    refused = sum(record.refused.values())
    array = results.arrays.array
    pictures = results.arrays.of_pictures
    copies = "of equal or near-equal pictures" if pictures else "of patients with equal numbers"
    size = f"pictures of {array.width} × {array.height} pixels" if pictures else str(array)
    return [
        ("Data", "synthetic" if results.synthetic else "real", listed(sorted(set(results.manifest["source"])))),
        ("Samples", formatting.grouped(record.samples), f"{len(results.classes)} classes"),
        (
            "Groups known",
            "yes" if record.groups_known else ("for some" if with_group else "no"),
            formatting.plural(groups[groups != ""].nunique(), "group") if with_group else "patients may repeat",
        ),
        (
            "Refused",
            formatting.plural(refused, results.refusable),
            f"{formatting.plural(sum(record.passed_over.values()), 'file')} passed over; "
            f"{formatting.plural(sum(record.equal_pairs.values()), 'pair')} {copies}",
        ),
        ("Scale", results.settings.scale or "the same at every scale", size),
        ("Headline", formatting.metric_name(results.headline), f"of {main_run(results)}"),
    ]


def _why_no_claims(results: Results) -> str:
    if not headline_claims(results):
        return "The paper prints no result for these data."
    return "The paper's run is not among this study's runs, so its numbers have no counterpart here."


def _why_no_premium(results: Results) -> str:
    if results.as_published is None:
        leaking = "splits as the paper did" if results.published is not None else "tears anything apart"
        return f"No protocol {leaking} (role as_published), so there is nothing to subtract from."
    if results.as_published.nothing_clusters:
        return (
            "No groups and no equal samples were found: the protocols by sample and by group are the same split, so "
            "the leak premium cannot be measured on these data."
        )
    name = "The published protocol" if results.published is not None else results.as_published.name
    if results.as_published.reported != "test":
        return f"{name} has no test subset: it reports the images that its epoch was selected on."
    if results.as_published.leak_free:
        if not results.dataset.groups_known:
            return f"In {name[:1].lower() + name[1:]} itself no leak was found; patients may repeat."
        return f"{name} is itself free of leaks."
    return "No protocol of this study is free of leaks and has a test subset, so the premium is unknown."


_PROVEN = "equal and near-equal pictures, and copies that were turned, mirrored, cropped, brightened or stained"


def not_looked_for(results: Results) -> str:
    """Which copies of a picture the audit does not see, in a sentence."""
    if not results.arrays.of_pictures:
        return "Looked for were patients whose visits hold the same numbers; not the same patient under two names."
    search = results.dataset.near_copies
    if results.dataset.modality.name == SLIDE_MODALITY:
        return _of_slides(search)
    if search is not None:
        return f"Looked for were {_PROVEN}{_left_out(search)}; not the same scene taken again from elsewhere."
    missed = "parts of a picture (crops), other angles, or strong changes of brightness and colour"
    ingest = results.dataset.settings.ingest
    if ingest is None or not ingest.near_equal:
        return f"Looked for were equal files and equal pixels; not near-equal, mirrored or turned pictures, {missed}."
    if "flipped" not in results.dataset.equal_pairs:
        return f"Looked for were equal and near-equal pictures; not mirrored or turned ones, {missed}."
    return f"Looked for were equal, near-equal, mirrored and quarter-turned pictures; not {missed}."


def _of_slides(search: CopyFindings | None) -> str:
    """The same of tiles of slides, which are not compared themselves."""
    besides = "tiles with each other, which overlap where ingest.tiles.overlap says so"
    if search is None:
        return f"Looked for were slides of equal bytes; not slides that were scanned twice, nor {besides}."
    scanned = f"scanned twice, turned, mirrored or of other colours{_left_out(search)}"
    return f"Looked for were slides of equal bytes, and slides that were {scanned}; not {besides}."


def _left_out(search: CopyFindings) -> str:
    """What the search could not look at, in words that follow what it looked for."""
    left = left_out_words(search)
    return f" (left out: {left})" if left else ""


def left_out_words(search: CopyFindings) -> str:
    """What a search for near copies could not look at; empty where there is nothing."""
    counts = (
        (search.too_few_keypoints, "pictures of too little texture for a proof"),
        (search.unread, "pictures when the time was over"),
        (search.unmatched, "keypoints when the time was over"),
        (search.uncompared, "pairs when the time was over"),
    )
    return ", ".join(f"{formatting.grouped(count)} {what}" for count, what in counts if count)


def claim_words(claim: Claim) -> str:
    """A claim in words: what, of what, where."""
    # What is averaged in which way is no word of the paper where it is assumed.
    metric = claim.metric.removeprefix("macro_") if "metric" in claim.assumed else claim.metric
    parts = [formatting.opened(formatting.metric_name(metric)) if metric.islower() else metric]
    if claim.run:
        parts.append(f"of {claim.run}")
    if claim.class_name:
        parts.append(f"({claim.class_name}{f' taken for {claim.predicted}' if claim.predicted else ''})")
    if claim.source:
        parts.append(f"from {claim.source}")
    if claim.subset and claim.subset != "all":
        parts.append(f"on {claim.subset}")
    if claim.against:
        relation = "to" if claim.metric == "class_ratio" else "minus"
        parts.append(f"{relation} that of {listed(list(claim.against.values()))}")
    if claim.relation != "equal":
        parts.append({"about": "(about)", "highest": f"(highest of {len({*claim.among, claim.run})})"}[claim.relation])
    return " ".join(parts)


def claim_value(claim: Claim, value: Value) -> str:
    """An obtained value in the form of its claim."""
    if value.value is None:
        return formatting.DASH
    if claim.unit == "count":
        return formatting.grouped(int(value.value))
    if claim.unit == "MB":
        return f"{value.value:.1f} MiB"
    ends = formatting.interval(claim.metric, value.low, value.high)
    return formatting.number(claim.metric, value.value) + (f" ({ends})" if ends else "")
