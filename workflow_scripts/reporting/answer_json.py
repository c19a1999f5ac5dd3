"""The answer about a paper as JSON, and the schema of its keys."""

from typing import Any

from workflow_scripts.claims.outcome import ORDER
from workflow_scripts.claims.tables.finding import Finding
from workflow_scripts.reporting.paper_answer import Answer

_TEXT: dict[str, Any] = {"type": "string"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}
_OUTCOME: dict[str, Any] = {"enum": [*ORDER]}
_FINDING: dict[str, dict[str, Any]] = {
    "check": {**_TEXT, "description": "Name of the check."},
    "table": {**_TEXT, "description": "Place of the table."},
    "row": {**_TEXT, "description": "Rows as printed, parted by `; `; empty: all."},
    "column": {**_TEXT, "description": "Metrics, parted by `; `; empty: all."},
    "outcome": {**_OUTCOME, "description": "What the check says."},
    "why": {**_TEXT, "description": "A sentence."},
    "reading": {**_TEXT, "description": "What the paper does not say; completes `fits only if`."},
    "tried": {**_TEXTS, "description": "Readings that were tried."},
    "computed": {**_TEXT, "description": "What would fit, or what follows."},
    "size": {**_TEXT, "description": "How far the printed number is from it, in the printed unit."},
    "strength": {**_TEXT, "description": "Of consistent: exact, strong or weak."},
    "innocent": {**_TEXT, "description": "How it may have come about without a fault."},
}


def _closed(properties: dict[str, Any], **further: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [*properties],
        "properties": properties,
        **further,
    }


_KEYS: dict[str, dict[str, Any]] = {
    "paper": {**_TEXT, "description": "Short name of the paper."},
    "citation": {**_TEXT, "description": "The paper in words, empty where not given."},
    "outcome": {**_OUTCOME, "description": "Of the whole paper."},
    "exit_status": {"enum": [0, 1], "description": "0: nothing contradicts; 1: a contradiction."},
    "counts": _closed(
        dict.fromkeys(("contradiction", "fits only if", "note", "numbers", "checked", "not checked"), _COUNT),
        description="Distinct issues by outcome; printed rates, those that were held against others, and the rest.",
    ),
    "issues": {
        "type": "array",
        "description": "Distinct issues, the one that counts most first.",
        "items": _closed(
            {
                "outcome": _OUTCOME,
                "where": {**_TEXT, "description": "Table, rows and metrics."},
                "printed": {**_TEXTS, "description": "The numbers that it is about, as printed."},
                "findings": {"type": "array", "items": _closed(_FINDING), "description": "All that was said of it."},
            }
        ),
    },
    "consistent": {
        "type": "array",
        "items": _closed(_FINDING),
        "description": "What fits, and how much that says (strength).",
    },
    "follows": {"type": "array", "items": _closed(_FINDING), "description": "Class sizes and n that follow."},
    "not_checked": {
        "type": "array",
        "description": "Numbers that nothing was held against.",
        "items": _closed(
            {
                "table": _TEXT,
                "column": _TEXT,
                "rows": _TEXTS,
                "printed": _TEXTS,
                "decides": {**_TEXT, "description": "The one number that would decide it."},
            }
        ),
    },
    "data": {**_TEXTS, "description": "Sizes of the public data sets that the paper names."},
    "not_stated": {**_TEXTS, "description": "What the paper does not say, as the file says."},
    "not_read": {**_TEXTS, "description": "What of the file was not understood, with its line."},
    "for_the_authors": {**_TEXTS, "description": "A letter, a paragraph an entry."},
}  # fmt: skip


def answer_schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of the answer."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Answer about the result tables of a paper",
        "description": "What `python -m workflow_scripts.check_paper FILE --json ANSWER` writes.",
        **_closed(_KEYS),
    }


def json_of(answer: Answer, exit_status: int) -> dict[str, Any]:
    """The answer as plain JSON."""
    fits = [finding for fitting in answer.fitting for finding in fitting.findings]
    return {
        "paper": answer.paper.id,
        "citation": answer.paper.citation,
        "outcome": answer.outcome,
        "exit_status": exit_status,
        "counts": answer.counts,
        "issues": [
            {
                "outcome": issue.outcome,
                "where": issue.where,
                "printed": [*issue.printed],
                "findings": [_finding(finding) for finding in issue.findings],
            }
            for issue in answer.issues
        ],
        "consistent": [_finding(finding) for finding in fits],
        "follows": [_finding(finding) for finding in answer.follows],
        "not_checked": [
            {
                "table": entry.table,
                "column": entry.column,
                "rows": [*entry.rows],
                "printed": [*entry.printed],
                "decides": entry.decides,
            }
            for entry in answer.unchecked
        ],
        "data": [hint.words for hint in answer.hints],
        "not_stated": [*answer.paper.not_stated],
        "not_read": [*answer.paper.remarks],
        "for_the_authors": [*answer.letter],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    values = {key: getattr(finding, key) for key in _FINDING}
    return {key: [*value] if isinstance(value, tuple) else value for key, value in values.items()}
