"""Runs of a study without a paper, best first, and what may be said of them: sentences from its tables alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workflow_scripts.contracts.run_tables import ALL
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.reproduced import Value, or_none, overall
from workflow_scripts.reporting.results import Protocol, Results
from workflow_scripts.reporting.run_order import ordered_runs, ranking_protocol, reference, run_words
from workflow_scripts.runtime.wording import listed

# An adjusted p below it: two runs are told apart.
TOLD_APART = 0.05


@dataclass(frozen=True)
class RankedRun:
    """A run under the protocol that ranks.

    words: what it is; sees: what it sees, where that is no shape; difference: from the reference run, NOTHING of the
    reference itself; p: of that difference, adjusted for the number of runs compared.
    """

    name: str
    words: str
    sees: tuple[str, ...]
    value: Value
    difference: Value
    p: float | None

    @property
    def told_apart(self) -> bool:
        """Whether it is told from the reference run."""
        return self.p is not None and self.p < TOLD_APART

    @property
    def p_words(self) -> str:
        """The adjusted p as a table shows it."""
        return formatting.p_value(self.p)

    @property
    def compared(self) -> str:
        """Name and difference from the reference, in words."""
        ends = f", {_ends(self.difference)}" if self.difference.low is not None else ""
        p = "" if self.p is None else f", adjusted p {self.p_words}"
        return f"{self.name} ({formatting.points(self.difference.value)} points{ends}{p})"


@dataclass(frozen=True)
class Ranking:
    """Runs by the headline metric under a protocol, best first; reference: the run that the others are compared with,
    empty where there is one run.
    """

    protocol: Protocol
    runs: tuple[RankedRun, ...]
    reference: str

    @property
    def best(self) -> RankedRun:
        return self.runs[0]


def ranking(results: Results) -> Ranking:
    """The runs under the first protocol without known leaks; where there is none, under the first that is shown."""
    protocol = ranking_protocol(results)
    return Ranking(
        protocol, tuple(_ranked(results, protocol, name) for name in ordered_runs(results)), reference(results)
    )


def _ranked(results: Results, protocol: Protocol, name: str) -> RankedRun:
    run, difference, p = protocol.runs[name], Value(None), None
    compared = protocol.comparison[(protocol.comparison["seed"] == ALL) & (protocol.comparison["run"] == name)]
    for row in compared.to_dict("records"):
        value, low, high, p = (or_none(row[column]) for column in ("difference", "low", "high", "p_holm"))
        difference = Value(value, low, high, int(row["n"]))
    sees = run.kind.sees_no_shape()
    return RankedRun(name, run_words(run), sees, overall(run, results.headline), difference, p)


def sentences(results: Results, ranked: Ranking, premiums: Mapping[str, Mapping[str, Value]]) -> list[str]:
    """What a reader asks first: which run is best, what cannot be told from it, what needs no shape, what leaks give.

    `premiums`: see reporting.premiums.
    """
    return [
        _best(results, ranked) + _flattered(ranked),
        *_compared(ranked),
        *_without_shapes(results, ranked),
        *_premium(results, ranked, premiums),
    ]


def _best(results: Results, ranked: Ranking) -> str:
    protocol, best, metric = ranked.protocol, ranked.best, results.headline
    how = results.without_leaks if protocol.leak_free else "with its leaks kept"
    name = formatting.in_sentence(formatting.metric_name(metric))
    count = "" if best.value.n is None else f" (n = {formatting.grouped(best.value.n)})"
    return f"Best {how}, under {protocol.name}: {best.name}, {name} {_written(metric, best.value)}{count}."


def _flattered(ranked: Ranking) -> str:
    """What the samples that are reported have done besides: they chose which run is called best."""
    if len(ranked.runs) == 1:
        return ""
    return f" These samples chose it among {len(ranked.runs)} runs, so on new ones it may come out lower."


def _compared(ranked: Ranking) -> list[str]:
    """Every run against the reference; of the best one first, where it is another."""
    best, rest = ranked.best, [run for run in ranked.runs if run.name not in (ranked.best.name, ranked.reference)]
    if not ranked.reference:
        return []
    if best.name == ranked.reference:
        it, first = "it", []
    else:
        it, away = ranked.reference, "is told from" if best.told_apart else "cannot be told from"
        first = [f"It {away} {it}, with which all runs are compared: {best.compared}."]
    alike, above, below = (
        [run.compared for run in rest if not run.told_apart],
        [run.compared for run in rest if run.told_apart and (run.difference.value or 0) > 0],
        [run.compared for run in rest if run.told_apart and (run.difference.value or 0) <= 0],
    )
    parts = {f"Not to be told from {it}": alike, f"Higher than {it}": above, f"Lower than {it}": below}
    return [*first, *(f"{words}: {listed(runs)}." for words, runs in parts.items() if runs)]


def _without_shapes(results: Results, ranked: Ranking) -> list[str]:
    """What the runs reach that see no shape, best first; beside it the most frequent class, of accuracy."""
    blind = [run for run in ranked.runs if run.sees]
    if not blind:
        return []
    reached = [f"{listed(run.sees)} alone {_written(results.headline, run.value)} ({run.name})" for run in blind]
    guessed = ""
    if results.headline == "accuracy":
        share = _most_frequent(ranked.protocol, results.classes)
        guessed = f" The most frequent class for every sample would be right in {formatting.number('accuracy', share)}."
    return [f"Without any shape: {listed(reached)}.{guessed}{_nothing_more(ranked, blind)}"]


def _nothing_more(ranked: Ranking, blind: Sequence[RankedRun]) -> str:
    """That the reference does not show that it sees more than a run without shapes, where that is so; else empty."""
    if ranked.reference in [run.name for run in blind]:
        return ""
    equal = [run for run in blind if run.p is not None and (not run.told_apart or (run.difference.value or 0) > 0)]
    return f" Nothing here shows that {ranked.reference} sees more than that." if equal else ""


def _most_frequent(protocol: Protocol, classes: Sequence[str]) -> float:
    counts = [fold[protocol.reported] for fold in protocol.record.counts.values()]
    totals = [sum(count[name] for count in counts) for name in classes]
    return max(totals) / max(sum(totals), 1)


def _premium(results: Results, ranked: Ranking, premiums: Mapping[str, Mapping[str, Value]]) -> list[str]:
    premium = premiums.get(ranked.protocol.name, {}).get(ranked.best.name)
    if premium is None or premium.value is None or results.as_published is None:
        return []
    ends, worth = "", "that is what the leaks are worth"
    if premium.low is not None and premium.high is not None:
        ends = f" ({_ends(premium)})"
        worth += "" if premium.low > 0 or premium.high < 0 else ", if anything"
    size = formatting.points(abs(premium.value)).lstrip("+")
    return [
        f"Under {results.as_published.name}, which tears apart what belongs together, {ranked.best.name} comes out "
        f"{size} points {'lower' if premium.value < 0 else 'higher'}{ends}: {worth}."
    ]


def _ends(value: Value) -> str:
    return f"{formatting.points(value.low)} to {formatting.points(value.high)}"


def _written(metric: str, value: Value) -> str:
    ends = formatting.interval(metric, value.low, value.high)
    return formatting.number(metric, value.value) + (f" ({ends})" if ends else "")
