"""The checklist of a report and the model card of its main run: filled from what the files know, else open."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.subsets import SMOTE_MARK
from workflow_scripts.evaluation.uncertainty import FEWEST_TRAININGS
from workflow_scripts.reporting import captions, formatting
from workflow_scripts.reporting.numbers import Leaks, cost, leaks
from workflow_scripts.reporting.pages.summary_screen import not_looked_for
from workflow_scripts.reporting.reproduced import overall
from workflow_scripts.reporting.results import Protocol, Results
from workflow_scripts.reporting.run_order import (
    main_run,
    ordered_protocols,
    protocol_words,
    reported_words,
    rule_words,
    run_words,
    trained_run,
)
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.wording import listed

ITEMS = Path(__file__).with_name("checklist.yaml")
USE = "Checking whether a published number can be reached again."


@dataclass(frozen=True)
class Item:
    """A line of checklist.yaml; answer: name of a function of ANSWERS, file: what it reads; empty where open."""

    id: str
    item: str
    guidelines: tuple[str, ...]
    answer: str = ""
    file: str = ""


@dataclass(frozen=True)
class Answered:
    """An item with what is known; text empty: open."""

    item: Item
    text: str


@cache
def items() -> tuple[Item, ...]:
    """The items, in the order of the file; UserError names one that is wrong."""
    import yaml

    entries = []
    for entry in yaml.safe_load(ITEMS.read_text(encoding="utf-8")):
        if entry.get("answer", "") not in ("", *ANSWERS):
            raise UserError(f"{ITEMS}, {entry['id']}: there is no answer {entry['answer']!r}; use {', '.join(ANSWERS)}")
        entries.append(Item(**{**entry, "guidelines": tuple(entry["guidelines"])}))
    return tuple(entries)


def checklist(results: Results) -> list[Answered]:
    """Every item with its answer."""
    return [Answered(item, ANSWERS[item.answer](results) if item.answer else "") for item in items()]


def _shown(results: Results) -> Protocol:
    """The published protocol, or where there is none the first one."""
    return ordered_protocols(results)[0]


def data_source(results: Results) -> str:
    sources = listed(sorted(set(results.manifest["source"])))
    if results.synthetic:
        return f"Made by this project in the format of {sources}; no patient's data."
    return f"Real, read by {sources}."


def inclusion(results: Results) -> str:
    left = sum(results.dataset.left_out.values())
    return (
        f"{formatting.plural(len(results.manifest), 'sample')} taken, "
        f"{formatting.grouped(left)} left out by label or number, "
        f"{formatting.plural(len(results.quarantine), 'file')} refused."
    )


def participants(results: Results) -> str:
    """What the adapter added of patients; empty where it added nothing."""
    own = results.dataset.modality.own_columns()
    subgroups = results.settings.evaluate.subgroups
    columns = [name for name in subgroups if name in results.manifest and name not in own]
    groups = results.manifest["group"]
    count = groups[groups != ""].nunique()
    return f"{formatting.plural(count, 'group')}; known of them: {listed(columns)}." if columns else ""


def reference_standard(results: Results) -> str:
    counts = results.manifest["label"].value_counts()
    return "; ".join(f"{name} {formatting.grouped(int(counts.get(name, 0)))}" for name in results.classes) + "."


def sample_size(results: Results) -> str:
    main = main_run(results)
    judged = [(protocol, overall(protocol.runs[main], results.headline)) for protocol in ordered_protocols(results)]
    return "; ".join(f"{protocol.name}: {formatting.grouped(value.n)}" for protocol, value in judged if value.n) + "."


def missing_data(results: Results) -> str:
    refused = formatting.grouped(sum(results.dataset.refused.values()))
    if results.arrays.of_pictures:
        return f"Unreadable files are refused with a reason and counted, here {refused}; nothing is filled in."
    return (
        f"Patients with a faulty table are refused with a reason and counted, here {refused}; missing cells are filled "
        "in each training fold, see preprocessing; who was lost to follow-up is weighted, not counted as healthy."
    )


def preprocessing(results: Results) -> str:
    if not results.arrays.of_pictures:
        return "; ".join(results.arrays.order) + "."
    settings = plain(results.settings.preprocess)
    return (
        "; ".join(
            f"{name} {formatting.plain(settings[name])}" for name in sorted(settings) if settings[name] is not None
        )
        + "."
    )


def split(results: Results) -> str:
    return (
        "; ".join(f"{protocol_words(protocol)}: {rule_words(protocol)}" for protocol in ordered_protocols(results))
        + "."
    )


def leaked(results: Results) -> str:
    audited = [(protocol.name, leaks(protocol)) for protocol in ordered_protocols(results)]
    caveat = "" if results.dataset.groups_known else " Not every patient or field is known, so some may repeat."
    return (
        "; ".join(
            f"{name}: {formatting.share(leak.leaking, leak.tested)} of the reported samples have a relative used before"
            + _made_of_reported(leak)
            for name, leak in audited
        )
        + f".{caveat} {not_looked_for(results)}"
    )


def _made_of_reported(leak: Leaks) -> str:
    """What synthetic training samples leak; empty where nothing."""
    if not leak.synthetic_leaking:
        return ""
    shares = f"{formatting.grouped(leak.synthetic_leaking)} of {formatting.grouped(leak.synthetic)}"
    return f", and {shares} synthetic training samples are made of reported samples ({SMOTE_MARK})"


def model(results: Results) -> str:
    run = _shown(results).runs[main_run(results)]
    size = cost(run).parameters
    return f"{run.name}: {run_words(run)}" + (f", {formatting.grouped(size)} parameters." if size else ".")


def training(results: Results) -> str:
    name = trained_run(results)
    if name is None:
        return "Nothing was trained."
    train = plain(results.settings.runs[name].train)
    shown = ("optimizer", "learning_rate", "batch_size", "epochs", "loss", "select", "precision", "augment")
    hyperparameters = "; ".join(
        f"{key.replace('_', ' ')} {formatting.plain(train[key])}" for key in shown if key in train
    )
    return f"{hyperparameters}; {formatting.plural(len(results.settings.seeds), 'seed')}."


def performance(results: Results) -> str:
    parts = []
    for protocol in ordered_protocols(results):
        value = overall(protocol.runs[main_run(results)], results.headline)
        ends = formatting.interval(results.headline, value.low, value.high)
        text = formatting.number(results.headline, value.value) + (f" ({ends})" if ends else "")
        parts.append(f"{protocol.name}, {reported_words(protocol)}: {text}")
    return f"{formatting.metric_name(results.headline)}: {'; '.join(parts)}."


def calibration(results: Results) -> str:
    value = overall(_shown(results).runs[main_run(results)], "ece")
    text = formatting.number("ece", value.value)
    return "" if value.value is None else f"Calibration error {text} ({_shown(results).name})."


def subgroups(results: Results) -> str:
    columns = [name for name in results.settings.evaluate.subgroups if name in results.manifest]
    return f"By {listed(columns)}, under Subgroups." if columns else ""


def external(results: Results) -> str:
    runs = [name for name in results.settings.runs if results.kind(name).of_another_study]
    return f"Of other studies' networks here: {listed(runs)}." if runs else ""


def explanation(results: Results) -> str:
    runs = results.settings.explain.runs
    how = (
        "Grad-CAM" if results.arrays.of_pictures else "Risk over time of single patients, visits and columns left out,"
    )
    return f"{how} of {listed(runs)}." if runs else ""


def errors(results: Results) -> str:
    runs = results.settings.explain.runs
    what = "Most confident errors" if results.arrays.of_pictures else "Missed patients, false alarms"
    return f"{what} and confused classes of {listed(runs)}." if runs else ""


def code(results: Results) -> str:
    provenance = _shown(results).runs[main_run(results)].records[0].provenance
    versions = ", ".join(f"{name} {number}" for name, number in sorted(provenance.versions.items()))
    return f"Every run's record.json holds its settings, digests of code and inputs, and versions: {versions}."


ANSWERS: dict[str, Callable[[Results], str]] = {
    "data_source": data_source,
    "inclusion": inclusion,
    "participants": participants,
    "reference_standard": reference_standard,
    "sample_size": sample_size,
    "missing_data": missing_data,
    "preprocessing": preprocessing,
    "split": split,
    "leaks": leaked,
    "model": model,
    "training": training,
    "performance": performance,
    "calibration": calibration,
    "subgroups": subgroups,
    "external": external,
    "explanation": explanation,
    "errors": errors,
    "code": code,
}


def model_card(results: Results) -> str:
    """The model card of the main run, as Markdown; sections after Mitchell et al. (doi:10.1145/3287560.3287596)."""
    text_of = {answered.item.id: answered.text or "Not known from the files: open." for answered in checklist(results)}
    sections = [
        ("Model", [text_of["model"], text_of["training"]]),
        ("Intended use", [f"{USE} {captions.DISCLAIMER}", text_of["intended_use"]]),
        ("Data", [text_of[name] for name in ("data_source", "inclusion", "reference_standard", "participants")]),
        ("Split", [text_of["split"], text_of["leaks"]]),
        ("Performance", [text_of["performance"], _by_class(results), text_of["calibration"], text_of["subgroups"]]),
        ("Limits", [*_limits(results), text_of["external"]]),
        ("To repeat it", [text_of["code"]]),
    ]
    lines = [f"# Model card: {main_run(results)}, study {results.settings.study}", ""]
    for title, parts in sections:
        lines += [f"## {title}", "", *(f"- {_escaped(part)}" for part in dict.fromkeys(parts) if part), ""]
    return "\n".join(lines)


def _by_class(results: Results) -> str:
    """Sensitivity of each class under the protocol shown first."""
    run = _shown(results).runs[main_run(results)]
    sensitivities = [(name, overall(run, "sensitivity", class_name=name).value) for name in results.classes]
    written = [
        f"{name} {formatting.number('sensitivity', value)}" for name, value in sensitivities if value is not None
    ]
    return f"Sensitivity by class ({_shown(results).name}): {'; '.join(written)}." if written else ""


def _limits(results: Results) -> list[str]:
    settings, limits = results.settings, []
    pictures = results.arrays.of_pictures
    if results.synthetic:
        limits.append(f"Learned from synthetic {'pictures' if pictures else 'visits'}: says nothing about patients.")
    if settings.scale == "demo":
        than = "than the paper's" if results.published is not None else "than at the scale paper"
        smaller = "smaller pictures, networks or trainings" if pictures else "fewer patients, smaller trainings"
        limits.append(f"Demo scale: {smaller} {than}.")
    if len(settings.seeds) < FEWEST_TRAININGS:
        limits.append(
            f"{formatting.plural(len(settings.seeds), 'training seed')}: how far trainings differ is unknown."
        )
    limits += [f"Not made alike: {words}; their numbers may differ for that alone." for words in results.mixed]
    if not results.leak_free:
        limits.append(f"No protocol {results.without_leaks} and with a test subset was run.")
    if not results.dataset.groups_known:
        limits.append("Not every patient or field is known: one may be on both sides of a split.")
    return limits


def _escaped(text: str) -> str:
    """Names of classes and runs stay as they are in Markdown."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|" else sign for sign in text)
