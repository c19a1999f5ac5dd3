"""Write the schemas (for editors) and docs/reference/settings.md (for people) from the typed settings and keys.

`python -m workflow_scripts.settings.schema` writes them; with `--check` it only says whether they are up to date.
"""

import argparse
import copy
import json
import sys
from typing import Any

import yaml
from pydantic import BaseModel

from workflow_scripts.contracts.paper_tables.result_table_keys import document_schema
from workflow_scripts.reporting.answer_json import answer_schema
from workflow_scripts.reporting.page_links import with_links
from workflow_scripts.settings.code import ROOT
from workflow_scripts.settings.config import Config
from workflow_scripts.settings.layers.hints import blocks_of
from workflow_scripts.settings.layers.merging import OPTIONS
from workflow_scripts.settings.study import Study

SCHEMA = ROOT / "rules" / "schemas" / "config.schema.yaml"
TABLES_SCHEMA = ROOT / "rules" / "schemas" / "result_tables.schema.yaml"
PAGE = ROOT / "docs" / "reference" / "settings.md"
ANSWER_SCHEMA = ROOT / "rules" / "schemas" / "checked_paper.schema.yaml"
_ANSWER_HEAD = "# Made by `make settings` from workflow_scripts/reporting/answer_json.py; edit there.\n"
_TABLES_HEAD = (
    "# Made by `make settings` from workflow_scripts/contracts/paper_tables/result_table_keys.py; edit there.\n"
)
_HEAD = "# Made by `make settings` from workflow_scripts/settings/; edit there.\n"


def _optional(node: Any) -> Any:
    """The schema of a file that may leave out whatever a layer below gives."""
    if isinstance(node, dict):
        return {
            key: _optional(value)
            for key, value in node.items()
            if not (key == "required" and isinstance(value, list)) and key != "minProperties"
        }
    return [_optional(item) for item in node] if isinstance(node, list) else node


def schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of config.yaml and the user's files: closed, all keys described, none required."""
    document = _optional(Config.model_json_schema())
    study = document["$defs"]["Study"]
    study["properties"]["study_only_runs"] = {
        **copy.deepcopy(study["properties"]["runs"]),
        "title": "Study Only Runs",
        "description": "As `runs`, but studies that extend this one do not take them over.",
    }
    overlay = {key: value for key, value in study["properties"].items() if key not in ("enabled", "source")}
    study["properties"]["extends"] = {
        "type": "string",
        "description": "Study or template whose section this one starts from.",
    }
    study["properties"]["scales"] = {
        "description": "What differs at a scale.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            scale: {"type": "object", "additionalProperties": False, "properties": overlay}
            for scale in ("demo", "paper")
        },
    }
    for entries in ("embeddings", "runs", "study_only_runs", "protocols"):
        named = study["properties"][entries]
        named["additionalProperties"] = {"anyOf": [_plain_union(named["additionalProperties"]), {"type": "null"}]}
    for block in document["$defs"].values():
        if options := block["properties"].get(OPTIONS):
            options["type"] = ["object", "null"]
    document["properties"]["templates"] = {
        **copy.deepcopy(document["properties"]["studies"]),
        "title": "Templates",
        "description": "Name → what studies may start from (`extends`); never run itself.",
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


def _plain_union(node: dict[str, Any]) -> dict[str, Any]:
    """A tagged union as a plain one: an overlay need not repeat the `kind`."""
    return {"anyOf": node["oneOf"]} if "oneOf" in node else node


def _rows(block: type[BaseModel]) -> list[str]:
    rows = ["| key | meaning | default |", "|---|---|---|"]
    for name, field in block.model_fields.items():
        default = "(needed)" if field.is_required() else _shown(field.get_default(call_default_factory=True))
        inner = " See below." if blocks_of(field.annotation) else ""
        assert field.description, f"{name} has no description"
        meaning = with_links(field.description.replace("|", "/"), PAGE.relative_to(ROOT))
        rows.append(f"| `{name}` | {meaning}{inner} | {default} |")
    return rows


def _shown(value: Any) -> str:
    if isinstance(value, BaseModel):
        return ""
    text = yaml.safe_dump(value, default_flow_style=True, width=1000).strip().removesuffix("...").strip()
    return f"`{text}`"


def page() -> str:
    """The settings page: a table per block, in the order in which a reader meets them."""
    order: list[type[BaseModel]] = []
    waiting: list[type[BaseModel]] = [Config]
    while waiting:
        block = waiting.pop(0)
        if block in order or block.__name__.endswith("Changes"):
            continue
        order.append(block)
        waiting += [inner for field in block.model_fields.values() for inner in blocks_of(field.annotation)]
    lines = [
        "<!-- Made by `make settings`; edit workflow_scripts/settings/ instead. -->",
        "# Settings",
        "",
        "`config.yaml` holds them all. What you change goes into a file of your own (`--configfile FILE`) or into",
        "`config.local.yaml`, which is read by itself. Mappings are merged key by key, lists are replaced, and a null",
        "removes a run or a protocol. `options: null` of a network is none, also where a layer below gives some, which",
        "another model may not take. The order is: study ← what it `extends` ← its `scales` ← your file. Beside",
        "`studies` stand `templates`: sections that studies start from (`extends`) and that are never run themselves.",
        "",
    ]
    for block in order:
        title = {Config: "Top level", Study: "studies.NAME"}.get(block, block.__name__)
        lines += [f"## {title}", "", (block.__doc__ or "").strip().splitlines()[0], "", *_rows(block), ""]
        if block is Study:
            lines += [
                "Besides: `extends` (study or template that this section starts from; its `enabled`, `source`,",
                "`title`, `study_only_runs` and, of `ingest`, `ids`, `counts` and `fill` are not taken over),",
                "`study_only_runs` (as `runs`, for this study alone), `scales` (`demo`, `paper`: what differs there).",
                "",
            ]
    return "\n".join(lines)


def _dumped(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, width=110, allow_unicode=True)


def main() -> None:
    """Write or check the files; exit 1 when `--check` finds one out of date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    check = parser.parse_args().check
    wanted = {
        SCHEMA: _HEAD + _dumped(schema()),
        # Through JSON, which writes out in each place what stands in several.
        TABLES_SCHEMA: _TABLES_HEAD + _dumped(json.loads(json.dumps(document_schema()))),
        ANSWER_SCHEMA: _ANSWER_HEAD + _dumped(json.loads(json.dumps(answer_schema()))),
        PAGE: page(),
    }
    for path, text in wanted.items():
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"error: {path.relative_to(ROOT)} is out of date; run `make settings`", file=sys.stderr)
            sys.exit(1)


if __name__ == "__main__":
    main()
