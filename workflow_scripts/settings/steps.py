"""What each step sees of the settings: nothing it does not depend on, as a frozen block."""

from collections.abc import Callable
from dataclasses import astuple, replace
from functools import cache
from typing import Any, Literal

from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.step_settings.embed_settings import Embedding, EmbedSettings
from workflow_scripts.contracts.step_settings.evaluate_settings import Evaluate, EvaluateSettings, Measures
from workflow_scripts.contracts.step_settings.examples_settings import ExamplesSettings
from workflow_scripts.contracts.step_settings.ground_truth_settings import GroundTruthSettings
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest, IngestSettings
from workflow_scripts.contracts.step_settings.preprocess_settings import Preprocess, PreprocessSettings
from workflow_scripts.contracts.step_settings.segment_settings import SegmentSettings
from workflow_scripts.contracts.step_settings.split_settings import SplitSettings, fold_count, repeats_of, rule_of
from workflow_scripts.contracts.step_settings.synthesise_settings import SynthesiseSettings
from workflow_scripts.contracts.step_settings.track_settings import TrackSettings
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.contracts.subsets import reported_subset
from workflow_scripts.kinds.kind import COMBINE, TRAIN, RunKind, TrainedKind
from workflow_scripts.kinds.made_kind import MadeKind, active_runs
from workflow_scripts.kinds.step_settings.explain_settings import Explain, ExplainSettings, PictureScale
from workflow_scripts.kinds.step_settings.make_run_settings import MakeRun
from workflow_scripts.kinds.step_settings.report_settings import ReportSettings, StudySettings, VerdictSettings
from workflow_scripts.kinds.step_settings.run_settings import RunSettings
from workflow_scripts.kinds.step_settings.training_settings import (
    FinishedTrainings,
    FinishSettings,
    TrainedRun,
    TrainSettings,
)
from workflow_scripts.preprocessing.packer_registry import packed_modality
from workflow_scripts.runtime.files import canonical_json
from workflow_scripts.runtime.portable import without_folders
from workflow_scripts.runtime.run_address import RunAddress, fold_seeds
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.settings.base import declared, digest_of, values_of
from workflow_scripts.settings.blocks_for_steps import (
    aggregate_of,
    aggregation_of,
    packing_of,
    protocol_of,
    protocols_of,
    synthesise_settings,
)
from workflow_scripts.settings.config import Config
from workflow_scripts.settings.layers.merging import merge
from workflow_scripts.settings.runs import kind_of_run
from workflow_scripts.settings.study import Study


