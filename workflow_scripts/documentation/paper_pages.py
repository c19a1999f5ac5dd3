"""docs/papers/<paper>.md: what a paper prints, whether it fits itself, what was trained here, and what came out.

The first two are made anew from published.yaml, the others from docs/papers/*.json: no number is typed.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workflow_scripts.claims.checks import check_all
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, NOT_CHECKABLE, NOTE
from workflow_scripts.contracts.claims import Published
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.documentation.kept_study import FOLDER, Interval, KeptClaim, KeptProtocol, KeptStudy, read_kept
from workflow_scripts.reporting.formatting import (
    DASH,
    at_start,
    grouped,
    interval,
    metric_name,
    number,
    percent_beside,
    plural,
    points,
)
from workflow_scripts.reporting.pages.consistency_page import PaperPart, paper_part
from workflow_scripts.reporting.pages.issue_cards import Card

_MADE = "<!-- Made by `make settings` from published.yaml and docs/papers/*.json (`cervix keep-results`). -->"
_HEADS = {CONTRADICTION: "Contradictions", FITS_ONLY_IF: "Fits only if …", NOTE: "Notes, no findings"}
_SHOWN = 6
# What of a place is not told: the row and column of a table, a quotation, a second place.
_PART = re.compile(r"[;:]|, row|, column")
_STUDIES = Path("workflow_scripts") / "studies"


@dataclass(frozen=True)
class PaperPage:
    """A paper, what the checks say of it, and what is kept of its studies."""

    part: PaperPart
    kept: tuple[KeptStudy, ...]

    @property
    def published(self) -> Published:
        return self.part.published

    @property
    def path(self) -> Path:
        """Of the page, below the project."""
        return FOLDER / f"{self.published.paper}.md"


@cache
def _checked(root: Path) -> tuple[PaperPart, ...]:
    papers = [read_published(path) for path in sorted((root / _STUDIES).glob("*/published.yaml"))]
    return tuple(paper_part(paper, check_all(paper)) for paper in papers)


def paper_pages(root: Path) -> list[PaperPage]:
    """All papers, by name."""
    kept = read_kept(root)
    return [
        PaperPage(part, tuple(study for study in kept if study.paper == part.published.paper))
        for part in _checked(root)
    ]


def text(page: PaperPage) -> str:
    """The page as Markdown."""
    return "\n".join([*_head(page), *_printed(page.part), *_obtained(page), *_left_open(page)]).rstrip() + "\n"


def _head(page: PaperPage) -> list[str]:
    published = page.published
    read = f" Read: {published.text_read.source}, {published.text_read.date}." if published.text_read else ""
    return [_MADE, f"# {published.called}", "", f"{published.citation.strip()}{read}", ""]


def _printed(part: PaperPart) -> list[str]:
    """What is printed, and whether it fits itself."""
    counts, issues = part.numbers_by_outcome, part.issues_by_outcome
    by_part = Counter(_PART.split(row.place)[0].strip() for row in part.numbers)
    listed = ", ".join(f"{part_of_paper} ({count})" for part_of_paper, count in by_part.most_common(8))
    more = f", and {plural(len(by_part) - 8, 'more place')}" if len(by_part) > 8 else ""
    lines = [
        "## What it prints",
        "",
        f"{plural(counts.total(), 'number')}, each counted once: {listed}{more}.",
        "",
        "| contradictions | fits only if … | notes | consistent | not checkable |",
        "|---|---|---|---|---|",
        f"| {issues[CONTRADICTION]} | {issues[FITS_ONLY_IF]} | {issues[NOTE]} | {counts[CONSISTENT]} | "
        f"{counts[NOT_CHECKABLE]} |",
        "",
        "The first three count issues, the others numbers. All are arithmetic, not an accusation:",
        "[how to read them](../explanation/consistency.md). `snakemake consistency` shows what was assumed and tried.",
        "",
    ]
    for kind, heading in _HEADS.items():
        if cards := part.of(kind):
            lines += [f"### {heading}", "", *(line for card in cards for line in _issue(card)), ""]
    return lines


def _issue(card: Card) -> list[str]:
    """An item of a list: what is printed, why it does not fit, and what would."""
    more = len(card.printed) - _SHOWN
    printed = "; ".join(card.printed[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
    printed_in = " · ".join(dict.fromkeys(row.place for row in card.rows[:_SHOWN]))
    lines = [
        f"- **{_plain(printed)}** ({_plain(printed_in)}):",
        *(f"  {_plain(reason.why)}" for reason in card.reasons[:3]),
    ]
    lines += [f"  *Fits only if* {_plain(' or '.join(card.readings))}."] if card.readings else []
    lines += [f"  The authors: “{_plain(answer.words)}” ({answer.source}, {answer.date})" for answer in card.answers]
    return lines


def _plain(words: str) -> str:
    """Words of a paper, in which no sign is one of Markdown."""
    for sign in "\\`*_[]<>|":
        words = words.replace(sign, f"\\{sign}")
    return " ".join(words.split())


def _obtained(page: PaperPage) -> list[str]:
    lines = ["## What came out here", ""]
    if not page.kept:
        return [*lines, "Nothing is kept yet: `cervix keep-results STUDY` keeps what a finished study came to.", ""]
    for study in page.kept:
        lines += _study(study)
    return lines


_SYNTHETIC = "Synthetic data: the numbers show that everything runs, and say nothing about the paper."
_NEAREST = "Real data, not the paper's: the nearest that is public."


def _study(study: KeptStudy) -> list[str]:
    """A study: its data, what was trained, its headline numbers, every run, the leaks."""
    data = _SYNTHETIC if study.synthetic else "Real data." if study.of_the_paper else _NEAREST
    facts = [
        plural(study.samples, "sample"),
        plural(study.classes, "class", "classes"),
        f"rows of {' × '.join(map(str, study.shape))}",
        *([f"scale `{study.scale}`"] if study.scale else []),
        plural(study.seeds, "training seed"),
        *_epochs(study),
    ]
    origin = [f"`{study.command}`", study.date, study.processor, f"commit {study.commit}"]
    return [
        f"### {study.title}",
        "",
        f"{data} {', '.join(facts)}. Patients or sources are {'known' if study.groups_known else 'unknown'}.",
        "",
        *_headline(study),
        *_runs(study),
        f"*{', '.join(origin)}; manifest sha256 `{study.manifest[:12]}…`.*",
        "",
    ]


def _epochs(study: KeptStudy) -> list[str]:
    """How long trainings were, the shortest and the longest; nothing where nothing was trained."""
    epochs = sorted({kept.epochs for kept in study.runs if kept.epochs is not None})
    if len(epochs) > 1:
        return [f"trainings of {epochs[0]} to {epochs[-1]} epochs"]
    return [f"trainings of {plural(count, 'epoch')}" for count in epochs]


def _headline(study: KeptStudy) -> list[str]:
    if not study.claims:
        return []
    rows = [
        f"| {claim.words} ({claim.paper_place}) | {claim.published} | {_beside(claim, claim.obtained)} | "
        f"{_beside(claim, claim.leak_free)} | {claim.verdict} |"
        for claim in study.claims
    ]
    words = ", ".join(f"{count} {word}" for word, count in study.verdicts.items())
    return [
        "| printed number | published | obtained, as published | obtained, without leaks | verdict |",
        "|---|---|---|---|---|",
        *rows,
        "",
        f"Verdicts on all printed numbers about these data: {words}.",
        "",
    ]


def _runs(study: KeptStudy) -> list[str]:
    names = list(dict.fromkeys(kept.run for kept in study.runs))
    premium = [protocol.name for protocol in study.protocols if _premiums(study, protocol.name)]
    heads = [f"`{protocol.name}`" for protocol in study.protocols]
    heads += [f"leak premium against {name}" if len(premium) > 1 else "leak premium" for name in premium]
    lines = [
        f"{at_start(metric_name(study.metric))} of every run, with its 95 % interval:",
        "",
        f"| run | what it is | {' | '.join(heads)} |",
        "|---" * (2 + len(heads)) + "|",
    ]
    for name in names:
        words = next(kept.words for kept in study.runs if kept.run == name)
        cells = [shown(study.metric, _result(study, protocol.name, name)) for protocol in study.protocols]
        cells += [premium_words(_premiums(study, protocol).get(name)) for protocol in premium]
        lines.append(f"| `{name}` | {words} | {' | '.join(cells)} |")
    return [*lines, "", *(_split(protocol, study.groups_known) for protocol in study.protocols), ""]


def _split(protocol: KeptProtocol, groups_known: bool) -> str:
    """An item of a list: a split's rule and how many of its samples leak, as far as that can be seen."""
    leaking = f"{grouped(protocol.leaking)} of {grouped(protocol.tested)} reported samples have a leak"
    if not groups_known:
        leaking += " that shows without knowing whose they are"
    return f"- `{protocol.name}`: {protocol.words}; {leaking}."


