"""published.yaml: what a paper prints, as data: its settings, its tables, its claims, each with its place.

One file a paper, under `workflow_scripts/studies/<paper>/`; several studies may share it. A cell of a table is a claim
as well: the tables are written once, row by row as printed, and expanded here.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workflow_scripts.contracts.errors import UserError
from workflow_scripts.contracts.metric_names import CLASS_METRICS, POOLED_METRICS, SUBSET_METRICS

# What papers also print: counts, confusions between two classes, cost.
OTHER_METRICS = (
    "samples",
    "units",
    "cells",
    "fields",
    "classes",
    "models",
    "confusions",
    "parameter_size",
    "training_time",
    "epoch_time",
    "test_time",
    "time_per_sample",
    "first_epoch_accuracy",
    "last_epoch_accuracy",
    "p_value",
)
# Unit → factor to the unit in which this project's results are kept.
UNITS = {
    "percent": 0.01,
    "percentage_points": 0.01,
    "fraction": 1.0,
    "count": 1.0,
    "seconds": 1.0,
    "minutes": 60.0,
    "hours": 3600.0,
    "MB": 1.0,
}
SUBSETS = ("train", "validation", "test", "all", "external")
RELATIONS = ("equal", "about", "highest")


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
    subset, class_name, run, source: what the number is about; None: not about one (macro averages have no class_name);
    source is an adapter, where a study has several.
    predicted: for `confusions`, the class they were taken for. n: how many samples or units the number rests on.
    relation: equal; about ("around", "roughly"); highest: the value, and that no run of `among` has a higher one.
    against: a difference, to the same number with these fields replaced, e.g. {"run": "cvm"}.
    cell: its place in a table; None for what is printed elsewhere.
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
    n: int | None = None
    relation: str = "equal"
    among: tuple[str, ...] = ()
    against: dict[str, str] = field(default_factory=dict)
    cell: Cell | None = None

    @property
    def printed(self) -> str:
        """The number as the paper prints it, without its unit."""
        return f"{self.value:.{self.decimals}f}"

    @property
    def scaled(self) -> float:
        """The value as this project keeps it: shares in [0, 1], times in seconds, sizes in MB."""
        return self.value * UNITS[self.unit]

    @property
    def rounding_error(self) -> float:
        """Half a unit in the last digit that carries information, scaled like `scaled`."""
        decimals = self.decimals if self.exact_decimals is None else self.exact_decimals
        return 0.5 * 10.0**-decimals * UNITS[self.unit]


@dataclass(frozen=True)
class PaperSetting:
    """How the paper says it worked. value None: the paper does not say.

    setting: dotted path in a study's resolved settings (runs.cvm.train.epochs), None where no setting corresponds;
    means: what it holds when it is as printed, where that is not `value` itself (None).
    studies: to which of the paper's studies it applies; empty: to all.
    """

    id: str
    place: str
    value: Any
    unit: str | None = None
    setting: str | None = None
    means: Any = None
    studies: tuple[str, ...] = ()
    note: str = ""

    @property
    def expected(self) -> Any:
        """What the study's setting holds when it is as the paper says."""
        return self.value if self.means is None else self.means


@dataclass(frozen=True)
class PaperStudy:
    """A dataset of the paper: its title, and the claims shown first (the first one decides the headline run).

    figures: kind of figure in a report → the paper's own figure that it answers, e.g. {"confusion": "Fig. 6"}.
    """

    title: str
    headline: tuple[str, ...]
    figures: dict[str, str]


@dataclass(frozen=True)
class Published:
    """All that a paper prints."""

    paper: str
    citation: str
    studies: dict[str, PaperStudy]
    settings: tuple[PaperSetting, ...]
    claims: tuple[Claim, ...]

    def claim(self, name: str) -> Claim:
        """The claim of that id; KeyError if there is none."""
        return next(claim for claim in self.claims if claim.id == name)

    def headline(self, study: str) -> list[Claim]:
        """Claims a report of `study` shows first; empty when the paper has no such study."""
        known = self.studies.get(study)
        return [self.claim(name) for name in known.headline] if known else []

    def figure(self, study: str, kind: str) -> str:
        """Which figure of the paper a kind of figure of a study answers; empty if none."""
        known = self.studies.get(study)
        return known.figures.get(kind, "") if known else ""


