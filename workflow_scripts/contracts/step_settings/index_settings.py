"""What the steps receive that are about all papers: `index` and `consistency`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StudyTitle:
    """How the index calls a study, and the code folder of its paper; both may be empty."""

    title: str
    paper: str


@dataclass(frozen=True)
class IndexSettings:
    """What `index` receives. papers: code folder of every paper; studies: name → its title."""

    papers: tuple[str, ...]
    studies: dict[str, StudyTitle]


@dataclass(frozen=True)
class ConsistencySettings:
    """What `consistency` receives: code folder of every paper."""

    papers: tuple[str, ...]