def _result(study: KeptStudy, protocol: str, run: str) -> Interval | None:
    kept = study.run(protocol, run)
    return kept.result if kept else None


def _premiums(study: KeptStudy, protocol: str) -> dict[str, Interval]:
    return {kept.run: kept.premium for kept in study.runs if kept.protocol == protocol and kept.premium is not None}


def _beside(claim: KeptClaim, value: Interval | None) -> str:
    """A number with its interval, in percent or not as the paper prints its own."""
    return shown(claim.metric, value, percent_beside(claim.metric, claim.published))


def shown(metric: str, value: Interval | None, percent: bool | None = None) -> str:
    """A number with its interval; a dash where there is none. `percent`: None as the metric is usually written."""
    if value is None or value.value is None:
        return DASH
    ends = interval(metric, value.low, value.high, percent)
    return number(metric, value.value, percent=percent) + (f" ({ends})" if ends else "")


def premium_words(value: Interval | None) -> str:
    """A leak premium in percentage points with its interval; a dash where there is none."""
    if value is None or value.value is None:
        return DASH
    ends = "" if value.low is None else f" ({points(value.low)} to {points(value.high)})"
    return f"{points(value.value)} points{ends}"


def _left_open(page: PaperPage) -> list[str]:
    notes = f"../../{_STUDIES.as_posix()}/{page.published.paper}/notes.md"
    return [
        "## What it leaves open",
        "",
        f"What the paper does not say, where it contradicts itself, and what was chosen here: [notes]({notes}).",
        "",
    ]
