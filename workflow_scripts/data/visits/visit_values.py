"""Cells of declared columns → numbers: a category becomes one 0/1 column a level, a flag 0 or 1."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workflow_scripts.contracts.missing_words import comparable, missing_words, says_nothing
from workflow_scripts.contracts.step_settings.visit_settings import VisitColumnRule, VisitTable
from workflow_scripts.contracts.visit_columns import FLAG, LEVEL, NUMBER, VisitColumn, level_name
from workflow_scripts.data.visits.visit_sheets import SETTING, PatientRows
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.wording import nearest

LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class VisitValues:
    """values: rows×D float64, a row a row of the table, NaN where nothing is known; columns: what the D are.

    rules: the user's column → its rule; written: number columns → their cells as they are written, of rows that count.
    """

    values: np.ndarray
    columns: tuple[VisitColumn, ...]
    rules: Mapping[str, VisitColumnRule]
    written: Mapping[str, tuple[str, ...]]


def visit_values(visits: PatientRows, table: VisitTable, counted: np.ndarray) -> VisitValues:
    """The numbers of all declared columns; rows that are not `counted` stay missing.

    UserError for a word that a column does not know, with its row, and for two columns of one name.
    """
    lines = np.flatnonzero(counted)
    blocks: list[np.ndarray] = []
    columns: list[VisitColumn] = []
    written: dict[str, tuple[str, ...]] = {}
    for name, rule in table.columns.items():
        missing = missing_words(table.missing, rule.missing)
        cells = [visits.sheet.columns[name][line] for line in lines]
        given = ["" if says_nothing(cell, missing) else cell for cell in cells]
        on_request = rule.use == "on_request"
        block = np.full((len(visits.sheet.rows), len(rule.levels or (name,))), np.nan)
        if rule.kind == "category":
            block[lines] = _levels(visits, name, rule, lines, given)
            columns += [VisitColumn(level_name(name, level), name, LEVEL, on_request) for level in rule.levels or ()]
        elif rule.kind == "flag":
            block[lines, 0] = _flags(visits, name, rule, lines, given)
            columns.append(VisitColumn(name, name, FLAG, on_request))
        else:
            block[lines, 0] = _numbers(visits, name, lines, given)
            written[name] = tuple(given)
            columns.append(VisitColumn(name, name, NUMBER, on_request))
        blocks.append(block)
    names = [column.name for column in columns]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UserError(f"{SETTING}.columns: two columns would be called {twice!r}; rename one in the file")
    return VisitValues(np.concatenate(blocks, axis=1), tuple(columns), table.columns, written)


def _levels(visits: PatientRows, name: str, rule: VisitColumnRule, lines: np.ndarray, cells: list[str]) -> np.ndarray:
    levels = {comparable(level): position for position, level in enumerate(rule.levels or ())}
    coded = np.full((len(cells), len(levels)), np.nan)
    for row, cell in enumerate(cells):
        if not cell:
            continue
        position = levels.get(comparable(cell))
        if position is None:
            raise UserError(
                f"{SETTING}.columns: {visits.where(lines[row], name)}: {cell!r} is no level; "
                f"{nearest(cell, list(rule.levels or ()))}; correct the row, or add the word to levels or missing"
            )
        coded[row] = 0.0
        coded[row, position] = 1.0
    return coded


def _flags(visits: PatientRows, name: str, rule: VisitColumnRule, lines: np.ndarray, cells: list[str]) -> np.ndarray:
    codes = {"": math.nan} | {comparable(word): float(code) for code, word in enumerate(rule.words)}
    coded = np.empty(len(cells))
    for row, cell in enumerate(cells):
        if comparable(cell) not in codes:
            raise UserError(
                f"{SETTING}.columns: {visits.where(lines[row], name)}: {cell!r} is neither {' nor '.join(rule.words)}; "
                "correct the row, or write words or missing as the file has them"
            )
        coded[row] = codes[comparable(cell)]
    return coded


def _numbers(visits: PatientRows, name: str, lines: np.ndarray, cells: list[str]) -> np.ndarray:
    numbers = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        if not cell:
            continue
        try:
            numbers[row] = float(cell) if "_" not in cell else math.nan
        except ValueError:
            numbers[row] = math.nan
        if not abs(numbers[row]) <= LARGEST:
            raise UserError(
                f"{SETTING}.columns: {visits.where(lines[row], name)}: {cell!r} is no number; correct the row, or add "
                "the word to missing"
            )
    return numbers
