"""A network that asks for the labels that help it most, some patients a round."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from workflow_scripts.contracts.active_strategies import STRATEGY_WORDS
from workflow_scripts.contracts.blocks import Filled, Positive, UserPath, about, optional
from workflow_scripts.contracts.step_settings.evaluate_settings import ActiveRun
from workflow_scripts.kinds.kind import MAKE_WITH_ROUNDS, RunKind, TrainedKind
from workflow_scripts.kinds.made_kind import MadeKind

if TYPE_CHECKING:
    from workflow_scripts.contracts.run_record import RunRecord


@dataclass(frozen=True)
class ActiveLearning(MadeKind):
    """A network of this study's that learns from few labels, and asks for more of them round by round.

    The first labels are drawn at random among the training samples, until each class is among them; every round trains
    a new network like `learner` on all labels so far, and asks for the labels of `batch` further samples. Validation
    samples stop the training of each round and are never asked for; their labels are needed besides. Nothing that is
    chosen depends on a test sample. Samples of weight 0 (patients who were lost) are not asked for.
    """

    position = 9
    rule = MAKE_WITH_ROUNDS
    reads = "sequence"
    learns = True
    needs_validation = True
    maker = "workflow_scripts.training.active.active_run:make"

    kind: Annotated[Literal["active_learning"], about("A network that asks for labels in rounds.")]
    learner: Annotated[
        Filled,
        about("Name of a trained run of this study: each round trains its network, in its way, on the labels so far."),
    ]
    strategy: Annotated[
        Literal["random", "uncertainty", "bald", "diverse"],
        about(
            "Whose labels are asked for. random: the control. uncertainty: the lowest probability of the predicted "
            "class; for two classes least confidence, entropy and margin rank alike and are this one. bald: the "
            "highest entropy of the mean minus mean entropy over `passes` Monte-Carlo passes with dropout (Houlsby et "
            "al., 2011; Gal et al., ICML 2017). diverse: k-means++ on the gradients that the predicted class gives "
            "the last layer, which are long where the network is unsure (BADGE, Ash et al., ICLR 2020)."
        ),
    ]
    start: Annotated[int, about("Labels of the first round, drawn at random; more where a class is missing.", ge=2)] = (
        20
    )
    batch: Annotated[Positive, about("Labels asked for in each further round.")] = 20
    rounds: Annotated[Positive, about("Rounds after the first; fewer where no sample without a label is left.")] = 10
    passes: Annotated[int, about("Monte-Carlo passes with dropout; strategy bald only.", ge=2)] = 20
    expert: Annotated[
        UserPath | None,
        about(
            "CSV file (columns id and label) from which labels of training samples are taken instead of from the data "
            "set. Where one is missing, the run appends a row with an empty label, says so and stops; it goes on when "
            "they are filled in and it is started again."
        ),
    ] = optional()

    @property
    def schedule(self) -> tuple[int, int, int]:
        """Labels of the first round and of each further one, and how many of these there are."""
        return self.start, self.batch, self.rounds

    def asks(self, name: str) -> ActiveRun:
        return ActiveRun(name, self.learner, self.strategy)

    def mistakes(self, name: str, runs: Mapping[str, RunKind]) -> Iterator[str]:
        learner = runs.get(self.learner)
        if not isinstance(learner, TrainedKind):
            yield (
                f"run {name!r}: learner names {self.learner!r}, which is no trained run of this study; name another, "
                f"or remove the run: `{name}: null`"
            )
        elif learner.reads != self.reads:
            yield f"run {name!r}: learner {self.learner!r} reads {learner.reads}, and a run of this kind {self.reads}"
        elif self.strategy == "bald" and getattr(learner, "dropout", None) == 0:
            yield f"run {name!r} asks by what dropout changes, and {self.learner!r} has none; set its dropout"
        for rival, run in runs.items():
            if isinstance(run, ActiveLearning) and run.learner == self.learner and run.schedule != self.schedule:
                yield (
                    f"runs {name!r} and {rival!r}: start, batch and rounds differ, and strategies of one learner are "
                    "compared at equal numbers of labels; give both the same"
                )

    def words(self, name: str, record: "RunRecord") -> str:
        last = self.start + self.batch * self.rounds
        return f"{self.learner} with {self.start} to {last} labels; asks for {STRATEGY_WORDS[self.strategy]}"
