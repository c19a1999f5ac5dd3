"""What a study came to, kept in docs/papers/<name>.json with the command that made it: no page types such a number.

It is taken from finished results, whose files are what their records say, and holds enough to write the paper's page.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from workflow_scripts.contracts.blocks import about, parse, plain
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json

if TYPE_CHECKING:
    from workflow_scripts.reporting.reproduced import Value
    from workflow_scripts.reporting.results import Protocol, Results

FOLDER = Path("docs") / "papers"


@dataclass(frozen=True)
class Interval:
    """A number with the ends of its 95 % interval; null: there is none."""

    value: Annotated[float | None, about("As in metrics.json.")]
    low: Annotated[float | None, about("Lower end.")] = None
    high: Annotated[float | None, about("Upper end.")] = None


@dataclass(frozen=True)
class KeptProtocol:
    """A split and its leaks."""

    name: Annotated[str, about("In the settings.")]
    words: Annotated[str, about("Its rule.")]
    leak_free: Annotated[bool, about("Whether nothing was found on both sides.")]
    as_published: Annotated[bool, about("Whether it is the paper's own split.")]
    tested: Annotated[int, about("Samples that it reports.")]
    leaking: Annotated[int, about("Of these, samples with a leak.")]


@dataclass(frozen=True)
class KeptRun:
    """A run under a protocol, in the study's headline metric."""

    protocol: Annotated[str, about("Its split.")]
    run: Annotated[str, about("Its name.")]
    words: Annotated[str, about("What it is.")]
    epochs: Annotated[int | None, about("Of its trainings; null: nothing was trained.")]
    result: Annotated[Interval, about("The headline metric.")]
    premium: Annotated[Interval | None, about("Of a split without leaks: the published one minus this.")] = None


@dataclass(frozen=True)
class KeptClaim:
    """A headline number of the paper, and what came out."""

    words: Annotated[str, about("What it is.")]
    paper_place: Annotated[str, about("Where it is printed.")]
    metric: Annotated[str, about("What it measures.")]
    published: Annotated[str, about("As printed.")]
    obtained: Annotated[Interval, about("Under the protocol as published.")]
    leak_free: Annotated[Interval, about("Without leaks.")]
    verdict: Annotated[str, about("The word that it gets.")]


@dataclass(frozen=True)
class KeptStudy:
    """A study's outcome and where it comes from."""

    study: Annotated[str, about("Its name in the settings.")]
    title: Annotated[str, about("What its data are.")]
    paper: Annotated[str, about("The paper on whose page it stands.")]
    of_the_paper: Annotated[bool, about("Whether its numbers are compared with the paper's.")]
    command: Annotated[str, about("What made the results.")]
    commit: Annotated[str, about("With which code.")]
    date: Annotated[str, about("When it was kept, as YYYY-MM-DD.")]
    processor: Annotated[str, about("On which type.")]
    synthetic: Annotated[bool, about("Whether this project drew the data.")]
    scale: Annotated[str, about("paper or demo.")]
    adapters: Annotated[tuple[str, ...], about("Layouts of the data.")]
    samples: Annotated[int, about("In the manifest.")]
    classes: Annotated[int, about("How many.")]
    groups_known: Annotated[bool, about("Whether every sample has a group.")]
    manifest: Annotated[str, about("sha256 of the manifest, which holds that of every sample.")]
    shape: Annotated[tuple[int, ...], about("Of a row of the arrays.")]
    seeds: Annotated[int, about("Training seeds.")]
    metric: Annotated[str, about("The headline metric.")]
    main: Annotated[str, about("The run that is shown first.")]
    protocols: Annotated[tuple[KeptProtocol, ...], about("As published first.")]
    runs: Annotated[tuple[KeptRun, ...], about("By protocol, the main run first.")]
    claims: Annotated[tuple[KeptClaim, ...], about("The headline numbers.")]
    verdicts: Annotated[dict[str, int], about("Word → printed numbers that get it.")]

    def run(self, protocol: str, run: str) -> KeptRun | None:
        """The run under a protocol; None where it was not run."""
        return next((kept for kept in self.runs if (kept.protocol, kept.run) == (protocol, run)), None)


@dataclass(frozen=True)
class Origin:
    """Where results come from: the command, the code and the day; on whose page they stand."""

    command: str
    commit: str
    date: str
    page: str


