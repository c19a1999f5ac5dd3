"""Numbers of a study in the form its pages show: claims against results, leaks, costs, settings."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from workflow_scripts.contracts.protocol_roles import named_protocol
from workflow_scripts.contracts.published_yaml import Claim
from workflow_scripts.reporting.obtained import Value, obtained
from workflow_scripts.reporting.results import Protocol, Results, Run
from workflow_scripts.reporting.words import LEAK_NAMES


@dataclass(frozen=True)
class ClaimRow:
    """A claim beside what each protocol gave."""

    claim: Claim
    obtained: dict[str, Value]


def claim_rows(results: Results, claims: list[Claim]) -> list[ClaimRow]:
    """Each claim beside every protocol's value."""
    return [
        ClaimRow(claim, {name: obtained(results, protocol, claim) for name, protocol in results.protocols.items()})
        for claim in claims
    ]


def printed_claim(results: Results, run: str, metric: str, subset: str = "test") -> Claim | None:
    """A number that the paper prints for a run of this study as a whole, or None; no difference.

    Of several the first headline claim, else the first one.
    """
    if results.published is None:
        return None
    wanted = (results.settings["study"], run, metric, subset, None)
    for claim in (*results.published.headline(results.settings["study"]), *results.published.claims):
        if (claim.study, claim.run, claim.metric, claim.subset, claim.class_name) == wanted and not claim.against:
            return claim
    return None


@dataclass(frozen=True)
class Leaks:
    """What a protocol leaves on both sides, over all folds. pairs: why → n; leaking of tested: reported samples."""

    protocol: Protocol
    pairs: dict[str, int]
    leaking: int
    tested: int

    @property
    def share(self) -> float:
        return self.leaking / self.tested if self.tested else 0.0


def leaks(protocol: Protocol) -> Leaks:
    """The leak audit of a protocol, summed over its folds."""
    split = protocol.record
    tested = sum(sum(fold[protocol.reported].values()) for fold in split["counts"].values())
    found = split["leaks" if protocol.reported == "test" else "leaks_train_validation"]
    order = list(LEAK_NAMES)
    pairs = {why: int(found[why]) for why in sorted(found, key=lambda why: (order.index(why), why))}
    return Leaks(protocol, pairs, sum(split[f"{protocol.reported}_samples_with_a_leak"].values()), tested)


@dataclass(frozen=True)
class Cost:
    """What all folds and seeds of a run cost together; None where nothing was trained or no ledger says.

    Times in seconds, memory in MiB (the largest), speeds in images per second (means).
    """

    jobs: int
    train_seconds: float | None
    predict_seconds: float
    cpu_seconds: float
    train_speed: float | None
    predict_speed: float | None
    peak_memory: float
    parameters: int | None
    devices: tuple[str, ...]


def cost(run: Run) -> Cost:
    """Sum of the ledgers of a run; a trained run's ledger holds that of its training under `train`."""
    training = [entry["train"] for entry in run.ledgers if "train" in entry]
    everything = [*run.ledgers, *training]
    return Cost(
        jobs=len(run.ledgers),
        train_seconds=sum(entry["wall_seconds"] for entry in training) if training else None,
        predict_seconds=sum(entry["wall_seconds"] for entry in run.ledgers),
        cpu_seconds=sum(entry["cpu_seconds"] for entry in everything),
        train_speed=_mean([entry.get("images_per_second") for entry in training]),
        predict_speed=_mean([entry.get("predict_images_per_second") for entry in run.ledgers]),
        peak_memory=max(entry["peak_memory_mib"] for entry in everything),
        parameters=training[0].get("parameters") if training else None,
        devices=tuple(sorted({str(entry["device"]) for entry in everything if entry.get("device")})),
    )


@dataclass(frozen=True)
class Spent:
    """What a kind of job cost over all protocols, runs, folds and seeds of a study; None: the machine cannot tell.

    Times in hours (of a GPU: while a job held one), memory in MiB (the largest), energy in kWh.
    """

    step: str
    jobs: int
    wall: float
    cpu: float
    gpu: float
    memory: float
    device_memory: float | None
    energy: float | None


