"""Write a study's report.

In: verdict.csv, and everything else the study left (dataset/, arrays/record.json, splits/, runs/…/units.csv,
record.json, ledger.json, history.csv, evaluation/, explanation/), and with --paper the folder with published.yaml and
notes.md.
Done: the verdict on every printed number, the leak premium, all tables and figures, a checklist on one page.
Out: report.html, one file that needs no network and no script; next to it metrics.json (numbers only), headline/ (the
main run under each protocol, for `dvc metrics`), costs.csv (contract COSTS), model_card.md (of the main run), curves/
(mean training curves, for `dvc plots`) and, last, report.json, the record. All but costs.csv and the page's section on
costs is the same bytes whenever the results are.
"""

import argparse

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.record import make_record, write_record
from workflow_scripts.contracts.verified import require, require_all
from workflow_scripts.kinds.step_settings.report_settings import ReportSettings
from workflow_scripts.reporting.arguments import study_arguments
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.study_paths import StudyPaths


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    settings = parse(ReportSettings, args.settings)
    from workflow_scripts.contracts.run_costs import COSTS
    from workflow_scripts.reporting.cost_rows import cost_rows
    from workflow_scripts.reporting.pages.checklist import model_card
    from workflow_scripts.reporting.pages.study_page import study_page
    from workflow_scripts.reporting.premiums import premiums
    from workflow_scripts.reporting.results_reading import read_results, records_read
    from workflow_scripts.reporting.summary import metrics, write_curves, write_headlines
    from workflow_scripts.runtime.files import write_json, write_text

    record, folder = args.out.with_name("report.json"), args.study_folder
    record.unlink(missing_ok=True)
    records = [*records_read(folder, settings), folder / "verdict.json"]
    require(folder / "verdict.json", "verdict.csv")
    if settings.paper:
        require_all(folder / "paper" / "record.json")
        records.append(folder / "paper" / "record.json")
    results = read_results(folder, settings, args.paper)
    by_protocol = premiums(results)
    page, card, numbers = study_page(results, by_protocol), model_card(results), metrics(results, by_protocol)
    paths = StudyPaths(args.out.parent)
    write_curves(paths.curves, results)
    write_headlines(paths.headline, results)
    COSTS.write(paths.costs, cost_rows(results))
    write_json(args.out.with_name("metrics.json"), numbers)
    write_text(paths.model_card, card)
    write_text(args.out, page)
    written = [args.out, args.out.with_name("metrics.json"), paths.costs, paths.model_card]
    written += [*sorted(paths.curves.glob("*.csv")), *sorted(paths.headline.glob("*.json"))]
    outputs = input_digests(args.out.parent, written)
    write_record(record, make_record(args.settings, args.code, input_digests(folder, records), outputs=outputs))
    entry.log.info(
        "%s: %d runs under %d protocols on one page",
        settings.study,
        len(settings.runs),
        len(settings.protocols),
    )


if __name__ == "__main__":
    entry.run(main, study_arguments(__doc__, "the page; the other files come next to it"))