def kept_study(results: "Results", title: str, origin: Origin) -> KeptStudy:
    """What is kept of a study's results."""
    from workflow_scripts.reporting import run_order
    from workflow_scripts.reporting.numbers import leaks
    from workflow_scripts.reporting.premiums import premiums
    from workflow_scripts.runtime.files import digest_file

    by_protocol = premiums(results)
    ordered = run_order.ordered_protocols(results)
    protocols = []
    for protocol in ordered:
        audited = leaks(protocol)
        words = run_order.rule_words(protocol)
        published = protocol is results.as_published
        protocols.append(
            KeptProtocol(protocol.name, words, protocol.leak_free, published, audited.tested, audited.leaking)
        )
    return KeptStudy(
        study=results.settings.study,
        title=title,
        paper=origin.page,
        of_the_paper=results.published is not None,
        command=origin.command,
        commit=origin.commit,
        date=origin.date,
        processor=results.dataset.provenance.processor,
        synthetic=results.synthetic,
        scale=results.dataset.scale or "",
        adapters=results.dataset.settings.adapters,
        samples=len(results.manifest),
        classes=len(results.classes),
        groups_known=results.dataset.groups_known,
        manifest=digest_file(results.folder / "dataset" / "manifest.csv"),
        shape=results.arrays.array.row_shape,
        seeds=len(results.settings.seeds),
        metric=results.headline,
        main=run_order.main_run(results),
        protocols=tuple(protocols),
        runs=tuple(kept for protocol in ordered for kept in _runs(results, protocol, by_protocol)),
        claims=_claims(results),
        verdicts=_verdicts(results),
    )


def _runs(results: "Results", protocol: "Protocol", premiums: "dict[str, dict[str, Value]]") -> list[KeptRun]:
    from workflow_scripts.reporting.reproduced import overall
    from workflow_scripts.reporting.run_order import ordered_runs, run_words

    runs = []
    for name in ordered_runs(results):
        run = protocol.runs[name]
        premium = premiums.get(protocol.name, {}).get(name)
        epochs = max(map(len, run.histories)) if run.histories else None
        value = _interval(overall(run, results.headline))
        runs.append(
            KeptRun(protocol.name, name, run_words(run), epochs, value, _interval(premium) if premium else None)
        )
    return runs


def _interval(value: "Value") -> Interval:
    return Interval(*(None if number is None else round(number, 6) for number in (value.value, value.low, value.high)))


def _claims(results: "Results") -> tuple[KeptClaim, ...]:
    from workflow_scripts.contracts.verdict_table import VERDICT
    from workflow_scripts.reporting.pages.consistency_rows import entry_words
    from workflow_scripts.reporting.reproduced import or_none
    from workflow_scripts.reporting.run_order import headline_claims

    if results.published is None:
        return ()
    rows = VERDICT.read(results.folder / "verdict.csv").set_index("claim")
    claims = []
    for claim in headline_claims(results):
        row, (words, printed) = rows.loc[claim.id], entry_words(results.published, claim)
        obtained, free = (
            Interval(*(None if (number := or_none(row[f"{name}{end}"])) is None else round(number, 6) for end in ends))
            for name, ends in (("", ("obtained", "low", "high")), ("leak_free", ("", "_low", "_high")))
        )
        claims.append(KeptClaim(words, claim.place, claim.metric, printed, obtained, free, str(row["verdict"])))
    return tuple(claims)


def _verdicts(results: "Results") -> dict[str, int]:
    from workflow_scripts.contracts.verdict_table import VERDICT, VERDICTS

    counts = VERDICT.read(results.folder / "verdict.csv")["verdict"].value_counts()
    return {verdict: int(counts[verdict]) for verdict in VERDICTS if verdict in counts}


def read_kept(root: Path) -> list[KeptStudy]:
    """All that is kept, real data first, then by name."""
    kept = [parse(KeptStudy, read_json(path)) for path in sorted((root / FOLDER).glob("*.json"))]
    return sorted(kept, key=lambda study: (study.synthetic, study.study))


def as_text(study: KeptStudy) -> str:
    """The file as text: one entry of a list a line."""
    parts = []
    for key, value in plain(study).items():
        lines = (json.dumps(item, ensure_ascii=False) for item in value) if isinstance(value, list) else ()
        if isinstance(value, list) and value and isinstance(value[0], dict):
            parts.append(f'"{key}": [\n  ' + ",\n  ".join(lines) + "\n ]")
        else:
            parts.append(f'"{key}": {json.dumps(value, ensure_ascii=False)}')
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def require_paper(root: Path, paper: str) -> None:
    """Raise UserError unless there is such a paper."""
    if not (root / "workflow_scripts" / "studies" / paper / "published.yaml").is_file():
        raise UserError(f"there is no paper {paper!r} in workflow_scripts/studies; name one with --page")
