"""Whether a study's settings fit together, and studies each other: the list of all checks.

A study knows none of them; config.Config calls them.
"""

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from workflow_scripts.contracts.step_settings.train_settings import balanced_twice
from workflow_scripts.data.adapters.adapter_registry import adapters
from workflow_scripts.kinds.kind import RunKind, StudyRuns, TrainedKind
from workflow_scripts.runtime.wording import nearest
from workflow_scripts.settings.base import values_of
from workflow_scripts.settings.checks.linked_studies import linked_mistakes
from workflow_scripts.settings.checks.map_runs import embedding_mistakes
from workflow_scripts.settings.checks.modalities import ingest_mistakes, modality_mistakes
from workflow_scripts.settings.checks.protocol_checks import risk_mistakes, role_mistakes, share_mistakes
from workflow_scripts.settings.checks.sequence_runs import sequence_mistakes
from workflow_scripts.settings.checks.synthetic_data import cohort_mistakes, synthetic_mistakes
from workflow_scripts.settings.known_names import NAME, RUN_NAME, name_mistakes, unfit
from workflow_scripts.settings.layers.merging import merge
from workflow_scripts.settings.runs import TrainChanges, whole_train
from workflow_scripts.settings.study import Study

# The package of the readers of published layouts, and of `folder`.
LAYOUTS = "workflow_scripts.data.adapters"


def consistent(study: Study) -> Study:
    """The study; ValueError that names, a line each, everything in it that does not fit."""
    kinds = study.kinds()
    if mistakes := [
        *_name_mistakes(study),
        *ingest_mistakes(study.adapters, values_of(study.ingest)),
        *synthetic_mistakes(study),
        *modality_mistakes(study.adapters, values_of(study.preprocess), kinds),
        *share_mistakes(study, kinds),
        *role_mistakes(study),
        *_run_mistakes(study, kinds),
        *embedding_mistakes(study, kinds),
        *sequence_mistakes(study, kinds),
        *_mention_mistakes(study, kinds),
        *risk_mistakes(study),
    ]:
        raise ValueError("\n".join(mistakes))
    return study


def mistakes_between(studies: Mapping[str, Study]) -> Iterator[str]:
    """A line for everything in which studies, each consistent by itself, do not fit each other; studies: by name."""
    yield from (f"studies.{name}: {words}" for name, words in name_mistakes(studies))
    yield from linked_mistakes(studies)
    yield from cohort_mistakes(studies)
    runs_by_study = {name: _runs_of(name, study) for name, study in studies.items()}
    for name, study_runs in runs_by_study.items():
        for run, spec in study_runs.runs.items():
            for words in spec.mistakes_between(study_runs, runs_by_study):
                yield f"studies.{name}.runs.{run}: {words}"


def _name_mistakes(study: Study) -> Iterator[str]:
    """Adapters that there are not or that want something, and names that are none."""
    for name in study.adapters:
        if name not in adapters():
            yield f"adapters names {name!r}; {nearest(name, adapters())}"
    layouts = [name for name in study.adapters if name in adapters() and name != "folder"]
    layouts = [name for name in layouts if adapters()[name].module.startswith(f"{LAYOUTS}.")]
    if study.ingest.groups and layouts == study.adapters:
        yield (
            f"ingest.groups is given, but the adapter {layouts[0]} takes groups from its own layout; write "
            "`groups: null`, or `adapters: [folder]`"
        )
    for name in study.adapters:
        if name in adapters() and (key := adapters()[name].needs) and not getattr(study.ingest, key):
            yield f"the adapter {name} needs ingest.{key}; name the CSV file inside the source: `{key}: {key}.csv`"
        if name in adapters() and study.source == "synthetic" and not adapters()[name].generator(study.paper):
            yield (
                f"nobody draws synthetic data for the adapter {name}; set `source` to the folder of its files, or "
                "`paper` to one whose folder in workflow_scripts/studies has a "
                f"synthetic_{adapters()[name].modality}.py or, of pictures, a synthetic.py"
            )
    for name in study.protocols:
        if not NAME.fullmatch(name):
            yield f"protocol name {name!r}: use a-z, 0-9 and _, a letter first"
    for name in (*study.protocols, *study.runs):
        if words := unfit(name):
            yield f"the name {name[:30]}…: {words}"
    for name in study.runs:
        if not RUN_NAME.fullmatch(name):
            yield f"run name {name!r}: use a-z, 0-9 and _, a letter first; variants after - and a study after @"


def _run_mistakes(study: Study, kinds: Mapping[str, RunKind]) -> Iterator[str]:
    """Runs that do not fit the other runs, the visits, or what is trained as a whole."""
    for name, run in kinds.items():
        yield from run.mistakes(name, kinds)
        if study.ingest.visits is not None:
            yield from run.visit_mistakes(name, study.ingest.visits.columns)
        if isinstance(run, TrainedKind):
            yield from _training_mistakes(study, study.runs[name].train, f"run {name!r}: train")


def _mention_mistakes(study: Study, kinds: Mapping[str, RunKind]) -> Iterator[str]:
    """Runs that `explain` and `evaluate` name: all mistakes, so that a removed run is mended at once."""
    for name in study.explain.runs:
        for network in kinds[name].explained_networks(name) if name in kinds else [name]:
            if network not in kinds or not kinds[network].leaves_weights:
                where = "explain.runs" if network == name else f"explain.runs: the {kinds[name].kind} {name!r}"
                yield f"{where} names {network!r}, which is no trained run of this study; take it out of the list"
    reference = study.evaluate.reference
    if reference and reference not in study.runs:
        hint = nearest(reference, study.runs)
        yield f"evaluate.reference names {reference!r}, which is no run of this study; {hint}"


def _training_mistakes(study: Study, changes: TrainChanges, where: str) -> Iterator[str]:
    """The study's `train` with a run's changes must be a whole that makes sense."""
    train = merge(values_of(study.train), changes.model_dump(exclude_unset=True))
    try:
        merged = whole_train(train)
    except ValidationError as error:
        yield f"{where}: {error.errors()[0]['msg'].removeprefix('Value error, ')}"
        return
    for name, rule in study.protocols.items():
        if words := balanced_twice(rule.resample, merged):
            yield f"{where}: under protocols.{name} {words}"
    classes = study.ingest.classes
    if classes and merged.loss == "binary_cross_entropy" and len(classes) != 2:
        yield f"{where}.loss is {merged.loss}, and ingest.classes names {len(classes)}; write cross_entropy"
    if merged.processes > 1 and study.trainings_per_job > 1:
        yield (
            f"{where}.processes is {merged.processes}, but the study's trainings_per_job is "
            f"{study.trainings_per_job}; short trainings share a job, long ones are spread over processes, set one "
            "of them to 1"
        )
    if classes and (unknown := sorted(set(merged.extra) - set(classes))):
        hint = nearest(unknown[0], classes)
        yield f"{where}.extra names {unknown[0]!r}, which is no class of this study; {hint}"


def _runs_of(name: str, study: Study) -> StudyRuns:
    """What the kinds of runs are checked against."""
    return StudyRuns(
        name=name,
        runs=study.kinds(),
        protocols=tuple(study.protocols),
        as_published=study.as_published,
        seeds=tuple(study.seeds),
        # How large a pixel is changes no pixel.
        preprocess=values_of(study.preprocess, exclude={"pixel_size"}),
        modality=study.modality,
        embeddings=tuple(study.embeddings),
        linked=study.linked,
    )
