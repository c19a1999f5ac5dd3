"""What each step sees of the settings: nothing it does not depend on, as one canonical string."""

from typing import Any

from workflow_scripts.contracts.protocol_roles import roles
from workflow_scripts.contracts.subsets import reported_subset
from workflow_scripts.runtime.files import canonical_json, digest_text
from workflow_scripts.runtime.portable import without_folders
from workflow_scripts.runtime.run_address import fold_seeds
from workflow_scripts.settings.merging import merge
from workflow_scripts.settings.runs import STEPS, TRAINED
from workflow_scripts.settings.study import Config, Study


def _plain(block: Any) -> Any:
    return block.model_dump(mode="json") if hasattr(block, "model_dump") else block


def _named(block: Any) -> Any:
    """As _plain, files of the user's without their folders: a step receives a file as an argument."""
    return without_folders(_plain(block))


class Steps:
    """The settings of every step of every study, as dictionaries (`…_settings`) ready for canonical_json."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def study(self, name: str) -> Study:
        return self.config.studies[name]

    def folds(self, study: str, protocol: str) -> int:
        """Number of folds; a hold-out is one."""
        return getattr(self.study(study).protocols[protocol], "folds", 1)

    def reported(self, study: str, protocol: str) -> str:
        """Subset whose numbers a protocol reports."""
        return reported_subset(_plain(self.study(study).protocols[protocol]))

    def made(self, study: str) -> bool:
        return self.study(study).source == "synthetic"

    def synthesise(self, study: str, adapter: str) -> dict:
        chosen = self.study(study)
        return {
            "study": study,
            "seed": self.config.seed,
            "adapter": adapter,
            # A study of several adapters must not show one look under two names.
            "place": chosen.adapters.index(adapter),
            "synthetic": _plain(chosen.synthetic),
        }

    def ingest(self, study: str, listing: dict[str, str] | None) -> dict:
        chosen = self.study(study)
        return {
            "study": study,
            "adapters": chosen.adapters,
            "made": self.made(study),
            "scale": self.config.scale,
            "listing": listing,
            "ingest": _plain(chosen.ingest),
            # Of what a user's table says beside the groups, nothing else may get into the results.
            "subgroups": chosen.evaluate.subgroups,
        }

    def preprocess(self, study: str) -> dict:
        # How large a pixel is changes no pixel; masks are looked for in the packed ones.
        return {"study": study, "preprocess": self.study(study).preprocess.model_dump(exclude={"pixel_size", "mask"})}

    def segment(self, study: str) -> dict:
        return {"study": study, "mask": self.study(study).preprocess.mask}

    def examples(self, study: str) -> dict:
        return {"study": study, "preprocess": self.study(study).preprocess.model_dump(include={"fit", "interpolation"})}

    def has_masks(self, study: str) -> bool:
        """Whether masks of nuclei are looked for in the study's pictures."""
        return self.study(study).preprocess.mask != "none"

    def sees_masks(self, study: str, run: str) -> bool:
        """Whether a network of a run, its own or the one that it applies, sees the masks of the study's pictures."""
        spec = self.study(study).runs[run]
        network = (getattr(spec, "study", study), getattr(spec, "of", run))
        return self.has_masks(study) and self.training(*network)["mask"]

    def aggregate(self, study: str, protocol: str) -> str:
        """How the samples of a unit become one prediction under a protocol."""
        chosen = self.study(study)
        return chosen.protocols[protocol].aggregate or chosen.evaluate.aggregate

    def split(self, study: str, protocol: str) -> dict:
        rule = _named(self.study(study).protocols[protocol])
        # What a split is for changes none of it, nor how units are judged: only that they are is looked at.
        del rule["role"], rule["aggregate"]
        judged = self.aggregate(study, protocol) != "none"
        return {"study": study, "seed": self.config.seed, "protocol": protocol, "rule": rule, "units_judged": judged}

    def spec(self, study: str, run: str) -> dict:
        """A run without its changes to the training."""
        return without_folders(self.study(study).runs[run].model_dump(mode="json", exclude={"train"}))

    def training(self, study: str, run: str) -> dict:
        """The complete training block of a run."""
        chosen = self.study(study)
        return merge(_plain(chosen.train), chosen.runs[run].train.model_dump(mode="json", exclude_unset=True))

    def trainings(self, study: str, protocol: str, run: str) -> dict:
        """What the trainings of a run under a protocol share: all but fold and seed."""
        shared = {"study": study, "protocol": protocol, "run": run}
        return {**shared, "spec": self.spec(study, run), "train": self.training(study, run)}

    def train(self, study: str, protocol: str, run: str, fold: int, seed: int) -> dict:
        return {**self.trainings(study, protocol, run), **self._job(study, protocol, run, fold, seed)}

    def finish_run(self, study: str, protocol: str, run: str, fold: int, seed: int) -> dict:
        return {**self.finished_runs(study, protocol, run), **self._job(study, protocol, run, fold, seed)}

    def finished_runs(self, study: str, protocol: str, run: str) -> dict:
        """What finishing shares of all trainings of a run: all but fold and seed."""
        return {**self.trainings(study, protocol, run), "aggregate": self.aggregate(study, protocol)}

    def vote(self, study: str, protocol: str, run: str, fold: int, seed: int) -> dict:
        return {**self._job(study, protocol, run, fold, seed), "spec": self.spec(study, run)}

    def baseline(self, study: str, protocol: str, run: str, fold: int, seed: int) -> dict:
        return {**self.vote(study, protocol, run, fold, seed), "aggregate": self.aggregate(study, protocol)}

    def compress(self, study: str, protocol: str, run: str, fold: int, seed: int) -> dict:
        member = self.train(study, protocol, self.study(study).runs[run].of, fold, seed)
        return {**self.baseline(study, protocol, run, fold, seed), "member": member}

    def external(self, study: str, protocol: str, run: str, fold: int, seed: int) -> dict:
        spec = self.study(study).runs[run]
        member = self.train(spec.study, spec.protocol, spec.of, 0, seed)
        return {**self.baseline(study, protocol, run, fold, seed), "member": member}

    def predicting(self, study: str, protocol: str, run: str, fold: int, seed: int) -> dict:
        """Settings that the record of a run must hold, whatever its kind."""
        return getattr(self, self.recorded_by(study, run))(study, protocol, run, fold, seed)

    def recorded_by(self, study: str, run: str) -> str:
        """The step that writes a run's predictions and record."""
        step = STEPS[self.study(study).runs[run].kind]
        return "finish_run" if step == "train" else step

    def evaluate(self, study: str, protocol: str) -> dict:
        chosen, folds = self.study(study), self.folds(study, protocol)
        return {
            "study": study,
            "seed": self.config.seed,
            "protocol": protocol,
            "reported": self.reported(study, protocol),
            "runs": list(chosen.runs),
            "trained": [run for run, spec in chosen.runs.items() if spec.kind in TRAINED],
            "folds": folds,
            "seeds": chosen.seeds,
            "expects": {
                run: {
                    str(key): digest_text(canonical_json(self.predicting(study, protocol, run, key.fold, key.seed)))
                    for key in fold_seeds(folds, chosen.seeds)
                }
                for run in chosen.runs
            },
            # The verdict alone depends on the margin.
            "evaluate": {
                **chosen.evaluate.model_dump(mode="json", exclude={"margin"}),
                "aggregate": self.aggregate(study, protocol),
            },
        }

    def explain(self, study: str, protocol: str) -> dict:
        chosen = self.study(study)
        return {
            "study": study,
            "protocol": protocol,
            "reported": self.reported(study, protocol),
            "fold": 0,
            "seed": chosen.seeds[0],
            "specs": {
                run: {"spec": self.spec(study, run), **self._train_or_nothing(study, run)}
                for run in dict.fromkeys([*chosen.explain.runs, *self.explained_networks(study)])
            },
            "preprocess": chosen.preprocess.model_dump(include={"size", "fit", "pixel_size"}),
            "explain": _plain(chosen.explain),
        }

    def explained_networks(self, study: str) -> list[str]:
        """The trained runs that explaining needs: those that are explained, and the members of votes that are."""
        runs = self.study(study).runs
        needed = [getattr(runs[run], "members", [run]) for run in self.study(study).explain.runs]
        return list(dict.fromkeys(name for names in needed for name in names))

    def ground_truth(self, study: str) -> dict:
        chosen = self.study(study)
        return {
            "study": study,
            "preprocess": self.preprocess(study)["preprocess"],
            "mask": chosen.preprocess.mask,
            "protocols": list(chosen.protocols),
            "explain": chosen.explain.runs,
        }

    def report(self, study: str) -> dict:
        chosen = self.study(study)
        return {
            "study": study,
            "title": chosen.title,
            "subject": chosen.subject,
            "paper": chosen.paper,
            "scale": self.config.scale,
            "seed": self.config.seed,
            "source": "made" if self.made(study) else "real",
            "protocols": self._rules(study),
            "folds": {name: self.folds(study, name) for name in chosen.protocols},
            "runs": {run: {"spec": self.spec(study, run), **self._train_or_nothing(study, run)} for run in chosen.runs},
            "seeds": chosen.seeds,
            "preprocess": _plain(chosen.preprocess),
            "evaluate": _plain(chosen.evaluate),
            "explain": _plain(chosen.explain),
        }

    def _rules(self, study: str) -> dict[str, dict]:
        """Every protocol's rule with its role and its way to aggregate, both resolved: a step sees neither order of the
        protocols nor what holds for all of them."""
        rules = {name: _named(rule) for name, rule in self.study(study).protocols.items()}
        return {
            name: {**rules[name], "role": role, "aggregate": self.aggregate(study, name)}
            for name, role in roles(rules).items()
        }

    def paper_figures(self, study: str) -> dict:
        evaluated = self.study(study).evaluate.model_dump(mode="json", exclude={"margin"})
        return {**self.verdict(study), "evaluate": evaluated}

    def verdict(self, study: str) -> dict:
        return {key: value for key, value in self.report(study).items() if key != "subject"}

    def track(self, study: str) -> dict:
        chosen = self.study(study)
        return {
            "study": study,
            "tracking": self.config.tracking_uri,
            "headline": chosen.evaluate.headline,
            "runs": list(chosen.runs),
            "seeds": chosen.seeds,
            "folds": {name: self.folds(study, name) for name in chosen.protocols},
        }

    def index(self, studies: list[str], papers: list[str]) -> dict:
        return {
            "papers": papers,
            "studies": {name: {"title": self.study(name).title, "paper": self.study(name).paper} for name in studies},
        }

    def _train_or_nothing(self, study: str, run: str) -> dict:
        return {"train": self.training(study, run)} if self.study(study).runs[run].kind in TRAINED else {}

    def _job(self, study: str, protocol: str, run: str, fold: int, seed: int) -> dict:
        return {"study": study, "protocol": protocol, "run": run, "fold": int(fold), "seed": int(seed)}
