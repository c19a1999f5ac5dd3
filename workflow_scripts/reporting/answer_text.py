"""The answer about a paper as text for a console: wrapped to its width, in colour only where that is shown."""

import textwrap
from collections.abc import Iterator

from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF, NOTE
from workflow_scripts.reporting.paper_answer import Answer, ShownIssue

TITLES = {
    CONTRADICTION: "Contradictions: no reading that was tried fits",
    FITS_ONLY_IF: "Fits only if the paper means what it does not say",
    NOTE: "Notes: worth knowing, no fault",
}
_BOLD, _ORANGE, _PLAIN = "\033[1m", "\033[33m", "\033[0m"
# More numbers of a list than these are counted.
_SHOWN = 6


def headline(answer: Answer) -> str:
    """What the answer comes to, in one sentence."""
    counts = answer.counts
    words = [
        _count(counts[CONTRADICTION], "contradiction"),
        _count(counts[FITS_ONLY_IF], "reading that is not stated", "readings that are not stated"),
        _count(counts[NOTE], "note"),
    ]
    if not answer.numbers:
        return f"{', '.join(words)}; the tables hold counts alone."
    open_numbers = counts["not checked"]
    held = f"{counts['checked']} of {counts['numbers']} numbers" if open_numbers else f"all numbers ({answer.numbers})"
    return (
        f"{', '.join(words)}; {held} could be held against others{f', {open_numbers} could not' * (open_numbers > 0)}."
    )


def _count(number: int, singular: str, plural: str = "") -> str:
    return f"{number or 'no'} {singular if number == 1 else plural or singular + 's'}"


def text_of(answer: Answer, width: int, colour: bool) -> str:
    """The answer for a console that is `width` characters wide."""
    lines: list[str] = []
    for kind, words in _parts(answer):
        if kind == "title":
            lines += ["", *(f"{_BOLD}{line}{_PLAIN}" if colour else line for line in textwrap.wrap(words, width))]
            continue
        indent = {"text": "", "item": "  ", "detail": "    "}[kind]
        wrapped = textwrap.wrap(
            words, width, initial_indent=indent, subsequent_indent=indent + ("  " if kind == "item" else ""),
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
        marked = colour and kind == "item" and words.startswith("!")
        lines += [f"{_ORANGE}{line}{_PLAIN}" if marked else line for line in wrapped]
    return "\n".join(lines).strip("\n") + "\n"


def _parts(answer: Answer) -> Iterator[tuple[str, str]]:
    """Kind of line and its words."""
    paper = answer.paper
    yield "text", ": ".join(filter(None, (paper.id, paper.citation)))
    yield "text", headline(answer)
    for outcome, title in TITLES.items():
        if issues := answer.of(outcome):
            yield "title", title
            for issue in issues:
                yield from _issue(issue)
    yield from _fits(answer)
    yield from _open(answer)
    yield "title", "For the authors"
    for paragraph in answer.letter:
        yield "item", paragraph


def _issue(issue: ShownIssue) -> Iterator[tuple[str, str]]:
    finding = issue.first
    yield "item", f"{'! ' if issue.outcome == CONTRADICTION else ''}{issue.where}"
    if issue.printed:
        yield "detail", f"Printed: {issue.quoted}"
    for why in issue.reasons:
        yield "detail", why
    if finding.reading:
        yield "detail", f"Fits only if {finding.reading}."
    if issue.computed:
        yield "detail", f"Would fit: {issue.computed}{f' (off by {issue.size})' if issue.size else ''}"
    if issue.tried:
        yield "detail", f"Tried: {'; '.join(issue.tried)}"
    for innocent in issue.innocent:
        yield "detail", f"May be innocent: {innocent}"


def _fits(answer: Answer) -> Iterator[tuple[str, str]]:
    if answer.fitting:
        yield "title", "What fits (exact: nothing else would; weak: much else would too)"
        for fitting in answer.fitting:
            yield "item", f"{fitting.table}, {fitting.check}: {fitting.words}"
    if answer.follows:
        yield "title", "What follows from the numbers"
        for finding in answer.follows:
            yield "item", f"{finding.table}, {finding.row}: {finding.why}"


def _open(answer: Answer) -> Iterator[tuple[str, str]]:
    if answer.unchecked:
        yield "title", "Could not be checked, and what would decide it"
        for entry in answer.unchecked:
            yield "item", f"{entry.table}, {entry.column} ({', '.join(entry.printed[:_SHOWN])}{_more(entry.printed)})"
            yield "detail", f"Decided by: {entry.decides}"
    if answer.hints:
        yield "title", "The data"
        for hint in answer.hints:
            yield "item", hint.words
    if answer.paper.not_stated:
        yield "title", "Not stated, as the file says"
        yield "item", "; ".join(answer.paper.not_stated)
    if answer.paper.remarks:
        yield "title", "Not read"
        for remark in answer.paper.remarks:
            yield "item", remark


def _more(values: tuple[str, ...]) -> str:
    return f", and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
