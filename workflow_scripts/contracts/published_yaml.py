"""published.yaml: what a paper prints, as data: its settings, its tables, its claims, each with its place.

One file a paper, under `workflow_scripts/studies/<paper>/`; several studies may share it. A cell of a table is a claim
as well: the tables are written once, row by row as printed, and expanded here.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from workflow_scripts.contracts.claims import (
    ASSUMABLE,
    OTHER_METRICS,
    RELATIONS,
    SUBSETS,
    UNITS,
    UNSAID,
    WORD_RELATIONS,
    Cell,
    Claim,
    Layer,
    PaperSetting,
    PaperStudy,
    Published,
    Statement,
)
from workflow_scripts.contracts.metric_names import CLASS_METRICS, POOLED_METRICS, SUBSET_METRICS
from workflow_scripts.runtime.errors import UserError

_METRICS = (*SUBSET_METRICS, *POOLED_METRICS, *CLASS_METRICS, *OTHER_METRICS)


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
    _keys(raw, f"{path}", {"paper", "citation", "studies", "settings"}, _PARTS)
    studies = {}
    for name, entry in raw["studies"].items():
        _keys(entry, f"{path}, studies.{name}", {"title"}, {"headline", "figures", "reference_study", "source"})
        studies[name] = PaperStudy(
            **{**entry, "headline": tuple(entry.get("headline", ())), "figures": entry.get("figures", {})}
        )
    settings = tuple(_setting(entry, str(path)) for entry in raw["settings"])
    claims = [_claim(entry, str(path)) for entry in raw.get("claims", [])]
    for name, table in raw.get("tables", {}).items():
        claims += _table_claims(name, table, str(path))
    layers = [layer for name, table in raw.get("layers", {}).items() for layer in _layers(name, table, str(path))]
    published = Published(
        raw["paper"],
        raw["citation"],
        studies,
        settings,
        tuple(claims),
        tuple(_statement(entry, str(path)) for entry in raw.get("statements", [])),
        tuple(layers),
        tuple(_claim(entry, str(path)) for entry in raw.get("public", [])),
        dict(raw.get("variants", {})),
        raw.get("title", ""),
        _run_names(raw),
    )
    _check(published, str(path))
    return published


_PARTS = {"tables", "claims", "statements", "layers", "public", "variants", "title", "run_names"}
_COMMON = {
    *("study", "metric", "unit", "decimals", "exact_decimals", "subset", "class", "run", "predicted", "n"),
    *("quote", "stated", "assumed"),
}


def _run_names(raw: dict[str, Any]) -> dict[str, str]:
    """Run → its name in the rows of the tables, before all the names that the file gives."""
    rows = [row for table in raw.get("tables", {}).values() for row in table["rows"].values()]
    return {row["run"]: row["printed"] for row in rows if row.get("run") and row.get("printed")} | dict(
        raw.get("run_names", {})
    )


def _table_claims(name: str, table: dict[str, Any], path: str) -> list[Claim]:
    where = f"{path}, tables.{name}"
    _keys(table, where, {"place", "columns", "rows"}, _COMMON)
    shared = {key: value for key, value in table.items() if key in _COMMON}
    claims = []
    for column, entry in table["columns"].items():
        _keys(entry, f"{where}.columns.{column}", {"printed"}, _COMMON)
    for row, entry in table["rows"].items():
        _keys(entry, f"{where}.rows.{row}", {"values"}, _COMMON | {"printed"})
        if len(entry["values"]) != len(table["columns"]):
            raise UserError(f"{where}.rows.{row}: {len(entry['values'])} values for {len(table['columns'])} columns")
        for (column, about), value in zip(table["columns"].items(), entry["values"], strict=True):
            merged = {**shared, **about, **entry, "value": value, "id": f"{name}.{row}.{column}"}
            # A table of one line has no name for it.
            line = entry.get("printed", "")
            merged["place"] = f"{table['place']}, {f'row {line}, ' if line else ''}column {about['printed']}"
            for key in ("stated", "assumed"):
                merged[key] = {**shared.get(key, {}), **about.get(key, {}), **entry.get(key, {})}
            claim = _claim({key: merged[key] for key in merged if key not in ("printed", "values")}, path)
            claims.append(replace(claim, cell=Cell(table["place"], line, about["printed"])))
    return claims


def _claim(entry: dict[str, Any], path: str) -> Claim:
    where = f"{path}, claim {entry.get('id', entry)}"
    extra = {"source", "relation", "among", "against"}
    _keys(entry, where, {"id", "place", "study", "metric", "value", "unit"}, _COMMON | extra)
    _known(entry, where, {"metric": _METRICS, "unit": UNITS, "subset": SUBSETS, "relation": RELATIONS})
    if isinstance(entry["value"], bool) or not isinstance(entry["value"], int | float):
        raise UserError(f"{where}: value {entry['value']!r} is not a number (write 2.0e-4, not 2e-4)")
    against = _with_class_name(entry.get("against", {}))
    read = {"stated": _sentences(entry, where, "stated", UNSAID), "assumed": _assumed(entry, where)}
    return Claim(**{**_with_class_name(entry), "among": tuple(entry.get("among", ())), "against": against, **read})


def _assumed(entry: dict[str, Any], where: str) -> dict[str, str]:
    return _sentences(entry, where, "assumed", ASSUMABLE)


def _sentences(entry: dict[str, Any], where: str, key: str, allowed: tuple[str, ...]) -> dict[str, str]:
    """A mapping of premises, each with a sentence."""
    read = entry.get(key, {})
    _keys(read, f"{where}, {key}", set(), {"class" if name == "class_name" else name for name in allowed})
    if empty := [name for name, sentence in read.items() if not (isinstance(sentence, str) and sentence.strip())]:
        raise UserError(f"{where}, {key}.{empty[0]}: a sentence is wanted, what the paper says or leaves open")
    return _with_class_name(read)


def _with_class_name(entry: dict[str, Any]) -> dict[str, Any]:
    """`class` is no name for a field in Python."""
    return {("class_name" if key == "class" else key): value for key, value in entry.items()}


def _statement(entry: dict[str, Any], path: str) -> Statement:
    where = f"{path}, statement {entry.get('id', entry)}"
    needed = {"id", "place", "study", "words", "relation", "against"}
    _keys(entry, where, needed, {"metric", "subset", "class", "run", "assumed"})
    _known(entry, where, {"metric": _METRICS, "subset": SUBSETS, "relation": WORD_RELATIONS})
    _keys(entry["against"], f"{where}, against", set(), {"run", "subset", "class"})
    if len(entry["against"]) != 1 or not all(isinstance(values, list) for values in entry["against"].values()):
        raise UserError(f"{where}: against names one of run, subset, class and a list, e.g. {{run: [expert_1]}}")
    ((field, compared),) = entry["against"].items()
    if entry.get(field) is None:
        raise UserError(f"{where}: against names {field}, but the statement itself has no {field}")
    fields = {key: value for key, value in _with_class_name(entry).items() if key != "against"}
    fields["assumed"] = _assumed(entry, where)
    return Statement(
        **fields, compared_field="class_name" if field == "class" else field, compared_values=tuple(compared)
    )


def _layers(name: str, table: dict[str, Any], path: str) -> list[Layer]:
    where = f"{path}, layers.{name}"
    _keys(table, where, {"place", "study", "rows"}, {"network"})
    layers = []
    for number, row in enumerate(table["rows"], 1):
        try:
            title, size = row
            shape = tuple(int(part) for part in str(size).split("x"))
        except (TypeError, ValueError):
            raise UserError(f"{where}, row {number}: {row!r} is not [name, 224 x 224 x 64]") from None
        about = (f"{name}.{number:02d}", f"{table['place']}, row {number}", table["study"], title, shape)
        layers.append(Layer(*about, table.get("network", "")))
    return layers


def _known(entry: dict[str, Any], where: str, allowed: dict[str, Any]) -> None:
    for key, names in allowed.items():
        if entry.get(key) is not None and entry[key] not in names:
            raise UserError(f"{where}: {key} {entry[key]!r} is unknown; use one of {', '.join(names)}")


def _setting(entry: dict[str, Any], path: str) -> PaperSetting:
    where = f"{path}, setting {entry.get('id', entry)}"
    _keys(entry, where, {"id", "place", "value"}, {"unit", "setting", "means", "studies", "note", "quote", "assumed"})
    return PaperSetting(**{**entry, "studies": tuple(entry.get("studies", ())), "assumed": _assumed(entry, where)})


def _keys(entry: Any, where: str, needed: set[str], allowed: set[str]) -> None:
    if not isinstance(entry, dict):
        raise UserError(f"{where}: a mapping is wanted, {entry!r} was found")
    if missing := sorted(needed - set(entry)):
        raise UserError(f"{where}: lacks {', '.join(missing)}")
    if unknown := sorted(set(map(str, entry)) - needed - allowed):
        raise UserError(f"{where}: unknown key {', '.join(unknown)}; allowed: {', '.join(sorted(needed | allowed))}")


def _check(published: Published, path: str) -> None:
    seen: set[str] = set()
    for entry in published.entries:
        if entry.id in seen:
            raise UserError(f"{path}: the id {entry.id} occurs twice; ids are unique")
        seen.add(entry.id)
    for run, base in published.variants.items():
        if not any((setting.setting or "").startswith(f"runs.{base}.") for setting in published.settings):
            raise UserError(f"{path}, variants.{run}: no setting is stated of {base!r}")
    claims = {claim.id for claim in published.claims}
    with_numbers = [name for name, study in published.studies.items() if not study.reference_study]
    for name, study in published.studies.items():
        if unknown := [claim for claim in study.headline if claim not in claims]:
            raise UserError(f"{path}, studies.{name}.headline: there is no claim {', '.join(unknown)}")
        if study.reference_study not in (None, *with_numbers):
            raise UserError(
                f"{path}, studies.{name}.reference_study: {study.reference_study!r} is no study with numbers of its own"
            )
    about_a_study: tuple[Claim | Statement | Layer, ...]
    about_a_study = (*published.claims, *published.statements, *published.layers, *published.public)
    for entry in about_a_study:
        if entry.study not in published.studies:
            raise UserError(f"{path}, claim {entry.id}: study {entry.study!r} is not in studies")
    for claim in published.claims:
        if "study" in claim.against and claim.against["study"] not in published.studies:
            raise UserError(f"{path}, claim {claim.id}: against names the unknown study {claim.against['study']!r}")
