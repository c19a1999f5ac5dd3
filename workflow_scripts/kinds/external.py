"""A trained run of another study, applied to this one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from workflow_scripts.contracts.blocks import about
from workflow_scripts.kinds.kind import MAKE_WITH_TRAINING_COPIES, SourceRun, StudyRuns
from workflow_scripts.kinds.made_kind import MadeKind
from workflow_scripts.runtime.wording import nearest

if TYPE_CHECKING:
    from workflow_scripts.contracts.run_record import RunRecord


@dataclass(frozen=True)
class External(MadeKind):
    """A trained run of another study predicts this study's samples, without any refit.

    Which of these samples it has learned from, or copies of them, stands in copies_of_training.csv.
    """

    position = 5
    rule = MAKE_WITH_TRAINING_COPIES
    applies_weights = True
    maker = "workflow_scripts.training.external_run:make"

    kind: Annotated[Literal["external"], about("A trained run of another study, applied here as it is.")]
    study: Annotated[str, about("The study it was trained in.")]
    of: Annotated[str, about("Name of a network or fusion of that study; its first fold is used.")]
    protocol: Annotated[str | None, about("Protocol of that study. null: the one whose `role` is as_published.")] = None
    classes: Annotated[
        dict[str, str | None] | None,
        about(
            "Class there → class here; probabilities of several are added; null: left out, and the rest scaled to"
            " 1. null for the whole key: both studies have the same classes."
        ),
    ] = None

    def sources(self) -> tuple[SourceRun, ...]:
        return (SourceRun(self.of, self.study, self.protocol),)

    def compared_study(self) -> str:
        return self.study

    def completed(self, as_published: Mapping[str, str | None]) -> dict[str, Any]:
        return {"protocol": as_published[self.study]} if self.protocol is None else {}

    def mistakes_between(self, study: StudyRuns, studies: Mapping[str, StudyRuns]) -> Iterator[str]:
        source = studies.get(self.study)
        if source is None:
            yield f"study {self.study!r} does not exist; {nearest(self.study, studies)}"
            return
        trained = [name for name, run in source.runs.items() if run.leaves_weights]
        if self.of not in trained:
            yield f"of names {self.of!r}, which is no trained run of {self.study}; {nearest(self.of, trained)}"
        if self.protocol is None and source.as_published is None:
            yield (
                f"{self.study} has no protocol of the role as_published; name one, such as protocol: "
                f"{source.protocols[0]}"
            )
        elif self.protocol is not None and self.protocol not in source.protocols:
            yield f"{self.study} has no protocol {self.protocol!r}; {nearest(self.protocol, source.protocols)}"
        if missing := sorted(set(study.seeds) - set(source.seeds)):
            yield (
                f"{self.study} is not trained with the seed {missing[0]}: {study.name} has seeds: "
                f"{list(study.seeds)}, {self.study} has seeds: {list(source.seeds)}; give both the same"
            )
        there, here = source.preprocess, study.preprocess
        if differing := [key for key in there if there[key] != here[key]]:
            yield (
                f"{self.study} has another preprocess ({differing[0]}: {there[differing[0]]}, here "
                f"{here[differing[0]]}); its network would see other images, give both the same"
            )

    def words(self, name: str, record: "RunRecord") -> str:
        seen = sum(record.seen_in_training.values())
        overlap = f"; {seen} of these pictures, or copies of them, were used there" if seen else ""
        return f"{self.of} trained on {self.study} ({self.protocol}), no refit{overlap}"
