"""What a paper prints, as data classes: numbers, claims in words, layers, settings; published_yaml.py reads them."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from workflow_scripts.contracts.blocks import about
from workflow_scripts.contracts.paper_answers import Answer, Reference, TextRead
from workflow_scripts.contracts.paper_aspects import Aspects
from workflow_scripts.contracts.paper_premises import Assumed, FitsIf, Inferred

# Of a machine: they differ from one to the next.
TIMES = ("training_time", "epoch_time", "test_time", "time_per_sample")
# Unit → factor to the unit in which this project's results are kept.
UNITS = {
    "percent": 0.01,
    "percentage_points": 0.01,
    "tenths": 0.1,
    "fraction": 1.0,
    "count": 1.0,
    "seconds": 1.0,
    "minutes": 60.0,
    "hours": 3600.0,
    "MB": 1.0,
}


@dataclass(frozen=True)
class Cell:
    """Where a number stands in a table: the table's name, row and column as printed."""

    table: str
    row: str
    column: str


@dataclass(frozen=True)
class Claim:
    """One printed number.

    id: unique in the paper; place: where it is printed; study: whose data it is about; metric: a name of
    SUBSET_METRICS, POOLED_METRICS, CLASS_METRICS or OTHER_METRICS; value: in `unit`, as printed; decimals: digits
    printed after the point; exact_decimals: of these, those that carry information (91.80 beside 91.60 and 91.70: one).
    subset, class_name, run, source: what the number is about; None: not about one (macro averages have no class_name;
    a class metric without one is of a class that the paper does not name); source is an adapter, where a study has
    several. `samples` of a run count what it was trained on, its copies included (`copies`: how many of each).
    predicted: for `confusions`, the class they were taken for; a printed confusion matrix is one such claim a cell.
    interval: the two ends printed with the number, in its unit and with its digits; n: how many samples or units the
    number rests on; trainings: of how many, on one split, it is said to be the mean.
    relation: equal; about ("around", "roughly", or read from a curve); highest: the value, and that no run of `among`
    has a higher one.
    against: a difference (of class_ratio: a ratio) to the same number with these fields replaced, e.g. {"run": "cvm"}.
    cell: its place in a table; None for what is printed elsewhere.
    quote: the paper's words around it.
    stated: of UNSAID (paper_premises), premise → the paper's words that say so.
    assumed: field that this project filled in (of ASSUMABLE) → what the paper leaves open. No check calls a number
    a contradiction by what is assumed, and it is compared with no result. inferred: the same where only one reading
    fits the printed numbers; it is compared. fits_if: of `assumed`, the other reading that makes all well, in words
    that complete "fits only if …".
    """

    id: str
    place: str
    study: str
    metric: str
    value: float
    unit: str
    decimals: int = 0
    exact_decimals: int | None = None
    subset: str | None = None
    class_name: str | None = None
    run: str | None = None
    source: str | None = None
    predicted: str | None = None
    interval: tuple[float, float] | None = None
    n: int | None = None
    trainings: int | None = None
    relation: str = "equal"
    among: tuple[str, ...] = ()
    against: dict[str, str] = field(default_factory=dict)
    cell: Cell | None = None
    quote: str = ""
    stated: dict[str, str] = field(default_factory=dict)
    assumed: dict[str, str] = field(default_factory=dict)
    inferred: dict[str, str] = field(default_factory=dict)
    fits_if: dict[str, str] = field(default_factory=dict)

    @property
    def printed(self) -> str:
        """The number as the paper prints it, without its unit."""
        return f"{self.value:.{self.decimals}f}"

    @property
    def scaled(self) -> float:
        """The value as this project keeps it: shares in [0, 1], times in seconds, sizes in MB."""
        return self.value * UNITS[self.unit]

    @property
    def known_decimals(self) -> int:
        """Digits after the point that carry information."""
        return self.decimals if self.exact_decimals is None else self.exact_decimals

    @property
    def rounding_error(self) -> float:
        """Half a unit in the last digit that carries information, scaled like `scaled`."""
        return 0.5 * 10.0**-self.known_decimals * UNITS[self.unit]