def spent(results: Results) -> list[Spent]:
    """What the runs of a study cost by step, and together, from their ledgers.

    Data, evaluation and report are left out: only Snakemake measures them, in logs/, which is not part of the results
    and is gone after a restore or in an archive.
    """
    runs = [run for protocol in results.protocols.values() for run in protocol.runs.values()]
    trained = [entry["train"] for run in runs for entry in run.ledgers if "train" in entry]
    concluded = [entry for run in runs if run.trained for entry in run.ledgers]
    others = [entry for run in runs if not run.trained for entry in run.ledgers]
    steps = {"training": trained, "concluding trained runs": concluded, "votes and other runs": others}
    rows = [_spent(step, entries) for step, entries in steps.items() if entries]
    return [*rows, _spent("together", [entry for entries in steps.values() for entry in entries])]


def _spent(step: str, entries: list[dict]) -> Spent:
    counted = [_energy(entry) for entry in entries]
    on_devices = [entry["peak_device_memory_mib"] for entry in entries if "peak_device_memory_mib" in entry]
    return Spent(
        step=step,
        jobs=len(entries),
        wall=sum(entry["wall_seconds"] for entry in entries) / 3600,
        cpu=sum(entry["cpu_seconds"] for entry in entries) / 3600,
        gpu=sum(entry.get("gpu_seconds", 0.0) for entry in entries) / 3600,
        memory=max((entry["peak_memory_mib"] for entry in entries), default=0.0),
        device_memory=max(on_devices, default=None),
        energy=sum(counted) / 3.6e6 if entries and None not in counted else None,
    )


def _energy(entry: dict) -> float | None:
    """Joules of a job; None where a counter of what it used is missing: half of the energy would look like all."""
    needed = ["processor_joules", *(["device_joules"] if "gpu_seconds" in entry else [])]
    return sum(entry[name] for name in needed) if all(name in entry for name in needed) else None


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


@dataclass(frozen=True)
class SettingRow:
    """A setting as the paper says it and as the study had it.

    setting: where it stands in the study's settings, empty where none corresponds; known: whether the study has it;
    same: None where the two cannot be compared.
    """

    name: str
    place: str
    setting: str
    paper: Any
    unit: str | None
    note: str
    known: bool
    used: Any
    same: bool | None


def setting_rows(results: Results, run: str | None, variant: str = "") -> list[SettingRow]:
    """The paper's settings beside the study's; empty without a paper.

    run: a trained run, whose training is compared where the paper speaks of training in general; None: of none.
    variant: a run that is compared in place of the one that it is a variant of.
    """
    if results.published is None:
        return []
    used = {
        **{key: results.settings[key] for key in ("preprocess", "protocols", "seeds", "evaluate", "explain")},
        "adapters": results.dataset["settings"].get("adapters", []),
        "train": results.settings["runs"][run]["train"] if run else {},
        "runs": {name: {**run["spec"], **run} for name, run in results.settings["runs"].items()},
        "ingest": results.dataset["settings"].get("ingest", {}),
    }
    rows = []
    for setting in results.published.settings:
        if setting.studies and results.settings["study"] not in setting.studies:
            continue
        where = setting.setting or ""
        if variant and where.startswith(base := f"runs.{results.published.variants[variant]}."):
            where = f"runs.{variant}.{where.removeprefix(base)}"
        if results.as_published:
            where = named_protocol(where, results.as_published.name)
        value = _lookup(used, where) if where else _ABSENT
        known = value is not _ABSENT
        same = value == setting.expected if known and setting.value is not None else None
        name = setting.id.replace("_", " ")
        shown = value if known else None
        rows.append(
            SettingRow(name, setting.place, where, setting.value, setting.unit, setting.note, known, shown, same)
        )
    return rows


_ABSENT = object()


def _lookup(tree: Any, path: str) -> Any:
    for key in path.split("."):
        if not isinstance(tree, dict) or key not in tree:
            return _ABSENT
        tree = tree[key]
    return tree


def mean_history(histories: list[pd.DataFrame]) -> pd.DataFrame:
    """Mean over folds and seeds of the training curves (contract HISTORY), epoch by epoch.

    Returns the columns epoch, then each measured quantity, then `trainings`: how many reached that epoch.
    """
    table = pd.concat(histories, ignore_index=True)
    grouped = table.groupby("epoch", sort=True)
    mean = grouped.mean(numeric_only=True)
    mean["trainings"] = grouped.size()
    return mean.reset_index()
