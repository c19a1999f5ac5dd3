"""Why a job runs again, in words: which setting changed, from what to what."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

_MISSING = object()
_PARAMS = re.compile(r"Params have changed since last execution: .*?before: (.*?) now: (.*)", re.DOTALL)
_LITERAL = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
# The parameter `code` of a rule, a digest.
_CODE = re.compile(r"'[0-9a-f]{64}'")
# Of a plan or a console: what more there is, is in the log.
MOST_CHANGES = 4


def short_reason(reason: str) -> str:
    """Snakemake's reason with what changed in the settings as `train.epochs: 8 → 9` in place of both texts.

    Files that are missing, which is why most jobs run, are not named.
    """
    parts = []
    if match := _PARAMS.search(reason):
        changes = list(changed(*(_settings(text) for text in match.groups())))
        code = all(_CODE.search(text) for text in match.groups())
        further = len(changes) - MOST_CHANGES
        if changes or not code:
            listed = ", ".join(changes[:MOST_CHANGES]) or "how it is called"
            parts.append(f"changed: {listed}" + (f" and {further} more" if further > 0 else ""))
        reason = reason[: match.start()] + ("Code has changed" if code else "")
    for words, shown in (
        ("Code has changed", "its code changed"),
        ("Updated input files", "a file that it reads changed"),
        ("Set of input files has changed", "it reads other files"),
        ("Software environment definition has changed", "its environment changed"),
        ("Forced execution", "asked for"),
    ):
        if words in reason:
            parts.append(shown)
    return "; ".join(parts)


def changed(before: Any, now: Any, path: str = "") -> Iterator[str]:
    """Every value that differs, `a.b: 8 → 9`; both sides are what JSON holds."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in dict.fromkeys([*before, *now]):
            inner = f"{path}.{key}" if path else str(key)
            yield from changed(before.get(key, _MISSING), now.get(key, _MISSING), inner)
    elif before != now:
        yield f"{path}: {_shown(before)} → {_shown(now)}"


def _shown(value: Any) -> str:
    if value is _MISSING:
        return "not there"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _evaluated(literal: re.Match[str]) -> str:
    try:
        return str(ast.literal_eval(literal[0]))
    except (SyntaxError, ValueError):  # quotes of something else
        return literal[0]


def _settings(text: str) -> Any:
    """All JSON objects of a text, merged; a rule has one that holds its settings."""
    # Snakemake tells a parameter as Python writes it, in which a quote or backslash of the JSON has one more before it.
    text = _LITERAL.sub(_evaluated, text)
    merged: dict[str, Any] = {}
    position, decoder = 0, json.JSONDecoder()
    while (start := text.find("{", position)) >= 0:
        try:
            value, position = decoder.raw_decode(text, start)
        except ValueError:
            position = start + 1
            continue
        if isinstance(value, dict):
            merged |= value
    return merged
