"""The page of one study."""

from typing import Any

from workflow_scripts.reporting import captions
from workflow_scripts.reporting.pages import optional_sections, sections, summary_screen
from workflow_scripts.reporting.pages.checklist import checklist, model_card
from workflow_scripts.reporting.pages.copies_section import copies_section
from workflow_scripts.reporting.pages.documentation import documentation
from workflow_scripts.reporting.pages.label_efficiency_section import label_efficiency_section
from workflow_scripts.reporting.pages.large_slides_section import large_slides_section
from workflow_scripts.reporting.pages.page import markdown, render
from workflow_scripts.reporting.pages.ranking_screen import ranking_screen
from workflow_scripts.reporting.pages.risk_section import risk_section
from workflow_scripts.reporting.pages.run_figures_section import figures_section
from workflow_scripts.reporting.pages.series_section import series_section
from workflow_scripts.reporting.pages.slides_section import slides_section
from workflow_scripts.reporting.pages.statistics_section import statistics_section
from workflow_scripts.reporting.pages.training_copies_section import training_copies_section
from workflow_scripts.reporting.pages.verdicts import premium_words, verdict_section
from workflow_scripts.reporting.pages.visits_section import visits_section
from workflow_scripts.reporting.premiums import judged_words
from workflow_scripts.reporting.reproduced import Value
from workflow_scripts.reporting.results import Results
from workflow_scripts.reporting.run_order import ordered_protocols, ordered_runs, protocol_words, rule_words


def study_page(results: Results, premiums: dict[str, dict[str, Value]]) -> str:
    """The report as one HTML document. `premiums`: leak-free protocol → run → difference in shares."""
    settings, answered = results.settings, checklist(results)
    context = {
        "title": settings.title or settings.study,
        "study": settings.study,
        "citation": results.published.citation if results.published else "",
        "synthetic": results.synthetic,
        "scale": settings.scale,
        "disclaimer": captions.DISCLAIMER,
        "docs": documentation(results.folder),
        "protocols": ordered_protocols(results),
        "rule_words": rule_words,
        "protocol_words": protocol_words,
        "premiums": premiums,
        "as_published": results.as_published.name if results.as_published else "",
        **summary_screen.first_screen(results),
        **ranking_screen(results, premiums),
        **verdict_section(results),
        "premium_of_main": premium_words(results, premiums),
        "premium_judged": judged_words(results),
        # An external run has none.
        "premium_runs": [run for run in ordered_runs(results) if any(run in by_run for by_run in premiums.values())],
        **sections.data_section(results),
        **copies_section(results),
        **series_section(results),
        **slides_section(results),
        **large_slides_section(results),
        **visits_section(results),
        **sections.split_section(results),
        **sections.runs_section(results),
        **sections.comparisons_section(results),
        **figures_section(results),
        **risk_section(results),
        **statistics_section(results),
        **optional_sections.explained_section(results),
        **label_efficiency_section(results),
        **training_copies_section(results),
        **optional_sections.paper_figures_section(results),
        **optional_sections.sources_section(results),
        **optional_sections.subgroups_section(results),
        **optional_sections.compression_section(results),
        **optional_sections.times_section(results),
        **optional_sections.truth_section(results),
        **sections.how_it_was_made(results),
        "checklist": answered,
        "checklist_open": [row.item.item for row in answered if not row.text],
        "card": markdown(model_card(results)),
    }
    return render("report.html.j2", {**context, "sections": _contents(context)})


def _contents(context: dict[str, Any]) -> list[tuple[str, str]]:
    """Id and name of the sections that the page has."""
    entries = [
        ("verdict", "Verdict", context["has_paper"]),
        ("data", "Data", True),
        ("splits", "Splits", True),
        ("runs", "Runs", True),
        ("training-copies", "Learned elsewhere, tested here", context["training_copies"]),
        ("comparisons", "Comparisons", True),
        ("figures", "Figures", True),
        ("statistics", "Statistics", True),
        ("risk", "High and low risk", context["risk_tables"]),
        ("gradcam", "What the networks looked at", context["explained"]),
        ("labels", "Labels asked for", context["label_efficiency"]),
        ("paper", "Paper's figures and tables", context["paper_figures"]),
        ("sources", "Sources", context["source_rows"]),
        ("subgroups", "Subgroups", any(context["subgroup_rows"].values()) or context["subgroups_missing"]),
        ("compression", "Fewer bits", context["compression_rows"]),
        ("truth", "Ground truth", context["truth_rows"]),
        ("costs", "What it cost", True),
        ("settings", "Settings", True),
        ("provenance", "Provenance", True),
        ("checklist", "Checklist", True),
        ("notes", "Notes", context["notes"]),
        ("terms", "Terms", True),
    ]
    return [(anchor, name) for anchor, name, there in entries if there]
