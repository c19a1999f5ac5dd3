"""The verdict on everything that a paper prints about a study: rows of verdict.csv."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from workflow_scripts.claims.printed import shown
from workflow_scripts.contracts import verdict_table
from workflow_scripts.contracts.claims import TIMES, Claim, Layer, Published, Statement
from workflow_scripts.contracts.metric_names import CLASS_METRICS
from workflow_scripts.contracts.subsets import SMOTE_BEFORE_SPLIT, SMOTE_MARK
from workflow_scripts.evaluation.quantities import CONFUSIONS
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.judging.comparable import differences, printed_n
from workflow_scripts.reporting.judging.decisions import Decision, ProtocolArm, decide_number, decide_order
from workflow_scripts.reporting.judging.judged_together import Entry, VerdictRow, judged_together
from workflow_scripts.reporting.judging.orders import Order, order_of, power_words
from workflow_scripts.reporting.judging.reproduced_estimates import MEASURED, AbsentError, Answer, answer, measured
from workflow_scripts.reporting.reproduced import EPOCHS, NOTHING
from workflow_scripts.reporting.results import Results
from workflow_scripts.runtime.wording import listed

COUNTED = ("samples", "classes", "class_ratio", "parameter_size")
MACHINERY = "Synthetic data: this shows the machinery at work and says nothing about the paper."
FLATTERED = f"{SMOTE_MARK}: networks learned from samples that are made of the reported ones, which flatters them."
OTHER_MACHINE = "Measured on another machine than the paper's; what it took here stands under the report's costs."


@dataclass(frozen=True)
class Ruling:
    """A verdict and which of the two numbers are shown with it; decided: nothing stands in the verdict's way."""

    decision: Decision
    obtained: bool = False
    leak_free: bool = False
    decided: bool = False


@dataclass(frozen=True)
class Question:
    """An entry of the paper and what this study says to it. published, free: the two protocols, where they are."""

    results: Results
    published: ProtocolArm | None
    free: ProtocolArm | None
    entry: Claim | Statement

    @cached_property
    def order(self) -> Order | None:
        """The order that the entry claims, as each statement does; None of a number."""
        return order_of(self.entry, self.results.headline)

    @property
    def subject(self) -> Claim:
        """The number that is spoken of: of an order that differs by subset or class, and of a statement, its own."""
        if self.order:
            return self.order.subject
        assert isinstance(self.entry, Claim)
        return self.entry

    @property
    def as_published(self) -> ProtocolArm:
        """The arm of the protocol that splits as the paper did; `not_run` applies where there is none."""
        assert self.published is not None
        return self.published

    @property
    def runs(self) -> list[str]:
        """Every run that is needed."""
        if self.order:
            return self.order.runs
        return [run for run in (self.subject.run, self.subject.against.get("run")) if run]

    @cached_property
    def obtained(self) -> Answer:
        """The number under the protocol as published."""
        return answer(self.results, self.as_published.protocol, self.as_published.measures, self.subject)

    @cached_property
    def leak_free(self) -> Answer:
        """The number under the protocol without leaks."""
        if self.free is None:
            return Answer(NOTHING)
        return answer(self.results, self.free.protocol, self.free.measures, self.subject)

    @cached_property
    def decision(self) -> Decision:
        """The verdict if nothing stands in its way; raises AbsentError where a number that it needs is not there."""
        if self.order:
            return decide_order(self.results, self.as_published, self.order)
        return decide_number(self.results, self.subject, self.as_published, self.obtained, self.free, self.leak_free)

    @property
    def counts_data(self) -> bool:
        """Whether it is a number of the data alone: then neither training nor n makes it incomparable."""
        return isinstance(self.entry, Claim) and self.entry.metric in ("samples", "classes", "class_ratio")


def verdict_rows(results: Results) -> list[VerdictRow]:
    """A row for every claim, statement and layer about the study, in the order of the paper's file."""
    if results.published is None:
        return []
    study, paper = results.settings.study, results.published
    published, free = (
        ProtocolArm(protocol, measured(results, protocol)) if protocol else None
        for protocol in (results.as_published, next(iter(results.leak_free), None))
    )
    entries: list[Claim | Statement] = [*paper.claims, *paper.statements]
    rows = [row_of(Question(results, published, free, entry)) for entry in entries if entry.study == study]
    together = judged_together(rows, judged_elsewhere(paper, study))
    return [*together, *(_of_layer(layer) for layer in paper.layers if layer.study == study)]


def judged_elsewhere(paper: Published, study: str) -> int:
    """How many numbers and orders the paper prints about other data that may get a word in their own studies."""
    entries: list[Claim | Statement] = [*paper.claims, *paper.statements]
    return sum(entry.study != study and may_be_judged(entry) for entry in entries)


def may_be_judged(entry: Claim | Statement) -> bool:
    """Whether an entry may get a word that is not counted exactly: what was read into the paper gets none."""
    if entry.assumed:
        return False
    if isinstance(entry, Statement):
        return True
    return not _unchecked(entry) and entry.metric not in (*COUNTED, *TIMES)


def row_of(question: Question) -> VerdictRow:
    """The line of an entry: the first of RULES that applies says it."""
    ruling = next(ruling for rule in RULES if (ruling := rule(question)))
    why = ruling.decision.why
    if ruling.obtained and question.runs and question.as_published.protocol.rule.resample == SMOTE_BEFORE_SPLIT:
        why = f"{why} {FLATTERED}"
    return VerdictRow(
        question.entry,
        printed_words(question.entry),
        question.obtained.value if ruling.obtained else NOTHING,
        question.leak_free.value if ruling.leak_free else NOTHING,
        ruling.decision.verdict,
        why,
        *((ruling.decision.p_value, ruling.decision.evidence) if ruling.decided else (None, None)),
    )


