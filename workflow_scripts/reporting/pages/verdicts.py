"""The verdict as a report shows it: one table, what matters first, each row with where its evidence is."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workflow_scripts.claims.checks import check_all, overall
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION
from workflow_scripts.contracts import verdict_table
from workflow_scripts.contracts.claims import TIMES, Claim, Layer, Statement
from workflow_scripts.contracts.verdict_table import AGAINST, VERDICT, VERDICTS
from workflow_scripts.evaluation.multiplicity import FALSE_SHARE, expected_false
from workflow_scripts.evaluation.uncertainty import FEWEST_TRAININGS
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.judging.judged_together import Entry
from workflow_scripts.reporting.judging.verdict_rows import judged_elsewhere
from workflow_scripts.reporting.pages.summary_screen import claim_value, claim_words
from workflow_scripts.reporting.reproduced import Value, or_none
from workflow_scripts.reporting.results import Results
from workflow_scripts.reporting.run_order import headline_claims, main_run
from workflow_scripts.runtime.wording import listed

if TYPE_CHECKING:
    import pandas as pd

# Rows of the first screen; the others are folded away.
SHOWN = 6
# After the headline: what contradicts the paper, what contradicts itself there, then the rest.
_ORDER = (
    verdict_table.CANNOT_TELL,
    verdict_table.REPRODUCED,
    verdict_table.HOLDS,
    verdict_table.NOT_COMPARABLE,
    verdict_table.SYNTHETIC,
    verdict_table.NOT_RUN,
    verdict_table.NOT_CHECKED,
)
# How a verdict is coloured; the word says it as well.
COLOURS = {
    **dict.fromkeys((verdict_table.REPRODUCED, verdict_table.HOLDS), "good"),
    **dict.fromkeys(verdict_table.AGAINST, "bad"),
}
# Parts of the interval of obtained minus published, in the order of the equation.
_PARTS = {
    "own_sampling": "samples here",
    "own_training": "trainings here",
    "paper_sampling": "the paper's samples",
    "paper_training": "the paper's trainings",
}


@dataclass(frozen=True)
class Shown:
    """A row of the table. links: (text, address) of its evidence; mlflow: name of its run there; printed_fits: what the
    check of printed numbers says; parts: of the interval of obtained minus published."""

    what: str
    place: str
    printed: str
    obtained: str
    obtained_ends: str
    leak_free: str
    leak_free_ends: str
    verdict: str
    why: str
    headline: bool
    printed_fits: str
    links: tuple[tuple[str, str], ...]
    mlflow: str
    parts: str

    @property
    def colour(self) -> str:
        return COLOURS.get(self.verdict, "")

    @property
    def short(self) -> str:
        """The reason's beginning, where it is a long list."""
        parts = self.why.split("; ")
        return self.why if len(parts) < 4 else "; ".join(parts[:2]) + f"; and {len(parts) - 2} more."


def verdict_section(results: Results) -> dict[str, Any]:
    """Rows of verdict.csv, what matters first; how many of each verdict; what many numbers at once do to words."""
    table = VERDICT.read(results.folder / "verdict.csv")
    shown = _rows(results, table.to_dict("records")) if len(table) else []
    counted = Counter(row.verdict for row in shown)
    return {
        "verdict_rows": shown[:SHOWN],
        "more_verdicts": shown[SHOWN:],
        "tally": [(counted[name], name, COLOURS.get(name, "")) for name in VERDICTS if counted[name]],
        "together": together_words(results, table),
        "several_seeds": len(results.settings.seeds) > 1,
        "seed_words": seed_words(len(results.settings.seeds)),
    }


def together_words(results: Results, table: "pd.DataFrame") -> str:
    """How many words against the paper chance would give, and what is done about it; empty where none is judged."""
    judged = int(table["p"].notna().sum())
    if not judged:
        return ""
    elsewhere = judged_elsewhere(results.paper, results.settings.study)
    alone, kept = (int(table.loc[table["p"].notna(), name].isin(AGAINST).sum()) for name in ("alone", "verdict"))
    family = f"{formatting.grouped(judged)} of them are judged here"
    if elsewhere:
        family += f" ({formatting.grouped(elsewhere)} more in the paper's other studies)"
    return (
        f"Of many numbers some differ by chance: {family}. Were all right, and each judged for itself, "
        f"{expected_false(judged):.1f} would be called higher, lower or fails. Judged for themselves {alone} are "
        f"called so; adjusted for all of them, {kept}. Of the words that are left {100 * FALSE_SHARE:.0f} % at most "
        f"are expected to be false; were the paper right in everything, the chance of any would be "
        f"{100 * FALSE_SHARE:.0f} % at most."
    )


def seed_words(seeds: int) -> str:
    """How many training seeds there are, and what too few of them mean."""
    text = formatting.plural(seeds, "training seed")
    if seeds == 1:
        return f"{text}: how far trainings differ is unknown"
    return text + (
        f": fewer than {FEWEST_TRAININGS}, how far trainings differ is hardly known" if seeds < FEWEST_TRAININGS else ""
    )


def _rows(results: Results, lines: list[dict[str, Any]]) -> list[Shown]:
    paper = results.paper
    assert results.printed is not None  # of which `paper` is a part
    fits = overall(check_all(results.printed))
    judgeable: list[Entry] = [*paper.claims, *paper.statements, *paper.layers]
    entries = {entry.id: entry for entry in judgeable}
    first = [claim.id for claim in headline_claims(results)]
    shown = [(_rank(line, first, fits), _row(results, entries[line["claim"]], line, fits, first)) for line in lines]
    return [row for _, row in sorted(shown, key=lambda pair: pair[0])]


