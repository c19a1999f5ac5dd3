"""published.yaml: what a paper prints, as data: its settings, its tables, its claims, each with its place.

One file a paper, under `workflow_scripts/studies/<paper>/`; several studies may share it. Its keys are declared in
published_blocks. A cell of a table is a claim as well: the tables are written once, row by row as printed, and expanded
here.
"""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.claims import Cell, Claim, Interpreted, Layer, Published, Statement
from workflow_scripts.contracts.misfits import MisfitError
from workflow_scripts.contracts.paper_aspects import Aspects
from workflow_scripts.contracts.published_blocks import (
    ClaimBlock,
    ColumnBlock,
    LayersBlock,
    NumberBlock,
    PublishedBlock,
    ReplacedBlock,
    RowBlock,
    StatementBlock,
    TableBlock,
    layer_size,
)
from workflow_scripts.runtime.errors import UserError

# `class` is no name for a field in Python.
_FIELDS = {"class_": "class_name"}
# What is said of fields: what blocks say adds up.
_PREMISES = ("stated", "assumed", "inferred", "fits_if")
# What is given of a number as a whole.
_GIVEN = tuple(entry.name for entry in fields(NumberBlock) if entry.name not in _PREMISES)
_NEEDED = ("study", "metric", "unit")


def read_published(path: Path) -> Published:
    """Read and check published.yaml; a mistake in it raises UserError that names file and entry."""
    path = Path(path)
    raw = _read_yaml(path)
    try:
        written = parse(PublishedBlock, raw, written=True)
    except MisfitError as error:
        raise UserError(f"{path}{_place_of(error.path[1:], raw)}: {error.problem}") from None
    cells = [claim for name, table in written.tables.items() for claim in _cells(name, table, path)]
    published = Published(
        written.paper,
        written.citation,
        written.studies,
        written.settings,
        (*(_claim_of(entry, path) for entry in written.claims), *cells),
        tuple(map(_statement, written.statements)),
        tuple(layer for name, table in written.layers.items() for layer in _layers(name, table)),
        tuple(_claim_of(entry, path) for entry in written.public),
        written.variants,
        written.title,
        _run_names(written),
        tuple(Aspects(block.place, block.columns, block.rows) for block in written.aspects.values()),
        written.text_read,
        written.numbered,
        written.references,
        written.answers,
    )
    _check(published, path)
    return published


def _read_yaml(path: Path) -> Any:
    import yaml

    try:
        # The compiled loader, where PyYAML has it: a tenth of the time for a file of this length.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except FileNotFoundError:
        raise UserError(f"{path} is missing; each folder under studies/ needs the paper's numbers") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML ({' '.join(str(error).split())})") from None


def _place_of(keys: tuple[str | int, ...], raw: Any) -> str:
    """Where a value stands in the file: keys, entries of a list by their id, or else their number."""
    place = ""
    for key in keys:
        raw = raw[key]
        named = raw.get("id") if isinstance(key, int) and isinstance(raw, dict) else key
        if isinstance(named, str):
            place += f".{named}" if place else f", {named}"
        else:
            place += f", entry {key + 1}" if isinstance(key, int) else f".{key}"
    return place


def _run_names(written: PublishedBlock) -> dict[str, str]:
    """Run → its name in the rows of the tables, before all the names that the file gives."""
    rows = [row for table in written.tables.values() for row in table.rows.values()]
    return {row.run: row.printed for row in rows if row.run and row.printed} | written.run_names


def _cells(name: str, table: TableBlock, path: Path) -> Iterator[Claim]:
    for row, line in table.rows.items():
        for (column, head), value in zip(table.columns.items(), line.values, strict=True):
            yield _cell_claim(f"{name}.{row}.{column}", table, line, head, value, path)


