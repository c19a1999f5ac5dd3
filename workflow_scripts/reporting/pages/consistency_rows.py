"""What a paper prints, entry by entry, with what the checks say of it and how this project reads it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from workflow_scripts.claims.checks import overall
from workflow_scripts.claims.digits import derived_decimals
from workflow_scripts.claims.outcome import Outcome
from workflow_scripts.claims.printed import shown
from workflow_scripts.contracts.claims import (
    Claim,
    Interpreted,
    Layer,
    PaperEntry,
    PaperSetting,
    Published,
    Statement,
)
from workflow_scripts.contracts.paper_answers import Answer, Reference
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.pages.summary_screen import claim_words
from workflow_scripts.runtime.wording import listed


@dataclass(frozen=True)
class ReadAs:
    """How this project reads what the paper leaves open.

    premise: the field; what: what it is read as, in words; sentence: what the paper leaves open; inferred: whether only
    this reading fits the printed numbers.
    """

    premise: str
    what: str
    sentence: str
    inferred: bool


@dataclass(frozen=True)
class Row:
    """An entry of a paper with what the checks say of it.

    outcome: over all checks; digits: how many of the printed ones carry information, empty where all do; read_as: what
    was read into it; answers: of the authors.
    """

    entry: PaperEntry
    study: str
    what: str
    printed: str
    place: str
    outcome: str
    outcomes: tuple[Outcome, ...]
    digits: str
    read_as: tuple[ReadAs, ...]
    answers: tuple[Answer, ...]

    @property
    def quote(self) -> str:
        """The paper's words around it."""
        return self.entry.words if isinstance(self.entry, Statement) else getattr(self.entry, "quote", "")


def rows_of(paper: Published, outcomes: list[Outcome]) -> list[Row]:
    """A row for each entry that a check speaks of, in the order of the paper's file."""
    final = overall(outcomes)
    of: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        of.setdefault(outcome.claim, []).append(outcome)
    first, derived = next(iter(paper.studies)), derived_decimals(paper)
    return [
        Row(
            entry,
            _study(entry, first),
            *entry_words(paper, entry),
            entry.place,
            final[entry.id],
            tuple(of[entry.id]),
            _digits(derived.get(entry.id)),
            read_as(paper, entry),
            tuple(answer for answer in paper.answers if entry.id in answer.about),
        )
        for entry in paper.entries
        if entry.id in of
    ]


def _digits(derived: tuple[int, int] | None) -> str:
    """That the last digit says nothing, where all of its kind end in 0."""
    if derived is None:
        return ""
    size, decimals = derived
    after = "no digit after the point carries" if not decimals else f"{decimals} after the point carries"
    return f"All {size} numbers of this kind end in 0: {after} information."


def _study(entry: PaperEntry, first: str) -> str:
    if isinstance(entry, PaperSetting):
        return (entry.studies or (first,))[0]
    return first if isinstance(entry, Reference) else entry.study


def entry_words(paper: Published, entry: PaperEntry) -> tuple[str, str]:
    """What an entry is, and how it is printed."""
    if isinstance(entry, Claim):
        return claim_words(_called(paper, entry)), shown(entry)
    if isinstance(entry, Statement):
        return "Claim in words", f"“{entry.words}”"
    if isinstance(entry, Layer):
        return f"Layer {entry.name}", " x ".join(map(str, entry.size))
    if isinstance(entry, Reference):
        return "Reference", entry.to
    name = (entry.setting or entry.id).rsplit(".", 1)[-1]
    return f"Setting: {name.replace('_', ' ')}", str(entry.value)


def _called(paper: Published, claim: Claim) -> Claim:
    """The claim with the paper's names instead of the ids of runs."""
    run = paper.run_name(claim.run) if claim.run else None
    against = {key: paper.run_name(value) if key == "run" else value for key, value in claim.against.items()}
    return replace(claim, run=run, against=against, among=tuple(map(paper.run_name, claim.among)))


def read_as(paper: Published, entry: PaperEntry) -> tuple[ReadAs, ...]:
    """All that was read into an entry, in the order of its file."""
    if not isinstance(entry, Interpreted):
        return ()
    assumed = [ReadAs(key, _taken(paper, entry, key), text, False) for key, text in entry.assumed.items()]
    return (*assumed, *(ReadAs(key, _taken(paper, entry, key), text, True) for key, text in entry.inferred.items()))


def _taken(paper: Published, entry: Interpreted, premise: str) -> str:
    """What a field is read as: its name and value in words."""
    if isinstance(entry, PaperSetting):
        return f"{(entry.setting or entry.id).rsplit('.', 1)[-1].replace('_', ' ')} {entry.value}"
    if premise == "against":
        if isinstance(entry, Statement):
            compared, values = entry.compared_field, entry.compared_values
        else:
            compared, values = "run", tuple(entry.against.values())
        return f"against {listed([_value(paper, compared, value) for value in values])}"
    value = getattr(entry, premise, None)
    if premise == "subset":
        return f"the {value} subset" if value else "no subset"
    name = "" if premise == "metric" else premise.removesuffix("_name").replace("_", " ")
    return f"{name} {_value(paper, premise, value)}".strip()


def _value(paper: Published, name: str, value: object) -> str:
    if name == "metric":
        words = formatting.metric_name(str(value)) if value else "any metric"
        return words[:1].lower() + words[1:] if words[1:2].islower() else words
    return paper.run_name(str(value)) if name == "run" else str(value).replace("_", " ")


@dataclass(frozen=True)
class Assumption:
    """What this project read into a paper: a sentence, and of what."""

    read_as: ReadAs
    of: str


def assumptions(paper: Published) -> list[Assumption]:
    """Everything that was read into a paper, each once, with all that it is about."""
    subjects: dict[str, list[str]] = {}
    first: dict[str, ReadAs] = {}
    for entry in paper.entries:
        for reading in read_as(paper, entry):
            what, printed = entry_words(paper, entry)
            subjects.setdefault(reading.sentence, []).append(f"{what} ({printed}; {entry.place})")
            first.setdefault(reading.sentence, reading)
    return [Assumption(first[sentence], _first_of(of)) for sentence, of in subjects.items()]


def _first_of(entries: Iterable[str]) -> str:
    entries = list(dict.fromkeys(entries))
    rest = f"; and {len(entries) - 2} more" if len(entries) > 3 else ""
    return "; ".join(entries[: 2 if rest else 3]) + rest