def _rank(line: dict[str, Any], first: list[str], fits: dict[str, str]) -> tuple[int, int]:
    """Headline claims in their order; then what contradicts; then by verdict, in the order of the paper's file."""
    if line["claim"] in first:
        return 0, first.index(line["claim"])
    if line["verdict"] in AGAINST:
        return 1, 0
    if fits.get(line["claim"]) == CONTRADICTION:
        return 2, 0
    return 3 + _ORDER.index(line["verdict"]), 0


def _row(results: Results, entry: Entry, line: dict[str, Any], fits: dict[str, str], first: list[str]) -> Shown:
    obtained = _read(line, "obtained", "low", "high")
    free = _read(line, "leak_free", "leak_free_low", "leak_free_high")
    run = None if isinstance(entry, Layer) else entry.run
    fit = fits.get(entry.id, "")
    return Shown(
        entry_words(entry),
        entry.place,
        line["published"],
        *_written(entry, obtained, line["published"]),
        *_written(entry, free, line["published"]),
        line["verdict"],
        line["why"],
        entry.id in first,
        fit if fit in (CONSISTENT, CONTRADICTION) else "",
        tuple(_links(results, entry, line["verdict"], fit)),
        f"{run} (published)" if run in results.settings.runs else "",
        _parts(entry, line),
    )


def _parts(entry: Entry, line: dict[str, Any]) -> str:
    """Standard errors of both sides, in points or in the number's own unit; empty where nothing was compared."""
    errors = {words: or_none(line[name]) for name, words in _PARTS.items()}
    unknown = [words for words, error in errors.items() if error is None]
    if len(unknown) == len(errors):
        return ""
    in_points = isinstance(entry, Claim) and entry.unit != "fraction"
    written = [
        f"{words} {100 * error:.1f}" if in_points else f"{words} {error:.3f}"
        for words, error in errors.items()
        if error is not None
    ]
    text = f"Standard errors{', points' if in_points else ''}: {'; '.join(written)}"
    text += f"; unknown: {listed(unknown)}" if unknown else ""
    adjusted = or_none(line["p_adjusted"])
    p_values = f"p {formatting.p_value(line['p'])}"
    p_values += "" if adjusted is None else f", adjusted {formatting.p_value(adjusted)}"
    return f"{text}. {p_values}."


def _read(line: dict[str, Any], *columns: str) -> Value:
    value, low, high = (or_none(line[name]) for name in columns)
    return Value(value, low, high)


def entry_words(entry: Entry) -> str:
    """What a row is about."""
    if isinstance(entry, Claim):
        return claim_words(entry)
    return f"Layer {entry.name}" if isinstance(entry, Layer) else f"In words, of {entry.subject}"


def _written(entry: Entry, value: Value, printed: str) -> tuple[str, str]:
    """A number and its interval in the form of the claim, which is `printed`; a dash where there is none."""
    if value.value is None:
        return formatting.DASH, ""
    if isinstance(entry, Claim) and (entry.unit in ("count", "MB") or entry.metric == "class_ratio"):
        text = f"{value.value:.2f}" if entry.metric == "class_ratio" else claim_value(entry, value)
        with_ends = entry.metric == "confusions" and value.low is not None
        return text, f"{value.low:.1f} to {value.high:.1f}" if with_ends else ""
    if isinstance(entry, Claim) and entry.unit == "percentage_points":
        ends = "" if value.low is None else f"{formatting.points(value.low)} to {formatting.points(value.high)}"
        return f"{formatting.points(value.value)} points", ends
    metric = "accuracy" if isinstance(entry, Layer) else entry.metric or "accuracy"
    percent = formatting.percent_beside(metric, printed)
    number = formatting.number(metric, value.value, percent=percent)
    return number, formatting.interval(metric, value.low, value.high, percent)


def _links(results: Results, entry: Entry, decided: str, fit: str) -> list[tuple[str, str]]:
    """Where a row's evidence stands, in this report and on the page of printed numbers."""
    links = []
    if decided == verdict_table.NOT_COMPARABLE and getattr(entry, "metric", "") not in TIMES:
        links.append(("settings", "#settings"))
    if isinstance(entry, Claim) and entry.metric in TIMES:
        links.append(("costs", "#costs"))
    elif isinstance(entry, Claim) and entry.run is None:
        links.append(("splits", "#splits") if entry.subset not in (None, "all") else ("data", "#data"))
    elif not isinstance(entry, Layer) and entry.run in results.settings.runs and results.as_published:
        links.append(("metrics", f"#runs-{results.as_published.name}"))
        if isinstance(entry, Statement) or entry.relation == "highest" or "run" in entry.against:
            links.append(("comparison", "#comparisons"))
        else:
            links.append(("figures", "#figures"))
    if fit:
        links.append(("printed number", f"../consistency.html#{results.paper.paper}:{entry.id}"))
    return links


def premium_words(results: Results, premiums: dict[str, dict[str, Value]]) -> list[tuple[str, Value, str]]:
    """Leak premium of the main run against each protocol without leaks, and what its interval shows."""
    main = main_run(results)
    of_main = [(protocol, by_run[main]) for protocol, by_run in premiums.items() if main in by_run]
    return [(protocol, value, _shown_by(value)) for protocol, value in of_main]


def _shown_by(premium: Value) -> str:
    """What the interval of a premium shows; empty where there is none."""
    if premium.low is None or premium.high is None:
        return ""
    if premium.low > 0:
        return "the number is higher with the leaks"
    return "the number is lower with the leaks" if premium.high < 0 else "0 lies within: no premium is shown"