def read_published(path: Path) -> Published:
    """Read and check published.yaml; a mistake in it raises UserError that names file and entry."""
    import yaml

    try:
        # The compiled loader, where PyYAML has it: a tenth of the time for a file of this length.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        raw = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=loader)
    except FileNotFoundError:
        raise UserError(f"{path} is missing; each folder under studies/ needs the paper's numbers") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML ({' '.join(str(error).split())})") from None
    _keys(raw, f"{path}", {"paper", "citation", "studies", "settings"}, {"tables", "claims"})
    studies = {}
    for name, entry in raw["studies"].items():
        _keys(entry, f"{path}, studies.{name}", {"title"}, {"headline", "figures"})
        studies[name] = PaperStudy(entry["title"], tuple(entry.get("headline", ())), entry.get("figures", {}))
    settings = tuple(_setting(entry, str(path)) for entry in raw["settings"])
    claims = [_claim(entry, str(path)) for entry in raw.get("claims", [])]
    for name, table in raw.get("tables", {}).items():
        claims += _table_claims(name, table, str(path))
    published = Published(raw["paper"], raw["citation"], studies, settings, tuple(claims))
    _check(published, str(path))
    return published


_COMMON = {"study", "metric", "unit", "decimals", "exact_decimals", "subset", "class", "run", "n"}


def _table_claims(name: str, table: dict, path: str) -> list[Claim]:
    where = f"{path}, tables.{name}"
    _keys(table, where, {"place", "columns", "rows"}, _COMMON)
    shared = {key: value for key, value in table.items() if key in _COMMON}
    claims = []
    for column, entry in table["columns"].items():
        _keys(entry, f"{where}.columns.{column}", {"printed"}, _COMMON)
    for row, entry in table["rows"].items():
        _keys(entry, f"{where}.rows.{row}", {"printed", "values"}, _COMMON)
        if len(entry["values"]) != len(table["columns"]):
            raise UserError(f"{where}.rows.{row}: {len(entry['values'])} values for {len(table['columns'])} columns")
        for (column, about), value in zip(table["columns"].items(), entry["values"], strict=True):
            merged = {**shared, **about, **entry, "value": value, "id": f"{name}.{row}.{column}"}
            merged["place"] = f"{table['place']}, row {entry['printed']}, column {about['printed']}"
            claim = _claim({key: merged[key] for key in merged if key not in ("printed", "values")}, path)
            claims.append(replace(claim, cell=Cell(table["place"], entry["printed"], about["printed"])))
    return claims


def _claim(entry: dict, path: str) -> Claim:
    where = f"{path}, claim {entry.get('id', entry)}"
    extra = {"source", "predicted", "relation", "among", "against"}
    _keys(entry, where, {"id", "place", "study", "metric", "value", "unit"}, _COMMON | extra)
    known = (*SUBSET_METRICS, *POOLED_METRICS, *CLASS_METRICS, *OTHER_METRICS)
    for key, allowed in (("metric", known), ("unit", UNITS), ("subset", SUBSETS), ("relation", RELATIONS)):
        if entry.get(key) is not None and entry[key] not in allowed:
            raise UserError(f"{where}: {key} {entry[key]!r} is unknown; use one of {', '.join(allowed)}")
    if isinstance(entry["value"], bool) or not isinstance(entry["value"], int | float):
        raise UserError(f"{where}: value {entry['value']!r} is not a number (write 2.0e-4, not 2e-4)")
    fields = {("class_name" if key == "class" else key): value for key, value in entry.items()}
    return Claim(**{**fields, "among": tuple(entry.get("among", ()))})


def _setting(entry: dict, path: str) -> PaperSetting:
    where = f"{path}, setting {entry.get('id', entry)}"
    _keys(entry, where, {"id", "place", "value"}, {"unit", "setting", "means", "studies", "note"})
    return PaperSetting(**{**entry, "studies": tuple(entry.get("studies", ()))})


def _keys(entry: Any, where: str, needed: set[str], allowed: set[str]) -> None:
    if not isinstance(entry, dict):
        raise UserError(f"{where}: a mapping is wanted, {entry!r} was found")
    if missing := sorted(needed - set(entry)):
        raise UserError(f"{where}: lacks {', '.join(missing)}")
    if unknown := sorted(set(map(str, entry)) - needed - allowed):
        raise UserError(f"{where}: unknown key {', '.join(unknown)}; allowed: {', '.join(sorted(needed | allowed))}")


def _check(published: Published, path: str) -> None:
    seen: set[str] = set()
    for entry in (*published.claims, *published.settings):
        if entry.id in seen:
            raise UserError(f"{path}: the id {entry.id} occurs twice; ids are unique")
        seen.add(entry.id)
    claims = {claim.id for claim in published.claims}
    for name, study in published.studies.items():
        if unknown := [claim for claim in study.headline if claim not in claims]:
            raise UserError(f"{path}, studies.{name}.headline: there is no claim {', '.join(unknown)}")
    for claim in published.claims:
        if claim.study not in published.studies:
            raise UserError(f"{path}, claim {claim.id}: study {claim.study!r} is not in studies")
        if "study" in claim.against and claim.against["study"] not in published.studies:
            raise UserError(f"{path}, claim {claim.id}: against names the unknown study {claim.against['study']!r}")
