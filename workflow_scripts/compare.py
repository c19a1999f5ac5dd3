"""Compare all runs of one protocol with a reference run, on the same units of the subset it reports.

In: units.csv of every run, fold and seed, and the metrics.csv of each run's evaluation. Out, in --evaluation:
metrics.csv (of all runs), comparison.csv (difference of the headline metric with interval, McNemar's test) and
comparison.png.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import entry
from workflow_scripts.contracts.comparison import COMPARISON
from workflow_scripts.contracts.runs import METRICS
from workflow_scripts.contracts.seeds import seed_for
from workflow_scripts.contracts.subsets import REPORTED_WORDS
from workflow_scripts.evaluation import tables
from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.estimates import ALL
from workflow_scripts.evaluation.paired import compare


def arguments() -> argparse.Namespace:
    """Command line of the step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--dataset", required=True, type=Path, help="folder that ingest wrote")
    parser.add_argument("--runs", required=True, type=Path, help="folder of all runs of the protocol")
    parser.add_argument("--evaluation", required=True, type=Path, help="folder of all evaluations of the protocol")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    from workflow_scripts.evaluation.forest import forest_figure
    from workflow_scripts.reporting.style import save_figure

    settings = entry.namespace(args.settings)
    options, reported = settings.evaluate, settings.reported
    dataset = tables.read_dataset(args.dataset)
    reference = options.reference or settings.runs[0]
    units = {}
    for run in settings.runs:
        read = tables.read_units(args.runs / run, settings.folds, settings.seeds, dataset, options.aggregate, reported)
        units[run] = tables.subset_of(read, reported)
    # The draws of the evaluation of each run: one seed, one set of groups.
    rng = np.random.default_rng(seed_for(settings.study, settings.protocol, reported, settings.seed, "bootstrap"))
    resampler = Resampler(units[reference].values(), options.bootstrap, rng)
    compared = compare(units, reference, options.headline, settings.protocol, resampler)
    metrics = pd.concat([METRICS.read(args.evaluation / run / "metrics.csv") for run in settings.runs])
    chosen = metrics["fold"].eq(ALL) & metrics["subset"].eq(reported) & metrics["level"].eq("overall")
    headline = metrics[chosen & metrics["metric"].eq(options.headline)]
    n = int(headline["n"].iloc[0])
    pooled = compared[compared["seed"] == ALL]
    title = f"{settings.protocol}, {REPORTED_WORDS[reported]}: {n} units"
    title += f", {settings.folds} fold(s), {len(settings.seeds)} seed(s)"
    COMPARISON.write(args.evaluation / "comparison.csv", compared)
    save_figure(
        forest_figure(headline, pooled, reference, title), args.evaluation / "comparison.png", made=dataset.made
    )
    METRICS.write(args.evaluation / "metrics.csv", metrics)
    entry.log.info("%s: %d runs compared with %s", settings.protocol, len(settings.runs) - 1, reference)


if __name__ == "__main__":
    entry.run(main, arguments())
