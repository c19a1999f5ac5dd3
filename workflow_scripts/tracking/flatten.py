"""Nested settings and metrics as the flat names and values that MLflow accepts."""

import math
import re
from collections.abc import Iterator
from typing import Any

from workflow_scripts.runtime.files import canonical_json

# Limits of MLflow 3: characters of a parameter's value, and of a name.
LONGEST_VALUE = 6000
LONGEST_NAME = 250


def safe_part(text: str) -> str:
    """One part of a metric's name: letters, digits, _, -, ., space and colon stay, all else becomes "_".

    Class names may hold anything; a slash would start a new section, and dots alone are refused as a path.
    """
    cleaned = re.sub(r"[^\w.\- :]", "_", text)
    return cleaned if cleaned.strip(".") else cleaned.replace(".", "_") or "_"


def distinct_parts(texts: list[str]) -> dict[str, str]:
    """Safe part of each text; equal ones are numbered from 2 in the order given, so that nothing is overwritten."""
    taken: dict[str, str] = {}
    for text in texts:
        part, number = safe_part(text), 2
        while part in taken.values():
            part, number = f"{safe_part(text)}_{number}", number + 1
        taken[text] = part
    return taken


def parameters(settings: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Settings as `a.b.c` → text; lists and empty mappings as JSON; null as "null".

    A value longer than MLflow allows is cut and ends in "…"; the whole of it is in the artifact record.json.
    """
    flat: dict[str, str] = {}
    for key, value in settings.items():
        name = f"{prefix}{safe_part(str(key))}"
        if isinstance(value, dict) and value:
            flat.update(parameters(value, f"{name}."))
            continue
        text = value if isinstance(value, str) else canonical_json(value)
        flat[name[:LONGEST_NAME]] = text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
    return flat


def final_metrics(metrics: dict[str, Any], headline: str | None) -> dict[str, float]:
    """Metrics of an evaluation as `subset/metric` and `subset/class/metric`, with `_low` and `_high` for interval ends.

    `headline` names the metric that is also entered as `headline`, `headline_low`, `headline_high` (test subset;
    none of a protocol without one) and whose number of units is `subset/n`. Undefined values (null) are left out.
    """
    flat: dict[str, float] = {}
    for subset, measured in metrics.items():
        overall = {name: entry for name, entry in measured.items() if name != "per_class"}
        for name, entry in overall.items():
            flat.update(_interval(f"{subset}/{safe_part(name)}", entry))
        classes = measured.get("per_class", {})
        for label, part in distinct_parts(list(classes)).items():
            for name, entry in classes[label].items():
                flat.update(_interval(f"{subset}/{part}/{safe_part(name)}", entry))
        chosen = overall.get(headline) if headline else None
        if chosen:
            flat.update(_numbers({f"{subset}/n": chosen.get("n")}))
            if subset == "test":
                flat.update(_interval("headline", chosen))
    return flat


def _interval(name: str, entry: dict[str, Any]) -> dict[str, float]:
    return _numbers({name: entry["value"], f"{name}_low": entry.get("low"), f"{name}_high": entry.get("high")})


def _numbers(values: dict[str, Any]) -> dict[str, float]:
    """Those values that are finite numbers; MLflow can plot no other."""
    return {name[:LONGEST_NAME]: float(value) for name, value in values.items() if _is_number(value)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def costs(cost: dict[str, Any], phase: str) -> dict[str, float]:
    """Numbers of a ledger as `cost/<phase>_<what>`."""
    return _numbers({f"cost/{phase}_{safe_part(name)}": value for name, value in cost.items()})


def chunks(items: list[Any], size: int) -> Iterator[list[Any]]:
    """Consecutive pieces of at most `size` items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