class Steps:
    """The settings of every step of every study: what a rule passes on is the canonical JSON of their plain values.

    Files of the user's stand there without their folders: a step receives a file as an argument.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        # Asked for by every job of a run.
        self.training, self.spec = cache(self._training), cache(self._spec)
        # What the kind of a run says of it.
        self.kind: Callable[[str, str], RunKind] = cache(lambda study, run: kind_of_run(self.study(study).runs[run]))

    def study(self, name: str) -> Study:
        return self.config.studies[name]

    def folds(self, study: str, protocol: str) -> int:
        """Number of folds, those of all repeats; a hold-out is one."""
        return fold_count(self.study(study).protocols[protocol])

    def reported(self, study: str, protocol: str) -> Literal["test", "validation"]:
        """Subset whose numbers a protocol reports."""
        return reported_subset(self.study(study).protocols[protocol])

    def is_synthetic(self, study: str) -> bool:
        return self.study(study).source == "synthetic"

    def synthesise(self, study: str, adapter: str) -> SynthesiseSettings:
        return synthesise_settings(self.config, study, adapter)

    def ingest(self, study: str, listing: dict[str, str] | None) -> IngestSettings:
        chosen = self.study(study)
        return IngestSettings(
            study=study,
            adapters=tuple(chosen.adapters),
            synthetic=self.is_synthetic(study),
            scale=self.config.scale_of(study),
            listing=listing,
            ingest=declared(Ingest, chosen.ingest),
            # Of what a user's table says beside the groups, nothing else may get into the results.
            attributes=chosen.table_columns,
        )

    def preprocess(self, study: str) -> PreprocessSettings:
        # How large a pixel is changes no pixel; masks are looked for in the packed ones.
        return PreprocessSettings(study, packing_of(self.study(study)))

    def segment(self, study: str) -> SegmentSettings:
        return SegmentSettings(study, self.study(study).preprocess.mask)

    def examples(self, study: str) -> ExamplesSettings:
        return ExamplesSettings(study, packing_of(self.study(study)))

    def has_pictures(self, study: str) -> bool:
        """Whether the study's samples are pictures: some steps are of nothing else."""
        return packed_modality(self.study(study).modality).of_pictures

    def has_slides(self, study: str) -> bool:
        """Whether the study's samples are tiles of slides."""
        return packed_modality(self.study(study).modality).of_slides

    def embed(self, study: str, name: str) -> EmbedSettings:
        chosen = self.study(study)
        embedding = declared(Embedding, chosen.embeddings[name])
        # The seed goes by what is drawn, so that two embeddings of one network agree.
        seed = seed_for(study, self.config.seed, embedding.model, canonical_json(dict(embedding.options)), "embed")
        return EmbedSettings(study, name, embedding, seed, chosen.train.torch_threads)

    def embeddings(self, study: str) -> list[str]:
        """Names of the embeddings that runs of a study read."""
        kinds = (self.kind(study, run) for run in self.study(study).runs)
        return list(dict.fromkeys(kind.embedding for kind in kinds if kind.embedding is not None))

    def has_masks(self, study: str) -> bool:
        """Whether masks of nuclei are looked for in the study's pictures."""
        return self.study(study).preprocess.mask != "none"

    def sees_masks(self, study: str, run: str) -> bool:
        """Whether a network of a run, its own or the one that it applies, sees the masks of the study's pictures."""
        kind = self.kind(study, run)
        if isinstance(kind, MadeKind) and kind.applies_weights:
            (source,) = kind.sources()
            return self.has_masks(study) and self.training(source.study or study, source.run).mask
        return self.has_masks(study) and kind.rule == TRAIN and self.training(study, run).mask

    def split(self, study: str, protocol: str, split_file: str | None = None) -> SplitSettings:
        """split_file: digest of the user's own split."""
        return SplitSettings(
            study=study,
            seed=self.config.seed,
            protocol=protocol,
            # Neither role, nor how units are judged, nor what is trained on besides changes a split.
            rule=rule_of(protocol_of(self.study(study), protocol)),
            units_judged=aggregate_of(self.study(study), protocol) != "none",
            split_file=split_file,
            resample=self.study(study).protocols[protocol].resample,
        )

    def _spec(self, study: str, run: str) -> RunKind:
        """A run as its kind declares it, without its changes to the training."""
        return parse(RunKind, without_folders(plain(self.kind(study, run))))

    def _training(self, study: str, run: str) -> Train:
        """The complete training block of a run."""
        chosen = self.study(study)
        changes = chosen.runs[run].train.model_dump(mode="json", exclude_unset=True)
        return parse(Train, merge(values_of(chosen.train, mode="json"), changes))

    def trainings(self, study: str, protocol: str, run: str) -> TrainedRun:
        """What the trainings of a run under a protocol share: all but fold and seed."""
        spec, resample = self.spec(study, run), self.study(study).protocols[protocol].resample
        if not isinstance(spec, TrainedKind):
            raise TypeError(f"{run} of {study} is not trained")
        return TrainedRun(study, protocol, run, spec, self.training(study, run), resample)

    def train(self, study: str, protocol: str, run: str, fold: int, seed: int) -> TrainSettings:
        return TrainSettings(**vars(self.trainings(study, protocol, run)), fold=fold, seed=seed)

    def finished_trainings(self, study: str, protocol: str, run: str) -> FinishedTrainings:
        """What finishing shares of all trainings of a run: all but fold and seed."""
        shared = vars(self.trainings(study, protocol, run))
        return FinishedTrainings(**shared, **vars(aggregation_of(self.study(study), protocol)))

    def finish_run(self, study: str, protocol: str, run: str, fold: int, seed: int) -> FinishSettings:
        return FinishSettings(**vars(self.finished_trainings(study, protocol, run)), fold=fold, seed=seed)

    def make_run(self, study: str, protocol: str, run: str, fold: int, seed: int) -> MakeRun:
        """Of every run that no training makes."""
        spec, member = self.spec(study, run), None
        if isinstance(spec, MadeKind) and spec.applies_weights:
            (source,) = spec.sources()
            member = self.train(*astuple(source.address(RunAddress(study, protocol, run, fold, seed))))
        elif active := spec.asks(run):
            member = self.train(study, protocol, active.learner, fold, seed)
        # What is judged was aggregated where the runs were made that are combined.
        how = {} if spec.rule == COMBINE else vars(aggregation_of(self.study(study), protocol))
        answers = self.kind(study, run).answers()
        return MakeRun(study, protocol, run, fold, seed, spec, member=member, expert=answers, **how)

    def predicting(self, study: str, protocol: str, run: str, fold: int, seed: int) -> FinishSettings | MakeRun:
        """Settings that the record of a run must hold, whatever its kind."""
        job = study, protocol, run, fold, seed
        return self.finish_run(*job) if self.kind(study, run).rule == TRAIN else self.make_run(*job)

    def evaluate(self, study: str, protocol: str) -> EvaluateSettings:
        chosen, folds = self.study(study), self.folds(study, protocol)
        return EvaluateSettings(
            study=study,
            seed=self.config.seed,
            protocol=protocol,
            reported=self.reported(study, protocol),
            runs=tuple(chosen.runs),
            trained=tuple(run for run in chosen.runs if self.kind(study, run).leaves_history),
            folds=folds,
            seeds=tuple(chosen.seeds),
            expects={
                run: {
                    str(key): digest_of(self.predicting(study, protocol, run, key.fold, key.seed))
                    for key in fold_seeds(folds, chosen.seeds)
                }
                for run in chosen.runs
            },
            evaluate=replace(declared(Measures, chosen.evaluate), aggregate=aggregate_of(self.study(study), protocol)),
            resample=self.study(study).protocols[protocol].resample,
            active=active_runs({run: self.kind(study, run) for run in chosen.runs}),
            repeats=repeats_of(chosen.protocols[protocol]),
        )

    def explain(self, study: str, protocol: str) -> ExplainSettings:
        chosen = self.study(study)
        explained = dict.fromkeys([*chosen.explain.runs, *self.explained_networks(study)])
        return ExplainSettings(
            study=study,
            protocol=protocol,
            reported=self.reported(study, protocol),
            fold=0,
            seed=chosen.seeds[0],
            specs={run: self._run(study, run) for run in explained},
            preprocess=declared(PictureScale, chosen.preprocess),
            explain=declared(Explain, chosen.explain),
            resample=self.study(study).protocols[protocol].resample,
            risk=None if self.has_pictures(study) else declared(Measures, chosen.evaluate).risk,
        )

    def explained_networks(self, study: str) -> list[str]:
        """The trained runs that explaining needs: those that are explained, or that explained ones are made of."""
        needed = [self.kind(study, run).explained_networks(run) for run in self.study(study).explain.runs]
        return list(dict.fromkeys(name for names in needed for name in names))

    def ground_truth(self, study: str) -> GroundTruthSettings:
        chosen = self.study(study)
        return GroundTruthSettings(
            study=study,
            preprocess=packing_of(chosen),
            mask=chosen.preprocess.mask,
            protocols=tuple(chosen.protocols),
            explain=tuple(chosen.explain.runs) if self.has_pictures(study) else (),
        )

    def report(self, study: str) -> ReportSettings:
        return ReportSettings(**vars(self.verdict(study)), subject=self.study(study).subject)

    def verdict(self, study: str) -> VerdictSettings:
        return VerdictSettings(**self._results(study), evaluate=declared(Evaluate, self.study(study).evaluate))

    def paper_figures(self, study: str) -> StudySettings:
        return StudySettings(**self._results(study), evaluate=declared(Measures, self.study(study).evaluate))

    def _results(self, study: str) -> dict[str, Any]:
        """What all steps receive that read a study's results."""
        chosen = self.study(study)
        return {
            "study": study,
            "title": chosen.title,
            "paper": chosen.paper,
            "scale": self.config.scale_of(study),
            "seed": self.config.seed,
            "source": "synthetic" if self.is_synthetic(study) else "real",
            "protocols": protocols_of(chosen),
            "folds": {name: self.folds(study, name) for name in chosen.protocols},
            "runs": {run: self._run(study, run) for run in chosen.runs},
            "seeds": tuple(chosen.seeds),
            "preprocess": declared(Preprocess, chosen.preprocess),
            "explain": declared(Explain, chosen.explain),
        }

    def track(self, study: str) -> TrackSettings:
        chosen = self.study(study)
        return TrackSettings(
            study=study,
            tracking=self.config.tracking_uri,
            headline=chosen.evaluate.headline,
            title=chosen.title,
            runs=tuple(chosen.runs),
            seeds=tuple(chosen.seeds),
            folds={name: self.folds(study, name) for name in chosen.protocols},
        )

    def _run(self, study: str, run: str) -> RunSettings:
        trained = self.kind(study, run).rule == TRAIN
        return RunSettings(self.spec(study, run), self.training(study, run) if trained else None)