@dataclass(frozen=True)
class Statement:
    """A claim in words: a relation between numbers, e.g. "outperformed expert 1".

    words: as printed; relation: one of WORD_RELATIONS; metric, run, subset, class_name: what is spoken of, metric None
    where the paper does not say by which; compared_field, compared_values: what it is set against, the same number with
    that field (run, subset or class_name) replaced by each of these values; assumed, inferred, fits_if: as of a claim.
    """

    id: str
    place: str
    study: str
    words: str
    relation: str
    compared_field: str
    compared_values: tuple[str, ...]
    metric: str | None = None
    subset: str | None = None
    class_name: str | None = None
    run: str | None = None
    assumed: dict[str, str] = field(default_factory=dict)
    inferred: dict[str, str] = field(default_factory=dict)
    fits_if: dict[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """What is spoken of: the value of the field in which it differs from the others."""
        return getattr(self, self.compared_field)


@dataclass(frozen=True)
class Layer:
    """A row of a printed table of layers.

    size: height, width, channels of its output, or its width alone; network: which one the paper says that it is.
    """

    id: str
    place: str
    study: str
    name: str
    size: tuple[int, ...]
    network: str = ""


@dataclass(frozen=True)
class PaperSetting:
    """How the paper says it worked. value None: the paper does not say.

    setting: dotted path in a study's resolved settings (runs.cvm.train.epochs), None where no setting corresponds; the
    protocol that splits as the paper did is called as_published in it, whatever its name;
    means: what it holds when it is as printed, where that is not `value` itself (None).
    studies: to which of the paper's studies it applies; empty: to all. quote, assumed, inferred, fits_if: as of a
    claim.
    """

    id: Annotated[str, about("Unique in the paper.")]
    place: Annotated[str, about("Where it is printed; `not stated` where it is nowhere.")]
    value: Annotated[Any, about("What the paper says; null: nothing.")]
    unit: Annotated[str | None, about("Unit of the value.")] = None
    setting: Annotated[str | None, about("Dotted path in a study's resolved settings.")] = None
    means: Annotated[Any, about("What the setting holds when it is as printed, where that is not `value`.")] = None
    studies: Annotated[tuple[str, ...], about("To which studies it applies; empty: to all.")] = ()
    note: Annotated[str, about("What this project adds.")] = ""
    quote: Annotated[str, about("The paper's words.")] = ""
    assumed: Assumed = field(default_factory=dict)
    inferred: Inferred = field(default_factory=dict)
    fits_if: FitsIf = field(default_factory=dict)

    @property
    def expected(self) -> Any:
        """What the study's setting holds when it is as the paper says."""
        return self.value if self.means is None else self.means


# What this project may have had to read something into.
Interpreted = Claim | Statement | PaperSetting
PaperEntry = Interpreted | Layer | Reference


@dataclass(frozen=True)
class PaperStudy:
    """A dataset of the paper: its title, and the claims shown first (the first one decides the headline run).

    figures: kind of figure in a report → the paper's own figure that it answers, e.g. {"confusion": "Fig. 6"}.
    reference_study: of data that the paper prints no results about: the study of the paper whose numbers are compared
    with its own; source: the one of that study's data sets that it has, None: all.
    """

    title: Annotated[str, about("What its data are.")]
    headline: Annotated[tuple[str, ...], about("Ids of the claims shown first.")] = ()
    figures: Annotated[dict[str, str], about("Kind of figure → the paper's own.")] = field(default_factory=dict)
    reference_study: Annotated[str | None, about("The study whose numbers are shown.")] = None
    source: Annotated[str | None, about("The one of that study's data sets that it has; null: all.")] = None

    def has(self, source: str | None) -> bool:
        """Whether its data hold that data set, of its reference study; None: no particular one."""
        return source is None or self.source in (None, source)


@dataclass(frozen=True)
class Published:
    """All that a paper prints.

    public: what others print of the data that the paper uses (how many cells a public set has), as claims whose place
    is the source; never counted among the paper's own.
    variants: a run that differs in what its own settings say → the run that all else is stated of.
    title: a short name of the paper; run_names: run → what the paper calls it. aspects: comparisons of its studies in
    words, of which nothing is judged. text_read: which text the numbers were taken from; numbered: Table, Figure or
    Equation → what the first, second, … shows; references: where the text refers to these; answers: of the authors.
    """

    paper: str
    citation: str
    studies: dict[str, PaperStudy]
    settings: tuple[PaperSetting, ...]
    claims: tuple[Claim, ...]
    statements: tuple[Statement, ...] = ()
    layers: tuple[Layer, ...] = ()
    public: tuple[Claim, ...] = ()
    variants: dict[str, str] = field(default_factory=dict)
    title: str = ""
    run_names: dict[str, str] = field(default_factory=dict)
    aspects: tuple[Aspects, ...] = ()
    text_read: TextRead | None = None
    numbered: dict[str, tuple[str, ...]] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    answers: tuple[Answer, ...] = ()

    @property
    def called(self) -> str:
        """The paper's title, where it has none its id."""
        return self.title or self.paper

    @property
    def entries(self) -> tuple[PaperEntry, ...]:
        """All that a check can say something of: claims, statements, layers, settings, references, in this order."""
        return (*self.claims, *self.statements, *self.layers, *self.settings, *self.references)

    def run_name(self, run: str) -> str:
        """What the paper calls a run; its id where the paper has no name for it."""
        return self.run_names.get(run, run)

    def claim(self, name: str) -> Claim:
        """The claim of that id; KeyError if there is none."""
        try:
            return next(claim for claim in self.claims if claim.id == name)
        except StopIteration:
            raise KeyError(name) from None

    def about(self, study: str) -> "Published":
        """The same, with what is printed about its reference study as if it were about this one.

        Numbers about data sets that it does not have are left out. Unchanged for a study with numbers of its own.
        """
        own = self.studies.get(study)
        if own is None or own.reference_study is None:
            return self

        def of(entries: tuple[Any, ...]) -> tuple[Any, ...]:
            of_it = (entry for entry in entries if entry.study == own.reference_study)
            return tuple(replace(entry, study=study) for entry in of_it if own.has(getattr(entry, "source", None)))

        reference = self.studies[own.reference_study]
        settings = tuple(
            replace(setting, studies=(*setting.studies, study)) if own.reference_study in setting.studies else setting
            for setting in self.settings
        )
        return replace(
            self,
            studies={**self.studies, study: replace(own, headline=reference.headline, figures=reference.figures)},
            settings=settings,
            claims=of(self.claims),
            statements=of(self.statements),
            layers=of(self.layers),
            public=of(self.public),
        )

    def headline(self, study: str) -> list[Claim]:
        """Claims a report of `study` shows first; empty when the paper has no such study."""
        paper_study = self.studies.get(study)
        return [self.claim(name) for name in paper_study.headline] if paper_study else []

    def figure(self, study: str, kind: str) -> str:
        """Which figure of the paper a kind of figure of a study answers; empty if none."""
        paper_study = self.studies.get(study)
        return paper_study.figures.get(kind, "") if paper_study else ""
