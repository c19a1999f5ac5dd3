"""The table "Result Comparison": the paper's two networks aspect by aspect, and what was done here."""

from collections.abc import Mapping
from functools import partial

from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.reporting.paper_figures import aspect_tables
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError, PaperFigure, chosen_protocol
from workflow_scripts.reporting.results import Results

# Study → the run that the paper's column is about.
RUNS = {"histology_vgg": "vgg16", "clinical_lstm": "lstm"}


def own_aspects(results: Results) -> Mapping[str, str]:
    """Aspect → what was done in this study; the numbers come from its claims."""
    run = RUNS[results.settings.study]
    protocol = chosen_protocol(results)
    if run not in protocol.runs:
        raise NotDrawnError(f"needs the run {run}")
    train, kind = results.settings.runs[run].train, results.kind(run)
    if train is None:
        raise NotDrawnError(f"needs the training of {run}")
    manifest, classes = results.manifest, " or ".join(results.classes)
    counted = {
        "histology_vgg": lambda: f"{len(manifest)} tiles of {manifest['unit'].nunique()} slides",
        "clinical_lstm": lambda: f"{len(manifest)} patients, {manifest['visits'].sum()} visits",
    }
    tested = (protocol.runs[run].metrics["subset"] == "test").any()
    return {
        "Input Data": counted[results.settings.study](),
        "Primary Task": classes,
        "Key Features": kind.words(run, protocol.runs[run].records[0]),
        "Model Output": f"probability of {classes}",
        "Training Process": _course(train),
        "Testing Procedure": f"{protocol.name}: {'test subset, ' if tested else ''}split by {protocol.rule.by}",
    }


def _course(train: Train) -> str:
    rate = f"{train.learning_rate:g}"
    return f"{train.optimizer}, learning rate {rate}, batches of {train.batch_size}, at most {train.epochs} epochs"


PAPER_FIGURES = (
    PaperFigure(
        "table04_comparison",
        'Table "Result Comparison"',
        "Both networks aspect by aspect, printed and here",
        "Left: the paper's words and numbers of both networks. Right, in blue: what was done and obtained here in this "
        "study, split as published, with 95 % intervals; of precision and F1-score both readings, because the paper "
        "does not say of which class they are.",
        tuple(RUNS),
        partial(aspect_tables.aspects, own=own_aspects),
    ),
)