def _cell_claim(
    identifier: str, table: TableBlock, row: RowBlock, column: ColumnBlock, value: float, path: Path
) -> Claim:
    # A table of one line has no name for it.
    place = f"{table.place}, {f'row {row.printed}, ' if row.printed else ''}column {column.printed}"
    facts = _facts((table, column, row), f"{path}, tables.{identifier}")
    cell = Cell(table.place, row.printed, column.printed)
    ends = row.intervals.get(identifier.rsplit(".", 1)[1])
    return Claim(id=identifier, place=place, value=value, interval=ends, cell=cell, **facts)


def _claim_of(entry: ClaimBlock, path: Path) -> Claim:
    return Claim(
        id=entry.id,
        place=entry.place,
        value=entry.value,
        interval=entry.interval,
        source=entry.source,
        relation=entry.relation,
        among=entry.among,
        against=_replaced(entry.against),
        **_facts((entry,), f"{path}, claim {entry.id}"),
    )


def _facts(blocks: tuple[NumberBlock, ...], where: str) -> dict[str, Any]:
    """Fields of a claim as several blocks say them; the later ones before the earlier. UserError: one is lacking."""
    facts: dict[str, Any] = {name: {} for name in _PREMISES}
    for block in blocks:
        facts |= {_field(name): value for name in _GIVEN if (value := getattr(block, name)) is not None}
        for name in _PREMISES:
            facts[name] |= getattr(block, name)
    if missing := [name for name in _NEEDED if name not in facts]:
        raise UserError(f"{where}: lacks {', '.join(missing)}")
    return facts


def _replaced(block: ReplacedBlock) -> dict[str, str]:
    values = {entry.name: getattr(block, entry.name) for entry in fields(block)}
    return {_field(name): value for name, value in values.items() if value is not None}


def _field(name: str) -> str:
    return _FIELDS.get(name, name)


def _statement(entry: StatementBlock) -> Statement:
    ((compared, values),) = entry.against.given.items()
    return Statement(
        id=entry.id,
        place=entry.place,
        study=entry.study,
        words=entry.words,
        relation=entry.relation,
        compared_field=_field(compared),
        compared_values=values,
        metric=entry.metric,
        subset=entry.subset,
        class_name=entry.class_,
        run=entry.run,
        assumed=entry.assumed,
        inferred=entry.inferred,
        fits_if=entry.fits_if,
    )


def _layers(name: str, table: LayersBlock) -> Iterator[Layer]:
    for number, (title, size) in enumerate(table.rows, 1):
        identifier, place = f"{name}.{number:02d}", f"{table.place}, row {number}"
        yield Layer(identifier, place, table.study, title, layer_size(size), table.network)


def _check(published: Published, path: Path) -> None:
    seen: set[str] = set()
    for entry in published.entries:
        if entry.id in seen:
            raise UserError(f"{path}: the id {entry.id} occurs twice; ids are unique")
        seen.add(entry.id)
    for answer in published.answers:
        if unknown := [name for name in answer.about if name not in seen]:
            raise UserError(f"{path}, answers: there is no entry {', '.join(unknown)}")
    for entry in published.entries:
        if isinstance(entry, Interpreted) and (odd := [key for key in entry.fits_if if key not in entry.assumed]):
            raise UserError(f"{path}, {entry.id}: fits_if has {odd[0]}, which is not assumed")
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
    for block in published.aspects:
        if unknown := sorted(set(block.columns) - set(published.studies)):
            raise UserError(f"{path}, aspects: the column {unknown[0]!r} of {block.place} is no study of the paper")
    about_a_study: tuple[Claim | Statement | Layer, ...]
    about_a_study = (*published.claims, *published.statements, *published.layers, *published.public)
    for entry in about_a_study:
        if entry.study not in published.studies:
            raise UserError(f"{path}, claim {entry.id}: study {entry.study!r} is not in studies")
    for claim in published.claims:
        if "study" in claim.against and claim.against["study"] not in published.studies:
            raise UserError(f"{path}, claim {claim.id}: against names the unknown study {claim.against['study']!r}")
