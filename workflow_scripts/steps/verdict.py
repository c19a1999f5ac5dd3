"""Judge every number that a study's paper prints about it: verdict.csv.

In: everything that a report reads, and with --paper the folder with published.yaml.
Done: the obtained number under the protocol as published, and under the one without leaks, each with an interval that
covers both which samples were taken (whole groups, by bootstrap) and how trainings differ (seeds, folds); the interval
of obtained minus published, with the paper's own samples and training (evaluation/paper_chance.py); the verdict by the
rule of evaluation/equivalence.py, adjusted for all numbers that are judged. docs/explanation/verdicts.md explains both.
Out: --out (contract VERDICT), a row for each claim, statement and layer about this study; without a paper, no row. The
record is verdict.json next to it.
"""

import argparse
from collections import Counter

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.record import make_record, write_record
from workflow_scripts.kinds.step_settings.report_settings import VerdictSettings
from workflow_scripts.reporting.arguments import study_arguments
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    settings = parse(VerdictSettings, args.settings)
    from workflow_scripts.contracts.verdict_table import VERDICTS
    from workflow_scripts.reporting.judging.verdict_file import write
    from workflow_scripts.reporting.judging.verdict_rows import verdict_rows
    from workflow_scripts.reporting.results_reading import read_results, records_read

    rows = verdict_rows(read_results(args.study_folder, settings, args.paper))
    write(args.out, rows)
    inputs = input_digests(args.study_folder, records_read(args.study_folder, settings))
    record = make_record(args.settings, args.code, inputs, outputs=input_digests(args.out.parent, [args.out]))
    write_record(args.out.with_suffix(".json"), record)
    counted = Counter(row.verdict for row in rows)
    counts = (
        ", ".join(f"{counted[verdict]} {verdict}" for verdict in VERDICTS if counted[verdict])
        or "nothing is printed about it"
    )
    entry.log.info("%s: %s", settings.study, counts)


if __name__ == "__main__":
    entry.run(main, study_arguments(__doc__, "verdict.csv"))
