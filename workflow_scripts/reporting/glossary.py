"""The terms of this project, each said once: reports show some, docs/reference/glossary.md all."""

from workflow_scripts.reporting.statistical_terms import STATISTICS, Term

# What a study is made of, in the order in which a newcomer meets it.
_PROJECT = (
    Term(
        "Study",
        "One data set and one question: a section of `config.yaml`, a folder of results, a report. A paper "
        "may give several.",
    ),
    Term(
        "Paper",
        "A publication whose numbers are written down in `workflow_scripts/studies/<paper>/published.yaml`, "
        "each with its place in the text.",
    ),
    Term(
        "Claim",
        "A number that a paper prints, with its place, its subset and what it is said of.",
    ),
    Term(
        "Adapter",
        "A reader of one published folder layout: it lists the samples of a data set with label, group and unit.",
    ),
    Term(
        "Reader",
        "What opens the files of one modality (images, tables of visits, …) and gives the rows of a sample.",
    ),
    Term(
        "Modality",
        "What a sample is: an image, a series of slices, a slide, a sequence of visits. It decides the "
        "manifest's further columns and the reader.",
    ),
    Term(
        "Preparation",
        "What makes visits the numbers that a model sees: gaps filled, what was missing, years since it was measured, "
        "one scale. Fitted on the training visits of each fold alone, kept in the weights file.",
    ),
    Term(
        "Column on request",
        "A column of visits that is a feature of those runs alone that name it, such as another diagnosis.",
    ),
    Term(
        "Series",
        "The images that a scanner takes in one go: slices in one plane, with one weighting. A study of a patient has "
        "many; `dataset/series.csv` says which is taken.",
    ),
    Term(
        "Tile",
        "A square of a whole slide that is a sample: of a grid in µm, with enough tissue, without marks of pens and "
        "padding; `dataset/slides.csv` says of every slide how many there are, or why none.",
    ),
    Term(
        "Landmark",
        "The moment at which a patient is predicted; what came later is not known. The horizon is the years after it "
        "within which the event counts.",
    ),
    Term(
        "Lost",
        "Of a patient: no longer followed at the horizon, without the event and without a competing one, after which "
        "it cannot happen. Others stand for them, by weights.",
    ),
    Term(
        "Weight",
        "How much a patient counts in training and in every metric where some are lost: 0 of the lost, of the others "
        "the inverse of the chance to be followed that long, by the training patients of the fold (Kaplan-Meier).",
    ),
    Term(
        "Pseudonym",
        "What stands for a patient, a study, a series, a slide or a file of theirs: only who has the key can trace it.",
    ),
    Term(
        "Source",
        "Where a study's raw files lie: a folder, or `synthetic` for synthetic data.",
    ),
    Term(
        "Synthetic data",
        "Files that this project draws in the layout of a published data set. They show that everything runs;"
        " their numbers say nothing about a paper.",
    ),
    Term(
        "Ground truth",
        "What was put into synthetic data and must be found again: copies, masks, the regions that tell the "
        "classes apart.",
    ),
    Term(
        "Sample",
        "What a model scores: a cell, a slice, a tile, a sequence of visits. A row of `manifest.csv` and of "
        "`predictions.csv`.",
    ),
    Term(
        "Unit",
        "What is judged: a cell, a patient, a slide. A unit has one or more samples; a row of `units.csv`.",
    ),
    Term(
        "Aggregation",
        "How the probabilities of a unit's samples become one: `none` (each sample is judged), `mean`, `max` or "
        "`top_k` (of each class, the mean of the k highest).",
    ),
    Term(
        "Manifest",
        "`dataset/manifest.csv`: every sample with its id, file, label, group, unit and the digest of its bytes.",
    ),
    Term(
        "Array",
        "`arrays/data.npy`: the rows of all samples, as pixels, features or sequences; `index.csv` says which"
        " rows belong to a sample.",
    ),
    Term(
        "Split",
        "`splits/<protocol>.csv`: the fold and subset of every sample and, where patients are lost, its weight.",
    ),
    Term(
        "Role of a protocol",
        "What it is for. `as_published`: the paper's own split, its leaks included. `leak_free`: the same "
        "with what belongs together kept together.",
    ),
    Term(
        "Run",
        "Anything that predicts, under a protocol: a network, a joint network, a vote, a compressed copy, a "
        "baseline. Every run leaves the same files.",
    ),
    Term(
        "Kind of run",
        "One module of `workflow_scripts/kinds/`: its settings, what it reads, how it is made and described.",
    ),
    Term(
        "Negative control",
        "A baseline that must not be able to tell the classes apart, such as one that sees the image border "
        "only. Where it can, the data leak.",
    ),
    Term(
        "Scale",
        "`paper`: what the paper states. `demo`: the same with small pictures, small networks and few epochs.",
    ),
    Term(
        "Job batch",
        "Trainings of a run (folds and seeds) that share a process, one after the other.",
    ),
    Term(
        "Record",
        "`record.json`: what was run, from which files, with which settings, code and versions. No clock in "
        "it; sealed by a digest of itself.",
    ),
    Term(
        "Ledger",
        "`ledger.json`: what a step cost: host, device, seconds, memory, energy where it is known.",
    ),
    Term(
        "Verdict",
        "The word that a printed number gets from the run that answers it, by one rule that was declared "
        "beforehand (docs/explanation/verdicts.md).",
    ),
    Term(
        "Margin",
        "How far an obtained number may be from the printed one and still count as the same.",
    ),
    Term(
        "Paper figure",
        "A study's counterpart of one of the paper's own figures or tables.",
    ),
)

TERMS = (*_PROJECT, *STATISTICS)


def in_reports() -> list[tuple[str, str]]:
    """Term and meaning of what a study's report explains, in their order."""
    return [(term.term, term.meaning) for term in TERMS if term.in_reports]