def _of_layer(layer: Layer) -> VerdictRow:
    why = "A row of a table of layers: consistency.csv follows it through the network."
    return VerdictRow(layer, printed_words(layer), NOTHING, NOTHING, verdict_table.NOT_CHECKED, why)


def not_checked_here(question: Question) -> Ruling | None:
    """Only the check of printed numbers can speak of it."""
    reason = _unchecked(question.entry)
    return Ruling(Decision(verdict_table.NOT_CHECKED, reason)) if reason else None


def not_run(question: Question) -> Ruling | None:
    """A run or a protocol that it needs is not there."""
    missing = [run for run in question.runs if run not in question.results.settings.runs]
    if not missing and question.published is not None:
        return None
    why = "No protocol of this study splits as the paper did (role as_published)."
    if missing:
        why = f"Missing: the run{'s' * (len(missing) > 1)} {listed(missing)}."
    n = printed_n(question.results, question.subject)
    power = power_words(n, _start(question.entry), None) if question.order else ""
    return Ruling(Decision(verdict_table.NOT_RUN, " ".join(filter(None, (why, power)))))


def measured_elsewhere(question: Question) -> Ruling | None:
    """Times are those of another machine."""
    if question.subject.metric not in TIMES:
        return None
    synthetic = Decision(verdict_table.SYNTHETIC, MACHINERY)
    return Ruling(synthetic if question.results.synthetic else Decision(verdict_table.NOT_COMPARABLE, OTHER_MACHINE))


def nothing_obtained(question: Question) -> Ruling | None:
    """The run is there and has no such number; an order by class has other numbers than the subject's."""
    missing = question.obtained.missing
    if not missing or (question.order and question.order.field == "class_name"):
        return None
    return Ruling(Decision(verdict_table.NOT_RUN, f"{formatting.opened(missing)}."), leak_free=True)


def number_absent(question: Question) -> Ruling | None:
    """A number that the order needs is not there."""
    try:
        _ = question.decision
    except AbsentError as absent:
        return Ruling(Decision(verdict_table.NOT_CHECKED, f"{absent}."), obtained=True, leak_free=True)
    return None


def on_synthetic_data(question: Question) -> Ruling | None:
    """Synthetic pictures say nothing about the paper."""
    if not question.results.synthetic:
        return None
    detail = f" {question.decision.why}" if question.order else ""
    return Ruling(Decision(verdict_table.SYNTHETIC, MACHINERY + detail), obtained=True, leak_free=True)


def not_comparable(question: Question) -> Ruling | None:
    """Settings, scale or data are not the paper's, or it leaves open what its number is of.

    What this project read into the paper is no ground for a verdict on it.
    """
    runs = [] if question.counts_data else question.runs
    differing = differences(question.results, question.as_published.protocol, question.subject, runs)
    assumed = dict.fromkeys(question.entry.assumed.values())
    if not differing and not assumed:
        return None
    why = [f"Not as in the paper: {'; '.join(differing)}."] if differing else []
    why += [f"Left open by the paper: {sentence}" for sentence in assumed]
    return Ruling(Decision(verdict_table.NOT_COMPARABLE, " ".join(why)), obtained=True, leak_free=True)


def decided(question: Question) -> Ruling:
    """Reproduced, holds, higher, lower, fails, or cannot tell."""
    return Ruling(question.decision, obtained=True, leak_free=True, decided=True)


# Asked in this order; docs/explanation/verdicts.md says what each word means.
RULES: tuple[Callable[[Question], Ruling | None], ...] = (
    not_checked_here,
    not_run,
    measured_elsewhere,
    nothing_obtained,
    number_absent,
    on_synthetic_data,
    not_comparable,
    decided,
)


def _unchecked(entry: Claim | Statement) -> str:
    """Why only the check of printed numbers can speak of it; empty where results can."""
    if isinstance(entry, Statement):
        return ""
    if entry.metric in TIMES:
        return ""
    if "study" in entry.against:
        return "A difference between two data sets, each of which has a verdict of its own."
    if entry.metric in EPOCHS and entry.against:
        return "A difference between numbers in the course of trainings: how far chance moves it is not measured."
    if entry.metric == CONFUSIONS and "class_name" in entry.against:
        return "A difference between confusions of two classes, which are compared as shares of each."
    if entry.metric == "samples" and entry.run and entry.subset not in ("validation", "test"):
        return "Counted with the copies that a run was trained on; the images themselves are counted elsewhere."
    if entry.metric in CLASS_METRICS and entry.class_name is None:
        return "The paper does not say of which class."
    if entry.metric not in (*MEASURED, *EPOCHS, *COUNTED):
        return "Says how the paper worked, not what came out; consistency.csv holds it against its other numbers."
    return ""


def _start(entry: Claim | Statement) -> float | None:
    """An accuracy that a paper prints with an order."""
    return entry.scaled if isinstance(entry, Claim) and entry.metric == "accuracy" else None


def printed_words(entry: Entry) -> str:
    """As the paper prints it."""
    if isinstance(entry, Claim):
        return shown(entry)
    return f"“{entry.words}”" if isinstance(entry, Statement) else " x ".join(map(str, entry.size))
