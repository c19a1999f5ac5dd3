"""The papers as one table, for the README: printed numbers, what was trained, verdicts, leak premium."""

from collections import Counter
from pathlib import Path

from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.contracts.verdict_table import NOT_CHECKED, NOT_RUN, SYNTHETIC
from workflow_scripts.documentation.kept_study import Interval, KeptStudy
from workflow_scripts.documentation.paper_pages import PaperPage, paper_pages, premium_words
from workflow_scripts.reporting.formatting import DASH, plural

# Words that say nothing about what came out.
_SILENT = (NOT_RUN, NOT_CHECKED)


def table(root: Path) -> str:
    """A row a paper, as Markdown."""
    lines = [
        "| paper | numbers printed | contradictions | fits only if … | trained here | verdicts | leak premium |",
        "|---|---|---|---|---|---|---|",
    ]
    for page in paper_pages(root):
        counts, issues = page.part.numbers_by_outcome, page.part.issues_by_outcome
        cells = [f"[{page.published.called}]({page.path.as_posix()})", str(counts.total())]
        cells += [str(issues[CONTRADICTION]), str(issues[FITS_ONLY_IF]), *_trained_here(page)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _trained_here(page: PaperPage) -> tuple[str, str, str]:
    """What was trained, the verdicts and the leak premiums: of real data before synthetic, the paper's before others.

    Several data sets of one kind stand together: samples and verdicts are summed, each measured premium is
    shown with the name of its data.
    """
    if not page.kept:
        return "nothing is kept yet", DASH, DASH
    rank = min(_kind_of_data(study) for study in page.kept)
    studies = [study for study in page.kept if _kind_of_data(study) == rank]
    if studies[0].synthetic:
        return "synthetic data", SYNTHETIC, DASH
    trained = f"{plural(sum(study.samples for study in studies), 'sample')}, real"
    trained += f", {len(studies)} data sets" if len(studies) > 1 else ""
    trained += "" if studies[0].of_the_paper else ", not the paper's"
    verdicts = sum((Counter(study.verdicts) for study in studies), Counter())
    words = ", ".join(f"{count} {word}" for word, count in verdicts.items() if word not in _SILENT)
    premiums = [
        f"{_named_data(study, len(studies))}{premium_words(premium)}"
        for study in studies
        if (premium := _premium_of_main(study)) is not None
    ]
    return trained, words or DASH, "; ".join(premiums) or "cannot be measured"


def _named_data(study: KeptStudy, studies: int) -> str:
    """The data of a study by the names of their layouts, before what is said of them; nothing where they are alone."""
    return f"{' and '.join(f'`{adapter}`' for adapter in study.adapters)}: " if studies > 1 else ""


def _premium_of_main(study: KeptStudy) -> Interval | None:
    """The leak premium of the study's main run, against the first protocol that is free of leaks."""
    return next((kept.premium for kept in study.runs if kept.run == study.main and kept.premium is not None), None)


def _kind_of_data(study: KeptStudy) -> tuple[bool, bool]:
    """What tells more comes first: real data, then those of the paper."""
    return study.synthetic, not study.of_the_paper
