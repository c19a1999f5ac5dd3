"""Which text of a paper was read, what it refers to, and what its authors answered."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from workflow_scripts.contracts.blocks import Filled, about, limit

# Table 4, Figure 1, Equation 6.
_LABEL = re.compile(r"(?P<kind>[A-Z][a-z]+) (?P<number>[1-9][0-9]*)")


def day(text: str) -> str:
    """The date; ValueError where it is none such as 2026-11-28."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"{text!r} is no date such as 2026-11-28") from None


def label(text: str) -> str:
    """The name of a table, figure or equation; ValueError where it is none such as Table 4."""
    if not _LABEL.fullmatch(text):
        raise ValueError(f"{text!r} is no name such as Table 4, Figure 1 or Equation 6")
    return text


Day = Annotated[str, limit(check=day)]
Label = Annotated[str, limit(check=label)]


@dataclass(frozen=True)
class TextRead:
    """The text of a paper that its numbers were taken from. date: when it was last read."""

    source: Annotated[Filled, about("Which text: a version of a preprint, a journal's page, a file.")]
    date: Annotated[Day, about('When it was last read, as "2026-11-28".')]


@dataclass(frozen=True)
class Answer:
    """What the authors of a paper said of entries of its file; about: their ids."""

    about: Annotated[tuple[str, ...], about("Ids of the entries that it is about.", min_length=1)]
    words: Annotated[Filled, about("What they said, quoted or in short.")]
    source: Annotated[Filled, about("Where they said it: a letter, an erratum, a comment.")]
    date: Annotated[Day, about('When, as "2026-11-28".')]


@dataclass(frozen=True)
class Reference:
    """A place at which the text refers to a table, figure or equation.

    means: what this project takes to be meant, where it is not what is named.
    """

    id: Annotated[str, about("Unique in the paper.")]
    place: Annotated[str, about("Where the text refers to it.")]
    to: Annotated[Label, about("What it names: Table 4, Figure 1, Equation 6.")]
    quote: Annotated[str, about("The paper's words around it.")] = ""
    means: Annotated[Label | None, about("What seems to be meant, where it is not what is named.")] = None


def caption(numbered: dict[str, tuple[str, ...]], name: str) -> str | None:
    """What stands under a name such as Table 4; None where there is no such.

    numbered: kind → what the first, second, … of it shows.
    """
    match = _LABEL.fullmatch(name)
    assert match is not None, name  # checked when it was read
    captions, number = numbered.get(match["kind"], ()), int(match["number"])
    return captions[number - 1] if number <= len(captions) else None
